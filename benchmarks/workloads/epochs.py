"""W8 to W10: epochs of LSO-2's autoencoder, of a VAE and of a conditional GAN, the samples shuffled in each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

import lso_native as lso
from lso_native._typing import Float32Array, Float64Array, IntArray
from lso_native.study.autoencoder import AutoencoderSettings
from lso_native.study.systems import SYSTEMS, ThroughAutoencoder

from benchmarks import reference
from benchmarks.lessons import Lesson, draws, flat_of, gan_lesson, vae_lesson
from benchmarks.measure import Task, alternate
from benchmarks.peers.base import OURS, Student, Trainer
from benchmarks.problems import Training
from benchmarks.rows import Context, Mismatch, Row, check, gather
from benchmarks.workloads.answer import digits
from benchmarks.workloads.train import check_steps

SEED = 3  # that of ``lso reproduce`` for its autoencoders
IMAGES = 10_000
EPOCHS, QUICK_EPOCHS = 5, 2
CHECKED = 4  # minibatches that are compared
MSE_TOLERANCE = 0.2  # between sides that shuffle each by itself


def autoencoder(context: Context) -> Iterator[Row]:
    """W8: each epoch ends with the error over all samples, by which ``lso reproduce`` ends the training."""
    problem, count = _autoencoder(context), QUICK_EPOCHS if context.quick else EPOCHS
    trainers: dict[str, Trainer] = {}
    for peer in context.peers:
        trainers = gather(trainers, peer.epoch_trainers(problem))
    loaded = {side: each.load(problem.x, problem.y) for side, each in trainers.items()}
    deviations = check_steps(context, problem, trainers, loaded)

    def ours() -> float:
        result = context.ours.train(problem, count, score_every=1, random_state=SEED)
        return float(result.history["train_mse"][-1])

    def epochs(side: str) -> float:
        trainers[side].reset()
        return trainers[side].epochs(loaded[side], count)

    runs: dict[str, Callable[[], float]] = {OURS: ours}
    runs |= {side: partial(epochs, side) for side in trainers}
    mse = {side: run() for side, run in runs.items()}
    _check_mse(mse)
    times = alternate({side: Task(run, count) for side, run in runs.items()}, context.rounds)
    notes = ["a bias at the input layer, as in the paper", "each side has its own shuffles"]
    facts = {"images": len(problem.x), "mse": mse}
    title = f"epoch of LSO-2, {len(problem.x):,} images"
    yield Row("W8", title, "epoch", times, deviations=deviations, facts=facts, notes=notes)


def vae(context: Context) -> Iterator[Row]:
    """W9."""
    lesson = vae_lesson(_images(context)[0])
    begin = flat_of(lesson.encoder, lesson.decoder)
    few = lesson.first(CHECKED)
    peers = [peer.vaes for peer in context.peers]
    deviations = _check(context, few, _students(peers, few), reference.learn_vae(few), begin)
    yield _row(context, "W9", "epoch of the VAE", lesson, _students(peers, lesson), deviations)


def gan(context: Context) -> Iterator[Row]:
    """W10."""
    lesson = gan_lesson(*_images(context))
    begin = flat_of(lesson.generator, lesson.discriminator)
    few = lesson.first(CHECKED)
    peers = [peer.gans for peer in context.peers]
    deviations = _check(context, few, _students(peers, few), reference.learn_gan(few), begin)
    title = "epoch of the conditional GAN"
    yield _row(context, "W10", title, lesson, _students(peers, lesson), deviations)


def _students(
    peers: Iterable[Callable[[Any], Mapping[str, Student]]], lesson: Lesson
) -> dict[str, Student]:
    found: dict[str, Student] = {}
    for ways in peers:
        found = gather(found, ways(lesson))
    return found


def _row(
    context: Context,
    name: str,
    title: str,
    lesson: Lesson,
    students: Mapping[str, Student],
    deviations: dict[str, float],
) -> Row:
    count = QUICK_EPOCHS if context.quick else EPOCHS
    tasks = {OURS: Task(lambda: context.ours.learn(lesson, count + 1)[1], count, tells=True)}
    for side, student in students.items():
        tasks[side] = Task(_epochs(student, count), count)
    times = alternate(tasks, context.rounds)
    notes = ["of ours without what fit does before the first epoch and after the last"]
    title = f"{title}, {len(lesson.x):,} images"
    return Row(name, title, "epoch", times, deviations=deviations, notes=notes)


def _epochs(student: Student, count: int) -> Callable[[], None]:
    def run() -> None:
        student.reset()
        student.epochs(count)

    return run


def _check(
    context: Context,
    lesson: Lesson,
    students: Mapping[str, Student],
    expected: Float64Array,
    begin: Float32Array,
) -> dict[str, float]:
    found = {OURS: context.ours.learn(lesson, 1)[0]}
    for side, student in students.items():
        student.reset()
        student.follow(*draws(lesson))
        found[side] = student.parameters()
    return check(found, dict.fromkeys(found, expected), begin)


def _check_mse(found: dict[str, float]) -> None:
    for side, mse in found.items():
        if not abs(mse / found[OURS] - 1) <= MSE_TOLERANCE:
            raise Mismatch(f"{side}: expected an MSE of about {found[OURS]:.4f}, got {mse:.4f}")


def _images(context: Context) -> tuple[Float32Array, IntArray]:
    train = digits(context.data_dir).train
    return train.images[:IMAGES], train.labels[:IMAGES]


def _autoencoder(context: Context) -> Training:
    (system,) = (each for each in SYSTEMS if each.name == "lso-2")
    assert isinstance(system, ThroughAutoencoder)
    settings: AutoencoderSettings = system.autoencoder
    images = digits(context.data_dir).train.images[: settings.images]
    images = images[: len(images) // settings.batch_size * settings.batch_size]
    width, hidden = images.shape[1], settings.hidden
    sizes = [width, *hidden, settings.latent, *reversed(hidden), width]
    network = lso.Network(sizes, random_state=SEED)
    return Training(network, images, images, settings.batch_size, settings.optimizer)

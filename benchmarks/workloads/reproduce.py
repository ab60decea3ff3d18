"""W8: the training of LSO-2 in ``lso reproduce``, to the paper's error."""

from __future__ import annotations

import time
from collections.abc import Iterator

import lso_native as lso
import numpy as np
from lso_native.study.autoencoder import AutoencoderSettings
from lso_native.study.systems import SYSTEMS, ThroughAutoencoder

from benchmarks.peers.base import OURS, Trainer
from benchmarks.problems import Training
from benchmarks.rows import Context, Mismatch, Row, gather, tell
from benchmarks.workloads.answer import digits

SEED = 3  # that of ``lso reproduce`` for its autoencoders
QUICK_MSE = 0.035
SLOW_SIDES = ("jax step",)  # never the best variant: left out of what takes a minute a side


def to_the_papers_error(context: Context) -> Iterator[Row]:
    """One run a side, all from the same weights; ours shuffles as the engine does, the others as NumPy does."""
    (system,) = (each for each in SYSTEMS if each.name == "lso-2")
    assert isinstance(system, ThroughAutoencoder)
    settings = system.autoencoder
    if settings.mse is None:
        raise ValueError("lso-2: expected an autoencoder that is trained to an error")
    goal = QUICK_MSE if context.quick else settings.mse
    problem = _problem(context, settings)
    trainers: dict[str, Trainer] = {}
    for peer in context.peers:
        trainers = gather(trainers, peer.trainers(problem))
    times, epochs = {}, {}
    times[OURS], epochs[OURS] = _ours(context, problem, settings, goal)
    tell(f"  {OURS}: {times[OURS][0]:.2f} s, {epochs[OURS]} epochs")
    for side, trainer in trainers.items():
        if side in SLOW_SIDES:
            continue
        times[side], epochs[side] = _peer(side, trainer, problem, settings.epochs, goal)
        tell(f"  {side}: {times[side][0]:.2f} s, {epochs[side]} epochs")
    notes = ["a bias at the input layer, as in the paper", "each side has its own shuffles"]
    if context.quick:
        notes.append(f"to an MSE of {goal:g} only")
    facts = {"epochs": epochs, "images": len(problem.x), "mse": goal}
    yield Row("W8", "training of LSO-2", "run", times, facts=facts, notes=notes)


def _problem(context: Context, settings: AutoencoderSettings) -> Training:
    images = digits(context.data_dir).train.images[: settings.images]
    images = images[: len(images) // settings.batch_size * settings.batch_size]
    width, hidden = images.shape[1], settings.hidden
    sizes = [width, *hidden, settings.latent, *reversed(hidden), width]
    network = lso.Network(sizes, random_state=SEED)
    return Training(network, images, images, settings.batch_size, settings.optimizer)


def _ours(
    context: Context, problem: Training, settings: AutoencoderSettings, goal: float
) -> tuple[list[float], int]:
    begin = time.perf_counter()
    result = context.ours.train(problem, settings.epochs, mse=goal, random_state=SEED)
    seconds = time.perf_counter() - begin
    if result.status != "reached_mse":
        raise Mismatch(f"{OURS}: expected to reach an MSE of {goal:g}, got {result}")
    return [seconds], result.epochs


def _peer(
    side: str, trainer: Trainer, problem: Training, most: int, goal: float
) -> tuple[list[float], int]:
    random = np.random.default_rng(SEED)
    images = trainer.load(problem.x, problem.y)
    steps = len(problem.x) // problem.batch
    trainer.steps(images, steps)  # compiles
    trainer.mse(images)
    trainer.reset()
    begin = time.perf_counter()
    for epoch in range(1, most + 1):
        order = random.permutation(len(problem.x))
        rows = problem.x[order]
        shuffled = trainer.load(rows, rows)
        trainer.steps(shuffled, steps)
        if trainer.mse(shuffled) <= goal:
            return [time.perf_counter() - begin], epoch
    raise Mismatch(f"{side}: expected to reach an MSE of {goal:g} in {most} epochs")

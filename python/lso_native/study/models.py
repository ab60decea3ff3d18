"""The networks of the experiments: the paper's classifier and autoencoders, and judges.

A judge sees images that no other model saw, so that what fools the classifier need not fool it,
and may answer "no digit", which it learns from noise: a judge that must name one guesses. Several that
differ in all that was chosen make a panel.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lso_native._typing import Float32Array
from lso_native.data import Digits, Part
from lso_native.models.autoencoder import Autoencoder
from lso_native.models.classifier import Classifier
from lso_native.network import ActivationName
from lso_native.optimizers import Adam, NormalizedGradientDescent, TrainOptimizer
from lso_native.random import uniform
from lso_native.study.generation import NO_DIGIT
from lso_native.study.progress import Progress
from lso_native.training import TrainProgress


@dataclass(frozen=True)
class AutoencoderSettings:
    """196-hidden-latent-hidden-196, sigmoid, trained until the paper's MSE."""

    latent: int
    images: int
    mse: float | None
    hidden: tuple[int, ...] = (64,)
    optimizer: TrainOptimizer = NormalizedGradientDescent(desired_change=-0.1)  # noqa: RUF009 - frozen
    batch_size: int = 50
    epochs: int = 1000


@dataclass(frozen=True)
class ClassifierSettings:
    """196-hidden-10, sigmoid, squared error: what the descent is guided by."""

    images: int = 10_000
    hidden: tuple[int, ...] = (64,)
    optimizer: TrainOptimizer = Adam(learning_rate=1e-3)  # noqa: RUF009 - frozen
    batch_size: int = 50
    epochs: int = 60


@dataclass(frozen=True)
class JudgeSettings:
    """196-hidden-11, softmax, on the judge's images, those moved by a pixel, and noise."""

    hidden: tuple[int, ...] = (512, 256)
    activation: ActivationName = "relu"
    part: tuple[int, int] = (0, 1)
    """(i, k): every k-th of the judge's images, from the i-th on."""
    optimizer: Adam = Adam(learning_rate=1e-3)  # noqa: RUF009 - frozen
    batch_size: int = 200
    epochs: int = 8
    least_samples: int = 300_000  # how many to show at least, in whole epochs
    last_epochs: int = 2  # more, at a tenth of the rate
    noise_contrast: float = 8.0  # noise images have a contrast of 1 to this, cut to 0..1


def _on_half(half: int, activation: ActivationName, *hidden: int) -> JudgeSettings:
    return JudgeSettings(hidden, activation, (half, 2), least_samples=150_000)


PANEL: tuple[JudgeSettings, ...] = (
    JudgeSettings(),
    _on_half(0, "relu", 512, 256),
    _on_half(1, "relu", 256, 128),
    _on_half(0, "silu", 384, 192),
    _on_half(1, "tanh", 256, 256, 128),
)
"""The judges: one that saw all images set aside for them, and others, each of which saw half of these."""


@dataclass(frozen=True)
class Trained:
    """A fitted estimator, how long it took, and what there is to say of it."""

    estimator: Any
    seconds: float
    facts: dict[str, Any]


def train_classifier(
    settings: ClassifierSettings, digits: Digits, seed: int, progress: Progress
) -> Trained:
    """The paper's classifier on the first ``settings.images`` of the training part."""
    part = _first(digits.train, settings.images)
    classifier = Classifier(
        hidden=settings.hidden,
        optimizer=settings.optimizer,
        batch_size=settings.batch_size,
        epochs=settings.epochs,
        random_state=seed,
    )
    stage = f"classifier: {len(part):,} images"
    return fit_classifier(stage, classifier, part, digits.test, progress)


def train_judge(
    settings: JudgeSettings, digits: Digits, seed: int, progress: Progress, *, name: str = "judge"
) -> Trained:
    """A judge, on its part of the images set aside for judges and as many of noise as one digit has."""
    first, step = settings.part
    own = Part(digits.judge.images[first::step], digits.judge.labels[first::step])
    images = shifted(own.images, digits.size)
    nothing = noise(len(images) // 10, images.shape[1], settings.noise_contrast, seed)
    labels = np.concatenate([np.tile(own.labels, 9), np.full(len(nothing), NO_DIGIT)])
    part = Part(np.concatenate([images, nothing]), labels)
    judge = Classifier(
        hidden=settings.hidden,
        activation=settings.activation,
        output_activation="softmax",
        objective="categorical_cross_entropy",
        bias="standard",
        optimizer=settings.optimizer,
        batch_size=settings.batch_size,
        epochs=max(settings.epochs, settings.least_samples // len(part)),
        random_state=seed,
    )
    stage = f"{name}: {len(own):,} other images, shifted copies of them, and noise"
    fine = replace(settings.optimizer, learning_rate=settings.optimizer.learning_rate / 10)
    last = (fine, settings.last_epochs)
    trained = fit_classifier(stage, judge, part, digits.test, progress, last)
    trained.facts["train_images"] = len(own)
    return trained


def train_autoencoder(
    name: str, settings: AutoencoderSettings, digits: Digits, seed: int, progress: Progress
) -> Trained:
    """An autoencoder on the first ``settings.images`` of the training part."""
    images = _first(digits.train, settings.images).images
    autoencoder = Autoencoder(
        settings.latent,
        hidden=settings.hidden,
        optimizer=settings.optimizer,
        batch_size=settings.batch_size,
        epochs=settings.epochs,
        mse=settings.mse,
        random_state=seed,
    )
    stage = f"autoencoder of {name}: {settings.latent} latents, {len(images):,} images"
    begin = time.perf_counter()
    progress.start(stage, settings.epochs)
    autoencoder.fit(images, callback=_on_epoch(progress, settings.mse))
    seconds = time.perf_counter() - begin
    progress.finish(f"MSE {autoencoder.mse_:.4f} after {autoencoder.n_epochs_} epochs")
    facts = {
        "latent": settings.latent,
        "train_images": len(images),
        "train_mse": autoencoder.mse_,
        "test_mse": autoencoder.mean_squared_error(digits.test.images),
        "train_epochs": autoencoder.n_epochs_,
        "train_status": autoencoder.status_,
        "train_seconds": seconds,
    }
    return Trained(autoencoder, seconds, facts)


def shifted(images: Float32Array, side: int) -> Float32Array:
    """``images`` (n, side²) as they are, then moved to each of the eight pixels around: (9 n, side²)."""
    padded = np.pad(images.reshape(-1, side, side), ((0, 0), (1, 1), (1, 1)))
    moves = sorted(np.ndindex(3, 3), key=lambda move: move != (1, 1))
    moved = [padded[:, y : y + side, x : x + side] for y, x in moves]
    return np.concatenate(moved).reshape(-1, side * side)


def noise(n: int, n_pixels: int, contrast: float, seed: int) -> Float32Array:
    """Uniform pixels about 0.5, each image with a contrast of its own: (n, n_pixels) in 0..1."""
    pixels = uniform((n, n_pixels), low=-0.5, high=0.5, random_state=seed)
    contrasts = uniform((n, 1), low=1.0, high=contrast, random_state=seed + 1)
    return np.clip(0.5 + contrasts * pixels, 0.0, 1.0).astype(np.float32)


def fit_classifier(
    stage: str,
    classifier: Classifier,
    part: Part,
    test: Part,
    progress: Progress,
    last: tuple[TrainOptimizer, int] | None = None,
) -> Trained:
    """``classifier`` fitted to ``part``; ``last``: an optimizer to end with, and for how many epochs."""
    begin = time.perf_counter()
    tell = _on_epoch(progress, None)
    progress.start(stage, classifier.epochs + (last[1] if last else 0))
    classifier.fit(part.images, part.labels, callback=tell)
    if last is not None and last[1]:
        first = classifier.get_params()
        classifier.set_params(optimizer=last[0], epochs=last[1], warm_start=True)
        classifier.fit(part.images, part.labels, callback=tell)
        classifier.set_params(**first)
    seconds = time.perf_counter() - begin
    facts = {
        "train_images": len(part),
        "train_mse": classifier.mse_,
        "test_mse": classifier.mean_squared_error(test.images, test.labels),
        "test_accuracy": classifier.score(test.images, test.labels),
        "train_epochs": classifier.n_epochs_,
        "train_seconds": seconds,
    }
    progress.finish(
        f"tells {facts['test_accuracy']:.1%} of the test images, test MSE {facts['test_mse']:.4f}"
    )
    return Trained(classifier, seconds, facts)


def _on_epoch(progress: Progress, goal: float | None) -> Callable[[TrainProgress], None]:
    def tell(epoch: TrainProgress) -> None:
        towards = "" if goal is None else f" (until {goal:g})"
        progress.update(epoch.epoch, f"MSE {epoch.scores['train_mse']:.4f}{towards}")

    return tell


def _first(part: Part, n: int) -> Part:
    return Part(part.images[:n], part.labels[:n])

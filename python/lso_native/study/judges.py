"""The judges: who says what a sample shows.

A judge sees images that no other model saw, so that what fools the classifier need not fool it,
and may answer "no digit", which it learns from noise: a judge that must name one guesses. Several that
differ in all that was chosen make a panel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lso_native._typing import Float32Array
from lso_native.data import Part
from lso_native.metrics import Panel
from lso_native.models.classifier import Classifier
from lso_native.network import ActivationName
from lso_native.optimizers import Adam
from lso_native.random import uniform
from lso_native.study.attempts import NO_LABEL
from lso_native.study.data import DataSet
from lso_native.study.fit import Fit, Trained, finer, fit_classifier, training_cost
from lso_native.study.step import Work


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
class FitJudge(Fit):
    """A judge, on its part of the images set aside for judges and as many of noise as one label has."""

    settings: JudgeSettings

    def cost(self, work: Work) -> float:
        """By what it is shown: each image nine times, where it is one, and a tenth of noise."""
        images, settings = work.data(self.data).judge.images, self.settings
        size = len(images) // settings.part[1] * (10 if self.data.shape else 1)
        epochs = max(settings.epochs, settings.least_samples // size) + settings.last_epochs
        widths = (images.shape[1], *settings.hidden, self.data.classes + 1)
        return training_cost(epochs * size, widths)

    def make(self, work: Work) -> Trained:
        """Its images, those moved by a pixel, and noise."""
        data, settings = work.data(self.data), self.settings
        begin, step = settings.part
        own = Part(data.judge.images[begin::step], data.judge.labels[begin::step])
        part = self._taught(own)
        judge = Classifier(
            hidden=settings.hidden,
            activation=settings.activation,
            output_activation="softmax",
            objective="categorical_cross_entropy",
            bias="standard",
            optimizer=settings.optimizer,
            batch_size=settings.batch_size,
            epochs=max(settings.epochs, settings.least_samples // len(part)),
            random_state=self.seed,
        )
        moved = " shifted copies of them," if self.data.shape else ""
        stage = f"{self.name}: {len(own):,} other images,{moved} and noise"
        last = (finer(settings.optimizer), settings.last_epochs)
        trained = fit_classifier(stage, judge, part, data.test, work, last)
        trained.facts["train_images"] = len(own)
        return trained

    def _taught(self, own: Part) -> Part:
        shape = self.data.shape
        images = own.images if shape is None else shifted(own.images, shape)
        contrast = self.settings.noise_contrast
        nothing = noise(len(images) // self.data.classes, images.shape[1], contrast, self.seed)
        known = np.tile(own.labels, len(images) // len(own))
        labels = np.concatenate([known, np.full(len(nothing), NO_LABEL)])
        return Part(np.concatenate([images, nothing]), labels)


@dataclass(frozen=True)
class PanelOf:
    """Judges that measure together, beside the test images, which no model saw."""

    judges: tuple[Fit, ...]
    data: DataSet
    draws: int
    directions: int
    seed: int

    def of(self, work: Work) -> Panel:
        """With the judges fitted."""

        def made() -> Panel:
            test = work.data(self.data).test
            return Panel(
                [work.get(judge).estimator for judge in self.judges],
                test.images,
                test.labels,
                draws=self.draws,
                directions=self.directions,
                random_state=self.seed,
            )

        return work.once(self, made)


def shifted(images: Float32Array, shape: tuple[int, int]) -> Float32Array:
    """``images`` (n, rows * columns) as they are, then moved to each of the eight pixels around: nine times as many."""
    rows, columns = shape
    padded = np.pad(images.reshape(-1, rows, columns), ((0, 0), (1, 1), (1, 1)))
    moves = sorted(np.ndindex(3, 3), key=lambda move: move != (1, 1))
    moved = [padded[:, y : y + rows, x : x + columns] for y, x in moves]
    return np.concatenate(moved).reshape(-1, rows * columns)


def noise(n: int, n_pixels: int, contrast: float, seed: int) -> Float32Array:
    """Uniform pixels about 0.5, each image with a contrast of its own: (n, n_pixels) in 0..1."""
    pixels = uniform((n, n_pixels), low=-0.5, high=0.5, random_state=seed)
    contrasts = uniform((n, 1), low=1.0, high=contrast, random_state=seed + 1)
    return np.clip(0.5 + contrasts * pixels, 0.0, 1.0).astype(np.float32)

"""The project's own recipe: starts where codes of the digit are, several classifiers to convince, steps that cannot
leap, and a latent that stays where codes are.

Each of its parts can be left out (``ablations``), which tells what it is worth.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lso_native._typing import Float64Array, FloatArray, IntArray
from lso_native.data import Digits, Part, junk, varied
from lso_native.metrics import Panel
from lso_native.models.classifier import Classifier
from lso_native.models.mixture import Mixture
from lso_native.models.training import subseed
from lso_native.models.vae import VAE
from lso_native.network import Model, Network
from lso_native.optimize import optimize
from lso_native.optimizers import Adam, NormalizedGradientDescent
from lso_native.problem import Branch, Problem
from lso_native.random import normal, uniform
from lso_native.study.generation import CLASSES, NO_DIGIT, Generated, asked_digits, seen_by
from lso_native.study.models import Trained, fit_classifier
from lso_native.study.progress import Progress
from lso_native.terms import Density, Interval, one_hot


@dataclass(frozen=True)
class GuideSettings:
    """196-256-256-10, sigmoid outputs under binary cross-entropy: of what shows no digit none may be large.

    It learns the images, changed copies of them, and as many that show no digit.
    """

    hidden: tuple[int, ...] = (256, 256)
    copies: int = 3
    optimizer: Adam = Adam(learning_rate=1e-3)  # noqa: RUF009 - frozen
    batch_size: int = 200
    average: float = 0.999
    samples: int = 1_500_000  # how many to show, in whole epochs
    most_epochs: int = 30


@dataclass(frozen=True)
class RecipeSettings:
    """How the recipe starts, what it asks for, and how it moves."""

    guides: tuple[GuideSettings, ...] = (GuideSettings(),) * 3
    """Classifiers, from a seed each; with none, the paper's is asked alone."""
    components: int = 30
    """Gaussians over codes, of each digit."""
    labelled: bool = True
    """Whether starts come from the Gaussians of the digit asked for, or from those of all digits."""
    stratified: bool = True
    spread: float = 1.08
    """Of draws about their Gaussian's mean; descents make samples a little more alike than images are."""
    best_of: int = 1
    """Draws for each start, of which the one that the classifiers find least wrong is taken."""
    start: str = "own"
    """"own", a draw for the digit asked for; "other", for another digit; "normal", from N(0, 1)."""
    certainty: float = 0.99
    """The digit's output is at least this, all others at most what is left."""
    keep: float | None = 0.001
    """The latent is likelier under the digit's Gaussians than this share of the digit's codes; None for no such."""
    desired_change: float = -0.1
    max_step: float | None = 0.5
    bounds: tuple[float, float] | None = (-4.5, 4.5)
    max_iterations: int = 1_000


# A greater one holds far starts up where classifiers and density disagree.
DENSITY_WEIGHT = 1.0


def train_guide(
    name: str, settings: GuideSettings, digits: Digits, decoder: VAE, seed: int, progress: Progress
) -> Trained:
    """A classifier on the training part, copies of it, and junk that the decoder makes among others."""
    train = digits.train
    moved = [
        varied(train.images, slant=10, stroke=0.25, shift=1, random_state=subseed(seed, "copy", i))
        for i in range(settings.copies)
    ]
    nothing = junk(
        train.images,
        train.labels,
        len(train),
        decoder=decoder,
        random_state=subseed(seed, "junk"),
    )
    labels = np.concatenate(
        [np.tile(train.labels, 1 + settings.copies), np.full(len(nothing), NO_DIGIT)]
    )
    part = Part(np.concatenate([train.images, *moved, nothing]), labels)
    guide = Classifier(
        hidden=settings.hidden,
        activation="relu",
        objective="binary_cross_entropy",
        bias="standard",
        none_label=NO_DIGIT,
        optimizer=settings.optimizer,
        batch_size=settings.batch_size,
        average=settings.average,
        epochs=min(max(1, settings.samples // len(part)), settings.most_epochs),
        random_state=seed,
    )
    stage = f"{name}: {len(train):,} images, changed copies of them, and junk"
    return fit_classifier(stage, guide, part, digits.test, progress)


def fit_mixture(settings: RecipeSettings, decoder: VAE, train: Part, seed: int) -> Mixture:
    """Gaussians over draws from the codes' distributions, for each digit or all."""
    codes = decoder.sample_posterior(train.images, random_state=subseed(seed, "codes"))
    components = settings.components if settings.labelled else settings.components * CLASSES
    mixture = Mixture(components, tol=1e-2, random_state=subseed(seed, "mixture"))
    return mixture.fit(codes, train.labels if settings.labelled else None)


@dataclass(frozen=True, eq=False)
class Recipe:
    """What is learned, and what is done with it."""

    settings: RecipeSettings
    decoder: Network
    guides: Sequence[Model]
    mixture: Mixture
    seed: int
    threads: int | None

    def run(self, name: str, n: int, panel: Panel, progress: Progress) -> Generated:
        """``n`` digits, one attempt each, digit by digit."""
        labels = asked_digits(n)
        progress.start(f"{name}: {n:,} digits", n)
        begin = time.perf_counter()
        starts = self._starts(labels)
        samples = np.empty((n, self.decoder.n_outputs), self.decoder.dtype)
        latents, iterations = np.empty_like(starts), np.zeros(n, np.int64)
        success = np.zeros(n, np.bool_)
        statuses: list[str] = []
        for digit in np.unique(labels):
            rows = np.flatnonzero(labels == digit)
            result = optimize(
                self._problem(int(digit)),
                starts=starts[rows],
                optimizer=NormalizedGradientDescent(
                    self.settings.desired_change, max_step=self.settings.max_step
                ),
                bounds=self.settings.bounds,
                max_iterations=self.settings.max_iterations,
                threads=self.threads,
            )
            samples[rows], latents[rows] = result.samples, result.latents
            iterations[rows], success[rows] = result.iterations, result.success
            statuses += result.status.tolist()
            progress.update(int(rows[-1]) + 1)
        seconds = time.perf_counter() - begin
        generated = Generated(
            samples,
            labels,
            seen_by(panel, samples),
            panel.recognition(samples, labels)[0],
            success,
            self._mse(samples, labels),
            iterations,
            seconds,
            starts=starts,
            latents=latents,
            statuses=tuple(statuses),
        )
        progress.finish(
            f"{success.mean():.0%} succeed, {generated.recognition.mean:.1%} are recognised"
        )
        return generated

    def _problem(self, digit: int) -> Problem:
        """That every classifier sees the digit, at a latent that is likely."""
        low, high = np.full(CLASSES, -np.inf), np.full(CLASSES, 1 - self.settings.certainty)
        low[digit], high[digit] = self.settings.certainty, np.inf
        margin = (1 - self.settings.certainty) / 4  # the usual one may be all that is left
        asked = [Branch(Interval(low, high, margin), head=guide) for guide in self.guides]
        if self.settings.keep is None:
            return Problem(self.decoder, *asked)
        mixture = self._of(digit)
        least = mixture.quantile(self.settings.keep)
        return Problem(self.decoder, *asked, latent=[DENSITY_WEIGHT * Density(mixture, least)])

    def _of(self, digit: int) -> Mixture:
        return self.mixture.of(digit) if self.settings.labelled else self.mixture

    def _starts(self, labels: IntArray) -> FloatArray:
        """(n, latent)"""
        many = self.settings.best_of
        drawn = np.empty((len(labels), many, self.decoder.n_inputs), self.decoder.dtype)
        if self.settings.start == "normal":
            shape = (len(labels), self.decoder.n_inputs)
            return normal(shape, random_state=self._seed("normal"), dtype=self.decoder.dtype.name)
        sources = labels
        if self.settings.start == "other":
            away = uniform((len(labels),), low=1, high=CLASSES, random_state=self._seed("other"))
            sources = (labels + away.astype(np.int64)) % CLASSES
        for digit in np.unique(sources):
            rows = np.flatnonzero(sources == digit)
            draws = self._of(int(digit)).sample(
                len(rows) * many,
                random_state=self._seed("start", int(digit)),
                stratified=self.settings.stratified,
                spread=self.settings.spread,
            )
            drawn[rows] = draws.reshape(len(rows), many, -1)
        return self._least_wrong(drawn, labels)

    def _least_wrong(self, drawn: FloatArray, labels: IntArray) -> FloatArray:
        if drawn.shape[1] == 1:
            return np.ascontiguousarray(drawn[:, 0])
        rows, many = np.arange(len(labels)), drawn.shape[1]
        images = self.decoder(drawn.reshape(-1, drawn.shape[2]))
        errors = self._mse(images, labels.repeat(many)).reshape(-1, many)
        return np.ascontiguousarray(drawn[rows, errors.argmin(axis=1)])

    def _mse(self, samples: FloatArray, labels: IntArray) -> Float64Array:
        """Of the classifiers' mean output from the digit asked for."""
        outputs = np.mean([guide(samples).astype(np.float64) for guide in self.guides], axis=0)
        return np.asarray(np.square(outputs - one_hot(labels, CLASSES)).mean(axis=1))

    def _seed(self, *purpose: str | int) -> int:
        return subseed(self.seed, *purpose)

"""The project's own recipe: starts where codes of the digit are, several classifiers to convince, steps that cannot
leap, and a latent that stays where codes are.

Each of its parts can be left out (``grids``), which tells what it is worth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lso_native._typing import Float64Array, FloatArray, IntArray
from lso_native.models.mixture import Mixture
from lso_native.network import Model, Network
from lso_native.optimize import optimize
from lso_native.optimizers import NormalizedGradientDescent
from lso_native.problem import Branch, Problem
from lso_native.random import normal, subseed, uniform
from lso_native.study.attempts import Generated, Way, asked_labels, statuses
from lso_native.study.fit import Fit, Trained
from lso_native.study.guides import FitMixture, GuideSettings
from lso_native.study.step import Facts, Step, Work
from lso_native.terms import Density, Interval, one_hot

# A greater one holds far starts up where classifiers and density disagree.
DENSITY_WEIGHT = 1.0


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


@dataclass(frozen=True)
class ByRecipe(Way):
    """``n`` samples by the recipe."""

    settings: RecipeSettings
    decoder: Fit
    guides: tuple[Step[Trained], ...]
    mixture: FitMixture
    n: int
    seed: int

    @property
    def model(self) -> Fit:
        """The decoder's."""
        return self.decoder

    def cost(self) -> float:
        """Several classifiers and draws for each."""
        return 0.1 + 0.01 * self.n

    def run(self, name: str, work: Work) -> Generated:
        """Of each class in turn, one attempt each."""
        guides = [work.get(guide).estimator.network_ for guide in self.guides]
        decoder, mixture = work.get(self.decoder).estimator.decoder_, work.get(self.mixture)
        recipe = Recipe(self.settings, decoder, guides, mixture, self.seed)
        with work.clock():
            return recipe.run(name, self.n, work)


@dataclass(frozen=True, eq=False)
class Recipe:
    """What is learned, and what is done with it."""

    settings: RecipeSettings
    decoder: Network
    guides: Sequence[Model]
    mixture: Mixture
    seed: int

    @property
    def classes(self) -> int:
        """How many there are."""
        return self.guides[0].n_outputs

    def run(self, name: str, n: int, work: Work) -> Generated:
        """``n`` samples, class by class."""
        labels = asked_labels(n, self.classes)
        work.progress.start(f"{name}: {n:,} samples", n)
        starts = self._starts(labels)
        samples = np.empty((n, self.decoder.n_outputs), self.decoder.dtype)
        latents, iterations = np.empty_like(starts), np.zeros(n, np.int64)
        success = np.zeros(n, np.bool_)
        status: list[str] = []
        for label in np.unique(labels):
            rows = np.flatnonzero(labels == label)
            result = optimize(
                self._problem(int(label)),
                starts=starts[rows],
                optimizer=NormalizedGradientDescent(
                    self.settings.desired_change, max_step=self.settings.max_step
                ),
                bounds=self.settings.bounds,
                max_iterations=self.settings.max_iterations,
                threads=work.threads,
            )
            samples[rows], latents[rows] = result.samples, result.latents
            iterations[rows], success[rows] = result.iterations, result.success
            status += result.status.tolist()
            work.progress.update(int(rows[-1]) + 1)
        work.progress.finish(f"{success.mean():.0%} meet the target")
        told = {"statuses": statuses(np.array(status)), **_moves(starts, latents, iterations)}
        mse = self._mse(samples, labels)
        return Generated(samples, labels, success, mse, iterations, starts, latents, told)

    def _problem(self, label: int) -> Problem:
        """That every classifier sees the label, at a latent that is likely."""
        low, high = (
            np.full(self.classes, -np.inf),
            np.full(self.classes, 1 - self.settings.certainty),
        )
        low[label], high[label] = self.settings.certainty, np.inf
        margin = (1 - self.settings.certainty) / 4  # the usual one may be all that is left
        asked = [Branch(Interval(low, high, margin), head=guide) for guide in self.guides]
        if self.settings.keep is None:
            return Problem(self.decoder, *asked)
        mixture = self._of(label)
        least = mixture.quantile(self.settings.keep)
        return Problem(self.decoder, *asked, latent=[DENSITY_WEIGHT * Density(mixture, least)])

    def _of(self, label: int) -> Mixture:
        return self.mixture.of(label) if self.settings.labelled else self.mixture

    def _starts(self, labels: IntArray) -> FloatArray:
        """(n, latent)"""
        many = self.settings.best_of
        drawn = np.empty((len(labels), many, self.decoder.n_inputs), self.decoder.dtype)
        if self.settings.start == "normal":
            shape = (len(labels), self.decoder.n_inputs)
            return normal(shape, random_state=self._seed("normal"), dtype=self.decoder.dtype.name)
        sources = labels
        if self.settings.start == "other":
            away = uniform(
                (len(labels),), low=1, high=self.classes, random_state=self._seed("other")
            )
            sources = (labels + away.astype(np.int64)) % self.classes
        for label in np.unique(sources):
            rows = np.flatnonzero(sources == label)
            draws = self._of(int(label)).sample(
                len(rows) * many,
                random_state=self._seed("start", int(label)),
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
        return np.asarray(np.square(outputs - one_hot(labels, self.classes)).mean(axis=1))

    def _seed(self, *purpose: str | int) -> int:
        return subseed(self.seed, *purpose)


def _moves(starts: FloatArray, latents: FloatArray, iterations: IntArray) -> Facts:
    """How far the latents went."""
    # in double: a step without a limit may go anywhere
    moved = np.linalg.norm(latents.astype(np.float64) - starts, axis=1)
    return {
        "unmoved": float((iterations == 0).mean()),
        "median_move": float(np.median(moved)),
        "longest_move": float(moved.max()),
    }

"""The ways of answering a request: descent that a formula re-aims, rejection, and retrieval."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lso_native._typing import BoolArray, Float64Array, FloatArray, IntArray
from lso_native.generate import generate
from lso_native.models.black_box import BlackBox
from lso_native.models.classifier import Classifier
from lso_native.models.mixture import Mixture
from lso_native.optimizers import LevenbergMarquardt
from lso_native.random import subseed
from lso_native.requirements import All, Combination
from lso_native.study.requests.asked import Measured, Request, measure
from lso_native.study.requests.models import NAMES, NONE, Models
from lso_native.study.requests.settings import DescentSettings

_SHOWN = 1_000  # images of each digit that a pool keeps


@dataclass(frozen=True, eq=False)
class Jury:
    """Several judges, of whom most must agree."""

    judges: tuple[Classifier, ...]

    @property
    def digits(self) -> list[int]:
        """What they may see."""
        return [digit for digit in self.judges[0].classes_.tolist() if digit != NONE]

    def votes(self, images: FloatArray, digit: int) -> BoolArray:
        """(n_judges, n) who takes which image for ``digit``."""
        return np.stack([judge.predict(images) == digit for judge in self.judges])

    def recognise(self, images: FloatArray, digit: int) -> BoolArray:
        """(n,) which images more than half of them take for ``digit``."""
        if not len(images):
            return np.zeros(0, np.bool_)
        return np.asarray(2 * self.votes(images, digit).sum(axis=0) > len(self.judges))


@dataclass(frozen=True, eq=False)
class Answer:
    """Images for a request, and what they cost."""

    images: FloatArray
    """(n, n_pixels), found or not."""
    decoded: int
    calls: int

    def met(self, request: Request) -> BoolArray:
        """(n,) which images are as asked, by the formulas."""
        return request.met(measure(self.images))


@dataclass(frozen=True, eq=False)
class Descent:
    """``lso.generate`` with the formulas as the box, and a network of them to go through."""

    models: Models
    settings: DescentSettings
    threads: int | None

    def requirement(self, request: Request) -> Combination:
        """Both intervals, and the digit by every classifier."""
        box = BlackBox(measure, surrogate=self.models.regressor, names=NAMES)
        asked = box.between(slant=request.slant, thickness=request.thickness)
        classifiers = self.models.classifiers[: self.settings.classifiers]
        digit = [
            each.requires(request.digit, certainty=self.settings.certainty) for each in classifiers
        ]
        return All(*asked.parts, *(part for each in digit for part in each.parts))

    def answer(self, request: Request, n: int, seed: int) -> Answer:
        """``n`` images, met or not."""
        found = generate(
            self.models.decoder,
            self.requirement(request),
            n,
            attempts=self.settings.attempts,
            best_of=self.settings.best_of,
            aims=self.settings.aims,
            prior=widened(self.models.prior.of(request.digit), self.settings.spread),
            keep=self.settings.keep,
            optimizer=LevenbergMarquardt(max_step=self.settings.max_step),
            max_iterations=self.settings.max_iterations,
            random_state=seed,
            threads=self.threads,
        )
        return Answer(found.samples, found.decoded, found.box_calls)


@dataclass(frozen=True, eq=False)
class Pool:
    """Images of each digit that a generator made, in their order, to choose from by the formulas and by the jury
    itself, which is the best that rejection can do."""

    images: dict[int, FloatArray]
    pairs: dict[int, Float64Array]
    recognised: dict[int, BoolArray]

    @classmethod
    def judged(cls, draw: Callable[[int, int], FloatArray], n: int, jury: Jury) -> Pool:
        """``n`` images a digit; ``draw`` makes so many of a digit."""
        pool = cls({}, {}, {})
        for digit in jury.digits:
            own = draw(digit, n)
            pool.images[digit] = own[:_SHOWN]
            pool.pairs[digit] = measure(own)
            pool.recognised[digit] = jury.recognise(own, digit)
        return pool

    @property
    def size(self) -> int:
        """Images of a digit."""
        return min(map(len, self.pairs.values()))

    def fitting(self, request: Request) -> IntArray:
        """The places, in their order, of the images that are as asked and recognised."""
        digit = request.digit
        return np.flatnonzero(request.met(self.pairs[digit]) & self.recognised[digit])

    def found(self, request: Request, n: int, decoded: float) -> int:
        """How many of ``n`` are among the first ``decoded``."""
        return min(n, int((self.fitting(request) < decoded).sum()))

    def needed(self, requests: Sequence[Request], n: int, wanted: int) -> int | None:
        """Images to draw for each of ``requests`` until ``wanted`` fit in all, ``n`` of each at most; None: more than
        there are."""
        ends = np.concatenate([self.fitting(request)[:n] for request in requests])
        if not 0 < wanted <= len(ends):
            return None
        return int(np.sort(ends)[wanted - 1]) + 1


def gan_draw(models: Models, seed: int) -> Callable[[int, int], FloatArray]:
    """Images of a digit by the conditional GAN."""
    return lambda digit, n: models.rival.sample(
        np.full(n, digit), random_state=subseed(seed, "gan", digit)
    )


def cluster_draw(models: Models, spread: float, seed: int) -> Callable[[int, int], FloatArray]:
    """Images of a digit: draws from its Gaussians over the decoder's codes, as wide as those that descents start at."""

    def draw(digit: int, n: int) -> FloatArray:
        own = widened(models.prior.of(digit), spread)
        codes = own.sample(n, random_state=subseed(seed, "clusters", digit), stratified=False)
        return models.decoder.inverse_transform(codes.astype(np.float32))

    return draw


def widened(mixture: Mixture, spread: float) -> Mixture:
    """With the standard deviations of all Gaussians ``spread`` times as large."""
    if spread == 1:
        return mixture
    covariances = spread**2 * mixture.covariances_
    return Mixture.from_parameters(mixture.weights_, mixture.means_, covariances)


def retrieved(known: Measured, request: Request, n: int, jury: Jury) -> int:
    """Of images how many of ``n`` are as asked and recognised."""
    rows = known.matching(request)
    return min(n, int(jury.recognise(known.images[rows], request.digit).sum()))


def spread(images: FloatArray) -> float:
    """The mean distance between two of ``images`` (n, n_pixels); NaN below two."""
    if len(images) < 2:
        return float("nan")
    rows = images.astype(np.float64)
    squared = np.square(rows).sum(axis=1)
    between = squared[:, None] + squared - 2 * rows @ rows.T
    return float(np.sqrt(np.maximum(between[np.triu_indices(len(rows), 1)], 0)).mean())

"""A ruler of several judges: every measure of samples as a mean over judges and draws of real images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lso_native._checks import check_int, check_labels, check_samples, resolve_seed
from lso_native._typing import Array, Float64Array, IndexArray
from lso_native.errors import ArgumentError, ArgumentTypeError
from lso_native.models.classifier import Classifier

from .draws import balanced_draws, check_integers
from .figure import Figure, Share
from .frechet import frechet_distance
from .manifold import density_coverage, precision_recall
from .recognition import features, recognition

__all__ = ["Panel", "PanelFigures"]

_SHARE = (0.0, 1.0)
_NOT_NEGATIVE = (0.0, math.inf)
_LEAST = 2
_EACH = 16  # images for a direction: its variance is known to some 35%
_FLAT = 1e-6  # of the greatest deviation: below it a direction is float32's rounding


@dataclass(frozen=True, eq=False)
class PanelFigures:
    """What a ``Panel`` measured of some samples.

    Attributes
    ----------
    recognised : of samples that are taken for what was asked, over judges and samples.
    mean_confidence : the judges' outputs for what was asked, over judges and samples.
    n_samples : in each draw; only figures of equal numbers can be compared.
    n_real : real images beside which each draw was measured.
    frechet_distance, precision, recall, density, coverage : over judges and draws.
    """

    recognised: Share
    mean_confidence: Figure
    frechet_distance: Figure
    precision: Figure
    recall: Figure
    density: Figure
    coverage: Figure
    n_samples: int
    n_real: int

    def figures(self) -> dict[str, Figure]:
        """Those of the samples, by name."""
        each = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: figure for name, figure in each.items() if isinstance(figure, Figure)}

    def summary(self) -> dict[str, Any]:
        """Every figure's mean by its name, and the ends of its 95% interval as name_interval."""
        told = [figure.summary(name) for name, figure in self.figures().items()]
        return {name: value for part in told for name, value in part.items()}


class Panel:
    """Several judges and the real images beside which they measure.

    One judge is a poor ruler: what it overlooks counts nothing. These measure together, and say where they differ.
    Each sees samples in the values of its last hidden layer, *whitened* over ``images``: along the ``directions`` in
    which these vary most, each of unit variance. So all judges measure on one scale, no direction outweighs the others,
    and what is slightly wrong shows where it would drown in a few loud nodes.

    The real images are cut into ``draws`` that share none, with as many of each label as the samples have, in
    proportion; a measure is taken beside each, so that its interval tells which real images happened to be chosen too.
    Fréchet distances, recall and coverage depend on the number of samples: compare those of equal numbers alone, and
    with ``measure_real`` of that number, which is what perfect samples come to.

    judges: two or more fitted classifiers of the same integer labels, each with a hidden layer, which differ in what
      they were trained on, in layers, activation and seed; -1, where it is one of their classes, means no digit.
    images, labels: (m, n_features) and (m,), real, seen by no judge and no generator.
    draws: two or more.
    directions: at most; no more than the judge has, nor than one for every 16 ``images``, of which more are too unsure.
    random_state: seed of the draws.

    Raises ValueError naming an argument that is empty, of another shape, too few or not finite; TypeError for judges or
    labels of another kind.
    """

    def __init__(
        self,
        judges: Sequence[Classifier],
        images: npt.ArrayLike,
        labels: npt.ArrayLike,
        *,
        draws: int = 4,
        directions: int = 64,
        random_state: int = 0,
    ) -> None:
        if not isinstance(judges, Sequence):
            raise ArgumentTypeError("judges", "a sequence of Classifiers", type(judges).__name__)
        if len(judges) < _LEAST:
            raise ArgumentError("judges", f"at least {_LEAST}", len(judges))
        self.judges = tuple(judges)
        self.draws = check_int("draws", draws, minimum=_LEAST)
        self._seed = resolve_seed(random_state)
        given = check_samples("images", images, dtype=np.float32)
        check_labels("labels", labels, len(given))
        self._labels = check_integers("labels", labels)
        n_directions = check_int("directions", directions)
        seen = [features(judge, given).astype(np.float64) for judge in self.judges]
        self._spaces = [_Whitening.of(each, n_directions) for each in seen]
        self._real = [space(each) for space, each in zip(self._spaces, seen, strict=True)]

    def recognition(self, images: npt.ArrayLike, labels: npt.ArrayLike) -> tuple[Share, Figure]:
        """Which of ``images`` (n, n_features) each judge takes for ``labels`` (n,), and how confident it is.

        As ``metrics.recognition`` says it, both (n_judges, n); -1 asks for any digit.
        """
        found = [recognition(judge, images, labels) for judge in self.judges]
        recognised = np.array([each.recognised for each in found], np.float64)
        confidence = np.array([each.confidence for each in found])
        return Share(recognised, _SHARE), Figure(confidence, _SHARE)

    def measure(self, images: npt.ArrayLike, labels: npt.ArrayLike) -> PanelFigures:
        """Every figure of ``images`` (n, n_features) that were to show ``labels`` (n,), -1 for any.

        The intervals are those of this batch of samples: that another would come out otherwise is in
        ``recognised`` alone.
        """
        asked = check_integers("labels", labels)
        every = np.arange(len(asked))
        return self._figures(images, asked, [(rows, every) for rows in self.real_draws(asked)])

    def measure_real(
        self, images: npt.ArrayLike, labels: npt.ArrayLike, *, like: npt.ArrayLike
    ) -> PanelFigures:
        """The same of real ``images`` (k, n_features) of ``labels`` (k,) that are none of the panel's: what perfect
        samples come to.

        As many balanced draws as the panel has, each with as many of each label as ``like`` (n,), or
        as there are, and each beside one draw of the panel's images. They share no image as long as
        there are enough, else the intervals are too narrow.
        """
        known, asked = check_integers("labels", labels), check_integers("like", like)
        draws = balanced_draws(known, asked, draws=self.draws, random_state=self._seed)
        return self._figures(images, known, list(zip(self.real_draws(asked), draws, strict=True)))

    def real_draws(self, like: npt.ArrayLike) -> list[IndexArray]:
        """The rows of ``images`` in each draw for samples of labels ``like`` (n,)."""
        asked = check_integers("like", like)
        return balanced_draws(
            self._labels, asked, draws=self.draws, whole=True, random_state=self._seed
        )

    def _figures(
        self,
        images: npt.ArrayLike,
        labels: npt.ArrayLike,
        pairs: list[tuple[IndexArray, IndexArray]],
    ) -> PanelFigures:
        """Of samples, from ``pairs`` of some rows of the real images and some of the samples."""
        recognised, confidence = self.recognition(images, labels)
        used = np.unique(np.concatenate([rows for _, rows in pairs]))
        seen = [
            space(features(judge, images))
            for judge, space in zip(self.judges, self._spaces, strict=True)
        ]
        measured = np.array(
            [
                [_beside(real[theirs], made[ours]) for theirs, ours in pairs]
                for real, made in zip(self._real, seen, strict=True)
            ]
        )
        distance, *shares = np.moveaxis(measured, -1, 0)
        precision, recall, density, coverage = shares
        return PanelFigures(
            recognised=Share(recognised.values[:, used], _SHARE),
            mean_confidence=Figure(confidence.values[:, used], _SHARE),
            frechet_distance=Figure(distance, _NOT_NEGATIVE),
            precision=Figure(precision, _SHARE),
            recall=Figure(recall, _SHARE),
            density=Figure(density, _NOT_NEGATIVE),
            coverage=Figure(coverage, _SHARE),
            n_samples=len(pairs[0][1]),
            n_real=len(pairs[0][0]),
        )


class _Whitening(NamedTuple):
    """The directions of greatest variance, each divided by its standard deviation."""

    mean: Float64Array
    matrix: Float64Array
    """(n_features, n_directions)"""

    @classmethod
    def of(cls, features: Float64Array, directions: int) -> _Whitening:
        mean = features.mean(axis=0)
        _, scales, axes = np.linalg.svd(features - mean, full_matrices=False)
        different = int(np.count_nonzero(scales > _FLAT * scales[0]))
        kept = min(directions, different, max(1, len(features) // _EACH))
        if not different:
            raise ArgumentError("images", "images that judges tell apart", "equal features of all")
        deviations = scales[:kept] / np.sqrt(len(features) - 1)
        return cls(mean, axes[:kept].T / deviations)

    def __call__(self, features: Array) -> Float64Array:
        return np.asarray((features.astype(np.float64) - self.mean) @ self.matrix)


def _beside(real: Float64Array, made: Float64Array) -> tuple[float, ...]:
    return (
        frechet_distance(real, made).distance,
        *precision_recall(real, made),
        *density_coverage(real, made),
    )

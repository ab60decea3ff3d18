"""How much of what is generated is real, and how much of what is real is generated, by nearest neighbours.

The manifold of some samples is the union of closed balls, one about each, that reach to its k-th nearest neighbour
among the others. A ball takes in its border, to rounding, so that a copy of a sample lies in its manifold even where
k others are the same.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lso_native._checks import check_int
from lso_native._typing import BoolArray, Float64Array
from lso_native.errors import ArgumentError

from ._distances import blocks, check_features, rounding, squared_distances, within

__all__ = [
    "DensityCoverage",
    "PrecisionRecall",
    "density_coverage",
    "in_manifold",
    "precision_recall",
]


class PrecisionRecall(NamedTuple):
    """Shares in 0..1.

    Attributes
    ----------
    precision : of the generated samples, those in the real manifold.
    recall : of the real samples, those in the generated manifold.
    """

    precision: float
    recall: float


class DensityCoverage(NamedTuple):
    """Two measures by real balls alone, which generated outliers cannot blow up.

    Attributes
    ----------
    density : real balls that a generated sample lies in, mean / neighbours: 1 expected of real samples, may be above.
    coverage : share of the real balls that a generated sample lies in.
    """

    density: float
    coverage: float


def precision_recall(
    real: npt.ArrayLike, generated: npt.ArrayLike, *, neighbours: int = 3
) -> PrecisionRecall:
    """Precision and recall of ``generated`` (m, n_features) beside ``real`` (n, n_features).

    There must be more samples of each than ``neighbours``. Source: T. Kynkäänniemi et al., Improved
    precision and recall metric for assessing generative models, 2019, arXiv:1904.06991, eq. 1 and 2.
    Raises ValueError naming an argument that is empty, of another shape, too few or not finite;
    TypeError for what is not numbers.
    """
    k = check_int("neighbours", neighbours)
    reals = _check("real", real, k)
    others = _check("generated", generated, k, n_features=reals.shape[1])
    precision, recall = _inside(others, reals, k).mean(), _inside(reals, others, k).mean()
    return PrecisionRecall(float(precision), float(recall))


def density_coverage(
    real: npt.ArrayLike, generated: npt.ArrayLike, *, neighbours: int = 5
) -> DensityCoverage:
    """Density and coverage of ``generated`` (m, n_features) beside ``real`` (n, n_features).

    There must be more real samples than ``neighbours``, k. Of m samples from the distribution of
    the n real ones a coverage of 1 - (n-1)...(n-k) / ((n+m-1)...(n+m-k)) is expected. Copies of the
    real ones themselves have a density of 1 + 1/k, since balls are closed. Source: M. F. Naeem et
    al., Reliable fidelity and diversity metrics for generative models, 2020, arXiv:2002.09797.
    Raises ValueError naming an argument that is empty, of another shape, too few or not finite;
    TypeError for what is not numbers.
    """
    k = check_int("neighbours", neighbours)
    reals = _check("real", real, k)
    others = check_features("generated", generated, n_features=reals.shape[1])
    hits, covered = 0, np.zeros(len(reals), bool)
    for _, inside in within(others, reals, _squared_radii(reals, k)):
        hits += int(np.count_nonzero(inside))
        covered |= inside.any(axis=0)
    return DensityCoverage(hits / (k * len(others)), float(covered.mean()))


def in_manifold(real: npt.ArrayLike, generated: npt.ArrayLike, *, neighbours: int = 3) -> BoolArray:
    """Which of ``generated`` (m, n_features) lie in the manifold of ``real`` (n, n_features): bool (m,).

    Their share is the precision; arguments and errors are those of ``precision_recall``, but that
    one generated sample is enough.

    neighbours : how many reach as far as a real sample's ball.
    """
    k = check_int("neighbours", neighbours)
    reals = _check("real", real, k)
    return _inside(check_features("generated", generated, n_features=reals.shape[1]), reals, k)


def _check(name: str, value: npt.ArrayLike, k: int, n_features: int | None = None) -> Float64Array:
    samples = check_features(name, value, n_features=n_features)
    if len(samples) <= k:
        raise ArgumentError(name, f"at least {k + 1} samples for {k} neighbours", len(samples))
    return samples


def _inside(points: Float64Array, centres: Float64Array, k: int) -> BoolArray:
    inside = np.empty(len(points), bool)
    for rows, balls in within(points, centres, _squared_radii(centres, k)):
        inside[rows] = balls.any(axis=1)
    return inside


def _squared_radii(centres: Float64Array, k: int) -> Float64Array:
    """Squared distances (n,) to the k-th nearest other centre, rounded up so that it is inside."""
    radii = np.empty(len(centres))
    for block in blocks(centres, centres):
        block.leave_out_self()
        points, row = centres[block.rows], np.repeat(np.arange(len(block.low)), k)
        likely = np.argpartition(block.low, k - 1, axis=1)[:, :k]
        nearest = squared_distances(points, row, centres, likely.ravel()).reshape(-1, k)
        # Others that rounding may have kept from being among them are measured too.
        missed = block.low < nearest.max(axis=1, keepdims=True)
        np.put_along_axis(missed, likely, values=False, axis=1)
        row, other = np.nonzero(missed)
        found = squared_distances(points, row, centres, other)
        cuts = np.searchsorted(row, np.arange(len(points) + 1))
        for i in np.flatnonzero(np.diff(cuts)):
            several = np.concatenate([nearest[i], found[cuts[i] : cuts[i + 1]]])
            nearest[i] = np.partition(several, k - 1)[:k]
        radii[block.rows] = nearest.max(axis=1)
    return np.asarray(radii * (1.0 + rounding(centres.shape[1])))

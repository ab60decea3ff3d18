"""Squared distances between rows by matrix products, in blocks of bounded memory, with bounds on their rounding.

NumPy alone: one core takes two seconds for the neighbours of 10,000 samples of 64 features, search trees several times
as long; density and coverage need all distances anyway; and here equal rows are known to be equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lso_native._checks import check_samples
from lso_native._typing import BoolArray, Float64Array, IndexArray
from lso_native.errors import ArgumentError

EPSILON = float(np.finfo(np.float64).eps)
BLOCK = 2**22  # numbers held at once, 32 MiB
LARGEST = 1e100  # squares, their sums and products stay finite


def check_features(
    name: str, value: npt.ArrayLike, *, n_features: int | None = None, minimum: int = 1
) -> Float64Array:
    """``value`` as float64 (n, n_features) of at least ``minimum`` rows; ValueError naming it otherwise."""
    features = check_samples(name, value, dtype=np.float64, n_features=n_features)
    if len(features) < minimum:
        raise ArgumentError(name, f"at least {minimum} samples", len(features))
    if (greatest := max(features.max(), -features.min())) > LARGEST:
        raise ArgumentError(name, f"numbers from -{LARGEST:g} to {LARGEST:g}", f"{greatest:g}")
    return features


def rounding(n_features: int) -> float:
    """Relative to ||a||² + ||b||², how far ||a||² + ||b||² - 2ab may be from ||a - b||² in float64."""
    return (n_features + 8) * EPSILON


class Block(NamedTuple):
    """Some rows of points beside all others: squared distances ``low`` that are never above the true ones, and, with
    the slacks of point and other added, never below."""

    rows: slice
    low: Float64Array
    point_slack: Float64Array
    other_slack: Float64Array

    def leave_out_self(self) -> None:
        """Set the distances of rows to themselves to infinity."""
        self.low[np.arange(len(self.low)), np.arange(self.rows.start, self.rows.stop)] = np.inf


def blocks(points: Float64Array, others: Float64Array) -> Iterator[Block]:
    """The squared distances of ``points`` from ``others``, block by block."""
    # Rounding grows with the distance from the origin. A mean would go with one sample that is far away, and take the
    # distances of all others with it.
    centre = np.median(others, axis=0)
    points, others = points - centre, others - centre
    point_squares, other_squares = (np.square(x).sum(axis=1) for x in (points, others))
    relative = rounding(points.shape[1])
    factors = -2.0 * others.T
    step = max(1, BLOCK // len(others))
    for first in range(0, len(points), step):
        rows = slice(first, min(first + step, len(points)))
        low = points[rows] @ factors
        low += (1.0 - relative) * point_squares[rows, None]
        low += (1.0 - relative) * other_squares
        yield Block(rows, low, 2 * relative * point_squares[rows], 2 * relative * other_squares)


def within(
    points: Float64Array, centres: Float64Array, radii: Float64Array
) -> Iterator[tuple[slice, BoolArray]]:
    """Rows of ``points``, and (n_rows, n_centres) which lie in the closed balls of squared ``radii`` (n_centres,)."""
    for block in blocks(points, centres):
        inside = block.low <= radii
        row, centre = np.nonzero(inside)
        slack = block.point_slack[row] + block.other_slack[centre]
        unsure = block.low[row, centre] + slack > radii[centre]
        row, centre = row[unsure], centre[unsure]
        exact = squared_distances(points[block.rows], row, centres, centre)
        inside[row, centre] = exact <= radii[centre]
        yield block.rows, inside


def squared_distances(
    points: Float64Array, i: IndexArray, others: Float64Array, j: IndexArray
) -> Float64Array:
    """||points[i] - others[j]||² (n,), exactly 0 where the rows are equal, and the same wherever they stand."""
    squares = np.empty(len(i))
    step = max(1, BLOCK // points.shape[1])
    for first in range(0, len(i), step):
        some = slice(first, first + step)
        squares[some] = np.square(points[i[some]] - others[j[some]]).sum(axis=1)
    return squares

"""Squared distances between rows by matrix products, in blocks of bounded memory, with bounds on their rounding.

NumPy alone: one core takes two seconds for the neighbours of 10,000 samples of 64 features, search trees several times
as long; density and coverage need all distances anyway; and here equal rows are known to be equal.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from lso_native._checks import check_samples
from lso_native._typing import Float64Array

EPSILON = float(np.finfo(np.float64).eps)
BLOCK = 2**22  # numbers held at once, 32 MiB
LARGEST = 1e100  # squares, their sums and products stay finite


def check_features(
    name: str, value: npt.ArrayLike, *, n_features: int | None = None, minimum: int = 1
) -> Float64Array:
    """``value`` as float64 (n, n_features) of at least ``minimum`` rows; ValueError naming it otherwise."""
    features = check_samples(name, value, dtype=np.float64, n_features=n_features)
    if len(features) < minimum:
        raise ValueError(f"{name}: expected at least {minimum} samples, got {len(features)}")
    if (greatest := max(features.max(), -features.min())) > LARGEST:
        raise ValueError(
            f"{name}: expected numbers from -{LARGEST:g} to {LARGEST:g}, got {greatest:g}"
        )
    return features


def rounding(n_features: int) -> float:
    """Relative to ||a||² + ||b||², how far ||a||² + ||b||² - 2ab may be from ||a - b||² in float64."""
    return (n_features + 8) * EPSILON


def bounds(
    points: Float64Array, others: Float64Array, *, side: int
) -> Iterator[tuple[slice, Float64Array]]:
    """Blocks of rows of ``points``, and their squared distances (n_rows, len(others)).

    ``side``: -1 for distances that are never above the true ones, 1 for such as are never below.
    """
    centre = others.mean(axis=0)  # rounding grows with the distance from the origin
    points, others = points - centre, others - centre
    scale = 1.0 + side * rounding(points.shape[1])
    point_squares, other_squares = (scale * np.square(x).sum(axis=1) for x in (points, others))
    factors = -2.0 * others.T
    step = max(1, BLOCK // len(others))
    for first in range(0, len(points), step):
        rows = slice(first, min(first + step, len(points)))
        squares = points[rows] @ factors
        squares += point_squares[rows, None]
        squares += other_squares
        yield rows, squares


def squared_distances(
    points: Float64Array, i: npt.NDArray[np.intp], others: Float64Array, j: npt.NDArray[np.intp]
) -> Float64Array:
    """||points[i] - others[j]||² (n,), exactly 0 where the rows are equal, and the same wherever they stand."""
    squares = np.empty(len(i))
    step = max(1, BLOCK // points.shape[1])
    for first in range(0, len(i), step):
        some = slice(first, first + step)
        squares[some] = np.square(points[i[some]] - others[j[some]]).sum(axis=1)
    return squares


def leave_out_self(rows: slice, squares: Float64Array) -> None:
    """Set the distances of a block of rows to themselves to infinity."""
    squares[np.arange(len(squares)), np.arange(rows.start, rows.stop)] = np.inf

"""Airfoils as rows of 100 heights: where they stand, what they outline, and whether that is a shape.

A row holds the heights of the upper side, then those of the lower side, at 50 places along the chord each, in chords:
at X = (1 - cos(pi i / 50)) / 2 for i = 1..50, dense at both ends. The nose is at (0, 0) and in no row; the chord ends
at (1, 0).
"""

from __future__ import annotations

from math import comb

import numpy as np
from numpy.typing import ArrayLike

from lso_native._checks import as_numbers
from lso_native._typing import BoolArray, Float64Array, IntArray
from lso_native.errors import ArgumentError

__all__ = ["PLACES", "X", "bends", "coordinates", "crosses", "cst", "smooth", "sound", "thickness"]

PLACES = 50
X: Float64Array = (1 - np.cos(np.pi * np.arange(1, PLACES + 1) / PLACES)) / 2
_WEIGHTS = 8  # of Bernstein polynomials a side, as NeuralFoil has them
MOST_BENDS = 5  # 95% of the real airfoils have no more


def _basis() -> Float64Array:
    """(100, 18): what the heights are of a unit of each CST parameter (Kulfan 2008, and her modification of the leading
    edge): 8 weights of the upper side, 8 of the lower, the leading edge's, and the thickness of the trailing edge."""
    degree = _WEIGHTS - 1
    sides = np.sqrt(X) * (1 - X)
    side = np.stack(
        [comb(degree, i) * X**i * (1 - X) ** (degree - i) * sides for i in range(_WEIGHTS)], axis=1
    )
    basis = np.zeros((2 * PLACES, 2 * _WEIGHTS + 2))
    basis[:PLACES, :_WEIGHTS] = side
    basis[PLACES:, _WEIGHTS : 2 * _WEIGHTS] = side
    basis[:, -2] = np.tile(X * (1 - X) ** (_WEIGHTS + 0.5), 2)
    basis[:, -1] = np.concatenate([X / 2, -X / 2])
    return basis


BASIS = _basis()
_FIT: Float64Array = np.linalg.pinv(BASIS).astype(np.float64)
_FIT_CLOSED: Float64Array = np.linalg.pinv(BASIS[:, :-1]).astype(np.float64)
SMOOTH: Float64Array = BASIS @ _FIT
"""(100, 100): takes heights to the nearest ones that CST parameters outline."""


def heights_of(name: str, value: ArrayLike) -> Float64Array:
    """``value`` as rows of heights (n, 100). Raises ValueError naming the argument for anything else."""
    rows = np.asarray(as_numbers(name, value), dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] != 2 * PLACES:
        raise ArgumentError(name, f"rows of {2 * PLACES} heights", f"shape {rows.shape}")
    return rows


def mapped(matrix: Float64Array, rows: Float64Array) -> Float64Array:
    """matrix (m, k) times each of ``rows`` (n, k): (n, m). Not by BLAS, whose results vary with its threads."""
    return np.asarray(np.einsum("nk,mk->nm", rows, matrix))


def cst(heights: ArrayLike) -> Float64Array:
    """The CST parameters (n, 18) nearest to ``heights`` (n, 100) in squared distance, no trailing edge below 0."""
    rows = heights_of("heights", heights)
    found = mapped(_FIT, rows)
    crossed = found[:, -1] < 0
    found[crossed, :-1], found[crossed, -1] = mapped(_FIT_CLOSED, rows[crossed]), 0.0
    return found


def smooth(heights: ArrayLike) -> Float64Array:
    """The nearest heights (n, 100) that CST parameters outline: what NeuralFoil makes of ``heights`` by itself."""
    return mapped(BASIS, cst(heights))


def coordinates(heights: ArrayLike) -> Float64Array:
    """Outlines (n, 101, 2) of ``heights`` (n, 100): from the trailing edge over the upper side and the nose back."""
    rows = heights_of("heights", heights)
    upper, lower = rows[:, :PLACES], rows[:, PLACES:]
    y = np.concatenate([upper[:, ::-1], np.zeros((len(rows), 1)), lower], axis=1)
    x = np.concatenate([X[::-1], [0.0], X])
    return np.stack([np.broadcast_to(x, y.shape), y], axis=2)


def gaps(heights: ArrayLike) -> Float64Array:
    """(n, 50): how far the upper side is above the lower."""
    rows = heights_of("heights", heights)
    return np.asarray(rows[:, :PLACES] - rows[:, PLACES:])


def thickness(heights: ArrayLike) -> Float64Array:
    """(n,): the largest gap, in chords."""
    return np.asarray(gaps(heights).max(axis=1))


def crosses(heights: ArrayLike) -> BoolArray:
    """(n,): whether the sides meet anywhere but at the ends."""
    return np.asarray(gaps(heights)[:, :-1].min(axis=1) <= 0)


def bends(heights: ArrayLike) -> IntArray:
    """(n,): how often the second derivative along the chord changes its sign, on the side where it does so more."""
    rows = heights_of("heights", heights)
    x = np.concatenate([[0.0], X])
    most = np.zeros(len(rows), np.int64)
    for side in (rows[:, :PLACES], rows[:, PLACES:]):
        y = np.concatenate([np.zeros((len(rows), 1)), side], axis=1)
        sign = np.sign(np.diff(np.diff(y, axis=1) / np.diff(x), axis=1))
        most = np.maximum(most, (sign[:, 1:] * sign[:, :-1] < 0).sum(axis=1))
    return most


def sound(heights: ArrayLike) -> BoolArray:
    """(n,): whether a row is a shape: its sides neither cross nor bend more often than 95% of the real ones do."""
    return ~crosses(heights) & (bends(heights) <= MOST_BENDS)

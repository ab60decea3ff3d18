"""Which samples are too much like another."""

from __future__ import annotations

import numpy as np

from lso_native._typing import Array, BoolArray, Float64Array, IntArray

_DIRECTIONS = 4  # that tell far rows apart without comparing them whole


def repeats(samples: Array, least: float) -> BoolArray:
    """(n,) whether a row is less than ``least`` from one before it that is none itself."""
    repeated = np.zeros(len(samples), np.bool_)
    if len(samples) < 2 or least <= 0:
        return repeated
    rows = samples.astype(np.float64)
    for later, earlier in sorted(_pairs(rows, least)):
        if not repeated[earlier]:
            repeated[later] = True
    return repeated


def _pairs(rows: Float64Array, least: float) -> list[tuple[int, int]]:
    """(later, earlier) rows that are less than ``least`` apart: neighbours, the kth next for all k that matter, along
    one direction that are near along some others as well."""
    along = _projected(rows)
    order = np.argsort(along[:, 0], kind="stable")
    along = along[order]
    left: IntArray = np.arange(len(rows))
    pairs: list[tuple[int, int]] = []
    for step in range(1, len(rows)):
        left = left[left + step < len(rows)]
        left = left[along[left + step, 0] - along[left, 0] < least]
        if not left.size:
            break
        apart = np.square(along[left + step] - along[left]).sum(axis=1)
        near = left[apart < least**2]
        first, second = order[near], order[near + step]
        close = np.square(rows[first] - rows[second]).sum(axis=1) < least**2
        later, earlier = np.maximum(first, second)[close], np.minimum(first, second)[close]
        pairs += zip(later.tolist(), earlier.tolist(), strict=True)
    return pairs


def _projected(rows: Float64Array) -> Float64Array:
    """Rows on some orthonormal directions of most variance, by a few steps of subspace iteration."""
    centred = rows - rows.mean(axis=0)
    k = min(_DIRECTIONS, rows.shape[1])
    directions = np.random.default_rng(0).normal(size=(rows.shape[1], k))
    for _ in range(4):
        directions = np.linalg.qr(directions)[0]
        directions = centred.T @ (centred @ directions) + 1e-300 * directions
    basis = np.linalg.qr(directions)[0]
    return np.asarray(centred @ basis)

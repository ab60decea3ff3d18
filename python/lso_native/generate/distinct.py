"""Which samples are too much like another."""

from __future__ import annotations

import numpy as np

from lso_native._typing import Array, BoolArray


def repeats(samples: Array, least: float) -> BoolArray:
    """(n,) whether a row is less than ``least`` from one before it that is none itself.

    Rows are sorted along one direction, along which near ones are near, so that far ones are never compared.
    """
    n = len(samples)
    repeated = np.zeros(n, np.bool_)
    if n < 2 or least <= 0:
        return repeated
    rows = samples.astype(np.float64)
    centred = rows - rows.mean(axis=0)
    # of the most variance, or nearly: three steps of the power method
    direction = np.ones(rows.shape[1])
    for _ in range(3):
        direction = centred.T @ (centred @ direction)
        length = np.linalg.norm(direction)
        if length == 0:
            direction = np.ones(rows.shape[1])
            length = np.sqrt(rows.shape[1])
        direction /= length
    along = centred @ direction
    order = np.argsort(along, kind="stable")
    sorted_along = along[order]
    ends = np.searchsorted(sorted_along, sorted_along + least)
    pairs: list[tuple[int, int]] = []
    for place, end in enumerate(ends):
        others = order[place + 1 : end]
        if others.size:
            near = np.square(rows[others] - rows[order[place]]).sum(axis=1) < least**2
            pairs += [
                (max(order[place], other), min(order[place], other)) for other in others[near]
            ]
    for later, earlier in sorted(pairs):
        if not repeated[earlier]:
            repeated[later] = True
    return repeated

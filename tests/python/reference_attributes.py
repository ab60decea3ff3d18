"""The holes of one image by plain loops: Dijkstra's way out of every pixel, and a walk through every lake."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

import numpy as np
from lso_native._typing import Float64Array


def holes(image: Float64Array, depth: float) -> int:
    """How many lakes deeper than ``depth`` stand in ``image`` (side, side)."""
    heights = np.pad(image, 1)
    level = _level(heights)
    left = {place for place in level if level[place] - heights[place] > depth}
    count = 0
    while left:
        count += 1
        shore = [left.pop()]
        while shore:
            near = left.intersection(_beside(shore.pop(), len(heights)))
            left -= near
            shore += near
    return count


def _level(heights: Float64Array) -> dict[tuple[int, int], float]:
    """How high water stands in each pixel: the least over all ways from a corner of the greatest height."""
    level: dict[tuple[int, int], float] = {}
    queue = [(0.0, (0, 0))]
    while queue:
        so_far, place = heapq.heappop(queue)
        if place not in level:
            level[place] = so_far
            for other in _beside(place, len(heights)):
                heapq.heappush(queue, (max(so_far, float(heights[other])), other))
    return level


def _beside(place: tuple[int, int], side: int) -> Iterator[tuple[int, int]]:
    for dy, dx in ((0, 1), (1, 0), (0, -1), (-1, 0)):
        y, x = place[0] + dy, place[1] + dx
        if 0 <= y < side and 0 <= x < side:
            yield y, x

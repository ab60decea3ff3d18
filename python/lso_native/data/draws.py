"""Random numbers for images that are made up."""

from __future__ import annotations

import itertools

import numpy as np

from lso_native._checks import resolve_seed
from lso_native._typing import Array, Float64Array, IntArray, RandomState
from lso_native.random import uniform

__all__ = ["Draws"]


class Draws:
    """Numbers of one seed, each call's of a stream of its own."""

    def __init__(self, random_state: RandomState) -> None:
        seed = resolve_seed(random_state)
        self._streams = (np.random.SeedSequence(seed, spawn_key=(i,)) for i in itertools.count())

    def seed(self) -> int:
        """A seed of its own."""
        return int(next(self._streams).generate_state(1, np.uint64)[0])

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> Float64Array:
        """In `low` to `high`, of `shape`."""
        unit = uniform(shape, random_state=self.seed(), dtype="float64")
        return np.asarray(low + (high - low) * unit)

    def below(self, limit: int | IntArray, n: int) -> IntArray:
        """`n` integers of at least 0, below `limit`, one for all or one each."""
        return (self.uniform(n) * limit).astype(np.int64)

    def orders(self, n: int, length: int) -> Array:
        """`n` random orders (n, length) of 0 .. length - 1."""
        return self.uniform(n, length).argsort(axis=1, kind="stable")

"""A share of attempts and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from lso_native._typing import BoolArray

from .intervals import wilson_interval

__all__ = ["Rate"]


@dataclass(frozen=True)
class Rate:
    """``successes`` out of ``n`` attempts, n >= 1."""

    successes: int
    n: int

    @classmethod
    def of(cls, successes: BoolArray) -> Self:
        """The rate of ``successes`` (n,), one an attempt."""
        return cls(int(np.count_nonzero(successes)), len(successes))

    @property
    def share(self) -> float:
        """The rate observed, in 0..1."""
        return self.successes / self.n

    @property
    def interval(self) -> tuple[float, float]:
        """The 95% Wilson interval (low, high), for attempts that do not depend on each other."""
        return wilson_interval(self.successes, self.n)

"""Bytes as choices, so that whatever bytes there are say something to do."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")
_ORDINARY = (0.0, 0.5, 1.0, -1.0, 0.1, 0.25, 2.0, 10.0, 0.499, 0.9)
_STRANGE: tuple[Any, ...] = (
    *(float("nan"), float("inf"), -float("inf"), 1e-320, 1e-30, 1e30, 3e38, 1e39, -1e308, 10**400),
    *(None, True, "0.5", "", b"1", 1 + 2j, Decimal("0.5"), np.float32(0.1), np.int8(-1), 2**63),
    *(
        np.timedelta64(1, "s"),
        [],
        [[0.5]],
        (0.1, 0.9),
        {},
        {"a": 1},
        object,
        np.zeros(0),
        np.ones(4),
    ),
    *(np.ma.masked, np.zeros((2, 2)), np.array(["a"]), float, slice(3), frozenset({1})),
)


class Choices:
    """What some bytes choose; when there are no more, always the first there is."""

    def __init__(self, data: bytes) -> None:
        self._left = iter(data)

    def below(self, n: int) -> int:
        """A number of 0 .. n - 1, n at most 256."""
        return next(self._left, 0) % n

    def of(self, options: Sequence[T]) -> T:
        """One of them."""
        return options[self.below(len(options))]

    def rarely(self) -> bool:
        """Once in sixteen times."""
        return self.below(16) == 15

    def number(self) -> Any:
        """A number, or what stands where one should."""
        return self.of(_STRANGE) if self.rarely() else self.of(_ORDINARY)

    def numbers(self, n: int) -> Any:
        """So many of them, or another number of them, or one."""
        if self.rarely():
            return self.number()
        return [self.number() for _ in range(self.below(8) if self.rarely() else n)]

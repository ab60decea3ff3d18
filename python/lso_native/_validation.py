"""Checks of scalar arguments. Arrays are checked where they become native views."""

from __future__ import annotations

import math
import numbers
import secrets
from collections.abc import Iterable
from typing import Any


def check_int(name: str, value: Any, *, minimum: int = 1) -> int:
    """``value`` as an int of at least ``minimum``; TypeError or ValueError naming it otherwise."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name}: expected an integer, got {value!r}")
    if value < minimum:
        raise ValueError(f"{name}: expected an integer of at least {minimum}, got {value}")
    return int(value)


def check_number(
    name: str, value: Any, *, minimum: float = -math.inf, above: float = -math.inf
) -> float:
    """``value`` as a finite float, at least ``minimum`` and above ``above``."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name}: expected a number, got {value!r}")
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{name}: expected a finite number, got {number}")
    if number <= above:
        raise ValueError(f"{name}: expected a number above {above:g}, got {number:g}")
    if number < minimum:
        raise ValueError(f"{name}: expected a number of at least {minimum:g}, got {number:g}")
    return number


def check_choice(name: str, value: Any, choices: Iterable[str]) -> str:
    """``value`` if it is one of ``choices``."""
    known = list(choices)
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"{name}: expected one of {', '.join(known)}, got {value!r}")
    return value


def check_threads(threads: int | None) -> int:
    """The native thread count: 0 stands for all processors."""
    return 0 if threads is None else check_int("threads", threads)


def resolve_seed(random_state: int | None) -> int:
    """The 64-bit seed that ``random_state`` stands for; None draws a fresh one from the system."""
    if random_state is None:
        return secrets.randbits(64)
    seed = check_int("random_state", random_state, minimum=0)
    if seed >= 2**64:
        raise ValueError(f"random_state: expected an integer below 2**64, got {seed}")
    return seed

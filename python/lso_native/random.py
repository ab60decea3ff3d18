"""Counter-based random numbers (Philox4x32-10, Salmon et al. 2011).

Number i of a seed is a function of (seed, i) alone: the first rows of a larger draw are the smaller draw.
"""

from __future__ import annotations

import hashlib
import math
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lso_native import _core
from lso_native._architecture import check_dtype
from lso_native._checks import check_int, check_number, resolve_seed
from lso_native._typing import FloatArray, IntArray
from lso_native.errors import ArgumentError

_AT_ONCE = 1 << 22


def uniform(
    shape: int | Sequence[int],
    *,
    low: float = 0.0,
    high: float = 1.0,
    random_state: int | None = None,
    dtype: str = "float32",
) -> FloatArray:
    """Uniform numbers in [low, high), an array of ``shape``.

    Raises ValueError when ``low`` is not below ``high`` in ``dtype``, float32 or float64, or their difference is beyond
    it.

    random_state : seed of what is drawn (>= 0), something to draw one from, or None for a new one.
    """
    kind = check_dtype(dtype)
    low, high = check_number("low", low), check_number("high", high)
    if low >= high or _within("low", low, kind) == _within("high", high, kind):
        raise ArgumentError("high", f"a number above low={low:g} in {kind}", f"{high:g}")
    _within("high - low", high - low, kind)
    unit = _draw(_core.uniform32, _core.uniform64, shape, random_state, kind)
    return unit if (low, high) == (0.0, 1.0) else _stretched(unit, high - low, low)


def normal(
    shape: int | Sequence[int],
    *,
    mean: float = 0.0,
    std: float = 1.0,
    random_state: int | None = None,
    dtype: str = "float32",
) -> FloatArray:
    """Normal numbers (Box and Muller 1958), an array of ``shape``.

    Raises ValueError when ``std`` is not above 0 in ``dtype``, float32 or float64, or it or ``mean`` is beyond it.

    random_state : seed of what is drawn (>= 0), something to draw one from, or None for a new one.
    """
    kind = check_dtype(dtype)
    mean, std = check_number("mean", mean), check_number("std", std, above=0.0)
    _within("mean", mean, kind)
    if _within("std", std, kind) == 0.0:
        raise ArgumentError("std", f"a number above 0 in {kind}", f"{std:g}")
    _within("9 std", 9.0 * std, kind)  # no number is further from the mean
    unit = _draw(_core.normal32, _core.normal64, shape, random_state, kind)
    return unit if (mean, std) == (0.0, 1.0) else _stretched(unit, std, mean)


def permutation(n: int, *, random_state: int | None = None) -> IntArray:
    """A random order of 0 .. n - 1 (Fisher and Yates), shape (n,).

    random_state : seed of what is drawn (>= 0), something to draw one from, or None for a new one.
    """
    return _core.permutation(
        resolve_seed(random_state), check_int("n", n, maximum=sys.maxsize // 8)
    )


def _stretched(unit: FloatArray, scale: float, offset: float) -> FloatArray:
    """unit * scale + offset in its place, some at a time, so that Ctrl-C is heard."""
    flat = unit.reshape(-1)
    for begin in range(0, flat.size, _AT_ONCE):
        some = flat[begin : begin + _AT_ONCE]
        some *= flat.dtype.type(scale)
        some += flat.dtype.type(offset)
    return unit


def _within(name: str, value: float, kind: np.dtype[Any]) -> float:
    """``value`` rounded to ``kind``, whose range it must not leave."""
    with np.errstate(over="ignore"):
        rounded = float(kind.type(value))
    if math.isinf(rounded):
        raise ArgumentError(name, f"a number within {kind}", f"{value:g}")
    return rounded


def _draw(
    draw32: Callable[[int, int], FloatArray],
    draw64: Callable[[int, int], FloatArray],
    shape: int | Sequence[int],
    random_state: int | None,
    kind: np.dtype[Any],
) -> FloatArray:
    sides = [check_int("shape", side) for side in (shape if np.iterable(shape) else (shape,))]
    size = check_int("shape", math.prod(sides), maximum=sys.maxsize // 8)  # in bytes, as float64
    flat = (draw64 if kind == np.float64 else draw32)(resolve_seed(random_state), size)
    return flat.reshape(sides)


def subseed(seed: int, *keys: str | int) -> int:
    """A seed of its own for each use that ``keys`` name."""
    digest = hashlib.blake2b(repr((seed, *keys)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")

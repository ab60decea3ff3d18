"""Counter-based random numbers (Philox4x32-10, Salmon et al. 2011).

Number i of a seed is a function of (seed, i) alone: the first rows of a larger draw are the smaller draw.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence

import numpy as np

from lso_native import _core
from lso_native._checks import check_choice, check_int, check_number, resolve_seed
from lso_native._typing import FloatArray, IntArray
from lso_native.errors import ArgumentError


def uniform(
    shape: int | Sequence[int],
    *,
    low: float = 0.0,
    high: float = 1.0,
    random_state: int | None = None,
    dtype: str = "float32",
) -> FloatArray:
    """Uniform numbers in [low, high), an array of ``shape``.

    Raises ValueError when ``low`` is not below ``high`` or ``dtype`` is not float32 or float64.
    """
    low, high = check_number("low", low), check_number("high", high)
    if low >= high:
        raise ArgumentError("high", f"a number above low={low:g}", f"{high:g}")
    unit = _draw(_core.uniform32, _core.uniform64, shape, random_state, dtype)
    return unit if (low, high) == (0.0, 1.0) else unit.dtype.type(low) + unit * (high - low)


def normal(
    shape: int | Sequence[int],
    *,
    mean: float = 0.0,
    std: float = 1.0,
    random_state: int | None = None,
    dtype: str = "float32",
) -> FloatArray:
    """Normal numbers (Box and Muller 1958), an array of ``shape``.

    Raises ValueError when ``std`` is not above 0 or ``dtype`` is not float32 or float64.
    """
    mean, std = check_number("mean", mean), check_number("std", std, above=0.0)
    unit = _draw(_core.normal32, _core.normal64, shape, random_state, dtype)
    return unit if (mean, std) == (0.0, 1.0) else unit.dtype.type(mean) + unit * std


def permutation(n: int, *, random_state: int | None = None) -> IntArray:
    """A random order of 0 .. n - 1 (Fisher and Yates), shape (n,)."""
    return _core.permutation(
        resolve_seed(random_state), check_int("n", n, maximum=sys.maxsize // 8)
    )


def _draw(
    draw32: Callable[[int, int], FloatArray],
    draw64: Callable[[int, int], FloatArray],
    shape: int | Sequence[int],
    random_state: int | None,
    dtype: str,
) -> FloatArray:
    sides = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    sides = tuple(check_int("shape", side) for side in sides)
    size = check_int("shape", math.prod(sides), maximum=sys.maxsize // 8)  # in bytes, as float64
    double = check_choice("dtype", np.dtype(dtype).name, ("float32", "float64")) == "float64"
    flat = (draw64 if double else draw32)(resolve_seed(random_state), size)
    return flat.reshape(sides)

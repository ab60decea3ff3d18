"""Checks of what a file says was learned, of which nothing is known before."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lso_native._checks import shown
from lso_native.errors import ArgumentError


def check_numbers(
    owner: Any, name: str, shape: tuple[int, ...], *, above: float = -math.inf, dtype: Any = float
) -> None:
    """Raise ValueError unless an attribute of ``owner`` is finite numbers of that shape and dtype, all ``above``
    a limit."""
    values = getattr(owner, name)
    if values.shape != shape or values.dtype != dtype:
        got = f"shape {values.shape} and {values.dtype}"
        raise ArgumentError(name, f"shape {shape} and {np.dtype(dtype)}", got)
    if not (np.isfinite(values).all() and (values > above).all()):
        limit = "" if above == -math.inf else f" above {above:g}"
        raise ArgumentError(name, f"finite numbers{limit}", "others")


def check_ends(owner: Any, name: str, width: tuple[int, ...], dtype: Any = float) -> None:
    """Raise ValueError unless an attribute of ``owner`` is the lowest and the highest of each of so many numbers,
    (2, *width), whose difference is finite."""
    check_numbers(owner, name, (2, *width), dtype=dtype)
    low, high = getattr(owner, name)
    with np.errstate(over="ignore"):
        if not ((low <= high).all() and np.isfinite(high - low).all()):
            raise ArgumentError(name, "low below high, a finite way from it", "others")


def check_texts(owner: Any, name: str, n: int) -> None:
    """Raise ValueError unless an attribute of ``owner`` is ``n`` texts."""
    values = getattr(owner, name)
    if values.shape != (n,) or values.dtype.kind != "U":
        got = f"shape {values.shape} and {values.dtype}"
        raise ArgumentError(name, f"{n} texts", got)


def check_sorted(owner: Any, name: str, n: int) -> None:
    """Raise ValueError unless an attribute of ``owner`` is ``n`` different labels, sorted."""
    values = getattr(owner, name)
    if values.shape != (n,) or not np.array_equal(np.unique(values), values):
        raise ArgumentError(name, f"{n} sorted classes, all different", shown(values))


def check_error(owner: Any, name: str) -> None:
    """Raise ValueError unless an attribute of ``owner`` is a finite number of at least 0, or NaN."""
    value = getattr(owner, name)
    if not (math.isnan(value) or 0 <= value < math.inf):
        raise ArgumentError(name, "a number of at least 0, or NaN", shown(value))

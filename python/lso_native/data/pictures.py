"""What square images must be."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from lso_native._checks import as_numbers, check_samples
from lso_native._typing import FloatArray
from lso_native.errors import ArgumentError

__all__ = ["check_pictures"]


def check_pictures(name: str, images: npt.ArrayLike) -> tuple[FloatArray, int]:
    """`images` (n, side * side) in 0..1, as float64 if they are and as float32 otherwise, and their side.

    Raises ValueError naming them for another shape or other values, TypeError for no numbers.
    """
    given = as_numbers(name, images)
    dtype = np.float64 if given.dtype == np.float64 else np.float32
    pixels = check_samples(name, given, dtype=dtype)
    side = math.isqrt(pixels.shape[1])
    if side * side != pixels.shape[1]:
        raise ArgumentError(name, "shape (n_samples, side * side)", pixels.shape)
    if pixels.min() < 0 or pixels.max() > 1:
        raise ArgumentError(name, "values in 0..1", f"{pixels.min():g}..{pixels.max():g}")
    return pixels, side

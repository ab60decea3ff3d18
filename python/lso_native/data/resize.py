"""Smaller images."""

from __future__ import annotations

import math

import numpy.typing as npt

from lso_native._checks import as_numbers
from lso_native._typing import Array
from lso_native.errors import ArgumentError

__all__ = ["half"]


def half(images: npt.ArrayLike) -> Array:
    """Halve each side of square images by the mean of every 2x2 block.

    `images`: (n, side * side) floats, an even side, row by row. Returns (n, (side / 2) ** 2) of
    the same dtype. This is how 28x28 becomes the paper's 14x14, which it does not spell out.
    Raises ValueError for another shape or dtype.
    """
    pixels = as_numbers("images", images)
    if pixels.dtype.kind != "f":
        raise ArgumentError("images", "a floating dtype", pixels.dtype)
    side = math.isqrt(pixels.shape[1]) if pixels.ndim == 2 else 0
    if side == 0 or side % 2 or side * side != pixels.shape[1]:
        raise ArgumentError(
            "images", "shape (n_samples, side * side) with an even side", pixels.shape
        )
    rows = pixels.reshape(-1, side // 2, 2, side)
    rows = rows[:, :, 0] + rows[:, :, 1]
    blocks: Array = rows[:, :, 0::2] + rows[:, :, 1::2]
    blocks *= 0.25
    return blocks.reshape(len(pixels), -1)

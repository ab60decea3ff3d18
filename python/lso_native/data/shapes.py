"""Images of one square each: the shapes task."""

from __future__ import annotations

import numpy as np

from lso_native._checks import check_int
from lso_native._typing import Float32Array
from lso_native.errors import ArgumentError

__all__ = ["shapes"]


def shapes(
    *, side: int = 64, largest: int = 20, column: int | None = None, copies: int = 10
) -> Float32Array:
    """Images (n, side * side) of 0 and 1, each of one filled square, ``copies`` of each: the data of the shapes task of
    Tripp, Daxberger and Hernández-Lobato 2020 (arXiv:2006.09191, section 6.1).

    The squares are 1 to ``largest`` pixels wide, their left edges in ``column`` (None: in the middle), at every height;
    of the defaults there are 10,900 images, smaller squares first. Their area is ``shapes().sum(axis=1)``.

    Raises ValueError or TypeError naming a bad argument.

    >>> shapes().shape, shapes().sum(axis=1).max()
    ((10900, 4096), np.float32(400.0))
    """
    check_int("side", side)
    left = check_int("column", side // 2 if column is None else column, minimum=0, maximum=side - 1)
    check_int("copies", copies)
    if check_int("largest", largest) > side - left:
        expected = f"at most {side - left}, which fits beside column {left}"
        raise ArgumentError("largest", expected, largest)
    places = [(width, top) for width in range(1, largest + 1) for top in range(side - width + 1)]
    images = np.zeros((len(places), side, side), np.float32)
    for image, (width, top) in zip(images, places, strict=True):
        image[top : top + width, left : left + width] = 1
    return np.repeat(images.reshape(len(places), -1), copies, axis=0)

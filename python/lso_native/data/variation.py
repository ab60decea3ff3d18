"""Copies of images that are more slanted, thinner, thicker and elsewhere."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from lso_native._checks import check_number
from lso_native._typing import Array, Float64Array, FloatArray, RandomState

from .draws import Draws
from .pictures import check_pictures

__all__ = ["varied"]

_CHUNK = 4096  # images at a time, which bounds the memory


def varied(
    images: npt.ArrayLike,
    *,
    slant: float = 30.0,
    stroke: float | None = None,
    shift: float | None = None,
    random_state: RandomState = None,
) -> FloatArray:
    """A changed copy of each image (n, side * side) in 0..1, of the same shape and dtype.

    A network that is to tell `attributes` learns from them beside the images themselves, so that
    it knows slants and strokes that are rare among these: measure the copies, labels keep. Each
    is, in this order, by amounts of its own that are drawn uniformly,

    - thickened or thinned by up to `stroke` pixels on each side of a stroke: to the greatest, or
      the least, of a pixel and its four neighbours, a pixel at a time, the last one in part; then
      a thinned one is made as dark as it was at its darkest;
    - moved by up to `shift` pixels along x and along y;
    - sheared about the image's middle by an angle of up to `slant` degrees, whose tangent adds to
      that of `attributes`' slant,

    the last two by linear interpolation, with background from beyond the border. `stroke` and
    `shift`: None for a 28th of the side.

    Raises ValueError or TypeError for images as of `attributes`, and amounts below 0 or a slant
    that is not below 90.

    random_state : seed of the amounts.
    """
    pixels, side = check_pictures("images", images)
    angle = check_number("slant", slant, minimum=0.0, below=90.0)
    pen = side / 28 if stroke is None else check_number("stroke", stroke, minimum=0.0, maximum=side)
    move = side / 28 if shift is None else check_number("shift", shift, minimum=0.0, maximum=side)
    draws, n = Draws(random_state), len(pixels)
    pens = draws.uniform(n, low=-pen, high=pen)
    moves = draws.uniform(n, 2, low=-move, high=move)
    tangents = np.tan(np.radians(draws.uniform(n, low=-angle, high=angle)))
    made = np.empty_like(pixels)
    for begin in range(0, n, _CHUNK):
        rows = slice(begin, begin + _CHUNK)
        part = _redrawn(pixels[rows].reshape(-1, side, side).astype(np.float64), pens[rows])
        part = _moved(part.swapaxes(1, 2), moves[rows, 1:]).swapaxes(1, 2)
        up = (side - 1) / 2 - np.arange(side)
        part = _moved(part, moves[rows, :1] + tangents[rows, None] * up)
        made[rows] = part.reshape(len(part), -1).clip(0, 1)  # rounding may leave 0..1
    return made


def _redrawn(images: Float64Array, pens: Float64Array) -> Float64Array:
    """`images` (n, side, side) with strokes thicker by `pens` (n,) on each side, thinner below 0."""
    before = images
    for step in range(math.ceil(np.abs(pens).max())):
        around = np.pad(images, ((0, 0), (1, 1), (1, 1)))
        near = [images, around[:, 2:, 1:-1], around[:, :-2, 1:-1]]
        near += [around[:, 1:-1, 2:], around[:, 1:-1, :-2]]
        thick, thin = np.maximum.reduce(near), np.minimum.reduce(near)
        towards = np.where(pens[:, None, None] > 0, thick, thin)
        share = (np.abs(pens) - step).clip(0, 1)[:, None, None]
        images = images + share * (towards - images)
    dark, pale = before.max(axis=(1, 2)), images.max(axis=(1, 2))
    gain = np.divide(dark, pale, out=np.ones_like(dark), where=pale > 0)
    return images * np.where(pens < 0, gain, 1)[:, None, None]


def _moved(images: Array, by: Float64Array) -> Float64Array:
    """`images` (n, rows, side), each row moved to the right `by` (n, rows) pixels, or (n, 1) for all."""
    side = images.shape[2]
    around = np.pad(images, ((0, 0), (0, 0), (1, 1)))
    source = np.arange(1, side + 1) - by[:, :, None]
    left = np.floor(source)
    share = source - left
    ends = [(left + i).clip(0, side + 1).astype(np.intp) for i in (0, 1)]
    first, second = (
        np.take_along_axis(around, np.broadcast_to(end, images.shape), 2) for end in ends
    )
    return np.asarray(first + share * (second - first))

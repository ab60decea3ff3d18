"""What a digit looks like, in numbers: slant, thickness, width, height, ink and holes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from lso_native._typing import Array, Float64Array, IntArray

from .pictures import check_pictures

__all__ = ["ATTRIBUTES", "attributes"]

_TAIL = 0.05  # share of the ink that an extent leaves out at either end
_DEPTH = 0.25  # of a lake: of MNIST's digits, lower finds gaps in strokes, higher misses loops
_CHUNK = 512  # images at a time: they stay in the cache

ATTRIBUTES = ("slant", "thickness", "width", "height", "ink", "holes")
"""The fields of `attributes`, numbers but for the holes, which are counted."""

_DTYPE = np.dtype([*((name, np.float64) for name in ATTRIBUTES[:-1]), (ATTRIBUTES[-1], np.int64)])


def attributes(images: npt.ArrayLike) -> Array:
    """Measure `images` (n, side * side) in 0..1, row by row, 1 is ink: a structured array (n,).

    A pixel v stands at x, its column from left to right, and y, its row from top to bottom, as a
    unit square; around the image there is background. The fields:

    slant: degrees, atan(-mu11 / mu02) of the central moments mu11 = sum v (x - mx) (y - my) and
      mu02 = sum v (y - my)², (mx, my) the centre of the ink; 0 where all ink is in one row. It is
      positive where the top leans to the right: a shear that moves each row to the right by tan(s)
      a pixel of height adds tan(s) to its tangent.
    thickness: pixels, 2 ink / TV, twice the ink over the length of its outline: the width w of a
      stroke that is long or closed, some w / (1 + w / l) of one of length l with two ends. TV is the
      isotropic total variation by Roberts' cross, the sum over all blocks of 2x2 pixels a b / c d
      of sqrt(((a - d)² + (b - c)²) / 2), which depends little on how a stroke is turned: of an l x w
      rectangle 2 (l + w) - 4 + 2 sqrt(2). Strokes finer than a pixel measure a good pixel: they are
      paler, not narrower.
    width, height: pixels, the distance between the 5th and the 95th percentile of the ink along x
      and along y, each pixel's spread evenly over its square, over .9: those of a rectangle, and
      hardly those of specks around a digit.
    ink: pixels, sum v.
    holes: how many lakes there are. The pixels are a landscape of heights v; water stands in each as
      high as the lowest way out of the image, the least over all ways from side to side of the
      greatest v on it; a lake is what is covered by more than .25, connected side by side. In black
      and white these are the parts of the background that ink closes in, also by a corner.

    An image without ink has NaN for slant and thickness, and 0 for all else.
    Raises ValueError for another shape and values that are not in 0..1, TypeError for no numbers.
    """
    pixels, side = check_pictures("images", images)
    found = np.empty(len(pixels), _DTYPE)
    for begin in range(0, len(pixels), _CHUNK):
        part = pixels[begin : begin + _CHUNK].astype(np.float64).reshape(-1, side, side)
        _measure(part, found[begin : begin + _CHUNK])
    return found


def _measure(images: Float64Array, found: Array) -> None:
    """Fill in the attributes `found` (n,) of `images` (n, side, side)."""
    ink = images.sum(axis=(1, 2))
    found["ink"] = ink
    found["width"], found["height"] = (_extent(images.sum(axis=axis)) for axis in (1, 2))
    found["holes"] = _holes(images)
    with np.errstate(invalid="ignore"):  # 0 / 0, of an image without ink
        found["slant"] = _slant(images, ink)
        found["thickness"] = 2 * ink / _total_variation(images)


def _slant(images: Float64Array, ink: Float64Array) -> Float64Array:
    at = np.arange(images.shape[1], dtype=np.float64)
    rows = images.sum(axis=2)
    y = at - (rows @ at / ink)[:, None]
    mu11 = ((images @ at) * y).sum(axis=1)  # as from any x, since y is centred
    mu02 = (rows * y**2).sum(axis=1)
    flat = np.count_nonzero(rows, axis=1) == 1
    tangent = np.divide(-mu11, mu02, out=np.zeros_like(ink), where=~flat)
    return np.asarray(np.degrees(np.arctan(tangent)))


def _total_variation(images: Float64Array) -> Float64Array:
    around = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    falling = around[:, :-1, :-1] - around[:, 1:, 1:]
    rising = around[:, :-1, 1:] - around[:, 1:, :-1]
    return np.asarray(np.sqrt((falling**2 + rising**2) / 2).sum(axis=(1, 2)))


def _extent(profile: Float64Array) -> Float64Array:
    """How far the ink (n, side) of each column, or row, extends."""
    low, high = (_quantile(profile, share) for share in (_TAIL, 1 - _TAIL))
    return np.asarray((high - low) / (1 - 2 * _TAIL))


def _quantile(profile: Float64Array, share: float) -> Float64Array:
    """Where `share` of the ink lies below, the ink of a column, or row, spread evenly over it."""
    below = np.cumsum(profile, axis=1)
    wanted = share * below[:, -1:]
    place = (below < wanted).sum(axis=1, keepdims=True)
    there, before = (np.take_along_axis(each, place, 1) for each in (profile, below - profile))
    within = np.divide(wanted - before, there, out=np.zeros_like(wanted), where=there > 0)
    return np.asarray(place + within)[:, 0]


def _holes(images: Float64Array) -> IntArray:
    """How many lakes deep enough there are, (n,)."""
    heights = np.pad(images, ((0, 0), (1, 1), (1, 1))).transpose(1, 2, 0).copy()
    water = np.ones_like(heights)
    water[[0, -1]] = water[:, [0, -1]] = 0

    def flow(level: Array, before: Array, height: Array) -> None:
        np.minimum(level, before, out=level)
        np.maximum(level, height, out=level)

    _spread(water, heights, flow)
    deep = water - heights > _DEPTH
    land = np.where(deep, 0, np.iinfo(np.int32).max).astype(np.int32)
    number = np.arange(land[..., 0].size, dtype=np.int32).reshape(*land.shape[:2], 1)
    label = number | land

    def join(label: Array, before: Array, land: Array) -> None:
        np.minimum(label, before, out=label)  # at the end each lake has the least number in it
        label |= land

    _spread(label, land, join)
    return np.asarray(((label == number) & deep).sum(axis=(0, 1)))


def _spread(values: Array, given: Array, step: Callable[[Array, Array, Array], None]) -> None:
    """Sweep over `values` (side, side, n), from each side, until nothing changes.

    `step` changes a line, given the line before it and the same line of `given`.
    """
    ways = [(axis, order) for axis in (0, 1) for order in (slice(None), slice(None, None, -1))]
    while True:
        before = values.copy()
        for axis, order in ways:
            lines, fixed = (each.swapaxes(0, axis)[order] for each in (values, given))
            for i in range(1, len(lines)):
                step(lines[i], lines[i - 1], fixed[i])
        if np.array_equal(before, values):
            return

"""Shapes whose attributes are known, drawn as a pen would: a pixel holds the share of it that is covered."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from lso_native._typing import Array, Float64Array

Inside = Callable[[Float64Array, Float64Array], Array]
_FINE = 16  # points a pixel, along each side


def drawn(inside: Inside, side: int = 28) -> Float64Array:
    """The image (1, side²) of all points (x to the right, y down, in pixels) that are `inside`."""
    at = (np.arange(side * _FINE) + 0.5) / _FINE
    y, x = np.meshgrid(at, at, indexing="ij")
    points = inside(x, y).astype(np.float64).reshape(side, _FINE, side, _FINE)
    return np.asarray(points.mean(axis=(1, 3))).reshape(1, -1)


def bar(width: float, length: float, degrees: float, center: tuple[float, float]) -> Inside:
    """A bar that leans to the right by so many degrees, its ends square."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))

    def inside(x: Float64Array, y: Float64Array) -> Array:
        across = (x - center[0]) * c + (y - center[1]) * s
        along = (x - center[0]) * s - (y - center[1]) * c
        return np.asarray((2 * np.abs(across) < width) & (2 * np.abs(along) < length))

    return inside


def sheared(width: float, height: float, degrees: float, center: tuple[float, float]) -> Inside:
    """An upright bar, each row of it moved to the right by its height over the centre times the tangent."""

    def inside(x: Float64Array, y: Float64Array) -> Array:
        up = center[1] - y
        across = x - center[0] - np.tan(np.radians(degrees)) * up
        return np.asarray((2 * np.abs(across) < width) & (2 * np.abs(up) < height))

    return inside


def ring(width: float, radius: float, center: tuple[float, float]) -> Inside:
    """A circle of this radius, drawn by a pen of this width."""

    def inside(x: Float64Array, y: Float64Array) -> Array:
        return np.asarray(2 * np.abs(np.hypot(x - center[0], y - center[1]) - radius) < width)

    return inside


def either(*shapes: Inside) -> Inside:
    """What is inside one of them."""
    return lambda x, y: np.any([shape(x, y) for shape in shapes], axis=0)

"""How near samples are to what a model was trained on, so that copying shows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lso_native._checks import check_flag
from lso_native._typing import Float64Array, IndexArray
from lso_native.errors import ArgumentError

from ._distances import blocks, check_features, rounding, squared_distances

__all__ = ["Nearest", "nearest_distance"]


class Nearest(NamedTuple):
    """The training image nearest to each sample."""

    distance: Float64Array
    """(n,) Euclidean, exactly 0 for a copy."""
    row: IndexArray
    """(n,) where it stands among the training images, the first of those as near."""


def nearest_distance(
    samples: npt.ArrayLike, training: npt.ArrayLike, *, exclude_self: bool = False
) -> Nearest:
    """How far each of ``samples`` (n, n_features) is from the nearest of ``training`` (m, n_features).

    To be read beside the distances of held-out images: a model that copies stays below them.
    ``exclude_self``: sample i is row i of ``training`` itself, which is left out; both must have one
    shape and two rows or more. It gives the distances among the training images.

    Raises ValueError naming an argument that is empty, of another shape or not finite; TypeError for
    what is not numbers.
    """
    check_flag("exclude_self", exclude_self)
    images = check_features("training", training, minimum=2 if exclude_self else 1)
    points = check_features("samples", samples, n_features=images.shape[1])
    if exclude_self and len(points) != len(images):
        raise ArgumentError(
            "samples",
            f"the training images themselves, shape {images.shape}",
            f"shape {points.shape}",
        )
    distances, nearest = np.empty(len(points)), np.empty(len(points), np.intp)
    above = 1.0 + rounding(images.shape[1])
    for block in blocks(points, images):
        if exclude_self:
            block.leave_out_self()
        squares, numbers = block.low, np.arange(block.rows.start, block.rows.stop)
        likely = squared_distances(points, numbers, images, squares.argmin(axis=1))
        # Every image that rounding may have kept from being the nearest is measured anew.
        row, image = np.nonzero(squares <= above * likely[:, None])
        squares[:] = np.inf
        squares[row, image] = squared_distances(points, numbers[row], images, image)
        nearest[block.rows] = squares.argmin(axis=1)
        distances[block.rows] = np.sqrt(squares.min(axis=1))
    return Nearest(distances, nearest)

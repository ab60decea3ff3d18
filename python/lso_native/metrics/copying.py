"""How near samples are to what a model was trained on, so that copying shows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lso_native._checks import check_flag
from lso_native._typing import Float64Array, IndexArray
from lso_native.errors import ArgumentError

from ._distances import blocks, check_features, rounding, squared_distances
from .rates import Rate

__all__ = ["Copying", "Nearest", "copying", "nearest_distance"]

_NEAR = 0.01  # share of held-out images that are nearer than what counts as near


class Nearest(NamedTuple):
    """The training image nearest to each sample.

    Attributes
    ----------
    distance : (n,) Euclidean, exactly 0 for a copy.
    row : (n,) where it stands among the training images, the first of those as near.
    """

    distance: Float64Array
    row: IndexArray


class Copying(NamedTuple):
    """How near samples are to training images, beside images that the model never saw.

    Attributes
    ----------
    nearest : median distance of a sample from the nearest training image.
    held_out : the same of the held-out images.
    near : of samples that are nearer than all but one in a hundred held-out images: .01 expected of what is new.
    """

    nearest: float
    held_out: float
    near: Rate


def copying(samples: npt.ArrayLike, training: npt.ArrayLike, held_out: npt.ArrayLike) -> Copying:
    """Whether ``samples`` (n, n_features) are copies of ``training`` (m, n_features) images.

    held_out: (k, n_features), real images that the model never saw. Smooth samples are nearer to any
    image than real ones are, in the median too; copies show in ``near``.

    Raises as ``nearest_distance`` does.
    """
    distance = nearest_distance(samples, training).distance
    others = nearest_distance(held_out, training).distance
    near = distance < np.quantile(others, _NEAR)
    return Copying(float(np.median(distance)), float(np.median(others)), Rate.of(near))


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

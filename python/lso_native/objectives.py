"""What the outputs must meet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lso_native import _core
from lso_native._checks import as_array, as_numbers, check_int


def one_hot(labels: ArrayLike, n_classes: int) -> NDArray[np.float32]:
    """Target with a 1 at each label: shape (n_classes,) for one label, (n, n_classes) for n.

    Raises ValueError when a label is outside 0 .. n_classes - 1, TypeError when it is not an integer.
    """
    n_classes = check_int("n_classes", n_classes)
    indices = as_array("labels", labels, "integers")
    if indices.dtype.kind not in "iu":
        raise TypeError(f"labels: expected integers, got {indices.dtype}")
    if indices.ndim > 1:
        raise ValueError(f"labels: expected one label or shape (n,), got shape {indices.shape}")
    wrong = indices[(indices < 0) | (indices >= n_classes)]
    if wrong.size:
        raise ValueError(f"labels: expected 0 to {n_classes - 1}, got {wrong.flat[0]}")
    rows: NDArray[np.float32] = np.eye(n_classes, dtype=np.float32)[indices]
    return rows


@dataclass(frozen=True, eq=False)
class SquaredError:
    """E = sum of weights * (y - target)**2 over the outputs of a sample, no 1/2: the paper's "total squared error".

    target, weights: (n_outputs,) for every sample, or (n_samples, n_outputs). A NaN in the target is "don't care".
    """

    target: ArrayLike
    weights: ArrayLike | None = None

    def _native(self) -> Any:
        target = _numbers("target", self.target)
        weights = None if self.weights is None else _numbers("weights", self.weights)
        cared = ~np.isnan(target)
        if weights is not None and (not np.isfinite(weights).all() or (weights < 0).any()):
            wrong = weights[~(np.isfinite(weights) & (weights >= 0))][0]
            raise ValueError(f"weights: expected finite numbers of at least 0, got {wrong:g}")
        if not cared.all():
            given = np.ones(1) if weights is None else weights
            target, given = _broadcast("weights", target, given)
            weights = np.where(cared, given, 0.0)
            target = np.where(cared, target, 0.0)
        if weights is not None and not (np.atleast_2d(weights).sum(axis=1) > 0).all():
            raise ValueError(
                "target: expected at least one output with a weight above 0 and a target in every row, got none"
            )
        return _core.Objective("squared_error", target, weights=weights)


@dataclass(frozen=True, eq=False)
class BinaryCrossEntropy:
    """E = -sum of t log y + (1 - t) log(1 - y). Outputs and target in 0..1; target as in SquaredError, no NaN."""

    target: ArrayLike

    def _native(self) -> Any:
        return _core.Objective("binary_cross_entropy", _probabilities(self.target))


@dataclass(frozen=True, eq=False)
class CategoricalCrossEntropy:
    """E = -sum of t log y. Outputs and target are probabilities; target as in SquaredError, no NaN."""

    target: ArrayLike

    def _native(self) -> Any:
        return _core.Objective("categorical_cross_entropy", _probabilities(self.target))


@dataclass(frozen=True, eq=False)
class Interval:
    """E = sum of squared distances of the outputs from [low, high], each (n_outputs,) or (n_samples, n_outputs)."""

    low: ArrayLike
    high: ArrayLike

    def _native(self) -> Any:
        low, high = _numbers("low", self.low), _numbers("high", self.high)
        for name, side in (("low", low), ("high", high)):
            if np.isnan(side).any():
                raise ValueError(f"{name}: expected numbers, got NaN")
        low, high = _broadcast("high", low, high)
        if (low > high).any():
            raise ValueError("high: expected numbers of at least low, got some below it")
        return _core.Objective("interval", low, high)


Objective = SquaredError | BinaryCrossEntropy | CategoricalCrossEntropy | Interval


def _numbers(name: str, values: ArrayLike) -> NDArray[np.float64]:
    return as_numbers(name, values).astype(np.float64)


def _broadcast(
    name: str, first: NDArray[np.float64], second: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both in one shape; `name` is the second."""
    try:
        shape = np.broadcast_shapes(first.shape, second.shape)
    except ValueError:
        raise ValueError(
            f"{name}: expected a shape that goes with {first.shape}, got {second.shape}"
        ) from None
    return np.broadcast_to(first, shape), np.broadcast_to(second, shape)


def _probabilities(target: ArrayLike) -> NDArray[np.float64]:
    array = _numbers("target", target)
    inside = (array >= 0) & (array <= 1)
    if not inside.all():
        wrong = array[~inside][0]
        raise ValueError(f"target: expected numbers in 0..1 under a cross-entropy, got {wrong:g}")
    return array

"""Latent space optimization: move a frozen model's inputs until its outputs meet an objective."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lso_native import _core
from lso_native._checks import (
    as_numbers,
    check_callback,
    check_flag,
    check_int,
    check_number,
    check_threads,
    shown,
)
from lso_native.errors import ArgumentError, ArgumentTypeError, interrupted
from lso_native.network import Model
from lso_native.objectives import (
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Interval,
    Objective,
    SquaredError,
)
from lso_native.optimizers import (
    LevenbergMarquardt,
    NormalizedGradientDescent,
    native_optimizer,
)

FloatArray = NDArray[np.floating[Any]]
STATUSES = np.array(_core.statuses)
# The engine's settings have the defaults; the MSE is the paper's, section 5.1.
DEFAULT_MSE = _core.DEFAULT_MSE
DEFAULT_MAX_ITERATIONS = _core.DEFAULT_MAX_ITERATIONS
CROSS_ENTROPIES = (BinaryCrossEntropy, CategoricalCrossEntropy)


class OptimizeProgress(NamedTuple):
    """How many starts are done, of how many."""

    finished: int
    total: int


@dataclass(frozen=True, eq=False)
class OptimizeResult:
    """What became of each start; row i belongs to start i."""

    success: NDArray[np.bool_]
    """(n,) whether the start converged."""
    status: NDArray[np.str_]
    """(n,) converged, max_iterations, stationary (the gradient is zero, or the bounds undo the step), diverged (a
    step was not finite) or interrupted."""
    latents: FloatArray
    """(n, n_inputs) the best point."""
    mse: NDArray[np.float64]
    """(n,) mean squared error of the outputs there; under an interval, mean squared distance from it."""
    loss: NDArray[np.float64]
    """(n,) the objective's E there; infinite where no finite one was seen."""
    iterations: NDArray[np.int64]
    """(n,) steps taken."""
    starts: FloatArray
    """(n, n_inputs)"""
    trajectory: list[FloatArray] | None
    """n arrays (iterations + 1, n_inputs) of all points, if asked for."""
    trajectory_mse: list[NDArray[np.float64]] | None
    """n arrays (iterations + 1,) of E there over the sum of the output weights, if asked for."""
    model: Model
    """The model whose inputs were moved."""

    @cached_property
    def samples(self) -> FloatArray:
        """(n, d) the value at the last seam at ``latents``, the generated sample; for a model without a seam, the
        latents. Computed when first asked for."""
        return self._forward[1]

    @cached_property
    def outputs(self) -> FloatArray:
        """(n, n_outputs) the model's output at ``latents``. Computed when first asked for."""
        return self._forward[0]

    @cached_property
    def _forward(self) -> tuple[FloatArray, FloatArray]:
        outputs, seams = self.model._chain.seams(self.latents, 0)  # all threads
        return outputs, seams[-1] if seams else self.latents

    def __repr__(self) -> str:
        counts = {
            str(s): int(c) for s, c in zip(*np.unique(self.status, return_counts=True), strict=True)
        }
        return (
            f"OptimizeResult({int(self.success.sum())} of {self.success.size} succeeded, "
            f"median iterations {np.median(self.iterations):g}, {counts})"
        )


def optimize(
    model: Model,
    target: ArrayLike | Objective,
    *,
    starts: ArrayLike,
    mse: float | None = None,
    squared_error: float | None = None,
    loss: float | None = None,
    optimizer: NormalizedGradientDescent | LevenbergMarquardt | None = None,
    max_iterations: int = DEFAULT_MAX_ITERATIONS,
    bounds: tuple[ArrayLike, ArrayLike] | None = None,
    trajectory: bool = False,
    threads: int | None = None,
    callback: Callable[[OptimizeProgress], object] | None = None,
) -> OptimizeResult:
    """Move each start until the model's output meets the target: by normalized gradient descent (the paper,
    Algorithms 1 and 3) or another optimizer. No parameter changes.

    Parameters
    ----------
    model : ``decoder >> classifier`` for latent space optimization, a lone classifier for simple input optimization.
    target : what the outputs must be, (n_outputs,) for all starts or (n_starts, n_outputs), meant as SquaredError; or
        an objective.
    starts : (n_starts, n_inputs), where the inputs begin.
    mse, squared_error, loss : when a start is done, one of: the mean squared error an output, the total squared error
        of a sample, or the objective's value E, at most this much. Default: mse=1e-3, the paper's (section 5.1).
    optimizer : Algorithm 3 with C = -E unless told otherwise; LevenbergMarquardt needs far fewer steps where outputs
        are few (docs/optimizers/).
    max_iterations : steps a start may take, those taken back included; 0 only looks at the starts.
    bounds : (low, high), scalars or (n_inputs,), on which the starts, and the inputs after each step, are
        projected.
    trajectory : keep every point.
    threads : None for as many as the work is worth, of the processors that this process may use. The results do not
        depend on it, bit for bit. More than 64, or than 4 a processor, are never started.
    callback : called with OptimizeProgress some times a second, and at the end.

    Raises ValueError or TypeError naming a bad argument. Not converging is a status in the result.
    Ctrl-C raises a KeyboardInterrupt whose ``result`` holds what was reached.
    """
    if not isinstance(model, Model):
        raise ArgumentTypeError("model", "a Network or Composition", type(model).__name__)
    check_callback("callback", callback, "OptimizeProgress")
    objective = _as_objective(target)
    tolerance, mean = _tolerance(objective, mse=mse, squared_error=squared_error, loss=loss)
    name, options = native_optimizer(
        optimizer, NormalizedGradientDescent(), (NormalizedGradientDescent, LevenbergMarquardt)
    )
    if name == LevenbergMarquardt._name and isinstance(objective, CROSS_ENTROPIES):
        raise ArgumentError(
            "optimizer",
            f"NormalizedGradientDescent under {type(objective).__name__}",
            "LevenbergMarquardt, which needs a sum of squares",
        )
    lower, upper = _check_bounds(bounds, model)

    def progress(finished: int, total: int) -> None:
        if callback is not None:
            callback(OptimizeProgress(finished, total))

    raw = _core.optimize(
        model._chain,
        objective._native(),
        starts,
        optimizer=name,
        options=options,
        tolerance=tolerance,
        mean=mean,
        max_iterations=check_int("max_iterations", max_iterations, minimum=0),
        lower=lower,
        upper=upper,
        trajectory=check_flag("trajectory", trajectory),
        threads=check_threads(threads),
        progress=progress,
    )
    result = _result(model, objective, np.array(starts, dtype=model.dtype), raw)
    if raw["interrupted"]:
        done = int((result.status != "interrupted").sum())
        raise interrupted(
            f"optimize: interrupted with {done} of {result.status.size} starts done", result
        )
    progress(len(result.starts), len(result.starts))
    return result


def _as_objective(target: Any) -> Objective:
    if isinstance(target, (SquaredError, BinaryCrossEntropy, CategoricalCrossEntropy, Interval)):
        return target
    return SquaredError(target)


def _tolerance(objective: Objective, **given: float | None) -> tuple[float, bool]:
    """(value, whether it is a mean over outputs)."""
    named = {name: value for name, value in given.items() if value is not None}
    if len(named) > 1:
        raise ArgumentError("mse, squared_error, loss", "at most one", " and ".join(named))
    if isinstance(objective, CROSS_ENTROPIES) and list(named) != ["loss"]:
        raise ArgumentError(
            "loss", f"a threshold for {type(objective).__name__}", ", ".join(named) or "none"
        )
    name, value = next(iter(named.items()), ("mse", DEFAULT_MSE))
    return check_number(name, value, above=0.0), name == "mse"


def _check_bounds(bounds: Any, model: Model) -> tuple[Any, Any]:
    if bounds is None:
        return None, None
    try:
        low, high = bounds
    except (TypeError, ValueError):
        raise ArgumentError("bounds", "a pair (low, high)", shown(bounds)) from None
    sides = []
    for side in (low, high):
        array = as_numbers("bounds", side).astype(model.dtype)
        sides.append(np.full(model.n_inputs, array) if array.ndim == 0 else array)
    if np.isnan(sides[0]).any() or np.isnan(sides[1]).any():
        raise ArgumentError("bounds", "finite numbers", f"NaN in {bounds!r}")
    if sides[0].shape == sides[1].shape and not (sides[0] <= sides[1]).all():
        raise ArgumentError("bounds", "low at most high everywhere", "some above it")
    return sides[0], sides[1]


def _result(
    model: Model, objective: Objective, starts: FloatArray, raw: dict[str, Any]
) -> OptimizeResult:
    latents, loss = raw["latents"], raw["loss"]
    weight = _output_weight(objective, model.n_outputs, len(latents))
    status = STATUSES[raw["status"]]
    mse = loss / weight
    if isinstance(objective, CROSS_ENTROPIES):
        outputs = model._chain.forward(latents)
        mse = np.square(outputs - np.asarray(objective.target)).mean(axis=1, dtype=np.float64)
    paths = raw.get("trajectory_loss")
    return OptimizeResult(
        success=status == "converged",
        status=status,
        latents=latents,
        mse=mse,
        loss=loss,
        iterations=raw["iterations"],
        starts=starts,
        trajectory=raw.get("trajectory"),
        trajectory_mse=None
        if paths is None
        else [path / w for path, w in zip(paths, weight, strict=True)],
        model=model,
    )


def _output_weight(objective: Objective, n_outputs: int, n: int) -> NDArray[np.float64]:
    """(n,) the sum of a row's output weights: what turns E into a mean."""
    if not isinstance(objective, SquaredError):
        return np.full(n, float(n_outputs))
    weights = np.ones(n_outputs) if objective.weights is None else np.asarray(objective.weights)
    cared = np.where(np.isnan(np.asarray(objective.target, dtype=np.float64)), 0.0, weights)
    return np.broadcast_to(np.atleast_2d(cared).sum(axis=1), (n,))

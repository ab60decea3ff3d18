"""Latent space optimization: move a frozen model's inputs until what is asked of its outputs is met."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from lso_native import _core
from lso_native._checks import (
    as_numbers,
    check_callback,
    check_flag,
    check_int,
    check_number,
    check_samples,
    check_threads,
    shown,
)
from lso_native._typing import BoolArray, Float64Array, FloatArray, IntArray, StringArray
from lso_native.cut import Descents, optimize_cut
from lso_native.display import Samples
from lso_native.distributed import borrowed
from lso_native.errors import ArgumentError, ArgumentTypeError, briefly, interrupted
from lso_native.network import Model
from lso_native.optimizers import InputOptimizer, NormalizedGradientDescent, check_optimizer
from lso_native.outcome import Outcome, TermResult
from lso_native.problem import Problem
from lso_native.terms import DEFAULT_TOLERANCE, Asked, SquaredError, Term, inward

STATUSES = np.array(_core.statuses)
CONVERGED = _core.statuses.index("converged")
# The engine's settings have the defaults; the MSE is the paper's, section 5.1.
DEFAULT_MSE = DEFAULT_TOLERANCE.value
DEFAULT_OPTIMIZER = NormalizedGradientDescent()
DEFAULT_MAX_ITERATIONS = _core.OptimizeSettings().max_iterations


class OptimizeProgress(NamedTuple):
    """How many starts are done, of how many.

    finished, total : starts.
    """

    finished: int
    total: int

    @property
    def share(self) -> float:
        """How much is done, of 1."""
        return self.finished / self.total if self.total else 1.0

    def __str__(self) -> str:
        return f"{self.finished:,} of {self.total:,} starts done"


@dataclass(frozen=True, eq=False, repr=False)
class OptimizeResult(Outcome):
    """What became of each start; row i belongs to start i.

    Attributes
    ----------
    problem : what was asked.
    success : (n,) whether the start converged: every term that had to be met is.
    status : (n,) converged, max_iterations, stationary (the gradient is zero, or the bounds undo the step), diverged (a
        step was not finite) or interrupted.
    latents : (n, n_inputs) the best point: the one that meets all, else the one of the lowest E.
    loss : (n,) E there, the weighted sum over terms; infinite where no finite one was seen.
    iterations : (n,) steps taken.
    starts : (n, n_inputs)
    terms : one a term, in the order of ``problem.asked``.
    branches : (n, n_values) one a branch of the problem: what its terms looked at.
    trunk_outputs : (n, n_outputs of the trunk)
    trajectory : n arrays (iterations + 1, n_inputs) of all points, if asked for.
    trajectory_loss : n arrays (iterations + 1,) of E there, if asked for.
    """

    problem: Problem
    success: BoolArray
    status: StringArray
    latents: FloatArray
    loss: Float64Array
    iterations: IntArray
    starts: FloatArray
    terms: tuple[TermResult, ...]
    branches: tuple[FloatArray, ...]
    trunk_outputs: FloatArray
    trajectory: list[FloatArray] | None
    trajectory_loss: list[Float64Array] | None

    @property
    def samples(self) -> FloatArray:
        """(n, d) the generated samples: what passes from the decoder to what is behind it.

        Raises ValueError for a single network: its inputs are ``latents``, and what it makes of them ``outputs``.
        """
        if isinstance(self.problem, _Single):
            expected = "a problem with a decoder, as decoder >> classifier has"
            raise ArgumentError("samples", expected, "a single network: see latents, outputs")
        return self.trunk_outputs

    @property
    def outputs(self) -> FloatArray:
        """(n, n_outputs) what the terms of the only branch looked at: the model's outputs.

        Raises ValueError where there are several: see ``branches``.
        """
        if len(self.branches) != 1:
            expected = "a problem of one branch"
            raise ArgumentError("outputs", expected, f"{len(self.branches)}: see branches")
        return self.branches[0]

    @property
    def mse(self) -> Float64Array:
        """(n,) the only term's mean squared error. Raises ValueError where there are several: see ``terms``."""
        if len(self.terms) != 1:
            raise ArgumentError("mse", "a problem of one term", f"{len(self.terms)}: see terms")
        return self.terms[0].mse

    def _samples(self) -> Samples:
        single = isinstance(self.problem, _Single)
        values, what = (self.latents, "inputs") if single else (self.trunk_outputs, "samples")
        return Samples(values, missed=~self.success, what=what)


@briefly
def optimize(
    model: Model | Problem,
    target: ArrayLike | Term | Asked | None = None,
    *,
    starts: ArrayLike,
    mse: float | None = None,
    squared_error: float | None = None,
    loss: float | None = None,
    optimizer: InputOptimizer | None = None,
    max_iterations: int = DEFAULT_MAX_ITERATIONS,
    bounds: tuple[ArrayLike, ArrayLike] | None = None,
    trajectory: bool = False,
    threads: int | None = None,
    callback: Callable[[OptimizeProgress], object] | None = None,
    executor: Any = None,
) -> OptimizeResult:
    """Move each start until what is asked of the model is met: by normalized gradient descent (the paper, Algorithms 1
    and 3) or another optimizer. No parameter changes.

    Parameters
    ----------
    model : ``decoder >> classifier`` for latent space optimization, a single classifier for simple input optimization,
        with a ``target``; or a Problem, which has terms of its own.
    target : what the outputs must be, (n_outputs,) for all starts or (n_starts, n_outputs), meant as SquaredError; or
        a term.
    starts : (n_starts, n_inputs), where the inputs begin.
    mse, squared_error, loss : when the target is met, one of: the mean squared error an output, the total squared error
        of a sample, or the term's E, at most this much. Default: the term's own, of a SquaredError mse=1e-3, the
        paper's (section 5.1). An Interval is met inside it, and takes none.
    optimizer : Algorithm 3 with C = -E unless told otherwise; LevenbergMarquardt needs far fewer steps where outputs
        are few (docs/optimizers/).
    max_iterations : steps a start may take, those taken back included; 0 only looks at the starts.
    bounds : (low, high), scalars or (n_inputs,), on which the starts, and the inputs after each step, are
        projected; -inf or inf for no end. No input is ever beyond them, in the model's precision either.
    trajectory : keep every point.
    threads : None for all processors that this process may use, where the work is worth them. The results do not depend
        on it, bit for bit.
    callback : called with OptimizeProgress some times a second, and at the end.
    executor : what runs the starts in tasks, on other processes or machines: any of ``concurrent.futures``, a
        ``distributed.Client`` or a ``joblib.Parallel``. Each task has one thread unless ``threads`` says otherwise; the
        callback hears of each that is done. The results do not depend on it, bit for bit.

    Raises ValueError or TypeError naming a bad argument. Not converging is a status in the result.
    Ctrl-C raises a KeyboardInterrupt whose ``result`` holds what was reached: starts that were not done are
    "interrupted", and samples that there was no time to compute are NaN.
    """
    check_callback("callback", callback, "OptimizeProgress")
    problem = _problem(model, target, mse=mse, squared_error=squared_error, loss=loss)
    chosen: Any = check_optimizer(optimizer, DEFAULT_OPTIMIZER, InputOptimizer)
    most = check_int("max_iterations", max_iterations, minimum=0)
    check_flag("trajectory", trajectory)
    engine_threads = check_threads(threads)
    lower, upper = _check_bounds(bounds, problem.trunk)
    given = as_numbers("starts", starts)

    n = len(given) if given.ndim else 0
    tell = None if callback is None else lambda *done: callback(OptimizeProgress(*done))
    native = problem.native(n)
    raw: Any
    if executor is None:
        settings = _core.OptimizeSettings(
            optimizer=chosen.native(),
            max_iterations=most,
            trajectory=trajectory,
            threads=engine_threads,
        )
        raw = _core.optimize(native, given, settings, lower=lower, upper=upper, progress=tell)
    else:
        trunk, heads = problem.trunk, tuple(branch.head for branch in problem.branches)
        each = 1 if threads is None else engine_threads
        descents = Descents(trunk, heads, chosen, most, trajectory, each, lower, upper)
        given = check_samples("starts", given, dtype=trunk.dtype, n_features=trunk.n_inputs)
        with borrowed(executor) as workers:
            raw = optimize_cut(problem, given, descents, workers, tell)
    result = _result(problem, np.array(given, dtype=problem.trunk.dtype), raw, trajectory)
    if raw.interrupted:
        done = int((result.status != "interrupted").sum())
        raise interrupted(f"optimize: interrupted with {done} of {n} starts done", result)
    if tell is not None:
        try:
            tell(n, n)
        except KeyboardInterrupt as stop:
            raise interrupted(
                f"optimize: interrupted with {n} of {n} starts done", result
            ) from stop
    return result


class _Single(Problem):
    """Terms on the outputs of a single network, of which nobody can say whether it makes samples or judges them."""

    trunk_makes = "outputs"


def _problem(model: Any, target: Any, **tolerance: float | None) -> Problem:
    given = {name: value for name, value in tolerance.items() if value is not None}
    if len(given) > 1:
        raise ArgumentError("mse, squared_error, loss", "at most one", " and ".join(given))
    named = {name: check_number(name, value, above=0.0) for name, value in given.items()}
    if isinstance(model, Problem):
        for name in (*named, *(["target"] if target is not None else [])):
            raise ArgumentError(name, "none beside a Problem, whose terms say it", "one")
        return model
    if not isinstance(model, Model):
        expected = "a Network, Composition or Problem"
        raise ArgumentTypeError("model", expected, type(model).__name__)
    if target is None:
        raise ArgumentTypeError("target", "what the outputs must be", "none")
    if isinstance(target, Asked):
        term: Term | Asked = dataclasses.replace(target, term=target.term.within(named))
    else:
        term = target.within(named) if isinstance(target, Term) else SquaredError.of(target, named)
    return (Problem if len(model.parts) > 1 else _Single).of(model, term)


def _check_bounds(bounds: Any, model: Model) -> tuple[Any, Any]:
    if bounds is None:
        return None, None
    try:
        low, high = bounds
    except (TypeError, ValueError):
        raise ArgumentError("bounds", "a pair (low, high)", shown(bounds)) from None
    sides = []
    for side in (low, high):
        array = as_numbers("bounds", side).astype(np.float64)
        if np.isnan(array).any():
            raise ArgumentError("bounds", "numbers", f"NaN in {shown(bounds)}")
        sides.append(np.full(model.n_inputs, array) if array.ndim == 0 else array)
    lower, upper = sides
    for side in sides:
        if side.shape != (model.n_inputs,):
            raise ArgumentError("bounds", f"ends of shape ({model.n_inputs},)", str(side.shape))
    if not (lower <= upper).all():
        raise ArgumentError("bounds", "low at most high everywhere", "some above it")
    if np.isneginf(lower).all() and np.isposinf(upper).all():
        return None, None
    # so that no input is beyond what was asked; an input that is pinned is pinned to the nearest number
    pinned, dtype = lower == upper, model.dtype
    inside = (
        inward("bounds", lower, dtype, up=True),
        inward("bounds", upper, dtype, up=False),
    )
    if not (pinned | (inside[0] <= inside[1])).all():
        raise ArgumentError("bounds", f"a {dtype} between low and high", "ends too close together")
    with np.errstate(over="ignore"):
        nearest = lower.astype(dtype)
    return np.where(pinned, nearest, inside[0]), np.where(pinned, nearest, inside[1])


def _result(problem: Problem, starts: FloatArray, raw: Any, trajectory: bool) -> OptimizeResult:
    status = raw.status
    terms = [
        TermResult(asked, term.met.view(np.bool_), term.loss, term.mse)
        for asked, term in zip(problem.asked, raw.terms, strict=True)
    ]
    return OptimizeResult(
        problem=problem,
        success=status == CONVERGED,
        status=STATUSES[status],
        latents=raw.latents,
        loss=raw.loss,
        iterations=raw.iterations,
        starts=starts,
        terms=tuple(terms),
        branches=tuple(raw.samples if each is None else each for each in raw.outputs),
        trunk_outputs=raw.samples,
        trajectory=raw.trajectory if trajectory else None,
        trajectory_loss=raw.trajectory_loss if trajectory else None,
    )

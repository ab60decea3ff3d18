"""An optimization cut into tasks by its starts, run elsewhere, and put together: the same bits however it is cut."""

from __future__ import annotations

import dataclasses
import math
import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import Future, as_completed
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from lso_native import _core
from lso_native._typing import Array, BoolArray, Float64Array, FloatArray, IntArray
from lso_native.distributed import Workers
from lso_native.distributed.shared import Shared, packed
from lso_native.network import Model
from lso_native.optimizers import InputOptimizer
from lso_native.problem import Branch, Problem

_TASKS, _LEAST, _MOST = 64, 64, 1_024  # tasks that are wanted, and how many starts one may have
_INTERRUPTED = _core.statuses.index("interrupted")


class EndedTerm(NamedTuple):
    """What the engine says of a term."""

    met: Array
    loss: Float64Array
    mse: Float64Array


@dataclass(eq=False)
class Ended:
    """What the engine says of n starts, as arrays that can be sent; the fields are those of its own result."""

    status: Array
    latents: FloatArray
    samples: FloatArray
    outputs: list[FloatArray | None]
    loss: Float64Array
    iterations: IntArray
    terms: list[EndedTerm]
    trajectory: list[FloatArray]
    trajectory_loss: list[Float64Array]
    interrupted: bool = False

    @classmethod
    def of(cls, raw: Any, made: Callable[[Array], Array] = np.asarray) -> Ended:
        """``raw``, the engine's or one of this kind, with what is ``made`` of its arrays."""
        return cls(
            made(raw.status),
            made(raw.latents),
            made(raw.samples),
            [None if each is None else made(each) for each in raw.outputs],
            made(raw.loss),
            made(raw.iterations),
            [EndedTerm(made(term.met), made(term.loss), made(term.mse)) for term in raw.terms],
            list(raw.trajectory),
            list(raw.trajectory_loss),
        )

    def put(self, rows: slice, other: Ended) -> None:
        """``other`` in place of ``rows``."""
        for mine, theirs in zip(self._arrays(), other._arrays(), strict=True):
            mine[rows] = theirs
        if other.trajectory:
            self.trajectory[rows] = other.trajectory
            self.trajectory_loss[rows] = other.trajectory_loss

    def _arrays(self) -> Iterator[Array]:
        yield from (self.status, self.latents, self.samples, self.loss, self.iterations)
        yield from (each for each in self.outputs if each is not None)
        for term in self.terms:
            yield from term


@dataclass(frozen=True, eq=False)
class Descents:
    """What all tasks of an optimization have in common."""

    trunk: Model
    heads: tuple[Model | None, ...]
    optimizer: InputOptimizer
    max_iterations: int
    trajectory: bool
    threads: int
    lower: FloatArray | None
    upper: FloatArray | None

    def ended(self, terms: bytes, starts: FloatArray) -> Ended:
        """Where ``starts`` end, of the terms that ``_terms`` packed."""
        on_branches, on_latent = pickle.loads(terms)
        branches = [
            Branch(*asked, head=head) for head, asked in zip(self.heads, on_branches, strict=True)
        ]
        problem = Problem(self.trunk, *branches, latent=on_latent)
        settings = _core.OptimizeSettings(
            optimizer=self.optimizer.native(),
            max_iterations=self.max_iterations,
            trajectory=self.trajectory,
            threads=self.threads,
        )
        native = problem.native(len(starts))
        raw = _core.optimize(
            native, starts, settings, lower=self.lower, upper=self.upper, progress=None
        )
        if raw.interrupted:
            raise KeyboardInterrupt
        return Ended.of(raw)


def optimize_cut(
    problem: Problem,
    starts: FloatArray,
    descents: Descents,
    workers: Workers,
    progress: Callable[[int, int], object] | None,
    *,
    size: int | None = None,
) -> Ended:
    """Where ``starts`` end, ``size`` of them a task; ``progress`` hears of each task that is done.

    After Ctrl-C the starts that are not done stand where they began.
    """
    n = len(starts)
    size = size or min(max(math.ceil(n / _TASKS), _LEAST), _MOST)
    shared = Shared.of("model", descents)
    left: dict[Future[Ended], slice] = {}
    whole: Ended | None = None
    done = np.zeros(n, np.bool_)
    try:
        for begin in range(0, n, size):
            rows = slice(begin, min(begin + size, n))
            task = workers.submit_shared(
                Descents.ended, shared, _terms(problem, rows), starts[rows]
            )
            left[task] = rows
        for task in as_completed(tuple(left)):
            rows, part = left.pop(task), task.result()
            if whole is None:
                whole = _room(part, n)
            whole.put(rows, part)
            done[rows] = True
            if progress is not None and left:
                progress(int(done.sum()), n)
    except BaseException as stop:
        for task in left:
            task.cancel()
        if not isinstance(stop, KeyboardInterrupt):
            raise
        if whole is None:
            raise KeyboardInterrupt("optimize: interrupted before any start was done") from None
        _stand(whole, problem, starts, descents, ~done)
    assert whole is not None
    return whole


def _terms(problem: Problem, rows: slice) -> bytes:
    """What is asked of ``rows``."""
    on_branches = [[each.of_rows(rows) for each in branch.terms] for branch in problem.branches]
    on_latent = [each.of_rows(rows) for each in problem.latent]
    return packed("model", (on_branches, on_latent))


def _room(part: Ended, n: int) -> Ended:
    """For n starts, of the kind of ``part``."""
    room = Ended.of(part, lambda array: np.empty((n, *array.shape[1:]), array.dtype))
    if part.trajectory:
        room.trajectory, room.trajectory_loss = [part.latents[:0]] * n, [part.loss[:0]] * n
    return room


def _stand(
    whole: Ended, problem: Problem, starts: FloatArray, descents: Descents, rows: BoolArray
) -> None:
    """Let ``rows`` stand where they began."""
    ends = np.flatnonzero(np.diff(rows.astype(np.int8), prepend=0, append=0))
    for begin, end in ends.reshape(-1, 2):
        still = dataclasses.replace(descents, max_iterations=0)
        part = slice(int(begin), int(end))
        whole.put(part, still.ended(_terms(problem, part), starts[part]))
    whole.status[rows] = _INTERRUPTED
    whole.interrupted = True

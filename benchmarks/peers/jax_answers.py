"""JAX on starts that end one by one: all until the last is done, with those done taken out now and then, and with lanes
that take the next start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from lso_native._typing import Float32Array

from benchmarks.peers.base import Solve
from benchmarks.peers.jax_parts import descent_step, ends_of
from benchmarks.problems import Answer

CHUNK = 20  # iterations between two looks at who is done
LEAST_ROWS = 16  # below this compacting costs more than it saves
LANES = (64,)
NARROWING = (128, 64, 32, 16, 8, 4)
"""Lanes, and how few are left before the loop goes on with so many: the fastest of those tried, as is ``LANES``."""

Step = Callable[[Any, Any], tuple[Any, Any, Any]]
"""(x, ends) -> x after a step, which starts have met the target, and which are done."""


def answers(problem: Answer) -> Mapping[str, Solve]:
    """The ways, by their names in the table."""
    step = _step(problem)
    return {
        "jax loop": _whole(problem, step),
        "jax chunks": _chunks(problem, step),
        f"jax refilled {LANES[0]}": _refilled(problem, step, LANES),
        "jax refilled and narrowed": _refilled(problem, step, NARROWING),
    }


def _step(problem: Answer) -> Step:
    descend = descent_step(problem.descent)
    limit = problem.mse * problem.descent.branches[0].low.shape[1]

    def step(x: Any, ends: Any) -> tuple[Any, Any, Any]:
        moved, errors = descend(x, ends)
        moved = jnp.clip(moved, 0.0, 1.0)
        met = errors <= limit
        return moved, met, met | (moved == x).all(1) | ~jnp.isfinite(moved).all(1)

    return step


def _advance(step: Step) -> Callable[[Any, Any], Any]:
    """(iteration, x, met, done) after one more look and step of those that are not done."""

    def advance(carry: Any, ends: Any) -> Any:
        iteration, x, met, done = carry
        moved, meets, ends_now = step(x, ends)
        met, done = met | (~done & meets), done | ends_now
        return iteration + 1, jnp.where(done[:, None], x, moved), met, done

    return advance


def _whole(problem: Answer, step: Step) -> Solve:
    advance = _advance(step)

    def whole(x: Any, ends: Any) -> Any:
        empty = jnp.zeros(len(x), bool)
        _, x, met, _ = lax.while_loop(
            lambda c: (c[0] <= problem.max_iterations) & ~c[3].all(),
            lambda c: advance(c, ends),
            (jnp.int32(0), x, empty, empty),
        )
        return jnp.where(met[:, None], x, jnp.nan)

    compiled, ends = jax.jit(whole), ends_of(problem.descent)
    return lambda: np.asarray(compiled(problem.descent.starts, ends))


def _chunks(problem: Answer, step: Step) -> Solve:
    advance = _advance(step)
    compiled = jax.jit(
        lambda carry, ends, n: lax.fori_loop(0, n, lambda _, c: advance(c, ends), carry)
    )

    def solve() -> Float32Array:
        x, target = problem.descent.starts, problem.descent.branches[0].low
        rows, found = np.arange(len(x)), np.full_like(x, np.nan)
        done, iteration = np.zeros(len(x), np.bool_), 0
        while iteration <= problem.max_iterations:
            count = min(CHUNK, problem.max_iterations + 1 - iteration)
            carry = (np.int32(iteration), x, np.zeros(len(x), np.bool_), done)
            _, x, met, done = (np.asarray(a) for a in compiled(carry, [(target, None)], count))
            found[rows[met]] = x[met]
            iteration += count
            left = int((~done).sum())
            if left == 0:
                break
            # Sizes are halves of the whole, so that few are ever compiled; the done fill them up.
            size = len(x)
            while size // 2 >= max(left, LEAST_ROWS):
                size //= 2
            keep = np.argsort(done, kind="stable")[:size]
            x, target, rows, done = x[keep], target[keep], rows[keep], done[keep]
        return found

    return solve


class _Lanes(NamedTuple):
    """What the loop carries: lanes of a start each, (n_lanes,) but for ``x``, and what was found (n, n_inputs)."""

    start: Any
    iteration: Any
    x: Any
    next: Any
    found: Any


def _refilled(problem: Answer, step: Step, widths: tuple[int, ...]) -> Solve:
    """One ``while_loop`` in which a lane that is done takes the next start; with several ``widths`` one after another,
    as lanes run out of starts."""
    ends, n = ends_of(problem.descent), len(problem.descent.starts)
    sizes = [width for width in widths if width <= n] or [n]

    def body(starts: Any, lanes: _Lanes) -> _Lanes:
        asked = jax.tree.map(lambda a: a[jnp.minimum(lanes.start, n - 1)], ends)
        moved, met, done = step(lanes.x, asked)
        done = (done | (lanes.iteration >= problem.max_iterations)) & (lanes.start < n)
        slot = jnp.where(done & met, lanes.start, n)  # n: nowhere
        following = jnp.where(done, lanes.next + jnp.cumsum(done) - 1, lanes.start)
        fresh = starts[jnp.minimum(following, n - 1)]
        return _Lanes(
            following.astype(jnp.int32),
            jnp.where(done, 0, lanes.iteration + 1),
            jnp.where(done[:, None], fresh, moved),
            lanes.next + done.sum(),
            lanes.found.at[slot].set(lanes.x, mode="drop"),
        )

    def whole(starts: Any) -> Any:
        first = sizes[0]
        numbers, nothing = jnp.arange(first, dtype=jnp.int32), jnp.full_like(starts, jnp.nan)
        iterations = jnp.zeros(first, jnp.int32)
        lanes = _Lanes(numbers, iterations, starts[:first], jnp.int32(first), nothing)
        for size, least in zip(sizes, [*sizes[1:], 0], strict=True):
            keep = jnp.argsort(lanes.start)[:size]  # those that have run out are last
            few = {name: getattr(lanes, name)[keep] for name in ("start", "iteration", "x")}
            lanes = lanes._replace(**few)
            lanes = lax.while_loop(
                lambda c, least=least: (c.start < n).sum() > least, lambda c: body(starts, c), lanes
            )
        return lanes.found

    compiled = jax.jit(whole)
    return lambda: np.asarray(compiled(problem.descent.starts))

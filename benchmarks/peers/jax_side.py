"""JAX as its best user writes it: each step under ``jit``, the whole loop under ``jit``, and tiled by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import lso_native as lso
import numpy as np
from jax import lax
from lso_native._typing import Float32Array

from benchmarks.lessons import GanLesson, VaeLesson
from benchmarks.peers import jax_answers, jax_lessons
from benchmarks.peers.base import Run, Solve, Student, Trainer
from benchmarks.peers.jax_parts import Net, adam, best_of, descent_step, ends_of, flat, moments_of
from benchmarks.problems import Answer, Descent, Training, layers_of

STEP, LOOP, TILED = "jax step", "jax loop", "jax tiled"
INSIDE = "jax shuffling inside"
TILES = (100, 500)  # starts whose values stay in cache


def side(name: str, threads: int | None) -> JaxSide:  # noqa: ARG001 - set by the environment
    """JAX on the CPU."""
    return JaxSide()


class JaxTrainer:
    """``jit`` of a step, or of any number of them in a loop; whole epochs with the order drawn inside or by NumPy."""

    def __init__(self, problem: Training, *, loop: bool, inside: bool = False) -> None:
        self._problem, self._loop, self._inside = problem, loop, inside
        net = self._net = Net(layers_of(problem.network))
        step = _train_step(problem.optimizer, net)
        same = problem.y is problem.x

        def steps(state: Any, x: Any, y: Any, count: Any) -> Any:
            return lax.fori_loop(
                0, count, lambda i, s: step(s, x[i % x.shape[0]], y[i % x.shape[0]]), state
            )

        def epoch(state: Any, x: Any, y: Any, order: Any) -> Any:
            x, y = (a.reshape(-1, a.shape[-1]) for a in (x, y))
            order = jax.random.permutation(order, len(x)) if inside else order
            shape = (-1, problem.batch, x.shape[1])
            xs = x[order].reshape(shape)
            pairs = (xs, xs if same else y[order].reshape(*shape[:2], -1))
            state, _ = lax.scan(lambda s, pair: (step(s, *pair), None), state, pairs)
            return state, jnp.mean(jnp.square(net(state[0], x) - y))

        self._steps = jax.jit(steps, donate_argnums=0)
        self._step = jax.jit(step, donate_argnums=0)
        self._epoch = jax.jit(epoch, donate_argnums=0)
        self.reset()

    def reset(self) -> None:
        """Back to the initial parameters."""
        parameters = jax.tree.map(jnp.array, self._net.values)
        is_adam = isinstance(self._problem.optimizer, lso.Adam)
        self._state: Any = (parameters, moments_of(parameters)) if is_adam else (parameters,)

    def load(self, x: Float32Array, y: Float32Array) -> Any:
        """(n_batches, batch, width) on the device, and the minibatches as arrays of their own."""
        n = len(x) // self._problem.batch
        xs, ys = (jnp.asarray(a.reshape(n, -1, a.shape[1])) for a in (x, y))
        return xs, ys, [] if self._loop else list(zip(list(xs), list(ys), strict=True))

    def steps(self, data: Any, count: int) -> None:
        """``count`` minibatch steps."""
        xs, ys, batches = data
        if self._loop:
            self._state = self._steps(self._state, xs, ys, count)
        else:
            for step in range(count):
                self._state = self._step(self._state, *batches[step % len(batches)])
        jax.block_until_ready(self._state)

    def epochs(self, data: Any, count: int) -> float:
        """``count`` passes, each shuffled and scored in one call."""
        random, key, mse = np.random.default_rng(3), jax.random.key(3), jnp.float32(0)
        n = len(self._problem.x)
        for epoch in range(count):
            order = random.permutation(n).astype(np.int32) if not self._inside else None
            drawn = jax.random.fold_in(key, epoch) if order is None else order
            self._state, mse = self._epoch(self._state, *data[:2], drawn)
        return float(mse)

    def parameters(self) -> Float32Array:
        """Flat."""
        return np.asarray(flat(self._state[0]))


class JaxSide:
    """JAX."""

    name = "jax"
    version = str(jax.__version__)

    def descents(self, problem: Descent) -> Mapping[str, Run]:
        """Each step, unless best points are asked for, the whole loop, and that tile by tile where starts are many."""
        step = descent_step(problem)
        ends, n = ends_of(problem), len(problem.starts)
        single = jax.jit(lambda x, e: step(x, e)[0], donate_argnums=0)

        def plain(x: Any, e: Any, count: Any) -> Any:
            return lax.fori_loop(0, count, lambda _, v: step(v, e)[0], x)

        iterate = best_of(problem) if problem.best else plain
        loop = jax.jit(iterate, donate_argnums=0)

        def by_steps(iterations: int) -> Float32Array:
            x = jnp.array(problem.starts)
            for _ in range(iterations):
                x = single(x, ends)
            return np.asarray(x)

        def by_loop(iterations: int) -> Float32Array:
            return np.asarray(loop(jnp.array(problem.starts), ends, iterations))

        runs: dict[str, Run] = {} if problem.best else {STEP: by_steps}
        runs[LOOP] = by_loop
        for tile in (size for size in TILES if n >= 2 * size and n % size == 0):
            runs[f"{TILED} {tile}"] = _by_tiles(iterate, problem, tile)
        return runs

    def trainers(self, problem: Training) -> Mapping[str, Trainer]:
        """Each step and the whole loop."""
        return {
            STEP: JaxTrainer(problem, loop=False),
            LOOP: JaxTrainer(problem, loop=True),
        }

    def epoch_trainers(self, problem: Training) -> Mapping[str, Trainer]:
        """An epoch under ``jit``, its order from NumPy or drawn inside."""
        return {
            LOOP: JaxTrainer(problem, loop=True),
            INSIDE: JaxTrainer(problem, loop=True, inside=True),
        }

    def answers(self, problem: Answer) -> Mapping[str, Solve]:
        """As ``jax_answers`` has them."""
        return jax_answers.answers(problem)

    def vaes(self, lesson: VaeLesson) -> Mapping[str, Student]:
        """Whole epochs under ``jit``."""
        return {LOOP: jax_lessons.vae(lesson)}

    def gans(self, lesson: GanLesson) -> Mapping[str, Student]:
        """Whole epochs under ``jit``."""
        return {LOOP: jax_lessons.gan(lesson)}


def _by_tiles(iterate: Callable[..., Any], problem: Descent, tile: int) -> Run:
    shape = (len(problem.starts) // tile, tile, -1)
    ends = jax.tree.map(lambda a: a.reshape(shape), ends_of(problem))

    def tiles(x: Any, t: Any, count: Any) -> Any:
        return lax.map(lambda pair: iterate(*pair, count), (x, t))

    compiled = jax.jit(tiles)

    def run(iterations: int) -> Float32Array:
        x = compiled(jnp.asarray(problem.starts.reshape(shape)), ends, iterations)
        return np.asarray(x).reshape(problem.starts.shape)

    return run


def _train_step(optimizer: Any, net: Net) -> Callable[[Any, Any, Any], Any]:
    def error(parameters: Any, x: Any, y: Any) -> Any:
        return jnp.square(net(parameters, x) - y).sum() / x.shape[0]

    def descend(state: Any, x: Any, y: Any) -> Any:
        loss, gradient = jax.value_and_grad(error)(state[0], x, y)
        norm = sum(jnp.square(g).sum() for g in jax.tree.leaves(gradient))
        scale = optimizer.desired_change * loss / norm
        return (jax.tree.map(lambda p, g: p + scale * g, state[0], gradient),)

    def by_adam(state: Any, x: Any, y: Any) -> Any:
        parameters, moments = state
        return adam(optimizer, parameters, moments, jax.grad(error)(parameters, x, y))

    return by_adam if isinstance(optimizer, lso.Adam) else descend

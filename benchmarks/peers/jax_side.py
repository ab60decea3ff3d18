"""JAX as its best user writes it: each step under ``jit``, the whole loop under ``jit``, and tiled by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import lso_native as lso
import numpy as np
from jax import lax
from lso_native._typing import BoolArray, Float32Array

from benchmarks.peers.base import Run, Solve, Trainer
from benchmarks.problems import Answer, Descent, Layers, Training, layers_of

STEP, LOOP, TILED = "jax step", "jax loop", "jax tiled"
TILES = (100, 500)  # starts whose values stay in cache
CHUNK = 20  # iterations between two looks at who is done
LEAST_ROWS = 16  # below this compacting costs more than it saves


def side(name: str, threads: int | None) -> JaxSide:  # noqa: ARG001 - set by the environment
    """JAX on the CPU."""
    return JaxSide()


class JaxTrainer:
    """``jit`` of a step, or of any number of them in a loop."""

    def __init__(self, problem: Training, *, loop: bool) -> None:
        self._problem, self._loop = problem, loop
        self._initial = _pytree(layers_of(problem.network))
        step = _train_step(problem.optimizer)

        def steps(state: Any, x: Any, y: Any, count: Any) -> Any:
            return lax.fori_loop(
                0, count, lambda i, s: step(s, x[i % x.shape[0]], y[i % x.shape[0]]), state
            )

        self._steps = jax.jit(steps, donate_argnums=0)
        self._step = jax.jit(step, donate_argnums=0)
        self._mse = jax.jit(
            lambda p, x, y: jnp.mean(
                jnp.square(_forward(p, x.reshape(-1, x.shape[-1])) - y.reshape(-1, y.shape[-1]))
            )
        )
        self.reset()

    def reset(self) -> None:
        """Back to the initial parameters."""
        parameters = jax.tree.map(jnp.array, self._initial)
        moments = [jax.tree.map(jnp.zeros_like, parameters) for _ in range(2)]
        adam = isinstance(self._problem.optimizer, lso.Adam)
        self._state: Any = (parameters, *moments, jnp.float32(0)) if adam else (parameters,)

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

    def mse(self, data: Any) -> float:
        """Mean over samples and outputs."""
        return float(self._mse(self._state[0], data[0], data[1]))

    def parameters(self) -> Float32Array:
        """Flat."""
        return np.concatenate([np.asarray(v).ravel() for v in jax.tree.leaves(self._state[0])])


class JaxSide:
    """JAX."""

    name = "jax"
    version = str(jax.__version__)

    def descents(self, problem: Descent) -> Mapping[str, Run]:
        """Each step, the whole loop, and the whole loop tile by tile where there are many starts."""
        step = _descent_step(problem)
        targets, n = jnp.asarray(problem.targets), len(problem.starts)
        single = jax.jit(lambda x, t: step(x, t)[0], donate_argnums=0)

        def iterate(x: Any, t: Any, count: Any) -> Any:
            return lax.fori_loop(0, count, lambda _, v: step(v, t)[0], x)

        loop = jax.jit(iterate, donate_argnums=0)

        def by_steps(iterations: int) -> Float32Array:
            x = jnp.array(problem.starts)
            for _ in range(iterations):
                x = single(x, targets)
            return np.asarray(x)

        def by_loop(iterations: int) -> Float32Array:
            return np.asarray(loop(jnp.array(problem.starts), targets, iterations))

        runs: dict[str, Run] = {STEP: by_steps, LOOP: by_loop}
        for tile in (size for size in TILES if n >= 2 * size and n % size == 0):
            runs[f"{TILED} {tile}"] = _by_tiles(iterate, problem, tile)
        return runs

    def trainers(self, problem: Training) -> Mapping[str, Trainer]:
        """Each step and the whole loop."""
        return {STEP: JaxTrainer(problem, loop=False), LOOP: JaxTrainer(problem, loop=True)}

    def answers(self, problem: Answer) -> Mapping[str, Solve]:
        """One loop until all are done, and chunks of a loop with those that are done taken out."""
        state = _answer_step(problem)
        descent = problem.descent
        n = len(descent.starts)

        def whole(x: Any, targets: Any) -> Any:
            empty = jnp.zeros(n, bool)
            carry = lax.while_loop(
                lambda c: (c[0] <= problem.max_iterations) & ~c[3].all(),
                lambda c: state(c, targets),
                (jnp.int32(0), x, empty, empty),
            )
            return carry[2]

        def chunk(carry: Any, targets: Any, count: Any) -> Any:
            return lax.fori_loop(0, count, lambda _, c: state(c, targets), carry)

        whole_loop, chunk_loop = jax.jit(whole), jax.jit(chunk)

        def by_whole() -> BoolArray:
            return np.asarray(whole_loop(descent.starts, descent.targets))

        return {LOOP: by_whole, "jax chunks": lambda: _by_chunks(problem, chunk_loop)}


def _by_tiles(iterate: Callable[..., Any], problem: Descent, tile: int) -> Run:
    shape = (len(problem.starts) // tile, tile, -1)
    targets = jnp.asarray(problem.targets.reshape(shape))

    def tiles(x: Any, t: Any, count: Any) -> Any:
        return lax.map(lambda pair: iterate(*pair, count), (x, t))

    compiled = jax.jit(tiles)

    def run(iterations: int) -> Float32Array:
        x = compiled(jnp.asarray(problem.starts.reshape(shape)), targets, iterations)
        return np.asarray(x).reshape(problem.starts.shape)

    return run


def _by_chunks(problem: Answer, chunk: Callable[..., Any]) -> BoolArray:
    descent = problem.descent
    x, targets = descent.starts, descent.targets
    rows, success = np.arange(len(x)), np.zeros(len(x), np.bool_)
    done = np.zeros(len(x), np.bool_)
    iteration = 0
    while iteration <= problem.max_iterations:
        count = min(CHUNK, problem.max_iterations + 1 - iteration)
        carry = (np.int32(iteration), x, np.zeros(len(x), np.bool_), done)
        _, x, converged, done = (np.asarray(a) for a in chunk(carry, targets, count))
        success[rows[converged]] = True
        iteration += count
        left = int((~done).sum())
        if left == 0:
            break
        # Sizes are halves of the whole, so that few are ever compiled; the done fill them up.
        size = len(x)
        while size // 2 >= max(left, LEAST_ROWS):
            size //= 2
        keep = np.argsort(done, kind="stable")[:size]
        x, targets, rows, done = x[keep], targets[keep], rows[keep], done[keep]
    return success


def _answer_step(problem: Answer) -> Callable[[Any, Any], Any]:
    """(iteration, x, success, done) after one more look and step."""
    step = _descent_step(problem.descent)
    limit = problem.mse * problem.descent.targets.shape[1]

    def advance(carry: Any, targets: Any) -> Any:
        iteration, x, success, done = carry
        moved, errors = step(x, targets)
        moved = jnp.clip(moved, 0.0, 1.0)
        converged = ~done & (errors <= limit)
        stuck = (moved == x).all(1) | ~jnp.isfinite(moved).all(1)
        done = done | converged | stuck
        x = jnp.where(done[:, None], x, moved)
        return iteration + 1, x, success | converged, done

    return advance


def _descent_step(problem: Descent) -> Callable[[Any, Any], tuple[Any, Any]]:
    """x after a step, and the errors before it."""
    layers = _pytree(layers_of(problem.model))

    def total(x: Any, targets: Any) -> Any:
        errors = jnp.square(_forward(layers, x) - targets).sum(1)
        return errors.sum(), errors

    def step(x: Any, targets: Any) -> tuple[Any, Any]:
        gradient, errors = jax.grad(total, has_aux=True)(x, targets)
        scale = problem.change * errors / jnp.square(gradient).sum(1)
        return x + gradient * scale[:, None], errors

    return step


def _train_step(optimizer: Any) -> Callable[[Any, Any, Any], Any]:
    def error(parameters: Any, x: Any, y: Any) -> Any:
        return jnp.square(_forward(parameters, x) - y).sum() / x.shape[0]

    def descend(state: Any, x: Any, y: Any) -> Any:
        loss, gradient = jax.value_and_grad(error)(state[0], x, y)
        norm = sum(jnp.square(g).sum() for g in jax.tree.leaves(gradient))
        scale = optimizer.desired_change * loss / norm
        return (jax.tree.map(lambda p, g: p + scale * g, state[0], gradient),)

    def adam(state: Any, x: Any, y: Any) -> Any:
        parameters, mean, square, count = state
        gradient, count = jax.grad(error)(parameters, x, y), count + 1
        b1, b2 = optimizer.beta1, optimizer.beta2
        mean = jax.tree.map(lambda m, g: b1 * m + (1 - b1) * g, mean, gradient)
        square = jax.tree.map(lambda v, g: b2 * v + (1 - b2) * g * g, square, gradient)
        rate = optimizer.learning_rate / (1 - b1**count)
        root = 1 / jnp.sqrt(1 - b2**count)
        moved = jax.tree.map(
            lambda p, m, v: p - rate * m / (jnp.sqrt(v) * root + optimizer.epsilon),
            parameters,
            mean,
            square,
        )
        return moved, mean, square, count

    return adam if isinstance(optimizer, lso.Adam) else descend


def _pytree(layers: Layers) -> Any:
    return [tuple(_array(a) for a in (layer.before, layer.weight, layer.bias)) for layer in layers]


def _array(values: Float32Array | None) -> Any:
    return None if values is None else jnp.asarray(values)


def _forward(layers: Any, x: Any) -> Any:
    for before, weight, bias in layers:
        z = (x if before is None else x + before) @ weight.T
        x = jax.nn.sigmoid(z if bias is None else z + bias)
    return x

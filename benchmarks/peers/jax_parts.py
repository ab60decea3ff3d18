"""What JAX's loops are put together from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import lso_native as lso
from jax import lax

from benchmarks.problems import Descent, Layers, layers_of


class Net:
    """A forward pass; the parameters are an argument, ``values`` the initial ones."""

    def __init__(self, layers: Layers) -> None:
        self.values = [
            tuple(
                None if a is None else jnp.asarray(a) for a in (each.before, each.weight, each.bias)
            )
            for each in layers
        ]
        self._activations = [activation(each.activation) for each in layers]

    def __call__(self, values: Any, x: Any) -> Any:
        """Outputs (n, n_outputs)."""
        for (before, weight, bias), activate in zip(values, self._activations, strict=True):
            z = (x if before is None else x + before) @ weight.T
            x = activate(z if bias is None else z + bias)
        return x


def activation(name: str) -> Callable[[Any], Any]:
    """By the engine's name of it."""
    kind, _, size = name.rstrip(")").partition("(")
    if kind == "log_softmax":
        return lambda z: jax.nn.log_softmax(z.reshape(len(z), -1, int(size))).reshape(z.shape)
    named: dict[str, Callable[[Any], Any]] = {
        "sigmoid": jax.nn.sigmoid,
        "relu": jax.nn.relu,
        "leaky_relu": lambda z: jnp.where(z < 0, 0.01 * z, z),
        "linear": lambda z: z,
    }
    return named[kind]


def ends_of(problem: Descent) -> Any:
    """What the branches ask for, each (n, ...), for a step's ``ends``."""
    return [
        (jnp.asarray(b.low), None if b.high is None else jnp.asarray(b.high))
        for b in problem.branches
    ]


def errors_of(problem: Descent) -> Callable[[Any, Any], Any]:
    """The errors (n,) at x."""
    trunk = Net(layers_of(problem.trunk))
    heads = [Net(layers_of(branch.head)) for branch in problem.branches]

    def look(x: Any, ends: Any) -> Any:
        sample, errors = trunk(trunk.values, x), jnp.float32(0)
        for head, (low, high) in zip(heads, ends, strict=True):
            y = head(head.values, sample)
            miss = y - (low if high is None else jnp.clip(y, low, high))
            errors += jnp.square(miss).sum(1)
        return errors

    return look


def descent_step(problem: Descent) -> Callable[[Any, Any], tuple[Any, Any]]:
    """x after a step, and the errors before it."""
    look = errors_of(problem)

    def total(x: Any, ends: Any) -> Any:
        errors = look(x, ends)
        return errors.sum(), errors

    def step(x: Any, ends: Any) -> tuple[Any, Any]:
        gradient, errors = jax.grad(total, has_aux=True)(x, ends)
        scale = problem.change * errors / jnp.square(gradient).sum(1)
        return x + gradient * scale[:, None], errors

    return step


def best_of(problem: Descent) -> Callable[[Any, Any, Any], Any]:
    """The best points after so many steps from x: (x, ends, count)."""
    look, step = errors_of(problem), descent_step(problem)

    def better(x: Any, errors: Any, best: Any, lowest: Any) -> Any:
        found = errors < lowest
        return jnp.where(found[:, None], x, best), jnp.where(found, errors, lowest)

    def iterate(x: Any, ends: Any, count: Any) -> Any:
        def body(_: Any, carry: Any) -> Any:
            moved, errors = step(carry[0], ends)
            return moved, *better(carry[0], errors, *carry[1:])

        x, *best = lax.fori_loop(0, count, body, (x, x, jnp.full(len(x), jnp.inf)))
        return better(x, look(x, ends), *best)[0]

    return iterate


def moments_of(values: Any) -> Any:
    """What Adam begins with: means, squares, and how many steps there were."""
    return (*(jax.tree.map(jnp.zeros_like, values) for _ in range(2)), jnp.float32(0))


def adam(optimizer: lso.Adam, values: Any, moments: Any, gradient: Any) -> tuple[Any, Any]:
    """Values and moments after a step."""
    mean, square, count = moments
    count = count + 1
    b1, b2 = optimizer.beta1, optimizer.beta2
    mean = jax.tree.map(lambda m, g: b1 * m + (1 - b1) * g, mean, gradient)
    square = jax.tree.map(lambda v, g: b2 * v + (1 - b2) * g * g, square, gradient)
    rate = optimizer.learning_rate / (1 - b1**count)
    root = 1 / jnp.sqrt(1 - b2**count)
    moved = jax.tree.map(
        lambda p, m, v: p - rate * m / (jnp.sqrt(v) * root + optimizer.epsilon),
        values,
        mean,
        square,
    )
    return moved, (mean, square, count)


def flat(values: Sequence[Any]) -> Any:
    """All in one, in the engine's order."""
    return jnp.concatenate([jnp.ravel(each) for each in jax.tree.leaves(values)])

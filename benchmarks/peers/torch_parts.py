"""What PyTorch's loops are put together from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import lso_native as lso
import numpy as np
import torch
from lso_native._typing import Float32Array
from torch.nn import functional

from benchmarks.problems import Descent, Layers, layers_of

Wrap = Callable[[Any], Any]
"""What a function is put through: nothing, or ``torch.compile``."""


class Net:
    """A forward pass and its parameters."""

    def __init__(self, layers: Layers, *, trained: bool = False) -> None:
        self._layers = [
            [None if a is None else torch.tensor(a) for a in (each.before, each.weight, each.bias)]
            for each in layers
        ]
        self._activations = [activation(each.activation) for each in layers]
        self.values = [t for layer in self._layers for t in layer if t is not None]
        self._initial = [value.clone() for value in self.values]
        for value in self.values:
            value.requires_grad_(trained)

    def __call__(self, x: Any) -> Any:
        """Outputs (n, n_outputs)."""
        for (before, weight, bias), activate in zip(self._layers, self._activations, strict=True):
            v = x if before is None else x + before
            x = activate(functional.linear(v, weight, bias))
        return x

    def reset(self) -> None:
        """Back to the initial parameters."""
        with torch.no_grad():
            for value, initial in zip(self.values, self._initial, strict=True):
                value.copy_(initial)


def activation(name: str) -> Callable[[Any], Any]:
    """By the engine's name of it."""
    kind, _, size = name.rstrip(")").partition("(")
    if kind == "log_softmax":
        return lambda z: z.unflatten(1, (-1, int(size))).log_softmax(2).flatten(1)
    named: dict[str, Callable[[Any], Any]] = {
        "sigmoid": torch.sigmoid,
        "relu": torch.relu,
        "leaky_relu": functional.leaky_relu,
        "linear": lambda z: z,
    }
    return named[kind]


def adam(optimizer: lso.Adam, values: list[Any]) -> torch.optim.Adam:
    """PyTorch's own, fused."""
    betas = (optimizer.beta1, optimizer.beta2)
    rate, epsilon = optimizer.learning_rate, optimizer.epsilon
    return torch.optim.Adam(values, lr=rate, betas=betas, eps=epsilon, fused=True)


def minibatches(n: int, batch: int, generator: torch.Generator, *parts: Any) -> Iterator[list[Any]]:
    """Rows of ``parts`` in an order drawn anew."""
    for rows in torch.randperm(n, generator=generator).split(batch):
        yield [part[rows] for part in parts]


def flat(values: list[Any]) -> Float32Array:
    """All in one, in the engine's order."""
    return np.concatenate([value.detach().numpy().ravel() for value in values])


def ends_of(problem: Descent) -> list[tuple[Any, Any]]:
    """What the branches ask for, each (n, ...), for a step's ``ends``."""

    def tensor(array: Float32Array | None) -> Any:
        return None if array is None else torch.from_numpy(array)

    return [(tensor(branch.low), tensor(branch.high)) for branch in problem.branches]


def errors_of(problem: Descent) -> Callable[[Any, Any], Any]:
    """The errors (n,) at x."""
    trunk = Net(layers_of(problem.trunk))
    heads = [Net(layers_of(branch.head)) for branch in problem.branches]

    def error(x: Any, ends: Any) -> Any:
        sample, errors = trunk(x), []
        for head, (low, high) in zip(heads, ends, strict=True):
            y = head(sample)
            errors.append((y - (low if high is None else y.clamp(low, high))).square().sum(1))
        return errors[0] if len(errors) == 1 else sum(errors)

    return error


def descent_step(problem: Descent, wrap: Wrap) -> Callable[[Any, Any], tuple[Any, Any]]:
    """The steps (n, n_inputs) and errors (n,) at x."""

    def scaled(gradient: Any, errors: Any) -> Any:
        return gradient * (problem.change * errors / gradient.square().sum(1))[:, None]

    error, scaled = wrap(errors_of(problem)), wrap(scaled)

    def step(x: Any, ends: Any) -> tuple[Any, Any]:
        x = x.detach().requires_grad_(True)
        errors = error(x, ends)
        (gradient,) = torch.autograd.grad(errors.sum(), x)
        with torch.no_grad():
            errors = errors.detach()
            return scaled(gradient, errors), errors

    return step

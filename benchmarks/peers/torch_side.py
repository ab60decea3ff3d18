"""PyTorch as its user writes it: derivatives by autograd; eager, and the same under ``torch.compile``."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import lso_native as lso
import numpy as np
import torch
from lso_native._typing import BoolArray, Float32Array

from benchmarks.peers.base import Run, Solve, Trainer
from benchmarks.problems import Answer, Descent, Layers, Training, layers_of

EAGER, COMPILED = "torch eager", "torch compile"


def side(name: str, threads: int | None) -> TorchSide:
    """PyTorch, compiled where the name asks for it. None: as many threads as it takes by itself."""
    if threads is not None:
        torch.set_num_threads(threads)
    compiled = name == "torch-compile"
    if compiled:
        _try_compiler()
    return TorchSide(compiled=compiled)


def _try_compiler() -> None:
    try:
        torch.compile(lambda x: torch.sigmoid(x).sum())(torch.ones(8))
    except Exception as error:
        reason = str(error).strip().partition("\n")[0]
        raise ImportError(f"torch.compile: {reason}") from error


class TorchTrainer:
    """Autograd and a fused optimizer."""

    def __init__(self, problem: Training, wrap: Callable[[Any], Any]) -> None:
        self._problem = problem
        self._layers = _tensors(layers_of(problem.network))
        self._values = [t for layer in self._layers for t in layer if t is not None]
        self._initial = [t.clone() for t in self._values]
        for value in self._values:
            value.requires_grad_(True)

        def error(x: Any, y: Any) -> Any:
            return (_forward(self._layers, x) - y).square().sum() / len(x)

        def descend(values: Any, gradients: Any, loss: Any, change: float) -> None:
            norm = sum(g.square().sum() for g in gradients)
            torch._foreach_mul_(gradients, change * loss / norm)
            torch._foreach_add_(values, gradients)

        self._error = wrap(error)
        self._descend = descend
        self._adam: Any = None
        self.reset()

    def reset(self) -> None:
        """Back to the initial parameters."""
        with torch.no_grad():
            for value, initial in zip(self._values, self._initial, strict=True):
                value.copy_(initial)
        adam = self._problem.optimizer
        if isinstance(adam, lso.Adam):
            betas = (adam.beta1, adam.beta2)
            self._adam = torch.optim.Adam(
                self._values, lr=adam.learning_rate, betas=betas, eps=adam.epsilon, fused=True
            )

    def load(self, x: Float32Array, y: Float32Array) -> Any:
        """Tensors of the minibatches and of all."""
        xs, ys = torch.from_numpy(x), torch.from_numpy(y)
        batch = self._problem.batch
        return list(zip(xs.split(batch), ys.split(batch), strict=True)), xs, ys

    def steps(self, data: Any, count: int) -> None:
        """``count`` minibatch steps."""
        for step in range(count):
            x, y = data[0][step % len(data[0])]
            if self._adam is not None:
                self._adam.zero_grad(set_to_none=True)
                self._error(x, y).backward()
                self._adam.step()
                continue
            loss = self._error(x, y)
            gradients = torch.autograd.grad(loss, self._values)
            with torch.no_grad():
                self._descend(self._values, gradients, loss, self._change())

    def mse(self, data: Any) -> float:
        """Mean over samples and outputs."""
        with torch.no_grad():
            return float((_forward(self._layers, data[1]) - data[2]).square().mean())

    def parameters(self) -> Float32Array:
        """Flat."""
        return np.concatenate([v.detach().numpy().ravel() for v in self._values])

    def _change(self) -> float:
        optimizer = self._problem.optimizer
        if not isinstance(optimizer, lso.NormalizedGradientDescent):
            raise TypeError("optimizer: expected NormalizedGradientDescent")
        return optimizer.desired_change


class TorchSide:
    """PyTorch."""

    version = str(torch.__version__)

    def __init__(self, *, compiled: bool) -> None:
        self.name = COMPILED if compiled else EAGER
        self._compiled = compiled

    def descents(self, problem: Descent) -> Mapping[str, Run]:
        """One loop."""
        step = _stepper(problem, self._wrapper())
        targets = torch.from_numpy(problem.targets)

        def run(iterations: int) -> Float32Array:
            x = torch.from_numpy(problem.starts.copy())
            for _ in range(iterations):
                x = x + step(x, targets)[0]
            return np.asarray(x.numpy(), np.float32)

        return {self.name: run}

    def trainers(self, problem: Training) -> Mapping[str, Trainer]:
        """One way."""
        return {self.name: TorchTrainer(problem, self._wrapper())}

    def answers(self, problem: Answer) -> Mapping[str, Solve]:
        """A loop over those that are not done; eager alone, since their number changes at every step."""
        if self._compiled:
            return {}
        return {self.name: lambda: _solve(problem, _stepper(problem.descent, _as_is))}

    def _wrapper(self) -> Callable[[Any], Any]:
        """What a function is put through. The problem before is forgotten: of the same code torch compiles
        only so many cases, then runs it eagerly."""
        if not self._compiled:
            return _as_is
        torch.compiler.reset()
        return functools.partial(torch.compile, dynamic=False)


def _as_is(function: Any) -> Any:
    return function


def _stepper(problem: Descent, wrap: Callable[[Any], Any]) -> Callable[[Any, Any], tuple[Any, Any]]:
    """The steps (n, n_inputs) and errors (n,) at x."""
    layers, change = _tensors(layers_of(problem.model)), problem.change

    def error(x: Any, targets: Any) -> Any:
        return (_forward(layers, x) - targets).square().sum(1)

    def scaled(gradient: Any, errors: Any) -> Any:
        return gradient * (change * errors / gradient.square().sum(1))[:, None]

    error, scaled = wrap(error), wrap(scaled)

    def step(x: Any, targets: Any) -> tuple[Any, Any]:
        x = x.detach().requires_grad_(True)
        errors = error(x, targets)
        (gradient,) = torch.autograd.grad(errors.sum(), x)
        with torch.no_grad():
            errors = errors.detach()
            return scaled(gradient, errors), errors

    return step


def _solve(problem: Answer, step: Callable[[Any, Any], tuple[Any, Any]]) -> BoolArray:
    descent = problem.descent
    x, targets = torch.from_numpy(descent.starts.copy()), torch.from_numpy(descent.targets)
    rows, success = torch.arange(len(x)), torch.zeros(len(x), dtype=torch.bool)
    limit = problem.mse * targets.shape[1]
    for iteration in range(problem.max_iterations + 1):
        change, errors = step(x, targets)
        converged = errors <= limit
        success[rows[converged]] = True
        if iteration == problem.max_iterations:
            break
        moved = (x + change).clamp_(0.0, 1.0)
        going = ~converged & (moved != x).any(1) & moved.isfinite().all(1)
        left = int(going.sum())
        if left == 0:
            break
        if left < len(x):
            moved, targets, rows = moved[going], targets[going], rows[going]
        x = moved
    return np.asarray(success.numpy())


def _tensors(layers: Layers) -> list[tuple[Any, Any, Any]]:
    def tensor(array: Float32Array | None) -> Any:
        return None if array is None else torch.tensor(array)

    return [(tensor(layer.before), tensor(layer.weight), tensor(layer.bias)) for layer in layers]


def _forward(layers: list[tuple[Any, Any, Any]], x: Any) -> Any:
    for before, weight, bias in layers:
        v = x if before is None else x + before
        x = torch.sigmoid(torch.nn.functional.linear(v, weight, bias))
    return x

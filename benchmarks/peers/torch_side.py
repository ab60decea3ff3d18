"""PyTorch as its user writes it: derivatives by autograd; eager, and the same under ``torch.compile``."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import lso_native as lso
import numpy as np
import torch
from lso_native._typing import Float32Array

from benchmarks.lessons import GanLesson, VaeLesson
from benchmarks.peers import torch_lessons
from benchmarks.peers.base import Run, Solve, Student, Trainer
from benchmarks.peers.torch_parts import (
    Net,
    Wrap,
    adam,
    descent_step,
    ends_of,
    errors_of,
    flat,
    minibatches,
)
from benchmarks.problems import Answer, Descent, Training, layers_of

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

    def __init__(self, problem: Training, wrap: Wrap) -> None:
        self._problem, self._net = problem, Net(layers_of(problem.network), trained=True)

        def error(x: Any, y: Any) -> Any:
            return (self._net(x) - y).square().sum() / len(x)

        self._error = wrap(error)
        self._adam: Any = None
        self.reset()

    def reset(self) -> None:
        """Back to the initial parameters."""
        self._net.reset()
        optimizer = self._problem.optimizer
        if isinstance(optimizer, lso.Adam):
            self._adam = adam(optimizer, self._net.values)

    def load(self, x: Float32Array, y: Float32Array) -> Any:
        """Tensors of the minibatches and of all."""
        xs = torch.from_numpy(x)
        ys = xs if y is x else torch.from_numpy(y)
        batch = self._problem.batch
        return list(zip(xs.split(batch), ys.split(batch), strict=True)), xs, ys

    def steps(self, data: Any, count: int) -> None:
        """``count`` minibatch steps."""
        for step in range(count):
            self._step(*data[0][step % len(data[0])])

    def epochs(self, data: Any, count: int) -> float:
        """``count`` passes; an autoencoder's targets are its inputs."""
        _, x, y = data
        random, mse = torch.Generator().manual_seed(3), 0.0
        parts = (x,) if x is y else (x, y)
        for _ in range(count):
            for rows in minibatches(len(x), self._problem.batch, random, *parts):
                self._step(rows[0], rows[-1])
            with torch.no_grad():
                mse = float((self._net(x) - y).square().mean())
        return mse

    def parameters(self) -> Float32Array:
        """Flat."""
        return flat(self._net.values)

    def _step(self, x: Any, y: Any) -> None:
        if self._adam is not None:
            self._adam.zero_grad(set_to_none=True)
            self._error(x, y).backward()
            self._adam.step()
            return
        loss = self._error(x, y)
        gradients = torch.autograd.grad(loss, self._net.values)
        with torch.no_grad():
            self._descend(gradients, loss)

    def _descend(self, gradients: Any, loss: Any) -> None:
        optimizer = self._problem.optimizer
        if not isinstance(optimizer, lso.NormalizedGradientDescent):
            raise TypeError("optimizer: expected NormalizedGradientDescent")
        norm = torch.stack(torch._foreach_norm(gradients)).square().sum()
        scale = float(optimizer.desired_change * loss / norm)
        torch._foreach_add_(self._net.values, gradients, alpha=scale)


class TorchSide:
    """PyTorch."""

    version = str(torch.__version__)

    def __init__(self, *, compiled: bool) -> None:
        self.name = COMPILED if compiled else EAGER
        self._compiled = compiled

    def descents(self, problem: Descent) -> Mapping[str, Run]:
        """One loop."""
        step, look = descent_step(problem, self._wrapper()), errors_of(problem)
        ends = ends_of(problem)

        def better(x: Any, errors: Any, best: Any, lowest: Any) -> tuple[Any, Any]:
            found = errors < lowest
            return torch.where(found[:, None], x, best), torch.where(found, errors, lowest)

        def run_to_best(iterations: int) -> Float32Array:
            x = torch.from_numpy(problem.starts.copy())
            best: tuple[Any, Any] = x, torch.full((len(x),), torch.inf)
            for _ in range(iterations):
                change, errors = step(x, ends)
                best = better(x, errors, *best)
                x = x + change
            with torch.no_grad():
                return np.asarray(better(x, look(x, ends), *best)[0].numpy())

        def run(iterations: int) -> Float32Array:
            x = torch.from_numpy(problem.starts.copy())
            for _ in range(iterations):
                x = x + step(x, ends)[0]
            return np.asarray(x.numpy(), np.float32)

        return {self.name: run_to_best if problem.best else run}

    def trainers(self, problem: Training) -> Mapping[str, Trainer]:
        """One way."""
        return {self.name: TorchTrainer(problem, self._wrapper())}

    epoch_trainers = trainers

    def answers(self, problem: Answer) -> Mapping[str, Solve]:
        """A loop over those that are not done; eager alone, since their number changes at every step."""
        return {} if self._compiled else {self.name: lambda: _solve(problem)}

    def vaes(self, lesson: VaeLesson) -> Mapping[str, Student]:
        """One way."""
        return {self.name: torch_lessons.VaeStudent(lesson, self._wrapper())}

    def gans(self, lesson: GanLesson) -> Mapping[str, Student]:
        """One way."""
        return {self.name: torch_lessons.GanStudent(lesson, self._wrapper())}

    def _wrapper(self) -> Wrap:
        """The problem before is forgotten: of the same code torch compiles only so many cases, then runs it eagerly."""
        if not self._compiled:
            return lambda function: function
        torch.compiler.reset()
        return functools.partial(torch.compile, dynamic=False)


def _solve(problem: Answer) -> Float32Array:
    descent = problem.descent
    step = descent_step(descent, lambda function: function)
    x, (target, _) = torch.from_numpy(descent.starts.copy()), ends_of(descent)[0]
    rows, found = torch.arange(len(x)), torch.full_like(x, torch.nan)
    limit = problem.mse * target.shape[1]
    for iteration in range(problem.max_iterations + 1):
        change, errors = step(x, [(target, None)])
        met = errors <= limit
        moved = (x + change).clamp_(0.0, 1.0)
        going = ~met & (moved != x).any(1) & moved.isfinite().all(1)
        left = int(going.sum())
        if left < len(x):
            found[rows[met]] = x[met]
            moved, target, rows = moved[going], target[going], rows[going]
        if left == 0 or iteration == problem.max_iterations:
            break
        x = moved
    return np.asarray(found.numpy())

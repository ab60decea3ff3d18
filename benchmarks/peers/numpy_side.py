"""NumPy with the derivatives written out, on buffers that are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import lso_native as lso
import numpy as np
from lso_native._typing import Float32Array

from benchmarks.lessons import GanLesson, VaeLesson
from benchmarks.peers.base import Run, Solve, Student, Trainer
from benchmarks.problems import Answer, Descent, Layer, Layers, Training, flat, layers_of


def side(name: str, threads: int | None) -> NumpySide:  # noqa: ARG001 - set by the environment
    """NumPy; its threads are those of its BLAS."""
    return NumpySide()


class Passes:
    """Forward and backward of up to ``rows`` samples."""

    def __init__(self, layers: Layers, rows: int) -> None:
        def buffers(axis: int) -> list[Float32Array]:
            return [np.empty((rows, layer.weight.shape[axis]), np.float32) for layer in layers]

        self.layers = layers
        self.values, self.deltas, self.slopes, self.shifted = (
            buffers(0), buffers(0), buffers(0), buffers(1),
        )  # fmt: skip
        self.entered = list(self.shifted)
        self.first = np.empty_like(self.shifted[0])

    def forward(self, x: Float32Array) -> Float32Array:
        """Outputs (n, n_outputs)."""
        n, v = len(x), x
        for i, layer in enumerate(self.layers):
            if layer.before is not None:
                v = np.add(v, layer.before, out=self.shifted[i][:n])
            self.entered[i] = v
            v = np.matmul(v, layer.weight.T, out=self.values[i][:n])
            if layer.bias is not None:
                v += layer.bias
            _sigmoid(v)
        return v

    def backward(self, targets: Float32Array, mean: bool = False) -> Float32Array:
        """Squared errors (n,) of the last forward; fills the deltas, of the errors' mean if asked."""
        n = len(targets)
        delta = np.subtract(self.values[-1][:n], targets, out=self.deltas[-1][:n])
        errors: Float32Array = np.einsum("ij,ij->i", delta, delta)
        delta *= 2.0 / n if mean else 2.0
        for i in range(len(self.layers) - 1, -1, -1):
            if i < len(self.layers) - 1:
                np.matmul(self.deltas[i + 1][:n], self.layers[i + 1].weight, out=self.deltas[i][:n])
            slope = np.subtract(1.0, self.values[i][:n], out=self.slopes[i][:n])
            slope *= self.values[i][:n]
            self.deltas[i][:n] *= slope
        return errors

    def input_gradient(self, n: int) -> Float32Array:
        """dE/dx (n, n_inputs), after ``backward``."""
        return np.matmul(self.deltas[0][:n], self.layers[0].weight, out=self.first[:n])


def _sigmoid(z: Float32Array) -> None:
    np.negative(z, out=z)
    np.exp(z, out=z)
    z += 1.0
    np.reciprocal(z, out=z)


class NumpyTrainer:
    """Training step by step, in place."""

    def __init__(self, problem: Training) -> None:
        self._problem = problem
        self._initial = layers_of(problem.network)
        self._gradients = _like(self._initial)
        self._moments = (_like(self._initial), _like(self._initial))
        self._scratch = _like(self._initial)
        self.reset()

    def reset(self) -> None:
        """Back to the initial parameters."""
        self._layers = tuple(Layer(*map(_copy, _fields(layer))) for layer in self._initial)
        self._passes = Passes(self._layers, self._problem.batch)
        for moment in self._moments:
            for array in _arrays(moment):
                array[:] = 0
        self._step = 0

    def load(self, x: Float32Array, y: Float32Array) -> tuple[Float32Array, Float32Array]:
        """As they are."""
        return x, y

    def steps(self, data: Any, count: int) -> None:
        """``count`` minibatch steps."""
        x, y = data
        batch = self._problem.batch
        move = self._adam if isinstance(self._problem.optimizer, lso.Adam) else self._descend
        with np.errstate(over="ignore"):
            for step in range(count):
                begin = step * batch % len(x)
                error = self._differentiate(x[begin : begin + batch], y[begin : begin + batch])
                move(error)

    def epochs(self, data: Any, count: int) -> float:
        """``count`` passes over rows gathered once for each."""
        x, y = data
        random, mse = np.random.default_rng(3), 0.0
        for _ in range(count):
            order = random.permutation(len(x))
            rows = x[order]
            self.steps((rows, rows if y is x else y[order]), len(x) // self._problem.batch)
            mse = self._mse(x, y)
        return mse

    def _mse(self, x: Float32Array, y: Float32Array) -> float:
        total = 0.0
        for begin in range(0, len(x), self._problem.batch):
            rows = slice(begin, begin + self._problem.batch)
            difference = self._passes.forward(x[rows]) - y[rows]
            total += float(np.vdot(difference, difference))
        return total / int(y.size)

    def parameters(self) -> Float32Array:
        """Flat."""
        return flat(self._layers)

    def _differentiate(self, x: Float32Array, y: Float32Array) -> float:
        passes = self._passes
        passes.forward(x)
        errors = passes.backward(y, mean=True)
        for gradient, delta, v in zip(self._gradients, passes.deltas, passes.entered, strict=True):
            if gradient.before is not None:
                passes.input_gradient(len(x)).sum(axis=0, out=gradient.before)
            np.matmul(delta.T, v, out=gradient.weight)
            if gradient.bias is not None:
                delta.sum(axis=0, out=gradient.bias)
        return float(errors.mean())

    def _descend(self, error: float) -> None:
        optimizer = self._problem.optimizer
        if not isinstance(optimizer, lso.NormalizedGradientDescent):
            raise TypeError("optimizer: expected NormalizedGradientDescent")
        gradients = _arrays(self._gradients)
        norm = sum(float(np.vdot(g, g)) for g in gradients)
        for value, gradient in zip(_arrays(self._layers), gradients, strict=True):
            gradient *= optimizer.desired_change * error / norm
            value += gradient

    def _adam(self, error: float) -> None:  # noqa: ARG002 - one signature for both
        adam = self._problem.optimizer
        if not isinstance(adam, lso.Adam):
            raise TypeError("optimizer: expected Adam")
        self._step += 1
        rate = adam.learning_rate / (1 - adam.beta1**self._step)
        root = (1 - adam.beta2**self._step) ** -0.5
        for value, g, m, v, scratch in zip(
            *map(_arrays, (self._layers, self._gradients, *self._moments, self._scratch)),
            strict=True,
        ):
            m *= adam.beta1
            m += np.multiply(g, 1 - adam.beta1, out=scratch)
            v *= adam.beta2
            np.multiply(g, g, out=g)
            g *= 1 - adam.beta2
            v += g
            np.sqrt(v, out=scratch)
            scratch *= root
            scratch += adam.epsilon
            np.divide(m, scratch, out=scratch)
            scratch *= rate
            value -= scratch


class NumpySide:
    """NumPy."""

    name = "numpy"
    version = np.__version__

    def descents(self, problem: Descent) -> Mapping[str, Run]:
        """One loop to the last points; of sigmoids and one head alone."""
        layers = _chain(problem)
        if (
            problem.best
            or len(problem.branches) > 1
            or any(each.activation != "sigmoid" for each in layers)
        ):
            return {}
        passes, target = Passes(layers, len(problem.starts)), problem.branches[0].low

        def run(iterations: int) -> Float32Array:
            x = problem.starts.copy()
            with np.errstate(all="ignore"):
                for _ in range(iterations):
                    x += _change(passes, x, target, problem.change)[0]
            return x

        return {"numpy": run}

    def trainers(self, problem: Training) -> Mapping[str, Trainer]:
        """One way."""
        return {"numpy": NumpyTrainer(problem)}

    epoch_trainers = trainers

    def answers(self, problem: Answer) -> Mapping[str, Solve]:
        """A loop over those that are not done."""
        passes = Passes(_chain(problem.descent), len(problem.descent.starts))
        return {"numpy": _solve(problem, passes)}

    def vaes(self, lesson: VaeLesson) -> Mapping[str, Student]:  # noqa: ARG002
        """None."""
        return {}

    def gans(self, lesson: GanLesson) -> Mapping[str, Student]:  # noqa: ARG002
        """None."""
        return {}


def _change(
    passes: Passes, x: Float32Array, targets: Float32Array, change: float
) -> tuple[Float32Array, Float32Array]:
    """The steps (n, n_inputs) and the errors (n,)."""
    passes.forward(x)
    errors = passes.backward(targets)
    gradient = passes.input_gradient(len(x))
    scale = change * errors / np.einsum("ij,ij->i", gradient, gradient)
    gradient *= scale[:, None]
    return gradient, errors


def _chain(problem: Descent) -> Layers:
    return layers_of(problem.trunk) + layers_of(problem.branches[0].head)


def _solve(problem: Answer, passes: Passes) -> Solve:
    descent = problem.descent

    def solve() -> Float32Array:
        x, targets = descent.starts.copy(), descent.branches[0].low
        rows, found = np.arange(len(x)), np.full_like(x, np.nan)
        limit = problem.mse * targets.shape[1]
        with np.errstate(all="ignore"):
            for iteration in range(problem.max_iterations + 1):
                step, errors = _change(passes, x, targets, descent.change)
                converged = errors <= limit
                found[rows[converged]] = x[converged]
                if iteration == problem.max_iterations:
                    break
                moved = np.clip(x + step, 0.0, 1.0)
                # NaN is never equal: a lost start goes by its own test.
                going = ~converged & (moved != x).any(axis=1) & np.isfinite(moved).all(axis=1)
                if not going.any():
                    break
                if not going.all():
                    moved, targets, rows = moved[going], targets[going], rows[going]
                x = moved
        return found

    return solve


def _fields(layer: Layer) -> tuple[Float32Array | None, Float32Array, Float32Array | None]:
    return layer.before, layer.weight, layer.bias


def _copy(array: Any) -> Any:
    return None if array is None else array.copy()


def _like(layers: Layers) -> Layers:
    return tuple(
        Layer(*(None if a is None else np.zeros_like(a) for a in _fields(layer)))  # type: ignore[arg-type]
        for layer in layers
    )


def _arrays(layers: Layers) -> list[Float32Array]:
    return [array for layer in layers for array in layer.arrays()]

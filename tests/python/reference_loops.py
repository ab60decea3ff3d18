"""What is built on the paper's algorithms, in NumPy float64: objectives, the optimization of the
input, one start at a time, and minibatch training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from reference import (
    Array,
    Chain,
    Net,
    backpropagate_nodes,
    backpropagate_parameters,
    descend,
    forward,
)

# y (n, n_outputs) -> (E (n,), dE/dy (n, n_outputs))
Objective = Callable[[Array], tuple[Array, Array]]


def squared_error(target: npt.ArrayLike, weights: npt.ArrayLike = 1.0) -> Objective:
    """E = sum of w (y - t)^2, no 1/2. A NaN in the target is an output that does not matter."""
    t = np.asarray(target, dtype=np.float64)
    w = np.where(np.isnan(t), 0.0, weights)
    t = np.where(np.isnan(t), 0.0, t)
    return lambda y: ((w * (y - t) ** 2).sum(axis=1), 2.0 * w * (y - t))


def binary_cross_entropy(target: npt.ArrayLike) -> Objective:
    t = np.asarray(target, dtype=np.float64)
    return lambda y: (
        -(t * np.log(y) + (1.0 - t) * np.log1p(-y)).sum(axis=1),
        (y - t) / (y * (1.0 - y)),
    )


def categorical_cross_entropy(target: npt.ArrayLike) -> Objective:
    t = np.asarray(target, dtype=np.float64)
    return lambda y: (-(t * np.log(y)).sum(axis=1), -t / y)


def interval(low: npt.ArrayLike, high: npt.ArrayLike) -> Objective:
    """E = sum of the squared distances of the outputs from their intervals."""

    below, above = np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)

    def evaluate(y: Array) -> tuple[Array, Array]:
        outside = np.minimum(y - below, 0.0) + np.maximum(y - above, 0.0)
        return (outside**2).sum(axis=1), 2.0 * outside

    return evaluate


@dataclass
class Run:
    """The optimization of one start. `iterations` counts steps; `latent` is the best point."""

    status: str
    latent: Array
    loss: float
    iterations: int
    trajectory: list[Array] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)


def capped(before: Array, after: Array | None, longest: float) -> Array | None:
    """The point that is at most `longest` from `before` on the way to `after`."""
    if after is None or (length := float(np.linalg.norm(after - before))) <= longest:
        return after
    return before + (after - before) * (longest / length)


def optimize_one(
    chain: Chain,
    objective: Objective,
    start: npt.ArrayLike,
    *,
    tolerance: float,
    desired_change: float = -1.0,
    proportional: bool = True,
    max_step: float = np.inf,
    max_iterations: int = 1000,
    bounds: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
) -> Run:
    """Algorithm 3 over and over on the first layer, until E <= `tolerance`.

    A step that vanishes, by itself or because the bounds undo it, is stationary too.
    """
    point = np.array(start, dtype=np.float64)
    run = Run("max_iterations", point, np.inf, 0)
    while True:
        values = forward(chain, point[None])
        errors, output_gradient = objective(values[-1])
        error = float(errors[0])
        run.trajectory.append(point)
        run.losses.append(error)
        if not np.isfinite(error):
            run.status = "diverged"
            return run
        if error < run.loss:
            run.latent, run.loss = point, error
        if error <= tolerance:
            run.status = "converged"
            return run
        if run.iterations == max_iterations:
            return run
        derivatives = backpropagate_nodes(chain, values, output_gradient)[0][0]
        change = desired_change * error if proportional else desired_change
        moved = capped(point, descend(point, derivatives, change), max_step)
        if moved is None or not np.isfinite(moved).all():
            run.status = "stationary" if moved is None else "diverged"
            return run
        if bounds is not None:
            moved = np.clip(moved, *bounds)
        if np.array_equal(moved, point):
            run.status = "stationary"
            return run
        point = moved
        run.iterations += 1


@dataclass
class NormalizedDescent:
    """Algorithm 3 on all parameters that train."""

    desired_change: float = -1.0
    proportional: bool = True
    max_step: float = np.inf

    def step(self, values: Array, derivatives: Array, error: float) -> Array:
        change = self.desired_change * error if self.proportional else self.desired_change
        moved = capped(values, descend(values, derivatives, change), self.max_step)
        return values if moved is None else moved


@dataclass
class Adam:
    """Kingma and Ba 2015, Algorithm 1."""

    learning_rate: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    steps: int = 0
    first: Array | float = 0.0
    second: Array | float = 0.0

    def step(self, values: Array, derivatives: Array, error: float) -> Array:
        del error
        self.steps += 1
        self.first = self.beta1 * self.first + (1.0 - self.beta1) * derivatives
        self.second = self.beta2 * self.second + (1.0 - self.beta2) * derivatives**2
        first = self.first / (1.0 - self.beta1**self.steps)
        second = self.second / (1.0 - self.beta2**self.steps)
        return values - self.learning_rate * first / (np.sqrt(second) + self.epsilon)


def train_step(
    chain: Chain,
    x: Array,
    objective: Objective,
    optimizer: NormalizedDescent | Adam,
    *,
    weight: Array,
    trainable: Sequence[bool],
) -> list[Net]:
    """One step on a minibatch, whose error is the weighted mean of its samples' errors."""
    values = forward(chain, x)
    errors, output_gradient = objective(values[-1])
    share = weight / weight.sum()
    derivatives = backpropagate_nodes(chain, values, output_gradient)
    gradients = backpropagate_parameters(chain, values, derivatives, share)
    learns = [np.full(net.flat.size, t) for net, t in zip(chain, trainable, strict=True)]
    mask = np.concatenate(learns)
    flat = np.concatenate([net.flat for net in chain])
    flat[mask] = optimizer.step(
        flat[mask], np.concatenate(gradients)[mask], float(np.sum(share * errors))
    )
    ends = np.cumsum([net.flat.size for net in chain])[:-1]
    return [net.replace(part) for net, part in zip(chain, np.split(flat, ends), strict=True)]


def train_epochs(
    chain: Chain,
    x: Array,
    y: Array,
    make_objective: Callable[[Array], Objective],
    optimizer: NormalizedDescent | Adam,
    *,
    batch_size: int,
    epochs: int,
    sample_weight: Array | None = None,
    trainable: Sequence[bool] | None = None,
) -> tuple[list[Net], list[float], list[float]]:
    """Minibatches in their order: (the networks, and after each epoch the loss and the MSE)."""
    nets = list(chain)
    weight = np.ones(len(x)) if sample_weight is None else sample_weight
    learns = [True] * len(nets) if trainable is None else trainable
    losses, mses = [], []
    for _ in range(epochs):
        for begin in range(0, len(x), batch_size):
            rows = slice(begin, begin + batch_size)
            nets = train_step(
                nets,
                x[rows],
                make_objective(y[rows]),
                optimizer,
                weight=weight[rows],
                trainable=learns,
            )
        loss, mse = score(nets, x, y, make_objective, weight)
        losses.append(loss)
        mses.append(mse)
    return nets, losses, mses


def score(
    chain: Chain, x: Array, y: Array, make_objective: Callable[[Array], Objective], weight: Array
) -> tuple[float, float]:
    """Weighted means over samples: of E, and of the squared error an output."""
    outputs = forward(chain, x)[-1]
    errors, _ = make_objective(y)(outputs)
    squares = ((outputs - y) ** 2).mean(axis=1)
    return float(np.average(errors, weights=weight)), float(np.average(squares, weights=weight))

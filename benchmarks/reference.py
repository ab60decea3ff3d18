"""Float64 NumPy, written to be read: what every side must agree with."""

from __future__ import annotations

import lso_native as lso
import numpy as np
from numpy.typing import NDArray

from benchmarks.problems import Descent, Layers, Training, flat, layers_of

Wide = NDArray[np.float64]


def descend(problem: Descent, iterations: int) -> tuple[Wide, Wide]:
    """The points (n, n_inputs) after so many iterations, and the best point of each start."""
    layers, x = layers_of(problem.model), problem.starts.astype(np.float64)
    best, lowest = x.copy(), np.full(len(x), np.inf)
    for step in range(iterations + 1):
        values = _forward(layers, x)
        error = np.square(values[-1] - problem.targets).sum(axis=1)
        better = error < lowest
        best[better], lowest[better] = x[better], error[better]
        if step < iterations:
            deltas = _deltas(layers, values, 2 * (values[-1] - problem.targets))
            gradient = deltas[0] @ layers[0].weight
            scale = problem.change * error / np.square(gradient).sum(axis=1)
            x = x + gradient * scale[:, None]
    return x, best


def train(problem: Training, steps: int) -> Wide:
    """The flat parameters after so many minibatches."""
    network, optimizer = problem.network, problem.optimizer
    parameters = network.parameters.astype(np.float64)
    moments = [np.zeros_like(parameters), np.zeros_like(parameters)]
    for step in range(steps):
        rows = (np.arange(problem.batch) + step * problem.batch) % len(problem.x)
        error, gradient = _loss(network, parameters, _wide(problem.x[rows]), _wide(problem.y[rows]))
        if isinstance(optimizer, lso.Adam):
            parameters = parameters + _adam(optimizer, moments, gradient, step + 1)
        else:
            scale = optimizer.desired_change * error / (gradient @ gradient)
            parameters = parameters + gradient * scale
    return parameters


def _loss(network: lso.Network, parameters: Wide, x: Wide, y: Wide) -> tuple[float, Wide]:
    architecture = {**network.architecture(), "dtype": "float64"}
    wide = lso.Network.from_architecture(architecture, parameters)
    layers = _wide_layers(wide)
    values = _forward(layers, x)
    difference = values[-1] - y
    deltas = _deltas(layers, values, 2 * difference / len(x))
    gradient = []
    for i, (layer, delta) in enumerate(zip(layers, deltas, strict=True)):
        entered = values[i] if layer.before is None else values[i] + layer.before
        if layer.before is not None:
            gradient.append((delta @ layer.weight).sum(axis=0))
        gradient.append((delta.T @ entered).ravel())
        if layer.bias is not None:
            gradient.append(delta.sum(axis=0))
    return float(np.square(difference).sum() / len(x)), np.concatenate(gradient)


def _wide(values: NDArray[np.float32]) -> Wide:
    return values.astype(np.float64)


def _wide_layers(network: lso.Network) -> Layers:
    # layers_of rounds biases to float32; differences of 1e-8 are far below what is checked.
    layers = layers_of(network)
    if flat(layers).size != network.n_parameters:
        raise ValueError("reference: expected the layers to hold every parameter")
    return layers


def _adam(optimizer: lso.Adam, moments: list[Wide], gradient: Wide, step: int) -> Wide:
    moments[0] = optimizer.beta1 * moments[0] + (1 - optimizer.beta1) * gradient
    moments[1] = optimizer.beta2 * moments[1] + (1 - optimizer.beta2) * gradient**2
    mean = moments[0] / (1 - optimizer.beta1**step)
    square = moments[1] / (1 - optimizer.beta2**step)
    change: Wide = -optimizer.learning_rate * mean / (np.sqrt(square) + optimizer.epsilon)
    return change


def _forward(layers: Layers, x: Wide) -> list[Wide]:
    """What each layer gives, the input first."""
    values = [x]
    for layer in layers:
        v = values[-1] if layer.before is None else values[-1] + layer.before
        z = v @ layer.weight.T
        values.append(1 / (1 + np.exp(-(z if layer.bias is None else z + layer.bias))))
    return values


def _deltas(layers: Layers, values: list[Wide], output: Wide) -> list[Wide]:
    """dE/d(pre-activation) of each layer, given dE/d(output)."""
    deltas = []
    gradient = output
    for layer, y in zip(layers[::-1], values[:0:-1], strict=True):
        deltas.append(gradient * y * (1 - y))
        gradient = deltas[-1] @ layer.weight
    return deltas[::-1]

"""The paper's three algorithms in NumPy float64, one node at a time, as printed.

One symbol is corrected: Algorithm 2 prints the weight derivative as "M x (derivative of M)"; by the
chain rule it is the value of N that the derivative of M is multiplied by.

A layer's values are an array (n_samples, n_nodes). The loops run over nodes; each statement handles
one node, or one pair of nodes, for all samples together. A chain is a list of networks, each taking
the outputs of the one before it; its layers are counted through all of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

LEAKY_SLOPE = 0.01


@dataclass(frozen=True)
class Layer:
    """`weight` (n_nodes, n_nodes before), none for inputs; `bias` (n_nodes,) or none."""

    size: int
    activation: str = "linear"
    weight: Array | None = None
    bias: Array | None = None

    @property
    def n_parameters(self) -> int:
        return sum(p.size for p in (self.weight, self.bias) if p is not None)


@dataclass(frozen=True)
class Net:
    layers: tuple[Layer, ...]

    @property
    def flat(self) -> Array:
        """Weights, row-major, then the bias, layer after layer."""
        parts = [p.ravel() for a in self.layers for p in (a.weight, a.bias) if p is not None]
        return np.concatenate([np.zeros(0), *parts])

    def replace(self, flat: Array) -> Net:
        return build(
            [layer.size for layer in self.layers],
            [layer.activation for layer in self.layers[1:]],
            [layer.bias is not None for layer in self.layers],
            flat,
        )


Chain = Sequence[Net]


def build(
    sizes: Sequence[int], activations: Sequence[str], bias: Sequence[bool], flat: npt.ArrayLike
) -> Net:
    """A network from its architecture and its flat parameters."""
    rest = np.array(flat, dtype=np.float64)
    layers = []
    for index, size in enumerate(sizes):
        weight = vector = None
        if index > 0:
            weight, rest = np.split(rest, [size * sizes[index - 1]])
            weight = weight.reshape(size, sizes[index - 1])
        if bias[index]:
            vector, rest = np.split(rest, [size])
        activation = "linear" if index == 0 else activations[index - 1]
        layers.append(Layer(size, activation, weight, vector))
    assert rest.size == 0, "as many parameters as the architecture has"
    return Net(tuple(layers))


def from_model(model: Any) -> list[Net]:
    """The chain that a native network or composition stands for."""
    parts = getattr(model, "parts", (model,))
    return [build(p.sizes, p.activations, p.bias, p.parameters) for p in parts]


def parse(activation: str) -> tuple[str, float | None]:
    """ "leaky_relu(0.2)" -> ("leaky_relu", 0.2)."""
    name, bracket, number = activation.partition("(")
    return name, float(number.removesuffix(")")) if bracket else None


def normal_cdf(z: Array) -> Array:
    return 0.5 * np.array([math.erfc(-v / math.sqrt(2.0)) for v in z.ravel()]).reshape(z.shape)


def groups(y: Array, size: float | None) -> list[slice]:
    """The columns of each group that a softmax runs over."""
    width = y.shape[1] if size is None else int(size)
    return [slice(first, first + width) for first in range(0, y.shape[1], width)]


def sigmoid(z: Array) -> Array:
    with np.errstate(over="ignore"):
        return 1.0 / (1.0 + np.exp(-z))


def softmax(z: Array, size: float | None) -> Array:
    y = np.empty_like(z)
    for group in groups(z, size):
        shifted = np.exp(z[:, group] - z[:, group].max(axis=1, keepdims=True))
        y[:, group] = shifted / shifted.sum(axis=1, keepdims=True)
    return y


def log_softmax(z: Array, size: float | None) -> Array:
    y = np.empty_like(z)
    for group in groups(z, size):
        shifted = z[:, group] - z[:, group].max(axis=1, keepdims=True)
        y[:, group] = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return y


# (z (n_samples, n_nodes), parameter) -> the values of the nodes
VALUES: dict[str, Callable[[Array, float | None], Array]] = {
    "linear": lambda z, _: z,
    "sigmoid": lambda z, _: sigmoid(z),
    "tanh": lambda z, _: np.tanh(z),
    "relu": lambda z, _: np.where(z > 0.0, z, 0.0),
    "leaky_relu": lambda z, own: np.where(z > 0.0, z, (LEAKY_SLOPE if own is None else own) * z),
    "softplus": lambda z, _: np.logaddexp(0.0, z),
    "elu": lambda z, _: np.where(z > 0.0, z, np.expm1(np.minimum(z, 0.0))),
    "silu": lambda z, _: z * sigmoid(z),
    "gelu": lambda z, _: z * normal_cdf(z),
    "softmax": softmax,
    "log_softmax": log_softmax,
}


def activate(activation: str, z: Array) -> Array:
    """z (n_samples, n_nodes) -> the values of the nodes."""
    name, parameter = parse(activation)
    return VALUES[name](z, parameter)


# (z, parameter) -> the derivative of a node's value by its pre-activation; at a kink, the left one
SLOPES: dict[str, Callable[[Array, float | None], Array]] = {
    "linear": lambda z, _: np.ones_like(z),
    "sigmoid": lambda z, _: sigmoid(z) * (1.0 - sigmoid(z)),
    "tanh": lambda z, _: 1.0 - np.tanh(z) ** 2,
    "relu": lambda z, _: np.where(z > 0.0, 1.0, 0.0),
    "leaky_relu": lambda z, own: np.where(z > 0.0, 1.0, LEAKY_SLOPE if own is None else own),
    "softplus": lambda z, _: sigmoid(z),
    "elu": lambda z, _: np.exp(np.minimum(z, 0.0)),
    "silu": lambda z, _: sigmoid(z) * (1.0 + z * (1.0 - sigmoid(z))),
    "gelu": lambda z, _: normal_cdf(z) + z * np.exp(-z * z / 2.0) / math.sqrt(2.0 * math.pi),
}


def slope(activation: str, z: Array) -> Array:
    """The derivative of a node's value by its pre-activation z (n_samples, n_nodes)."""
    name, parameter = parse(activation)
    return SLOPES[name](z, parameter)


def adjust(activation: str, z: Array, y: Array, derivative: Array) -> Array:
    """Derivatives by the values of a layer's nodes -> by their pre-activations."""
    name, parameter = parse(activation)
    if name not in ("softmax", "log_softmax"):
        return derivative * slope(activation, z)
    adjusted = np.zeros_like(y)
    for group in groups(y, parameter):
        for n in range(group.start, group.stop):
            for m in range(group.start, group.stop):
                same = 1.0 if m == n else 0.0
                softmax_slope = y[:, m] * (same - y[:, n])
                jacobian = softmax_slope if name == "softmax" else same - np.exp(y[:, n])
                adjusted[:, n] += jacobian * derivative[:, m]
    return adjusted


def pre_activation(layer: Layer, incoming: Array) -> Array:
    """Values of the layer before (n_samples, n_nodes before) -> z (n_samples, n_nodes)."""
    z = np.zeros((len(incoming), layer.size))
    for m in range(layer.size):
        if layer.weight is None:  # an input node
            z[:, m] = incoming[:, m]
        else:
            for n in range(incoming.shape[1]):
                z[:, m] += layer.weight[m, n] * incoming[:, n]
        if layer.bias is not None:
            z[:, m] += layer.bias[m]
    return z


def pre_activations(chain: Chain, x: npt.ArrayLike) -> tuple[list[Array], list[Array]]:
    """(pre-activations, values) of every layer: two lists of (n_samples, n_nodes)."""
    pre: list[Array] = []
    values: list[Array] = []
    incoming = np.asarray(x, dtype=np.float64)
    for net in chain:
        for layer in net.layers:
            pre.append(pre_activation(layer, incoming))
            incoming = activate(layer.activation, pre[-1])
            values.append(incoming)
    return pre, values


def forward(chain: Chain, x: npt.ArrayLike) -> list[Array]:
    """The node values of every layer, the last being the output."""
    return pre_activations(chain, x)[1]


def backpropagate_nodes(chain: Chain, values: list[Array], output_gradient: Array) -> list[Array]:
    """Algorithm 1: the derivative ND of every node N, layer by layer, from the last to the first.

    `output_gradient` (n_samples, n_outputs) is the derivative of E by the output values.
    """
    layers = [layer for net in chain for layer in net.layers]
    derivatives = [np.zeros_like(v) for v in values]
    z = pre_activation(layers[-1], values[-2])
    derivatives[-1] = adjust(layers[-1].activation, z, values[-1], output_gradient)
    for index in range(len(layers) - 2, -1, -1):
        layer, following = layers[index], layers[index + 1]
        nd = derivatives[index]
        md = derivatives[index + 1]
        for n in range(layer.size):
            if following.weight is None:  # a seam: one edge of weight one
                nd[:, n] += md[:, n]
                continue
            for m in range(following.size):
                nd[:, n] += following.weight[m, n] * md[:, m]
        if index > 0:  # the first layer's nodes are linear
            z = pre_activation(layer, values[index - 1])
            nd = adjust(layer.activation, z, values[index], nd)
        derivatives[index] = nd
    return derivatives


def backpropagate_parameters(
    chain: Chain, values: list[Array], derivatives: list[Array], sample_weight: Array | None = None
) -> list[Array]:
    """Algorithm 2: the derivatives of each network's flat parameters, summed over samples."""
    gradients = []
    first = 0
    for net in chain:
        flat: list[Array] = []
        for index, layer in enumerate(net.layers, start=first):
            md = derivatives[index]
            if sample_weight is not None:
                md = md * sample_weight[:, None]
            if layer.weight is not None:
                nwm = np.zeros_like(layer.weight)
                for m, n in np.ndindex(nwm.shape):
                    nwm[m, n] = np.sum(values[index - 1][:, n] * md[:, m])
                flat.append(nwm.ravel())
            if layer.bias is not None:
                flat.append(np.array([np.sum(md[:, m]) for m in range(layer.size)]))
        gradients.append(np.concatenate([np.zeros(0), *flat]))
        first += len(net.layers)
    return gradients


def descend(values: Array, derivatives: Array, change: float) -> Array | None:
    """Algorithm 3: V + D C / S with S the sum of D^2. None where S is zero."""
    total = 0.0
    for derivative in derivatives:
        total += float(derivative) ** 2
    if total == 0.0:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        return values + derivatives * (change / total)


def central_differences(
    function: Callable[[Array], float], point: Array, step: float = 1e-5
) -> Array:
    """The derivatives of `function` at `point` (n,)."""
    derivatives = np.zeros_like(point)
    for i, value in enumerate(point):
        nudge = step * max(1.0, abs(float(value)))
        above, below = point.copy(), point.copy()
        above[i] += nudge
        below[i] -= nudge
        derivatives[i] = (function(above) - function(below)) / (above[i] - below[i])
    return derivatives


def kink_distance(chain: Chain, x: npt.ArrayLike) -> Array:
    """(n_samples,): how near a sample's nodes come to a kink of theirs, else infinite."""
    pre, _ = pre_activations(chain, x)
    layers = [layer for net in chain for layer in net.layers]
    near = [
        np.abs(z).min(axis=1)
        for z, layer in zip(pre, layers, strict=True)
        if parse(layer.activation)[0] in {"relu", "leaky_relu", "elu"}
    ]
    distances: Array = np.min([np.full(len(pre[0]), np.inf), *near], axis=0)
    return distances

"""What is computed: the same networks, data and steps for every side."""

from __future__ import annotations

from dataclasses import dataclass

import lso_native as lso
import numpy as np
from lso_native._typing import Float32Array
from lso_native.network import networks_of

DECODER = (20, 100, 196)
CLASSIFIER = (196, 100, 10)
REGRESSOR = (196, 100, 1)
POSITIONS, SYMBOLS = 72, 108  # of a molecule's line
GENERATOR = (1024, 1000, 1000, 2000, POSITIONS * SYMBOLS)
"""Of molecules: the sizes of LIMO (Eckmann and others 2022), of logarithms of each symbol's probability."""
PREDICTOR = (POSITIONS * SYMBOLS, 1000, 1000, 1)


@dataclass(frozen=True)
class Layer:
    """activation((v + before) @ weight.T + bias); ``before`` is the bias of an input layer."""

    before: Float32Array | None
    weight: Float32Array
    bias: Float32Array | None
    activation: str = "sigmoid"

    def arrays(self) -> tuple[Float32Array, ...]:
        """What there is of it, in the order of the flat parameters."""
        return tuple(a for a in (self.before, self.weight, self.bias) if a is not None)


Layers = tuple[Layer, ...]


@dataclass(frozen=True, eq=False)
class Branch:
    """What is asked of a head's outputs: each within ``low``..``high``, its squared distance from there the error."""

    head: lso.Model
    low: Float32Array
    """(n, n_outputs)"""
    high: Float32Array | None = None
    """None: ``low`` itself."""


@dataclass(frozen=True, eq=False)
class Descent:
    """Algorithm 3 on the latents of frozen networks, E the sum of the branches' errors, C = ``change`` * E."""

    trunk: lso.Model
    branches: tuple[Branch, ...]
    starts: Float32Array
    """(n, n_inputs)"""
    change: float = -0.1
    best: bool = False
    """Whether every side gives the best point of each start, the last one looked at too, or the others the last."""

    @property
    def flop(self) -> float:
        """Of one iteration of all starts: each weight once forwards and once backwards."""
        models = (self.trunk, *(branch.head for branch in self.branches))
        weights = sum(layer.weight.size for model in models for layer in layers_of(model))
        return 2.0 * 2.0 * weights * len(self.starts)


@dataclass(frozen=True, eq=False)
class Answer:
    """A descent until each start meets ``mse`` within ``max_iterations``, the latent kept in 0..1."""

    descent: Descent
    mse: float = 1e-3
    max_iterations: int = 1000


@dataclass(frozen=True, eq=False)
class Training:
    """Minibatch steps on the mean over samples of the squared error summed over outputs."""

    network: lso.Network
    x: Float32Array
    """(n, n_inputs), n a multiple of ``batch``; minibatches are consecutive rows"""
    y: Float32Array
    """(n, n_outputs)"""
    batch: int
    optimizer: lso.NormalizedGradientDescent | lso.Adam

    @property
    def flop(self) -> float:
        """Of a step: forward and weight gradients of all weights, node backward of those that need it."""
        sizes = [layer.weight.size for layer in layers_of(self.network)]
        backward = sum(sizes) if self.network.bias[0] else sum(sizes[1:])
        return 2.0 * (2 * sum(sizes) + backward) * self.batch


def layers_of(model: lso.Model) -> Layers:
    """The layers of a chain, one after the other."""
    layers = []
    for part in networks_of("model", model):
        for i, weight in enumerate(part.weights):
            before = part.biases[0] if i == 0 else None
            after = _single(part.biases[i + 1])
            layers.append(Layer(_single(before), np.array(weight), after, part.activations[i]))
    return tuple(layers)


def flat(layers: Layers) -> Float32Array:
    """All parameters (n_parameters,) in the engine's order."""
    return np.concatenate([a.ravel() for layer in layers for a in layer.arrays()])


def chain_descent(n: int) -> Descent:
    """``n`` starts of decoder >> classifier with random weights and biases."""
    starts = np.asarray(lso.uniform((n, DECODER[0]), random_state=3), np.float32)
    asked = Branch(random_network(CLASSIFIER, 2), lso.one_hot(np.arange(n) % 10, 10))
    return Descent(random_network(DECODER, 1), (asked,), starts)


def forked_descent(n: int) -> Descent:
    """``n`` starts of a decoder with two heads. Their sigmoids never reach the intervals, so that no start is done."""
    starts = np.asarray(lso.uniform((n, DECODER[0]), random_state=3), np.float32)
    asked = lso.one_hot(np.arange(n) % 10, 10) > 0
    low, high = (np.where(asked, *ends).astype(np.float32) for ends in ((1.5, -9.0), (2.0, 0.1)))
    thick = np.full((n, 1), 1.5, np.float32), np.full((n, 1), 2.0, np.float32)
    branches = (
        Branch(random_network(CLASSIFIER, 2), low, high),
        Branch(random_network(REGRESSOR, 5), *thick),
    )
    return Descent(random_network(DECODER, 1), branches, starts, best=True)


def molecule_descent(n: int) -> Descent:
    """``n`` starts of a generator of molecules and a predictor of one number."""
    hidden = ["relu"] * 3
    generator = lso.Network(
        GENERATOR, activation=[*hidden, f"log_softmax({SYMBOLS})"], bias="standard", random_state=1
    )
    predictor = lso.Network(
        PREDICTOR, activation=[*hidden[:2], "linear"], bias="standard", random_state=2
    )
    starts = np.asarray(lso.normal((n, GENERATOR[0]), random_state=3), np.float32)
    asked = Branch(predictor, np.ones((n, 1), np.float32))
    return Descent(generator, (asked,), starts, best=True)


def random_network(sizes: tuple[int, ...], seed: int) -> lso.Network:
    """A network whose biases are not zero either, so that a lost one is noticed."""
    network = lso.Network(sizes, random_state=seed)
    noise = lso.uniform(network.parameters.shape, low=-0.1, high=0.1, random_state=seed + 100)
    return network.replace(network.parameters + noise)


def random_training(
    sizes: tuple[int, ...],
    batch: int,
    optimizer: lso.NormalizedGradientDescent | lso.Adam,
    n_batches: int,
) -> Training:
    """Uniform samples; the target is the sample where the sizes fit, else a one-hot row.

    No bias at the input: its gradient would need the first layer's backward product, for nothing
    that a usual network has.
    """
    bias = [False, *[True] * (len(sizes) - 2), False]
    network = lso.Network(sizes, bias=bias, random_state=1)
    n = batch * n_batches
    x = np.asarray(lso.uniform((n, sizes[0]), random_state=4), np.float32)
    autoencoder = sizes[0] == sizes[-1]
    y = x if autoencoder else lso.one_hot(np.arange(n) % sizes[-1], sizes[-1])
    return Training(network, x, y, batch, optimizer)


def _single(values: object) -> Float32Array | None:
    return None if values is None else np.array(values, np.float32)

"""The engine against PyTorch's forward pass and automatic derivatives, where it is installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from checks import assert_close
from lso_native._typing import Array
from strategies import random_network, uniform

torch: Any = pytest.importorskip("torch")

ACTIVATE: dict[str, Callable[[Any], Any]] = {
    "linear": lambda z: z,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": lambda z: torch.nn.functional.leaky_relu(z, 0.01),
    "leaky_relu(0.2)": lambda z: torch.nn.functional.leaky_relu(z, 0.2),
    "softplus": torch.nn.functional.softplus,
    "elu": torch.nn.functional.elu,
    "silu": torch.nn.functional.silu,
    "gelu": torch.nn.functional.gelu,
    "softmax": lambda z: torch.softmax(z, dim=1),
    "softmax(2)": lambda z: torch.softmax(z.reshape(len(z), -1, 2), dim=2).reshape(z.shape),
}


def tensor(values: Array) -> Any:
    return torch.tensor(values.copy(), requires_grad=True)


def run(network: lso.Network, x: Any, leaves: list[Any]) -> Any:
    """The network in PyTorch; its parameters are appended to `leaves` in their flat order."""

    def leaf(values: Array) -> Any:
        leaves.append(tensor(values))
        return leaves[-1]

    value = x if network.biases[0] is None else x + leaf(network.biases[0])
    for weight, bias, activation in zip(
        network.weights, network.biases[1:], network.activations, strict=True
    ):
        z = value @ leaf(weight).T
        value = ACTIVATE[activation](z if bias is None else z + leaf(bias))
    return value


@pytest.mark.parametrize("bias", ["paper", "standard"])
@pytest.mark.parametrize("activation", ACTIVATE)
def test_forward_and_gradients(activation: str, bias: str) -> None:
    hidden = "tanh" if activation.startswith("softmax") else activation
    network = random_network(
        (6, 11, 9, 4), seed=1, activation=[hidden, hidden, activation], bias=bias
    )
    samples, output_gradient = uniform((33, 6), seed=2), uniform((33, 4), seed=3)
    leaves: list[Any] = []
    x = tensor(samples)
    output = run(network, x, leaves)
    output.backward(torch.tensor(output_gradient))
    native = network.backprop(samples, output_gradient)
    assert_close(network(samples), output.detach().numpy(), 1e-12)
    assert_close(native.nodes[0], x.grad.numpy(), 1e-12)
    flat = np.concatenate([leaf.grad.numpy().ravel() for leaf in leaves])
    assert_close(native.parameters, flat, 1e-12)


def test_a_composition() -> None:
    model = random_network((3, 8, 6), seed=1) >> random_network((6, 7, 4), seed=2)
    samples, output_gradient = uniform((10, 3), seed=3), uniform((10, 4), seed=4)
    leaves: list[Any] = []
    x = tensor(samples)
    output = run(model.parts[1], run(model.parts[0], x, leaves), leaves)
    output.backward(torch.tensor(output_gradient))
    native = model.backprop(samples, output_gradient)
    assert_close(model(samples), output.detach().numpy(), 1e-12)
    assert_close(native.nodes[0], x.grad.numpy(), 1e-12)
    flat = np.concatenate([leaf.grad.numpy().ravel() for leaf in leaves])
    assert_close(np.concatenate(native.parameters), flat, 1e-12)


def test_cross_entropies() -> None:
    network = random_network((3, 8, 4), seed=1, activation=["tanh", "linear"])
    starts = uniform((10, 3), seed=3)
    leaves: list[Any] = []
    x = tensor(starts)
    logits = run(network, x, leaves)
    binary = torch.nn.functional.binary_cross_entropy_with_logits(
        logits, torch.tensor(np.tile([0.9, 0.1, 0.3, 1.0], (10, 1))), reduction="none"
    )
    categorical = torch.nn.functional.cross_entropy(
        logits, torch.tensor(np.tile([0.5, 0.2, 0.0, 0.3], (10, 1))), reduction="none"
    )
    pairs = logits.reshape(10, 2, 2).transpose(1, 2)  # classes, then groups
    grouped = torch.nn.functional.cross_entropy(
        pairs, torch.tensor(np.tile([[0.7, 0.2], [0.3, 0.8]], (10, 1, 1))), reduction="none"
    )
    cases: list[tuple[str, Any, Any]] = [
        ("sigmoid", lso.BinaryCrossEntropy([0.9, 0.1, 0.3, 1.0]), binary.sum(dim=1)),
        ("softmax", lso.CategoricalCrossEntropy([0.5, 0.2, 0.0, 0.3]), categorical),
        ("softmax(2)", lso.CategoricalCrossEntropy([0.7, 0.3, 0.2, 0.8]), grouped.sum(dim=1)),
    ]
    for output, objective, expected in cases:
        names: Any = ["tanh", output]
        model = lso.Network((3, 8, 4), activation=names, dtype="float64")
        result = lso.optimize(
            model.replace(network.parameters),
            objective,
            starts=starts,
            loss=1e-9,
            max_iterations=1,
            trajectory=True,
        )
        assert result.trajectory_loss is not None
        first = [errors[0] for errors in result.trajectory_loss]
        assert_close(first, expected.detach().numpy(), 1e-12)

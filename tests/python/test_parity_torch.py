"""The engine against PyTorch's forward pass and automatic derivatives, where it is installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import lso_native as lso
import numpy as np
import pytest
from checks import assert_close
from lso_native._typing import Array
from strategies import random_network, uniform

torch: Any = pytest.importorskip("torch")
pytestmark = pytest.mark.extra

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
    "log_softmax": lambda z: torch.log_softmax(z, dim=1),
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
    hidden = "tanh" if "softmax" in activation else activation
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
    first, second = random_network((3, 8, 6), seed=1), random_network((6, 7, 4), seed=2)
    model = first >> second
    samples, output_gradient = uniform((10, 3), seed=3), uniform((10, 4), seed=4)
    leaves: list[Any] = []
    x = tensor(samples)
    output = run(second, run(first, x, leaves), leaves)
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


DECODER = random_network((3, 8, 6), seed=1)
CLASSIFIER = random_network((6, 7, 4), seed=2, activation=["tanh", "sigmoid"])
REGRESSOR = random_network((6, 5, 2), seed=3, activation=["tanh", "linear"])
TARGET, WEIGHTS = np.array([0.9, 0.1, 0.3, 0.2]), np.array([1.0, 0.5, 2.0, 0.25])
CENTER = np.array([2.0, -1.0, 0.5])


class Made(NamedTuple):
    latent: Any
    sample: Any
    classes: Any
    numbers: Any


def squared_error(made: Made) -> Any:
    return (torch.tensor(WEIGHTS) * (made.classes - torch.tensor(TARGET)) ** 2).sum(dim=1)


def binary_cross_entropy(made: Made) -> Any:
    target = torch.tensor(np.tile(TARGET, (len(made.classes), 1)))
    each = torch.nn.functional.binary_cross_entropy(made.classes, target, reduction="none")
    return each.sum(dim=1)


def interval(made: Made) -> Any:
    below, above = torch.relu(2.125 - made.numbers), torch.relu(made.numbers - 2.875)
    return (below**2 + above**2).sum(dim=1)


def near(made: Made) -> Any:
    return ((made.sample - 0.25) ** 2).sum(dim=1)


def ball(made: Made) -> Any:
    return torch.relu(torch.linalg.norm(made.latent - torch.tensor(CENTER), dim=1) - 0.25) ** 2


IS_CLASS = lso.Branch(lso.SquaredError(TARGET, weights=WEIGHTS), head=CLASSIFIER)
LIKELY = lso.Branch(3.0 * lso.BinaryCrossEntropy(TARGET, loss=1e-9), head=CLASSIFIER)
BETWEEN = lso.Branch(0.5 * lso.Interval(2.0, 3.0, margin=0.125), head=REGRESSOR)
NEAR = lso.Branch(lso.SquaredError(np.full(6, 0.25)))
IN_BALL = [2.0 * lso.Ball(0.5, CENTER, margin=0.5)]
PROBLEMS: dict[str, tuple[lso.Problem, Callable[[Made], Any]]] = {
    "a head": (lso.Problem(DECODER, IS_CLASS), squared_error),
    "two heads": (
        lso.Problem(DECODER, IS_CLASS, BETWEEN),
        lambda made: squared_error(made) + 0.5 * interval(made),
    ),
    "the sample": (lso.Problem(DECODER, NEAR), near),
    "the latent": (lso.Problem(DECODER, latent=IN_BALL), lambda made: 2 * ball(made)),
    "all at once": (
        lso.Problem(DECODER, BETWEEN, NEAR, LIKELY, latent=IN_BALL),
        lambda made: (
            0.5 * interval(made) + near(made) + 3 * binary_cross_entropy(made) + 2 * ball(made)
        ),
    ),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_a_problems_gradient(name: str) -> None:
    problem, error = PROBLEMS[name]
    starts = uniform((20, 3), seed=4)
    x = tensor(starts)
    sample = run(DECODER, x, [])
    expected = error(Made(x, sample, run(CLASSIFIER, sample, []), run(REGRESSOR, sample, [])))
    expected.sum().backward()
    result = lso.optimize(problem, starts=starts, max_iterations=1, trajectory=True)
    assert result.trajectory is not None
    assert result.trajectory_loss is not None
    loss = np.array([errors[0] for errors in result.trajectory_loss])
    assert_close(loss, expected.detach().numpy(), 1e-12)
    # Algorithm 3 steps by -E D / S, S the sum of D squared, which gives D away.
    step = np.array([points[1] - points[0] for points in result.trajectory])
    gradient = -(loss / np.square(step).sum(axis=1))[:, None] * step
    assert_close(gradient, x.grad.numpy(), 1e-12)

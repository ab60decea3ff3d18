"""A cross-entropy is of probabilities. A model whose outputs can leave 0..1 is refused under it, by ``optimize`` and by
``train``; a start is never called converged whose outputs are far from the target."""

from __future__ import annotations

from typing import Any

import lso_native as lso
import numpy as np
import pytest


def _model(activation: Any, sizes: tuple[int, ...] = (2, 1)) -> lso.Network:
    network = lso.Network(sizes, activation=activation, random_state=0)
    weights = np.full(network.n_parameters, 3.0)
    weights[: sizes[0]] = 0  # the inputs' biases
    return network.replace(weights)


@pytest.mark.parametrize("activation", ["linear", "relu", "leaky_relu", "softplus"])
def test_binary_cross_entropy_does_not_call_54_a_1(activation: Any) -> None:
    model = _model(activation)  # 54 at (9, 9)
    try:
        result = lso.optimize(
            model, lso.BinaryCrossEntropy([1.0]), starts=[[9.0, 9.0]], loss=0.1, max_iterations=50
        )
    except ValueError:
        return
    near = np.abs(result.outputs - 1.0).max(axis=1) < 0.5
    assert (near | ~result.success).all(), (result.status, result.outputs)


@pytest.mark.parametrize("activation", ["linear", "relu", "softplus"])
def test_categorical_cross_entropy_does_not_call_54_a_1(activation: Any) -> None:
    model = _model(activation, (2, 2))
    try:
        result = lso.optimize(
            model,
            lso.CategoricalCrossEntropy([1.0, 0.0]),
            starts=[[9.0, 9.0]],
            loss=0.1,
            max_iterations=50,
        )
    except ValueError:
        return
    near = np.abs(result.outputs - [1.0, 0.0]).max(axis=1) < 0.5
    assert (near | ~result.success).all(), (result.status, result.outputs)


@pytest.mark.parametrize(
    ("objective", "activation"),
    [
        ("binary_cross_entropy", "linear"),
        ("binary_cross_entropy", "tanh"),
        ("categorical_cross_entropy", "log_softmax"),
        ("categorical_cross_entropy", "linear"),
    ],
)
def test_training_tells_at_once_that_outputs_are_no_probabilities(
    objective: Any, activation: Any
) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.random((50, 3)), np.eye(2)[rng.integers(0, 2, 50)]
    network = lso.Network([3, 4, 2], activation=["sigmoid", activation], random_state=0)
    with pytest.raises(ValueError, match=r"^objective: expected .*softmax.*got"):
        lso.train(network, x, y, objective=objective, epochs=3, random_state=0)


def test_probabilities_still_work() -> None:
    model = lso.Network([2, 4, 2], activation=["sigmoid", "softmax"], random_state=0)
    result = lso.optimize(
        model, lso.CategoricalCrossEntropy([0.5, 0.5]), starts=[[0.0, 0.0]], loss=0.8
    )
    assert np.isfinite(result.loss).all()

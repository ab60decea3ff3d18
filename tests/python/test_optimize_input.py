"""Bad input to optimize: one clear error that names the argument."""

from __future__ import annotations

from functools import partial
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from checks import assert_refused
from strategies import random_network, uniform

NETWORK = random_network((3, 8, 2), seed=1)
STARTS = uniform((5, 3), seed=2)


def optimize(**changed: Any) -> lso.OptimizeResult:
    arguments: dict[str, Any] = {"starts": STARTS, "target": [0.5, 0.5], **changed}
    return lso.optimize(NETWORK, arguments.pop("target"), **arguments)


@pytest.mark.parametrize(
    ("argument", "value", "got"),
    [
        ("starts", np.zeros((5, 4)), "(5, 4)"),
        ("starts", np.zeros(3), "(3,)"),
        ("starts", np.zeros((0, 3)), "(0, 3)"),
        ("starts", np.full((5, 3), np.nan), "NaN"),
        ("starts", np.full((5, 3), -np.inf), "infinity"),
        ("starts", np.zeros((5, 3), dtype=complex), "complex128"),
        ("starts", np.full((5, 3), None), "object"),
        ("starts", "seven", ""),
        ("target", [0.5, 0.5, 0.5], "(3,)"),
        ("target", np.zeros((4, 2)), "(4, 2)"),
        ("target", [0.5, np.inf], "infinity"),
        ("target", [np.nan, np.nan], ""),
        ("mse", 0.0, "0"),
        ("mse", -1e-3, "-0.001"),
        ("mse", float("nan"), "nan"),
        ("mse", "small", "small"),
        ("squared_error", 0.0, "0"),
        ("squared_error", -2.0, "-2"),
        ("loss", float("inf"), "inf"),
        ("max_iterations", -1, "-1"),
        ("max_iterations", 2.5, "2.5"),
        ("max_iterations", "many", "many"),
        ("threads", 0, "0"),
        ("threads", -2, "-2"),
        ("threads", 1.5, "1.5"),
        ("optimizer", lso.Adam(), "Adam"),
        ("optimizer", "adam", "str"),
        ("bounds", (1.0, 0.0), ""),
        ("bounds", (0.0,), ""),
        ("bounds", 3.0, "3.0"),
        ("bounds", ([0.0, 0.0], [1.0, 1.0]), "(2,)"),
        ("bounds", (float("nan"), 1.0), ""),
        ("bounds", (float("inf"), float("inf")), "inf"),
        ("bounds", (float("-inf"), float("-inf")), "inf"),
        ("bounds", ("low", "high"), "<U3"),
    ],
)
def test_bad_input_names_the_argument(argument: str, value: Any, got: str) -> None:
    assert_refused(lambda: optimize(**{argument: value}), argument, got)


def test_one_threshold_at_most() -> None:
    with pytest.raises(ValueError, match=r"^mse, squared_error, loss: expected.*got mse and loss$"):
        optimize(mse=1e-3, loss=1e-3)


def test_a_cross_entropy_needs_its_own_threshold() -> None:
    for options in ({}, {"mse": 1e-3}):
        entropy = lso.BinaryCrossEntropy([0.0, 1.0])
        assert_refused(partial(optimize, target=entropy, **options), "loss")


def test_not_a_model() -> None:
    model: Any = "decoder"
    assert_refused(lambda: lso.optimize(model, [0.5], starts=STARTS), "model", "str")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0.0, 1.0, "steep"])
def test_desired_change(value: Any) -> None:
    # positive or zero would not descend
    assert_refused(lambda: lso.NormalizedGradientDescent(desired_change=value), "desired_change")


@pytest.mark.parametrize(
    ("argument", "make"),
    [
        ("weights", lambda: lso.SquaredError([0.0, 1.0], weights=[-1.0, 1.0])),
        ("weights", lambda: lso.SquaredError([0.0, 1.0], weights=[np.nan, 1.0])),
        ("target", lambda: lso.SquaredError([0.0, 1.0], weights=[0.0, 0.0])),
        ("weights", lambda: lso.SquaredError([0.0, 1.0], weights=[1.0, 1.0, 1.0])),
        ("weights", lambda: lso.SquaredError([np.nan, 1.0], weights=[1.0, 1.0, 1.0])),
        ("target", lambda: lso.BinaryCrossEntropy([0.0, 1.5])),
        ("target", lambda: lso.BinaryCrossEntropy([0.0, np.nan])),
        ("target", lambda: lso.CategoricalCrossEntropy([-0.5, 1.5])),
        ("high", lambda: lso.Interval([0.0, 0.9], [1.0, 0.1])),
        ("high", lambda: lso.Interval([0.0, 0.1], [1.0, 1.0, 1.0])),
        ("low", lambda: lso.Interval([0.0, np.nan], [1.0, 1.0])),
        ("labels", lambda: lso.one_hot(10, 10)),
        ("labels", lambda: lso.one_hot(-1, 10)),
        ("labels", lambda: lso.one_hot([0, 12], 10)),
        ("labels", lambda: lso.one_hot(1.5, 10)),
        ("n_classes", lambda: lso.one_hot(0, 0)),
    ],
)
def test_bad_objectives_name_the_argument(argument: str, make: Any) -> None:
    def use() -> None:
        objective = make()
        loss = None if isinstance(objective, lso.Interval) else 1e-3
        lso.optimize(NETWORK, objective, starts=STARTS, loss=loss)

    assert_refused(use, argument)


def test_one_hot() -> None:
    assert lso.one_hot(2, 4).tolist() == [0.0, 0.0, 1.0, 0.0]
    assert lso.one_hot(2, 4).dtype == np.float32
    assert lso.one_hot([1, 0], 2).tolist() == [[0.0, 1.0], [1.0, 0.0]]
    assert lso.one_hot(np.array([3, 3]), 4).shape == (2, 4)

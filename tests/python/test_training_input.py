"""Bad input to train: one clear error that names the argument."""

from __future__ import annotations

from typing import Any

import lso_native as lso
import numpy as np
import pytest
from checks import assert_refused
from lso_native._typing import Array
from strategies import random_network, uniform

NETWORK = random_network((4, 9, 3), seed=4)
X = uniform((60, 4), seed=1)
Y = uniform((60, 3), seed=2, low=0.0, high=1.0)


def train(**changed: Any) -> lso.TrainResult:
    arguments: dict[str, Any] = {"model": NETWORK, "x": X, "y": Y, "epochs": 1, **changed}
    return lso.train(arguments.pop("model"), arguments.pop("x"), arguments.pop("y"), **arguments)


@pytest.mark.parametrize(
    ("argument", "value", "got"),
    [
        ("model", "network", "str"),
        ("x", X[:, :3], "(60, 3)"),
        ("x", X[0], "(4,)"),
        ("x", X[:0], "(0, 4)"),
        ("x", X * np.nan, "nan"),
        ("x", X * 1j, "complex128"),
        ("y", Y[:30], "(30, 3)"),
        ("y", Y[:, :2], "(60, 2)"),
        ("y", Y * np.inf, "infinity"),
        ("objective", "hinge", "hinge"),
        ("optimizer", "adam", "str"),
        ("batch_size", 0, "0"),
        ("batch_size", 2.5, "2.5"),
        ("epochs", 0, "0"),
        ("epochs", -1, "-1"),
        ("mse", 0.0, "0"),
        ("mse", -0.1, "-0.1"),
        ("mse", float("nan"), "nan"),
        ("sample_weight", np.ones(59), "(59,)"),
        ("sample_weight", -np.ones(60), "-1"),
        ("sample_weight", np.zeros(60), "0"),
        ("sample_weight", np.full(60, np.nan), "nan"),
        ("validation", X, ""),
        ("validation", (X, Y, Y[:, 0], Y), "tuple"),
        ("validation sample_weight", (X, Y, Y), "(60, 3)"),
        ("patience", 3, "none"),
        ("trainable", [True, False], "[True, False]"),
        ("trainable", [False], ""),
        ("random_state", -1, "-1"),
        ("random_state", 1.5, "1.5"),
    ],
)
def test_bad_input_names_the_argument(argument: str, value: Any, got: str) -> None:
    assert_refused(lambda: train(**{argument.split()[0]: value}), argument, got)


@pytest.mark.parametrize("patience", [0, -1, 2.5])
def test_bad_patience(patience: Any) -> None:
    assert_refused(lambda: train(patience=patience, validation=(X, Y)), "patience", str(patience))


@pytest.mark.parametrize(
    ("x", "y", "got"),
    [(X[:, :2], Y, "(60, 2)"), (X, Y[:4], "(4, 3)"), (X * np.nan, Y, "nan"), (X[:0], Y[:0], "(0")],
)
def test_bad_validation_data(x: Array, y: Array, got: str) -> None:
    assert_refused(lambda: train(validation=(x, y)), "validation", got)


@pytest.mark.parametrize("name", ["learning_rate", "beta1", "beta2", "epsilon"])
@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf"), "fast"])
def test_bad_adam_settings_name_the_argument(name: str, value: Any) -> None:
    assert_refused(lambda: lso.Adam(**{name: value}), name)

"""What the tests of models from elsewhere share: random networks, and how a refusal reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from lso_native._typing import Array
from lso_native.errors import ArgumentError
from strategies import ACTIVATIONS, HIDDEN_ACTIVATIONS, random_network

N = 200
OUTPUTS = (*ACTIVATIONS, "log_softmax")


def networks(dtype: str = "float32") -> Iterator[lso.Network]:
    """N networks of 1 to 4 layers, of all activations, groups among them, and of each convention of biases."""
    for seed in range(N):
        rng = np.random.default_rng(seed)
        n_layers = int(rng.integers(1, 5))
        sizes = [int(size) for size in rng.integers(1, 40, n_layers + 1)]
        names = [str(rng.choice(HIDDEN_ACTIVATIONS)) for _ in range(n_layers - 1)]
        names.append(OUTPUTS[seed % len(OUTPUTS)])
        if "softmax" in names[-1] and seed % 2:
            names[-1] += f"({sizes[-1]})"
            sizes[-1] *= 3
        flags = [bool(flag) for flag in rng.integers(0, 2, n_layers + 1)]
        bias: Any = ("paper", "standard", flags)[seed % 3]
        yield random_network(tuple(sizes), seed, activation=names, bias=bias, dtype=dtype)


def perceptrons() -> Iterator[lso.Network]:
    """N networks that scikit-learn can have: one activation of all hidden layers, with all biases but the input's."""
    for seed in range(N):
        rng = np.random.default_rng(seed)
        n_layers = int(rng.integers(1, 5))
        sizes = [int(size) for size in rng.integers(1, 30, n_layers + 1)]
        hidden = str(rng.choice(("linear", "sigmoid", "tanh", "relu")))
        last = ("linear", "sigmoid", "softmax")[seed % 3]
        sizes[-1] += 2 if last == "softmax" else 0
        names = [hidden] * (n_layers - 1) + [last]
        yield random_network(tuple(sizes), seed, activation=names, bias="standard", dtype="float32")


def rows(n_features: int, dtype: Any = "float32") -> Array:
    """(50, n_features), of which some are far out."""
    draws = np.random.default_rng(n_features).standard_normal((50, n_features))
    return (draws * np.linspace(0.1, 5, 50)[:, None]).astype(dtype)


def assert_layer_refused(call: Callable[[], object], argument: str, layer: str, why: str) -> None:
    """An ArgumentError of one line that names the layer, its class among it, and the reason."""
    with pytest.raises(ArgumentError) as caught:
        call()
    message = str(caught.value)
    assert "\n" not in message
    assert re.match(rf"{argument}: expected .*, got ", message), message
    assert layer in message, message
    assert why in message, message

"""Hypothesis strategies: architectures, networks and samples."""

from __future__ import annotations

from typing import Any

import lso_native as lso
import numpy as np
from hypothesis import strategies as st
from lso_native._typing import Array

HIDDEN_ACTIVATIONS = (
    *("linear", "sigmoid", "tanh", "relu", "leaky_relu", "leaky_relu(0.2)"),
    *("softplus", "elu", "silu", "gelu"),
)
GROUPED = ("softmax", "log_softmax")  # at the output alone
ACTIVATIONS = (*HIDDEN_ACTIVATIONS, *GROUPED)


def random_network(
    sizes: tuple[int, ...],
    seed: int,
    *,
    activation: Any = "sigmoid",
    bias: Any = "paper",
    dtype: Any = "float64",
) -> lso.Network:
    """A network with weights and biases all different from zero, small enough not to saturate."""
    network = lso.Network(sizes, activation=activation, bias=bias, dtype=dtype, random_state=0)
    rng = np.random.default_rng(seed)
    flat = []
    for layer, size in enumerate(sizes):
        if layer > 0:
            n_in = sizes[layer - 1]
            flat.append(rng.uniform(-1.5, 1.5, size * n_in) / np.sqrt(n_in))
        if network.bias[layer]:
            flat.append(rng.uniform(-0.5, 0.5, size))
    return network.replace(np.concatenate([np.zeros(0), *flat]))


@st.composite
def networks(
    draw: st.DrawFn,
    *,
    n_inputs: int | None = None,
    max_layers: int = 5,
    max_width: int = 40,
    activations: tuple[str, ...] = ACTIVATIONS,
    dtype: str = "float64",
) -> lso.Network:
    """1 to `max_layers` layers after the input, each with an activation and a bias or none."""
    n_layers = draw(st.integers(1, max_layers), label="layers after the input")
    widths = st.integers(1, max_width)
    sizes = [n_inputs or draw(widths), *(draw(widths) for _ in range(n_layers))]
    inner = tuple(a for a in activations if a not in GROUPED)
    names = [draw(st.sampled_from(inner)) for _ in range(n_layers - 1)]
    names.append(draw(st.sampled_from(activations)))
    if names[-1] in GROUPED:
        sizes[-1] *= (groups := draw(st.integers(1, 3), label="groups"))
        names[-1] += "" if groups == 1 else f"({sizes[-1] // groups})"
    flags = st.lists(st.booleans(), min_size=len(sizes), max_size=len(sizes))
    bias = draw(st.one_of(st.just("paper"), st.just("standard"), flags))
    seed = draw(st.integers(0, 2**32 - 1))
    return random_network(tuple(sizes), seed, activation=names, bias=bias, dtype=dtype)


@st.composite
def compositions(
    draw: st.DrawFn,
    *,
    max_parts: int = 3,
    max_layers: int = 3,
    max_width: int = 20,
    activations: tuple[str, ...] = ACTIVATIONS,
    dtype: str = "float64",
) -> lso.Composition:
    """2 to `max_parts` networks that fit."""
    parts: list[lso.Network] = []
    for _ in range(draw(st.integers(2, max_parts), label="parts")):
        part = networks(
            n_inputs=parts[-1].n_outputs if parts else None,
            max_layers=max_layers,
            max_width=max_width,
            activations=activations,
            dtype=dtype,
        )
        parts.append(draw(part))
    return lso.compose(*parts)


def models(**options: Any) -> st.SearchStrategy[lso.Network | lso.Composition]:
    return st.one_of(networks(**options), compositions(**options))


@st.composite
def samples(draw: st.DrawFn, n_features: int, *, max_samples: int = 70) -> Array:
    """(n_samples, n_features) float64 in -1..1."""
    n = draw(st.integers(1, max_samples), label="samples")
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return rng.uniform(-1.0, 1.0, (n, n_features))


def uniform(shape: tuple[int, ...], seed: int, low: float = -1.0, high: float = 1.0) -> Array:
    return np.random.default_rng(seed).uniform(low, high, shape)

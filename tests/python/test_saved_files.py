"""Files written by version 0.1.0 load as what they were, bit for bit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from lso_native.network import networks_of

DATA = Path(__file__).parent / "data"
HELD: dict[str, Any] = json.loads((DATA / "held.json").read_text())


def bits(values: Any) -> str:
    """The little-endian bytes of an array, in hexadecimal."""
    array = np.asarray(values)
    return array.astype(array.dtype.newbyteorder("<")).tobytes().hex()


def plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("name", HELD)
def test_a_saved_file_loads_as_what_it_was(name: str) -> None:
    held = HELD[name]
    loaded: Any = lso.load(DATA / f"{name}.safetensors")
    assert type(loaded).__name__ == held["class"]
    networks = (
        {str(i): part for i, part in enumerate(networks_of("loaded", loaded))}
        if isinstance(loaded, lso.Model)
        else {attribute: getattr(loaded, attribute) for attribute in held["networks"]}
    )
    assert networks.keys() == held["networks"].keys()
    for attribute, network in networks.items():
        said = dict(held["networks"][attribute])
        assert bits(network.parameters) == said.pop("parameters")
        assert network.architecture() == said


@pytest.mark.parametrize("name", [name for name in HELD if "params" in HELD[name]])
def test_a_saved_estimator_loads_with_all_that_it_learned(name: str) -> None:
    held = HELD[name]
    loaded: Any = lso.load(DATA / f"{name}.safetensors")
    params = loaded.get_params()
    for parameter, value in held["params"].items():
        is_text = isinstance(value, str) and not isinstance(params[parameter], str)
        got = repr(params[parameter]) if is_text else plain(params[parameter])
        assert got == value, parameter
    assert {key: bits(values) for key, values in loaded.history_.items()} == held["history"]
    for attribute in ("status_", "n_epochs_", "n_features_in_"):
        assert getattr(loaded, attribute) == held[attribute]
    for attribute in {"mse_", "variance_", "active_latents_", "diversity_"} & held.keys():
        assert float(getattr(loaded, attribute)).hex() == held[attribute]
    if "classes_" in held:
        assert loaded.classes_.dtype.str == held["classes_"]["dtype"]
        assert loaded.classes_.tolist() == held["classes_"]["values"]
    if "latent_range_" in held:
        assert bits(loaded.latent_range_) == held["latent_range_"]

"""Random networks go to PyTorch, scikit-learn and ONNX and come back."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from checks import assert_close, assert_refused, assert_same_bits
from foreign import N, networks, perceptrons, rows
from lso_native._typing import Array
from strategies import random_network

pytestmark = pytest.mark.extra

RELATIVE = 1e-5


def of_torch(module: Any, x: Array) -> Array:
    torch = pytest.importorskip("torch")
    with torch.no_grad():
        return np.asarray(module(torch.from_numpy(x)).numpy())


def of_onnx(model: Any, x: Array) -> Array:
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(model.SerializeToString())
    return np.asarray(session.run(None, {"x": x})[0])


def test_to_pytorch_and_back() -> None:
    pytest.importorskip("torch")
    done = 0
    for network in networks():
        x = rows(network.n_inputs)
        module = network.to_torch()
        assert_close(of_torch(module, x), network(x), RELATIVE)
        back = lso.Network.from_torch(module)
        assert_close(back(x), network(x), RELATIVE)
        if not network.bias[0]:
            assert back == network  # bit for bit
        done += 1
    assert done == N


def test_to_onnx_and_back_bit_for_bit() -> None:
    pytest.importorskip("onnx")
    done = 0
    for network in networks():
        x = rows(network.n_inputs)
        model = network.to_onnx()
        assert_close(of_onnx(model, x), network(x), RELATIVE)
        assert lso.Network.from_onnx(model) == network
        done += 1
    assert done == N


def test_to_scikit_learn_and_back_bit_for_bit() -> None:
    pytest.importorskip("sklearn")
    done = 0
    for network in perceptrons():
        x = rows(network.n_inputs)
        estimator = network.to_sklearn()
        told = (
            estimator.predict_proba(x) if hasattr(estimator, "classes_") else estimator.predict(x)
        )
        told = told[:, 1:] if told.shape[1:] == (2,) and network.n_outputs == 1 else told
        assert_close(told.reshape(len(x), -1), network(x), RELATIVE)
        assert lso.Network.from_sklearn(estimator) == network
        done += 1
    assert done == N


def test_float64_stays_float64() -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("torch")
    names = ["leaky_relu(0.2)", "silu", "elu", "softmax(2)"]
    network = random_network((3, 5, 4, 4, 6), seed=1, activation=names, bias="standard")
    module, x = network.to_torch(), rows(3, "float64")
    assert_close(of_torch(module, x), network(x), 1e-13)
    assert lso.Network.from_torch(module) == network
    assert lso.Network.from_onnx(network.to_onnx()) == network


@pytest.mark.parametrize("bias", ["paper", "standard"])
def test_a_composition_goes_with_the_biases_at_its_seams(bias: str) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("torch")
    parts = [
        random_network((4, 6, 9), 1, activation=["tanh", "sigmoid"], bias=bias, dtype="float32"),
        random_network((9, 5, 3), 2, activation=["relu", "softmax"], bias=bias, dtype="float32"),
        random_network((3, 2), 3, activation="linear", bias=bias, dtype="float32"),
    ]
    model = lso.compose(*parts)
    x = rows(4)
    assert_close(of_torch(model.to_torch(), x), model(x), RELATIVE)
    assert_close(of_onnx(model.to_onnx(), x), model(x), RELATIVE)
    whole = lso.compose(*parts[:2])
    assert_close(lso.Network.from_onnx(whole.to_onnx())(x), whole(x), RELATIVE)


@pytest.mark.parametrize("method", ["to_torch", "to_onnx", "to_sklearn"])
def test_a_function_cannot_go(method: str) -> None:
    square = lso.Differentiable(lambda x: x**2, lambda x, g: 2 * x * g, n_inputs=3, n_outputs=3)
    model = random_network((2, 3), 1, dtype="float32") >> square
    assert_refused(getattr(model, method), "network", "Differentiable")


def test_an_onnx_file_is_the_bytes_of_its_model(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    network = random_network((3, 4, 2), seed=1, dtype="float32")
    model = network.to_onnx()
    assert network.to_onnx(tmp_path / "network.onnx") is None
    data = (tmp_path / "network.onnx").read_bytes()
    assert data == model.SerializeToString(deterministic=True)
    assert lso.Network.from_onnx(tmp_path / "network.onnx") == network
    assert lso.Network.from_onnx(data) == network


def test_random_numbers_of_pytorch_are_left_alone() -> None:
    torch = pytest.importorskip("torch")
    network = random_network((3, 4, 2), seed=1)
    before = torch.get_rng_state().numpy()
    lso.Network.from_torch(network.to_torch())
    assert_same_bits(torch.get_rng_state().numpy(), before)


@pytest.mark.parametrize(
    ("call", "missing", "install"),
    [
        (lambda network: network.to_torch(), "torch", "lso_native[torch]"),
        (lambda network: network.to_onnx(), "onnx", "lso_native[interop]"),
        (lambda network: network.to_sklearn(), "sklearn", "lso_native[interop]"),
        (lambda network: network.from_torch(None), "torch", "lso_native[torch]"),
        (lambda network: network.from_onnx(b""), "onnx", "lso_native[interop]"),
        (lambda network: network.from_sklearn(None), "sklearn", "lso_native[interop]"),
        (lambda network: network.from_keras(None), "keras", "keras"),
    ],
)
def test_what_is_not_installed_is_named(
    call: Any, missing: str, install: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [missing, *[each for each in sys.modules if each.startswith(f"{missing}.")]]:
        monkeypatch.setitem(sys.modules, name, None)
    network = random_network((3, 2), 1, activation="linear", bias="standard")
    told = rf"needs {missing}: pip install '{re.escape(install)}'"
    with pytest.raises(ImportError, match=told):
        call(network)

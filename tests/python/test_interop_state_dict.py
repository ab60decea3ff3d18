"""What is read from state dicts, in an order that is given or guessed, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import lso_native as lso
import numpy as np
import pytest
import safetensors.numpy
from checks import assert_close, assert_refused
from foreign import assert_layer_refused, rows
from lso_native._typing import Array
from strategies import random_network

pytestmark = pytest.mark.extra

Tensors = dict[str, Array]
RANDOM = np.random.default_rng(0)


def linear(n_out: int, n_in: int, *, bias: bool = True) -> Tensors:
    made = {"weight": RANDOM.normal(size=(n_out, n_in)).astype("float32")}
    return made | ({"bias": RANDOM.normal(size=n_out).astype("float32")} if bias else {})


def norm(width: int) -> Tensors:
    names = ("weight", "bias", "running_mean", "running_var")
    made: Tensors = {name: RANDOM.uniform(0.1, 2, width).astype("float32") for name in names}
    return made | {"num_batches_tracked": np.array(3)}


def state(**modules: Tensors) -> Tensors:
    """Names as PyTorch has them; _0 stands for 0."""
    return {
        f"{module.removeprefix('_')}.{name}": tensor
        for module, tensors in modules.items()
        for name, tensor in tensors.items()
    }


def of(network: lso.Network, names: list[str]) -> Tensors:
    """The state dict of a network without a bias of inputs."""
    found = {}
    for name, weight, bias in zip(names, network.weights, network.biases[1:], strict=True):
        found[f"{name}.weight"] = np.array(weight)
        if bias is not None:
            found[f"{name}.bias"] = np.array(bias)
    return found


@pytest.mark.parametrize(
    "names",
    [
        ["0", "2", "10"],
        ["fc1", "fc2", "fc3"],
        ["net.fc1", "net.fc2", "out"],
        ["start", "middle", "end"],  # by shapes alone
    ],
)
def test_the_order_is_guessed(names: list[str], tmp_path: Path) -> None:
    network = random_network(
        (3, 5, 4, 2), 1, activation=["relu", "relu", "linear"], bias="standard", dtype="float32"
    )
    tensors = of(network, names)
    path = tmp_path / "decoder.safetensors"
    safetensors.numpy.save_file(tensors, path)
    for source in (path, str(path), tensors):
        read = lso.Network.from_state_dict(source, activation=network.activations)
        assert read == network


def test_names_are_in_order_by_their_numbers() -> None:
    network = random_network((3, 3, 3, 3), 1, activation="tanh", bias="standard", dtype="float32")
    for names in (["0", "2", "10"], ["net.9.fc", "net.10.fc", "net.11.fc"]):
        assert lso.Network.from_state_dict(of(network, names), activation="tanh") == network


def test_layers_say_where_batch_norm_stands() -> None:
    tensors = state(_0=linear(6, 3, bias=False), _1=norm(6), _3=linear(2, 6))
    before = lso.Network.from_state_dict(tensors, layers=["0", "1", "leaky_relu(0.2)", "3"])
    after = lso.Network.from_state_dict(tensors, layers=["0", "leaky_relu(0.2)", "1", "3"])
    x = rows(3)

    def batch_norm(values: Array) -> Array:
        mean, variance = tensors["1.running_mean"], tensors["1.running_var"]
        scaled = (values - mean) / np.sqrt(variance + 1e-5)
        return np.asarray(scaled * tensors["1.weight"] + tensors["1.bias"])

    def leaky_relu(values: Array) -> Array:
        return np.where(values > 0, values, 0.2 * values)

    first = x @ tensors["0.weight"].T
    second = (tensors["3.weight"].T, tensors["3.bias"])
    assert_close(before(x), leaky_relu(batch_norm(first)) @ second[0] + second[1], 1e-5)
    assert_close(after(x), batch_norm(leaky_relu(first)) @ second[0] + second[1], 1e-5)
    other = lso.Network.from_state_dict(tensors, layers=["0", "1", "relu", "3"], eps=0.1)
    assert other.biases[1] is not None
    assert before.biases[1] is not None
    assert (other.biases[1] != before.biases[1]).all()


def test_tensors_of_pytorch() -> None:
    torch: Any = pytest.importorskip("torch")
    module = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.SiLU(), torch.nn.Linear(5, 2))
    read = lso.Network.from_state_dict(module.state_dict(), activation=["silu", "linear"])
    assert read == lso.Network.from_torch(module)
    half = module.to(torch.bfloat16).state_dict()
    read_half = lambda: lso.Network.from_state_dict(half, activation="tanh")  # noqa: E731
    assert_layer_refused(read_half, "source", "'0.weight' (tensor)", "bfloat16")


def test_a_probe_notices_what_shapes_do_not() -> None:
    network = random_network(
        (3, 3, 3), 1, activation=["leaky_relu(0.2)", "linear"], bias="standard", dtype="float32"
    )
    tensors, x = of(network, ["0", "2"]), rows(3)
    probe = (x, network(x))
    good = lso.Network.from_state_dict(tensors, activation=network.activations, probe=probe)
    assert good == network
    turned = tensors | {"0.weight": np.ascontiguousarray(tensors["0.weight"].T)}
    swapped = {"0.weight": tensors["2.weight"], "2.weight": tensors["0.weight"]}
    for source, activation in (
        (turned, network.activations),
        (tensors | swapped, network.activations),
        (tensors, ["leaky_relu", "linear"]),
        (tensors, ["leaky_relu(0.2)", "tanh"]),
    ):
        lso.Network.from_state_dict(source, activation=activation)
        assert_refused(
            lambda source=source, activation=activation: lso.Network.from_state_dict(  # type: ignore[misc]
                source, activation=activation, probe=probe
            ),
            "probe",
            "outputs that differ",
        )
    assert_refused(
        lambda: lso.Network.from_state_dict(
            tensors, activation=network.activations, probe=(x[:, :2], network(x))
        ),
        "probe",
        "(50, 2)",
    )


REFUSED: list[tuple[str, dict[str, Any], Callable[[], Tensors], str, str]] = [
    (
        "convolution",
        {"activation": "tanh"},
        lambda: {"0.weight": np.ones((2, 1, 3, 3), "float32")},
        "'0' (tensors)",
        "(2, 1, 3, 3)",
    ),
    ("norm", {"activation": "tanh"}, lambda: state(_0=linear(3, 3), _1=norm(3)), "'1' (batch", "give layers"),
    ("bias alone", {"activation": "tanh"}, lambda: {"0.bias": np.ones(3, "float32")}, "'0' (tensors)", "no matrix"),
    (
        "unknown",
        {"activation": "tanh"},
        lambda: state(_0=linear(3, 3) | {"weight_g": np.ones(3, "float32")}),
        "'0' (linear)",
        "weight_g",
    ),
    ("left over", {"layers": ["0"]}, lambda: state(_0=linear(3, 3), _1=linear(2, 3)), "'1.bias'", "not name"),
    ("no such layer", {"layers": ["0", "bn"]}, lambda: state(_0=linear(3, 3)), "'bn'", "no activation"),
    ("widths", {"layers": ["0", "1"]}, lambda: state(_0=linear(3, 3), _1=linear(2, 4)), "'1' (linear)", "(3,)"),
    ("half", {"activation": "tanh"}, lambda: {"0.weight": np.ones((2, 2), "float16")}, "'0' (linear)", "float16"),
    ("nan", {"activation": "tanh"}, lambda: {"0.weight": np.full((2, 2), np.nan)}, "'0' (linear)", "finite"),
    (
        "no variance",
        {"layers": ["0", "1"]},
        lambda: {k: v for k, v in state(_0=linear(3, 3), _1=norm(3)).items() if k != "1.running_var"},
        "'1' (batch norm)",
        "'running_var' is missing",
    ),
    ("hidden", {"layers": ["0", "softmax", "1"]}, lambda: state(_0=linear(3, 3), _1=linear(2, 3)), "'softmax'", "not"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "build", "layer", "why"),
    [each[1:] for each in REFUSED],
    ids=[each[0] for each in REFUSED],
)
def test_a_refusal_names_tensor_and_reason(
    options: dict[str, Any], build: Callable[[], Tensors], layer: str, why: str
) -> None:
    tensors = build()
    argument = "layers" if "'bn'" in layer or "'softmax'" in layer else "source"
    assert_layer_refused(
        lambda: lso.Network.from_state_dict(tensors, **options), argument, layer, why
    )


def test_what_cannot_be_put_in_order_is_refused() -> None:
    read = lso.Network.from_state_dict
    gap = state(a=linear(3, 4), b=linear(5, 6))
    assert_refused(lambda: read(gap, activation="tanh"), "source", "a (3, 4), b (5, 6)")
    several = state(a=linear(3, 3), b=linear(3, 2), c=linear(2, 3))  # a c b, b a c and c b a
    assert_refused(lambda: read(several, activation="tanh"), "source", "b (3, 2)")
    whole = state(_0=linear(3, 4))
    assert_refused(lambda: read(whole), "activation", "None")
    assert_refused(lambda: read(whole, activation="tanh", layers=["0"]), "activation", "tanh")
    assert_refused(lambda: read(whole, activation=["tanh", "tanh"]), "activation", "2")
    assert_refused(lambda: read(whole, layers="0"), "layers", "'0'")
    assert_refused(lambda: read({}, activation="tanh"), "source")
    unnamed: Any = {0: np.ones(3)}
    assert_refused(lambda: read(unnamed, activation="tanh"), "source", "one from 0")


def test_files_that_are_none(tmp_path: Path) -> None:
    read = lso.Network.from_state_dict
    pickled = tmp_path / "model.pt"
    pickled.write_bytes(b"PK\x03\x04" + b"\0" * 64)
    assert_refused(lambda: read(pickled, activation="tanh"), "source", "model.pt")
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "missing", activation="tanh")
    ours = tmp_path / "ours.safetensors"
    lso.save(random_network((3, 4, 2), 1), ours)
    assert_refused(lambda: read(ours, activation="tanh"), "source", "lso.load")
    half = tmp_path / "half.safetensors"
    safetensors.numpy.save_file({"0.weight": np.ones((2, 2), "float16")}, half)
    assert_layer_refused(
        lambda: read(half, activation="tanh"), "source", "'0.weight' (tensor)", "F16"
    )

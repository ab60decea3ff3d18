"""What is read from Keras, and what is refused."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from checks import assert_close, assert_refused, assert_same_bits
from foreign import assert_layer_refused, rows
from lso_native._typing import Array
from strategies import random_network

if "KERAS_BACKEND" not in os.environ:
    pytest.importorskip("torch")
    os.environ["KERAS_BACKEND"] = "torch"
keras: Any = pytest.importorskip("keras")
pytestmark = pytest.mark.extra
layers: Any = keras.layers


@pytest.fixture(autouse=True)
def _seeded() -> None:
    keras.utils.set_random_seed(0)


def array(value: Any) -> Array:
    value = getattr(value, "value", value)
    return np.asarray(value.detach() if hasattr(value, "detach") else value)


def sequential(*added: Any, shape: tuple[Any, ...] = (4,)) -> Any:
    return keras.Sequential([keras.Input(shape), *added])


def norm(width: int, **options: Any) -> Any:
    """A batch norm that has learned something."""
    made = layers.BatchNormalization(**options)
    made.build((None, width))
    rng = np.random.default_rng(0)
    for variable in made.weights:
        variable.assign(rng.uniform(0.1, 2, width))
    return made


def assert_read(model: Any) -> lso.Network:
    """What is read from the model, which must say the same."""
    network = lso.Network.from_keras(model)
    x = rows(network.n_inputs, network.dtype)
    told = array(model(x.reshape(len(x), *model.inputs[0].shape[1:]), training=False))
    assert_close(network(x), told.reshape(len(x), -1), 1e-5)
    return network


def test_kernels_are_turned_bit_for_bit() -> None:
    model = sequential(layers.Dense(4, "tanh"), layers.Dense(3, use_bias=False))
    network = assert_read(model)
    assert network.bias == (False, True, False)
    assert_same_bits(network.weights[0], np.ascontiguousarray(array(model.layers[0].kernel).T))


@pytest.mark.parametrize(
    ("activation", "name"),
    [
        ("linear", "linear"),
        ("sigmoid", "sigmoid"),
        ("tanh", "tanh"),
        ("relu", "relu"),
        ("softplus", "softplus"),
        ("elu", "elu"),
        ("silu", "silu"),
        ("gelu", "gelu"),
        ("leaky_relu", "leaky_relu(0.2)"),
        ("softmax", "softmax"),
        ("log_softmax", "log_softmax"),
        (layers.LeakyReLU(), "leaky_relu(0.3)"),
        (layers.ELU(), "elu"),
    ],
    ids=str,
)
def test_every_activation_with_its_slope(activation: Any, name: str) -> None:
    assert assert_read(sequential(layers.Dense(3, activation))).activations == (name,)
    if isinstance(activation, str):
        by_itself = sequential(layers.Dense(3), layers.Activation(activation))
        assert assert_read(by_itself).activations == (name,)


@pytest.mark.parametrize(
    ("added", "name"),
    [
        ([layers.ReLU()], "relu"),
        ([layers.ReLU(negative_slope=0.1)], "leaky_relu(0.1)"),
        ([layers.LeakyReLU(negative_slope=0.05)], "leaky_relu(0.05)"),
        ([layers.PReLU(alpha_initializer=keras.initializers.Constant(0.25))], "leaky_relu(0.25)"),
        ([layers.Softmax()], "softmax"),
        ([layers.Reshape((2, 3)), layers.Softmax(), layers.Flatten()], "softmax(3)"),
        ([layers.Reshape((2, -1)), layers.Activation("log_softmax")], "log_softmax(3)"),
    ],
)
def test_layers_of_activations(added: list[Any], name: str) -> None:
    assert assert_read(sequential(layers.Dense(6), *added)).activations == (name,)


def test_scales_fold_and_what_does_nothing_goes() -> None:
    model = sequential(
        layers.Rescaling(1 / 255, offset=-0.5),
        layers.Flatten(),
        layers.Dense(6),
        norm(6, epsilon=0.1),
        layers.Activation("relu"),
        norm(6, scale=False),
        layers.Dropout(0.9),
        layers.GaussianNoise(1.0),
        layers.Dense(3, "sigmoid"),
        shape=(2, 2, 1),
    )
    assert assert_read(model).sizes == (4, 6, 3)


def test_normalization_is_the_bias_of_the_inputs() -> None:
    normalization = layers.Normalization()
    normalization.adapt(rows(4) + 1000)
    network = assert_read(sequential(normalization, layers.Dense(3, "tanh")))
    assert network.sizes == (4, 3)
    assert network.bias == (True, True)


def test_models_in_models() -> None:
    x = keras.Input((4,))
    encoder = sequential(layers.Dense(2))
    decoder = keras.Sequential([layers.Dense(5, "elu"), layers.Dense(4, "sigmoid")])
    assert assert_read(keras.Model(x, decoder(encoder(x)))).sizes == (4, 2, 5, 4)


def test_a_list_of_weights() -> None:
    network = random_network((3, 3, 2), 1, bias=[False, True, False], dtype="float32")
    first, second = (np.ascontiguousarray(weight.T) for weight in network.weights)
    weights = [first, np.array(network.biases[1]), second]
    x = rows(3)
    read = lso.Network.from_keras(weights, activation="sigmoid", probe=(x, network(x)))
    assert read == network

    turned = [first.T, *weights[1:]]
    assert lso.Network.from_keras(turned, activation="sigmoid") != network  # nothing tells it
    for given, activation in ((turned, "sigmoid"), (weights, ["leaky_relu", "sigmoid"])):
        assert_refused(
            lambda given=given, activation=activation: lso.Network.from_keras(  # type: ignore[misc]
                given, activation=activation, probe=(x, network(x))
            ),
            "probe",
            "outputs that differ",
        )
    assert_refused(lambda: lso.Network.from_keras(weights), "activation", "None")
    of_norm = [first, *[np.ones(3, "float32")] * 5, second]
    assert_layer_refused(
        lambda: lso.Network.from_keras(of_norm, activation="tanh"),
        "model",
        "'weights[2]' (array)",
        "batch norm",
    )


def test_a_layer_that_comes_twice_is_noticed() -> None:
    x, dense = keras.Input((4,)), layers.Dense(4, "tanh")
    model = keras.Model(x, layers.Dense(2)(dense(dense(x))))
    assert_refused(lambda: lso.Network.from_keras(model), "model", "outputs that differ")


class Own(layers.Dense):  # type: ignore[misc]
    """A stranger's."""


class OwnModel(keras.Model):  # type: ignore[misc]
    """A stranger's."""

    def call(self, x: Any) -> Any:
        return x


def own(x: Any) -> Any:
    return x


def after(*added: Any) -> Any:
    return sequential(layers.Dense(6, name="first"), *added)


def skip() -> Any:
    x = keras.Input((4,))
    return keras.Model(x, layers.Add(name="sum")([x, layers.Dense(4)(x)]))


def spoiled() -> Any:
    model = after()
    model.layers[0].bias.assign(np.full(6, np.nan))
    return model


REFUSED: list[tuple[str, Callable[[], Any], str, str]] = [
    ("convolution", lambda: sequential(layers.Conv2D(2, 3, name="c"), shape=(8, 8, 1)), "'c' (Conv2D)", "no"),
    ("own", lambda: sequential(Own(3, name="own")), "'own' (Own)", "no dense layer"),
    ("own model", lambda: after(OwnModel(name="own")), "'own' (OwnModel)", "cannot be read"),
    ("own activation", lambda: sequential(layers.Dense(3, own, name="d")), "'d' (Dense)", "your own"),
    ("selu", lambda: sequential(layers.Dense(3, "selu", name="d")), "'d' (Dense)", "'selu'"),
    ("relu6", lambda: after(layers.ReLU(max_value=6, name="r")), "'r' (ReLU)", "max_value=6"),
    ("threshold", lambda: after(layers.ReLU(threshold=1.0, name="r")), "'r' (ReLU)", "threshold=1"),
    ("elu", lambda: after(layers.ELU(alpha=0.5, name="e")), "'e' (ELU)", "alpha 0.5"),
    ("layer norm", lambda: after(layers.LayerNormalization(name="n")), "'n' (LayerNorm", "no dense"),
    ("skip connection", skip, "'sum' (Add)", "no dense layer"),
    ("positions", lambda: after(layers.Reshape((2, 3)), layers.Dense(2, name="d")), "'d' (Dense)", "(2, 3)"),
    ("axis", lambda: after(layers.Reshape((2, 3)), layers.Softmax(1, name="s")), "'s' (Softmax)", "axis 1"),
    ("hidden", lambda: after(layers.Softmax(name="s"), layers.Dense(2)), "'s' (Softmax)", "not at the"),
    ("invert", lambda: after(layers.Normalization(invert=True, mean=1.0, variance=4.0, name="n")), "'n' (", "invert"),
    ("nan", spoiled, "'first' (Dense)", "not finite"),
    ("half", lambda: sequential(layers.Dense(3, dtype="float16", name="d")), "'d' (Dense)", "float16"),
    ("mixed", lambda: sequential(layers.Dense(3, dtype="mixed_float16", name="d")), "'d' (Dense)", "float16"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("build", "layer", "why"), [each[1:] for each in REFUSED], ids=[each[0] for each in REFUSED]
)
def test_a_refusal_names_layer_and_reason(build: Callable[[], Any], layer: str, why: str) -> None:
    model = build()
    assert_layer_refused(lambda: lso.Network.from_keras(model), "model", layer, why)


def test_what_is_no_model_is_refused() -> None:
    unbuilt = keras.Sequential([layers.Dense(3)])
    assert_refused(lambda: lso.Network.from_keras(unbuilt), "model", "Sequential")
    assert_refused(lambda: lso.Network.from_keras("model.keras"), "model", "str")
    endless = sequential(layers.Flatten(), shape=(None, 3))
    assert_refused(lambda: lso.Network.from_keras(endless), "model", "(None, 3)")
    assert_refused(lambda: lso.Network.from_keras(after(), activation="tanh"), "activation")

"""Networks as values: construction, views, replace, split, copies, and bad input."""

from __future__ import annotations

import copy
import json
import pickle
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from checks import assert_refused, assert_same_bits
from lso_native.network import ACTIVATIONS as ACTIVATIONS_BY_NAME
from lso_native.network import Activation
from strategies import ACTIVATIONS, random_network, uniform


def test_the_papers_bias_is_the_default() -> None:
    network = lso.Network((4, 6, 2), random_state=0)
    assert network.sizes == (4, 6, 2)
    assert network.activations == ("sigmoid", "sigmoid")
    assert network.bias == (True, True, False)
    assert network.dtype == np.float32
    assert (network.n_inputs, network.n_outputs) == (4, 2)
    assert network.n_parameters == 4 + (24 + 6) + 12


def test_standard_and_chosen_bias() -> None:
    assert lso.Network((4, 6, 2), bias="standard").bias == (False, True, True)
    assert lso.Network((4, 6, 2), bias=[True, False, True]).bias == (True, False, True)
    assert lso.Network((4, 6, 2), bias="standard").n_parameters == (24 + 6) + (12 + 2)


def test_activations_one_a_layer() -> None:
    network = lso.Network((4, 6, 2), activation=["relu", "softmax"])
    assert network.activations == ("relu", "softmax")
    assert np.allclose(network(uniform((5, 4), seed=0)).sum(axis=1), 1.0)


def test_parameters_in_their_order() -> None:
    network = lso.Network((2, 3, 2), dtype="float64").replace(np.arange(2 + 6 + 3 + 6))
    assert [None if b is None else b.tolist() for b in network.biases] == [
        [0.0, 1.0],
        [8.0, 9.0, 10.0],
        None,
    ]
    assert [w.tolist() for w in network.weights] == [
        [[2.0, 3.0], [4.0, 5.0], [6.0, 7.0]],
        [[11.0, 12.0, 13.0], [14.0, 15.0, 16.0]],
    ]


def test_views_share_the_buffer_and_cannot_be_written() -> None:
    network = random_network((3, 5, 2), seed=1)
    views = [network.parameters, *network.weights, *(b for b in network.biases if b is not None)]
    for view in views:
        assert not view.flags.writeable
        assert np.shares_memory(view, network.parameters)
        with pytest.raises(ValueError, match="read-only"):
            view[...] = 0.0
        with pytest.raises(ValueError, match="WRITEABLE"):
            view.flags.writeable = True


def test_a_view_outlives_its_network() -> None:
    network = random_network((3, 5, 2), seed=1)
    view, expected = network.parameters, network.parameters.copy()
    del network
    assert_same_bits(view, expected)


def test_a_network_does_not_change() -> None:
    network = random_network((3, 5, 2), seed=1)
    flat = network.parameters.copy()
    with pytest.raises(AttributeError):
        network.parameters = flat  # type: ignore[misc]
    other = network.replace(flat)
    flat[:] = 0.0
    assert other == network
    assert network.replace(flat) != network
    assert network.replace(flat).architecture() == network.architecture()


def test_seeds() -> None:
    def build(seed: int | None) -> lso.Network:
        return lso.Network((5, 7, 3), random_state=seed)

    assert build(3) == build(3)
    assert build(3) != build(4)
    assert build(None) != build(None)
    # every weight drawn, and the starting biases zero
    assert all((weight != 0.0).all() for weight in build(3).weights)
    assert all((bias == 0.0).all() for bias in build(3).biases if bias is not None)


@pytest.mark.parametrize(
    "dtype", [np.float64, np.float32, np.int64, np.uint8, np.bool_, np.float16]
)
def test_any_real_dtype_and_layout_comes_in(dtype: Any) -> None:
    network = random_network((3, 5, 2), seed=1, dtype="float32")
    x = np.asfortranarray(uniform((6, 6), seed=2, low=0.0, high=2.0).astype(dtype)[:, ::2])
    assert_same_bits(network(x), network(np.ascontiguousarray(x, dtype=np.float32)))
    assert_same_bits(network(x.tolist()), network(x))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_row_does_not_depend_on_its_company(dtype: str) -> None:
    network = random_network((19, 37, 23, 5), seed=1, dtype=dtype)
    x = uniform((150, 19), seed=2)
    whole = network(x)
    for rows in ([0], [149], slice(3, 20), slice(60, 140), np.arange(150)[::-1]):
        assert_same_bits(network(x[rows]), whole[rows])


def test_nodes_are_the_layers_values() -> None:
    network = random_network((3, 5, 2), seed=1)
    x = uniform((7, 3), seed=2)
    nodes = network.nodes(x)
    assert [n.shape for n in nodes] == [(7, 3), (7, 5), (7, 2)]
    assert network.biases[0] is not None
    assert_same_bits(nodes[0], x + network.biases[0])
    assert_same_bits(nodes[-1], network(x))


def test_a_long_name_is_cut_in_the_error() -> None:
    with pytest.raises(ValueError, match="activation: expected") as told:
        lso.Network([2, 2], activation="x" * 100_000)
    assert len(str(told.value)) < 400
    hidden: Any = "x" * 100_000
    with pytest.raises(TypeError, match="hidden: expected") as refused:
        lso.Autoencoder(hidden=hidden).fit(np.zeros((2, 2)))
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_far_inputs_give_finite_values_and_gradients(activation: str) -> None:
    network = random_network((2, 3), seed=1, activation=activation, dtype="float32")
    x = np.array([[1e4, -1e4], [-1e4, 1e4], [0.0, 0.0]])
    assert np.isfinite(network(x)).all()
    assert np.isfinite(network.input_gradient(x, np.ones((3, 3)))).all()


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda n: pickle.loads(pickle.dumps(n))]
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_copies_are_equal_bit_for_bit(copied: Any, dtype: str) -> None:
    network = random_network(
        (3, 5, 2), seed=1, activation=["relu", "softmax"], bias="standard", dtype=dtype
    )
    other = copied(network)
    assert other == network
    assert other.architecture() == network.architecture()
    assert_same_bits(other.parameters, network.parameters)


def test_equality_sees_every_difference() -> None:
    network = random_network((3, 3, 3), seed=1)
    flat = network.parameters.copy()
    flat[-1] = np.nextafter(flat[-1], 9.0)
    assert network != network.replace(flat)
    assert network != random_network((3, 3, 3), seed=1, dtype="float32")
    assert network != random_network((3, 3, 3), seed=1, activation="tanh")
    assert network != random_network((3, 3, 3), seed=1, bias="standard")
    assert network != "a network"


def test_repr_shows_the_layers() -> None:
    network = lso.Network((196, 64, 20), activation=["relu", "softmax"])
    for text in ("Network", "196", "64", "20", "relu", "softmax", "float32"):
        assert text in repr(network)


def test_architecture_goes_through_json() -> None:
    network = random_network((3, 5, 2), seed=1, activation=["tanh", "linear"], bias="standard")
    found = json.loads(json.dumps(network.architecture()))
    assert found == {
        "sizes": [3, 5, 2],
        "activations": ["tanh", "linear"],
        "bias": [False, True, True],
        "dtype": "float64",
    }


X = np.zeros((2, 3))


@pytest.mark.parametrize("method", ["__call__", "nodes", "backprop", "input_gradient"])
@pytest.mark.parametrize(
    ("x", "got"),
    [
        (np.zeros((2, 4)), "(2, 4)"),
        (np.zeros(3), "(3,)"),
        (np.zeros((1, 2, 3)), "(1, 2, 3)"),
        (0.0, "()"),
        (np.zeros((0, 3)), "(0, 3)"),
        (np.zeros((2, 3), dtype=complex), "complex128"),
        (np.full((2, 3), None), "object"),
        (np.array([["a", "b", "c"]]), "<U1"),
        ([[1.0, 2.0, 3.0], [1.0]], ""),
        ([[0.0, np.nan, 0.0]], "NaN"),
        ([[0.0, np.inf, 0.0]], "infinity"),
        ([[0.0, -1e300, 0.0]], "infinity"),  # in float32
        (None, ""),
    ],
)
def test_bad_samples_name_the_argument(method: str, x: Any, got: str) -> None:
    network = random_network((3, 5, 2), seed=1, dtype="float32")
    arguments = () if method in {"__call__", "nodes"} else (np.zeros((2, 2)),)
    assert_refused(lambda: getattr(network, method)(x, *arguments), "x", got)


def test_bad_output_gradients_name_the_argument() -> None:
    network = random_network((3, 5, 2), seed=1)
    for gradient, got in [
        (np.zeros((2, 3)), "(2, 3)"),
        (np.zeros((3, 2)), "(3, 2)"),
        (np.full((2, 2), np.nan), "NaN"),
    ]:
        for method in (network.backprop, network.input_gradient):
            assert_refused(partial(method, X, gradient), "output_gradient", got)


@pytest.mark.parametrize(
    ("argument", "options", "got"),
    [
        ("sizes", {"sizes": ()}, ""),
        ("sizes", {"sizes": (3,)}, "1"),
        ("sizes", {"sizes": (3, 0, 2)}, "0"),
        ("sizes", {"sizes": (3, -5, 2)}, "-5"),
        ("sizes", {"sizes": (3, 2.5)}, "2.5"),
        ("sizes", {"sizes": 7}, "7"),
        ("sizes", {"sizes": {3, 2}}, "{2, 3}"),
        ("sizes", {"sizes": {3: 1, 2: 1}}, "3: 1"),
        ("bias", {"bias": ["yes", "no", ""]}, "'yes'"),
        ("dtype", {"dtype": None}, "None"),
        ("activation", {"activation": {"relu", "tanh"}}, "relu"),
        ("activation", {"activation": b"relu"}, "relu"),
        ("activation", {"activation": "swish"}, "swish"),
        ("activation", {"activation": ["sigmoid"]}, "1"),
        ("activation", {"activation": ["softmax", "sigmoid"]}, "softmax"),
        ("activation", {"activation": 3}, "got 3"),
        ("activation", {"activation": "softmax"}, "softmax"),
        ("bias", {"bias": "none"}, "none"),
        ("bias", {"bias": [True, False]}, "2"),
        ("bias", {"bias": 3}, "got 3"),
        ("dtype", {"dtype": "float16"}, "float16"),
        ("dtype", {"dtype": "number"}, "number"),
        ("random_state", {"random_state": -1}, "-1"),
        ("random_state", {"random_state": 0.5}, "0.5"),
        ("random_state", {"random_state": "lucky"}, "lucky"),
    ],
)
def test_bad_architecture_names_the_argument(
    argument: str, options: dict[str, Any], got: str
) -> None:
    arguments: dict[str, Any] = {"sizes": (3, 5, 2), **options}
    assert_refused(lambda: lso.Network(arguments.pop("sizes"), **arguments), argument, got)


def test_bad_parameters_name_the_argument() -> None:
    network = random_network((3, 5, 2), seed=1)
    n = network.n_parameters
    for flat, got in [
        (np.zeros(n - 1), f"({n - 1},)"),
        (np.zeros((n, 1)), f"({n}, 1)"),
        (np.full(n, np.nan), "NaN"),
        (np.zeros(n, dtype=complex), "complex128"),
    ]:
        assert_refused(partial(network.replace, flat), "parameters", got)


@pytest.mark.parametrize("layer", [0, 2, -1, 7, 1.0, "latent"])
def test_bad_split_names_the_argument(layer: Any) -> None:
    assert_refused(lambda: random_network((3, 5, 2), seed=1).split(layer), "layer", str(layer))


def test_the_page_of_activations_is_the_engines_table() -> None:
    page = (Path(__file__).parents[2] / "docs" / "activations.md").read_text(encoding="utf-8")
    rows = [[c.strip() for c in line.split("|")[1:4]] for line in page.splitlines() if "|" in line]
    engine = [
        [f"`{name}`", "{:g} to {:g}".format(*each.range), f"{each.gain:g}"]
        for name, each in ACTIVATIONS_BY_NAME.items()
    ]
    assert rows[2:] == engine


def test_an_activation_tells_what_it_is() -> None:
    leaky = Activation("leaky_relu(0.20)")
    assert (leaky.name, leaky.range, leaky.output_only) == (
        "leaky_relu(0.2)",
        (-np.inf, np.inf),
        False,
    )
    assert leaky == Activation("leaky_relu(0.2)") != Activation("leaky_relu")
    assert leaky != "leaky_relu(0.2)"
    assert len({leaky, Activation("leaky_relu(0.2)")}) == 1
    assert Activation("softmax(10)").group(30) == 10
    assert [each.name for each in ACTIVATIONS_BY_NAME.values()] == list(ACTIVATIONS_BY_NAME)


@pytest.mark.parametrize("activation", ["leaky_relu(0.2)", "silu", "softmax(2)"])
def test_a_parameter_of_an_activation_is_part_of_the_network(activation: str) -> None:
    network = random_network((3, 5, 4), seed=1, activation=["elu", activation])
    assert network.activations == ("elu", activation)
    again = pickle.loads(pickle.dumps(network))
    assert again == network
    assert again.activations == network.activations
    other = random_network((3, 5, 4), seed=1, activation=["elu", "softmax"])
    assert network != other


def test_groups_must_divide_the_outputs() -> None:
    with pytest.raises(ValueError, match=r"^activation: .* the layer's 12 nodes, got softmax\(5\)"):
        lso.Network((3, 12), activation="softmax(5)")


@pytest.mark.parametrize("weight", [1e30, 3e38])
@pytest.mark.parametrize("activation", ["linear", "relu", "softmax"])
def test_outputs_that_are_not_finite_are_told(weight: float, activation: str) -> None:
    network = lso.Network([2, 3, 2], activation=["linear", activation], random_state=0)
    large = network.replace(np.full(network.n_parameters, weight))
    x = [[0.0, 0.0], [1e9, 1.0], [1.0, 1e9]]
    calls: tuple[Callable[[], Any], ...] = (
        lambda: large(x),
        lambda: large.nodes(x)[-1],
        lambda: large.input_gradient(x, np.ones((3, 2))),
        lambda: large.backprop(x, np.ones((3, 2))).nodes[0],
        lambda: (large >> lso.Network([2, 1], activation="linear", random_state=0))(x),
    )
    told = 0
    for call in calls:
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            rows = ~np.isfinite(call()).all(axis=1)
        told += len(heard)
        assert all(each.category is RuntimeWarning for each in heard)
        assert all(each.filename == __file__ for each in heard)  # the line that asked
        assert bool(heard) == rows.any()
        for each in heard:
            said = f"not finite for {rows.sum()} of 3 samples, first of sample {rows.argmax()}: "
            assert said in str(each.message)
    assert told


def test_an_estimator_and_an_evaluation_tell_of_what_is_not_finite() -> None:
    x = np.random.default_rng(0).random((5, 2))
    model = lso.Regressor(hidden=(3,), epochs=1, random_state=0).fit(x, x)
    problem = lso.Problem(model.network_, lso.Branch(lso.SquaredError([0.0, 0.0])))
    huge = np.full(model.network_.n_parameters, 3e38)
    model.network_ = model.network_.replace(huge)
    with pytest.warns(
        RuntimeWarning, match="outputs not finite for 5 of 5 samples, first of sample 0"
    ):
        assert not np.isfinite(model.predict(x)).any()
    assert np.isfinite(problem.evaluate(x).loss).all()  # or this would warn
    problem = lso.Problem(model.network_, lso.Branch(lso.SquaredError([0.0, 0.0])))
    with pytest.warns(
        RuntimeWarning, match="errors not finite for 5 of 5 samples, first of sample 0"
    ):
        assert not np.isfinite(problem.evaluate(x).loss).any()

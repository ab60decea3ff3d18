"""Composition: the parts in sequence, bit for bit, and nothing shared or lost."""

from __future__ import annotations

import copy
import pickle
from typing import Any, cast

import lso_native as lso
import numpy as np
import pytest
from checks import assert_refused, assert_same_bits
from hypothesis import given
from hypothesis import strategies as st
from strategies import compositions, networks, random_network, samples, uniform

DTYPES = st.sampled_from(["float32", "float64"])


@given(st.data())
def test_composing_equals_calling_in_turn(data: st.DataObject) -> None:
    model = data.draw(compositions(max_width=40, dtype=data.draw(DTYPES)))
    x = data.draw(samples(model.n_inputs)).astype(model.dtype)
    value = x
    seams = []
    for part in model.parts:
        value = part(value)
        seams.append(value)
    assert_same_bits(model(x), value)
    found = model.seams(x)
    assert len(found) == len(model.parts) - 1
    for seam, expected in zip(found, seams[:-1], strict=True):
        assert_same_bits(seam, expected)


@given(st.data())
def test_composing_is_associative(data: st.DataObject) -> None:
    dtype = data.draw(DTYPES)
    a = data.draw(networks(max_layers=2, max_width=12, dtype=dtype))
    b = data.draw(networks(n_inputs=a.n_outputs, max_layers=2, max_width=12, dtype=dtype))
    c = data.draw(networks(n_inputs=b.n_outputs, max_layers=2, max_width=12, dtype=dtype))
    x = data.draw(samples(a.n_inputs))
    left, right = (a >> b) >> c, a >> (b >> c)
    assert left == right == lso.compose(a, b, c) == lso.compose(lso.compose(a, b), c)
    assert left.parts == (a, b, c)
    assert_same_bits(left(x), right(x))


@given(st.data())
def test_split_and_composed_again_is_the_same(data: st.DataObject) -> None:
    network = data.draw(networks(dtype=data.draw(DTYPES)).filter(lambda net: len(net.sizes) > 2))
    x = data.draw(samples(network.n_inputs))
    layer = data.draw(st.integers(1, len(network.sizes) - 2))
    front, back = network.split(layer)
    assert front.sizes == network.sizes[: layer + 1]
    assert back.sizes == network.sizes[layer:]
    assert front.bias == network.bias[: layer + 1]
    assert back.bias == (False, *network.bias[layer + 1 :])
    assert front.n_parameters + back.n_parameters == network.n_parameters
    assert_same_bits((front >> back)(x), network(x))


def decoder_and_classifier(dtype: str = "float64") -> tuple[lso.Network, lso.Network]:
    return (
        random_network((3, 8, 6), seed=1, dtype=dtype),
        random_network((6, 7, 4), seed=2, dtype=dtype),
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_optimizing_leaves_every_parameter(dtype: str) -> None:
    decoder, classifier = decoder_and_classifier(dtype)
    model = decoder >> classifier
    before = [part.parameters.tobytes() for part in model.parts]
    result = lso.optimize(
        model, [0.6, 0.4, 0.5, 0.5], starts=uniform((40, 3), seed=3), max_iterations=50
    )
    assert result.iterations.max() > 0
    assert [part.parameters.tobytes() for part in model.parts] == before
    assert model.parts[0] is decoder
    assert model.parts[1] is classifier


def test_samples_are_the_values_at_the_last_seam() -> None:
    decoder, classifier = decoder_and_classifier()
    head = random_network((4, 5, 2), seed=5)
    starts = uniform((20, 3), seed=3)
    model = lso.compose(decoder, classifier, head)
    result = lso.optimize(model, [0.5, 0.6], starts=starts, max_iterations=20)
    assert_same_bits(result.samples, classifier(decoder(result.latents)))
    assert_same_bits(result.outputs, model(result.latents))
    alone = lso.optimize(classifier, [0.5] * 4, starts=uniform((5, 6), seed=1), max_iterations=20)
    # of a single network nobody can say whether it makes samples or judges them
    assert_refused(lambda: alone.samples, "samples", "single network")


def test_nodes_show_both_sides_of_a_seam() -> None:
    decoder, classifier = decoder_and_classifier()
    x = uniform((9, 3), seed=3)
    nodes = (decoder >> classifier).nodes(x)
    assert [values.shape[1] for values in nodes] == [3, 8, 6, 6, 7, 4]
    assert_same_bits(nodes[2], decoder(x))
    assert classifier.biases[0] is not None
    assert_same_bits(nodes[3], decoder(x) + classifier.biases[0])


def test_a_composition_describes_itself() -> None:
    decoder, classifier = decoder_and_classifier("float32")
    model = decoder >> classifier
    assert (model.n_inputs, model.n_outputs, model.dtype) == (3, 4, np.dtype("float32"))
    for size in (3, 8, 6, 7, 4):
        assert str(size) in repr(model)
    for copied in (pickle.loads(pickle.dumps(model)), copy.copy(model), copy.deepcopy(model)):
        assert copied == model
        assert_same_bits(copied(np.ones((2, 3))), model(np.ones((2, 3))))
    assert model != decoder >> random_network((6, 7, 4), seed=9, dtype="float32")
    assert model != decoder
    assert model != "a model"


def test_widths_that_do_not_fit() -> None:
    a, b = random_network((3, 8), seed=1), random_network((5, 4), seed=2)
    with pytest.raises(ValueError, match=r"expected.*8.*got.*5"):
        lso.compose(a, b)
    with pytest.raises(ValueError, match=r"expected.*8.*got.*5"):
        a >> b
    with pytest.raises(ValueError, match=r"expected.*8.*got.*5"):
        (random_network((2, 3), seed=1) >> a) >> b


@pytest.mark.parametrize("first", ["float32", "float64"])
def test_both_dtypes_make_the_wider(first: str) -> None:
    second = "float64" if first == "float32" else "float32"
    a = random_network((3, 4), seed=1, dtype=first, activation="gelu")
    b = random_network((4, 2), seed=2, dtype=second)
    model = a >> b
    assert [part.dtype.name for part in model.parts] == ["float64", "float64"]
    assert model == lso.compose(a.astype("float64"), b.astype(np.float64))
    for part, origin in zip(model.parts, (a, b), strict=True):
        assert np.array_equal(part.parameters, origin.parameters)  # no digit is lost
        assert (part is origin) == (origin.dtype == np.float64)
    x = uniform((5, 3), seed=3)
    assert_same_bits(model(x), model.parts[1](model.parts[0](x)))
    assert model.astype("float32") == a.astype("float32") >> b.astype("float32")


def test_a_network_in_another_dtype() -> None:
    wide = random_network((3, 5, 4), seed=1, activation=["leaky_relu(0.2)", "softmax(2)"])
    narrow = wide.astype("float32")
    assert narrow.dtype == np.float32
    assert (narrow.sizes, narrow.activations, narrow.bias) == (
        wide.sizes,
        wide.activations,
        wide.bias,
    )
    assert np.array_equal(narrow.parameters, wide.parameters.astype(np.float32))
    assert wide.astype("float64") is wide
    with pytest.raises(
        ValueError, match=r"^dtype: expected float32 or float64|^dtype: expected one of"
    ):
        wide.astype("float16")
    with pytest.raises(ValueError, match=r"^dtype: expected one that holds a parameter of 1e\+300"):
        wide.replace(np.full(wide.n_parameters, -1e300)).astype("float32")


def test_what_cannot_be_composed() -> None:
    network: Any = random_network((3, 4), seed=1)
    with pytest.raises((TypeError, ValueError), match="expected"):
        lso.compose()
    with pytest.raises(TypeError, match="expected"):
        lso.compose(network, cast(Any, "classifier"))
    with pytest.raises(TypeError):
        network >> 3


def test_bad_input_names_the_argument() -> None:
    decoder, classifier = decoder_and_classifier()
    model = decoder >> classifier
    x = np.zeros((2, 3))
    assert_refused(lambda: model(np.zeros((2, 4))), "x", "(2, 4)")
    assert_refused(lambda: model.seams(np.zeros(3)), "x", "(3,)")
    assert_refused(lambda: model.nodes(np.full((2, 3), np.nan)), "x", "NaN")
    assert_refused(lambda: model.backprop(x, np.zeros((2, 6))), "output_gradient", "(2, 6)")
    assert_refused(lambda: model.input_gradient(x, np.zeros((3, 4))), "output_gradient", "(3, 4)")

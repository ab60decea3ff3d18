"""Algorithms 1 to 3: the engine against the paper's pseudo-code, both against differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lso_native as lso
import numpy as np
import pytest
import reference
import reference_loops as loops
from checks import assert_close
from hypothesis import assume, given
from hypothesis import strategies as st
from lso_native._typing import Array
from strategies import GROUPED, compositions, models, networks, random_network, samples, uniform

# Central differences agree to 1e-6 of the largest derivative, or of a thousandth of the function's
# value where derivatives all but vanish and rounding is all that a difference sees.
DIFFERENCES = 1e-6
FLOOR = 1e-3
CANCELLATION = 30
KINK = 1e-3  # samples nearer than this to a kink of relu have no derivative to compare with


def away_from_kinks(chain: reference.Chain, x: Array) -> Array:
    kept: Array = x[reference.kink_distance(chain, x) > KINK]
    assume(len(kept) > 0)
    return kept


def cancellation(
    chain: reference.Chain, values: list[Array], nodes: list[Array], output_gradient: Array
) -> float:
    """How many times larger than themselves the terms of the derivatives are, from layer to layer."""
    layers = [layer for net in chain for layer in net.layers]
    lost = 1.0
    incoming = np.abs(output_gradient)
    before = [values[0], *values[:-1]]  # an input node is linear, whatever comes in
    for layer, x, y, nd in zip(layers[::-1], before[::-1], values[::-1], nodes[::-1], strict=True):
        name, size = reference.parse(layer.activation)
        terms = np.empty_like(y)
        if name in GROUPED:
            for group in reference.groups(y, size):
                g = incoming[:, group]
                if name == "softmax":
                    share = g * y[:, group]
                    terms[:, group] = share + y[:, group] * share.sum(axis=1, keepdims=True)
                else:
                    terms[:, group] = g + np.exp(y[:, group]) * g.sum(axis=1, keepdims=True)
        else:
            z = reference.pre_activation(layer, x)
            terms = incoming * np.abs(reference.slope(layer.activation, z))
        if nd.any():
            lost *= max(1.0, terms.max() / np.abs(nd).max() / 10)
        incoming = np.abs(nd) if layer.weight is None else np.abs(nd) @ np.abs(layer.weight)
    return lost


def assume_no_cancellation(
    chain: reference.Chain, values: list[Array], nodes: list[Array], output_gradient: Array
) -> None:
    """A derivative that is a sum of terms far larger than itself loses digits in any arithmetic."""
    assume(cancellation(chain, values, nodes, output_gradient) < CANCELLATION)


def tensors(net: reference.Net, flat: Array) -> list[Array]:
    """The derivatives of each weight and each bias, cut from the flat ones."""
    shaped = net.replace(flat)
    return [p for layer in shaped.layers for p in (layer.weight, layer.bias) if p is not None]


def part_gradients(gradients: Any) -> tuple[Array, ...]:
    found = gradients.parameters
    return found if isinstance(found, tuple) else (found,)


@given(st.data())
def test_nodes_and_parameters_equal_the_reference(data: st.DataObject) -> None:
    model = data.draw(models())
    x = data.draw(samples(model.n_inputs))
    output_gradient = uniform((len(x), model.n_outputs), seed=len(x))
    chain = reference.from_model(model)

    values = reference.forward(chain, x)
    nodes = reference.backpropagate_nodes(chain, values, output_gradient)
    assume_no_cancellation(chain, values, nodes, output_gradient)
    parameters = reference.backpropagate_parameters(chain, values, nodes)
    native = model.backprop(x, output_gradient)

    for given_values, expected in zip(model.nodes(x), values, strict=True):
        assert_close(given_values, expected, 1e-12)
    for given_nodes, expected in zip(native.nodes, nodes, strict=True):
        assert_close(given_nodes, expected, 1e-12)
    for net, flat, wanted in zip(chain, part_gradients(native), parameters, strict=True):
        assert flat.shape == wanted.shape
        for tensor, expected in zip(tensors(net, flat), tensors(net, wanted), strict=True):
            assert_close(tensor, expected, 1e-12)
    assert np.array_equal(model.input_gradient(x, output_gradient), native.nodes[0])
    assert np.array_equal(model(x), model.nodes(x)[-1])


@given(st.data())
def test_reference_meets_central_differences(data: st.DataObject) -> None:
    model = data.draw(models(max_width=5, max_layers=3))
    chain = reference.from_model(model)
    x = away_from_kinks(chain, data.draw(samples(model.n_inputs, max_samples=4)))
    output_gradient = uniform((len(x), model.n_outputs), seed=7)
    values = reference.forward(chain, x)
    nodes = reference.backpropagate_nodes(chain, values, output_gradient)
    parameters = reference.backpropagate_parameters(chain, values, nodes)
    floor = FLOOR * float(np.abs(values[-1] * output_gradient).sum())

    def by_inputs(flat: Array) -> float:
        outputs = reference.forward(chain, flat.reshape(x.shape))[-1]
        return float((outputs * output_gradient).sum())

    slopes = reference.central_differences(by_inputs, x.ravel())
    assert_close(nodes[0].ravel(), slopes, DIFFERENCES, floor=floor)

    for index, net in enumerate(chain):

        def by_parameters(flat: Array, index: int = index, net: reference.Net = net) -> float:
            changed = [*chain[:index], net.replace(flat), *chain[index + 1 :]]
            return float((reference.forward(changed, x)[-1] * output_gradient).sum())

        slopes = reference.central_differences(by_parameters, net.flat)
        assert_close(parameters[index], slopes, DIFFERENCES, floor=floor)


@given(st.data())
def test_native_meets_central_differences(data: st.DataObject) -> None:
    model = data.draw(networks(max_width=6, max_layers=4))
    chain = reference.from_model(model)
    x = away_from_kinks(chain, data.draw(samples(model.n_inputs, max_samples=20)))
    output_gradient = uniform((len(x), model.n_outputs), seed=7)
    native = model.backprop(x, output_gradient)
    floor = FLOOR * float(np.abs(model(x) * output_gradient).sum())

    def by_inputs(flat: Array) -> float:
        return float((model(flat.reshape(x.shape)) * output_gradient).sum())

    slopes = reference.central_differences(by_inputs, x.ravel())
    assert_close(native.nodes[0].ravel(), slopes, DIFFERENCES, floor=floor)

    def by_parameters(flat: Array) -> float:
        return float((model.replace(flat)(x) * output_gradient).sum())

    slopes = reference.central_differences(by_parameters, model.parameters.astype(np.float64))
    assert_close(native.parameters, slopes, DIFFERENCES, floor=floor)


@given(st.data())
def test_native_composition_meets_central_differences(data: st.DataObject) -> None:
    model = data.draw(compositions(max_width=8))
    chain = reference.from_model(model)
    x = away_from_kinks(chain, data.draw(samples(model.n_inputs, max_samples=5)))
    output_gradient = uniform((len(x), model.n_outputs), seed=7)
    floor = FLOOR * float(np.abs(model(x) * output_gradient).sum())

    def by_inputs(flat: Array) -> float:
        return float((model(flat.reshape(x.shape)) * output_gradient).sum())

    slopes = reference.central_differences(by_inputs, x.ravel())
    assert_close(model.input_gradient(x, output_gradient).ravel(), slopes, DIFFERENCES, floor=floor)


@given(st.data())
def test_float32_agrees_with_float64(data: st.DataObject) -> None:
    single = data.draw(networks(dtype="float32"))
    double = lso.Network(
        single.sizes, activation=single.activations, bias=single.bias, dtype="float64"
    ).replace(single.parameters)
    x = away_from_kinks(reference.from_model(double), data.draw(samples(single.n_inputs)))
    x = x.astype(np.float32)
    output_gradient = uniform((len(x), single.n_outputs), seed=7).astype(np.float32)
    rough, fine = single.backprop(x, output_gradient), double.backprop(x, output_gradient)
    assert single(x).dtype == rough.nodes[0].dtype == rough.parameters.dtype == np.float32
    # some hundred roundings of 6e-8 each, of terms that may cancel in the sum
    terms = np.abs(double._chain.nodes(x)[-2]) @ np.abs(double.weights[-1]).T
    assert_close(single(x), double(x), 1e-5, floor=float(terms.max()))
    for given_nodes, expected in zip(rough.nodes, fine.nodes, strict=True):
        assert_close(given_nodes, expected, 1e-4, floor=1e-3)
    assert_close(rough.parameters, fine.parameters, 1e-4, floor=1e-3)


@pytest.mark.parametrize("proportional", [True, False])
@given(data=st.data())
def test_algorithm_3_on_the_inputs(proportional: bool, data: st.DataObject) -> None:
    model = data.draw(models(max_width=20))
    starts = data.draw(samples(model.n_inputs, max_samples=40))
    target = uniform((model.n_outputs,), seed=11, low=2.0, high=3.0)
    optimizer = lso.NormalizedGradientDescent(desired_change=-0.1, proportional=proportional)
    result = lso.optimize(
        model,
        target,
        starts=starts,
        squared_error=1e-9,
        optimizer=optimizer,
        max_iterations=1,
        trajectory=True,
    )
    chain = reference.from_model(model)
    values = reference.forward(chain, starts)
    errors, output_gradient = loops.squared_error(target)(values[-1])
    derivatives = reference.backpropagate_nodes(chain, values, output_gradient)
    assert result.trajectory is not None
    for i, points in enumerate(result.trajectory):
        own_values = [rows[i : i + 1] for rows in values]
        own_nodes = [rows[i : i + 1] for rows in derivatives]
        if cancellation(chain, own_values, own_nodes, output_gradient[i : i + 1]) > CANCELLATION:
            continue  # each start has its own step
        change = -0.1 * float(errors[i]) if proportional else -0.1
        moved = reference.descend(starts[i], derivatives[0][i], change)
        if moved is None:
            assert result.status[i] == "stationary"
        else:
            # a difference of two numbers, which rounds as they do
            assert_close(points[1], moved, 1e-12, floor=float(np.abs(starts[i]).max()))


@given(st.data())
def test_algorithm_3_on_the_parameters(data: st.DataObject) -> None:
    model = data.draw(networks(max_width=20))
    assume(model.n_parameters > 0)
    x = data.draw(samples(model.n_inputs, max_samples=200))
    y = uniform((len(x), model.n_outputs), seed=11, low=2.0, high=3.0)
    result = lso.train(
        model,
        x,
        y,
        optimizer=lso.NormalizedGradientDescent(desired_change=-0.1),
        batch_size=len(x),
        epochs=1,
        shuffle=False,
    )
    [net], _, _ = loops.train_epochs(
        reference.from_model(model),
        x,
        y,
        loops.squared_error,
        loops.NormalizedDescent(-0.1),
        batch_size=len(x),
        epochs=1,
    )
    assert isinstance(result.model, lso.Network)
    assert_close(result.model.parameters, net.flat, 1e-12)


UNIT_TARGET = np.array([0.9, 0.1, 0.3, 1.0])
SHARES = np.array([0.5, 0.2, 0.0, 0.3])
LOW, HIGH = np.array([0.7, 0.0, 0.1, 0.4]), np.array([0.8, 0.05, 0.9, 0.45])
WEIGHTS = np.array([1.0, 0.5, 2.0, 0.0])

OBJECTIVES: dict[str, tuple[Callable[[], Any], loops.Objective]] = {
    "squared_error": (lambda: lso.SquaredError(UNIT_TARGET), loops.squared_error(UNIT_TARGET)),
    "weights": (
        lambda: lso.SquaredError(UNIT_TARGET, weights=WEIGHTS),
        loops.squared_error(UNIT_TARGET, WEIGHTS),
    ),
    "binary_cross_entropy": (
        lambda: lso.BinaryCrossEntropy(UNIT_TARGET),
        loops.binary_cross_entropy(UNIT_TARGET),
    ),
    "categorical_cross_entropy": (
        lambda: lso.CategoricalCrossEntropy(SHARES),
        loops.categorical_cross_entropy(SHARES),
    ),
    "interval": (lambda: lso.Interval(LOW, HIGH, margin=0.0), loops.interval(LOW, HIGH)),
}


@pytest.mark.parametrize("output", ["sigmoid", "softmax", "softmax(2)"])
@pytest.mark.parametrize("name", OBJECTIVES)
def test_objectives_through_a_step_on_the_inputs(name: str, output: str) -> None:
    native, objective = OBJECTIVES[name]
    model = random_network((5, 9, 4), seed=3, activation=["tanh", output])
    starts = uniform((6, 5), seed=4)
    loss = None if name == "interval" else 1e-9
    result = lso.optimize(
        model, native(), starts=starts, loss=loss, max_iterations=1, trajectory=True
    )
    assert result.trajectory is not None
    for i, start in enumerate(starts):
        run = loops.optimize_one(
            reference.from_model(model), objective, start, tolerance=1e-9, max_iterations=1
        )
        assert_close(result.trajectory[i], run.trajectory, 1e-12)
        assert_close(result.loss[i], run.loss, 1e-12)


@pytest.mark.parametrize("output", ["sigmoid", "softmax", "softmax(2)"])
@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("squared_error", loops.squared_error),
        ("binary_cross_entropy", loops.binary_cross_entropy),
        ("categorical_cross_entropy", loops.categorical_cross_entropy),
    ],
)
def test_objectives_through_a_step_on_the_parameters(
    name: Any, make: Callable[[Array], loops.Objective], output: str
) -> None:
    model = random_network((5, 9, 4), seed=3, activation=["tanh", output])
    x = uniform((8, 5), seed=4)
    y = np.random.default_rng(5).dirichlet(np.ones(4), size=8)
    descent = lso.NormalizedGradientDescent(desired_change=-0.2)
    result = lso.train(
        model, x, y, objective=name, optimizer=descent, batch_size=8, epochs=1, shuffle=False
    )
    [net], losses, mses = loops.train_epochs(
        reference.from_model(model),
        x,
        y,
        make,
        loops.NormalizedDescent(-0.2),
        batch_size=8,
        epochs=1,
    )
    assert isinstance(result.model, lso.Network)
    assert_close(result.model.parameters, net.flat, 1e-12)
    assert_close(result.history["train_loss"], losses, 1e-12)
    assert_close(result.history["train_mse"], mses, 1e-12)

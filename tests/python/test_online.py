"""Training sample by sample and by minibatches cut into chunks: the reference's steps, scores, threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lso_native as lso
import numpy as np
import pytest
import reference
import reference_loops as loops
from checks import assert_close, assert_refused, assert_same_bits
from lso_native._typing import Array
from strategies import random_network, uniform
from trainers import OPTIMIZERS

Case = tuple[lso.Model, str]  # and the objective
LOSSES: dict[str, Callable[[Array], loops.Objective]] = {
    "squared_error": loops.squared_error,
    "binary_cross_entropy": loops.binary_cross_entropy,
    "categorical_cross_entropy": loops.categorical_cross_entropy,
}


def data(model: lso.Model, n: int) -> tuple[Array, Array]:
    """Targets are probabilities, so that they suit every objective."""
    x = uniform((n, model.n_inputs), seed=1)
    y = uniform((n, model.n_outputs), seed=2, low=0.1, high=1.0)
    return x, y / y.sum(axis=1, keepdims=True)


def flat(model: lso.Model) -> list[Array]:
    return [part.parameters for part in model.parts]


def train(model: lso.Model, x: Array, y: Array, **options: Any) -> lso.TrainResult:
    return lso.train(model, x, y, **{"batch_size": 1, "shuffle": False, **options})


def assert_equals_reference(
    case: Case, name: str, *, n: int, batch_size: int, epochs: int, tolerance: float, **options: Any
) -> lso.TrainResult:
    model, objective = case
    native, make = OPTIMIZERS[name]
    x, y = data(model, n)
    shared: dict[str, Any] = {"batch_size": batch_size, "epochs": epochs, **options}
    result = train(model, x, y, objective=objective, optimizer=native, **shared)
    nets, losses, mses = loops.train_epochs(
        reference.from_model(model), x, y, LOSSES[objective], make(), **shared
    )
    assert result.status == "max_epochs"
    for parameters, net in zip(flat(result.model), nets, strict=True):
        assert_close(parameters, net.flat, tolerance)
    assert_close(result.history["train_loss"], losses, tolerance)
    assert_close(result.history["train_mse"], mses, tolerance)
    return result


def cases(dtype: str) -> dict[str, Case]:
    def network(*sizes: int, **options: Any) -> lso.Network:
        return random_network(sizes, seed=4, dtype=dtype, **options)

    mixed = ["tanh", "relu", "leaky_relu", "softplus", "linear"]
    return {
        "sigmoid": (network(4, 9, 3), "squared_error"),
        "one of each": (network(1, 1, 1), "squared_error"),
        "no hidden layer": (network(5, 2, activation="linear"), "squared_error"),
        "whole vectors": (network(16, 32, 8), "squared_error"),
        "more than vectors": (network(17, 33, 9, activation="tanh"), "squared_error"),
        "deep": (network(5, 7, 6, 5, 4, 2, activation=mixed), "squared_error"),
        "bias, standard": (network(4, 9, 3, bias="standard"), "squared_error"),
        "bias, none": (network(4, 9, 3, bias=[False] * 3), "squared_error"),
        "bias, the inputs' alone": (network(4, 9, 3, bias=[True, False, False]), "squared_error"),
        "softmax": (network(4, 9, 3, activation=["sigmoid", "softmax"]), "squared_error"),
        "softmax and its own": (
            network(4, 9, 3, activation=["tanh", "softmax"]),
            "categorical_cross_entropy",
        ),
        "softmax of groups": (
            network(4, 9, 6, activation=["elu", "softmax(3)"]),
            "squared_error",
        ),
        "softmax of groups and its own": (
            network(4, 9, 6, activation=["tanh", "softmax(2)"]),
            "categorical_cross_entropy",
        ),
        "kept slopes": (network(4, 9, 6, 3, activation=["silu", "gelu", "silu"]), "squared_error"),
        "a slope of one's own": (
            network(4, 9, 3, activation=["leaky_relu(0.2)", "linear"]),
            "squared_error",
        ),
        "sigmoid and its own": (network(4, 9, 3), "binary_cross_entropy"),
        "sigmoid, another": (network(4, 9, 3), "categorical_cross_entropy"),
    }


CASES = cases("float64")


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("name", CASES)
def test_sample_by_sample_equals_the_reference(name: str, optimizer: str) -> None:
    assert_equals_reference(CASES[name], optimizer, n=20, batch_size=1, epochs=2, tolerance=1e-10)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("name", CASES)
def test_single_precision(name: str, optimizer: str) -> None:
    case = cases("float32")[name]
    result = assert_equals_reference(case, optimizer, n=20, batch_size=1, epochs=1, tolerance=1e-4)
    assert {parameters.dtype for parameters in flat(result.model)} == {np.dtype("float32")}


def chain(bias: Any) -> lso.Composition:
    return lso.compose(
        random_network((4, 7, 5), seed=1, bias=bias, activation="tanh"),
        random_network((5, 6), seed=2, bias=bias),
        random_network((6, 5, 3), seed=3, bias=bias, activation=["softplus", "linear"]),
    )


@pytest.mark.parametrize("bias", ["paper", "standard"])
@pytest.mark.parametrize(
    "trainable",
    [
        (True, True, True),
        (False, True, True),
        (True, False, True),
        (True, True, False),
        (False, True, False),
        (False, False, True),
    ],
)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_parts_train_or_stay_frozen(optimizer: str, trainable: tuple[bool, ...], bias: str) -> None:
    model = chain(bias)
    result = assert_equals_reference(
        (model, "squared_error"),
        optimizer,
        n=20,
        batch_size=1,
        epochs=2,
        tolerance=1e-10,
        trainable=trainable,
    )
    for after, before, learns in zip(flat(result.model), flat(model), trainable, strict=True):
        assert (after.tobytes() != before.tobytes()) == learns


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_sample_of_weight_zero_is_skipped(dtype: str, optimizer: str) -> None:
    model, _ = cases(dtype)["sigmoid"]
    x, y = data(model, 20)
    # the mean of one sample does not depend on its weight
    weight = np.array([0.0, 0.0, 0.5, 2.0, 0.0] * 4)
    kept = weight > 0
    options: dict[str, Any] = {"optimizer": OPTIMIZERS[optimizer][0], "epochs": 3}
    skipped = train(model, x, y, sample_weight=weight, **options)
    left_out = train(model, x[kept], y[kept], sample_weight=weight[kept], **options)
    unweighted = train(model, x[kept], y[kept], **options)
    assert skipped.model == left_out.model == unweighted.model
    assert skipped.model != train(model, x, y, **options).model
    assert_close(skipped.history["train_loss"], left_out.history["train_loss"], 1e-12)


def test_an_output_whose_target_is_nan_does_not_matter() -> None:
    model, _ = CASES["sigmoid"]
    x, y = data(model, 20)
    y[::2, 1] = np.nan
    y[3] = [np.nan, np.nan, 0.4]
    result = train(model, x, y, optimizer=OPTIMIZERS["Algorithm 3"][0], epochs=2)
    [net], losses, _ = loops.train_epochs(
        reference.from_model(model),
        x,
        y,
        loops.squared_error,
        loops.NormalizedDescent(-0.05),
        batch_size=1,
        epochs=2,
    )
    assert_close(flat(result.model)[0], net.flat, 1e-10)
    assert_close(result.history["train_loss"], losses, 1e-10)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_seed_fixes_the_order_of_the_samples(optimizer: str) -> None:
    model, _ = CASES["sigmoid"]
    x, y = data(model, 20)

    def run(seed: int, threads: int = 1) -> lso.Model:
        options = {"optimizer": OPTIMIZERS[optimizer][0], "epochs": 2, "shuffle": True}
        return train(model, x, y, random_state=seed, threads=threads, **options).model

    assert run(1) == run(1, threads=3)
    assert run(1) != run(2)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_best_epoch_comes_back(optimizer: str) -> None:
    model, _ = CASES["sigmoid"]
    x, y = data(model, 20)
    options: dict[str, Any] = {"optimizer": OPTIMIZERS[optimizer][0], "shuffle": True}
    options["random_state"] = 0
    validation = (uniform((9, 4), seed=7), data(model, 9)[1])
    watched = train(model, x, y, epochs=30, validation=validation, **options)
    best = int(np.argmin(watched.history["validation_loss"]))
    assert best < 29
    assert watched.model == train(model, x, y, epochs=best + 1, **options).model


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_exploding_step_is_diverged(dtype: str) -> None:
    model = random_network((4, 9, 3), seed=4, activation="linear", dtype=dtype)
    x, y = data(model, 20)
    adam = lso.Adam(learning_rate=1e30 if dtype == "float32" else 1e160)
    result = train(model, x, y, optimizer=adam)
    assert result.status == "diverged"
    assert result.epochs == 0
    assert result.model == model


def test_a_vanishing_gradient_is_stationary() -> None:
    network = random_network((4, 9, 3), seed=4, activation="relu")
    dead = network.replace(-np.abs(network.parameters))
    result = train(
        dead, np.full((5, 4), 2.0), np.zeros((5, 3)), optimizer=lso.NormalizedGradientDescent()
    )
    assert result.status == "stationary"
    assert result.model == dead


@pytest.mark.parametrize("batch_size", [1, 6])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_scores_now_and_then_change_no_step(optimizer: str, batch_size: int) -> None:
    model, _ = CASES["sigmoid"]
    x, y = data(model, 20)
    options: dict[str, Any] = {"optimizer": OPTIMIZERS[optimizer][0], "batch_size": batch_size}
    options |= {"epochs": 7, "shuffle": True, "random_state": 0}
    always = train(model, x, y, **options)
    assert always.history["epoch"].tolist() == [1, 2, 3, 4, 5, 6, 7]
    for every, scored in [(2, [2, 4, 6, 7]), (3, [3, 6, 7]), (7, [7]), (100, [7])]:
        seen: list[int] = []
        result = train(
            model, x, y, score_every=every, callback=lambda p, s=seen: s.append(p.epoch), **options
        )
        assert result.history["epoch"].tolist() == seen == scored
        assert result.epochs == 7
        assert result.status == "max_epochs"
        assert result.model == always.model
        for name in ("train_loss", "train_mse"):
            wanted = always.history[name][np.array(scored) - 1]
            assert_same_bits(result.history[name], wanted)


def test_only_a_scored_epoch_ends_the_run() -> None:
    model, _ = CASES["sigmoid"]
    x, y = data(model, 20)
    options: dict[str, Any] = {"optimizer": lso.Adam(learning_rate=0.01), "epochs": 50}
    full = train(model, x, y, **options)
    asked = float(full.history["train_mse"][9])
    assert (np.diff(full.history["train_mse"][:12]) < 0).all()
    result = train(model, x, y, mse=asked, score_every=4, **options)
    assert result.status == "reached_mse"
    assert result.epochs == 12
    assert result.history["epoch"].tolist() == [4, 8, 12]
    stopped = train(model, x, y, callback=lambda p: p.epoch > 4, score_every=4, **options)
    assert stopped.status == "stopped"
    assert stopped.epochs == 8


def test_the_best_of_the_scored_epochs_comes_back() -> None:
    model, _ = CASES["sigmoid"]
    x, y = data(model, 8)
    validation = (uniform((9, 4), seed=7), data(model, 9)[1])
    options: dict[str, Any] = {"optimizer": lso.Adam(learning_rate=0.02)}
    result = train(
        model, x, y, validation=validation, score_every=5, patience=10, epochs=300, **options
    )
    assert result.status == "early_stopped"
    best = int(result.history["epoch"][np.argmin(result.history["validation_loss"])])
    assert result.epochs == best + 10
    assert result.model == train(model, x, y, epochs=best, **options).model


@pytest.mark.parametrize("value", [0, -3, 2.5, "often", None])
def test_bad_score_every_names_the_argument(value: Any) -> None:
    model, _ = CASES["sigmoid"]
    x, y = data(model, 20)
    assert_refused(lambda: train(model, x, y, score_every=value), "score_every", str(value))


def large(dtype: str = "float64") -> lso.Network:
    """Work enough for threads at 300 samples a step."""
    network = random_network((60, 130, 30), seed=4, activation="tanh", dtype=dtype)
    assert 3 * network.parameters.size * 300 >= 10_000_000
    return network


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_threads_change_no_bit(optimizer: str, dtype: str) -> None:
    model = large(dtype)
    x, y = data(model, 700)
    weight = uniform((700,), seed=5, low=0.0, high=2.0)
    weight[::7] = 0.0
    options: dict[str, Any] = {"optimizer": OPTIMIZERS[optimizer][0], "epochs": 3}
    options |= {"batch_size": 300, "shuffle": True, "random_state": 0, "sample_weight": weight}
    one = train(model, x, y, threads=1, **options)
    assert one.model != model
    for threads in (2, 3):
        more = train(model, x, y, threads=threads, **options)
        assert more.model == one.model
        for name, values in one.history.items():
            assert_same_bits(more.history[name], values)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_threads_change_no_bit_of_a_minibatch_of_many_chunks(optimizer: str) -> None:
    model = random_network((20, 60, 5), seed=4)
    x, y = data(model, 3000)
    options = {"optimizer": OPTIMIZERS[optimizer][0], "epochs": 5, "batch_size": 3000}
    one = train(model, x, y, threads=1, **options)
    for threads in (2, 3):
        assert train(model, x, y, threads=threads, **options).model == one.model


def test_frozen_parts_and_threads() -> None:
    model = large() >> random_network((30, 20, 4), seed=5)
    x, y = data(model, 300)
    for trainable in ((True, False), (False, True)):
        options: dict[str, Any] = {"batch_size": 300, "epochs": 2, "trainable": trainable}
        one = train(model, x, y, threads=1, **options)
        assert train(model, x, y, threads=3, **options).model == one.model
        for after, before, learns in zip(flat(one.model), flat(model), trainable, strict=True):
            assert (after.tobytes() != before.tobytes()) == learns


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_large_minibatches_equal_the_reference(optimizer: str, threads: int) -> None:
    weight = uniform((500,), seed=5, low=0.0, high=2.0)
    weight[::7] = 0.0
    model = large()
    native, make = OPTIMIZERS[optimizer]
    x, y = data(model, 500)
    shared: dict[str, Any] = {"batch_size": 300, "epochs": 1, "sample_weight": weight}
    result = train(model, x, y, optimizer=native, threads=threads, **shared)
    [net], losses, _ = loops.train_epochs(
        reference.from_model(model), x, y, loops.squared_error, make(), **shared
    )
    assert_close(flat(result.model)[0], net.flat, 1e-10)
    assert_close(result.history["train_loss"], losses, 1e-10)

"""Training sample by sample, on several threads, and with scores now and then."""

from __future__ import annotations

from typing import Any

import lso_native as lso
import numpy as np
import pytest
import reference
import reference_loops as loops
from checks import assert_close, assert_refused, assert_same_bits
from strategies import Array, uniform

OPTIMIZERS: dict[str, Any] = {  # the reference's keep a state
    "algorithm3": lambda: (
        lso.NormalizedGradientDescent(desired_change=-0.05),
        loops.NormalizedDescent(-0.05),
    ),
    "adam": lambda: (lso.Adam(learning_rate=0.01), loops.Adam(0.01)),
}
OBJECTIVES: dict[str, Any] = {
    "squared_error": loops.squared_error,
    "categorical_cross_entropy": loops.categorical_cross_entropy,
}


def data(n: int, n_in: int, n_out: int) -> tuple[Array, Array]:
    return uniform((n, n_in), seed=1), np.eye(n_out)[np.arange(n) % n_out]


def flat(model: lso.Model) -> Array:
    return np.concatenate([part.parameters for part in model.parts])


@pytest.mark.parametrize("batch_size", [1, 300])
@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("bias", ["paper", "standard", [False, True, True]])
def test_agrees_with_numpy(batch_size: int, name: str, objective: str, bias: Any) -> None:
    last = "softmax" if objective == "categorical_cross_entropy" else "sigmoid"
    model = lso.Network(
        (7, 21, 5), activation=["tanh", last], bias=bias, dtype="float64", random_state=3
    )
    x, y = data(300 if batch_size > 1 else 40, 7, 5)
    native, by_numpy = OPTIMIZERS[name]()
    result = lso.train(
        model, x, y, objective=objective, optimizer=native, batch_size=batch_size, epochs=2,
        shuffle=False,
    )  # fmt: skip
    nets, _, _ = loops.train_epochs(
        reference.from_model(model), x, y, OBJECTIVES[objective], by_numpy,
        batch_size=batch_size, epochs=2,
    )  # fmt: skip
    assert_close(flat(result.model), np.concatenate([net.flat for net in nets]), 1e-9)


@pytest.mark.parametrize("trainable", [(True, False), (False, True), (True, True)])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_frozen_parts_and_weights_of_zero(trainable: tuple[bool, bool], name: str) -> None:
    model = lso.Network((6, 18, 4), dtype="float64", random_state=1) >> lso.Network(
        (4, 17, 3), dtype="float64", random_state=2
    )
    x, y = data(30, 6, 3)
    weight = np.where(np.arange(30) % 4 == 0, 0.0, 1.0)
    native, by_numpy = OPTIMIZERS[name]()
    result = lso.train(
        model, x, y, optimizer=native, batch_size=1, epochs=2, shuffle=False,
        sample_weight=weight, trainable=trainable,
    )  # fmt: skip
    kept = weight > 0
    nets, _, _ = loops.train_epochs(
        reference.from_model(model), x[kept], y[kept], loops.squared_error, by_numpy,
        batch_size=1, epochs=2, trainable=trainable,
    )  # fmt: skip
    assert_close(flat(result.model), np.concatenate([net.flat for net in nets]), 1e-9)
    for part, before, moves in zip(result.model.parts, model.parts, trainable, strict=True):
        assert (part == before) is not moves


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_threads_change_no_bit(name: str) -> None:
    model = lso.Network((100, 150, 40), random_state=0)
    x, y = data(700, 100, 40)
    runs = [
        lso.train(
            model, x, y, optimizer=OPTIMIZERS[name]()[0], batch_size=600, epochs=2, threads=threads,
            random_state=0,
        ).model
        for threads in (1, 2, 3)
    ]  # fmt: skip
    for run in runs[1:]:
        assert_same_bits(flat(run), flat(runs[0]))


@pytest.mark.parametrize("batch_size", [1, 8])
def test_scores_now_and_then(batch_size: int) -> None:
    model = lso.Network((7, 6, 5), random_state=0)
    x, y = data(24, 7, 5)
    options: dict[str, Any] = {"batch_size": batch_size, "epochs": 7, "random_state": 0}
    each = lso.train(model, x, y, **options)
    seldom = lso.train(model, x, y, score_every=3, **options)
    assert list(each.history["epoch"]) == [1, 2, 3, 4, 5, 6, 7]
    assert list(seldom.history["epoch"]) == [3, 6, 7]
    assert seldom.epochs == 7
    assert_same_bits(flat(seldom.model), flat(each.model))
    assert_same_bits(seldom.history["train_mse"], each.history["train_mse"][[2, 5, 6]])
    reached = lso.train(model, x, y, score_every=3, mse=10.0, **options)
    assert (reached.status, reached.epochs) == ("reached_mse", 3)


@pytest.mark.parametrize("bad", [0, -1, 1.5, "2"])
def test_refuses_a_score_every_that_is_no_count(bad: Any) -> None:
    x, y = data(8, 7, 5)
    model = lso.Network((7, 5), random_state=0)
    assert_refused(lambda: lso.train(model, x, y, score_every=bad), "score_every")

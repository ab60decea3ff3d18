"""Minibatch training: the reference's steps, validation, statuses, frozen parts, Ctrl-C."""

from __future__ import annotations

import signal
from typing import Any

import lso_native as lso
import numpy as np
import pytest
import reference
import reference_loops as loops
from checks import assert_close, assert_same_bits
from interrupting import interrupt
from strategies import random_network, uniform
from trainers import OPTIMIZERS as COMMON

X = uniform((60, 4), seed=1)
Y = 0.5 + 0.4 * np.sin(X @ uniform((4, 3), seed=2))
OTHER_X = uniform((40, 4), seed=3)
OTHER_Y = 0.5 + 0.4 * np.sin(OTHER_X @ uniform((4, 3), seed=2))


def small(dtype: str = "float64", **options: Any) -> lso.Network:
    return random_network((4, 9, 3), seed=4, dtype=dtype, **options)


OPTIMIZERS = {
    **COMMON,
    "Adam, its own settings": (
        lso.Adam(learning_rate=0.02, beta1=0.5, beta2=0.9, epsilon=1e-4),
        lambda: loops.Adam(learning_rate=0.02, beta1=0.5, beta2=0.9, epsilon=1e-4),
    ),
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("batch_size", [1, 16, 60, 1000])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_minibatches_equal_the_reference(name: str, batch_size: int, weighted: bool) -> None:
    native, make = OPTIMIZERS[name]
    weight = uniform((60,), seed=5, low=0.0, high=2.0) if weighted else None
    result = lso.train(
        small(),
        X,
        Y,
        optimizer=native,
        batch_size=batch_size,
        epochs=3,
        shuffle=False,
        sample_weight=weight,
    )
    [net], losses, mses = loops.train_epochs(
        reference.from_model(small()),
        X,
        Y,
        loops.squared_error,
        make(),
        batch_size=batch_size,
        epochs=3,
        sample_weight=weight,
    )
    assert isinstance(result.model, lso.Network)
    assert_close(result.model.parameters, net.flat, 1e-9)
    assert_close(result.history["train_loss"], losses, 1e-9)
    assert_close(result.history["train_mse"], mses, 1e-9)
    assert result.status == "max_epochs"
    assert result.epochs == 3


def test_a_weight_counts_like_so_many_copies() -> None:
    counts = np.arange(60) % 3
    options: dict[str, Any] = {"batch_size": 1000, "epochs": 4, "shuffle": False}
    weighted = lso.train(small(), X, Y, sample_weight=counts, **options)
    copied = lso.train(small(), X.repeat(counts, axis=0), Y.repeat(counts, axis=0), **options)
    assert isinstance(weighted.model, lso.Network)
    assert isinstance(copied.model, lso.Network)
    assert_close(weighted.model.parameters, copied.model.parameters, 1e-9)
    assert_close(weighted.history["train_mse"], copied.history["train_mse"], 1e-9)


def test_a_target_of_nan_does_not_matter() -> None:
    targets = Y.copy()
    targets[::2, 1] = np.nan
    options: dict[str, Any] = {"optimizer": lso.Adam(), "epochs": 2, "shuffle": False}
    result = lso.train(small(), X, targets, **options)
    [net], losses, _ = loops.train_epochs(
        reference.from_model(small()),
        X,
        targets,
        loops.squared_error,
        loops.Adam(),
        batch_size=50,
        epochs=2,
    )
    assert isinstance(result.model, lso.Network)
    assert_close(result.model.parameters, net.flat, 1e-9)
    assert_close(result.history["train_loss"], losses, 1e-9)


def test_training_improves_and_leaves_the_model_it_was_given() -> None:
    network = small("float32")
    before = network.parameters.tobytes()
    result = lso.train(network, X, Y, optimizer=lso.Adam(learning_rate=0.02), random_state=0)
    assert network.parameters.tobytes() == before
    assert result.model.dtype == np.float32
    assert result.history["train_mse"][-1] < 0.1 * result.history["train_mse"][0]
    final = float(np.mean((result.model(X) - Y) ** 2))
    assert_close(result.history["train_mse"][-1], final, 1e-4)
    assert_close(result.history["train_loss"], 3 * result.history["train_mse"], 1e-9)


def test_a_seed_fixes_every_bit() -> None:
    def run(seed: int) -> Any:
        return lso.train(small(), X, Y, batch_size=7, epochs=3, random_state=seed).model

    assert run(1) == run(1)
    assert run(1) != run(2)
    assert run(1) != lso.train(small(), X, Y, batch_size=7, epochs=3, shuffle=False).model


def test_validation_keeps_the_best() -> None:
    # so few samples that it soon learns them by heart
    validation = (OTHER_X, OTHER_Y + uniform((40, 3), seed=6, low=-0.3, high=0.3))
    options: dict[str, Any] = {
        "optimizer": lso.Adam(learning_rate=0.05),
        "validation": validation,
        "random_state": 0,
        "epochs": 150,
    }
    full = lso.train(small(), X[:8], Y[:8], **options)
    losses = full.history["validation_loss"]
    best = int(np.argmin(losses))
    assert 0 < best < 140
    assert len(losses) == len(full.history["validation_mse"]) == full.epochs == 150
    kept = float(np.mean((full.model(OTHER_X) - validation[1]) ** 2))
    assert_close(kept, full.history["validation_mse"][best], 1e-9)

    early = lso.train(small(), X[:8], Y[:8], patience=4, **options)
    assert early.status == "early_stopped"
    stopped = np.argmin(early.history["validation_loss"])
    assert early.epochs == stopped + 1 + 4
    assert_same_bits(early.history["train_loss"], full.history["train_loss"][: early.epochs])
    kept = float(np.mean((early.model(OTHER_X) - validation[1]) ** 2))
    assert_close(kept, early.history["validation_mse"][stopped], 1e-9)


def test_validation_does_not_change_the_steps() -> None:
    plain = lso.train(small(), X, Y, epochs=3, random_state=0)
    watched = lso.train(small(), X, Y, epochs=3, random_state=0, validation=(OTHER_X, OTHER_Y))
    assert set(plain.history) == {"epoch", "train_loss", "train_mse"}
    assert set(watched.history) == {*plain.history, "validation_loss", "validation_mse"}
    assert_same_bits(plain.history["train_loss"], watched.history["train_loss"])


def test_stops_at_the_mse_asked_for() -> None:
    options: dict[str, Any] = {"optimizer": lso.Adam(learning_rate=0.02), "random_state": 0}
    full = lso.train(small(), X, Y, **options)
    asked = float(full.history["train_mse"][40])
    result = lso.train(small(), X, Y, mse=asked, **options)
    assert result.status == "reached_mse"
    reached = int(np.argmax(full.history["train_mse"] <= asked)) + 1
    assert result.epochs == reached == len(result.history["train_mse"])
    assert float(np.mean((result.model(X) - Y) ** 2)) <= asked * (1 + 1e-9)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_exploding_step_is_diverged(dtype: str) -> None:
    network = random_network((4, 9, 3), seed=4, activation="linear", dtype=dtype)
    before = network.parameters.copy()
    adam = lso.Adam(learning_rate=1e30 if dtype == "float32" else 1e160)
    result = lso.train(network, X, Y, optimizer=adam, random_state=0)
    assert result.status == "diverged"
    assert isinstance(result.model, lso.Network)
    assert np.isfinite(result.model.parameters).all()
    assert np.isfinite(result.history["train_loss"]).all()
    assert_same_bits(network.parameters, before)


def test_a_vanishing_gradient_is_stationary() -> None:
    network = small(activation="relu")
    dead = network.replace(-np.abs(network.parameters))
    result = lso.train(
        dead, np.full((5, 4), 2.0), np.zeros((5, 3)), optimizer=lso.NormalizedGradientDescent()
    )
    assert result.status == "stationary"
    assert result.model == dead


@pytest.mark.parametrize("trainable", [(True, False), (False, True), (True, True)])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_parts_train_or_stay_frozen(name: str, trainable: tuple[bool, bool]) -> None:
    native, make = OPTIMIZERS[name]
    model = random_network((4, 7, 5), seed=1) >> random_network((5, 6, 3), seed=2)
    result = lso.train(
        model, X, Y, optimizer=native, batch_size=13, epochs=2, shuffle=False, trainable=trainable
    )
    nets, _, _ = loops.train_epochs(
        reference.from_model(model),
        X,
        Y,
        loops.squared_error,
        make(),
        batch_size=13,
        epochs=2,
        trainable=trainable,
    )
    assert isinstance(result.model, lso.Composition)
    for part, before, net, learns in zip(
        result.model.parts, model.parts, nets, trainable, strict=True
    ):
        assert_close(part.parameters, net.flat, 1e-9)
        assert (part != before) == learns
        if not learns:
            assert_same_bits(part.parameters, before.parameters)


@pytest.mark.parametrize("batch_size", [1, 60])
def test_averages_of_the_parameters_are_scored_and_returned(batch_size: int) -> None:
    options: dict[str, Any] = {"optimizer": lso.NormalizedGradientDescent(-0.1), "shuffle": False}
    steps, at = [], small()
    for step in range(5):
        rows = slice(step, step + 1) if batch_size == 1 else slice(None)
        result = lso.train(at, X[rows], Y[rows], epochs=1, batch_size=batch_size, **options)
        assert isinstance(result.model, lso.Network)
        at = result.model
        steps.append(at.parameters)
    expected = np.average(steps, axis=0, weights=0.7 ** np.arange(4, -1, -1))
    x, y, epochs = (X[:5], Y[:5], 1) if batch_size == 1 else (X, Y, 5)
    averaged = lso.train(
        small(), x, y, epochs=epochs, batch_size=batch_size, average=0.7, **options
    )
    assert isinstance(averaged.model, lso.Network)
    assert_close(averaged.model.parameters, expected, 1e-12)
    mse = np.square(averaged.model(x) - y).mean()
    assert averaged.history["train_mse"][-1] == pytest.approx(mse, rel=1e-12)


def test_what_is_not_trained_is_not_averaged() -> None:
    model = small() >> lso.Network([3, 2], dtype="float64", random_state=1)
    result = lso.train(model, X, Y[:, :2], epochs=2, average=0.9, trainable=[False, True])
    assert result.model.parts[0] == model.parts[0]
    assert result.model.parts[1] != model.parts[1]
    with pytest.raises(ValueError, match="average: expected a number below 1"):
        lso.train(small(), X, Y, average=1.0)


def test_progress_and_stopping() -> None:
    seen: list[lso.TrainProgress] = []

    def watch(progress: lso.TrainProgress) -> bool:
        seen.append(progress)
        return progress.epoch == 4

    result = lso.train(
        small(), X, Y, epochs=9, callback=watch, random_state=0, validation=(OTHER_X, OTHER_Y)
    )
    assert result.status == "stopped"
    assert result.epochs == 4
    assert [progress.epoch for progress in seen] == [1, 2, 3, 4]
    assert {progress.epochs for progress in seen} == {9}
    for name in ("train_loss", "train_mse", "validation_loss", "validation_mse"):
        assert [progress.scores[name] for progress in seen] == result.history[name].tolist()


def test_without_validation_progress_has_no_scores_of_it() -> None:
    seen: list[lso.TrainProgress] = []
    lso.train(small(), X, Y, epochs=2, callback=seen.append)
    assert [list(progress.scores) for progress in seen] == [["train_loss", "train_mse"]] * 2


def test_an_error_in_the_callback_comes_through() -> None:
    def fail(progress: lso.TrainProgress) -> None:
        raise RuntimeError(f"no more after {progress.epoch}")

    with pytest.raises(RuntimeError, match="no more after 1"):
        lso.train(small(), X, Y, epochs=10**6, callback=fail)


SCRIPT = """
import numpy as np
import lso_native as lso

network = lso.Network((4, 9, 3), random_state=0)
x = lso.uniform(({n}, 4), random_state=1)
y = lso.uniform(({n}, 3), random_state=2)

def show(progress):
    if progress.epoch == 1:
        print("running", flush=True)

try:
    lso.train(network, x, y, epochs=10**9, batch_size=10, random_state=0, callback=show)
except KeyboardInterrupt as interrupted:
    result = interrupted.result
    print(result.status, result.epochs >= 1, len(result.history["train_loss"]) == result.epochs)
    print(bool(np.isfinite(result.model.parameters).all()), result.model != network)
"""


@pytest.mark.parametrize("n", [20, 20_000])  # an epoch of microseconds, and one of a long moment
def test_ctrl_c_hands_back_what_there_is(n: int) -> None:
    assert interrupt(SCRIPT.replace("{n}", str(n))) == ["interrupted True True", "True True"]


def test_ctrl_c_that_nobody_catches_ends_as_usual() -> None:
    uncaught = SCRIPT.replace("{n}", "20").replace(
        "except KeyboardInterrupt as", "except OSError as"
    )
    assert interrupt(uncaught, returncode=-signal.SIGINT) == []

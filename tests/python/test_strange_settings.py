"""Settings that strangers hand in: they work as their plain form does, or are refused in one line by name."""

from __future__ import annotations

import datetime as dt
import decimal
import fractions
import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from checks import assert_refused
from lso_native import irregularity, metrics
from lso_native.errors import BadArgument

X = np.random.default_rng(0).random((12, 4))
Y = np.arange(12) % 2
NETWORK = lso.Network([4, 3, 2], random_state=0)
TARGET = [0.0, 1.0]


class NoRepr:
    def __repr__(self) -> str:
        raise RuntimeError("no")


# ---- errors


@pytest.mark.parametrize(
    ("call", "parts"),
    [
        (lambda: NETWORK([[0.5]]), ("x", "an array of shape (n_samples, 4)", "shape (1, 1)")),
        (lambda: NETWORK.replace([1.0]), ("parameters", "an array of shape (25,)", "shape (1,)")),
        (
            lambda: lso.Network([2**30, 2**30]),  # of the engine
            ("sizes", "at most 2^36 weights (256 GiB in float32)", "more"),
        ),
        (lambda: NETWORK([["a"]]), ("x", "an array of real numbers", "dtype <U1")),
        (lambda: lso.Adam(-1), ("learning_rate", "a number above 0", "-1")),
        (lambda: lso.permutation("a"), ("n", "an integer", "'a'")),  # type: ignore[arg-type]
    ],
)
def test_an_error_has_parts_wherever_it_comes_from(
    call: Callable[[], object], parts: tuple[str, str, str]
) -> None:
    with pytest.raises(BadArgument) as caught:
        call()
    error = caught.value
    assert (error.argument, error.expected, error.got) == parts
    assert str(error) == "{}: expected {}, got {}".format(*parts)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert again.args == error.args
    assert again.argument == error.argument


# ---- scalars

COUNTS: dict[str, Callable[[Any], object]] = {
    "epochs": lambda n: lso.train(NETWORK, X, X[:, :2], epochs=n),
    "batch_size": lambda n: lso.Classifier(epochs=1, batch_size=n).fit(X, Y),
    "latent": lambda n: lso.VAE(n, epochs=1).fit(X),
    "max_iterations": lambda n: lso.optimize(NETWORK, TARGET, starts=X, max_iterations=n),
    "n": lambda n: lso.permutation(n),
    "n_classes": lambda n: lso.one_hot(1, n),
    "neighbours": lambda n: metrics.precision_recall(X, X, neighbours=n),
    "steps": lambda n: irregularity.path_curvature(NETWORK, X, X, steps=n),
    "layer": NETWORK.split,
}
NO_COUNTS = [
    *(
        np.timedelta64(3),
        True,
        np.True_,
        1.5,
        3.0,
        np.float64(2),
        "3",
        b"3",
        None,
        -1,
        1j,
        [3],
        np.array([3]),
    ),
    *(decimal.Decimal(3), fractions.Fraction(3), float("nan"), 2**70, 10**5000, -(10**5000)),
    *(NoRepr(), lso, dt.timedelta(1)),
]


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("value", NO_COUNTS, ids=lambda value: type(value).__name__)
def test_what_is_no_count(name: str, value: Any) -> None:
    assert_refused(lambda: COUNTS[name](value), name)


HUGE = 2**70
TOO_LARGE: dict[str, Callable[[], object]] = {
    "patience": lambda: lso.Classifier(epochs=1, patience=HUGE, validation_fraction=0.2).fit(X, Y),
    "score_every": lambda: lso.train(NETWORK, X, X[:, :2], epochs=1, score_every=HUGE),
    "shape": lambda: lso.uniform(HUGE),
    "shape of two": lambda: lso.normal((2**40, 2**40)),
    "n of sample_latent": lambda: lso.VAE(2, epochs=1).fit(X).sample_latent(HUGE),
    "penalty_every": lambda: lso.GAN(2, epochs=1, penalty_every=HUGE).fit(X),
    "hidden": lambda: lso.Classifier(hidden=(HUGE,), epochs=1).fit(X, Y),
    "sizes": lambda: lso.Network([HUGE, 2]),
}


@pytest.mark.parametrize("name", TOO_LARGE)
def test_integers_that_no_machine_holds(name: str) -> None:
    assert_refused(TOO_LARGE[name], name.split(" of ")[0])


@pytest.mark.parametrize("size", [sys.maxsize, 2**40])
def test_the_largest_integer_means_as_many_as_there_are(size: int) -> None:
    found = lso.train(
        NETWORK, X, X[:, :2], epochs=2, batch_size=size, score_every=size, random_state=0
    )
    assert found.epochs == 2
    assert lso.train(NETWORK, X, X[:, :2], epochs=size, mse=10.0).epochs == 1
    done = lso.optimize(NETWORK, TARGET, starts=X, max_iterations=size, threads=size, mse=10.0)
    assert done.success.all()


def test_counts_of_any_integer_type() -> None:
    for kind in (np.int8, np.uint16, np.int64):
        np.testing.assert_array_equal(
            lso.permutation(kind(9), random_state=kind(3)),  # type: ignore[arg-type]
            lso.permutation(9, random_state=3),
        )


NUMBERS: dict[str, Callable[[Any], object]] = {
    "mse": lambda x: lso.optimize(NETWORK, TARGET, starts=X, mse=x, max_iterations=1),
    "learning_rate": lso.Adam,
    "beta1": lambda x: lso.Adam(beta1=x),
    "desired_change": lso.NormalizedGradientDescent,
    "damping": lso.LevenbergMarquardt,
    "average": lambda x: lso.Learner(NETWORK, average=x),
    "high": lambda x: lso.uniform(3, high=x),
    "std": lambda x: lso.normal(3, std=x),
    "kl_weight": lambda x: lso.VAE(2, epochs=1, kl_weight=x).fit(X),
    "validation_fraction": lambda x: lso.Classifier(epochs=1, validation_fraction=x).fit(X, Y),
    "vanishing": lambda x: irregularity.walk_irregularity(NETWORK, [X], TARGET, vanishing=x),
    "confidence": lambda x: metrics.wilson_interval(1, 2, confidence=x),
}
NO_NUMBERS = [
    *(True, "0.5", b"0.5", 0.5j, [0.5], np.array([0.5]), decimal.Decimal("0.5"), float("nan")),
    *(float("inf"), -float("inf"), 10**400, NoRepr(), np.timedelta64(1, "s"), lso.Adam),
]


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", NO_NUMBERS, ids=lambda value: type(value).__name__)
def test_what_is_no_number(name: str, value: Any) -> None:
    assert_refused(lambda: NUMBERS[name](value), name)


def test_numbers_of_any_real_type() -> None:
    for value in (fractions.Fraction(1, 2), np.float16(0.5), np.longdouble(0.5)):
        found = lso.uniform(5, high=value, random_state=0)  # type: ignore[arg-type]
        np.testing.assert_array_equal(found, lso.uniform(5, high=0.5, random_state=0))


SEEDS: dict[str, Callable[[Any], object]] = {
    "a network": lambda seed: lso.Network([2, 2], random_state=seed),
    "uniform": lambda seed: lso.uniform(3, random_state=seed),
    "train": lambda seed: lso.train(NETWORK, X, X[:, :2], epochs=1, random_state=seed),
    "an estimator": lambda seed: lso.GAN(2, epochs=1, random_state=seed).fit(X),
    "digits": lambda seed: lso.data.load(random_state=seed),
}


@pytest.mark.parametrize("entry", SEEDS)
@pytest.mark.parametrize(
    "seed",
    [True, -1, 0.0, float("nan"), "0", 2**64, [0], decimal.Decimal(0), np.array(0.0)],
    ids=str,
)
def test_what_is_no_seed(entry: str, seed: Any) -> None:
    assert_refused(lambda: SEEDS[entry](seed), "random_state")


FLAGS: dict[str, Callable[[Any], object]] = {
    "shuffle": lambda flag: lso.train(NETWORK, X, X[:, :2], epochs=1, shuffle=flag),
    "trajectory": lambda flag: lso.optimize(NETWORK, TARGET, starts=X, trajectory=flag),
    "exclude_self": lambda flag: metrics.nearest_distance(X, X, exclude_self=flag),
    "learn": lambda flag: lso.Learner(NETWORK).backward(X[:, :2], learn=flag),
    "proportional": lambda flag: lso.NormalizedGradientDescent(proportional=flag),
}


@pytest.mark.parametrize("name", FLAGS)
@pytest.mark.parametrize("flag", ["no", None, 0, 1.0, [], np.array([True, False])], ids=repr)
def test_what_is_no_flag(name: str, flag: Any) -> None:
    assert_refused(lambda: FLAGS[name](flag), name)


CALLBACKS: dict[str, Callable[[Any], object]] = {
    "train": lambda f: lso.train(NETWORK, X, X[:, :2], epochs=1, callback=f),
    "optimize": lambda f: lso.optimize(NETWORK, TARGET, starts=X, callback=f),
    "classifier": lambda f: lso.Classifier(epochs=1).fit(X, Y, callback=f),
    "VAE": lambda f: lso.VAE(2, epochs=1).fit(X, callback=f),
}


@pytest.mark.parametrize("entry", CALLBACKS)
@pytest.mark.parametrize("callback", ["print", 0, 1, [print]], ids=repr)
def test_what_is_no_callback(entry: str, callback: Any) -> None:
    assert_refused(lambda: CALLBACKS[entry](callback), "callback")


# ---- paths


@pytest.mark.parametrize(
    "path", [5, None, 1.5, ["a"], Path, NoRepr()], ids=lambda p: type(p).__name__
)
def test_what_is_no_path(path: Any) -> None:
    assert_refused(lambda: lso.save(NETWORK, path), "path")
    assert_refused(lambda: lso.load(path), "path")


def test_a_path_with_a_null_byte(tmp_path: Path) -> None:
    assert_refused(lambda: lso.load(f"{tmp_path}/a\0b"), "path")
    assert_refused(lambda: lso.save(NETWORK, f"{tmp_path}/a\0b"), "path")


@pytest.mark.skipif(sys.platform == "win32", reason="paths are bytes elsewhere")
def test_paths_of_any_kind(tmp_path: Path) -> None:
    path = tmp_path / "mo del.safetensors"
    lso.save(NETWORK, bytes(path))
    with os.scandir(tmp_path) as entries:
        for same in (path, str(path), bytes(path), next(entries)):
            assert lso.load(same) == NETWORK

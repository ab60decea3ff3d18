"""What strangers hand in: it works as its plain form does, or is refused in one line that names the argument."""

from __future__ import annotations

import array
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
from lso_native._typing import Array
from lso_native.errors import BadArgument

RNG = np.random.default_rng(0)
X = RNG.integers(1, 16, (12, 4)) / 16  # any float holds these
Y = np.arange(12) % 2
NETWORK = lso.Network([4, 3, 2], random_state=0)
TARGET = [0.0, 1.0]

# Where samples go in: the argument's name, and what comes of it.
ENTRIES: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "network": ("x", NETWORK),
    "nodes": ("x", lambda x: NETWORK.nodes(x)[1]),
    "backprop": ("x", lambda x: NETWORK.backprop(x, np.ones((12, 2))).parameters),
    "learner": ("x", lambda x: lso.Learner(NETWORK).forward(x)),
    "train": (
        "x",
        lambda x: lso.train(NETWORK, x, X[:, :2], epochs=1, random_state=0).model.parts[0].weights,
    ),
    "targets": (
        "y",
        lambda x: (
            lso.train(lso.Network([4, 4], random_state=0), X, x, epochs=1, random_state=0)
            .model.parts[0]
            .weights
        ),
    ),
    "starts": ("starts", lambda x: lso.optimize(NETWORK, TARGET, starts=x).latents),
    "classifier": (
        "X",
        lambda x: lso.Classifier(epochs=1, random_state=0).fit(x, Y).network_.parameters,
    ),
    "autoencoder": (
        "X",
        lambda x: lso.Autoencoder(2, epochs=1, random_state=0).fit(x).network_.parameters,
    ),
    "VAE": ("X", lambda x: lso.VAE(2, epochs=1, random_state=0).fit(x).decoder_.parameters),
    "frechet": ("real", lambda x: metrics.frechet_distance(x, X + 1)),
    "precision": ("generated", lambda x: metrics.precision_recall(X, x)),
    "nearest": ("samples", lambda x: metrics.nearest_distance(x, X[::-1] / 2).distance),
    "geometry": (
        "latents",
        lambda x: irregularity.latent_geometry(NETWORK, x).singular_values,
    ),
}


class Subclass(np.ndarray[Any, Any]):
    pass


class Tensor:
    """An array of some other library."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def __array__(self, *_: object, **__: object) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Interface:
    def __init__(self, values: Array) -> None:
        self.__array_interface__ = values.__array_interface__
        self.kept = values


class NoRepr:
    def __repr__(self) -> str:
        raise RuntimeError("no")


def far_apart() -> Array:
    wide = np.zeros((12, 4, 1000))
    wide[..., 17] = X
    return np.asarray(wide[..., 17])


def read_only() -> Array:
    copy = X.copy()
    copy.flags.writeable = False
    return copy


def objects(kind: Callable[[float], Any]) -> list[list[Any]]:
    return [[kind(float(value)) for value in row] for row in X]


TAKEN: dict[str, Callable[[], Any]] = {
    "Fortran order": lambda: np.asfortranarray(X),
    "negative strides": lambda: X[::-1, ::-1].copy()[::-1, ::-1],
    "huge strides": far_apart,
    "read-only": read_only,
    "other byte order": lambda: X.astype(X.dtype.newbyteorder()),
    "float16": lambda: X.astype(np.float16),
    "long double": lambda: X.astype(np.longdouble),
    "a matrix": lambda: X.view(np.matrix),
    "a subclass": lambda: X.view(Subclass),
    "a masked array without a mask": lambda: np.ma.masked_array(X),
    "a masked array with nothing masked": lambda: np.ma.masked_array(
        X, mask=np.zeros(X.shape, bool)
    ),
    "rows of numbers": X.tolist,
    "rows that are tuples": lambda: tuple(map(tuple, X)),
    "rows that are arrays": lambda: list(X),
    "rows of array.array": lambda: [array.array("d", row) for row in X],
    "a memory view": lambda: X.data,
    "objects": lambda: X.astype(object),
    "fractions": lambda: objects(fractions.Fraction),
    "decimals": lambda: objects(decimal.Decimal),
    "NumPy scalars": lambda: objects(np.float32),
    "an object with __array__": lambda: Tensor(X),
    "an object with an array interface": lambda: Interface(X),
}


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("kind", TAKEN)
def test_arrays_of_any_kind(kind: str, entry: str) -> None:
    call = ENTRIES[entry][1]
    np.testing.assert_array_equal(
        np.concatenate([np.ravel(part) for part in call(TAKEN[kind]())]),
        np.concatenate([np.ravel(part) for part in call(X)]),
    )


def with_one(value: Any) -> Any:
    rows: Any = X.tolist()
    rows[3][2] = value
    return rows


REFUSED: dict[str, Callable[[], Any]] = {
    "None inside": lambda: with_one(None),
    "a string inside": lambda: np.array(with_one("0.5"), dtype=object),
    "bytes inside": lambda: np.array(with_one(b"0.5"), dtype=object),
    "a date inside": lambda: np.array(with_one(dt.date(2024, 5, 1)), dtype=object),
    "a complex number inside": lambda: np.array(with_one(1j), dtype=object),
    "a NumPy complex inside": lambda: np.array(with_one(np.complex64(1j)), dtype=object),
    "a list inside": lambda: with_one([1.0]),
    "infinity": lambda: with_one(float("inf")),
    "an integer of 400 digits": lambda: with_one(10**400),
    "masked": lambda: np.ma.masked_equal(X, X[0, 0]),
    "the masked constant": lambda: np.ma.masked,
    "rows that are masked": lambda: list(np.ma.masked_equal(X, X[0, 0])),
    "complex": lambda: X * 1j,
    "dates": lambda: X.astype("datetime64[s]"),
    "time spans": lambda: X.astype("timedelta64[s]"),
    "records": lambda: np.zeros((12, 4), [("a", float)]),
    "text": lambda: X.astype(str),
    "bytes": lambda: X.astype(bytes),
    "void": lambda: np.zeros((12, 4), "V8"),
    "nothing": list,
    "no rows": lambda: X[:0],
    "no columns": lambda: X[:, :0],
    "None": lambda: None,
    "a number": lambda: 0.5,
    "0-d": lambda: np.array(0.5),
    "one row": lambda: X[0],
    "cube": lambda: X[None],
    "ragged": lambda: [[0.5] * 4, [0.5] * 3],
    "ragged in depth": lambda: [[[0.5]] * 4, [0.5] * 4],
    "a string": lambda: "samples.npz",
    "a path": lambda: Path("samples.npz"),
    "a dictionary": lambda: {"a": X},
    "a set": lambda: {0.5},
    "a generator": lambda: (row for row in X),
    "a class": lambda: np.ndarray,
    "an object whose __array__ fails": lambda: Tensor(RuntimeError("call detach() first")),
    "an object whose __array__ runs out": lambda: Tensor(RecursionError()),
    "an object whose __array__ is none": lambda: Tensor("0.5"),
    "an object without a repr": NoRepr,
}


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_array_of_samples(kind: str, entry: str) -> None:
    argument, call = ENTRIES[entry]
    assert_refused(lambda: call(REFUSED[kind]()), argument)


@pytest.mark.parametrize("entry", ENTRIES)
def test_sparse_matrices(entry: str) -> None:
    sparse = pytest.importorskip("scipy.sparse")
    argument, call = ENTRIES[entry]
    for matrix in (sparse.csr_matrix(X), sparse.coo_array(X)):
        assert_refused(lambda: call(matrix), argument, "sparse")  # noqa: B023 - called at once


@pytest.mark.parametrize("entry", ENTRIES)
def test_data_frames(entry: str) -> None:
    pandas = pytest.importorskip("pandas")
    argument, call = ENTRIES[entry]
    for dtype in ("float32", "Float64"):
        np.testing.assert_array_equal(
            np.ravel(call(pandas.DataFrame(X, dtype=dtype))[0]), np.ravel(call(X)[0])
        )
    missing = pandas.DataFrame(X, dtype="Float64")
    missing.iloc[3, 2] = pandas.NA
    assert_refused(lambda: call(missing), argument)
    assert_refused(lambda: call(pandas.DataFrame(X.astype(str))), argument)


def test_numbers_at_the_end_of_their_range() -> None:
    tiny = np.array([[-0.0, 0.0, 5e-324, 1e-40]])
    np.testing.assert_allclose(NETWORK(tiny), NETWORK(np.zeros((1, 4))), rtol=1e-6)
    assert_refused(lambda: NETWORK([[1e39, 0, 0, 0]]), "x", "infinity")
    assert np.isfinite(NETWORK([[3e38, 0, 0, 0]])).all()


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

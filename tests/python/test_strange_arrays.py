"""Arrays that strangers hand in: they work as their plain form does, or are refused in one line by name."""

from __future__ import annotations

import array
import datetime as dt
import decimal
import fractions
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from checks import assert_refused
from lso_native import irregularity, metrics
from lso_native._typing import Array

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
        lambda x: (
            lso.train(NETWORK, x, X[:, :2], epochs=1, random_state=0).model.parts[0].parameters
        ),
    ),
    "targets": (
        "y",
        lambda x: (
            lso.train(lso.Network([4, 4], random_state=0), X, x, epochs=1, random_state=0)
            .model.parts[0]
            .parameters
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

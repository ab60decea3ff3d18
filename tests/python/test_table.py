"""A table of columns in their own units: there and back, and what is asked of it."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from asking import Normal, steep
from checks import assert_refused, assert_same_bits
from lso_native.generate.plan import Plan

N = 200


def columns() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    size = rng.normal(1000, 200, N)
    return {
        "size": size,
        "weight": size * 1e-3 + rng.normal(0, 0.05, N),
        "colour": np.array(["red", "green", "blue"])[rng.integers(0, 3, N)],
        "count": rng.integers(0, 9, N),
        "whole": (rng.random(N) < 0.5),
    }


COLUMNS = columns()
TABLE = lso.Table().fit(COLUMNS)
X = TABLE.transform(COLUMNS)
DECODER = steep((6, 16, 8), 1, "linear").astype("float32")


def found(asked: Any, n: int = 20) -> Any:
    result = lso.generate(DECODER, asked, n, prior=Normal(width=6), random_state=0)
    assert result.success.all(), result
    return TABLE.entries(result.samples)


def test_numbers_have_mean_0_and_variance_1_and_categories_a_feature_a_level() -> None:
    assert X.shape == (N, 3 + 3 + 2)
    assert X.dtype == np.float32
    np.testing.assert_allclose(X[:, [0, 1, 5]].mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(X[:, [0, 1, 5]].std(axis=0), 1, rtol=1e-5)
    assert (X[:, 2:5].sum(axis=1) == 1).all()
    assert (
        X[:, 2:5].argmax(axis=1) == np.searchsorted(["blue", "green", "red"], COLUMNS["colour"])
    ).all()
    assert (X[:, 7] == COLUMNS["whole"]).all()


def test_a_table_comes_back() -> None:
    back = TABLE.entries(X)
    assert list(back) == list(COLUMNS)
    for name in ("size", "weight", "count"):
        np.testing.assert_allclose(back[name], COLUMNS[name], rtol=1e-5, atol=1e-5)
    assert (back["colour"] == COLUMNS["colour"]).all()
    assert (back["whole"] == COLUMNS["whole"]).all()  # "False" would be true
    assert back["whole"].dtype == bool


def test_a_frame_of_pandas_goes_in_and_comes_out() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(COLUMNS)
    frame["count"] = frame["count"].astype("Int64")
    frame["colour"] = frame["colour"].astype("category")
    frame["grade"] = pandas.Categorical(np.arange(N) % 2 + 1)
    table = lso.Table().fit(frame)
    assert_same_bits(table.transform(frame)[:, :-2], X)
    back = table.inverse_transform(table.transform(frame))
    assert list(back.columns) == list(frame.columns)
    assert (back["grade"] == frame["grade"].astype(str)).all()
    assert back["whole"].dtype == bool
    with pytest.raises(
        ValueError, match=r"^X: expected columns of different names, got 'size' twice"
    ):
        lso.Table().fit(pandas.concat([frame, frame[["size"]]], axis=1))
    holes = frame.copy()
    holes.loc[0, ["size", "count", "colour"]] = None
    assert np.isnan(table.transform(holes)).sum() == 1 + 1 + 3
    assert math.isclose(table.fit(holes).mean_[0], COLUMNS["size"][1:].mean())


def test_numbers_are_asked_for_in_their_own_units() -> None:
    rows = found(TABLE.between(size=(900, 950), weight=(1.0, 1.1)) & TABLE.at_most(count=3))
    assert ((rows["size"] >= 900) & (rows["size"] <= 950)).all()
    assert ((rows["weight"] >= 1) & (rows["weight"] <= 1.1)).all()
    assert (rows["count"] <= 3).all()


def test_what_is_asked_of_one_column_is_one_residual() -> None:
    asked = TABLE.at_least(size=900) & TABLE.between(weight=(1.0, 1.1))
    problem = Plan(DECODER, asked.parts).problem(Normal(width=6).sample(1, random_state=0))
    assert problem.native(1).residuals() == [1, 1]


def test_categories_are_asked_for_by_their_levels() -> None:
    asked = TABLE.requires(colour="green", whole=True)
    assert repr(asked) == "colour is green & whole is True"
    rows = found(asked)
    assert (rows["colour"] == "green").all()
    assert (rows["whole"] == np.True_).all()
    assert set(found(TABLE.requires(colour=("red", "blue")))["colour"]) == {"red", "blue"}


def test_a_sum_of_columns_is_in_their_units() -> None:
    asked = TABLE.linear({"size": 0.001, "weight": -1}, low=0.1, high=0.2)
    assert repr(asked) == "<0.001 size - weight in 0.1..0.2>"
    rows = found(asked)
    difference = rows["size"] * 0.001 - rows["weight"]
    assert ((difference > 0.1 - 1e-6) & (difference < 0.2 + 1e-6)).all()


def test_what_is_known_of_a_row_is_given_and_the_rest_is_free() -> None:
    row = {"size": 950.0, "count": math.nan, "colour": "blue", "whole": None}
    asked = TABLE.given(row, within=0.1)
    assert repr(asked) == "given: size & colour is blue"
    rows = found(asked)
    spread = COLUMNS["size"].std()
    assert (np.abs(rows["size"] - 950) <= 0.1 * spread * (1 + 1e-5)).all()
    assert (rows["colour"] == "blue").all()
    assert np.ptp(rows["count"]) > 1
    assert repr(TABLE.given({"whole": False})) == "whole is False"


def test_a_column_that_never_changes_and_a_table_of_categories_alone() -> None:
    table = lso.Table().fit({"same": [2.0, 2.0], "kind": ["a", "b"]})
    assert table.transform({"same": [3.0], "kind": ["b"]}).tolist() == [[1.0, 0.0, 1.0]]
    kinds = lso.Table().fit({"kind": ["a", "b"]})
    assert kinds.entries([[0.2, 0.1]])["kind"].tolist() == ["a"]
    assert_refused(lambda: kinds.at_least(kind=1), "names", "categories alone")


def test_it_is_saved_and_loaded(tmp_path: Path) -> None:
    lso.save(TABLE, tmp_path / "table.safetensors")
    loaded = lso.load(tmp_path / "table.safetensors")
    assert isinstance(loaded, lso.Table)
    assert_same_bits(loaded.transform(COLUMNS), X)
    assert loaded.entries(X)["colour"].tolist() == TABLE.entries(X)["colour"].tolist()


def test_double_precision() -> None:
    table = lso.Table(dtype="float64").fit(COLUMNS)
    samples = table.transform(COLUMNS)
    np.testing.assert_allclose(table.entries(samples)["size"], COLUMNS["size"], rtol=1e-14)
    asked = table.between(size=(900, 950)) & table.requires(colour="red")
    decoder = DECODER.astype("float64")
    assert lso.generate(decoder, asked, prior=Normal(width=6), random_state=0).success.all()


@pytest.mark.parametrize(
    ("call", "argument", "told"),
    [
        (lambda: lso.Table().fit(X), "X", "ndarray"),
        (lambda: lso.Table().fit({}), "X", "[]"),
        (lambda: lso.Table().fit({0: [1.0]}), "X", "[0]"),
        (lambda: lso.Table().fit({"a": [1.0], "b": [1.0, 2.0]}), "X", "'b': 2"),
        (lambda: lso.Table().fit({"a": [math.inf]}), r"X\['a", "infinity"),
        (lambda: lso.Table().fit({"a": [1e300, 1.0]}), r"X\['a", "5e+299 and inf"),
        (lambda: lso.Table().fit({"a": [1e39, -1e39]}), r"X\['a", "0 and 1e+39"),
        (lambda: lso.Table().fit({"a": [None, None]}), r"X\['a", "or none"),
        (lambda: lso.Table().fit({"a": [1j]}), r"X\['a", "complex"),
        (lambda: lso.Table().fit({"a": np.array(["2020-01-01"], "M8[D]")}), r"X\['a", "datetime64"),
        (lambda: lso.Table().fit({"a": [str(i) for i in range(200)]}), r"X\['a", "200 different"),
        (lambda: TABLE.transform({"size": [1.0]}), "X", "size"),
        (lambda: TABLE.transform(COLUMNS | {"colour": ["pink"] * N}), r"X\['colour", "'pink'"),
        (lambda: TABLE.transform(COLUMNS | {"size": ["large"] * N}), r"X\['size", "<U5"),
        (lambda: TABLE.entries(X[:, 1:]), "X", "(200, 7)"),
        (lambda: TABLE.requires(), "levels", "none"),
        (lambda: TABLE.requires(colour="pink"), "colour", "'pink'"),
        (lambda: TABLE.requires(size="large"), "size", "no such category"),
        (lambda: TABLE.between(length=(1, 2)), "length", "no number of that name"),
        (lambda: TABLE.given({"length": 1}), "row", "length"),
        (lambda: TABLE.given({"size": None}), "row", "none"),
        (lambda: TABLE.given(X[:1]), "row", "ndarray"),
        (lambda: TABLE.given({"size": 1.0}, within=0), "within", "0"),
        (lambda: TABLE.linear({"size": 0}), "weights", "'size': 0"),
        (lambda: TABLE.linear({"length": 1}, low=0), "length", "no number"),
        (lambda: TABLE.linear({"size": 1}), "size", "inf"),
    ],
)
def test_what_is_wrong_is_named(call: Any, argument: str, told: str) -> None:
    assert_refused(call, argument, told)


def test_without_pandas_there_are_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(
        ImportError, match=r"inverse_transform needs pandas: .* arrays of entries\(\)"
    ):
        TABLE.inverse_transform(X)


def test_before_fit() -> None:
    for call in (lambda: lso.Table().transform(COLUMNS), lambda: lso.Table().at_least(size=1)):
        with pytest.raises(lso.NotFittedError, match="Table is not fitted: call fit first"):
            call()

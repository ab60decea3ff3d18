"""Tables of any maker, column by column: numbers, and categories as texts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from lso_native._checks import as_numbers, shown
from lso_native._typing import Array
from lso_native.errors import ArgumentError, ArgumentTypeError


def columns_of(name: str, X: Any) -> list[tuple[str, Any]]:
    """The columns of a table by name."""
    if not isinstance(X, Mapping) and not hasattr(X, "columns"):
        expected = "a pandas.DataFrame, or a dictionary of columns"
        raise ArgumentTypeError(name, expected, type(X).__name__)
    names = list(X if isinstance(X, Mapping) else X.columns)
    if not names or not all(isinstance(each, str) for each in names):
        raise ArgumentError(name, "columns that have texts for names", shown(names))
    if len(set(names)) < len(names):
        twice = next(each for each in names if names.count(each) > 1)
        raise ArgumentError(name, "columns of different names", f"{twice!r} twice")
    columns = [(each, X[each]) for each in names]
    lengths = {each: len(column) for each, column in columns}
    if len(set(lengths.values())) > 1 or not lengths[names[0]]:
        raise ArgumentError(name, "columns of one length, and at least one row", f"{lengths}")
    return columns


def entries_of(name: str, column: Any, *, category: bool | None = None) -> Array:
    """A column as float64, NaN where an entry is missing, or, if it is a ``category``, as an array of texts and None.
    None for what it looks like: truth values, texts and a category of pandas make one."""
    kind = getattr(getattr(column, "dtype", None), "kind", None)
    if not category and kind is not None and kind in "iuf" and hasattr(column, "to_numpy"):
        # pandas has its own idea of missing
        return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))
    raw = column if isinstance(column, np.ndarray) else np.array(list(column), object)
    if raw.ndim != 1 or raw.dtype.kind in "mMcV":
        expected = "a column of numbers or categories"
        raise ArgumentTypeError(f"X[{name!r}]", expected, f"dtype {raw.dtype}, shape {raw.shape}")
    there = [None if _is_missing(each) else each for each in raw]
    if category is None:
        category = hasattr(getattr(column, "dtype", None), "categories") or any(
            isinstance(each, str | bytes | bool | np.bool_) for each in there
        )
    if category:
        return np.array([None if each is None else str(each) for each in there], object)
    numbers = np.array([math.nan if each is None else each for each in there])
    return as_numbers(f"X[{name!r}]", numbers).astype(np.float64)


def _is_missing(each: Any) -> bool:
    """Whether it is None, NaN, or pandas' NA."""
    return (
        each is None
        or type(each).__name__ == "NAType"
        or (isinstance(each, float) and math.isnan(each))
    )

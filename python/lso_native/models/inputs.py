"""What an estimator remembers of its samples, so as to know others: their columns and their range."""

from __future__ import annotations

import warnings
import weakref
from typing import Any

import numpy as np
import numpy.typing as npt

from lso_native._checks import as_array, check_samples
from lso_native._typing import Array, Float64Array
from lso_native.errors import ArgumentError, BadArgument

# Values may lie beyond those that were learned from by this share of their range without a word.
_MARGIN = 0.5
# Fewer samples than this may by chance, and rightly, show a small part of the range.
_FEW = 10
_SMALL_PART = 0.01
# Spreads of columns, the largest over that of the lower quartile: 28x28 digits come to 8, a table in mixed units to 27
# (patients), 550 (wines) or 30,000 (cells).
_UNLIKE = 20
_WARNED: weakref.WeakSet[Any] = weakref.WeakSet()


def column_names(X: Any) -> Array | None:
    """The names of a table's columns (n_features,), None where they are not all strings, or there are none."""
    columns = getattr(X, "columns", None)
    if columns is None or callable(columns):
        return None
    names = list(columns)
    if not names or not all(isinstance(name, str) for name in names):
        return None
    return np.array(names, dtype=object)


def check_columns(name: str, X: Any, learned: Array | None) -> None:
    """Raise ValueError where ``X`` names its columns otherwise than what was learned from."""
    names = column_names(X)
    if names is None or learned is None or np.array_equal(names, learned):
        return
    same = sorted(names) == sorted(learned)
    raise ArgumentError(
        name,
        f"the columns {learned.tolist()}{', in this order' if same else ''}",
        f"{names.tolist()} (the feature names should match those that were passed during fit)",
    )


def check_x(
    owner: str, name: str, X: Any, *, dtype: npt.DTypeLike, n_features: int | None
) -> Array:
    """``check_samples`` for the estimator ``owner``; its error has also the words that scikit-learn's users know."""
    try:
        return check_samples(name, X, dtype=dtype, n_features=n_features)
    except BadArgument as error:
        words = _familiar(owner, name, X, n_features)
        if words is None:
            raise
        raise ArgumentError(error.argument, error.expected, f"{error.got} ({words})") from None


def _familiar(owner: str, name: str, X: Any, n_features: int | None) -> str | None:
    try:
        array = as_array(name, X)
    except BadArgument:
        return None
    if array.dtype.kind == "c":
        return "Complex data not supported"
    if array.ndim == 1:
        return "Reshape your data: one sample is a row, (1, n_features)"
    if array.ndim != 2 or array.dtype.kind not in "biuf":
        return None
    if array.shape[1] == 0:
        return f"0 feature(s) (shape={array.shape}) while a minimum of 1 is required."
    if n_features not in (None, array.shape[1]):
        return f"{name} has {array.shape[1]} features, but {owner} is expecting {n_features} features as input"
    return "no NaN, no infinity" if array.size and not np.isfinite(array).all() else None


def range_of(samples: Array, before: Float64Array | None = None) -> Float64Array:
    """The lowest and highest value, (2,), of ``samples`` and of the range ``before``."""
    ends = np.array([samples.min(), samples.max()], dtype=np.float64)
    return ends if before is None else np.array([min(ends[0], before[0]), max(ends[1], before[1])])


def warn_beyond(estimator: Any, given: Float64Array, n_samples: int = _FEW) -> None:
    """Say, once for each fit, that samples in the range ``given`` are not in the unit of those learned from."""
    learned = getattr(estimator, "data_range_", None)  # a file of an older version has none
    if learned is None or estimator in _WARNED or not _misfit(learned, given, n_samples):
        return
    _WARNED.add(estimator)
    warnings.warn(
        f"{type(estimator).__name__} was fitted on values in {learned[0]:g}..{learned[1]:g}, and is given values in "
        f"{given[0]:g}..{given[1]:g}: are they in the same unit?",
        UserWarning,
        stacklevel=4,
    )


def warn_of_units(estimator: Any, samples: Array) -> None:
    """Say that the columns of ``samples`` to learn from differ so much in spread that they must be of several units;
    those that are all in 0..1, as pixels are, have one."""
    if len(samples) < _FEW or (samples.min() >= 0 and samples.max() <= 1):
        return
    spread = samples.std(axis=0, dtype=np.float64)
    spread = spread[spread > 0]
    if len(spread) < 2:
        return
    small, large = np.quantile(spread, 0.25, method="lower"), spread.max()
    if large > _UNLIKE * small:
        warnings.warn(
            f"{type(estimator).__name__}: the columns of X spread by {small:.3g} to {large:.3g}, as of several units; "
            "the large ones drown the others. Scale them first: lso.Table, or scikit-learn's StandardScaler",
            UserWarning,
            stacklevel=6,
        )


def forget_warning(estimator: Any) -> None:
    """``estimator`` has learned anew, and may warn again."""
    _WARNED.discard(estimator)


def _misfit(learned: Float64Array, given: Float64Array, n_samples: int) -> bool:
    """Whether samples lie far beyond the range ``learned``, or, where they are not few, all in a small part of it."""
    (low, high), (lowest, highest) = learned, given
    beyond = max(low - lowest, highest - high) > _MARGIN * (high - low)
    small = n_samples >= _FEW and highest - lowest < _SMALL_PART * (high - low)
    return bool(beyond or small)

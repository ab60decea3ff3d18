"""A table of columns in their own units, and the samples that networks learn from."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from lso_native._architecture import check_dtype
from lso_native._checks import check_number, check_samples, shown
from lso_native._typing import Array, Float64Array, IntArray
from lso_native.display.tables import frame
from lso_native.errors import ArgumentError, ArgumentTypeError
from lso_native.models.base import Fittable
from lso_native.models.columns import columns_of, entries_of
from lso_native.models.restored import check_numbers, check_texts
from lso_native.models.settings import estimator, learned, setting
from lso_native.network import Network
from lso_native.requirements.base import All, Combination, Requirement
from lso_native.requirements.classes import IsClass, places
from lso_native.requirements.sample import Given
from lso_native.requirements.values import Quantities, Readable

__all__ = ["Table"]

_MOST_LEVELS = 100
_TRUTHS = {"False", "True"}
_CERTAINTY = 0.6  # of .5 and more one level is ahead of all others


class Column(NamedTuple):
    """One column of the table."""

    name: str
    levels: tuple[str, ...]
    """Of a category; none of a number."""
    begin: int
    """Its first feature."""
    end: int


class IsLevel(IsClass):
    """That a column is one of some of its levels."""

    @property
    def name(self) -> str:
        """As in "colour is red or blue"."""
        return f"{self.member} is {' or '.join(map(str, self.labels))}"


@dataclass(frozen=True, eq=False, repr=False)
class Columns(Quantities):
    """Numbers of which each has a network of its own, so that what is asked of one is one residual, not one a column:
    Levenberg-Marquardt takes a pass of each."""

    alone: Callable[[str], Network] = field(kw_only=True)

    def within(self, name: str, low: float, high: float, aim: float | None = None) -> Requirement:
        """As of all of them."""
        spread = self.spread[[self.place(name)]]
        return Quantities(self.alone(name), (name,), spread).within(name, low, high, aim)


@estimator
class Table(Readable, Fittable):
    """Columns of numbers in their own units and of categories, as samples for networks, and back.

    A number becomes one feature of mean 0 and variance 1, a category (texts, truth values, a pandas category) one
    feature a level, 1 for the level that it has and 0 for the others. Numbers are asked for by their names and in
    their own units: ``between``, ``at_least``, ``at_most``, ``near``, ``most``, ``least``, ``linear``; categories by
    ``requires``; what is known of a row by ``given``.

    >>> import lso_native as lso
    >>> table = lso.Table().fit({"size": [1.0, 2.0, 6.0], "colour": ["red", "blue", "red"]})
    >>> table.transform({"size": [3.0], "colour": ["blue"]}).tolist()
    [[0.0, 1.0, 0.0]]
    >>> table.between(size=(2, 4)) & table.requires(colour="red")
    size in 2..4 & colour is red
    """

    _estimator_type = "transformer"

    dtype: npt.DTypeLike = setting(
        default="float32", doc='of the samples, "float32" or "float64", as the networks have it.'
    )

    columns_: Array = learned(doc="the names of the columns (n_columns,), in their order.")
    n_levels_: IntArray = learned(doc="(n_columns,) how many levels each has; 0: it is a number.")
    levels_: Array = learned(doc="the levels of all categories, as texts, one after the other.")
    mean_: Float64Array = learned(doc="(n_columns,) of each number; 0 of a category.")
    spread_: Float64Array = learned(
        doc="(n_columns,) the standard deviation of each number, 1 of one that never changes; 1 of a category."
    )
    n_features_in_: int = learned(doc="features of a sample.", saved=False)

    def fit(self, X: Any, y: object = None) -> Self:  # noqa: ARG002
        """Learn the columns of ``X``, a pandas.DataFrame or a dictionary of columns (n_rows,), and return self. Missing
        entries, NaN or None, are left out.

        Raises ValueError or TypeError naming the column that is neither numbers nor categories of at most 100 levels.

        y : ignored.
        """
        check_dtype(self.dtype)
        given = {name: entries_of(name, column) for name, column in columns_of("X", X)}
        levels: dict[str, list[str]] = {}
        mean, spread = np.zeros(len(given)), np.ones(len(given))
        for i, (name, column) in enumerate(given.items()):
            if column.dtype.kind == "f":
                mean[i], spread[i] = self._measured(name, column[~np.isnan(column)])
            else:
                levels[name] = sorted({each for each in column if each is not None})
                if not 1 <= len(levels[name]) <= _MOST_LEVELS:
                    expected = f"numbers, or a category of at most {_MOST_LEVELS} levels"
                    got = f"{len(levels[name])} different texts"
                    raise ArgumentError(f"X[{name!r}]", expected, got)
        self.columns_ = np.array(list(given))
        self.n_levels_ = np.array([len(levels.get(name, ())) for name in given])
        self.levels_ = np.array([each for name in given for each in levels.get(name, ())], str)
        self.mean_, self.spread_ = mean, spread
        self._restore()
        return self

    def _measured(self, name: str, numbers: Float64Array) -> tuple[float, float]:
        """The mean and the spread of a column's ``numbers``, which the samples' dtype must hold."""
        if not numbers.size or np.isinf(numbers).any():
            raise ArgumentError(f"X[{name!r}]", "finite numbers", "infinity, or none")
        with np.errstate(over="ignore"):
            measured = np.array([numbers.mean(), numbers.std() or 1.0])
            held = np.isfinite(measured.astype(self.dtype)).all()
        if not held:
            expected = f"numbers whose mean and spread {np.dtype(self.dtype)} holds"
            raise ArgumentError(f"X[{name!r}]", expected, f"{measured[0]:g} and {measured[1]:g}")
        return float(measured[0]), float(measured[1])

    def transform(self, X: Any) -> Array:
        """Samples (n_rows, n_features) of ``X``, a table as for ``fit`` that may have further columns. A missing entry
        is NaN in all its features, which no network takes, and ``Given`` leaves free.

        Raises ValueError naming a column that is missing, or a level that is not known.
        """
        self._check_fitted()
        given = dict(columns_of("X", X))
        parts = []
        for place, column in enumerate(self._each_column()):
            if column.name not in given:
                raise ArgumentError("X", f"a column {column.name!r}", f"{', '.join(given)}")
            entries = entries_of(column.name, given[column.name], category=bool(column.levels))
            parts.append(self._features(place, column, entries))
        return np.concatenate(parts, axis=1).astype(self.dtype)

    def fit_transform(self, X: Any, y: object = None) -> Array:
        """``fit``, then ``transform``.

        X, y : as of ``fit``.
        """
        return self.fit(X, y).transform(X)

    def inverse_transform(self, X: npt.ArrayLike) -> Any:
        """Samples (n, n_features) as a pandas.DataFrame: numbers in their own units, as float64 whatever they were; of
        a category the level of the greatest feature, a text, or a truth value where these are the levels. Raises
        ImportError where pandas is missing: see ``entries``.

        X : samples (n_samples, n_features).
        """
        return frame(self.entries(X), "inverse_transform", "entries()")

    def entries(self, X: npt.ArrayLike) -> dict[str, Array]:
        """``inverse_transform`` as arrays (n,) by the columns' names.

        X : samples (n, n_features).
        """
        self._check_fitted()
        samples = check_samples("X", X, dtype=np.dtype(self.dtype), n_features=self.n_features_in_)
        numbers: dict[str, Array] = {}
        if not self.n_levels_.all():
            of = self.quantities
            numbers = dict(zip(of.names, of.network(samples).T, strict=True))
        found: dict[str, Array] = {}
        for column in self._each_column():
            if column.levels:
                chosen = samples[:, column.begin : column.end].argmax(axis=1)
                truths = set(column.levels) <= _TRUTHS  # whose texts would both be true
                levels = np.array(column.levels)
                found[column.name] = (levels == "True" if truths else levels)[chosen]
            else:
                found[column.name] = numbers[column.name].astype(np.float64)
        return found

    @property
    def quantities(self) -> Quantities:
        """The numbers, in their own units: ``quantities.network`` makes them of samples, in the order of
        ``quantities.names``."""
        self._check_fitted()
        numbers = self.n_levels_ == 0
        if not numbers.any():
            raise ArgumentError("names", "a table with a column of numbers", "categories alone")
        names = tuple(self.columns_[numbers].tolist())
        return Columns(self._reading(*names), names, self.spread_[numbers], alone=self._reading)

    def linear(
        self,
        weights: Mapping[str, float],
        low: float = -math.inf,
        high: float = math.inf,
        *,
        label: str | None = None,
    ) -> Combination:
        """``low`` <= the sum of the columns named, each times its weight, <= ``high``, all in their own units:
        ``linear({"total": 1, "ldl": -1}, low=0)``.

        weights : of the columns, by name.
        label : what results call it; None for a name made of what is asked.

        Raises ValueError for an unknown name, and where all weights are 0.
        """
        of = self.quantities
        row = np.zeros((1, len(of.names)))
        for name, weight in weights.items():
            row[0, of.place(name)] = check_number(f"weights[{name!r}]", weight)
        if not row.any():
            raise ArgumentError("weights", "a weight other than 0", shown(dict(weights)))
        scale, mean = self._scale(of.names)
        network = _affine(row @ scale, row @ mean).astype(np.dtype(self.dtype).name)
        spread = np.linalg.norm(row * of.spread, axis=1)
        name = _sum_of(weights) if label is None else label
        return Quantities(network, (name,), spread).within(name, low, high)

    def requires(self, **levels: Any) -> Combination:
        """Categories: ``requires(colour="red")`` or, of several that will do, ``requires(colour=("red", "blue"))``: the
        feature of one of these at least .6, all others of the column at most .4.

        levels : of each column named, one or several that will do.

        Raises ValueError for an unknown name or level, and where none is named.
        """
        self._check_fitted()
        categories = {column.name: column for column in self._each_column() if column.levels}
        if not levels:
            raise ArgumentError("levels", f"some of {', '.join(categories)}", "none")
        asked: list[Combination] = []
        for name, wanted in levels.items():
            if name not in categories:
                raise ArgumentError(name, f"one of {', '.join(categories)}", "no such category")
            given = wanted if isinstance(wanted, tuple | list) else (wanted,)
            texts, known = tuple(map(str, given)), categories[name].levels
            if not texts or not set(texts) <= set(known):
                raise ArgumentError(name, f"some of {', '.join(known)}", shown(wanted))
            at = places(texts, np.array(known))
            asked.append(IsLevel(self._reading(name), at, texts, _CERTAINTY, name))
        return All(*(part for each in asked for part in each.parts))

    def given(self, row: Any, *, within: float = 0.05) -> Combination:
        """That some columns are as in ``row``, entries by name (a dictionary, a row of a pandas.DataFrame): numbers at
        most ``within`` of their spread away, categories as they are. What is missing, or NaN, is free.

        Raises ValueError for a row without an entry, and for a name or a level that the table does not know.
        """
        self._check_fitted()
        check_number("within", within, above=0.0)
        if getattr(row, "ndim", 1) != 1:
            raise ArgumentTypeError("row", "entries by name, as frame.iloc[0]", type(row).__name__)
        known = dict(row)
        columns = {column.name: column for column in self._each_column()}
        if strangers := [name for name in known if name not in columns]:
            raise ArgumentError("row", f"some of {', '.join(columns)}", strangers[0])
        values, numbers = np.full(self.n_features_in_, np.nan), []
        levels = {}
        for place, (name, column) in enumerate(columns.items()):
            if name not in known:
                continue
            entry = entries_of(name, [known[name]], category=bool(column.levels))
            if not column.levels:
                values[column.begin] = self._features(place, column, entry)[0, 0]
                numbers += [name] if np.isfinite(values[column.begin]) else []
            elif entry[0] is not None:
                levels[name] = entry[0]
        asked: list[Combination] = []
        if numbers:
            asked.append(Given(values, within, label=f"given: {', '.join(numbers)}"))
        if levels:
            asked.append(self.requires(**levels))
        if not asked:
            raise ArgumentError("row", "at least one entry", "none")
        return All(*(part for each in asked for part in each.parts))

    def _each_column(self) -> Iterator[Column]:
        begin = level = 0
        for name, n in zip(self.columns_.tolist(), self.n_levels_.tolist(), strict=True):
            levels = tuple(self.levels_[level : level + n].tolist())
            yield Column(name, levels, begin, begin + max(n, 1))
            begin, level = begin + max(n, 1), level + n

    def _features(self, place: int, column: Column, entries: Array) -> Float64Array:
        """(n_rows, features of the column)"""
        if not column.levels:
            scaled = (entries - self.mean_[place]) / self.spread_[place]
            return np.asarray(scaled[:, None], np.float64)
        texts = [str(each) for each in entries if each is not None]
        if strangers := sorted(set(texts) - set(column.levels)):
            expected = f"one of {', '.join(column.levels)}"
            raise ArgumentError(f"X[{column.name!r}]", expected, shown(strangers[0]))
        found = np.full((len(entries), len(column.levels)), np.nan)
        for row, each in enumerate(entries):
            if each is not None:
                found[row] = np.array(column.levels) == str(each)
        return found

    def _is_fitted(self) -> bool:
        return hasattr(self, "columns_")

    def _restore(self) -> None:
        dtype, n = check_dtype(self.dtype), self.columns_.size
        check_texts(self, "columns_", max(n, 1))
        counts = self.n_levels_
        if counts.shape != (n,) or counts.dtype.kind not in "iu" or (counts < 0).any():
            raise ArgumentError("n_levels_", f"{n} counts, one a column", shown(counts))
        check_texts(self, "levels_", sum(counts.tolist()))
        check_numbers(self, "mean_", (n,))
        check_numbers(self, "spread_", (n,), above=0.0)
        with np.errstate(over="ignore"):
            if not np.isfinite(np.stack([self.mean_, self.spread_]).astype(dtype)).all():
                raise ArgumentError("mean_", f"what {dtype} holds, as spread_", "others")
        category = counts > 0
        if (self.mean_[category] != 0).any() or (self.spread_[category] != 1).any():
            raise ArgumentError("mean_", "0 of a category, and a spread_ of 1", "others")
        columns = list(self._each_column())
        for what in (self.columns_.tolist(), *(column.levels for column in columns)):
            if len(set(what)) < len(what):
                raise ArgumentError("columns_", "different names and levels", shown(what))
        self.n_features_in_ = columns[-1].end
        self._networks: dict[tuple[str, ...], Network] = {}

    def _reading(self, *names: str) -> Network:
        """What reads columns off a sample, numbers in their own units: made when it is first asked for, since all of
        them together are as large as the square of the columns."""
        if names not in self._networks:
            network = _affine(*self._scale(names))
            self._networks[names] = network.astype(np.dtype(self.dtype).name)
        return self._networks[names]

    def _scale(self, names: Collection[str]) -> tuple[Float64Array, Float64Array]:
        """What makes columns in their own units of a sample: (their features, n_features), and (their features,) to
        add."""
        there = enumerate(self._each_column())
        chosen = [(i, column.begin, column.end) for i, column in there if column.name in names]
        features = [feature for _, begin, end in chosen for feature in range(begin, end)]
        places = [i for i, begin, end in chosen for _ in range(begin, end)]
        rows = np.zeros((len(features), self.n_features_in_))
        rows[range(len(features)), features] = self.spread_[places]
        return rows, self.mean_[places]


def _affine(weights: Float64Array, biases: Float64Array) -> Network:
    """The network of one layer that is ``weights`` (m, n_features) @ sample + ``biases`` (m,)."""
    m, n = weights.shape
    network = Network(
        [n, m], activation=["linear"], bias="standard", dtype="float64", random_state=0
    )
    return network.replace(np.concatenate([np.ravel(weights), biases]))


def _sum_of(weights: Mapping[str, float]) -> str:
    """As in "total - ldl - 0.2 trig"."""
    said = ""
    for name, weight in weights.items():
        sign = "-" if weight < 0 else "+"
        size = "" if abs(weight) == 1 else f"{abs(weight):g} "
        said += f" {sign} {size}{name}" if said else f"{'-' if weight < 0 else ''}{size}{name}"
    return said

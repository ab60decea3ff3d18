"""Requirements on the sample itself: parts of it that are given, sums, ranges, nearness to another."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from lso_native._checks import as_numbers, shown
from lso_native._typing import Array, Float64Array
from lso_native.errors import ArgumentError
from lso_native.network import Model, Network
from lso_native.outcome import TermResult
from lso_native.requirements.base import (
    Reading,
    Requirement,
    Starts,
    check_distance,
    distance_from,
)
from lso_native.terms import Asked, Ball, Interval


@dataclass(frozen=True, eq=False, repr=False)
class Given(Requirement):
    """Some features are given, and the sample has them: inpainting, or a table's known columns.

    values : (n_features,), NaN where nothing is asked.
    within : how far a feature may be from what is given, in its own units; one number or (n_features,).
    label : what results call it; None for a name made of what is asked.
    """

    values: ArrayLike
    within: ArrayLike
    label: str = "given features"

    def __post_init__(self) -> None:
        values, within = self._arrays()
        if values.ndim != 1 or np.isnan(values).all():
            got = f"shape {values.shape}" if values.ndim != 1 else "NaN everywhere"
            raise ArgumentError("values", "a row with at least one number", got)
        if np.isinf(values).any():
            raise ArgumentError("values", "finite numbers, NaN where nothing is asked", "infinity")
        if within.shape not in ((), values.shape) or not (within > 0).all():
            raise ArgumentError(
                "within", f"numbers above 0, one or {len(values)}", str(self.within)
            )
        if not np.isfinite(self._ends()[0]).any():
            raise ArgumentError("within", "a finite one where a value is given", shown(self.within))

    def _arrays(self) -> tuple[Float64Array, Float64Array]:
        return (
            as_numbers("values", self.values).astype(np.float64),
            as_numbers("within", self.within).astype(np.float64),
        )

    @property
    def name(self) -> str:
        """``label``."""
        return self.label

    def _ends(self) -> tuple[Float64Array, Float64Array]:
        values, within = self._arrays()
        free = np.isnan(values)
        low = np.where(free, -np.inf, values - within)
        return low, np.where(free, np.inf, values + within)

    def term(self, starts: Starts) -> Asked:
        """An interval of each feature."""
        low, high = self._ends()
        check_width("values", len(low), starts.decoder)
        return Asked(Interval(low, high), 1 / float(np.isfinite(low).sum()))

    def read(self, values: Array, told: TermResult) -> Reading:  # noqa: ARG002
        """How far the feature that is furthest from what is given is from it."""
        exact = values.astype(np.float64)
        miss = distance_from(exact, *self._ends()).max(axis=1)
        furthest = np.nanmax(np.abs(exact - self._arrays()[0]), axis=1)
        return Reading(furthest[:, None], miss, miss == 0)


@dataclass(frozen=True, eq=False, repr=False)
class Linear(Requirement):
    """Linear conditions: low <= weights @ sample <= high, as in "the upper side is above the lower side".

    weights : (m, n_features) for m of them, or (n_features,) for one.
    low, high : one number or (m,); -inf or inf for no end.
    label : what results call it; None for a name made of what is asked.
    """

    weights: ArrayLike
    low: ArrayLike = -math.inf
    high: ArrayLike = math.inf
    label: str = "linear condition"
    _heads: dict[np.dtype, Network] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        rows = self._rows()
        if rows.ndim != 2 or 0 in rows.shape or not np.isfinite(rows).all():
            raise ArgumentError(
                "weights", "finite numbers, a row a condition", f"shape {rows.shape}"
            )
        if not rows.any(axis=1).all():
            raise ArgumentError("weights", "a weight other than 0 in each row", "all zeros")
        check_distance("length of weights", float(np.linalg.norm(rows, axis=1).max()))
        low, high = self._ends()
        if np.isnan(low).any() or np.isnan(high).any() or not (low <= high).all():
            raise ArgumentError(
                "high", "numbers of at least low", f"{self.high} with low {self.low}"
            )
        if (np.isinf(low) & np.isinf(high)).any():
            raise ArgumentError("low, high", "a finite end of each condition", "none of some")

    def _rows(self) -> Float64Array:
        return np.atleast_2d(as_numbers("weights", self.weights).astype(np.float64))

    def _ends(self) -> tuple[Float64Array, Float64Array]:
        n = len(self._rows())
        sides = []
        for name, side in (("low", self.low), ("high", self.high)):
            given = as_numbers(name, side).astype(np.float64)
            if given.shape not in ((), (n,)):
                raise ArgumentError(name, f"one number or {n}", f"shape {given.shape}")
            sides.append(np.broadcast_to(given, (n,)))
        return sides[0], sides[1]

    @property
    def name(self) -> str:
        """``label``."""
        return self.label

    def head(self, decoder: Model) -> Network:
        """A network of one layer that is the linear map."""
        dtype = decoder.dtype
        if dtype not in self._heads:
            rows = self._rows()
            check_width("weights", rows.shape[1], decoder)
            network = Network(
                [rows.shape[1], len(rows)],
                activation=["linear"],
                bias="standard",
                dtype=dtype.name,
                random_state=0,
            )
            flat = np.concatenate([rows.ravel(), np.zeros(len(rows))])
            self._heads[dtype] = network.replace(flat.astype(dtype))
        return self._heads[dtype]

    def term(self, starts: Starts) -> Asked:
        """An interval of each condition's value, in units of the weights' length."""
        check_width("weights", self._rows().shape[1], starts.decoder)
        length = np.linalg.norm(self._rows(), axis=1).max()
        return Asked(Interval(*self._ends()), 1 / float(length) ** 2)

    def read(self, values: Array, told: TermResult) -> Reading:  # noqa: ARG002
        """The conditions' values."""
        exact = values.astype(np.float64)
        miss = distance_from(exact, *self._ends()).max(axis=1)
        return Reading(exact, miss, miss == 0)


@dataclass(frozen=True, eq=False, repr=False)
class InRange(Requirement):
    """Every feature in [low, high]: one number or (n_features,) each; -inf or inf for no end.

    label : what results call it; None for a name made of what is asked.
    """

    low: ArrayLike = -math.inf
    high: ArrayLike = math.inf
    label: str = "range of the features"

    def __post_init__(self) -> None:
        low, high = self._ends()
        for name, side in (("low", low), ("high", high)):
            if side.ndim > 1 or not side.size or np.isnan(side).any():
                expected = "numbers, one or one a feature"
                raise ArgumentError(name, expected, shown(getattr(self, name)))
        widths = {side.size for side in (low, high) if side.ndim}
        if len(widths) > 1 or not (low <= high).all():
            got = f"{shown(self.high)} with low {shown(self.low)}"
            raise ArgumentError("high", "numbers of at least low, as many", got)

    def _ends(self) -> tuple[Float64Array, Float64Array]:
        low, high = (as_numbers(name, getattr(self, name)) for name in ("low", "high"))
        return low.astype(np.float64), high.astype(np.float64)

    @property
    def name(self) -> str:
        """``label``."""
        return self.label

    def term(self, starts: Starts) -> Asked:
        """An interval of each feature."""
        low, high = self._ends()
        for name, side in (("low", low), ("high", high)):
            if side.ndim:
                check_width(name, len(side), starts.decoder)
        return Asked(Interval(low, high))

    def read(self, values: Array, told: TermResult) -> Reading:  # noqa: ARG002
        """The lowest and the highest feature."""
        exact = values.astype(np.float64)
        miss = distance_from(exact, *self._ends()).max(axis=1)
        return Reading(np.stack([exact.min(axis=1), exact.max(axis=1)], axis=1), miss, miss == 0)


@dataclass(frozen=True, eq=False, repr=False)
class Near(Requirement):
    """At most ``within`` from a sample, as the crow flies: the root of the summed squares of all differences.

    sample : (n_features,)
    label : what results call it; None for a name made of what is asked.
    """

    sample: ArrayLike
    within: float
    label: str | None = None

    def __post_init__(self) -> None:
        check_distance("within", self.within)
        row = as_numbers("sample", self.sample)
        if row.ndim != 1:
            raise ArgumentError("sample", "one row of features", f"shape {row.shape}")

    @property
    def name(self) -> str:
        """``label``, or how near."""
        return self.label or f"within {self.within:g} of the sample"

    def term(self, starts: Starts) -> Asked:
        """A ball."""
        check_width("sample", len(as_numbers("sample", self.sample)), starts.decoder)
        return Asked(Ball(self.within, center=self.sample), 1 / self.within**2)

    def read(self, values: Array, told: TermResult) -> Reading:
        """The distance; whether it is met is the engine's word, which descent ended by."""
        distance = np.linalg.norm(
            values.astype(np.float64) - np.asarray(self.sample, np.float64), axis=1
        )
        miss = np.where(told.met, 0.0, np.maximum(distance - self.within, 0.0))
        return Reading(distance[:, None], miss, told.met)


@dataclass(frozen=True, eq=False, repr=False)
class Far(Requirement):
    """At least ``distance`` from each of some samples, as the crow flies. Descent moves away from the one that is
    nearest at the start.

    samples : (m, n_features), or (n_features,) for one.
    label : what results call it; None for a name made of what is asked.
    """

    samples: ArrayLike
    distance: float
    label: str | None = None

    def __post_init__(self) -> None:
        check_distance("distance", self.distance)
        rows = self._rows()
        if rows.ndim != 2 or not len(rows) or not np.isfinite(rows).all():
            raise ArgumentError("samples", "finite rows of features", f"shape {rows.shape}")

    def _rows(self) -> Float64Array:
        return np.atleast_2d(as_numbers("samples", self.samples).astype(np.float64))

    def _nearest(self, values: Array) -> tuple[Array, Float64Array]:
        """Of each of ``values`` (n, n_features): which sample is nearest, and how far it is."""
        exact, best = values.astype(np.float64), np.full(len(values), np.inf)
        which = np.zeros(len(values), np.int64)
        for place, row in enumerate(self._rows()):
            distance = np.linalg.norm(exact - row, axis=1)
            which[distance < best] = place
            best = np.minimum(best, distance)
        return which, best

    @property
    def name(self) -> str:
        """``label``, or how far."""
        return self.label or f"at least {self.distance:g} from {len(self._rows())} samples"

    def term(self, starts: Starts) -> Asked:
        """Out of a ball about the sample that is nearest at each start."""
        rows = self._rows()
        check_width("samples", rows.shape[1], starts.decoder)
        center = rows[self._nearest(starts.samples)[0]]
        ball = Ball(math.inf, center=center, inner=self.distance)
        return Asked(ball, 1 / self.distance**2)

    def read(self, values: Array, told: TermResult) -> Reading:  # noqa: ARG002
        """The distance from the nearest."""
        distance = self._nearest(values)[1]
        miss = np.maximum(self.distance - distance, 0.0)
        return Reading(distance[:, None], miss, miss == 0)


def check_width(name: str, n_features: int, decoder: Model) -> None:
    """Raise unless a sample of ``decoder`` has so many features."""
    if n_features != decoder.n_outputs:
        expected = f"the {decoder.n_outputs} features that the decoder's samples have"
        raise ArgumentError(name, expected, f"{n_features}")

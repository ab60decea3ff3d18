"""Requirements on numbers that a network, or a simulator, reads off a sample."""

from __future__ import annotations

import dataclasses
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lso_native._checks import as_numbers, check_number, shown, stranger
from lso_native._typing import Array, Float64Array, FloatArray
from lso_native.errors import ArgumentError, ArgumentTypeError
from lso_native.network import Model
from lso_native.outcome import TermResult
from lso_native.requirements.base import (
    All,
    Checked,
    Combination,
    Reading,
    Requirement,
    Rising,
    Starts,
    distance_from,
)
from lso_native.terms import Asked, Interval, inward

Ends = tuple[float, float]


@dataclass(frozen=True, eq=False, repr=False)
class Quantities:
    """Numbers by name that can be read off a sample.

    network : (n_features) -> (n_names), what descent goes through.
    names : of its outputs.
    spread : (n_names,) how much they vary over ordinary samples: the unit of errors.
    box : what has the last word, a function of samples (n, n_features) that returns (n, n_names); None: the network.
    may_fail : whether a row of the box may be NaN, of a sample of which it has nothing to say.
    """

    network: Model
    names: tuple[str, ...]
    spread: Float64Array
    box: Callable[[FloatArray], Float64Array] | None = None
    may_fail: bool = False

    def place(self, name: str) -> int:
        """The output of that name. Raises ValueError where there is none."""
        if name not in self.names:
            raise ArgumentError(name, f"one of {', '.join(self.names)}", "no number of that name")
        return self.names.index(name)

    def within(self, name: str, low: float, high: float, aim: float | None = None) -> Requirement:
        """That a number is in [low, high]; descent goes for the middle part of it, ``aim`` from either end. Raises
        ValueError for an interval that is empty or has no end.

        name : of the number.
        """
        ends = _end(name, low), _end(name, high)
        if not ends[0] <= ends[1]:
            expected = "an interval (low, high) with low at most high"
            raise ArgumentError(name, expected, f"({low:g}, {high:g})")
        if math.isinf(ends[0]) and math.isinf(ends[1]):
            raise ArgumentError(name, "an interval with a finite end", f"({low:g}, {high:g})")
        kind = Within if self.box is None else CheckedWithin
        return kind(self, self.place(name), np.array(ends[0]), np.array(ends[1]), aim)


class Readable(ABC):
    """Something that reads numbers off samples, of which something can be asked."""

    @property
    @abstractmethod
    def quantities(self) -> Quantities:
        """The numbers. Raises NotFittedError before ``fit``."""

    def between(self, pair: Ends | None = None, /, *more: object, **pairs: Ends) -> Combination:
        """Each number in an interval, its ends included: ``between(slant=(15, 25))``; of a lone one, ``between((15,
        25))``. Raises ValueError for an unknown name and for an interval that is empty, TypeError for ends that are not
        in one pair.

        pair, pairs : (low, high), of the only number without its name, or of each by name.
        more : nothing; there to tell who gives two ends as two arguments.
        """
        if more:
            expected = "one pair, as in between((15, 25))"
            raise ArgumentTypeError("pair", expected, f"{1 + len(more)} arguments")
        within = self.quantities.within
        return self._each(pair, pairs, lambda name, ends: within(name, *_pair(name, ends)))

    def at_least(self, value: float | None = None, /, **values: float) -> Combination:
        """Each number at least so much: ``at_least(thickness=2)``.

        value, values : of the only number without its name, or of each by name.
        """
        within = self.quantities.within
        return self._each(value, values, lambda name, low: within(name, low, math.inf))

    def at_most(self, value: float | None = None, /, **values: float) -> Combination:
        """Each number at most so much: ``at_most(thickness=2)``.

        value, values : of the only number without its name, or of each by name.
        """
        within = self.quantities.within
        return self._each(value, values, lambda name, high: within(name, -math.inf, high))

    def near(self, value: float | None = None, /, *, within: float, **values: float) -> Combination:
        """Each number at most ``within`` from a value, half of which descent goes for: ``near(slant=20, within=5)``.

        values : what each is to be near to, by name.
        """
        reach = check_number("within", within, minimum=0.0)

        def make(name: str, value: Any) -> Requirement:
            middle = check_number(name, value)
            return self.quantities.within(name, middle - reach, middle + reach, reach / 2)

        return self._each(value, values, make)

    def most(self, *names: str) -> Combination:
        """As much as possible of each number, once the other requirements are met: ``most("thickness")``.

        names : of the numbers; none for the only one.
        """
        return self._extremes(names, 1)

    def least(self, *names: str) -> Combination:
        """As little as possible of each number, once the other requirements are met.

        names : of the numbers; none for the only one.
        """
        return self._extremes(names, -1)

    def _extremes(self, names: tuple[str, ...], sign: int) -> Combination:
        of = self.quantities
        asked = names if names or len(of.names) > 1 else of.names
        kind = Extreme if of.box is None else CheckedExtreme
        return self._each(
            None, dict.fromkeys(asked), lambda name, _: kind(of, of.place(name), sign)
        )

    def _each(
        self, lone: Any, named: dict[str, Any], make: Callable[[str, Any], Requirement]
    ) -> Combination:
        names = self.quantities.names
        if lone is not None:
            if len(names) != 1:
                raise ArgumentError("value", f"one by name of {', '.join(names)}", shown(lone))
            named = {names[0]: lone, **named}
        if not named:
            raise ArgumentError("names", f"at least one of {', '.join(names)}", "none")
        made = [make(name, value) for name, value in named.items()]
        return made[0] if len(made) == 1 else All(*(part for each in made for part in each.parts))


class Values(Readable):
    """A model of any kind that tells numbers, of which something can be required.

    Parameters
    ----------
    model : one output a number.
    names : of its outputs, one or a sequence; None for a lone one.
    spread : how much each varies over ordinary samples, the unit of errors: a number, or (n_outputs,). One that is
        far off makes this weigh too much or too little beside other requirements.

    Raises ValueError or TypeError naming the argument.

    >>> import lso_native as lso
    >>> model = lso.Network([196, 32, 2], activation=["tanh", "linear"], random_state=0)
    >>> lso.Values(model, ["lift", "drag"], spread=[0.5, 0.01]).at_least(lift=1.0).name
    'lift at least 1'
    """

    def __init__(
        self,
        model: Model,
        names: str | Sequence[str] | None = None,
        *,
        spread: ArrayLike = 1.0,
    ) -> None:
        if not isinstance(model, Model):
            raise ArgumentTypeError("model", "a model of samples", stranger(model))
        n = model.n_outputs
        known = (
            ("value",) if names is None else (names,) if isinstance(names, str) else tuple(names)
        )
        if len(known) != n or len(set(known)) < n or not all(isinstance(k, str) for k in known):
            raise ArgumentError("names", f"{n} different names, one an output", shown(names))
        given = as_numbers("spread", spread).astype(np.float64)
        if given.shape not in ((), (n,)) or not (np.isfinite(given) & (given > 0)).all():
            raise ArgumentError("spread", f"a number above 0, or {n}", shown(spread))
        self._quantities = Quantities(model, known, np.broadcast_to(given, (n,)))

    @property
    def quantities(self) -> Quantities:
        """The numbers."""
        return self._quantities


@dataclass(frozen=True, eq=False, repr=False)
class Within(Requirement):
    """One of some quantities in [low, high], its ends included.

    Attributes
    ----------
    low : () or (n_starts,)
    aim : how far from either end descent goes; None: a twentieth of the width.
    of, column : the quantities, and which of them.
    """

    of: Quantities
    column: int
    low: Float64Array
    high: Float64Array
    aim: float | None = None

    @property
    def name(self) -> str:
        """As in "slant in 15..25"."""
        low, high = float(self.low.flat[0]), float(self.high.flat[0])
        what = self.of.names[self.column]
        if math.isinf(high):
            return f"{what} at least {low:g}"
        return f"{what} at most {high:g}" if math.isinf(low) else f"{what} in {low:g}..{high:g}"

    def head(self, decoder: Model) -> Model:  # noqa: ARG002
        """The network."""
        return self.of.network

    def term(self, starts: Starts) -> Asked:
        """An Interval, in units of the quantity's spread."""
        ends = _representable(self.low, self.high, starts.decoder.dtype)
        shape = (*self.low.shape, len(self.of.names))
        low, high = np.full(shape, -np.inf), np.full(shape, np.inf)
        low[..., self.column], high[..., self.column] = ends
        return Asked(
            Interval(low, high, self.aim), weight=1 / float(self.of.spread[self.column]) ** 2
        )

    def of_starts(self, rows: Array) -> Within:
        """With their intervals, where each start has its own."""
        if not self.low.ndim:
            return self
        return dataclasses.replace(self, low=self.low[rows], high=self.high[rows])

    def read(self, values: Array, told: TermResult) -> Reading:  # noqa: ARG002
        """The quantity of each sample."""
        return self.judged(values.astype(np.float64)[:, self.column, None])

    def judged(self, values: Float64Array) -> Reading:
        """Whether values (n, 1) are inside."""
        miss = distance_from(values[:, 0], self.low, self.high)
        return Reading(values, miss, miss == 0)


class _Boxed(Checked):
    """Of quantities that a box reads."""

    of: Quantities

    @property
    def box(self) -> Callable[[FloatArray], Float64Array]:
        """The quantities' box."""
        assert self.of.box is not None
        return self.of.box

    @property
    def may_fail(self) -> bool:
        """As the quantities say."""
        return self.of.may_fail


@dataclass(frozen=True, eq=False, repr=False)
class CheckedWithin(Within, _Boxed):
    """The same of what a box says, of which the network is a surrogate.

    of, column, low, high, aim : as of ``Within``.
    """

    def judge(self, said: Float64Array) -> Reading:
        """Whether what the box said (n, n_names) is inside."""
        return self.judged(said[:, self.column, None])

    def aimed(self, shift: Float64Array) -> Within:
        """With the network's interval moved by ``shift`` (n, n_names)."""
        moved = shift[:, self.column]
        return Within(self.of, self.column, self.low + moved, self.high + moved, self.aim)


@dataclass(frozen=True, eq=False, repr=False)
class Extreme(Rising):
    """As much (sign 1) or as little (sign -1) of one of some quantities as possible.

    of, column : the quantities, and which of them.
    """

    of: Quantities
    column: int
    sign: float

    @property
    def name(self) -> str:
        """As in "most thickness"."""
        return f"{'most' if self.sign > 0 else 'least'} {self.of.names[self.column]}"

    def head(self, decoder: Model) -> Model:  # noqa: ARG002
        """The network."""
        return self.of.network

    def term(self, starts: Starts) -> Asked:  # noqa: ARG002
        """Nothing, until the other requirements are met."""
        return Asked(Interval(-np.inf, np.inf))

    def better(self, values: Float64Array) -> Within:
        """At least a quarter of a spread beyond ``values`` (n, 1), as the box sees it if there is one."""
        kind = Within if self.of.box is None else CheckedWithin
        at = values[:, 0] + self.sign * 0.25 * float(self.of.spread[self.column])
        beyond = np.full(len(at), self.sign * np.inf)
        low, high = (at, beyond) if self.sign > 0 else (beyond, at)
        return kind(self.of, self.column, low, high)

    def gain(self, before: Float64Array, after: Float64Array) -> Float64Array:
        """(n,) by how much the quantity has moved the right way."""
        return np.asarray(self.sign * (after - before)[:, 0])

    def read(self, values: Array, told: TermResult) -> Reading:  # noqa: ARG002
        """The quantity of each sample; there is always more to be had."""
        n = len(values)
        column = values.astype(np.float64)[:, self.column, None]
        return Reading(column, np.full(n, np.nan), np.zeros(n, np.bool_))


@dataclass(frozen=True, eq=False, repr=False)
class CheckedExtreme(Extreme, _Boxed):
    """The same of what a box says."""

    def judge(self, said: Float64Array) -> Reading:
        """What the box said of the quantity."""
        n = len(said)
        return Reading(said[:, self.column, None], np.full(n, np.nan), np.zeros(n, np.bool_))

    def aimed(self, shift: Float64Array) -> CheckedExtreme:  # noqa: ARG002
        """Itself: there is no aim."""
        return self


def box_numbers(name: str, said: Any, n_samples: int, *, may_fail: bool = False) -> Float64Array:
    """What a box said of ``n_samples``, as (n_samples, k). Raises ValueError or TypeError, of the argument ``name``,
    for another shape and for what is not finite; where it ``may_fail``, such a row becomes NaN."""
    try:
        array = np.asarray(said, dtype=np.float64)
    except (TypeError, ValueError):
        raise ArgumentTypeError(name, "numbers from the box, a row a sample", shown(said)) from None
    rows = array[:, None] if array.ndim == 1 else array
    if rows.ndim != 2 or len(rows) != n_samples:
        expected = f"numbers of {n_samples} samples from the box, a row each"
        raise ArgumentError(name, expected, f"shape {array.shape}")
    finite = np.asarray(np.isfinite(rows).all(axis=1))
    if finite.all():
        return rows
    if may_fail:
        return np.where(finite[:, None], rows, np.nan)
    first = int(np.flatnonzero(~finite)[0])
    got = f"NaN or inf for {int((~finite).sum())} samples, {rows[first]} for sample {first}"
    raise ArgumentError(name, "finite numbers from the box", got)


def _pair(name: str, ends: Any) -> Ends:
    if not isinstance(ends, Sequence | np.ndarray) or isinstance(ends, str) or len(ends) != 2:
        raise ArgumentTypeError(name, "an interval (low, high)", shown(ends))
    return ends[0], ends[1]


def _representable(
    low: Float64Array, high: Float64Array, dtype: np.dtype[Any]
) -> tuple[Float64Array, Float64Array]:
    """The interval or, where no number of ``dtype`` is inside, that number which is nearest to it: to go for, not to
    be met by."""
    inside = [inward("low", low, dtype, up=True), inward("high", high, dtype, up=False)]
    nearest = np.where(np.isfinite(low), low, high).astype(dtype).astype(np.float64)
    empty = inside[0] > inside[1]
    return np.where(empty, nearest, low), np.where(empty, nearest, high)


def _end(name: str, value: Any) -> float:
    return value if isinstance(value, float) and math.isinf(value) else check_number(name, value)

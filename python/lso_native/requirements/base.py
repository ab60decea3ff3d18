"""What may be asked of a sample, and how several things are asked at once."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from lso_native._checks import check_number, shown
from lso_native._typing import Array, BoolArray, Float64Array, FloatArray
from lso_native.errors import ArgumentError, ArgumentTypeError
from lso_native.network import Model
from lso_native.outcome import TermResult
from lso_native.terms import Asked, Term

_SHORTEST = 1e-150


class Reading(NamedTuple):
    """What a requirement says of each of n samples.

    Attributes
    ----------
    values : (n, k) what it looked at, in its own units.
    miss : (n,) how far they are from what is asked, in the same units; 0 where it is met.
    met : (n,) to the letter.
    """

    values: Float64Array
    miss: Float64Array
    met: BoolArray

    def take(self, rows: Array | slice) -> Reading:
        """A copy of what it says of ``rows``."""
        return Reading(self.values[rows].copy(), self.miss[rows].copy(), self.met[rows].copy())

    def put(self, rows: Array | slice, other: Reading) -> None:
        """``other``, in order, in place of ``rows``."""
        self.values[rows], self.miss[rows], self.met[rows] = other


@dataclass(frozen=True, eq=False)
class Starts:
    """Latents from which a descent begins, for requirements that depend on where it does.

    Attributes
    ----------
    latents : (n, latent)
    decoder : what decodes them.
    """

    decoder: Model
    latents: FloatArray
    _values: dict[int, FloatArray] = field(default_factory=dict)

    @cached_property
    def samples(self) -> FloatArray:
        """(n, n_features)"""
        return self.decoder(self.latents)

    def values(self, head: Model) -> FloatArray:
        """(n, n_outputs) what ``head`` makes of the samples."""
        if id(head) not in self._values:
            self._values[id(head)] = head(self.samples)
        return self._values[id(head)]


def check_distance(name: str, value: float) -> float:
    """``value`` as a distance whose square, the unit of errors, is a number that can be divided by."""
    return check_number(name, value, minimum=_SHORTEST, maximum=1 / _SHORTEST)


class Combination(ABC):
    """Something to ask for: ``a & b`` both, ``a + 0.1 * b`` a and, as a preference, b."""

    @property
    @abstractmethod
    def parts(self) -> tuple[Part, ...]:
        """The requirements one by one."""

    def __and__(self, other: Combination) -> All:
        if not isinstance(other, Combination):
            return NotImplemented
        return All(*self.parts, *other.parts)

    def __add__(self, other: Combination) -> All:
        if not isinstance(other, Combination):
            return NotImplemented
        return All(*self.parts, *(dataclasses.replace(part, hard=False) for part in other.parts))

    def __bool__(self) -> bool:
        raise ArgumentTypeError(
            "requirement", "a & b, which asks for both", "a truth value, as in a and b"
        )

    def __rmul__(self, weight: float) -> All:
        factor = check_number("weight", weight, above=0.0)
        return All(*(dataclasses.replace(part, weight=factor * part.weight) for part in self.parts))


@dataclass(frozen=True, eq=False)
class Part:
    """A requirement in a combination.

    Attributes
    ----------
    weight : how much its error counts beside the others'.
    hard : whether it must be met, or is a preference.
    """

    requirement: Requirement
    weight: float = 1.0
    hard: bool = True

    @property
    def name(self) -> str:
        """As the requirement's."""
        return self.requirement.name


class All(Combination):
    """Several requirements at once: what ``&``, ``+`` and a weight make of them.

    parts : each with its weight, and whether it must be met.
    """

    def __init__(self, *parts: Part) -> None:
        self._parts = parts

    @property
    def parts(self) -> tuple[Part, ...]:
        """The requirements one by one."""
        return self._parts

    def __repr__(self) -> str:
        """As it would be written, with names for requirements."""
        weighted = [
            part.name if part.weight == 1 else f"{part.weight:g} * {part.name}"
            for part in self._parts
        ]
        joined = weighted[0]
        for part, text in zip(self._parts[1:], weighted[1:], strict=True):
            joined += f" {'&' if part.hard else '+'} {text}"
        return joined


class Requirement(Combination):
    """One thing that is asked of a sample. A subclass says where it looks, what descent follows, and when it is met.

    A requirement of your own is one class with ``name`` and ``term`` and, where the units of its term are not those of
    its user, ``read``: docs/requirements.md.
    """

    @property
    def parts(self) -> tuple[Part, ...]:
        """Itself."""
        return (Part(self),)

    @property
    @abstractmethod
    def name(self) -> str:
        """In a few words, as in "slant in 15..25"."""

    def head(self, decoder: Model) -> Model | None:  # noqa: ARG002
        """The network of samples whose outputs it looks at; None where it looks at the sample itself.

        decoder : what the latents are decoded by; most requirements do not depend on it.
        """
        return None

    @property
    def on_latent(self) -> bool:
        """Whether it looks at the latent instead."""
        return False

    @abstractmethod
    def term(self, starts: Starts) -> Term | Asked:
        """What descent follows from ``starts``; a weight in it makes errors of all requirements comparable, about 1
        where a sample is as wrong as one drawn at random. Raises ValueError where it does not fit the decoder."""

    def of_starts(self, rows: Array) -> Requirement:  # noqa: ARG002
        """The same for the starts of ``rows`` alone."""
        return self

    def read(self, values: Array, told: TermResult) -> Reading:
        """What it says of ``values`` (n, k) at its place; ``told`` is what the engine said of its term there."""
        miss = np.where(told.met, 0.0, np.sqrt(told.loss))
        return Reading(values.astype(np.float64), miss, told.met)

    def __repr__(self) -> str:
        return f"<{self.name}>"


class Checked(Requirement):
    """A requirement whose network is only believed: something else, a formula or a simulator, has the last word."""

    @property
    @abstractmethod
    def box(self) -> Callable[[FloatArray], Float64Array]:
        """What has the last word: of samples (n, n_features) it says (n, n_outputs of the network). Asked once for all
        requirements that share it."""

    @property
    def may_fail(self) -> bool:
        """Whether a row of what the box says may be NaN: it failed on that sample, which then is not met."""
        return False

    @abstractmethod
    def judge(self, said: Float64Array) -> Reading:
        """Whether what the box said (n, n_outputs) is as asked."""

    @abstractmethod
    def aimed(self, shift: Float64Array) -> Requirement:
        """This requirement for n starts of which the network is known to say ``shift`` (n, n_outputs) more than the
        box: it is asked for so much more."""


class Rising(Requirement):
    """A preference, whatever it is joined by: as much, or as little, as possible, which is never met."""

    @property
    def parts(self) -> tuple[Part, ...]:
        """Itself."""
        return (Part(self, hard=False),)

    @abstractmethod
    def better(self, values: Float64Array) -> Requirement:
        """That the n samples come to more than ``values`` (n, k), those of ``read``."""

    @abstractmethod
    def gain(self, before: Float64Array, after: Float64Array) -> Float64Array:
        """(n,) how much better it has become, above 0 where it has.

        before, after : the values read, (n, k), where one descent ended and where the next did.
        """


@dataclass(frozen=True, eq=False, repr=False)
class Asks(Requirement):
    """Any term, on what ``of``, a network, makes of the sample; without it, on the sample.

    asked : the term.
    label : what results call it; None for a name made of what is asked.
    """

    asked: Term | Asked
    of: Model | None = None
    label: str | None = None

    @property
    def name(self) -> str:
        """``label``, or the kind of the term."""
        term = self.asked.term if isinstance(self.asked, Asked) else self.asked
        return self.label or type(term).__name__

    def head(self, decoder: Model) -> Model | None:  # noqa: ARG002
        """``of``."""
        return self.of

    def term(self, starts: Starts) -> Term | Asked:  # noqa: ARG002
        """``asked``."""
        return self.asked


def check_requirement(name: str, value: Any) -> Combination:
    """``value``, which must be a requirement or several; a Term is one on the sample."""
    if isinstance(value, Term | Asked):
        return Asks(value)
    if not isinstance(value, Combination):
        expected = "a requirement, as classifier.requires(7) is, or several joined by &"
        raise ArgumentTypeError(name, expected, shown(value))
    if not any(part.hard for part in value.parts):
        raise ArgumentError(name, "at least one requirement that must be met", "preferences alone")
    return value


def weighed(asked: Term | Asked, part: Part) -> Asked:
    """The term of ``part`` with all its weights."""
    inner = asked if isinstance(asked, Asked) else Asked(asked)
    return Asked(inner.term, inner.weight * part.weight, part.hard)


def distance_from(values: Float64Array, low: Array, high: Array) -> Float64Array:
    """Of each value from its interval, 0 inside."""
    return np.maximum(np.maximum(low - values, values - high), 0.0)

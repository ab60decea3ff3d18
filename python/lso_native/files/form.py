"""What JSON that may be anybody's must be like: small forms that compose."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lso_native._checks import shown
from lso_native.errors import ArgumentError

__all__ = [
    "Flag",
    "Form",
    "Label",
    "Maybe",
    "Named",
    "Number",
    "Record",
    "Rows",
    "Scalar",
]

_LARGEST = 1e30  # beyond it an axis has no ticks


class Form(ABC):
    """What a value must be."""

    def __call__(self, where: str, value: Any) -> None:
        """Raise ArgumentError of ``where`` unless ``value`` is it."""
        self._check(where, value)

    @abstractmethod
    def _check(self, where: str, value: Any) -> None: ...


@dataclass(frozen=True)
class Number(Form):
    """From ``low`` to ``high``; ``whole``: an integer."""

    low: float = -_LARGEST
    high: float = _LARGEST
    whole: bool = False

    def _check(self, where: str, value: Any) -> None:
        kinds = int if self.whole else (int, float)
        right = isinstance(value, kinds) and not isinstance(value, bool)
        if not right or not self.low <= value <= self.high:
            kind = "an integer" if self.whole else "a number"
            raise ArgumentError(where, f"{kind} from {self.low:g} to {self.high:g}", shown(value))


@dataclass(frozen=True)
class Label(Form):
    """Text that can be shown, of at most ``most`` characters, all of it ``like`` the pattern."""

    most: int = 2_000
    like: str = ""

    def _check(self, where: str, value: Any) -> None:
        right = isinstance(value, str) and len(value) <= self.most and value.isprintable()
        if not right or (self.like and not re.fullmatch(self.like, value)):
            said = f" like {self.like}" if self.like else ""
            expected = f"at most {self.most} printable characters{said}"
            raise ArgumentError(where, expected, shown(value))


@dataclass(frozen=True)
class Maybe(Form):
    """None, or of the form."""

    form: Form

    def _check(self, where: str, value: Any) -> None:
        if value is not None:
            self.form(where, value)


@dataclass(frozen=True)
class Rows(Form):
    """A list of ``least`` to ``most``, each of the form."""

    form: Form
    least: int = 0
    most: int = 100_000

    def _check(self, where: str, value: Any) -> None:
        if not isinstance(value, list) or not self.least <= len(value) <= self.most:
            got = f"{len(value)}" if isinstance(value, list) else shown(value)
            raise ArgumentError(where, f"a list of {self.least} to {self.most}", got)
        for place, each in enumerate(value):
            self.form(f"{where}[{place}]", each)


@dataclass(frozen=True)
class Named(Form):
    """An object of values of the form by names, at most ``most``."""

    form: Form
    names: Form = Label(200)
    most: int = 1_000

    def _check(self, where: str, value: Any) -> None:
        if not isinstance(value, dict) or len(value) > self.most:
            got = f"{len(value)}" if isinstance(value, dict) else shown(value)
            raise ArgumentError(where, f"an object of at most {self.most} names", got)
        for name, each in value.items():
            self.names(f"{where}, a name", name)
            self.form(f"{where}.{name}", each)


@dataclass(frozen=True)
class Record(Form):
    """An object that has the ``needed`` names, may have the ``known`` ones, and any others."""

    needed: Mapping[str, Form] = field(default_factory=dict)
    known: Mapping[str, Form] = field(default_factory=dict)

    def _check(self, where: str, value: Any) -> None:
        if not isinstance(value, dict):
            raise ArgumentError(where, "an object", shown(value))
        for name, form in self.needed.items():
            if name not in value:
                raise ArgumentError(f"{where}.{name}", "a value", "none")
            form(f"{where}.{name}", value[name])
        for name, form in self.known.items():
            if name in value:
                form(f"{where}.{name}", value[name])

    def __or__(self, other: Record) -> Record:
        """What both ask for."""
        return Record({**self.needed, **other.needed}, {**self.known, **other.known})


class Flag(Form):
    """True or false."""

    def _check(self, where: str, value: Any) -> None:
        if not isinstance(value, bool):
            raise ArgumentError(where, "true or false", shown(value))


class Scalar(Form):
    """A number, a short text, true, false or null."""

    def _check(self, where: str, value: Any) -> None:
        if not isinstance(value, bool | None):
            (Label() if isinstance(value, str) else Number())(where, value)

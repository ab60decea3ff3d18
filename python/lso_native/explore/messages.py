"""What a page says and hears: JSON in, each word of it checked; a header and numbers out."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

import numpy as np

from lso_native._checks import check_flag, check_int, check_number, shown
from lso_native._typing import Array, Float64Array
from lso_native.errors import ArgumentError, ArgumentTypeError
from lso_native.explore.recipe import STARTS, Question, Recipe
from lso_native.explore.world import World

__all__ = ["Message", "frame"]

LARGEST_MESSAGE = 64 * 1024
"""Bytes: a drawing of 28x28 pixels and as many locked ones take half of it."""
MOST_WALKS = 40
_LARGEST = 1e6  # of any number that a page sends


def frame(header: Mapping[str, Any], numbers: Array | None = None, data: bytes = b"") -> bytes:
    """A message to a page: the length of the header in four bytes, little-endian; the header in JSON, filled up with
    blanks to a multiple of four bytes; and ``numbers`` in float32, or ``data``."""
    text = json.dumps(header, allow_nan=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    body = data if numbers is None else np.ascontiguousarray(numbers, "<f4").tobytes()
    return struct.pack("<I", len(text)) + text + body


class Message:
    """A message of a page, whose members are read once each: what is left over at the end was not known.

    Raises ValueError, of every method too, for whatever is not as expected.
    """

    def __init__(self, text: str | bytes) -> None:
        if not isinstance(text, str):
            raise ArgumentError("message", "text", "bytes")
        try:
            said = json.loads(text, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise ArgumentError("message", "JSON", str(error) or "too deep a nesting") from None
        if not isinstance(said, dict):
            raise ArgumentTypeError("message", "an object", type(said).__name__)
        self._said: dict[str, Any] = said

    @property
    def number(self) -> int | None:
        """The number that a page gave it; an answer has the same."""
        said = self._said.get("id")
        return said if type(said) is int and abs(said) < 2**53 else None

    def done(self) -> None:
        """Raise unless everything was read."""
        self._said.pop("id", None)
        if self._said:
            raise ArgumentError(next(iter(self._said))[:40], "nothing of that name", "something")

    def choice(self, name: str, choices: Iterable[str]) -> str:
        """One of some words."""
        value, known = self._said.pop(name, None), list(choices)
        if not isinstance(value, str) or value not in known:
            raise ArgumentError(name, f"one of {', '.join(known)}", shown(value))
        return value

    def flag(self, name: str) -> bool:
        """True or false; false where nothing is said."""
        return check_flag(name, self._said.pop(name, False))

    def whole(self, name: str, minimum: int, maximum: int) -> int:
        """A whole number."""
        return check_int(name, self._said.pop(name, None), minimum=minimum, maximum=maximum)

    def has(self, name: str) -> bool:
        """Whether something is said."""
        return self._said.get(name) is not None

    def row(self, name: str, n: int, low: float = -_LARGEST, high: float = _LARGEST) -> Array:
        """(n,) numbers."""
        return np.array(_numbers(name, self._said.pop(name, None), n, low, high))

    def question(self, world: World) -> Question:
        """What is asked for, of ``world``."""
        asked = self._said.pop("ask", None)
        if not isinstance(asked, dict) or not asked.keys() <= {"label", "numbers", "locked"}:
            raise ArgumentError("ask", "an object of label, numbers and locked", shown(asked))
        label = asked.get("label")
        if label is not None:
            label = check_int("label", label, minimum=0, maximum=len(world.labels) - 1)
        return Question(label, _asked_numbers(asked, world), _locked(asked, world))

    def recipe(self, world: World) -> Recipe:
        """Walks in ``world``."""
        question = self.question(world)
        if not question:
            expected = "a digit, a number or locked pixels" if world.labels else "a number"
            raise ArgumentError("ask", f"{expected} to ask for", "nothing")
        n = self.whole("n", 1, MOST_WALKS)
        seed = self.whole("seed", 0, 2**31 - 1)
        start = self.choice("start", STARTS)
        hand = self.row("latent", world.network.n_inputs) if start == "hand" else None
        self._said.pop("latent", None)
        hand = None if hand is None else world.codes.clipped(hand)
        return Recipe(world, question, n, seed, start, hand)


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _numbers(name: str, value: Any, n: int, low: float, high: float) -> list[float]:
    if not isinstance(value, list) or len(value) != n:
        got = f"{len(value)}" if isinstance(value, list) else shown(value)
        raise ArgumentError(name, f"a list of {n} numbers", got)
    return [_within(name, each, low, high) for each in value]


def _within(name: str, value: Any, low: float, high: float) -> float:
    number = check_number(name, value)
    if not low <= number <= high:
        raise ArgumentError(name, f"numbers in {low:g}..{high:g}", f"{number:g}")
    return number


def _asked_numbers(asked: dict[str, Any], world: World) -> dict[str, tuple[float, float]]:
    numbers = asked.get("numbers") or {}
    known = {number.name for number in world.numbers}
    if not isinstance(numbers, dict) or not numbers.keys() <= known:
        raise ArgumentError("numbers", f"values of {', '.join(sorted(known))}", shown(numbers))
    found = {}
    for name, pair in numbers.items():
        value, within = _numbers(name, pair, 2, -_LARGEST, _LARGEST)
        found[name] = (value, check_number(f"{name}, how near", within, above=0.0))
    return found


def _locked(asked: dict[str, Any], world: World) -> Float64Array | None:
    locked = asked.get("locked")
    if locked is None:
        return None
    if not world.labels:
        raise ArgumentError("locked", "no pixels here", "some")
    n = world.network.n_outputs
    if not isinstance(locked, list) or len(locked) != n:
        got = f"{len(locked)}" if isinstance(locked, list) else shown(locked)
        raise ArgumentError("locked", f"a list of {n} numbers in 0..1, null where free", got)
    values = [np.nan if each is None else _within("locked", each, 0, 1) for each in locked]
    row = np.array(values)
    return None if np.isnan(row).all() else row

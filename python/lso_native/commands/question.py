"""The command line of ``lso generate``, read: what is asked for."""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator

from lso_native._checks import check_number, shown
from lso_native.commands.asks import Ask, Extreme, Kept, Like, OfClass, Outputs, Within
from lso_native.commands.generate_parser import ATTRIBUTES
from lso_native.commands.options import numbers
from lso_native.errors import ArgumentError
from lso_native.optimize import DEFAULT_MSE
from lso_native.requirements.classes import DEFAULT_CERTAINTY


def read_question(arguments: argparse.Namespace) -> list[Ask]:
    """What the options ask for. Raises ValueError naming an option that does not say it, or contradicts another."""
    within = _Tolerances(arguments)
    asks = [
        *_on_classes(arguments),
        *_intervals(arguments, within),
        *_on_images(arguments, within),
    ]
    within.check_used()
    if not asks:
        wanted = "something that must be met, such as --digit, --slant, --between or --near"
        got = "preferences alone" if arguments.most or arguments.least else "nothing to ask for"
        raise ArgumentError("the command line", wanted, got)
    return asks + _extremes(arguments)


def _on_classes(arguments: argparse.Namespace) -> Iterator[Ask]:
    mse, certainty = arguments.mse, arguments.certainty
    if mse is not None:
        check_number("mse", mse, above=0.0)
        _alone("mse", "with --digit or --target", arguments.digit or arguments.target)
    if certainty is not None:
        _alone("certainty", "with --digit or --one-of", arguments.digit or arguments.one_of)
        check_number("certainty", certainty, above=0.5, below=1.0)
        if mse is not None:
            raise ArgumentError("certainty", "no --mse beside it", "both")
    sure = DEFAULT_CERTAINTY if certainty is None else certainty
    if arguments.target is not None:
        target = tuple(numbers("target", arguments.target, float))
        if any(math.isinf(value) for value in target):
            raise ArgumentError("target", "finite numbers, or nan", shown(arguments.target))
        yield Outputs(target, DEFAULT_MSE if mse is None else mse)
    elif arguments.digit is not None:
        yield OfClass("digit", (arguments.digit,), sure, mse)
    elif arguments.one_of is not None:
        wanted = dict.fromkeys(each.strip() for each in arguments.one_of.split(","))
        yield OfClass("one_of", tuple(wanted), sure, None)


def _alone(option: str, expected: str, there: object) -> None:
    if not there:
        raise ArgumentError(option, expected, "it without")


class _Tolerances:
    """What --within says: one number for the only thing that has a tolerance, or one by name."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._by_name: dict[str, float] = {}
        self._lone: float | None = None
        self._asked: list[str] = []
        for text in arguments.within:
            name, equals, value = text.rpartition("=")
            amount = check_number("within", _number("within", value, text), above=0.0)
            if equals:
                self._by_name[name] = amount
            else:
                self._lone = amount

    def of(self, name: str) -> float | None:
        """What was said of ``name``, None for nothing."""
        self._asked.append(name)
        return self._by_name.pop(name, self._lone)

    def check_used(self) -> None:
        """Raise unless each was asked for, and the lone one once."""
        if self._by_name:
            known = ", ".join(self._asked) or "a number, near or keep, of which none is asked for"
            raise ArgumentError("within", f"one of {known}", next(iter(self._by_name)))
        if self._lone is not None and len(self._asked) != 1:
            expected = (
                f"NAME=D, NAME one of {', '.join(self._asked)}"
                if self._asked
                else "something to be near to, such as --slant, --near or --keep"
            )
            raise ArgumentError("within", expected, f"{self._lone:g}")


def _intervals(arguments: argparse.Namespace, within: _Tolerances) -> list[Within]:
    """What each number must lie in, all that was said of it taken together."""
    found: dict[str, Within] = {}
    for said in _said(arguments, within):
        before = found.setdefault(said.name, said)
        low, high = max(said.low, before.low), min(said.high, before.high)
        if not low <= high:
            expected = f"{said.name} in an interval that meets {before.low:g}..{before.high:g}"
            raise ArgumentError(said.option, expected, f"{said.low:g}..{said.high:g}")
        found[said.name] = Within(before.option, said.name, low, high)
    return list(found.values())


def _said(arguments: argparse.Namespace, within: _Tolerances) -> Iterator[Within]:
    """What each option says by itself."""
    for name, (_, tolerance) in ATTRIBUTES.items():
        if (value := getattr(arguments, name)) is not None:
            check_number(name, value)
            given = within.of(name)
            reach = tolerance.around(value) if given is None else given
            yield Within(name, name, value - reach, value + reach)
    for text in arguments.between:
        name, ends = _named("between", text, "NAME=LOW:HIGH")
        low, colon, high = ends.partition(":")
        if not colon:
            raise ArgumentError("between", "NAME=LOW:HIGH", shown(text))
        interval = (_number("between", low, text), _number("between", high, text))
        if not interval[0] <= interval[1]:
            raise ArgumentError("between", "LOW at most HIGH", shown(text))
        yield Within("between", name, *interval)
    for text in arguments.at_least:
        name, value = _named("at_least", text, "NAME=X")
        yield Within("at_least", name, _number("at_least", value, text), math.inf)
    for text in arguments.at_most:
        name, value = _named("at_most", text, "NAME=X")
        yield Within("at_most", name, -math.inf, _number("at_most", value, text))


def _on_images(arguments: argparse.Namespace, within: _Tolerances) -> Iterator[Ask]:
    if arguments.near is not None:
        yield Like(arguments.near, within.of("near"))
    for one, other in (("keep", "image"), ("image", "keep")):
        if getattr(arguments, one) is not None and getattr(arguments, other) is None:
            raise ArgumentError(one, f"--{other} beside it", "it alone")
    if arguments.keep is not None:
        yield Kept(arguments.image, arguments.keep, within.of("keep"))


def _extremes(arguments: argparse.Namespace) -> list[Ask]:
    if both := set(arguments.most) & set(arguments.least):
        name = min(both)
        raise ArgumentError("least", f"another number than --most {name}", name)
    return [
        Extreme(option, name)
        for option in ("most", "least")
        for name in dict.fromkeys(getattr(arguments, option))
    ]


def _named(option: str, text: str, form: str) -> tuple[str, str]:
    name, equals, rest = text.partition("=")
    if not name or not equals:
        raise ArgumentError(option, form, shown(text))
    return name, rest


def _number(option: str, text: str, whole: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ArgumentError(option, "a number", shown(whole)) from None
    if not math.isfinite(value):
        raise ArgumentError(option, "a finite number", shown(whole))
    return value

"""What is raised: an argument that is not what it must be, and how Ctrl-C hands back what a native loop had."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

__all__ = ["ArgumentError", "ArgumentTypeError", "BadArgument", "briefly", "interrupted"]

P = ParamSpec("P")
T = TypeVar("T")


class BadArgument(Exception):
    """An argument that is not what it must be, told as ``argument: expected X, got Y``.

    argument : its name, as the caller knows it.
    expected, got : what it must be and what it is, in words.
    """

    def __init__(self, argument: object, expected: str, got: object) -> None:
        self.argument, self.expected, self.got = str(argument), expected, str(got)
        super().__init__(f"{argument}: expected {expected}, got {got}")

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.argument, self.expected, self.got)


class ArgumentError(BadArgument, ValueError):
    """An argument of a wrong value."""


class ArgumentTypeError(BadArgument, TypeError):
    """An argument of a wrong type."""


def interrupted(message: str, result: Any) -> KeyboardInterrupt:
    """A KeyboardInterrupt whose ``result`` is the partial result.

    No subclass: an uncaught KeyboardInterrupt ends Python with the usual code (130), one of a subclass does not.
    """
    kept = "" if result is None else "; its result has what was reached: sys.last_value.result"
    stop = KeyboardInterrupt(message + kept)
    stop.result = result  # type: ignore[attr-defined]
    return stop


def briefly(function: Callable[P, T]) -> Callable[P, T]:
    """``function``, whose KeyboardInterrupt tells of no call within: of a hundred lines only the last is for whoever
    pressed the keys."""

    @functools.wraps(function)
    def call(*args: P.args, **options: P.kwargs) -> T:
        __tracebackhide__ = True  # IPython and pytest leave this frame out too
        try:
            return function(*args, **options)
        except KeyboardInterrupt as stop:
            stop.__context__ = None  # nor of the one that it was made of
            raise stop.with_traceback(None) from None

    return call

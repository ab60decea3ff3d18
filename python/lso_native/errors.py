"""What is raised: an argument that is not what it must be, and how Ctrl-C hands back what a native loop had."""

from __future__ import annotations

from typing import Any

__all__ = ["ArgumentError", "ArgumentTypeError", "BadArgument", "interrupted"]


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
    stop = KeyboardInterrupt(message)
    stop.result = result  # type: ignore[attr-defined]
    return stop

"""JSON that may be anybody's: of finite numbers, of text that can be written, not too deep, not too long."""

from __future__ import annotations

import json
import math
import os
from typing import Any, NoReturn

from lso_native._checks import shown
from lso_native.errors import ArgumentError
from lso_native.files.foreign import open_regular, size_of

__all__ = ["parse_json", "read_json"]

_MOST = 32 * 2**20  # bytes
_DEEPEST = 64


def read_json(path: str | os.PathLike[str]) -> Any:
    """The value of the JSON file ``path``.

    Raises OSError where it cannot be read, ArgumentError naming it where it is no JSON in UTF-8 of at most 32 MiB, has
    a number that is not finite or beyond any float, or is nested more than 64 deep.
    """
    with open_regular(path) as file:
        if size_of(file) > _MOST:
            raise ArgumentError(path, f"JSON of at most {_MOST:,} bytes", f"{size_of(file):,}")
        data = file.read(_MOST)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise ArgumentError(path, "JSON in UTF-8", str(error)) from None
    return parse_json(path, text)


def parse_json(name: str | os.PathLike[str], text: str) -> Any:
    """The value of ``text``, by the same rules; ``name`` tells in the error what it is."""
    try:
        value = json.loads(
            text, parse_constant=_refused, parse_float=_finite, parse_int=_convertible
        )
        _check(value, 0)
    except RecursionError:
        raise ArgumentError(name, f"JSON at most {_DEEPEST} deep", "deeper") from None
    except ValueError as error:
        expected = f"JSON of finite numbers, at most {_DEEPEST} deep"
        raise ArgumentError(name, expected, shown(str(error))) from None
    return value


def _refused(word: str) -> NoReturn:
    raise ValueError(f"the number {word}")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        _refused(text[:20])
    return number


def _convertible(text: str) -> int:
    number = int(text)
    try:
        float(number)
    except OverflowError:
        _refused(f"{text[:20]}...")
    return number


def _check(value: Any, depth: int) -> None:
    if depth > _DEEPEST:
        raise RecursionError
    if isinstance(value, str):
        if not value.isascii():
            value.encode()  # half a surrogate pair cannot be written
    elif isinstance(value, dict):
        for name, each in value.items():
            _check(name, depth)
            _check(each, depth + 1)
    elif isinstance(value, list):
        for each in value:
            if not isinstance(each, float):
                _check(each, depth + 1)

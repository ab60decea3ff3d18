"""What many tasks need: packed once, and sent to a worker once."""

from __future__ import annotations

import importlib
import pickle
import secrets
from dataclasses import dataclass, field
from typing import Any

from lso_native.errors import ArgumentTypeError


@dataclass(frozen=True)
class Shared:
    """A value as bytes, such as a model, for tasks that run elsewhere."""

    data: bytes = field(repr=False)
    key: str = field(default_factory=lambda: secrets.token_hex(8))

    @classmethod
    def of(cls, name: str, value: Any) -> Shared:
        """Of ``value``, an argument ``name``."""
        return cls(packed(name, value))


def packed(name: str, value: Any) -> bytes:
    """``value`` as bytes that another process can read; by cloudpickle, where there is one, a lambda too.

    Raises TypeError naming the argument ``name`` where it cannot be sent.
    """
    try:
        pickler: Any = importlib.import_module("cloudpickle")
    except ImportError:
        pickler = pickle
    try:
        data: bytes = pickler.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # a stranger's __reduce__ may raise anything
        reason = " ".join(str(error).split()) or type(error).__name__
        expected = "something that can be sent to another process, by pickle"
        raise ArgumentTypeError(name, expected, f"a {type(value).__name__}: {reason}") from error
    return data


_latest: dict[str, Any] = {}


def call_unpacked(function: Any, shared: Shared, *arguments: Any) -> Any:
    """``function(value, *arguments)`` of what is shared, in a worker that keeps the latest value."""
    if shared.key not in _latest:
        value = pickle.loads(shared.data)
        _latest.clear()
        _latest[shared.key] = value
    return function(_latest[shared.key], *arguments)

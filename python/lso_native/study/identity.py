"""What tells a step, or any setting of one, from others."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import importlib.metadata
import inspect
import json
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np

import lso_native
from lso_native._checks import shown
from lso_native.errors import ArgumentTypeError

__all__ = ["Keyed", "compared", "digest_of", "fields_of", "identity", "key_of", "versions"]

_OWN = lso_native.__name__


class Keyed(ABC):
    """What says itself how it is told from others."""

    @property
    @abstractmethod
    def key(self) -> str:
        """32 hexadecimal digits."""


def key_of(value: Any) -> str:
    """32 hexadecimal digits that tell ``value`` from others."""
    return value.key if isinstance(value, Keyed) else digest_of(identity(value))


def identity(value: Any) -> Any:
    """What tells ``value`` from others, as JSON takes it. Raises TypeError for what has no such thing."""
    if isinstance(value, Keyed):
        return {"key": value.key}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return fields_of(value)
    if isinstance(value, np.ndarray):
        digest = hashlib.blake2b(value.tobytes(), digest_size=16).hexdigest()
        return {"array": digest, "shape": value.shape, "dtype": value.dtype.str}
    if isinstance(value, Mapping):
        return {str(name): identity(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [identity(each) for each in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)  # JSON has no such number
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if callable(value) and "<" not in (name := getattr(value, "__qualname__", "<")):
        return {"function": f"{value.__module__}.{name}", **_source(value)}
    kinds = "a number, a string, an array, a tuple, a mapping, a dataclass or a named function"
    raise ArgumentTypeError("a setting of a step", kinds, shown(value))


def fields_of(value: Any) -> dict[str, Any]:
    """The kind and the fields of a dataclass, and the versions of the packages that it names in ``needs``."""
    kind = type(value)
    told = {name: identity(getattr(value, name)) for name in compared(value)}
    if needs := getattr(kind, "needs", ()):
        told["versions"] = {name: _version(name) for name in needs}
    return {"kind": f"{kind.__module__}.{kind.__qualname__}", **_source(kind), **told}  # type: ignore[arg-type]


def compared(value: Any) -> list[str]:
    """The names of a dataclass's fields but for those with ``compare=False``."""
    return [field.name for field in dataclasses.fields(value) if field.compare]


def digest_of(told: Any) -> str:
    """32 hexadecimal digits of what JSON takes."""
    text = json.dumps(told, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def versions() -> dict[str, str]:
    """Of what every product depends on."""
    return {_OWN: lso_native.__version__, "numpy": np.__version__, "simd": lso_native.simd}


@functools.cache
def _source(kind: Any) -> dict[str, str]:
    """Of code from outside its text, since no version tells when it changes."""
    if kind.__module__.partition(".")[0] == _OWN:
        return {}
    try:
        return {"source": digest_of(inspect.getsource(kind))}
    except (OSError, TypeError):  # typed into a prompt, or compiled
        return {}


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None

"""An estimator's settings and what it learned, as JSON, networks and tensors, and back: one walk for all kinds.

A setting is written as JSON. Of what was learned a ``Network`` is a part, a number or text JSON, an array of floats a
tensor, labels are JSON with their dtype, a dict of arrays is one tensor a key, and an estimator that is part of another
is JSON and tensors of its own.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, get_args, get_origin, get_type_hints

import numpy as np

from lso_native._checks import shown
from lso_native._typing import Array
from lso_native.errors import ArgumentError
from lso_native.files.container import Tensors, check_names, read_json
from lso_native.models.base import Fittable
from lso_native.models.settings import setting_names
from lso_native.network import Network
from lso_native.optimizers import Optimizer

_OPTIMIZERS = {cls.__name__: cls for cls in get_args(Optimizer)}
_SCALARS = (str, int, float, bool)
_LABEL_BYTES = (
    2**24
)  # and 64 a character: a dtype of endless strings would take any amount of memory


def pack(estimator: Fittable) -> tuple[str, list[Network], Tensors]:
    """The JSON text, the networks and the tensors that make up ``estimator``.

    Raises NotFittedError where it is not fitted, ValueError for a setting that JSON cannot hold.
    """
    state, networks, tensors = _packed(estimator)
    return json.dumps(state), networks, tensors


def pack_several(estimators: Sequence[Fittable]) -> tuple[str, list[Network], Tensors]:
    """``pack`` for estimators of one class: a JSON list, all their networks, and tensors with a number before each."""
    states, networks, tensors = [], [], {}  # type: ignore[var-annotated]
    for i, each in enumerate(estimators):
        state, parts, inner = _packed(each)
        states.append(state)
        networks += parts
        tensors |= {f"{i}.{name}": tensor for name, tensor in inner.items()}
    return json.dumps(states), networks, tensors


def _packed(estimator: Fittable) -> tuple[dict[str, Any], list[Network], Tensors]:
    estimator._check_fitted()
    params = estimator.get_params(deep=False)
    params |= dict.fromkeys(params.keys() & estimator._unsaved)
    state: dict[str, Any] = {"params": {n: _to_json(n, value) for n, value in params.items()}}
    estimator._check_kept()
    networks: list[Network] = []
    tensors: Tensors = {}
    for name in estimator._learned:
        if name in estimator._optional and not hasattr(estimator, name):
            continue
        key, value = name.removesuffix("_"), getattr(estimator, name)
        if isinstance(value, Network):
            networks.append(value)
        elif isinstance(value, Fittable):
            state[key], _, inner = _packed(value)
            tensors |= {f"{key}.{n}": tensor for n, tensor in inner.items()}
        elif isinstance(value, dict):
            state[key] = {inner: len(values) for inner, values in value.items()}
            tensors |= {f"{key}.{n}": np.asarray(v, np.float64) for n, v in value.items()}
        elif isinstance(value, np.ndarray) and value.dtype.kind == "f":
            tensors[key] = value
        elif isinstance(value, np.ndarray):
            value = value.astype(str) if value.dtype.kind == "O" else value
            state[key] = {"dtype": value.dtype.str, "values": value.tolist()}
        else:
            state[key] = _to_json(name, value)
    return state, networks, tensors


def unpack(
    cls: type[Fittable], text: str, networks: Sequence[Network], tensors: Tensors
) -> Fittable:
    """The estimator of class ``cls`` that ``pack`` took apart; what it uses is taken out of ``tensors``.

    Raises ValueError where it is none. Settings that the file does not have are at their defaults.
    """
    return _unpacked(cls, _checked(read_json("an estimator's state", text)), networks, tensors)


def unpack_several(
    cls: type[Fittable], text: str, networks: Sequence[Network], tensors: Tensors
) -> list[Fittable]:
    """The estimators of class ``cls`` that ``pack_several`` took apart. Raises as ``unpack``."""
    states = read_json("estimators' states", text)
    if not isinstance(states, list) or not states or len(networks) % len(states):
        raise ValueError(f"expected a list of estimators, each with its parts, got {shown(text)}")
    each = len(networks) // len(states)
    found = []
    for i, state in enumerate(states):
        own = {name: tensors.pop(name) for name in [*tensors] if name.startswith(f"{i}.")}
        own = {name.partition(".")[2]: tensor for name, tensor in own.items()}
        parts = networks[i * each : (i + 1) * each]
        found.append(_unpacked(cls, _checked(state), parts, own))
    check_names("tensors", tensors, set())
    return found


def _checked(state: Any) -> dict[str, Any]:
    """The state of one estimator, which must have ``params``."""
    if not isinstance(state, dict) or not isinstance(state.get("params"), dict):
        raise ValueError(f"expected an estimator's params in JSON, got {shown(state)}")
    return state


def _unpacked(
    cls: type[Fittable], state: dict[str, Any], networks: Sequence[Network], tensors: Tensors
) -> Fittable:
    estimator = cls(**_params(cls, state.pop("params")))
    figures = state.pop("figures", {})  # where version 0.1.0 put some numbers
    if not isinstance(figures, dict):
        raise ValueError(f"expected figures by name, got {shown(figures)}")
    state |= {name.removesuffix("_"): value for name, value in figures.items()}
    kinds = _kinds(cls)
    parts = [name for name in cls._learned if kinds[name] is Network]
    if len(parts) != len(networks):
        raise ValueError(f"expected {len(parts)} parts, got {len(networks)}")
    for name, network in zip(parts, networks, strict=True):
        setattr(estimator, name, network)
    for name in cls._learned:
        key = name.removesuffix("_")
        if key in state:
            setattr(estimator, name, _learned(key, state.pop(key), kinds[name], tensors))
        elif key in tensors and not _is_plain(kinds[name]):
            setattr(estimator, name, tensors.pop(key))
    if state:
        raise ValueError(f"expected the state of a {cls.__name__}, got {shown(sorted(state))} too")
    required = [name for name in cls._learned if name not in cls._optional]
    learned = {name.removesuffix("_"): hasattr(estimator, name) for name in required}
    check_names("content", [key for key in learned if learned[key]], set(learned))
    check_names("tensors", tensors, set())
    estimator._restore()
    return estimator


@functools.cache
def _kinds(cls: type[Fittable]) -> dict[str, Any]:
    """What an estimator's attributes are declared as."""
    return get_type_hints(cls)


def _params(cls: type[Fittable], given: Mapping[str, Any]) -> dict[str, Any]:
    names = setting_names(cls)
    if given.keys() - set(names):
        raise ValueError(f"expected parameters {shown(names)}, got {shown(sorted(given))}")
    return {name: _from_json(name, value) for name, value in given.items()}


def _learned(key: str, value: Any, kind: Any, tensors: Tensors) -> Any:
    if kind is float and type(value) is int and abs(value) < 2**53:
        return float(value)
    if kind in _SCALARS and type(value) is kind:
        return value
    if isinstance(value, dict) and _is_part(kind) and isinstance(value.get("params"), dict):
        own = {name: tensors.pop(name) for name in [*tensors] if name.startswith(f"{key}.")}
        return _unpacked(kind, value, (), {name.partition(".")[2]: own[name] for name in own})
    if isinstance(value, dict) and get_origin(kind) is dict:
        return _series(key, value, tensors)
    if isinstance(value, dict) and not _is_plain(kind):
        return _labels(value)
    raise ValueError(f"expected an estimator's {key}, got {shown(value)}")


def _is_plain(kind: Any) -> bool:
    """Whether what is declared as ``kind`` is no array."""
    return kind is Network or kind in _SCALARS or get_origin(kind) is dict or _is_part(kind)


def _is_part(kind: Any) -> bool:
    """Whether what is declared as ``kind`` is an estimator."""
    return isinstance(kind, type) and issubclass(kind, Fittable)


def _series(key: str, lengths: Mapping[str, Any], tensors: Tensors) -> dict[str, Array]:
    check_names("tensors", tensors, {f"{key}.{name}" for name in lengths} | tensors.keys())
    found = {name: tensors.pop(f"{key}.{name}") for name in lengths}
    for name, values in found.items():
        if values.shape != (lengths[name],) or values.dtype != np.float64:
            raise ValueError(
                f"expected {key}.{name} of shape ({shown(lengths[name])},) and float64, "
                f"got shape {values.shape} and {values.dtype}"
            )
    return found


def _labels(described: Mapping[str, Any]) -> Array:
    name, values = described.get("dtype"), described.get("values")
    try:
        if re.fullmatch("[<>|][biuU][0-9]{1,9}", str(name)) and isinstance(values, list):
            dtype = np.dtype(name)
            there = sum(map(len, values)) if dtype.kind == "U" else len(values)
            if dtype.itemsize * len(values) <= _LABEL_BYTES + 64 * there:
                labels = np.array(values, dtype)
                if labels.tolist() == values:  # else cut, or of another type
                    return labels
    except (TypeError, ValueError, OverflowError):
        pass
    raise ValueError(f"expected classes of a dtype and values, got {shown(described)}")


def _to_json(name: str, value: Any) -> Any:
    if isinstance(value, Optimizer):
        settings = {n: _to_json(n, v) for n, v in dataclasses.asdict(value).items()}
        return {"name": type(value).__name__, **settings}
    if name == "dtype":
        with contextlib.suppress(TypeError):
            return np.dtype(value).name
    if isinstance(value, np.random.RandomState | np.random.Generator):
        return None  # a seed to come, of which nothing learned depends
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list | tuple | np.ndarray | range):
        return [_to_json(name, item) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise ArgumentError(name, "a parameter that JSON can hold", shown(value))


def _from_json(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        try:
            settings = dict(value)
            return _OPTIMIZERS[settings.pop("name")](**settings)
        except (KeyError, TypeError, ValueError):
            known = " or ".join(_OPTIMIZERS)
            raise ValueError(f"expected optimizer {known}, got {shown(value)}") from None
    if name == "dtype" and not isinstance(value, str):
        raise ValueError(f"expected the name of a dtype, got {shown(value)}")
    return tuple(_from_json(name, item) for item in value) if isinstance(value, list) else value

"""Checks of what a network's architecture is asked to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from contextlib import suppress
from typing import Any

import numpy as np

from lso_native import _core
from lso_native._checks import check_choice, check_flag, check_int, shown
from lso_native.errors import ArgumentError, ArgumentTypeError

_LONGEST = 100  # letters of an activation's name


def check_dtype(dtype: Any) -> np.dtype[Any]:
    """float32 or float64, however NumPy writes it; not None, which NumPy takes for float64."""
    found: np.dtype[Any] | None = None
    with suppress(Exception):  # NumPy parses a text, and raises whatever comes of that
        found = None if dtype is None else np.dtype(dtype)
    if found is None or found.name not in ("float32", "float64"):
        raise ArgumentError("dtype", "float32 or float64", shown(dtype))
    return np.dtype(found.name)


def native_classes(dtype: Any) -> tuple[Any, Any]:
    if check_dtype(dtype) == np.float64:
        return _core.Network64, _core.Chain64
    return _core.Network32, _core.Chain32


def _in_order(name: str, value: Any, expected: str) -> list[Any]:
    """The items of ``value``, which must have an order: no set, no mapping, no text."""
    if isinstance(value, (str, bytes, Set, Mapping)) or not np.iterable(value):
        raise ArgumentTypeError(name, expected, shown(value))
    return list(value)


def check_sizes(sizes: Sequence[int]) -> list[int]:
    found = [
        check_int("sizes", size) for size in _in_order("sizes", sizes, "a sequence of layer sizes")
    ]
    if len(found) < 2:
        raise ArgumentError("sizes", "at least 2 layers, inputs and outputs", len(found))
    if max(found) >= 2**31:
        raise ArgumentError("sizes", "layer sizes below 2**31", max(found))
    return found


def check_activation(argument: str, name: Any, *, output: bool = False) -> _core.Activation:
    """The activation called ``name``, one of hidden layers unless it is asked for at the ``output``."""
    if not isinstance(name, str):
        raise ArgumentTypeError(argument, "the name of an activation", shown(name))
    if len(name) > _LONGEST:  # which the engine would repeat, however long it is
        raise ArgumentError(argument, "the name of an activation", shown(name))
    text = name.encode("utf-8", "backslashreplace").decode()  # the engine knows no surrogates
    activation = _core.Activation(text, argument)
    if activation.output_only and not output:
        raise ArgumentError(argument, "an activation of hidden layers", f"{name!r}, one of outputs")
    return activation


def check_activations(activation: str | Sequence[str], n_layers: int) -> list[str]:
    if isinstance(activation, str):
        activation = [activation] * (n_layers - 1)
    names = _in_order("activation", activation, "a name or a sequence of names")
    if len(names) != n_layers - 1:
        raise ArgumentError(
            "activation",
            f"one name, or {n_layers - 1}, one for each layer after the input",
            len(names),
        )
    last = len(names) - 1
    return [check_activation("activation", n, output=i == last).name for i, n in enumerate(names)]


def check_bias(bias: str | Sequence[bool], n_layers: int) -> list[bool]:
    if isinstance(bias, str):
        convention = check_choice("bias", bias, ("paper", "standard"))
        without = n_layers - 1 if convention == "paper" else 0
        return [layer != without for layer in range(n_layers)]
    given = _in_order("bias", bias, "'paper', 'standard' or a sequence of flags")
    flags = [check_flag("bias", flag) for flag in given]
    if len(flags) != n_layers:
        raise ArgumentError(
            "bias", f"'paper', 'standard' or {n_layers} flags, one a layer", len(flags)
        )
    return flags

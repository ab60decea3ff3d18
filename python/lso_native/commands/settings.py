"""An estimator's settings as options of the command line, generated from its dataclass."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from lso_native._checks import shown
from lso_native.models.settings import doc_of, setting_names
from lso_native.optimizers import Optimizer

_KINDS = get_args(Optimizer)
_LEFT_OUT = ("warm_start",)  # a command begins anew


def add_settings(parser: argparse.ArgumentParser, kind: Any) -> None:
    """Options of ``parser`` for the settings of ``kind`` that a text can say; one that is not given is not set."""
    hints = get_type_hints(kind)
    for name in setting_names(kind):
        reading = _reading(hints[name])
        if reading is None or name in _LEFT_OUT:
            continue
        told = doc_of(kind, name).replace("``", "").rstrip(".")
        text = f"{told}; default: {_written(default_of(kind, name))}"
        _add(parser, name, help=text.replace("%", "%%"), **reading)
    rate = default_of(kind, "optimizer").learning_rate
    text = f"of an optimizer that has one; default: {_written(rate)}"
    _add(parser, "learning_rate", help=text, type=float, metavar="X")


def settings_of(arguments: argparse.Namespace, kind: Any) -> dict[str, Any]:
    """The settings of ``kind`` that ``arguments`` hold, an optimizer by its name."""
    return {name: getattr(arguments, name) for name in setting_names(kind) if name in arguments}


def default_of(kind: Any, name: str) -> Any:
    """What the setting ``name`` of ``kind`` is where nobody sets it."""
    return next(field.default for field in dataclasses.fields(kind) if field.name == name)


def _add(parser: argparse.ArgumentParser, name: str, **options: Any) -> None:
    option = "--" + name.replace("_", "-")
    parser.add_argument(option, dest=name, default=argparse.SUPPRESS, **options)


def _reading(hint: Any) -> dict[str, Any] | None:
    """How argparse reads what is declared as ``hint``; None where a text cannot say it, or there is no choice."""
    if get_origin(hint) is Literal:
        return {"choices": get_args(hint)}
    if get_origin(hint) is Sequence:
        return {"type": _sizes, "metavar": "a,b,..."}
    kinds = [kind for kind in get_args(hint) or (hint,) if kind is not NoneType]
    if len(kinds) > 1 and all(kind in _KINDS for kind in kinds):
        return {"choices": [kind.option() for kind in kinds]}
    plain: dict[Any, dict[str, Any]] = {
        bool: {"action": "store_true"},
        int: {"type": int, "metavar": "N"},
        float: {"type": float, "metavar": "X"},
        str: {"metavar": "NAME"},
    }
    return plain.get(kinds[0]) if len(kinds) == 1 else None


def _sizes(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(",") if text)
    except ValueError:
        told = f"expected numbers with commas between, got {shown(text)}"
        raise argparse.ArgumentTypeError(told) from None


def _written(value: Any) -> str:
    """``value`` as it would be given."""
    if isinstance(value, _KINDS):
        return str(value.option())
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)

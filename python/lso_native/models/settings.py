"""Estimators as dataclasses: what is set and what is learned, each said once, where its name stands."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
import textwrap
from typing import Any, ClassVar, Literal, Self, TypeVar, dataclass_transform

import numpy as np
import numpy.typing as npt

from lso_native._checks import shown
from lso_native.display import Curves, Shown, Table, View
from lso_native.errors import ArgumentError
from lso_native.network import Network

Kind = TypeVar("Kind", bound=type)
_SHORT = 10  # values of an array that are shown
ESTIMATORS: dict[str, Any] = {}
"""What can be fitted, by the name of its kind in a file: every class that ``estimator`` has made, also elsewhere."""


def setting(*, default: Any, doc: str | None = None, kw_only: bool = True) -> Any:
    """An argument of the constructor, kept unchanged under its own name. ``doc``: None for that of the base class.

    default : its value where none is given.
    kw_only : whether it can be given by name alone.
    """
    return dataclasses.field(default=default, kw_only=kw_only, metadata={"doc": doc})


def learned(*, doc: str, saved: bool = True, init: Literal[False] = False) -> Any:
    """What ``fit`` finds out. Its name ends in ``_``; before ``fit`` there is no such attribute. ``saved``: whether a
    file keeps it, if it is no network: of these it keeps the kind's ``_parts``.

    doc : what it is, for the docstring of the class.
    init : False, for type checkers: no constructor takes it.
    """
    return dataclasses.field(init=init, metadata={"doc": doc, "saved": saved})


@dataclass_transform(eq_default=False, kw_only_default=True, field_specifiers=(setting, learned))
def estimator(kind: Kind) -> Kind:
    """Make ``kind`` a dataclass whose documentation lists its settings and what it learns, and which files can hold.

    Raises TypeError where two bases disagree about a default, or a setting has no documentation.
    """
    made: Any = dataclasses.dataclass(eq=False, repr=False)(kind)
    for field in dataclasses.fields(made):
        # dataclass gives the last base's default, inherited or not: name the base that sets its own first, and last.
        if field.init and getattr(made, field.name) is not field.default:
            raise TypeError(f"{kind.__name__}.{field.name}: two bases disagree about its default")
    intro = textwrap.dedent(f"    {kind.__doc__}").strip()
    asked, found = (
        "\n".join([title, *(_line(name, doc_of(made, name)) for name in names)])
        for title, names in (
            ("Parameters (checked by ``fit``):", setting_names(made)),
            ("After ``fit`` it has:", learned_names(made)),
        )
    )
    figures = [
        field.name
        for field in dataclasses.fields(made)
        if not field.init and field.metadata["saved"] and field.type not in ("Network", Network)
    ]
    made._learned = (*made._parts, *figures)
    if not inspect.isabstract(kind):
        name = re.sub("(?<=[a-z])(?=[A-Z])", "_", kind.__name__).lower()
        before = ESTIMATORS.setdefault(name, kind)
        if (before.__module__, before.__qualname__) != (kind.__module__, kind.__qualname__):
            raise TypeError(f"{kind.__name__}: expected a name of its own, got that of {before}")
        ESTIMATORS[name] = kind  # the newest, where a notebook's cell has run again
    kind.__doc__ = f"{intro}\n\n{asked}\n\n{found}"
    return kind


def setting_names(kind: Any) -> tuple[str, ...]:
    """The arguments of an estimator's constructor, in its order."""
    fields = sorted(dataclasses.fields(kind), key=lambda field: bool(field.kw_only))
    return tuple(field.name for field in fields if field.init)


def learned_names(kind: Any) -> tuple[str, ...]:
    """The attributes that ``fit`` gives an estimator: all that there is to save beside its settings."""
    return tuple(field.name for field in dataclasses.fields(kind) if not field.init)


def doc_of(kind: Any, name: str) -> str:
    """What the nearest base class that says something about ``name``, a setting or what is learned, says."""
    for base in kind.__mro__:
        field = base.__dict__.get("__dataclass_fields__", {}).get(name)
        if field is not None and field.metadata["doc"] is not None:
            return str(field.metadata["doc"])
    raise TypeError(f"{kind.__name__}.{name} has no documentation")


def _line(name: str, doc: str) -> str:
    return textwrap.fill(
        f"{name}: {doc}", 110, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False
    )


class Settings(Shown):
    """Parameters by name and a description, as scikit-learn's tools ask for them; scikit-learn is not needed."""

    _estimator_type: ClassVar[
        Literal["transformer", "classifier", "regressor", "density_estimator"]
    ]
    _curves: ClassVar[tuple[str, ...]] = ("train_loss", "validation_loss")
    """The scores of a history that one chart can hold."""
    dtype: npt.DTypeLike

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the constructor's arguments by name; with ``deep``, as ``optimizer__learning_rate``, their fields
        too."""
        params = {name: getattr(self, name) for name in setting_names(self)}
        if deep:
            for name, value in list(params.items()):
                fields = {f"{name}__{field}": part for field, part in _fields(value).items()}
                params |= fields
        return params

    def set_params(self, **params: Any) -> Self:
        """Change constructor arguments by name and return self; ``fit`` checks their values.

        ``optimizer__learning_rate=0.1`` puts a changed copy of the optimizer in its place. Raises ValueError, and
        changes nothing, where a name is unknown.

        params : the new values, by name; ``a__b`` for the setting b of what a is.
        """
        names = setting_names(self)
        changed: dict[str, Any] = {}
        for name in sorted(
            params, key=lambda name: "__" in name
        ):  # a whole argument before its fields
            outer, _, inner = name.partition("__")
            _check_name(name, outer, names, type(self).__name__)
            if inner:
                value = changed.get(outer, getattr(self, outer))
                if not (fields := _fields(value)):
                    raise ArgumentError(name, f"{outer} to be something with settings", repr(value))
                _check_name(name, inner, fields, type(value).__name__)
                changed[outer] = dataclasses.replace(value, **{inner: params[name]})
            else:
                changed[outer] = params[name]
        for name, value in changed.items():
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        """Show the parameters that are not at their defaults."""
        changed = [f"{name}={value!r}" for name, value in self._changed().items()]
        return f"{type(self).__name__}({', '.join(changed)})"

    def _changed(self) -> dict[str, Any]:
        defaults = {field.name: field.default for field in dataclasses.fields(self)}  # type: ignore[arg-type]
        params = self.get_params(deep=False)
        return {name: value for name, value in params.items() if not _same(value, defaults[name])}

    def _view(self) -> View:
        """The settings that are not at their defaults, and what was learned."""
        found = {name: getattr(self, name) for name in learned_names(self) if hasattr(self, name)}
        curves = found.pop("history_", {})
        changed = [(name, shown(value)) for name, value in self._changed().items()]
        asked = Table(
            ("setting", "value"),
            changed,
            note=f"{'The other' if changed else 'All'} settings are at their defaults.",
            words=True,
        )
        lines = [(name, _told(value)) for name, value in found.items()]
        known = Table(("learned", ""), lines, words=True)
        losses = {name: curves[name] for name in self._curves if name in curves}
        line = "" if found else "not fitted"
        return View(type(self).__name__, line, (asked, known, Curves(losses)))

    def __sklearn_tags__(self) -> Any:
        # Called by scikit-learn alone, so that it is there to import.
        utils = importlib.import_module("sklearn.utils")
        kind = self._estimator_type
        return utils.Tags(
            estimator_type=kind,
            target_tags=utils.TargetTags(
                required=kind in ("classifier", "regressor"), multi_output=kind == "regressor"
            ),
            classifier_tags=utils.ClassifierTags() if kind == "classifier" else None,
            regressor_tags=utils.RegressorTags() if kind == "regressor" else None,
            transformer_tags=utils.TransformerTags(preserves_dtype=[np.dtype(self.dtype).name])
            if kind == "transformer"
            else None,
        )


def _fields(value: Any) -> dict[str, Any]:
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return {}
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}


def _told(value: Any) -> str:
    """What was learned, in a line: of an array that is not short, its shape."""
    if isinstance(value, np.ndarray):
        rounded = np.array2string(value, precision=4, separator=", ")
        return rounded if value.ndim == 1 and value.size <= _SHORT else f"array {value.shape}"
    if isinstance(value, float):
        return f"{value:.4g}"
    return value if isinstance(value, str) else shown(value)


def _check_name(given: str, name: str, known: Any, owner: str) -> None:
    if name not in known:
        raise ArgumentError(
            given, f"a parameter of {owner}, one of {', '.join(known)}", "none of them"
        )


def _same(value: Any, default: Any) -> bool:
    return type(value) is type(default) and bool(np.all(value == default))

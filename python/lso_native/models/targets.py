"""Numbers to learn, and what they are called."""

from __future__ import annotations

from typing import Any

import numpy as np

from lso_native._checks import as_numbers
from lso_native._typing import Array, StringArray
from lso_native.errors import ArgumentError
from lso_native.models.inputs import column_names


def as_targets(name: str, y: Any, n_samples: int) -> Array:
    """``y`` as float64 (n_samples,) or (n_samples, n_targets): of a structured array or a table, a target a field.

    Raises ValueError or TypeError naming ``name``, and the field, where it is anything else.
    """
    fields = _fields(y)
    if fields is None:
        targets = as_numbers(name, y)
    else:
        columns = {f"{name}[{field!r}]": y[field] for field in fields}
        parts = [_column(each, column, n_samples) for each, column in columns.items()]
        targets = np.stack(parts, axis=1)
    if targets.ndim not in (1, 2) or len(targets) != n_samples or 0 in targets.shape:
        expected = f"targets of shape ({n_samples},) or ({n_samples}, n_targets)"
        raise ArgumentError(name, expected, f"shape {targets.shape}")
    return targets.astype(np.float64)


def check_range(name: str, y: Any, targets: Array, low: float, high: float) -> None:
    """Raise ValueError naming ``name``, and its field, unless ``targets``, made of ``y``, are in ``low``..``high``."""
    fields = _fields(y)
    parts = [(name, targets)]
    if fields is not None:
        parts = [(f"{name}[{field!r}]", targets[:, i]) for i, field in enumerate(fields)]
    for each, part in parts:
        if not (finite := np.isfinite(part)).all():
            where = tuple(int(i) for i in np.argwhere(~finite)[0])
            raise ArgumentError(each, "finite numbers", f"{part[where]} in row {where[0]}")
        least, greatest = part.min(), part.max()
        if not (low <= least and greatest <= high):
            expected = f"finite numbers in {low:g}..{high:g}, what output_activation can return"
            raise ArgumentError(each, expected, f"{least:g}..{greatest:g}")


def target_names(y: Any, n_targets: int) -> StringArray:
    """The names (n_targets,) of the targets in ``y``: ``y0``, ``y1`` and so on where it has none."""
    names = _fields(y)
    if names is None and isinstance(name := getattr(y, "name", None), str):  # a column of a table
        names = [name]
    return np.array(names) if names is not None else _numbered(n_targets)


def check_names(name: str, y: Any, learned: StringArray) -> None:
    """Raise ValueError where ``y`` names its targets otherwise than those that were ``learned``."""
    names = _fields(y)
    if names is None or len(learned) == 1 or np.array_equal(learned, _numbered(len(learned))):
        return
    if names != learned.tolist():
        raise ArgumentError(name, f"the targets {learned.tolist()}, in this order", names)


def _fields(y: Any) -> list[str] | None:
    """What a structured array or a table calls its columns."""
    if isinstance(y, np.ndarray):
        return None if y.dtype.names is None else list(y.dtype.names)
    names = column_names(y)
    return None if names is None else names.tolist()


def _column(name: str, column: Any, n_samples: int) -> Array:
    numbers = as_numbers(name, column)
    if numbers.shape != (n_samples,):
        raise ArgumentError(name, f"numbers of shape ({n_samples},)", f"shape {numbers.shape}")
    return numbers


def _numbered(n_targets: int) -> StringArray:
    return np.array([f"y{i}" for i in range(n_targets)])

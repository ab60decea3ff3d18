"""What a row of a foreign model is to it, and how wide its rows are."""

from __future__ import annotations

import importlib
import math
from collections.abc import Sequence
from typing import Any

from lso_native._checks import check_int
from lso_native.errors import ArgumentError


def sample_shape(n_inputs: int | None, shape: Sequence[int] | None) -> tuple[int, ...]:
    """Of one sample: ``shape``, or (n_inputs,). Raises ValueError where there is neither, or they differ."""
    if shape is None:
        if n_inputs is None:
            raise ArgumentError("n_inputs", "the width of a row, or input_shape", "None")
        return (check_int("n_inputs", n_inputs),)
    found = tuple(check_int("input_shape", size) for size in shape)
    if n_inputs is not None and check_int("n_inputs", n_inputs) != math.prod(found):
        raise ArgumentError(
            "n_inputs", f"{math.prod(found)}, which input_shape {found} has", n_inputs
        )
    return found


def outputs_of(shape: Sequence[int], n_rows: int) -> int:
    """The width of a row of outputs of ``shape``. Raises ValueError where it has not ``n_rows`` rows."""
    if len(shape) < 1 or shape[0] != n_rows:
        expected = f"outputs of {n_rows} samples, the first axis"
        raise ArgumentError("function: outputs", expected, f"shape {tuple(shape)}")
    return math.prod(shape[1:])


def imported(framework: str, caller: str, says: str) -> Any:
    """The module ``framework``. Raises ImportError that ``says`` how to get it."""
    try:
        return importlib.import_module(framework)
    except ImportError as missing:
        raise ImportError(f"{caller} needs {says}") from missing

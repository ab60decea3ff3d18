"""What the measures share: blocks of rows, checks, ratios and summaries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from lso_native._checks import check_samples
from lso_native._typing import Array, Float64Array
from lso_native.errors import ArgumentError, ArgumentTypeError
from lso_native.network import Model

EPSILON = float(np.finfo(np.float64).eps)
BLOCK = 2**20  # numbers held at once by a measure, for each of its arrays


def widest(model: Model) -> int:
    """Nodes of the widest layer."""
    return max(size for part in model.parts for size in part.sizes)


def blocks(n_rows: int, width: int) -> Iterator[slice]:
    """Rows 0 to ``n_rows`` in slices of at most BLOCK numbers, ``width`` a row, of at least one row."""
    rows = max(1, BLOCK // width)
    for first in range(0, n_rows, rows):
        yield slice(first, min(first + rows, n_rows))


def check_model(name: str, value: Any) -> Model:
    """``value`` if it is a network or a composition; TypeError naming it otherwise."""
    if not isinstance(value, Model):
        raise ArgumentTypeError(name, "a Network or Composition", type(value).__name__)
    return value


def check_latents(
    name: str, value: ArrayLike, decoder: Model, *, dtype: DTypeLike = np.float64
) -> Array:
    """``value`` as ``dtype`` (n, n_latents) of at least one point; ValueError naming it otherwise."""
    return check_samples(name, value, dtype=dtype, n_features=decoder.n_inputs)


def quiet() -> np.errstate:
    """For a function that reports overflow by ``check_values``, and not by a warning as well."""
    return np.errstate(over="ignore", invalid="ignore")


def check_values(name: str, values: Array) -> Array:
    """``values``, what a model made of the points ``name``; ValueError naming these where it is not finite."""
    if not np.isfinite(values).all():
        raise ArgumentError(name, "points where the model is finite", "an overflow")
    return values


def ratio(large: Float64Array, small: Float64Array) -> Float64Array:
    """large / small, at most 1 / EPSILON, which stands for infinity; 1 where both are zero."""
    floored = np.maximum(small, EPSILON * large)
    return np.divide(large, floored, out=np.ones_like(floored), where=floored > 0)


def spread(name: str, values: Float64Array) -> dict[str, float]:
    """Median, 5% and 95% quantile and maximum of ``values`` (n,), under names that begin with ``name``."""
    q05, median, q95 = np.quantile(values, [0.05, 0.5, 0.95])
    found = {"median": median, "q05": q05, "q95": q95, "max": values.max()}
    return {f"{name}_{key}": float(value) for key, value in found.items()}

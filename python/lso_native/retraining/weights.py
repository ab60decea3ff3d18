"""How much each sample counts, by its rank, and rows drawn accordingly."""

from __future__ import annotations

import math

import numpy as np

from lso_native._checks import check_number, check_samples
from lso_native._typing import Float64Array, IntArray
from lso_native.random import permutation, uniform

__all__ = ["rank_weights"]


def rank_weights(values: Float64Array, k: float) -> Float64Array:
    """Weights (n,) of mean 1, proportional to 1 / (k n + rank), of samples with ``values`` (n,), the more the better.

    A sample's rank is how many are better, so that equal ones count alike (Tripp, Daxberger and Hernández-Lobato 2020,
    section 3). The k n best hold a share of about 1 / log(1 / k): the smaller k, the more the best count; k = inf
    weighs all alike. Raises ValueError unless k is above 0.
    """
    given = check_samples("values", np.asarray(values).reshape(-1, 1), dtype=np.float64).ravel()
    if k == math.inf:
        return np.ones(len(given))
    share = check_number("k", k, above=0.0)
    rank = len(given) - np.searchsorted(np.sort(given), given, side="right")
    weights = 1 / (share * len(given) + rank)
    return np.asarray(weights / weights.mean())


def drawn(weights: Float64Array, n: int, seed: int) -> IntArray:
    """``n`` rows in random order, each as often as its weight says, to less than one (systematic resampling: Carpenter,
    Clifford and Fearnhead 1999)."""
    ends = np.cumsum(weights / weights.sum())
    points = (np.arange(n) + float(uniform(1, random_state=seed, dtype="float64")[0])) / n
    rows = np.minimum(np.searchsorted(ends, points, side="right"), len(weights) - 1)
    return np.asarray(rows[permutation(n, random_state=seed)])

"""How the figures of latent spaces go with what the descent comes to in them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from lso_native._typing import Float64Array

PREDICTORS = (
    "condition",
    "effective_rank",
    "path_ratio",
    "feasible_share",
    "flat_share",
    "rise_share",
    "latent_jump_ratio",
    "sample_jump_ratio",
)
OUTCOMES = ("walk_success_rate", "walk_recognised")


class RankCorrelation(NamedTuple):
    """Spearman's rho with its 95% interval; NaN where there is none."""

    rho: float
    low: float
    high: float


def rank_correlation(x: ArrayLike, y: ArrayLike) -> RankCorrelation:
    """Spearman's, ties at their mean rank, of ``x`` and ``y`` (n,).

    The interval is Fisher's z with variance 1.06 / (n - 3) (Fieller, Hartley and Pearson 1957), rough for a few pairs
    and wide for few: NaN below four.
    """
    first, second = _ranks(np.asarray(x, np.float64)), _ranks(np.asarray(y, np.float64))
    if first.std() == 0 or second.std() == 0:
        return RankCorrelation(math.nan, math.nan, math.nan)
    rho = float(np.corrcoef(first, second)[0, 1])
    if len(first) < 4:
        return RankCorrelation(rho, math.nan, math.nan)
    z, half = math.atanh(np.clip(rho, -0.999, 0.999)), 1.96 * math.sqrt(1.06 / (len(first) - 3))
    return RankCorrelation(rho, math.tanh(z - half), math.tanh(z + half))


def correlations(decoders: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows for results.json: each figure with each outcome, over the decoders that have both."""
    rows: list[dict[str, Any]] = []
    for figure in PREDICTORS:
        for outcome in OUTCOMES:
            pairs = [(d[figure], d[outcome]) for d in decoders if {figure, outcome} <= set(d)]
            if len(pairs) < 3:
                continue
            found = rank_correlation(*zip(*pairs, strict=True))
            interval = None if math.isnan(found.low) else [found.low, found.high]
            rho = None if math.isnan(found.rho) else found.rho
            rows.append(
                {
                    "figure": figure,
                    "with": outcome,
                    "rho": rho,
                    "interval": interval,
                    "n": len(pairs),
                }
            )
    return rows


def _ranks(values: Float64Array) -> Float64Array:
    below = (values[:, None] > values).sum(axis=1)
    equal = (values[:, None] == values).sum(axis=1)
    ranks: Float64Array = below + (equal + 1) / 2
    return ranks

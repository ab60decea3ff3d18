"""A question's answer, and when two shares of a run differ by more than chance."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any, NamedTuple

Facts = dict[str, Any]
OFTEN = {1: "more often", 0: "as often (within chance)", -1: "less often"}
"""What a comparison of two rates comes to, in words."""
_ERROR = 0.05  # the chance of seeing a difference where there is none


class Answer(NamedTuple):
    """A question, the answer in a few words, and the figures behind it."""

    question: str
    answer: str
    figures: str


def compare(a: float, b: float, n_a: int, n_b: int, *, pairs: int = 1) -> int:
    """1 where the share ``a`` of ``n_a`` is above ``b`` of ``n_b`` by more than chance (two-proportion z test, 95%),
    -1 where it is below, else 0; ``pairs``: among how many this one was picked (Bonferroni)."""
    pooled = (a * n_a + b * n_b) / (n_a + n_b)
    error = math.sqrt(max(pooled * (1 - pooled), 1e-12) * (1 / n_a + 1 / n_b))
    z = (a - b) / error
    significant = NormalDist().inv_cdf(1 - _ERROR / (2 * pairs))
    return 0 if abs(z) < significant else int(math.copysign(1, z))


def take(results: dict[str, Any], *names: str) -> list[Facts] | None:
    """The figures of the systems ``names``, if all were run."""
    systems = results["systems"]
    return [systems[name] for name in names] if set(names) <= set(systems) else None


def compare_rates(a: Facts, b: Facts, rate: str, *, pairs: int = 1) -> int:
    """``compare`` for one rate of two systems."""
    return compare(a[rate], b[rate], a["n"], b["n"], pairs=pairs)

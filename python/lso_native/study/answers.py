"""A question's answer, and when two shares of a run differ by more than chance."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from statistics import NormalDist
from typing import Any, NamedTuple

Facts = dict[str, Any]
CANNOT_TELL = "Cannot tell"
"""What a difference within chance comes to: it shows neither that there is one nor that there is none."""
OFTEN = {1: "more often", 0: "as often (within chance)", -1: "less often"}
"""What a comparison of two rates comes to, in words."""
_ERROR = 0.05  # the chance of seeing a difference where there is none


class Answer(NamedTuple):
    """A question, the answer in a few words, and the figures behind it."""

    question: str
    answer: str
    figures: str


def verdict(signs: Iterable[int]) -> str:
    """The first word of an answer, by whether each comparison speaks for a yes (1) or a no (-1) beyond chance (0)."""
    found = set(signs)
    if len(found) == 1:
        return {1: "Yes", 0: CANNOT_TELL, -1: "No"}[found.pop()]
    return "In part" if -1 not in found else "No" if 1 not in found else "It depends"


def grouped(signs: Mapping[str, int], words: Mapping[int, str] = OFTEN) -> str:
    """What was compared, by what it comes to: "more often: lso-gan, lso-noisy; less often: lso-vae"."""
    groups = {
        word: [name for name, s in signs.items() if s == sign] for sign, word in words.items()
    }
    return "; ".join(f"{word}: {', '.join(names)}" for word, names in groups.items() if names)


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

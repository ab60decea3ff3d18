"""Confidence intervals of rates."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import SupportsIndex

from lso_native._checks import check_int, check_number
from lso_native.errors import ArgumentError

__all__ = ["wilson_interval"]


def wilson_interval(
    successes: SupportsIndex, n: SupportsIndex, *, confidence: float = 0.95
) -> tuple[float, float]:
    """Wilson's score interval (low, high) of a success rate, both in 0..1.

    `successes` out of `n` attempts. The ends are the rates r at which the observed share p lies z
    standard deviations away, (p - r)^2 = z^2 r (1 - r) / n, with z the two-sided normal quantile
    of `confidence`. Source: E. B. Wilson, Probable inference, the law of succession, and
    statistical inference, Journal of the American Statistical Association 22 (1927), 209-212.
    Raises TypeError for counts that are not whole numbers; ValueError unless n >= 1,
    0 <= successes <= n and 0 < confidence < 1.
    """
    tries = check_int("n", n)
    hits = check_int("successes", successes, minimum=0)
    if hits > tries:
        raise ArgumentError("successes", f"at most n = {tries}", hits)
    level = check_number("confidence", confidence, above=0.0, below=1.0)
    z = -NormalDist().inv_cdf((1.0 - level) / 2.0)
    share = hits / tries
    scale = 1.0 + z * z / tries
    centre = (share + z * z / (2.0 * tries)) / scale
    half_width = z / scale * math.sqrt(share * (1.0 - share) / tries + (z / (2.0 * tries)) ** 2)
    # At 0 and at n one end is exact, and rounding must not move it.
    low = 0.0 if hits == 0 else max(0.0, centre - half_width)
    high = 1.0 if hits == tries else min(1.0, centre + half_width)
    return low, high

"""Confidence intervals of rates."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import SupportsIndex

import numpy as np

from lso_native._checks import check_int, check_number
from lso_native.errors import ArgumentError

__all__ = ["student_quantile", "wilson_interval"]


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
    low, high = wilson_bounds(hits / tries, tries, level)
    # At 0 and at n one end is exact, and rounding must not move it.
    return 0.0 if hits == 0 else low, 1.0 if hits == tries else high


def wilson_bounds(share: float, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's interval about any ``share`` of ``n``, such as a mean of several."""
    z = -NormalDist().inv_cdf((1.0 - confidence) / 2.0)
    scale = 1.0 + z * z / n
    centre = (share + z * z / (2.0 * n)) / scale
    half_width = z / scale * math.sqrt(share * (1.0 - share) / n + (z / (2.0 * n)) ** 2)
    return max(0.0, centre - half_width), min(1.0, centre + half_width)


def student_quantile(confidence: float, freedom: float) -> float:
    """The t with P(|T| <= t) = ``confidence`` of Student's T with ``freedom`` >= 1 degrees of freedom, whole or not.

    With T = sqrt(freedom) tan(a) the density of the angle a is that of cos(a)^(freedom - 1), summed up here over a
    fine grid: six digits.
    """
    level = check_number("confidence", confidence, above=0.0, below=1.0)
    degrees = check_number("freedom", freedom, minimum=1.0)
    angles = np.linspace(0.0, math.pi / 2, 20_001)
    density = np.maximum(np.cos(angles), 0.0) ** (degrees - 1.0)
    total = np.concatenate([[0.0], np.cumsum(density[1:] + density[:-1])])
    return math.sqrt(degrees) * math.tan(np.interp(level * total[-1], total, angles))

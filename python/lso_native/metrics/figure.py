"""A measure taken by several judges on several draws: one number, and how sure it is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from lso_native._typing import Float64Array
from lso_native.errors import ArgumentError

from .intervals import student_quantile, wilson_bounds

__all__ = ["Figure", "Share"]


@dataclass(frozen=True, eq=False, repr=False)
class Figure:
    """What each of several judges measured on each of several draws.

    Judges and draws stand for all that there could be, so both widen the interval: the variance of the mean is
    s_J² / J + s_D² / D, s_J the standard deviation of the J judges' means and s_D that of the D draws' means, and the
    95% interval is Student's t with the degrees of freedom of F. E. Satterthwaite, An approximate distribution of
    estimates of variance components, 1946. Where both vary together it is a little too wide, never too narrow.

    Attributes
    ----------
    values : (n_judges, n_draws), two judges and two draws at least.
    bounds : what the interval cannot leave.
    """

    values: Float64Array
    bounds: tuple[float, float] = (-math.inf, math.inf)

    @property
    def mean(self) -> float:
        """Over judges and draws."""
        return float(self.values.mean())

    @property
    def spread(self) -> float:
        """The standard deviation over draws, of the judges' means: how far one draw may be from another."""
        return float(self.values.mean(axis=0).std(ddof=1))

    @property
    def interval(self) -> tuple[float, float]:
        """The 95% interval (low, high) of the mean."""
        half = _half_width(self.values.mean(axis=1), self.values.mean(axis=0))
        return self._within(half, half)

    def __sub__(self, other: Figure) -> Figure:
        """By how much the same judges measure more here than in ``other``, judge by judge and draw by draw.

        What judges have in common drops out: the interval of a difference is far narrower than those of both.
        """
        if self.values.shape != other.values.shape:
            expected = f"values of shape {self.values.shape}"
            raise ArgumentError("other", expected, str(other.values.shape))
        return Figure(self.values - other.values)

    def __repr__(self) -> str:
        low, high = self.interval
        return f"{self.mean:.4g} [{low:.4g}, {high:.4g}]"

    def summary(self, name: str) -> dict[str, Any]:
        """The mean as ``name``, the ends as ``{name}_interval``."""
        return {name: self.mean, f"{name}_interval": list(self.interval)}

    def _within(self, below: float, above: float) -> tuple[float, float]:
        low, high = self.bounds
        return max(low, self.mean - below), min(high, self.mean + above)


class Share(Figure):
    """The mean over judges of a share of samples; ``values`` (n_judges, n_samples) holds 0 and 1.

    The interval's ends lie as far from the mean as the root of the sum of two squares: of Wilson's for that share of
    the samples, and of Student's for the mean over judges (G. Y. Zou and A. Donner, Construction of confidence limits
    about effect measures, 2008). All of 1,000 samples by all judges is 1 [.9962, 1].

    bounds : what the interval cannot leave.
    """

    @property
    def interval(self) -> tuple[float, float]:
        """The 95% interval (low, high) of the mean."""
        low, high = wilson_bounds(self.mean, self.values.shape[1])
        half = _half_width(self.values.mean(axis=1))
        return self._within(math.hypot(self.mean - low, half), math.hypot(high - self.mean, half))


def _half_width(*means: Float64Array) -> float:
    """Of the mean's interval, from the means of each thing that varies."""
    parts = np.array([each.var(ddof=1) / len(each) for each in means])
    if not parts.any():
        return 0.0
    freedom = parts.sum() ** 2 / sum(
        part**2 / (len(each) - 1) for part, each in zip(parts, means, strict=True)
    )
    return float(student_quantile(0.95, freedom) * math.sqrt(parts.sum()))

"""What ``weighted_retraining`` returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from lso_native._typing import BoolArray, Float64Array, FloatArray, IntArray
from lso_native.display import Columns, Curves, Rows, Samples, Table, View
from lso_native.retraining.search import Search


class RetrainingProgress(NamedTuple):
    """How far it is.

    Attributes
    ----------
    asked : samples that the objective was asked about.
    best : the most that it said; NaN before it said anything.
    round : the one that has ended, from 1.
    total : samples that are to be asked about.
    """

    asked: int
    total: int
    best: float
    round: int

    @property
    def share(self) -> float:
        """How much is asked, of 1."""
        return self.asked / self.total

    def __str__(self) -> str:
        return f"asked about {self.asked:,} of {self.total:,} samples, best {self.best:.4g}"


@dataclass(frozen=True, eq=False, repr=False)
class RetrainingResult(Rows):
    """The samples that were asked about, in their order, and what was learned from them.

    Attributes
    ----------
    samples : (n, n_features)
    values : (n,) what the objective said, NaN where it failed.
    latents : (n, latent) where the samples were found, in the latent space of their round.
    rounds : (n,) the round, from 1, in which each was asked about.
    before : the most among the samples to begin with.
    decoder : as it was retrained last; the one handed in is as it was.
    search : with what it learned.
    X : all that the decoder learned from: the samples to begin with, and those that were answered.
    y : (len(X),) what the objective said of them.
    weights : (len(X),) how much each counts now, of mean 1.
    asked_for : samples that were to be asked about.
    interrupted : whether Ctrl-C or an error ended it.
    """

    samples: FloatArray
    values: Float64Array
    latents: FloatArray
    rounds: IntArray
    before: float
    decoder: Any
    search: Search
    X: FloatArray
    y: Float64Array
    weights: Float64Array
    asked_for: int
    interrupted: bool = False

    @property
    def failed(self) -> BoolArray:
        """(n,) of which samples the objective said nothing."""
        return np.isnan(self.values)

    @property
    def best(self) -> Float64Array:
        """(n,) the most that was said so far, -inf before anything was."""
        return np.maximum.accumulate(np.where(self.failed, -np.inf, self.values))

    @property
    def best_value(self) -> float:
        """The most that was said of a sample that was asked about; -inf where nothing was."""
        return float(self.best[-1]) if len(self.values) else -np.inf

    @property
    def best_sample(self) -> FloatArray:
        """(n_features,) that sample. Raises ValueError where nothing was said of any."""
        if self.failed.all():
            raise ValueError("best_sample: nothing was said of any sample")
        row: FloatArray = self.samples[np.nanargmax(self.values)]
        return row

    def _columns(self) -> Columns:
        return {
            "round": self.rounds,
            "value": self.values,
            "best so far": self.best,
            "failed": self.failed,
        }

    def _samples(self) -> Samples:
        order = np.argsort(-np.where(self.failed, -np.inf, self.values), kind="stable")
        return Samples(self.samples[order], missed=self.failed[order])

    def _view(self) -> View:
        """The best, and by round what came of it."""
        asked = len(self.values)
        line = f"best {self.best_value:g}, before {self.before:g}; {asked:,} of {self.asked_for:,} asked about"
        if failed := int(self.failed.sum()):
            line += f", {failed:,} of which failed"
        if self.interrupted:
            line += "; interrupted"
        rows = []
        for number in np.unique(self.rounds).tolist():
            of = self.rounds == number
            answered = self.values[of & ~self.failed]
            best, middle = (
                (f"{answered.max():g}", f"{np.median(answered):g}") if len(answered) else ("–", "–")
            )
            rows.append((f"{number}", f"{int(of.sum()):,}", f"{len(answered):,}", best, middle))
        told = Table(("round", "asked about", "answered", "best", "median"), rows)
        curve = Curves({"best so far": self.best[np.isfinite(self.best)]})
        return View(type(self).__name__, line, (told, curve, self._samples()))

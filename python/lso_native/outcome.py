"""What became of each start, as a table, as columns and as pictures."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lso_native._typing import BoolArray, Float64Array, IntArray, StringArray
from lso_native.display import Columns, Rows, Table, View, counts, miss, numbered, share
from lso_native.problem import Problem
from lso_native.terms import Asked


class TermResult(NamedTuple):
    """What one term says of each start's best point.

    Attributes
    ----------
    asked : the term, its weight, and whether it had to be met.
    met : (n,)
    loss : (n,) its E, without the weight.
    mse : (n,) its squared error a value: of an interval, the squared distance from it; NaN for terms that have none.
    """

    asked: Asked
    met: BoolArray
    loss: Float64Array
    mse: Float64Array


class Outcome(Rows):
    """How a result of ``optimize`` shows itself, and its columns; row i belongs to start i."""

    problem: Problem
    success: BoolArray
    status: StringArray
    loss: Float64Array
    iterations: IntArray
    terms: tuple[TermResult, ...]

    def _columns(self) -> Columns:
        found: Columns = {
            "success": self.success,
            "status": self.status,
            "iterations": self.iterations,
            "loss": self.loss,
        }
        for name, term in zip(self._names(), self.terms, strict=True):
            found |= {f"{name} met": term.met, f"{name} loss": term.loss}
        return found

    def _names(self) -> list[str]:
        """One a term: its kind, with a number where there are several of it."""
        return numbered([type(term.asked.term).__name__ for term in self.terms])

    def _places(self) -> list[str]:
        """One a term: what it looked at."""
        heads = sum(branch.head is not None for branch in self.problem.branches)
        places, seen = [], 0
        for branch in self.problem.branches:
            seen += branch.head is not None
            head = "outputs" if heads == 1 else f"outputs of head {seen}"
            place = self.problem.trunk_makes if branch.head is None else head
            places += [place] * len(branch.terms)
        return places + ["latent"] * len(self.problem.latent)

    def _view(self) -> View:
        found, n = share(self.success)
        steps = f", median iterations {np.median(self.iterations):,g}" if len(self.success) else ""
        rows = [
            (
                name,
                place,
                "yes" if term.asked.hard else "no",
                *share(term.met),
                miss(~term.met, term.loss, term.mse),
            )
            for name, place, term in zip(self._names(), self._places(), self.terms, strict=True)
        ]
        asked = Table(("term", "asked of", "must hold", "met", "of", "typical miss"), rows)
        ended = counts("status", self.status, self.iterations)
        blocks = (asked, ended, self._samples())
        return View(type(self).__name__, f"{found} of {n} succeeded{steps}", blocks)

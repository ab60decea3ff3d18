"""What became of each start, as a table, as columns and as pictures."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from lso_native._typing import Array, BoolArray, Float64Array, FloatArray, IntArray, StringArray
from lso_native.display import Columns, Samples, Shown, Table, View, frame, miss
from lso_native.problem import Problem
from lso_native.terms import Asked


class TermResult(NamedTuple):
    """What one term says of each start's best point."""

    asked: Asked
    """The term, its weight, and whether it had to be met."""
    met: BoolArray
    """(n,)"""
    loss: Float64Array
    """(n,) its E, without the weight."""
    mse: Float64Array
    """(n,) its squared error a value: of an interval, the squared distance from it; NaN for terms that have none."""


class Outcome(Shown):
    """How a result shows itself, and its columns; row i belongs to start i."""

    problem: Problem
    success: BoolArray
    status: StringArray
    latents: FloatArray
    loss: Float64Array
    iterations: IntArray
    terms: tuple[TermResult, ...]

    def columns(self, *, latents: bool = False) -> Columns:
        """Arrays (n,) by name: success, status, iterations, loss (E), for each term whether it is ``met`` and its
        ``loss``, and, if asked for, each of the ``latents``."""
        found: Columns = {
            "success": self.success,
            "status": self.status,
            "iterations": self.iterations,
            "loss": self.loss,
        }
        for name, term in zip(self._names(), self.terms, strict=True):
            found |= {f"{name} met": term.met, f"{name} loss": term.loss}
        if latents:
            found |= {f"latent {i}": column for i, column in enumerate(self.latents.T)}
        return found

    def to_frame(self, *, latents: bool = False) -> Any:
        """``columns`` as a pandas.DataFrame, one row a start.

        Raises ImportError where pandas is missing.
        """
        return frame(self.columns(latents=latents))

    def __repr__(self) -> str:
        return self._view().text()

    def _samples(self) -> Samples:
        raise NotImplementedError

    def _names(self) -> list[str]:
        """One a term: its kind, with a number where there are several of it."""
        kinds = [type(term.asked.term).__name__ for term in self.terms]
        return [
            kind if kinds.count(kind) == 1 else f"{kind} {kinds[:i].count(kind) + 1}"
            for i, kind in enumerate(kinds)
        ]

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
        n = len(self.success)
        steps = f", median iterations {np.median(self.iterations):,g}" if n else ""
        asked = Table(
            ("term", "asked of", "must hold", "met", "of", "typical miss"),
            [
                (
                    name,
                    place,
                    "yes" if term.asked.hard else "no",
                    f"{int(term.met.sum()):,}",
                    f"{n:,}",
                    miss(~term.met, term.loss, term.mse),
                )
                for name, place, term in zip(self._names(), self._places(), self.terms, strict=True)
            ],
        )
        line = f"{int(self.success.sum()):,} of {n:,} succeeded{steps}"
        return View(type(self).__name__, line, (asked, self._statuses(), self._samples()))

    def _statuses(self) -> Table:
        rows = []
        for status in np.unique(self.status).tolist():
            steps: Array = self.iterations[self.status == status]
            spread = f"{steps.min():,} to {steps.max():,}"
            rows.append((status, f"{len(steps):,}", f"{np.median(steps):,g}", spread))
        return Table(("status", "starts", "median iterations", "from, to"), rows)

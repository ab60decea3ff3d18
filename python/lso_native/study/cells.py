"""Grids: the same attempt with one thing after the other varied, a row a cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from lso_native.study.attempts import Way
from lso_native.study.fit import Trained
from lso_native.study.judges import PanelOf
from lso_native.study.measures import Measure
from lso_native.study.step import Facts, FactsStep, Step, Work

__all__ = ["Cell", "Figure", "Grid"]


class Figure(NamedTuple):
    """A figure of a fitted model, for a row of its own."""

    of: Step[Trained]
    name: str


@dataclass(frozen=True)
class Cell(FactsStep):
    """One row: what was varied, and what came of it."""

    name: str
    """For progress."""
    labels: Mapping[str, Any]
    """What tells the row from others, by the names of results.json."""
    way: Way
    panel: PanelOf
    measures: tuple[Measure, ...] = ()
    figures: Mapping[str, Figure] = field(default_factory=dict)
    """More for the row, by name."""

    def cost(self, work: Work) -> float:  # noqa: ARG002
        """That of the way, mostly."""
        return self.way.cost()

    def make(self, work: Work) -> Facts:
        """Samples made, and seen by the judges."""
        generated = self.way.run(self.name, work)
        seen = self.panel.of(work).recognition(generated.samples, generated.labels)[0]
        facts: Facts = {**self.labels}
        for name, figure in self.figures.items():
            facts[name] = work.get(figure.of).facts[figure.name]
        facts |= {**generated.facts(), **seen.summary("recognised")}
        for measure in self.measures:
            facts |= measure.of(generated, work)
        return facts


@dataclass(frozen=True)
class Grid:
    """Rows of results.json, under a name such as "ablations" or "sweeps.start"."""

    name: str
    cells: tuple[Step[Facts], ...]

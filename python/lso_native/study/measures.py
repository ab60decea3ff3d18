"""What is measured of a system's samples: objects that a study is handed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from lso_native._typing import IntArray
from lso_native.study.attempts import Attempts, Generated
from lso_native.study.step import Facts, FactsStep, Work


@dataclass(frozen=True)
class Measure(ABC):
    """Figures of samples, by their names in results.json: a frozen dataclass derived from this, its fields settings,
    data sets and steps."""

    def cost(self, n: int, work: Work) -> float:  # noqa: ARG002
        """About how many seconds ``n`` samples take on one core (``Step.cost``)."""
        return 0.1

    @abstractmethod
    def of(self, generated: Generated, work: Work) -> Facts:
        """Figures of what a system made.

        generated : the samples of a system.
        work : the folder, and what other steps made.
        """

    def of_real(self, like: IntArray, work: Work) -> Facts:  # noqa: ARG002
        """The same figures of real samples, for labels such as ``like`` (n,): what a perfect system would come to; none
        where that makes no sense.

        work : the folder, and what other steps made.
        """
        return {}


@dataclass(frozen=True)
class Measured(FactsStep):
    """A measure of a system's samples."""

    attempts: Attempts
    measure: Measure

    @property
    def is_own(self) -> bool:
        """Whether the measure is from outside this package."""
        return not type(self.measure).__module__.startswith("lso_native.")

    @property
    def title(self) -> str:
        """Whose, by what."""
        return f"{self.attempts.title} {type(self.measure).__name__.lower()}"

    def cost(self, work: Work) -> float:
        """That of the measure."""
        return self.measure.cost(self.attempts.way.size, work)

    def make(self, work: Work) -> Facts:
        """Figures by name."""
        return self.measure.of(work.get(self.attempts), work)


@dataclass(frozen=True)
class MeasuredReal(FactsStep):
    """A measure of real samples, as many and of such labels as a system makes."""

    measure: Measure
    like: IntArray

    @property
    def title(self) -> str:
        """By what."""
        return f"real {type(self.measure).__name__.lower()}"

    def cost(self, work: Work) -> float:
        """That of the measure."""
        return self.measure.cost(len(self.like), work)

    def make(self, work: Work) -> Facts:
        """Figures by name."""
        return self.measure.of_real(self.like, work)

"""Samples that judges have seen: what is kept of a system under samples/NAME.npz."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lso_native._typing import Array
from lso_native.metrics import Panel
from lso_native.study.arrays import ArraysStep
from lso_native.study.attempts import Generated
from lso_native.study.judges import PanelOf
from lso_native.study.step import Facts, FactsStep, Step, Work

_MOST = 0.5


def seen_by(panel: Panel, images: Array) -> Array:
    """What the first judge names ``images``, however far from any class these are."""
    judge = panel.judges[0]
    return np.asarray(judge.classes_[judge.network_(images).argmax(axis=1)])


@dataclass(frozen=True)
class Recognised(FactsStep):
    """How many samples the judges take for what was asked, and what is known of the attempts."""

    attempts: Step[Generated]
    panel: PanelOf

    @property
    def title(self) -> str:
        """Whose."""
        return f"{self.attempts.title} seen"

    def make(self, work: Work) -> Facts:
        """Figures of the attempts with the judges'."""
        generated, panel = work.get(self.attempts), self.panel.of(work)
        found = panel.recognition(generated.samples, generated.labels)[0]
        work.progress.start(self.attempts.title, 1)
        work.progress.finish(f"{found.mean:.1%} are recognised")
        return {**generated.facts(), **found.summary("recognised")}


@dataclass(frozen=True)
class Judged(ArraysStep):
    """The arrays of samples/NAME.npz: those of the attempts, and what judges see."""

    attempts: Step[Generated]
    panel: PanelOf

    @property
    def title(self) -> str:
        """Whose."""
        return f"{self.attempts.title} judged"

    def make(self, work: Work) -> dict[str, Array]:
        """``recognised_as`` (n,): the class that the first judge sees; ``recognised`` (n,) bool: whether most judges
        see the class asked for, or are sure of any where none was."""
        generated, panel = work.get(self.attempts), self.panel.of(work)
        share = panel.recognition(generated.samples, generated.labels)[0]
        return generated.arrays() | {
            "recognised_as": seen_by(panel, generated.samples),
            "recognised": np.asarray(share.values.mean(axis=0) > _MOST),
        }

"""What a study offers its systems, measures and grids."""

from __future__ import annotations

from dataclasses import dataclass

from lso_native.random import subseed
from lso_native.study.classifier import FitClassifier
from lso_native.study.data import DataSet
from lso_native.study.judges import PanelOf
from lso_native.study.quality import HeldOut


@dataclass(frozen=True)
class Frame:
    """What all share.

    Attributes
    ----------
    data : what models learn from.
    classifier : what says whether a sample is what was asked for.
    panel : the judges, and real samples.
    held_out : test samples that stand for real ones.
    samples : how many a system is to make.
    """

    data: DataSet
    classifier: FitClassifier
    panel: PanelOf
    held_out: HeldOut
    samples: int
    random_state: int

    def seed(self, *purpose: str | int) -> int:
        """A seed of its own for each purpose."""
        return subseed(self.random_state, *purpose)

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
    """What all share."""

    data: DataSet
    """What models learn from."""
    classifier: FitClassifier
    """What says whether a sample is what was asked for."""
    panel: PanelOf
    """The judges, and real samples."""
    held_out: HeldOut
    """Test samples that stand for real ones."""
    samples: int
    """How many a system is to make."""
    random_state: int

    def seed(self, *purpose: str | int) -> int:
        """A seed of its own for each purpose."""
        return subseed(self.random_state, *purpose)

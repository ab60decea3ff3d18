"""Pictures of a study: sheets of samples, walks through latent spaces."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

import numpy as np

from lso_native._typing import Array
from lso_native.display import png
from lso_native.figures import contact_sheet, gif, walk_sheet
from lso_native.study import walks
from lso_native.study.arrays import ArraysStep
from lso_native.study.data import DataSet
from lso_native.study.fit import Fit
from lso_native.study.results import rate
from lso_native.study.step import Facts, Step, Work

Files = dict[str, bytes]
"""What files hold, by their names."""


@dataclass(frozen=True)
class Picture(Step[Files]):
    """Files for figures/."""

    name: str
    data: str
    """The data set's name."""

    @property
    def title(self) -> str:
        """What it shows, and how."""
        return f"{self.name} {type(self).__name__.lower()}"

    @abstractmethod
    def make(self, work: Work) -> Files:
        """Drawn."""

    def save(self, made: Files, folder: Path) -> None:
        """Write the files."""
        for name, content in made.items():
            (folder / name).write_bytes(content)

    def load(self, folder: Path) -> Files:
        """Read them."""
        return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".json"}


@dataclass(frozen=True)
class Sheet(Picture):
    """Samples of a system, and which were no success."""

    judged: Step[dict[str, Array]]
    recognised: Step[Facts]

    def make(self, work: Work) -> Files:
        """NAME.png."""
        arrays, facts = work.get(self.judged), work.get(self.recognised)
        title, shown = f"{self.name} on {self.data}", f"{facts['recognised']:.0%} are recognised"
        if facts["success_rate"] is None:  # it cannot be asked for a class
            sheet = contact_sheet(
                arrays["images"],
                arrays["labels"],
                arrays["recognised"],
                title=title,
                subtitle=f"{shown} by the judges, as any digit",
                legend="framed in red: most judges are sure of no digit",
                lines=10,
            )
        else:
            sheet = contact_sheet(
                arrays["images"],
                arrays["labels"],
                arrays["success"],
                title=title,
                subtitle=f"{rate(facts)} of {facts['n']:,} meet the target, {shown} by the judges",
            )
        return {f"{self.name}.png": png(sheet)}


@dataclass(frozen=True)
class Walk(Picture):
    """A walk through the codes of real samples, class after class."""

    model: Fit
    of: DataSet

    def make(self, work: Work) -> Files:
        """walk-NAME.png and walk-NAME.gif."""
        model, test = work.get(self.model).estimator, work.data(self.of).test
        way = walks.through_digits(model, test, digits=range(self.of.classes))
        title = f"{self.name}: a walk through the codes of real samples, class after class"
        sheet = walk_sheet(way, title=title, columns=walks.STEPS)
        return {f"walk-{self.name}.png": png(sheet), f"walk-{self.name}.gif": gif(way)}


@dataclass(frozen=True)
class RealSamples(ArraysStep):
    """Some real samples of each class, for whoever draws a page from the folder alone."""

    shapes: ClassVar[Mapping[str, str]] = MappingProxyType({"images": "n d", "labels": "n"})
    data: DataSet
    each: int = 10
    name: str = "real"

    def make(self, work: Work) -> dict[str, Array]:
        """The first of the test part: images (n, n_features) and labels (n,)."""
        test = work.data(self.data).test
        rows = np.concatenate(
            [np.flatnonzero(test.labels == i)[: self.each] for i in range(self.data.classes)]
        )
        return {"images": test.images[rows], "labels": test.labels[rows]}

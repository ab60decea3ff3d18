"""The pictures of the study, as steps of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from PIL import Image

from lso_native.airfoils.designer import DesignSettings
from lso_native.airfoils.pictures import designs_picture, gif, walk_frames
from lso_native.airfoils.shapes import sound
from lso_native.airfoils.simulator import NeuralFoil
from lso_native.airfoils.steps import Learned, LsoDesigns, models_of
from lso_native.airfoils.target import Target
from lso_native.airfoils.walk import walk
from lso_native.display import png
from lso_native.random import subseed
from lso_native.study.step import Step, Work

__all__ = ["DesignsPicture", "Picture", "WalkPicture"]

_COLOURS = 128


class Picture(Step[bytes]):
    """A picture as a file has it; of no bytes where there is nothing to show."""

    needs: ClassVar[tuple[str, ...]] = ("aerosandbox", "matplotlib", "neuralfoil", "pillow")

    def save(self, made: bytes, folder: Path) -> None:
        """Write the file."""
        (folder / "picture").write_bytes(made)

    def load(self, folder: Path) -> bytes:
        """Read it."""
        return (folder / "picture").read_bytes()


@dataclass(frozen=True)
class DesignsPicture(Picture):
    """Twenty of the designs that meet their target by the judge."""

    designs: LsoDesigns
    judge: NeuralFoil

    @property
    def title(self) -> str:
        """As in "picture of thin"."""
        return f"picture of {self.designs.target.name}"

    def cost(self, work: Work) -> float:  # noqa: ARG002
        """Measured."""
        return 0.5

    def make(self, work: Work) -> bytes:
        """Draw it."""
        heights, target = work.get(self.designs).heights, self.designs.target
        found = heights[target.met(self.judge(heights)) & sound(heights)]
        if not len(found):
            return b""
        picture = designs_picture(target, found, self.judge)
        return png(picture.quantize(_COLOURS, dither=Image.Dither.NONE))


@dataclass(frozen=True)
class WalkPicture(Picture):
    """The walk from a start to an answer."""

    surrogate: Learned
    doubt: Learned
    target: Target
    seed: int
    settings: DesignSettings = field(default_factory=DesignSettings)

    @property
    def title(self) -> str:
        """As in "walk to thin"."""
        return f"walk to {self.target.name}"

    def cost(self, work: Work) -> float:  # noqa: ARG002
        """Of many pictures."""
        return 3.4

    def make(self, work: Work) -> bytes:
        """Walk, and draw it."""
        models = models_of(work, self.surrogate, self.doubt)
        simulator = self.surrogate.simulations.simulator
        seed = subseed(self.seed, "walk", self.target.name)
        path = walk(models, self.target, simulator, seed, self.settings)
        return gif(walk_frames(self.target, path, simulator))

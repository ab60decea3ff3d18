"""Airfoils: a decoder of sections, and a simulator that has the last word on their numbers."""

from __future__ import annotations

import os
from functools import cached_property
from typing import Any

import numpy as np

from lso_native._typing import Array, Float64Array, FloatArray
from lso_native.airfoils import DesignSettings, NeuralFoil, Tolerance, sought
from lso_native.airfoils.designer import Models
from lso_native.airfoils.shapes import coordinates
from lso_native.explore.recipe import Question
from lso_native.explore.world import Number, World
from lso_native.network import Model
from lso_native.requirements import Likely
from lso_native.requirements.base import Combination

__all__ = ["Wings"]

LIKELIER = DesignSettings().keep
"""Than this share of the codes a latent must be."""
_ANGLES = np.arange(-6.0, 14.1, 1.0)
_TOLERANCE = Tolerance()


class Wings(World):
    """Airfoils by what was learned of them.

    folder : where ``models`` are kept, for whoever makes samples again.
    """

    name = "airfoils"
    pad = ("lift", "thickness")
    numbers = (
        Number("lift", "", 0.2, 1.6, 0.01, 0.8, _TOLERANCE.lift),
        Number("ratio", "", 40, 160, 1, 100, _TOLERANCE.ratio),
        Number("moment", "", -0.2, 0.02, 0.005, -0.06, _TOLERANCE.moment),
        Number("thickness", "chord", 0.05, 0.22, 0.002, 0.12, _TOLERANCE.thickness),
    )

    def __init__(self, models: Models, folder: str | os.PathLike[str]) -> None:
        self._models, self._folder = models, os.fspath(folder)
        self._simulator = NeuralFoil()
        self._simulator(
            models.shapes.decoder(np.zeros((1, self.network.n_inputs), np.float32))
        )  # loads what it needs

    @property
    def decoder(self) -> Any:
        """Of heights."""
        return self._models.shapes.decoder

    @property
    def network(self) -> Model:
        """The same."""
        return self._models.shapes.decoder

    @cached_property
    def codes_prior(self) -> Any:
        """Of what the decoder learned from."""
        return self._models.shapes.prior

    def describe(self) -> dict[str, Any]:
        """What the page has to know."""
        angle, reynolds = self._simulator.angle, self._simulator.reynolds
        more = {"angles": _ANGLES.tolist(), "angle": angle, "reynolds": reynolds}
        return {**super().describe(), **more, "starts": ["anywhere", "hand"]}

    def prior(self, label: int | None) -> Any:  # noqa: ARG002
        """Of all codes."""
        return self.codes_prior

    def asked(self, question: Question) -> Combination:
        """The numbers, and that it is a shape that the simulators agree on."""
        return sought(self._models, question.numbers) & Likely(self.codes_prior, LIKELIER)

    def told(self, sample: FloatArray) -> dict[str, float]:
        """What the simulator says."""
        said = self._simulator(sample[None].astype(np.float64))[0]
        return {number.name: float(said[number.name]) for number in self.numbers}

    def polar(self, sample: FloatArray) -> Float64Array:
        """(n_angles, 3) lift, drag and moment at each angle."""
        line: Float64Array = self._simulator.polar(sample[None].astype(np.float64), _ANGLES)[0]
        return line

    def more(self, sample: FloatArray) -> dict[str, Any]:
        """The polar."""
        return {"polar": self.polar(sample).tolist()}

    def picture(self, samples: Array) -> Any:
        """Outlines, four in a row."""
        from PIL import Image, ImageDraw

        outlines = coordinates(samples)
        width, height, columns = 300, 110, min(4, len(samples))
        sheet = Image.new("RGB", (columns * width, -(-len(samples) // columns) * height), "white")
        pen = ImageDraw.Draw(sheet)
        for place, outline in enumerate(outlines):
            corner = np.array([place % columns * width + 15, place // columns * height + 55])
            points = corner + outline * [270, -270]
            pen.polygon([tuple(point) for point in points], fill="#d9e8f3", outline="#0072b2")
        return sheet

    def lines_imports(self) -> list[str]:
        """The airfoils'."""
        return ["from lso_native import airfoils"]

    def lines_models(self, questions: list[Question]) -> list[str]:  # noqa: ARG002
        """That load them."""
        return [
            f"models = airfoils.kept_models({self._folder!r})",
            "decoder = models.shapes.decoder",
        ]

    def lines_asked(self, question: Question) -> list[str]:
        """That make ``asked``."""
        likely = f"lso.Likely(models.shapes.prior, {LIKELIER})"
        return [f"asked = airfoils.sought(models, {question.numbers!r}) & {likely}"]

    def line_prior(self, label: int | None) -> str:  # noqa: ARG002
        """Of all codes."""
        return "models.shapes.prior"

    def line_decode(self) -> str:
        """The decoder itself."""
        return "decoder(latents)"

"""NeuralFoil as a function of heights: lift, drag and moment of many shapes at once.

NeuralFoil (Sharpe 2023) is a network that learned what XFoil says of a shape's CST parameters, an angle and a Reynolds
number. It comes in sizes; the larger, the nearer to XFoil.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lso_native._typing import Array, Float64Array
from lso_native.airfoils.data import wanted
from lso_native.airfoils.shapes import cst, heights_of, thickness

__all__ = ["NAMES", "NeuralFoil"]

NAMES = ("lift", "ratio", "moment", "thickness")
"""What is asked of an airfoil: the coefficient of lift, lift over drag, the coefficient of the moment about a quarter
of the chord, and the thickness in chords."""
_SIDE = 8


@dataclass(frozen=True)
class NeuralFoil:
    """What NeuralFoil of a ``size`` says of shapes at an ``angle`` of attack, in degrees, and a ``reynolds`` number."""

    size: str = "medium"
    angle: float = 4.0
    reynolds: float = 1e6

    def __call__(self, heights: ArrayLike) -> Array:
        """Of ``heights`` (n, 100): a structured array (n,) of ``NAMES`` and ``confidence``, how sure NeuralFoil is of
        it, 0..1. Raises ImportError without the extra ``airfoils``."""
        rows = heights_of("heights", heights)
        said = self._aero(rows, self.angle)
        found = np.empty(len(rows), [(name, float) for name in (*NAMES, "confidence")])
        found["lift"], found["moment"] = said["CL"], said["CM"]
        found["ratio"] = said["CL"] / said["CD"]
        found["thickness"], found["confidence"] = thickness(rows), said["analysis_confidence"]
        return found

    def polar(self, heights: ArrayLike, angles: ArrayLike) -> Float64Array:
        """Lift, drag and moment (n, n_angles, 3) of ``heights`` (n, 100) at each of ``angles`` (n_angles,), degrees."""
        rows, each = heights_of("heights", heights), np.asarray(angles, np.float64)
        said = self._aero(np.repeat(rows, len(each), axis=0), np.tile(each, len(rows)))
        told = np.stack([said["CL"], said["CD"], said["CM"]], axis=1)
        return told.reshape(len(rows), len(each), 3)

    def _aero(self, rows: Float64Array, angle: float | Float64Array) -> dict[str, Float64Array]:
        wanted("neuralfoil")
        neuralfoil: Any = importlib.import_module("neuralfoil")
        parameters = cst(rows).T
        shapes = {
            "upper_weights": parameters[:_SIDE],
            "lower_weights": parameters[_SIDE : 2 * _SIDE],
            "leading_edge_weight": parameters[-2],
            "TE_thickness": parameters[-1],
        }
        said: dict[str, Float64Array] = neuralfoil.get_aero_from_kulfan_parameters(
            shapes, angle, self.reynolds, model_size=self.size
        )
        return said

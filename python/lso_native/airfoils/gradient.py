"""NeuralFoil's own gradient, by AeroSandbox: what can be had where the simulator can be derived.

The CST parameters go down the squared misses by IPOPT, an interior-point method with second derivatives (Waechter and
Biegler 2006), under the condition that the sides keep apart.
"""

from __future__ import annotations

import importlib
import warnings
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lso_native._checks import shown
from lso_native._typing import Float64Array
from lso_native.airfoils.data import wanted
from lso_native.airfoils.rivals import Answers, Asked, Rival, Task, nothing_yet
from lso_native.airfoils.shapes import BASIS, PLACES, cst, mapped
from lso_native.airfoils.simulator import NeuralFoil
from lso_native.errors import ArgumentTypeError
from lso_native.random import subseed

__all__ = ["OwnGradient"]

_HARD = 3_000  # of the smooth maximum that stands for the thickness: some 0.0004 too much
_MARGIN = 0.15  # of the usual gap, as latent space optimization has it
_NEAR = 1e-3  # of the squared distance from the start, in spreads: which of many answers


@dataclass(frozen=True)
class OwnGradient(Rival):
    """From the parameters of a real airfoil, another one for each design. An iteration counts as one call; its gradient
    and its second derivatives come for nothing."""

    needs: ClassVar[tuple[str, ...]] = ("aerosandbox", "neuralfoil")
    name: str = "NeuralFoil's own gradient"
    share: float = 0.4

    def run(self, task: Task) -> Answers:
        """Raises ImportError without the extra ``airfoils``, TypeError for another simulator than NeuralFoil."""
        for package in self.needs:
            wanted(package)
        if not isinstance(task.asked.simulator, NeuralFoil):
            raise ArgumentTypeError("simulator", "a NeuralFoil", shown(task.asked.simulator))
        found = cst(task.known.heights)
        made = nothing_yet(task.n)
        for design in range(task.n):
            rng = np.random.default_rng(subseed(task.seed, "design", design))
            while made.calls[design] < task.most and not made.success[design]:
                start = found[rng.integers(len(found))]
                left = int(task.most - made.calls[design])
                gap = task.models.shapes.gap
                with warnings.catch_warnings():  # of CasADi, about its own next version
                    warnings.simplefilter("ignore", FutureWarning)
                    path = _path(task.asked, start, found.std(axis=0), gap, left)
                miss = task.asked.miss(path)
                met = np.flatnonzero(miss <= 1)
                at = int(met[0]) if met.size else int(miss.argmin())
                made.heights[design] = path[at]
                made.success[design] = bool(met.size)
                made.calls[design] += at + 1 if met.size else len(path)
        return made


def _path(
    asked: Asked, start: Float64Array, spread: Float64Array, gap: Float64Array, most: int
) -> Float64Array:
    """The heights (m, 100) that one descent from the parameters ``start`` (18,) comes by."""
    aerosandbox: Any = importlib.import_module("aerosandbox")
    neuralfoil: Any = importlib.import_module("neuralfoil")
    smooth_max: Any = importlib.import_module("aerosandbox.numpy").softmax
    simulator: Any = asked.simulator
    opti = aerosandbox.Opti()
    moved = opti.variable(init_guess=np.zeros(len(start)))
    parameters = start + spread * moved
    shape = {
        "upper_weights": [parameters[i] for i in range(8)],
        "lower_weights": [parameters[i] for i in range(8, 16)],
        "leading_edge_weight": parameters[16],
        "TE_thickness": parameters[17],
    }
    said = neuralfoil.get_aero_from_kulfan_parameters(
        shape, simulator.angle, simulator.reynolds, model_size=simulator.size
    )
    gaps = (BASIS[:PLACES] - BASIS[PLACES:]) @ parameters
    deep = smooth_max(*[gaps[i] for i in range(PLACES)], hardness=_HARD)
    target, within = asked.target, asked.target.within
    error = (
        ((said["CL"] - target.lift) / within.lift) ** 2
        + ((said["CL"] / said["CD"] - target.ratio) / within.ratio) ** 2
        + ((said["CM"] - target.moment) / within.moment) ** 2
        + ((deep - target.thickness) / within.thickness) ** 2
    )
    opti.subject_to([gaps[: PLACES - 1] >= _MARGIN * gap[:-1], parameters[17] >= 0])
    opti.minimize(error + _NEAR * sum(moved[i] ** 2 for i in range(len(start))))
    path = [start]

    def follow(_: int) -> None:
        path.append(start + spread * np.asarray(opti.debug.value(moved)).ravel())

    opti.solve(max_iter=most, verbose=False, behavior_on_failure="return_last", callback=follow)
    return mapped(BASIS, np.array(path[:most]))

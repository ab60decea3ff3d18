"""The walk from a start to an answer, in steps so short that the eye can follow."""

from __future__ import annotations

import numpy as np

from lso_native._typing import Float64Array
from lso_native.airfoils.designer import DesignSettings, Models, asked
from lso_native.airfoils.shapes import sound
from lso_native.airfoils.simulator import NeuralFoil
from lso_native.airfoils.target import Target
from lso_native.generate.plan import Plan
from lso_native.optimize import optimize
from lso_native.optimizers import LevenbergMarquardt

__all__ = ["walk"]

_STARTS, _STEP, _MOST = 64, 0.12, 90
_SHOWN = 30  # of the steps, at most


def walk(
    models: Models, target: Target, simulator: NeuralFoil, seed: int, settings: DesignSettings
) -> Float64Array:
    """The shapes (m, 100) that a descent from a draw comes by: of 64, the one that takes the most steps to a sound
    shape that meets ``target``, as ``simulator`` says; the shortest of all where none gets there."""
    decoder = models.shapes.decoder
    parts = asked(models, target, settings).parts
    starts = models.shapes.prior.sample(_STARTS, random_state=seed).astype(np.float32)
    problem = Plan(decoder, parts).problem(starts)
    optimizer = LevenbergMarquardt(max_step=_STEP)
    ended = optimize(problem, starts=starts, optimizer=optimizer, max_iterations=_MOST, threads=1)
    met = target.met(simulator(ended.samples)) & sound(ended.samples) & ended.success
    length = np.where(met, ended.iterations, -1)
    best = int(length.argmax()) if met.any() else int(ended.iterations.argmin())
    start = starts[best : best + 1]
    problem = Plan(decoder, parts).problem(start)
    last = int(ended.iterations[best])
    shown = np.unique(np.linspace(1, last, min(last, _SHOWN)).round().astype(int)) if last else ()
    steps = [start] + [
        optimize(
            problem, starts=start, optimizer=optimizer, max_iterations=int(most), threads=1
        ).latents
        for most in shown
    ]
    return decoder(np.concatenate(steps)).astype(np.float64)

"""lso_native itself, by its public functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import lso_native as lso
import numpy as np
from lso_native._typing import BoolArray, Float32Array

from benchmarks.peers.base import OURS, Run, Solve
from benchmarks.problems import Answer, Descent, Training

UNREACHABLE = 1e-30  # an MSE
OPTIMIZERS = {
    "algorithm3": lso.NormalizedGradientDescent(),
    "levenberg_marquardt": lso.LevenbergMarquardt(),
}
"""For latents, by their names in the table."""


class Ours:
    """The engine on one thread or all (None)."""

    name = OURS
    version = lso.__version__

    def __init__(self, threads: int | None) -> None:
        self._threads = threads

    def descents(self, problem: Descent) -> Mapping[str, Run]:
        """``lso.optimize`` with a tolerance that nothing meets. Gives the best points, not the last."""

        def run(iterations: int) -> Float32Array:
            result = lso.optimize(
                problem.model,
                problem.targets,
                starts=problem.starts,
                mse=UNREACHABLE,
                optimizer=lso.NormalizedGradientDescent(desired_change=problem.change),
                max_iterations=iterations,
                threads=self._threads,
            )
            done = result.iterations.sum() / (iterations * len(problem.starts))
            if done < 0.999:
                raise RuntimeError(f"ours: only {done:.2%} of the iterations were made: {result}")
            return np.asarray(result.latents, np.float32)

        return {OURS: run}

    def train(
        self, problem: Training, epochs: int, *, mse: float | None = None, **settings: Any
    ) -> lso.TrainResult:
        """``lso.train``, with a score at the end alone where no ``mse`` is to be met."""
        if mse is None:
            settings["score_every"] = epochs
        return lso.train(
            problem.network,
            problem.x,
            problem.y,
            optimizer=problem.optimizer,
            batch_size=problem.batch,
            epochs=epochs,
            mse=mse,
            threads=self._threads,
            **settings,
        )

    def answers(self, problem: Answer) -> Mapping[str, Solve]:
        """``lso.optimize`` with each optimizer that there is."""

        def solve_by(optimizer: Any) -> Solve:
            def solve() -> BoolArray:
                return lso.optimize(
                    problem.descent.model,
                    problem.descent.targets,
                    starts=problem.descent.starts,
                    mse=problem.mse,
                    optimizer=optimizer,
                    bounds=(0.0, 1.0),
                    max_iterations=problem.max_iterations,
                    threads=self._threads,
                ).success

            return solve

        return {f"{OURS} {name}": solve_by(each) for name, each in OPTIMIZERS.items()}

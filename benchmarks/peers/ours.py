"""lso_native itself, by its public functions."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import lso_native as lso
import numpy as np
from lso_native._typing import Float32Array

from benchmarks.lessons import Lesson, fitted
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
        asked = _problem(problem, UNREACHABLE)

        def run(iterations: int) -> Float32Array:
            result = lso.optimize(
                asked,
                starts=problem.starts,
                optimizer=lso.NormalizedGradientDescent(desired_change=problem.change),
                max_iterations=iterations,
                threads=self._threads,
            )
            done = result.iterations.sum() / (iterations * len(problem.starts))
            if done < 0.999:
                raise RuntimeError(f"ours: only {done:.2%} of the iterations were made: {result}")
            return np.asarray(result.latents, np.float32)

        return {OURS: run}

    def train(self, problem: Training, epochs: int, **settings: Any) -> lso.TrainResult:
        """``lso.train``, with a score at the end alone unless ``settings`` say otherwise."""
        return lso.train(
            problem.network,
            problem.x,
            problem.y,
            optimizer=problem.optimizer,
            batch_size=problem.batch,
            epochs=epochs,
            threads=self._threads,
            **{"score_every": epochs, **settings},
        )

    def answers(self, problem: Answer) -> Mapping[str, Solve]:
        """``lso.optimize`` with each optimizer that there is."""
        asked = _problem(problem.descent, problem.mse)

        def solve_by(optimizer: Any) -> Solve:
            def solve() -> Float32Array:
                result = lso.optimize(
                    asked,
                    starts=problem.descent.starts,
                    optimizer=optimizer,
                    bounds=(0.0, 1.0),
                    max_iterations=problem.max_iterations,
                    threads=self._threads,
                )
                return np.where(result.success[:, None], result.latents, np.float32(np.nan))

            return solve

        return {f"{OURS} {name}": solve_by(each) for name, each in OPTIMIZERS.items()}

    def learn(self, lesson: Lesson, epochs: int) -> tuple[Float32Array, float]:
        """``fit``: the flat parameters, and the seconds from the end of the first epoch to that of the last."""
        ends: list[float] = []

        def ended(_: lso.TrainProgress) -> None:
            ends.append(time.perf_counter())

        estimator = lesson.estimator
        found = fitted(estimator, lesson.data, ended, epochs=epochs, threads=self._threads)
        return lesson.learned(found), ends[-1] - ends[0]


def _problem(problem: Descent, mse: float) -> lso.Problem:
    branches = []
    for each in problem.branches:
        term: lso.Term = lso.SquaredError(each.low, mse=mse)
        if each.high is not None:
            term = lso.Interval(each.low, each.high, margin=0.0)
        branches.append(lso.Branch(term, head=each.head))
    return lso.Problem(problem.trunk, *branches)

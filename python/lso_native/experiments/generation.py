"""Generating digits by optimization, and judging what came out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lso_native.classifier import Classifier
from lso_native.experiments.progress import Progress
from lso_native.metrics import wilson_interval
from lso_native.network import Model
from lso_native.objectives import one_hot
from lso_native.optimize import (
    DEFAULT_MAX_ITERATIONS,
    DEFAULT_MSE,
    OptimizeProgress,
    OptimizeResult,
    optimize,
)
from lso_native.optimizers import NormalizedGradientDescent
from lso_native.random import uniform

CLASSES = 10


@dataclass(frozen=True)
class GenerationSettings:
    """The faithful setting: starts uniform in 0..1, Algorithm 3 with C = -E, no bounds."""

    mse: float = DEFAULT_MSE
    desired_change: float = NormalizedGradientDescent.desired_change  # C / E
    bounds: tuple[float, float] | None = None
    max_iterations: int = DEFAULT_MAX_ITERATIONS


@dataclass(frozen=True)
class Generated:
    """Samples of one system: ``labels`` (n,) asked for, ``seen`` (n,) what the judge sees."""

    result: OptimizeResult
    labels: NDArray[np.int64]
    seen: NDArray[np.int64]
    seconds: float
    settings: GenerationSettings

    def facts(self) -> dict[str, Any]:
        """The figures of results.json."""
        n, successes = len(self.labels), int(self.result.success.sum())
        status, counts = np.unique(self.result.status, return_counts=True)
        return {
            "n": n,
            "successes": successes,
            "success_rate": successes / n,
            "success_interval": list(wilson_interval(successes, n)),
            "recognised": float((self.seen == self.labels).mean()),
            "median_iterations": int(np.median(self.result.iterations)),
            "statuses": dict(zip(status.tolist(), counts.tolist(), strict=True)),
            "generate_seconds": self.seconds,
            "desired_change": self.settings.desired_change,
            "bounds": None if self.settings.bounds is None else list(self.settings.bounds),
        }


def asked_digits(n: int) -> NDArray[np.int64]:
    """``n`` digits in order, as many of each as goes."""
    return np.sort(np.arange(n) % CLASSES)


def generate(
    name: str,
    model: Model,
    judge: Classifier,
    settings: GenerationSettings,
    *,
    samples: int,
    seed: int,
    threads: int | None,
    progress: Progress,
) -> Generated:
    """``samples`` digits by optimization of ``model``'s input, one attempt each."""
    labels = asked_digits(samples)
    starts = uniform((samples, model.n_inputs), random_state=seed)

    def tell(state: OptimizeProgress) -> None:
        progress.update(state.finished)

    progress.start(f"{name}: {samples:,} digits", samples)
    begin = time.perf_counter()
    result = optimize(
        model,
        one_hot(labels, CLASSES),
        starts=starts,
        mse=settings.mse,
        optimizer=NormalizedGradientDescent(desired_change=settings.desired_change),
        bounds=settings.bounds,
        max_iterations=settings.max_iterations,
        threads=threads,
        callback=tell,
    )
    seconds = time.perf_counter() - begin
    generated = Generated(result, labels, judge.predict(result.samples), seconds, settings)
    facts = generated.facts()
    progress.finish(
        f"{facts['success_rate']:.0%} succeed, {facts['recognised']:.0%} are recognised"
    )
    return generated

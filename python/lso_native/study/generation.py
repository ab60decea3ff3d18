"""Generating digits by optimization, and judging what came out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from lso_native._typing import Array, BoolArray, Float64Array, FloatArray, IntArray
from lso_native.metrics import Panel, Share, wilson_interval
from lso_native.network import Model
from lso_native.optimize import (
    DEFAULT_MAX_ITERATIONS,
    DEFAULT_MSE,
    OptimizeProgress,
    OptimizeResult,
    optimize,
)
from lso_native.optimizers import NormalizedGradientDescent
from lso_native.random import uniform
from lso_native.study.progress import Progress
from lso_native.study.results import optimized_arrays
from lso_native.terms import one_hot

CLASSES = 10
_MOST = 0.5
NO_DIGIT = (
    -1
)  # the judge's label for an image of none, and the label of a sample that was asked for none


@dataclass(frozen=True)
class GenerationSettings:
    """The faithful setting: starts uniform in 0..1, Algorithm 3 with C = -E, no bounds."""

    mse: float = DEFAULT_MSE
    desired_change: float = NormalizedGradientDescent.desired_change  # C / E
    bounds: tuple[float, float] | None = None
    max_iterations: int = DEFAULT_MAX_ITERATIONS


@dataclass(frozen=True)
class Generated:
    """Samples of one system."""

    samples: FloatArray
    """(n, n_pixels), as generated."""
    labels: IntArray
    """(n,) the digit asked for, ``NO_DIGIT`` where none was."""
    seen: IntArray
    """(n,) the digit that the first judge sees, or ``NO_DIGIT``."""
    recognition: Share
    """Whether each judge sees the digit asked for, or is sure of any where none was."""
    success: BoolArray
    """(n,) whether the classifier's output meets the target; never where no digit was asked for."""
    mse: Float64Array
    """(n,) the classifier's, NaN where no digit was asked for."""
    iterations: IntArray
    """(n,) 0 where nothing was optimized."""
    seconds: float
    result: OptimizeResult | None = None
    settings: GenerationSettings | None = None
    starts: FloatArray | None = None
    """(n, latent) where each latent began, and ..."""
    latents: FloatArray | None = None
    """... where it ended; of a system that moves them without one ``result``."""
    statuses: tuple[str, ...] = ()

    @property
    def recognised(self) -> BoolArray:
        """(n,) whether most judges see the digit asked for, or are sure of any where none was."""
        return np.asarray(self.recognition.values.mean(axis=0) > _MOST)

    def facts(self) -> dict[str, Any]:
        """The figures of results.json; a rate is null where no digit was asked for."""
        n, successes = len(self.labels), int(self.success.sum())
        asked = bool((self.labels != NO_DIGIT).all())
        facts: dict[str, Any] = {
            "n": n,
            "successes": successes,
            "success_rate": successes / n if asked else None,
            "success_interval": list(wilson_interval(successes, n)) if asked else None,
            **self.recognition.summary("recognised"),
            "median_iterations": int(np.median(self.iterations)),
            "generate_seconds": self.seconds,
        }
        if self.result is not None and self.settings is not None:
            status, counts = np.unique(self.result.status, return_counts=True)
            bounds = self.settings.bounds
            facts["statuses"] = dict(zip(status.tolist(), counts.tolist(), strict=True))
            facts["desired_change"] = self.settings.desired_change
            facts["bounds"] = None if bounds is None else list(bounds)
        if self.starts is not None and self.latents is not None:
            status, counts = np.unique(self.statuses, return_counts=True)
            facts["statuses"] = dict(zip(status.tolist(), counts.tolist(), strict=True))
            # in double: a step without a limit may go anywhere
            moved = np.linalg.norm(self.latents.astype(np.float64) - self.starts, axis=1)
            facts["unmoved"] = float((self.iterations == 0).mean())
            facts["median_move"] = float(np.median(moved))
            facts["longest_move"] = float(moved.max())
        return facts

    def arrays(self) -> dict[str, Array]:
        """The arrays of samples/NAME.npz."""
        if self.result is not None:
            return optimized_arrays(self.samples, self.result, self.labels) | {
                "recognised_as": self.seen
            }
        arrays: dict[str, Array] = {
            "images": self.samples.astype(np.float32),
            "labels": self.labels,
            "success": self.success,
            "mse": self.mse,
            "iterations": self.iterations,
            "recognised_as": self.seen,
        }
        if self.starts is not None and self.latents is not None:
            arrays |= {"starts": self.starts, "latents": self.latents}
        return arrays


def asked_digits(n: int) -> IntArray:
    """``n`` digits in order, as many of each as goes."""
    return np.sort(np.arange(n) % CLASSES)


def generate(
    name: str,
    model: Model,
    panel: Panel,
    settings: GenerationSettings,
    *,
    samples: int,
    seed: int,
    threads: int | None,
    progress: Progress,
    starts: FloatArray | None = None,
) -> Generated:
    """``samples`` digits by optimization of ``model``'s input, one attempt each, from ``starts`` (samples, n_inputs),
    uniform in 0..1 where none are given."""
    labels = asked_digits(samples)
    if starts is None:
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
    images = result.latents if len(model.parts) == 1 else result.samples
    generated = Generated(
        images,
        labels,
        seen_by(panel, images),
        panel.recognition(images, labels)[0],
        result.success,
        result.mse,
        result.iterations,
        seconds,
        result,
        settings,
    )
    progress.finish(
        f"{result.success.mean():.0%} succeed, {generated.recognition.mean:.0%} are recognised"
    )
    return generated


def judge_samples(
    samples: FloatArray,
    labels: IntArray,
    classifier: Model,
    panel: Panel,
    *,
    seconds: float,
    mse: float = DEFAULT_MSE,
) -> Generated:
    """What became of ``samples`` (n, n_pixels) that no optimization made, held to the same target."""
    asked = labels != NO_DIGIT
    errors = np.full(len(labels), np.nan)
    if asked.any():
        outputs = classifier(samples[asked]).astype(np.float64)
        errors[asked] = np.square(outputs - one_hot(labels[asked], CLASSES)).mean(axis=1)
    return Generated(
        samples,
        labels,
        seen_by(panel, samples),
        panel.recognition(samples, labels)[0],
        errors <= mse,  # NaN is not
        errors,
        np.zeros(len(labels), np.int64),
        seconds,
    )


def seen_by(panel: Panel, images: Array) -> Array:
    """What the first judge names ``images``, however far from digits these are."""
    judge = panel.judges[0]
    return np.asarray(judge.classes_[judge.network_(images).argmax(axis=1)])

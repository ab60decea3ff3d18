"""What a system makes: samples, one attempt each, and what became of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lso_native._typing import Array, BoolArray, Float64Array, FloatArray, IntArray
from lso_native.errors import ArgumentError, ArgumentTypeError
from lso_native.files.arrays import read_arrays
from lso_native.metrics import wilson_interval
from lso_native.network import Model
from lso_native.optimize import DEFAULT_MSE, OptimizeResult
from lso_native.study.fit import Trained
from lso_native.study.results import write_samples
from lso_native.study.step import Facts, Step, Work, read_facts, write_json
from lso_native.terms import one_hot

__all__ = [
    "NO_LABEL",
    "Attempts",
    "Generated",
    "Way",
    "asked_labels",
    "held_to_target",
    "of_descent",
]

# A judge's label for a sample of no class, and the label of a sample that was asked for none.
NO_LABEL = -1


@dataclass(frozen=True, eq=False)
class Generated:
    """Samples of one system.

    Attributes
    ----------
    samples : (n, n_features), as generated.
    labels : (n,) the class asked for, ``NO_LABEL`` where none was.
    success : (n,) whether the classifier's output meets the target; never where no class was asked for.
    mse : (n,) the classifier's, NaN where no class was asked for.
    iterations : (n,) 0 where nothing was optimized.
    starts : (n, latent) where each latent began, and ...
    latents : ... where it ended.
    told : whatever else there is to say, by name, as JSON takes it.
    """

    samples: FloatArray
    labels: IntArray
    success: BoolArray
    mse: Float64Array
    iterations: IntArray
    starts: FloatArray | None = None
    latents: FloatArray | None = None
    told: Mapping[str, Any] = field(default_factory=dict)

    def facts(self) -> Facts:
        """The figures of results.json; a rate is null where no class was asked for."""
        n, successes = len(self.labels), int(self.success.sum())
        asked = bool((self.labels != NO_LABEL).all())
        return {
            "n": n,
            "successes": successes,
            "success_rate": successes / n if asked else None,
            "success_interval": list(wilson_interval(successes, n)) if asked else None,
            "median_iterations": int(np.median(self.iterations)),
            **self.told,
        }

    def arrays(self) -> dict[str, Array]:
        """The arrays of samples/NAME.npz."""
        arrays: dict[str, Array] = {
            "images": self.samples.astype(np.float32),
            "labels": self.labels,
            "success": self.success,
            "mse": self.mse,
            "iterations": self.iterations,
        }
        if self.starts is not None and self.latents is not None:
            arrays |= {"starts": self.starts, "latents": self.latents}
        return arrays


@dataclass(frozen=True)
class Way(ABC):
    """How samples are made: a frozen dataclass derived from this, its fields settings, data sets and steps."""

    @property
    def model(self) -> Step[Trained] | None:
        """Whose decoder the samples come through, if there is one."""
        return None

    @property
    def size(self) -> int:
        """How many samples, as far as that is a field."""
        return int(getattr(self, "n", 100))

    def cost(self) -> float:
        """About how many seconds it takes on one core (``Step.cost``)."""
        return 0.02 + 5e-4 * self.size

    @abstractmethod
    def run(self, name: str, work: Work) -> Generated:
        """Samples for the system ``name``, one attempt each; ``work`` gives what other steps made."""


@dataclass(frozen=True)
class Attempts(Step[Generated]):
    """The samples of the system ``name``."""

    name: str
    way: Way

    @property
    def title(self) -> str:
        """The system, and that these are its samples."""
        return f"{self.name} samples"

    def cost(self, work: Work) -> float:  # noqa: ARG002
        """That of the way."""
        return self.way.cost()

    def make(self, work: Work) -> Generated:
        """As the system does it; raises TypeError and ValueError for what are no samples."""
        made = self.way.run(self.name, work)
        name = f"{type(self.way).__name__}.run"
        if not isinstance(made, Generated):
            raise ArgumentTypeError(name, "Generated", type(made).__name__)
        return _checked(name, made)

    def save(self, made: Generated, folder: Path) -> None:
        """Write samples.npz and told.json."""
        write_samples(folder / "samples.npz", made.arrays())
        write_json(folder / "told.json", dict(made.told))

    def load(self, folder: Path) -> Generated:
        """Read both."""
        arrays = read_arrays(
            folder / "samples.npz", images="n d", labels="n", success="n", mse="n", iterations="n"
        )
        made = Generated(arrays.pop("images"), **arrays, told=read_facts(folder / "told.json"))
        return _checked(str(folder / "samples.npz"), made)


def _checked(name: str, made: Generated) -> Generated:
    """``made``, if it is samples; ArgumentError of ``name``, who made it, otherwise."""
    each = made.labels, made.success, made.mse, made.iterations
    n = len(made.labels) if np.ndim(made.labels) else -1
    if (
        np.ndim(made.samples) != 2
        or len(made.samples) != n
        or {np.shape(e) for e in each} != {(n,)}
    ):
        got = f"samples of shape {np.shape(made.samples)}, {max(n, 0)} labels"
        raise ArgumentError(name, "(n, n_features) samples, and n of all else", got)
    if not np.isfinite(made.samples).all():
        raise ArgumentError(name, "samples that are finite", "NaN or infinity")
    return made


def asked_labels(n: int, classes: int) -> IntArray:
    """``n`` labels in order, as many of each class as goes."""
    return np.sort(np.arange(n) % classes)


def statuses(status: Array) -> dict[str, int]:
    """How many there are of each."""
    names, counts = np.unique(status, return_counts=True)
    return dict(zip(names.tolist(), counts.tolist(), strict=True))


def of_descent(
    images: FloatArray, labels: IntArray, result: OptimizeResult, told: Mapping[str, Any]
) -> Generated:
    """``images`` (n, n_features) that the descent of ``result`` ended at."""
    return Generated(
        images,
        labels,
        result.success,
        result.mse,
        result.iterations,
        result.starts,
        result.latents,
        {"statuses": statuses(result.status), **told},
    )


def held_to_target(
    samples: FloatArray, labels: IntArray, classifier: Model, *, mse: float = DEFAULT_MSE
) -> Generated:
    """``samples`` (n, n_features) that no descent made, held to the same target."""
    asked = labels != NO_LABEL
    errors = np.full(len(labels), np.nan)
    if asked.any():
        outputs = classifier(samples[asked]).astype(np.float64)
        wanted = one_hot(labels[asked], classifier.n_outputs)
        errors[asked] = np.square(outputs - wanted).mean(axis=1)
    iterations = np.zeros(len(labels), np.int64)
    return Generated(samples, labels, errors <= mse, errors, iterations)  # NaN is not

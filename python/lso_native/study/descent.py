"""A system that optimizes: latents, or the samples themselves, move until the classifier's output is the target."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

from lso_native._typing import FloatArray
from lso_native.optimize import DEFAULT_MAX_ITERATIONS, DEFAULT_MSE, OptimizeProgress, optimize
from lso_native.optimizers import NormalizedGradientDescent
from lso_native.random import normal, permutation, uniform
from lso_native.study.attempts import Generated, Way, asked_labels, of_descent
from lso_native.study.data import DataSet
from lso_native.study.fit import Fit, Trained
from lso_native.study.step import Step, Work
from lso_native.terms import one_hot

__all__ = ["Codes", "Descent", "DescentSettings", "Normal", "Prior", "Start", "Uniform"]


@dataclass(frozen=True)
class DescentSettings:
    """The faithful setting: Algorithm 3 with C = -E, no bounds.

    mse : at which the target is met.
    desired_change : C / E of Algorithm 3.
    bounds : (low, high) of the latents; None for none.
    max_iterations : steps a start may take.
    """

    mse: float = DEFAULT_MSE
    desired_change: float = NormalizedGradientDescent.desired_change  # C / E
    bounds: tuple[float, float] | None = None
    max_iterations: int = DEFAULT_MAX_ITERATIONS


@dataclass(frozen=True)
class Start(ABC):
    """Where a descent begins."""

    @abstractmethod
    def points(self, work: Work, model: Any, n: int, n_inputs: int, seed: int) -> FloatArray:
        """(n, n_inputs); ``model`` is the estimator whose latents they are, or None.

        work : the folder, and what other steps made.
        n, n_inputs : how many, and of what length.
        seed : of what is drawn.
        """

    @abstractmethod
    def __str__(self) -> str:
        """In a few words."""


@dataclass(frozen=True)
class Uniform(Start):
    """Uniform numbers.

    low, high : the ends.
    """

    low: float = 0.0
    high: float = 1.0

    def points(self, work: Work, model: Any, n: int, n_inputs: int, seed: int) -> FloatArray:  # noqa: ARG002
        """From ``low`` to ``high``."""
        return uniform((n, n_inputs), low=self.low, high=self.high, random_state=seed)

    def __str__(self) -> str:
        return f"uniform {self.low:g}..{self.high:g}"


@dataclass(frozen=True)
class Normal(Start):
    """Normal numbers about 0.

    scale : the standard deviation.
    """

    scale: float = 1.0

    def points(self, work: Work, model: Any, n: int, n_inputs: int, seed: int) -> FloatArray:  # noqa: ARG002
        """Of the standard deviation ``scale``."""
        return self.scale * normal((n, n_inputs), random_state=seed)

    def __str__(self) -> str:
        return f"normal, sd {self.scale:g}"


@dataclass(frozen=True)
class Prior(Start):
    """Draws of the model's own prior."""

    def points(self, work: Work, model: Any, n: int, n_inputs: int, seed: int) -> FloatArray:  # noqa: ARG002
        """As the model draws its latents."""
        latents: FloatArray = model.sample_latent(n, random_state=seed)
        return latents

    def __str__(self) -> str:
        return "the prior"


@dataclass(frozen=True)
class Codes(Start):
    """Codes of training samples."""

    data: DataSet

    def points(self, work: Work, model: Any, n: int, n_inputs: int, seed: int) -> FloatArray:  # noqa: ARG002
        """Of ``n`` chosen ones."""
        images = work.data(self.data).train.images
        codes: FloatArray = model.transform(images[permutation(len(images), random_state=seed)[:n]])
        return codes

    def __str__(self) -> str:
        return "codes of images"


@dataclass(frozen=True)
class Descent(Way):
    """``n`` samples by optimization, one attempt each.

    Attributes
    ----------
    through : whose decoder the latent goes through; None where the classifier's own input is optimized.
    """

    classifier: Step[Trained]
    through: Fit | None
    start: Start
    n: int
    seed: int
    settings: DescentSettings = field(default_factory=DescentSettings)

    @property
    def model(self) -> Fit | None:
        """The one it goes through."""
        return self.through

    def run(self, name: str, work: Work) -> Generated:
        """Of each class in turn."""
        classifier = work.get(self.classifier).estimator.network_
        model = None if self.through is None else work.get(self.through).estimator
        network = classifier if model is None else model.decoder_ >> classifier
        labels = asked_labels(self.n, classifier.n_outputs)
        starts = self.start.points(work, model, self.n, network.n_inputs, self.seed)

        def tell(state: OptimizeProgress) -> None:
            work.progress.update(state.finished)

        work.progress.start(f"{name}: {self.n:,} samples", self.n)
        settings = self.settings
        with work.clock():
            result = optimize(
                network,
                one_hot(labels, classifier.n_outputs),
                starts=starts,
                mse=settings.mse,
                optimizer=NormalizedGradientDescent(desired_change=settings.desired_change),
                bounds=settings.bounds,
                max_iterations=settings.max_iterations,
                threads=work.threads,
                callback=tell,
            )
        work.progress.finish(f"{result.success.mean():.0%} meet the target")
        told = {
            "desired_change": settings.desired_change,
            "bounds": None if settings.bounds is None else list(settings.bounds),
        }
        images = result.latents if model is None else result.samples
        return of_descent(images, labels, result, told)

"""Systems that sample a model: as it is, or where its codes of a class are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lso_native._typing import FloatArray, IntArray
from lso_native.data import Part
from lso_native.models.gan import ConditionalGAN
from lso_native.models.vae import VAE
from lso_native.random import subseed
from lso_native.study.attempts import (
    NO_LABEL,
    Generated,
    Way,
    asked_labels,
    held_to_target,
)
from lso_native.study.blas import one_blas_thread
from lso_native.study.data import DataSet, first
from lso_native.study.fit import Fit, Trained
from lso_native.study.generators import Generator
from lso_native.study.step import Step, Work


@dataclass(frozen=True)
class Sampled(Way):
    """``n`` samples of a model by itself."""

    classifier: Step[Trained]
    of: Fit
    n: int
    seed: int

    @property
    def model(self) -> Fit:
        """The one that is sampled."""
        return self.of

    def run(self, name: str, work: Work) -> Generated:
        """Of each class in turn, where the model can be asked for one."""
        classifier = work.get(self.classifier).estimator.network_
        model = work.get(self.of).estimator
        work.progress.start(f"{name}: {self.n:,} samples", self.n)
        with work.clock():
            images, labels = self.draw(work, model, classifier.n_outputs)
        generated = held_to_target(images, labels, classifier)
        work.progress.finish("drawn")
        return generated

    def draw(self, work: Work, model: Generator, classes: int) -> tuple[FloatArray, IntArray]:  # noqa: ARG002
        """Samples, and the classes asked for."""
        if isinstance(model, ConditionalGAN):
            labels = asked_labels(self.n, classes)
            return model.sample(labels, random_state=self.seed), labels
        return model.sample(self.n, random_state=self.seed), np.full(self.n, NO_LABEL)


@dataclass(frozen=True)
class ClusterSettings:
    """A Gaussian mixture for each class over the codes of a VAE."""

    components: int = 30
    spread: float = (
        0.9  # of each Gaussian's standard deviations; chosen by measurement (docs/results.md)
    )


@dataclass(frozen=True)
class Clustered(Sampled):
    """``n`` samples decoded from a Gaussian mixture for each class over codes of the training part."""

    data: DataSet
    images: int
    """How many of it the VAE learned."""
    settings: ClusterSettings
    needs: ClassVar[tuple[str, ...]] = ("scikit-learn",)

    def cost(self) -> float:
        """It fits a mixture."""
        return 1.0 + super().cost()

    def draw(self, work: Work, model: Generator, classes: int) -> tuple[FloatArray, IntArray]:
        """Raises ImportError, saying what to install, where scikit-learn is missing."""
        assert isinstance(model, VAE)
        labels = asked_labels(self.n, classes)
        part = first(work.data(self.data).train, self.images)
        return sample_clusters(model, part, self.settings, labels, self.seed), labels


def sample_clusters(
    model: VAE, part: Part, settings: ClusterSettings, labels: IntArray, seed: int
) -> FloatArray:
    """A sample for each of ``labels`` (n,), decoded from mixtures fitted to draws from the codes of ``part``."""
    try:
        from sklearn.mixture import GaussianMixture
    except ImportError as error:
        raise ImportError(
            "systems: 'vae-clusters' needs scikit-learn: install the extra 'experiments', as in "
            "pip install 'lso_native[experiments]'"
        ) from error
    codes = model.sample_posterior(part.images, random_state=seed)
    drawn = np.empty((len(labels), codes.shape[1]), codes.dtype)
    for label, count in zip(*np.unique(labels, return_counts=True), strict=True):
        members = codes[part.labels == label].astype(np.float64)  # covariances need the digits
        mixture = GaussianMixture(
            min(settings.components, len(members) // (2 * codes.shape[1]) + 1),
            tol=1e-2,
            random_state=subseed(seed, int(label)) % 2**32,
        )
        with one_blas_thread():  # that of SciPy too, which may have been loaded just now
            fitted = mixture.fit(members)
        points, of = fitted.sample(count)
        centres = fitted.means_[of]
        drawn[labels == label] = centres + settings.spread * (points - centres)
    return model.inverse_transform(drawn)

"""The generative models that the paper names beside its own: VAE, GAN, conditional GAN, guided GAN.

Each is one estimator; what a system does with it (sample it, sample clusters of its codes, or optimize its latent
input) is the system's matter.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lso_native._typing import FloatArray, IntArray
from lso_native.data import Digits, Part
from lso_native.models.gan import GAN, ConditionalGAN
from lso_native.models.guide import ClassifierGuide
from lso_native.models.noisy_autoencoder import NoisyAutoencoder
from lso_native.models.training import ADVICE, subseed
from lso_native.models.vae import VAE
from lso_native.network import Network
from lso_native.study.generation import NO_DIGIT, asked_digits
from lso_native.study.models import Trained
from lso_native.study.progress import Progress
from lso_native.training import TrainProgress


@dataclass(frozen=True)
class GeneratorSettings(ABC):
    """What every kind has; a kind adds its own, makes its estimator, and says what became of it."""

    latent: int = 20
    images: int = 30_000
    samples: int = 900_000  # how many to show, in whole epochs
    most_epochs: int = 150  # few images are not shown for ever
    hidden: tuple[int, ...] = (256, 128)

    @abstractmethod
    def estimator(self, classifier: Network, **common: Any) -> Generator:
        """Not yet fitted; ``common`` is what every estimator takes."""

    @abstractmethod
    def facts(self, model: Any, digits: Digits) -> dict[str, float]:
        """Figures of the fitted estimator."""


@dataclass(frozen=True)
class _EncoderSettings(GeneratorSettings):
    """196-256-128-latent-128-256-196."""

    def facts(self, model: Any, digits: Digits) -> dict[str, float]:
        """The errors on training and test images."""
        test = digits.test.images
        error = float(np.square(model.reconstruct(test) - test).mean(dtype=np.float64))
        return {"train_mse": model.mse_, "test_mse": error}


@dataclass(frozen=True)
class VAESettings(_EncoderSettings):
    """A variational autoencoder."""

    samples: int = 1_800_000
    most_epochs: int = 300
    kl_weight: float = 1.0
    batch_size: int = 50
    average: float = 0.0

    def estimator(self, classifier: Network, **common: Any) -> VAE:  # noqa: ARG002
        """Not yet fitted."""
        return VAE(
            self.latent,
            hidden=self.hidden,
            kl_weight=self.kl_weight,
            batch_size=self.batch_size,
            average=self.average,
            **common,
        )

    def facts(self, model: Any, digits: Digits) -> dict[str, float]:
        """The errors, and how many latents carry something."""
        return {**super().facts(model, digits), "active_latents": model.active_latents_}


@dataclass(frozen=True)
class NoisySettings(_EncoderSettings):
    """Noise on the normalized latent."""

    samples: int = 1_200_000
    most_epochs: int = 200
    latent_noise: float = 0.3

    def estimator(self, classifier: Network, **common: Any) -> NoisyAutoencoder:  # noqa: ARG002
        """Not yet fitted."""
        noise = self.latent_noise
        return NoisyAutoencoder(self.latent, hidden=self.hidden, latent_noise=noise, **common)


@dataclass(frozen=True)
class GANSettings(GeneratorSettings):
    """latent-256-256-196 against 196-256-256-1; penalty and guide chosen by measurement (docs/results.md)."""

    hidden: tuple[int, ...] = (256, 256)
    conditional: bool = False
    guide_weight: float = 0.0  # of the classifier's squared error beside the discriminator's
    gradient_penalty: float = 0.1

    def estimator(self, classifier: Network, **common: Any) -> GAN | ConditionalGAN:
        """Not yet fitted; ``classifier`` guides it."""
        guide = ClassifierGuide(classifier, self.guide_weight) if self.guide_weight > 0 else None
        return (ConditionalGAN if self.conditional else GAN)(
            self.latent,
            hidden=self.hidden,
            discriminator_hidden=self.hidden,
            gradient_penalty=self.gradient_penalty,
            guide=guide,
            **common,
        )

    def facts(self, model: Any, digits: Digits) -> dict[str, float]:  # noqa: ARG002
        """The samples' variance over the images'."""
        return {"diversity": model.diversity_}


@dataclass(frozen=True)
class ClusterSettings:
    """A Gaussian mixture for each digit over the codes of a VAE."""

    components: int = 30
    spread: float = (
        0.9  # of each Gaussian's standard deviations; chosen by measurement (docs/results.md)
    )


Generator = VAE | NoisyAutoencoder | GAN | ConditionalGAN


def train_generator(
    name: str,
    settings: GeneratorSettings,
    digits: Digits,
    classifier: Network,
    seed: int,
    threads: int | None,
    progress: Progress,
) -> Trained:
    """The model of ``settings`` on the first images of the training part."""
    part = Part(digits.train.images[: settings.images], digits.train.labels[: settings.images])
    epochs = min(max(1, settings.samples // len(part)), settings.most_epochs)
    progress.start(f"{name}: {len(part):,} images", epochs)
    begin = time.perf_counter()
    common = {"epochs": epochs, "random_state": seed, "threads": threads}
    model = settings.estimator(classifier, **common)
    model.fit(part.images, part.labels, callback=_on_epoch(progress))
    seconds = time.perf_counter() - begin
    facts: dict[str, Any] = {
        "latent": settings.latent,
        "train_images": len(part),
        "train_epochs": model.n_epochs_,
        "train_status": model.status_,
        "train_seconds": seconds,
        **settings.facts(model, digits),
    }
    diversity = facts.get("diversity")
    progress.finish(
        f"MSE {facts['train_mse']:.4f}"
        if diversity is None
        else f"{diversity:.0%} of the real images' variance"
    )
    if model.status_ in ADVICE:
        facts["advice"] = f"{name} {model.status_}: {ADVICE[model.status_]}"
        progress.note(facts["advice"])
    return Trained(model, seconds, facts)


def sample(model: Generator, n: int, seed: int) -> tuple[FloatArray, IntArray]:
    """``n`` samples of a model by itself, and the digits asked for: none where it cannot be asked."""
    if isinstance(model, ConditionalGAN):
        labels = asked_digits(n)
        return model.sample(labels, random_state=seed), labels
    return model.sample(n, random_state=seed), np.full(n, NO_DIGIT)


def sample_clusters(
    model: VAE, part: Part, settings: ClusterSettings, n: int, seed: int
) -> tuple[FloatArray, IntArray]:
    """``n`` digits decoded from a Gaussian mixture for each digit, fitted to draws from the codes of ``part``.

    Raises ImportError, saying what to install, where scikit-learn is missing.
    """
    try:
        from sklearn.mixture import GaussianMixture
    except ImportError as error:
        raise ImportError(
            "systems: 'vae-clusters' needs scikit-learn: install the extra 'experiments', as in "
            "pip install '.[experiments]'"
        ) from error
    codes = model.sample_posterior(part.images, random_state=seed)
    labels = asked_digits(n)
    drawn = np.empty((n, codes.shape[1]), codes.dtype)
    for digit, count in zip(*np.unique(labels, return_counts=True), strict=True):
        members = codes[part.labels == digit].astype(np.float64)  # covariances need the digits
        fitted = GaussianMixture(
            min(settings.components, len(members) // (2 * codes.shape[1]) + 1),
            tol=1e-2,
            random_state=subseed(seed, int(digit)) % 2**32,
        ).fit(members)
        points, of = fitted.sample(count)
        centres = fitted.means_[of]
        drawn[labels == digit] = centres + settings.spread * (points - centres)
    return model.inverse_transform(drawn), labels


def _on_epoch(progress: Progress) -> Callable[[TrainProgress], None]:
    def tell(epoch: TrainProgress) -> None:
        shown = [f"{name} {value:.3g}" for name, value in list(epoch.scores.items())[:2]]
        progress.update(epoch.epoch, ", ".join(shown))

    return tell

"""The generative models that the paper names beside its own: VAE, GAN, conditional GAN, guided GAN; and one with noise.

Each is one estimator; what a system does with it (sample it, sample clusters of its codes, or optimize its latent
input) is the system's matter.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from lso_native.models.gan import GAN, ConditionalGAN
from lso_native.models.guide import ClassifierGuide
from lso_native.models.noisy_autoencoder import NoisyAutoencoder
from lso_native.models.training import ADVICE
from lso_native.models.vae import VAE
from lso_native.network import Network
from lso_native.study.data import Split, first
from lso_native.study.fit import Fit, Trained, on_epoch, training_cost
from lso_native.study.step import Facts, Step, Work

Generator = VAE | NoisyAutoencoder | GAN | ConditionalGAN


@dataclass(frozen=True)
class GeneratorSettings(ABC):
    """What every kind has; a kind adds its own, makes its estimator, and says what became of it."""

    latent: int = 20
    images: int = 30_000
    samples: int = 900_000  # how many to show, in whole epochs
    most_epochs: int = 150  # few images are not shown for ever
    hidden: tuple[int, ...] = (256, 128)

    def epochs(self, images: int) -> int:
        """Passes over so many."""
        return min(max(1, self.samples // images), self.most_epochs)

    @property
    def guided(self) -> bool:
        """Whether a classifier has a say while it trains."""
        return False

    @property
    def has_encoder(self) -> bool:
        """Whether it tells the codes of samples."""
        return False

    @property
    def has_latent_space(self) -> bool:
        """Whether it is asked for nothing beside its latent."""
        return True

    @abstractmethod
    def estimator(self, guide: Network | None, **common: Any) -> Generator:
        """Not yet fitted; ``common`` is what every estimator takes."""

    @abstractmethod
    def facts(self, model: Any, data: Split) -> dict[str, float]:
        """Figures of the fitted estimator."""


@dataclass(frozen=True)
class _EncoderSettings(GeneratorSettings):
    """196-256-128-latent-128-256-196."""

    @property
    def has_encoder(self) -> bool:
        """Both kinds do."""
        return True

    def facts(self, model: Any, data: Split) -> dict[str, float]:
        """The errors on training and test images."""
        test = data.test.images
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

    def estimator(self, guide: Network | None, **common: Any) -> VAE:  # noqa: ARG002
        """Not yet fitted."""
        return VAE(
            self.latent,
            hidden=self.hidden,
            kl_weight=self.kl_weight,
            batch_size=self.batch_size,
            average=self.average,
            **common,
        )

    def facts(self, model: Any, data: Split) -> dict[str, float]:
        """The errors, and how many latents carry something."""
        return {**super().facts(model, data), "active_latents": model.active_latents_}


@dataclass(frozen=True)
class NoisySettings(_EncoderSettings):
    """Noise on the normalized latent."""

    samples: int = 1_200_000
    most_epochs: int = 200
    latent_noise: float = 0.3

    def estimator(self, guide: Network | None, **common: Any) -> NoisyAutoencoder:  # noqa: ARG002
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

    def estimator(self, guide: Network | None, **common: Any) -> GAN | ConditionalGAN:
        """Not yet fitted; the classifier ``guide`` has a say in it."""
        teacher = None if guide is None else ClassifierGuide(guide, self.guide_weight)
        return (ConditionalGAN if self.conditional else GAN)(
            self.latent,
            hidden=self.hidden,
            discriminator_hidden=self.hidden,
            gradient_penalty=self.gradient_penalty,
            guide=teacher,
            **common,
        )

    @property
    def has_latent_space(self) -> bool:
        """Not where it is asked for a class too."""
        return not self.conditional

    @property
    def guided(self) -> bool:
        """Where it has a weight."""
        return self.guide_weight > 0

    def facts(self, model: Any, data: Split) -> dict[str, float]:  # noqa: ARG002
        """The samples' variance over the images'."""
        return {"diversity": model.diversity_}


@dataclass(frozen=True)
class FitGenerator(Fit):
    """The model of ``settings`` on the first samples of the training part."""

    settings: GeneratorSettings
    classifier: Step[Trained] | None = None
    """Which guides it, where it is guided."""

    @property
    def has_encoder(self) -> bool:
        """As the settings say."""
        return self.settings.has_encoder

    @property
    def has_latent_space(self) -> bool:
        """As the settings say."""
        return self.settings.has_latent_space

    def cost(self, work: Work) -> float:
        """By what it is shown: two networks, each the other's mirror or nearly so."""
        images, settings = work.data(self.data).train.images, self.settings
        n = min(len(images), settings.images)
        widths = (images.shape[1], *settings.hidden, settings.latent)
        return training_cost(settings.epochs(n) * n, widths, widths[::-1])

    def make(self, work: Work) -> Trained:
        """Fitted, and tried on the test part."""
        data, settings = work.data(self.data), self.settings
        part = first(data.train, settings.images)
        epochs = settings.epochs(len(part))
        guide = None if self.classifier is None else work.get(self.classifier).estimator.network_
        work.progress.start(f"{self.name}: {len(part):,} images", epochs)
        with work.clock():
            model = settings.estimator(guide, epochs=epochs, random_state=self.seed)
            model.fit(part.images, part.labels, callback=on_epoch(work.progress))
        facts: Facts = {
            "latent": settings.latent,
            "train_images": len(part),
            "train_epochs": model.n_epochs_,
            "train_status": model.status_,
            **settings.facts(model, data),
        }
        diversity = facts.get("diversity")
        work.progress.finish(
            f"MSE {facts['train_mse']:.4f}"
            if diversity is None
            else f"{diversity:.0%} of the real images' variance"
        )
        if model.status_ in ADVICE:
            facts["advice"] = f"{self.name} {model.status_}: {ADVICE[model.status_]}"
            work.progress.note(facts["advice"])
        return Trained(model, facts)

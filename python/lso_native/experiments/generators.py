"""The generative models that the paper names beside its own: VAE, GAN, conditional GAN, guided GAN.

Each is one estimator; what a system does with it (sample it, sample clusters of its codes, or optimize its latent
input) is the system's matter.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lso_native._typing import FloatArray, IntArray
from lso_native.data import Digits, Part
from lso_native.experiments.generation import NO_DIGIT, asked_digits
from lso_native.experiments.models import Trained
from lso_native.experiments.progress import Progress
from lso_native.models.gan import GAN, ConditionalGAN
from lso_native.models.generative import ADVICE, GenerativeProgress, subseed
from lso_native.models.guide import ClassifierGuide
from lso_native.models.noisy_autoencoder import NoisyAutoencoder
from lso_native.models.vae import VAE
from lso_native.network import Network


@dataclass(frozen=True)
class VAESettings:
    """196-256-128-latent-128-256-196."""

    latent: int = 20
    images: int = 30_000
    samples: int = 1_800_000  # how many to show, in whole epochs
    most_epochs: int = 300
    hidden: tuple[int, ...] = (256, 128)
    kl_weight: float = 1.0


@dataclass(frozen=True)
class NoisySettings:
    """196-256-128-latent-128-256-196, noise on the normalized latent."""

    latent: int = 20
    images: int = 30_000
    samples: int = 1_200_000  # how many to show, in whole epochs
    most_epochs: int = 200
    hidden: tuple[int, ...] = (256, 128)
    latent_noise: float = 0.3


@dataclass(frozen=True)
class GANSettings:
    """latent-256-256-196 against 196-256-256-1; penalty and guide chosen by measurement (docs/results.md)."""

    latent: int = 20
    images: int = 30_000
    samples: int = 900_000  # how many to show, in whole epochs
    most_epochs: int = 150  # few images are not shown for ever
    hidden: tuple[int, ...] = (256, 256)
    conditional: bool = False
    guide_weight: float = 0.0  # of the classifier's squared error beside the discriminator's
    gradient_penalty: float = 0.1


@dataclass(frozen=True)
class ClusterSettings:
    """A Gaussian mixture for each digit over the codes of a VAE."""

    components: int = 30
    spread: float = (
        0.9  # of each Gaussian's standard deviations; chosen by measurement (docs/results.md)
    )


GeneratorSettings = VAESettings | NoisySettings | GANSettings
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
    tell = _on_epoch(progress)
    model: Generator
    if isinstance(settings, GANSettings):
        model = _train_gan(settings, part, classifier, epochs, seed, threads, tell)
    else:
        model = autoencoder_of(settings, epochs, seed, threads).fit(part.images, callback=tell)
    seconds = time.perf_counter() - begin
    facts: dict[str, Any] = {
        "latent": settings.latent,
        "train_images": len(part),
        "train_epochs": model.n_epochs_,
        "train_status": model.status_,
        "train_seconds": seconds,
    }
    if isinstance(model, VAE | NoisyAutoencoder):
        facts |= autoencoder_facts(model, digits)
        progress.finish(f"MSE {model.mse_:.4f}")
    else:
        facts["diversity"] = model.diversity_
        progress.finish(f"{model.diversity_:.0%} of the real images' variance")
    if model.status_ in ADVICE:
        facts["advice"] = f"{name} {model.status_}: {ADVICE[model.status_]}"
        progress.note(facts["advice"])
    return Trained(model, seconds, facts)


def autoencoder_of(
    settings: VAESettings | NoisySettings, epochs: int, seed: int, threads: int | None
) -> VAE | NoisyAutoencoder:
    """The estimator of ``settings``, not yet fitted."""
    common: dict[str, Any] = {"hidden": settings.hidden, "epochs": epochs, "threads": threads}
    if isinstance(settings, VAESettings):
        return VAE(settings.latent, kl_weight=settings.kl_weight, random_state=seed, **common)
    noise = settings.latent_noise
    return NoisyAutoencoder(settings.latent, latent_noise=noise, random_state=seed, **common)


def autoencoder_facts(model: VAE | NoisyAutoencoder, digits: Digits) -> dict[str, Any]:
    """The errors of ``model`` on training and test images."""
    test = digits.test.images
    error = float(np.square(model.reconstruct(test) - test).mean(dtype=np.float64))
    facts: dict[str, Any] = {"train_mse": model.mse_, "test_mse": error}
    return facts | {"active_latents": model.active_latents_} if isinstance(model, VAE) else facts


def _train_gan(
    settings: GANSettings,
    part: Part,
    classifier: Network,
    epochs: int,
    seed: int,
    threads: int | None,
    tell: Callable[[GenerativeProgress], None],
) -> GAN | ConditionalGAN:
    guide = ClassifierGuide(classifier, settings.guide_weight)
    options: dict[str, Any] = {
        "hidden": settings.hidden,
        "discriminator_hidden": settings.hidden,
        "gradient_penalty": settings.gradient_penalty,
        "guide": guide if settings.guide_weight > 0 else None,
        "epochs": epochs,
        "threads": threads,
        "random_state": seed,
    }
    if settings.conditional:
        return ConditionalGAN(settings.latent, **options).fit(
            part.images, part.labels, callback=tell
        )
    return GAN(settings.latent, **options).fit(part.images, callback=tell)


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
        members = codes[part.labels == digit].astype(np.float64)  # covariances need the room
        fitted = GaussianMixture(
            min(settings.components, len(members) // (2 * codes.shape[1]) + 1),
            tol=1e-2,
            random_state=subseed(seed, int(digit)) % 2**32,
        ).fit(members)
        points, of = fitted.sample(count)
        centres = fitted.means_[of]
        drawn[labels == digit] = centres + settings.spread * (points - centres)
    return model.inverse_transform(drawn), labels


def _on_epoch(progress: Progress) -> Callable[[GenerativeProgress], None]:
    def tell(epoch: GenerativeProgress) -> None:
        shown = [f"{name} {value:.3g}" for name, value in list(epoch.scores.items())[:2]]
        progress.update(epoch.epoch, ", ".join(shown))

    return tell

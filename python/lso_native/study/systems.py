"""The systems that the paper names, and the project's settings of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lso_native.study.generation import GenerationSettings
from lso_native.study.generators import (
    ClusterSettings,
    GANSettings,
    GeneratorSettings,
    NoisySettings,
    VAESettings,
)
from lso_native.study.models import AutoencoderSettings
from lso_native.study.recipe import RecipeSettings
from lso_native.study.results import plain


@dataclass(frozen=True)
class SystemSettings:
    """How a system makes digits: by optimization (``generation``), or by sampling its model."""

    generation: GenerationSettings | None = field(default_factory=GenerationSettings)
    autoencoder: AutoencoderSettings | None = None
    generator: str | None = None
    """Which of ``GENERATORS``: systems share one model."""
    clusters: ClusterSettings | None = None
    recipe: RecipeSettings | None = None
    """The project's own way, through the decoder of ``generator``."""


GENERATORS: dict[str, GeneratorSettings] = {
    "vae": VAESettings(),
    # A larger one: the blur of the other is what its samples differ from real images by.
    "wide-vae": VAESettings(hidden=(512, 256), most_epochs=150, batch_size=100, average=0.999),
    "noisy": NoisySettings(),
    "gan": GANSettings(),
    "cgan": GANSettings(conditional=True),
    "guided-gan": GANSettings(conditional=True, guide_weight=0.1),
}

# Input optimization from C = -E ends where the classifier's nodes saturate; gentle steps on pixels
# kept in 0..1 are what lets it succeed. Other latents start from their prior, or where the codes
# are, and stay where that has its mass; there the paper's step is better than gentler ones.
_WITHIN = GenerationSettings(bounds=(-3.0, 3.0))
# From another digit a sample ends where it is first met, on the side that it came from: more certain, and denser.
_FAR = RecipeSettings(start="other", certainty=0.998, keep=0.02, desired_change=-0.3)
SYSTEMS: dict[str, SystemSettings] = {
    "lso-1": SystemSettings(autoencoder=AutoencoderSettings(latent=5, images=1_000, mse=0.0239)),
    "lso-2": SystemSettings(autoencoder=AutoencoderSettings(latent=20, images=10_000, mse=0.0203)),
    "input-optimization": SystemSettings(
        generation=GenerationSettings(desired_change=-0.1, bounds=(0.0, 1.0), max_iterations=5_000)
    ),
    "gan": SystemSettings(None, generator="gan"),
    "cgan": SystemSettings(None, generator="cgan"),
    "guided-gan": SystemSettings(None, generator="guided-gan"),
    "vae": SystemSettings(None, generator="vae"),
    "vae-clusters": SystemSettings(None, generator="vae", clusters=ClusterSettings()),
    "lso-vae": SystemSettings(_WITHIN, generator="vae"),
    "lso-gan": SystemSettings(_WITHIN, generator="gan"),
    "lso-noisy": SystemSettings(_WITHIN, generator="noisy"),
    "lso": SystemSettings(None, generator="wide-vae", recipe=RecipeSettings()),
    "lso-far": SystemSettings(None, generator="wide-vae", recipe=_FAR),
}

# What each does, in a sentence.
SAYS: dict[str, str] = {
    "lso-1": "The paper's first: 5 latents of an autoencoder move until the classifier sees the digit asked for.",
    "lso-2": "The paper's second: 20 latents of an autoencoder move until the classifier sees the digit asked for.",
    "input-optimization": "No decoder: the pixels themselves move until the classifier sees the digit asked for.",
    "gan": "A GAN's generator draws digits, and nobody can ask for one.",
    "cgan": "A conditional GAN draws the digit asked for.",
    "guided-gan": "A conditional GAN that the classifier also taught while it trained.",
    "vae": "A VAE's decoder draws digits, and nobody can ask for one.",
    "vae-clusters": "A VAE's decoder, its latents drawn from Gaussians fitted to the codes of the digit asked for.",
    "lso-vae": "A VAE's latents move until the classifier sees the digit asked for.",
    "lso-gan": "A GAN's latents move until the classifier sees the digit asked for.",
    "lso-noisy": "The latents of an autoencoder trained with noise move until the classifier sees the digit asked for.",
    "lso": "The project's recipe: a VAE's latents, drawn for the digit asked for, move until three classifiers see it.",
    "lso-far": "The project's recipe from far away: every latent is drawn for another digit.",
}

# The paper, sections 5 and 5.1: MSE of the autoencoder, and successes among 100.
PAPER: dict[str, dict[str, Any]] = {
    "lso-1": {"train_mse": 0.0239, "successes": 64, "n": 100, "train_images": 1_000},
    "lso-2": {"train_mse": 0.0203, "successes": 82, "n": 100, "train_images": 10_000},
}


def described(name: str) -> dict[str, Any]:
    """A system's settings, its generator's among them, as results.json has them."""
    system = SYSTEMS[name]
    shared = None if system.generator is None else plain(GENERATORS[system.generator])
    return {**plain(system), "generator_settings": shared}

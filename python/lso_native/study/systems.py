"""The systems that the paper names, and the project's own: each an object, each declared once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

from lso_native.study.attempts import Way
from lso_native.study.autoencoder import AutoencoderSettings, FitAutoencoder
from lso_native.study.descent import Descent, DescentSettings, Prior, Start, Uniform
from lso_native.study.fit import Trained
from lso_native.study.frame import Frame
from lso_native.study.generators import (
    FitGenerator,
    GANSettings,
    GeneratorSettings,
    NoisySettings,
    VAESettings,
)
from lso_native.study.guides import FitGuide, FitMixture
from lso_native.study.recipe import ByRecipe, RecipeSettings
from lso_native.study.sampling import Clustered, ClusterSettings, Sampled
from lso_native.study.step import Step


@dataclass(frozen=True)
class System(ABC):
    """Who makes samples: a frozen dataclass derived from this.

    Attributes
    ----------
    says : what it does, in a sentence.
    paper : what the paper came to, by the names of results.json.
    """

    name: str
    says: str = field(default="", compare=False)
    paper: dict[str, Any] | None = field(default=None, compare=False)

    @abstractmethod
    def way(self, frame: Frame) -> Way:
        """How it makes them, in a study that offers ``frame``."""

    def wanted_images(self) -> int | None:
        """How many images the paper had, where a data set may hold fewer."""
        return None


@dataclass(frozen=True)
class Generator:
    """A generative model that several systems may share."""

    name: str
    settings: GeneratorSettings

    def fit(self, frame: Frame) -> FitGenerator:
        """The step that fits it."""
        guide = frame.classifier if self.settings.guided else None
        seed = frame.seed(self.name)
        return FitGenerator(self.name, frame.data, seed, self.settings, guide)


@dataclass(frozen=True, kw_only=True)
class ThroughAutoencoder(System):
    """LSO as in the paper."""

    autoencoder: AutoencoderSettings
    descent: DescentSettings = field(default_factory=DescentSettings)

    def way(self, frame: Frame) -> Descent:
        """From uniform starts."""
        # One seed for all autoencoders: systems do not depend on which others are run.
        fit = FitAutoencoder(self.name, frame.data, frame.seed("autoencoder"), self.autoencoder)
        seed = frame.seed("attempts")
        return Descent(frame.classifier, fit, Uniform(), frame.samples, seed, self.descent)

    def wanted_images(self) -> int:
        """Of the autoencoder."""
        return self.autoencoder.images


@dataclass(frozen=True, kw_only=True)
class OnInput(System):
    """No decoder: what moves is the sample."""

    descent: DescentSettings = field(default_factory=DescentSettings)

    def way(self, frame: Frame) -> Descent:
        """From uniform starts."""
        seed = frame.seed("attempts")
        return Descent(frame.classifier, None, Uniform(), frame.samples, seed, self.descent)


@dataclass(frozen=True, kw_only=True)
class ThroughGenerator(System):
    """LSO through the decoder of a generative model."""

    generator: Generator
    start: Start = Prior()  # noqa: RUF009 - frozen
    descent: DescentSettings = field(default_factory=DescentSettings)

    def way(self, frame: Frame) -> Descent:
        """From draws of its prior."""
        fit, seed = self.generator.fit(frame), frame.seed("attempts")
        return Descent(frame.classifier, fit, self.start, frame.samples, seed, self.descent)


@dataclass(frozen=True, kw_only=True)
class Drawn(System):
    """A generative model by itself."""

    generator: Generator

    def way(self, frame: Frame) -> Sampled:
        """Its samples."""
        seed = frame.seed(self.name, "samples")
        return Sampled(frame.classifier, self.generator.fit(frame), frame.samples, seed)


@dataclass(frozen=True, kw_only=True)
class FromClusters(System):
    """A VAE, its latents drawn where codes of the class are (the paper's reference 2)."""

    generator: Generator
    clusters: ClusterSettings = field(default_factory=ClusterSettings)

    def way(self, frame: Frame) -> Clustered:
        """Its samples."""
        return Clustered(
            frame.classifier,
            self.generator.fit(frame),
            frame.samples,
            frame.seed(self.name, "samples"),
            frame.data,
            self.generator.settings.images,
            self.clusters,
        )


@dataclass(frozen=True, kw_only=True)
class OwnRecipe(System):
    """The project's own way, through the decoder of a VAE."""

    generator: Generator
    recipe: RecipeSettings = field(default_factory=RecipeSettings)

    def way(self, frame: Frame) -> ByRecipe:
        """Its samples."""
        return self.by(self.recipe, frame)

    def by(self, recipe: RecipeSettings, frame: Frame) -> ByRecipe:
        """Samples of the same models by another recipe."""
        decoder = self.generator.fit(frame)
        guides: list[Step[Trained]] = []
        for number, each in enumerate(recipe.guides, 1):
            name = f"guide-{number}"
            guides.append(FitGuide(name, frame.data, frame.seed(name), each, decoder))
        components = recipe.components * (1 if recipe.labelled else frame.data.classes)
        mixture = FitMixture(
            frame.data, frame.seed("mixture"), decoder, components, recipe.labelled
        )
        of = tuple(guides) or (frame.classifier,)
        return ByRecipe(recipe, decoder, of, mixture, frame.samples, frame.seed("lso"))


_VAE = Generator("vae", VAESettings())
# A larger one: the blur of the other is what its samples differ from real images by.
_WIDE = Generator(
    "wide-vae", VAESettings(hidden=(512, 256), most_epochs=150, batch_size=100, average=0.999)
)
_GAN = Generator("gan", GANSettings())
# Input optimization from C = -E ends where the classifier's nodes saturate; gentle steps on pixels
# kept in 0..1 are what lets it succeed. Other latents start from their prior, or where the codes
# are, and stay where that has its mass; there the paper's step is better than gentler ones.
_PIXELS = DescentSettings(desired_change=-0.1, bounds=(0.0, 1.0), max_iterations=5_000)
_WITHIN = DescentSettings(bounds=(-3.0, 3.0))
# From another digit a sample ends where it is first met, on the side that it came from: more certain, and denser.
_FAR = RecipeSettings(start="other", certainty=0.998, keep=0.02, desired_change=-0.3)


def _paper(train_mse: float, successes: int, train_images: int) -> dict[str, Any]:
    """Sections 5 and 5.1: MSE of the autoencoder, and successes among 100."""
    return {
        "train_mse": train_mse,
        "successes": successes,
        "n": 100,
        "train_images": train_images,
    }


SYSTEMS: tuple[System, ...] = (
    ThroughAutoencoder(
        "lso-1",
        "The paper's first: 5 latents of an autoencoder move until the classifier sees the digit asked for.",
        _paper(0.0239, 64, 1_000),
        autoencoder=AutoencoderSettings(latent=5, images=1_000, mse=0.0239),
    ),
    ThroughAutoencoder(
        "lso-2",
        "The paper's second: 20 latents of an autoencoder move until the classifier sees the digit asked for.",
        _paper(0.0203, 82, 10_000),
        autoencoder=AutoencoderSettings(latent=20, images=10_000, mse=0.0203),
    ),
    OnInput(
        "input-optimization",
        "No decoder: the pixels themselves move until the classifier sees the digit asked for.",
        descent=_PIXELS,
    ),
    Drawn("gan", "A GAN's generator draws digits, and nobody can ask for one.", generator=_GAN),
    Drawn(
        "cgan",
        "A conditional GAN draws the digit asked for.",
        generator=Generator("cgan", GANSettings(conditional=True)),
    ),
    Drawn(
        "guided-gan",
        "A conditional GAN that the classifier also taught while it trained.",
        generator=Generator("guided-gan", GANSettings(conditional=True, guide_weight=0.1)),
    ),
    Drawn("vae", "A VAE's decoder draws digits, and nobody can ask for one.", generator=_VAE),
    FromClusters(
        "vae-clusters",
        "A VAE's decoder, its latents drawn from Gaussians fitted to the codes of the digit asked for.",
        generator=_VAE,
    ),
    ThroughGenerator(
        "lso-vae",
        "A VAE's latents move until the classifier sees the digit asked for.",
        generator=_VAE,
        descent=_WITHIN,
    ),
    ThroughGenerator(
        "lso-gan",
        "A GAN's latents move until the classifier sees the digit asked for.",
        generator=_GAN,
        descent=_WITHIN,
    ),
    ThroughGenerator(
        "lso-noisy",
        "The latents of an autoencoder trained with noise move until the classifier sees the digit asked for.",
        generator=Generator("noisy", NoisySettings()),
        descent=_WITHIN,
    ),
    OwnRecipe(
        "lso",
        "The project's recipe: a VAE's latents, drawn for the digit asked for, move until three classifiers see it.",
        generator=_WIDE,
    ),
    OwnRecipe(
        "lso-far",
        "The project's recipe from far away: every latent is drawn for another digit.",
        generator=_WIDE,
        recipe=_FAR,
    ),
)
"""Those of the paper and the project's own."""

"""What answers requests is made of: a decoder, its prior, classifiers, a regressor; a rival; and who judges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from lso_native._typing import BoolArray, FloatArray, IntArray
from lso_native.data import Part, junk, varied
from lso_native.models.black_box import BlackBox
from lso_native.models.classifier import Classifier
from lso_native.models.gan import ConditionalGAN
from lso_native.models.mixture import Mixture
from lso_native.models.regressor import Regressor
from lso_native.models.vae import VAE
from lso_native.optimizers import Adam
from lso_native.random import subseed
from lso_native.study.judges import noise, shifted
from lso_native.study.requests.asked import measure
from lso_native.study.requests.held import HeldOut
from lso_native.study.requests.settings import ModelSettings

NAMES = ("slant", "thickness")
NONE = -1  # the label of what shows no digit
_STEP = Adam(learning_rate=1e-3)
_MOST_EPOCHS = 100  # few images are not shown for ever
_FAR = 1.3  # times the prior's spread, for what a regressor is to know of a decoder

Model = TypeVar("Model")
Keep = Callable[[str, Callable[[], Any]], Any]
"""What is kept under a name, made where it is not there."""


@dataclass(frozen=True, eq=False)
class Models:
    """What was trained on the same images."""

    decoder: VAE
    prior: Mixture
    """Of the decoder's codes, by digit."""
    classifiers: tuple[Classifier, ...]
    regressor: Regressor
    """Of slant and thickness."""
    rival: ConditionalGAN


@dataclass(frozen=True, eq=False)
class Maker:
    """Trains models on ``part``, which nothing that is ``held`` out is in; ``keep`` may have them already."""

    part: Part
    held: HeldOut | None
    settings: ModelSettings
    seed: int
    threads: int | None
    keep: Keep

    def models(self) -> Models:
        """All of them."""
        decoder = self._kept("decoder", self._decoder)
        prior = self._kept("prior", lambda: self._prior(decoder))
        classifiers = tuple(
            self._kept(f"classifier-{i}", lambda i=i: self._classifier(i, decoder))  # type: ignore[misc]
            for i in range(self.settings.classifiers)
        )
        regressor = self._kept("regressor", lambda: self._regressor(decoder, prior))
        rival = self._kept("rival", self._rival)
        return Models(decoder, prior, classifiers, regressor, rival)

    def judges(self) -> tuple[Classifier, ...]:
        """Those who say what an image shows: networks of different widths on images that no model saw, moved by a
        pixel, slanted, thickened and thinned, and on noise and junk as no digit."""
        return tuple(
            self._kept(f"judge-{i}", lambda i=i: self._judge(i))  # type: ignore[misc]
            for i in range(len(self.settings.judges))
        )

    def allowed(self, images: FloatArray, labels: IntArray) -> BoolArray:
        """(n,) which of some images may be seen."""
        if self.held is None:
            return np.ones(len(labels), np.bool_)
        return ~self.held.holds(labels, measure(images))

    def copies(self, purpose: str, **amounts: Any) -> Part:
        """Varied copies of the images, but for those that show what is held out."""
        images = varied(self.part.images, random_state=self._seed(purpose), **amounts)
        rows = self.allowed(images, self.part.labels) & (images.max(axis=1) > 0)
        return Part(images[rows], self.part.labels[rows])

    def draws(self, decoder: VAE, prior: Mixture, purpose: str) -> FloatArray:
        """Decoded draws of each digit, some about as far again as the codes, but for those that show what is held
        out."""
        n = self.settings.decoded // len(prior.classes_)
        made = []
        for digit in prior.classes_:
            latents = prior.of(digit).sample(
                n, random_state=self._seed(purpose, digit), spread=_FAR
            )
            images = decoder.inverse_transform(latents.astype(np.float32))
            made.append(images[self.allowed(images, np.full(n, digit))])
        return np.concatenate(made)

    def _decoder(self) -> VAE:
        images = self.part.images
        return VAE(
            self.settings.latent,
            hidden=self.settings.hidden,
            epochs=self._epochs(self.settings.decoder_samples, len(images)),
            **self._common("decoder"),
        ).fit(images)

    def _prior(self, decoder: VAE) -> Mixture:
        seed = self._seed("prior")
        codes = decoder.sample_posterior(self.part.images, random_state=seed)
        mixture = Mixture(self.settings.components, tol=1e-2, max_iter=50, random_state=seed)
        return mixture.fit(codes, self.part.labels)

    def _classifier(self, number: int, decoder: VAE) -> Classifier:
        name = f"classifier-{number}"
        copies = self.copies(name, slant=15.0)
        known = [self.part, copies]
        images = np.concatenate([each.images for each in known])
        labels = np.concatenate([each.labels for each in known])
        nothing = junk(
            self.part.images,
            self.part.labels,
            len(self.part) // 2,
            decoder=decoder,
            random_state=self._seed(name, "junk"),
        )
        images = np.concatenate([images, nothing])
        labels = np.concatenate([labels, np.full(len(nothing), NONE)])
        return self._told(name, images, labels)

    def _told(self, name: str, images: FloatArray, labels: IntArray) -> Classifier:
        return Classifier(
            hidden=self.settings.classifier_hidden,
            activation="relu",
            objective="binary_cross_entropy",
            none_label=NONE,
            bias="standard",
            batch_size=200,
            optimizer=_STEP,
            average=0.999,
            epochs=self._epochs(self.settings.classifier_samples, len(images)),
            **self._common(name),
        ).fit(images, labels)

    def plain(self, models: Models) -> dict[str, Models]:
        """``models`` with others that learned from the images alone, by what these are."""
        classifiers = tuple(
            self._kept(
                f"plain-classifier-{i}",
                lambda i=i: self._told(  # type: ignore[misc]
                    f"classifier-{i}", self.part.images, self.part.labels
                ),
            )
            for i in range(self.settings.classifiers)
        )
        regressor = self._kept("plain-regressor", lambda: self._measuring(self.part.images))
        return {
            "classifiers of the images alone": replace(models, classifiers=classifiers),
            "a regressor of the images alone": replace(models, regressor=regressor),
        }

    def boxed(self, models: Models) -> tuple[Regressor, int]:
        """A regressor that asked a box about decoded draws, and nothing else, and how often it did."""
        draws = self.draws(models.decoder, models.prior, "box")
        return self._kept("surrogate", lambda: self._measuring(draws)), len(draws)

    def _regressor(self, decoder: VAE, prior: Mixture) -> Regressor:
        images = np.concatenate(
            [
                self.part.images,
                self.copies("regressor").images,
                self.draws(decoder, prior, "regressor draws"),
            ]
        )
        return self._measuring(images)

    def _measuring(self, images: FloatArray) -> Regressor:
        """A regressor of what the formulas say of ``images``."""
        regressor = Regressor(
            hidden=self.settings.regressor_hidden,
            activation="tanh",
            batch_size=200,
            optimizer=_STEP,
            average=0.999,
            epochs=self._epochs(self.settings.regressor_samples, len(images)),
            **self._common("regressor"),
        )
        return BlackBox(measure, surrogate=regressor, names=NAMES).fit(images).surrogate

    def _rival(self) -> ConditionalGAN:
        return ConditionalGAN(
            self.settings.latent,
            gradient_penalty=0.1,
            epochs=self._epochs(self.settings.rival_samples, len(self.part)),
            **self._common("rival"),
        ).fit(self.part.images, self.part.labels)

    def _judge(self, number: int) -> Classifier:
        name, side = f"judge-{number}", round(self.part.images.shape[1] ** 0.5)
        seed = self._seed(name, "data")
        copies = [self.copies(f"{name}-{i}") for i in range(2)]
        nothing = np.concatenate(
            [
                noise(len(self.part) // 2, self.part.images.shape[1], 8.0, seed),
                junk(self.part.images, self.part.labels, len(self.part) // 2, random_state=seed),
            ]
        )
        images = [
            shifted(self.part.images, (side, side)),
            *(each.images for each in copies),
            nothing,
        ]
        labels = [
            np.tile(self.part.labels, 9),  # as they are, and moved eight ways
            *(each.labels for each in copies),
            np.full(len(nothing), NONE),
        ]
        seen = np.concatenate(images)
        return Classifier(
            hidden=self.settings.judges[number],
            activation="relu",
            output_activation="softmax",
            objective="categorical_cross_entropy",
            bias="standard",
            batch_size=200,
            optimizer=_STEP,
            average=0.999,
            epochs=self._epochs(self.settings.judge_samples, len(seen)),
            **self._common(name),
        ).fit(seen, np.concatenate(labels))

    def _kept(self, name: str, make: Callable[[], Model]) -> Model:
        model: Model = self.keep(name, make)
        return model

    def _common(self, name: str) -> dict[str, Any]:
        return {"random_state": self._seed(name), "threads": self.threads}

    def _epochs(self, samples: int, n: int) -> int:
        return max(1, min(samples // n, _MOST_EPOCHS))

    def _seed(self, *what: Any) -> int:
        return subseed(self.seed, *map(str, what)) % 2**31

"""Generative adversarial networks."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lso_native._checks import check_callback, check_int, check_labels, resolve_seed
from lso_native._typing import Array, RandomState
from lso_native.display import Samples
from lso_native.models.adversarial import AdversarialTraining
from lso_native.models.classes import LabelledEstimator, class_numbers
from lso_native.models.dataset import Dataset
from lso_native.models.decoding import DRAWN
from lso_native.models.fitting import Unsupervised
from lso_native.models.generative import GenerativeEstimator
from lso_native.models.guide import Guide
from lso_native.models.mixture import Mixture
from lso_native.models.restored import check_error
from lso_native.models.settings import estimator, learned, setting
from lso_native.network import ActivationName, Network
from lso_native.optimizers import Adam, check_optimizer
from lso_native.random import normal, subseed

__all__ = ["GAN", "ConditionalGAN"]

# A generator whose samples vary less than this share of the real ones' variance has collapsed.
_COLLAPSED = 0.1


@estimator
class AdversarialEstimator(GenerativeEstimator):
    """What the two GANs share."""

    _parts = ("decoder_", "discriminator_")
    _curves = ("discriminator", "generator")
    _unsaved = frozenset({"guide"})

    hidden: Sequence[int] = setting(
        default=(256, 256),
        doc="sizes of the generator's hidden layers, the one nearest the latent first; may be empty.",
    )
    discriminator_hidden: Sequence[int] = setting(
        default=(256, 256), doc="sizes of the discriminator's hidden layers; may be empty."
    )
    activation: ActivationName = setting(default="leaky_relu")
    optimizer: Adam = setting(
        default=Adam(learning_rate=5e-4, beta1=0.5),
        doc="``Adam``, of the generator; of the discriminator too, unless ``discriminator_optimizer`` is given.",
    )
    discriminator_optimizer: Adam | None = setting(
        default=None, doc="``Adam``; None for ``optimizer``."
    )
    gradient_penalty: float = setting(
        default=1.0,
        doc="weight g of (g / 2) |dD/dx|² at real samples, R1 (Mescheder et al. 2018, arXiv:1801.04406, eq. 9), every "
        "``penalty_every`` steps with so many times the weight; 0 for none.",
    )
    penalty_every: int = setting(default=4, doc="steps from one penalty to the next.")
    guide: Guide | None = setting(
        default=None,
        doc="also gives the generator a gradient while it trains: a function of samples and labels that returns an "
        "error and its derivatives by the samples, such as ``ClassifierGuide(classifier.network_)``.",
    )
    batch_size: int = setting(default=64)

    discriminator_: Network = learned(doc="takes samples and returns a logit: above 0 for real.")
    diversity_: float = learned(
        doc="the variance of generated samples, within classes where there are some, as a share of the real ones'; "
        'below .1 the status is "collapsed".'
    )

    @property
    def generator_(self) -> Network:
        """The decoder."""
        self._check_fitted()
        return self.decoder_

    @property
    def _n_classes(self) -> int:
        return self.discriminator_.n_inputs - self.decoder_.n_outputs

    @property
    def _n_latents(self) -> int:
        return self.decoder_.n_inputs - self._n_classes

    def _fits(self) -> bool:
        conditional = isinstance(self, LabelledEstimator)
        fits = self.discriminator_.n_outputs == 1 and 0 <= self._n_classes < self.decoder_.n_inputs
        return fits and (self._n_classes > 0) == conditional

    def _check_settings(self) -> None:
        super()._check_settings()
        self._check_strength("gradient_penalty")
        check_int("penalty_every", self.penalty_every)
        self._check_sizes("discriminator_hidden")
        check_optimizer(self.discriminator_optimizer, self.optimizer, Adam)

    def _hidden(self) -> list[tuple[str, Sequence[int], Network]]:
        return [
            ("hidden", self.hidden, self.decoder_),
            ("discriminator_hidden", self.discriminator_hidden, self.discriminator_),
        ]

    def _restore(self) -> None:
        super()._restore()
        check_error(self, "diversity_")
        check_callback("guide", self.guide, "samples and labels")

    def _begin(self, data: Dataset, seed: int, *, go_on: bool) -> AdversarialTraining:
        n_classes = 0 if data.classes is None else len(data.classes)
        width = data.x.shape[1]
        before = (self.decoder_, self.discriminator_) if go_on else (None, None)
        generator = self._stack(
            [self.latent + n_classes, *self._check_sizes("hidden"), width],
            self.output_activation,
            subseed(seed, "generator"),
            before[0],
        )
        discriminator = self._stack(
            [width + n_classes, *self._check_sizes("discriminator_hidden"), 1],
            "linear",
            subseed(seed, "discriminator"),
            before[1],
        )
        return AdversarialTraining(
            self._learner(generator),
            self._learner(discriminator, self.discriminator_optimizer),
            self.latent,
            np.eye(n_classes, dtype=data.x.dtype),
            self.gradient_penalty,
            self.penalty_every,
            self.guide,
        )

    def _take(self, training: AdversarialTraining, data: Dataset) -> None:
        super()._take(training, data)
        self.decoder_, self.discriminator_ = training.learned
        self.diversity_ = training.diversity(data)

    def _judge(self, status: str) -> str:
        collapsed = status == "max_epochs" and self.diversity_ < _COLLAPSED
        return "collapsed" if collapsed else status


@estimator
class GAN(AdversarialEstimator, Unsupervised):
    """A generative adversarial network with the non-saturating loss (Goodfellow et al. 2014, arXiv:1406.2661, section
    3). ``generator_`` is another name of ``decoder_``.

    ``history_`` has the scores ``discriminator`` and ``generator``, their losses; ``gradient_norm``, the squared norm
    of dD/dx at real samples where it was taken; and ``guide``, the guide's error. ``validation_loss`` is the energy
    distance between held-out and generated samples.
    """

    def sample(self, n: int, *, random_state: RandomState = None) -> Array:
        """Return ``n`` samples (n, n_features).

        random_state : seed of what is drawn (>= 0), something to draw one from, or None for a new one.
        """
        latents = self.sample_latent(n, random_state=random_state)
        return self.decoder_(latents, threads=self.threads)

    @property
    def prior_(self) -> Mixture:
        """N(0, 1) of all latents, as a mixture of one Gaussian."""
        self._check_fitted()
        return _standard_normal(self._n_latents)


@estimator
class ConditionalGAN(AdversarialEstimator, LabelledEstimator):
    """A GAN whose networks also take the class, as one input a class (Mirza and Osindero 2014, arXiv:1411.1784).

    Labels ``y`` (n_samples,) are integers or strings of any values, two or more different ones. Otherwise as ``GAN``;
    ``validation_loss`` is the distance of samples and labels together.
    """

    def _draw(self, n: int, random_state: RandomState) -> Samples:
        self._check_fitted()
        each = -(-n // len(self.classes_))
        labels = np.repeat(self.classes_, each)
        return Samples(self.sample(labels, random_state=random_state), labels=labels, what=DRAWN)

    def sample(self, labels: npt.ArrayLike, *, random_state: RandomState = None) -> Array:
        """Return one sample of each label asked for: ``labels`` (n,) -> (n, n_features).

        random_state : seed of what is drawn (>= 0), something to draw one from, or None for a new one.
        """
        self._check_fitted()
        asked = check_labels("labels", labels, max(1, np.size(labels)))
        numbers = class_numbers("labels", asked, self.classes_)
        noise = self.sample_latent(len(asked), random_state=random_state)
        condition = np.eye(len(self.classes_), dtype=noise.dtype)[numbers]
        return self.decoder_(np.concatenate([noise, condition], axis=1), threads=self.threads)

    def of(self, label: Any) -> ClassDecoder:
        """The decoder of latents alone that makes samples of class ``label``: its input is in the first layer's biases.

        Raises ValueError where there is no such label.
        """
        self._check_fitted()
        (number,) = class_numbers("label", check_labels("label", [label], 1), self.classes_)
        whole = self.decoder_
        weight, bias = whole.weights[0], whole.biases[1]
        assert bias is not None
        architecture = whole.architecture()
        latent = architecture["sizes"][0] - len(self.classes_)
        architecture["sizes"][0] = latent
        above = whole.parameters[weight.size + bias.size :]
        shifted = bias + weight[:, latent + number]
        flat = np.concatenate([weight[:, :latent].ravel(), shifted, above])
        return ClassDecoder(Network.from_architecture(architecture, flat))


@dataclass(frozen=True, eq=False)
class ClassDecoder:
    """The generator of one class, of latents that follow N(0, 1): a Decoder."""

    decoder_: Network

    @property
    def prior_(self) -> Mixture:
        """N(0, 1) of all latents, as a mixture of one Gaussian."""
        return _standard_normal(self.decoder_.n_inputs)

    def sample_latent(self, n: int, *, random_state: RandomState = None) -> Array:
        """Return ``n`` latents (n, latent) drawn from N(0, 1)."""
        shape, seed = (check_int("n", n), self.decoder_.n_inputs), resolve_seed(random_state)
        return normal(shape, random_state=seed, dtype=self.decoder_.dtype.name)


@functools.cache
def _standard_normal(n: int) -> Mixture:
    return Mixture.from_parameters([1.0], np.zeros((1, n)), np.eye(n)[None])

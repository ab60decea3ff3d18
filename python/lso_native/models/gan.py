"""Generative adversarial networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from lso_native._checks import check_int, check_labels, check_number
from lso_native.models.adversarial import AdversarialTraining
from lso_native.models.classifier import check_classes
from lso_native.models.generative import Array, Callback, GenerativeEstimator, subseed
from lso_native.models.guide import Guide
from lso_native.network import ActivationName, Network
from lso_native.optimizers import Adam
from lso_native.random import normal

__all__ = ["GAN", "ConditionalGAN"]


class _Adversarial(GenerativeEstimator):
    """What the two GANs share."""

    latent: int
    discriminator_hidden: Sequence[int]
    discriminator_optimizer: Adam | None
    gradient_penalty: float
    penalty_every: int
    guide: Guide | None

    _learned = ("decoder_", "discriminator_", *GenerativeEstimator._learned, "diversity_")
    _unsaved = frozenset({"guide"})
    _conditional: ClassVar[bool]

    discriminator_: Network
    diversity_: float
    classes_: Array

    def __init__(
        self,
        latent: int = 20,
        *,
        hidden: Sequence[int] = (256, 256),
        discriminator_hidden: Sequence[int] = (256, 256),
        activation: ActivationName = "leaky_relu",
        optimizer: Adam = Adam(learning_rate=5e-4, beta1=0.5),  # noqa: B008 - frozen
        discriminator_optimizer: Adam | None = None,
        gradient_penalty: float = 1.0,
        penalty_every: int = 4,
        guide: Guide | None = None,
        batch_size: int = 64,
        epochs: int = 50,
        average: float = 0.999,
        threads: int | None = None,
        dtype: npt.DTypeLike = "float32",
        random_state: int | None = None,
    ) -> None:
        self.latent = latent
        self.hidden = hidden
        self.discriminator_hidden = discriminator_hidden
        self.activation = activation
        self.optimizer = optimizer
        self.discriminator_optimizer = discriminator_optimizer
        self.gradient_penalty = gradient_penalty
        self.penalty_every = penalty_every
        self.guide = guide
        self.batch_size = batch_size
        self.epochs = epochs
        self.average = average
        self.threads = threads
        self.dtype = dtype
        self.random_state = random_state

    @property
    def generator_(self) -> Network:
        """The decoder."""
        self._check_fitted()
        return self.decoder_

    def _fit(self, X: npt.ArrayLike, y: Any, callback: Callback | None) -> None:
        latent = check_int("latent", self.latent)
        penalty = check_number("gradient_penalty", self.gradient_penalty, minimum=0.0)
        every = check_int("penalty_every", self.penalty_every)
        samples, seed = self._check_fit(X)
        classes, labels = _classes(y, len(samples)) if self._conditional else (None, None)
        n_classes = 0 if classes is None else len(classes)
        width = samples.shape[1]
        sizes = [latent + n_classes, *self._check_sizes("hidden"), width]
        judging = [width + n_classes, *self._check_sizes("discriminator_hidden"), 1]
        run = AdversarialTraining(
            self._learner(self._network(sizes, "sigmoid", subseed(seed, "generator"))),
            self._learner(
                self._network(judging, "linear", subseed(seed, "discriminator")),
                self.discriminator_optimizer,
            ),
            latent,
            np.eye(n_classes, dtype=samples.dtype),
            labels,
            penalty,
            every,
            self.guide,
        )
        if classes is not None:
            self.classes_ = classes
        self._train(run, samples, seed, callback, labels)

    def _fits(self) -> bool:
        told = self.discriminator_.n_inputs - self.decoder_.n_outputs
        fits = self.discriminator_.n_outputs == 1 and 0 <= told < self.decoder_.n_inputs
        return fits and (told > 0) == self._conditional

    def _take(self, run: AdversarialTraining, samples: Array) -> None:
        self.decoder_ = run.generator.averaged
        self.discriminator_ = run.discriminator.network
        self.diversity_ = run.measure(samples)
        self.n_features_in_ = samples.shape[1]

    def sample_latent(self, n: int, *, random_state: int | None = None) -> Array:
        """Return ``n`` latents (n, latent) drawn from N(0, 1)."""
        self._check_fitted()
        told = self.discriminator_.n_inputs - self.n_features_in_
        shape = (check_int("n", n), self.decoder_.n_inputs - told)
        return normal(shape, random_state=random_state, dtype=self.decoder_.dtype.name)


_PARAMETERS = """
    Parameters (checked by ``fit``):
      latent: how many inputs of noise, N(0, 1). hidden, discriminator_hidden: sizes of the hidden layers.
      activation: of the hidden layers. The generator's outputs are sigmoids.
      optimizer: ``Adam``, of the generator; of the discriminator too, unless ``discriminator_optimizer`` is given.
      gradient_penalty: weight g of (g / 2) |dD/dx|² at real samples, R1 (Mescheder et al. 2018, arXiv:1801.04406,
        eq. 9), every ``penalty_every`` steps with so many times the weight; 0 for none.
      guide: also gives the generator a gradient while it trains: a function of samples and labels that returns an
        error and its derivatives by the samples, such as ``ClassifierGuide(classifier.network_)``.
      batch_size, epochs: samples a step, and passes over the samples.
      average: share of the generator's averaged parameters that a step keeps; what is learned are the averages.
      threads: None for all processors. dtype: "float32" or "float64".
      random_state: seed (>= 0) of parameters, order and noise; None for a new one at each fit.

    After ``fit`` it has ``generator_``, also called ``decoder_``; ``discriminator_``; ``diversity_``, the variance of
    generated samples, within classes where there are some, as a share of the real ones'; ``status_`` ("max_epochs",
    "collapsed": diversity below .1, "diverged": a loss or step was not finite, "interrupted", "stopped" by the
    callback; the second and third warn, and say what to change); ``n_epochs_`` and ``history_``, arrays by epoch:
    discriminator and generator loss, squared norm of dD/dx at real samples where it was taken, and the guide's error.
"""


class GAN(_Adversarial):  # noqa: D101
    __doc__ = f"""A generative adversarial network with the non-saturating loss (Goodfellow et al. 2014,
    arXiv:1406.2661, section 3).
{_PARAMETERS}"""

    _conditional = False

    def fit(
        self,
        X: npt.ArrayLike,
        y: object = None,  # noqa: ARG002
        *,
        callback: Callback | None = None,
    ) -> Self:
        """Train on ``X`` (n_samples, n_features), in 0..1, and return self. ``y`` is ignored.

        ``callback`` is called after each epoch with a ``GenerativeProgress``; a true value stops. Ctrl-C raises
        ``KeyboardInterrupt``; what was learned by then is kept.

        Raises ValueError or TypeError where a parameter or an argument is not what is described above.
        """
        self._fit(X, None, callback)
        return self

    def sample(self, n: int, *, random_state: int | None = None) -> Array:
        """Return ``n`` samples (n, n_features)."""
        latents = self.sample_latent(n, random_state=random_state)
        return self.generator_(latents, threads=self.threads)


class ConditionalGAN(_Adversarial):  # noqa: D101
    __doc__ = f"""A GAN whose networks are also told the class, as one input a class (Mirza and Osindero 2014,
    arXiv:1411.1784). ``classes_`` has their labels in order.
{_PARAMETERS}"""

    _conditional = True
    _learned = (*_Adversarial._learned, "classes_")

    def _restore(self) -> None:
        super()._restore()
        check_classes(self.classes_, self.discriminator_.n_inputs - self.decoder_.n_outputs)

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike, *, callback: Callback | None = None) -> Self:
        """Train on ``X`` (n_samples, n_features), in 0..1, with labels ``y`` (n_samples,), and return self.

        Otherwise as ``GAN.fit``.
        """
        self._fit(X, y, callback)
        return self

    def sample(self, labels: npt.ArrayLike, *, random_state: int | None = None) -> Array:
        """Return one sample of each label asked for: ``labels`` (n,) -> (n, n_features)."""
        self._check_fitted()
        asked = np.asarray(labels)
        if asked.ndim != 1 or not asked.size or not np.isin(asked, self.classes_).all():
            raise ValueError(f"labels: expected labels (n,) among {self.classes_}, got {asked}")
        noise = self.sample_latent(len(asked), random_state=random_state)
        told = np.eye(len(self.classes_), dtype=noise.dtype)[np.searchsorted(self.classes_, asked)]
        return self.generator_(np.concatenate([noise, told], axis=1), threads=self.threads)


def _classes(y: npt.ArrayLike, n_samples: int) -> tuple[Array, Array]:
    """The classes among the labels ``y`` in order, and each sample's number there."""
    classes, numbers = np.unique(check_labels("y", y, n_samples), return_inverse=True)
    if len(classes) < 2:
        raise ValueError(f"y: expected at least 2 classes, got {len(classes)}")
    return classes, numbers

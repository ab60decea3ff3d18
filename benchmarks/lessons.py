"""What estimators are to learn whose networks train each other: the same networks, samples and noise for every side."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import lso_native as lso
import numpy as np
from lso_native._typing import Float32Array, IntArray
from lso_native.random import subseed

SEED = 3
LOG_VARIANCES = (-12.0, 6.0)  # beyond which a VAE's codes are cut off
PENALTY_STEP = 1e-2  # of the difference that a GAN's penalty is taken as
_STILL = lso.Adam(learning_rate=1e-30)  # nothing moves, so that a fit tells where it begins


@dataclass(frozen=True, eq=False)
class VaeLesson:
    """Of a VAE with a Gaussian likelihood."""

    estimator: lso.VAE
    x: Float32Array
    """(n, n_features), n a multiple of the estimator's batch size"""
    encoder: lso.Network
    """Of means and log variances."""
    decoder: lso.Network

    @property
    def data(self) -> tuple[Any, ...]:
        """What ``fit`` takes."""
        return (self.x,)

    def first(self, batches: int) -> VaeLesson:
        """Of so many minibatches, to compare numbers by."""
        n = batches * self.estimator.batch_size
        return replace(self, estimator=_smooth(self.estimator), x=self.x[:n])

    def learned(self, estimator: lso.VAE) -> Float32Array:
        """The flat parameters of a fitted one."""
        return flat_of(_whole_encoder(estimator), estimator.decoder_)


@dataclass(frozen=True, eq=False)
class GanLesson:
    """Of a conditional GAN without a guide, of classes 0, 1, ... that all occur in ``labels``."""

    estimator: lso.ConditionalGAN
    x: Float32Array
    """(n, n_features), n a multiple of the estimator's batch size"""
    labels: IntArray
    """(n,)"""
    generator: lso.Network
    discriminator: lso.Network

    @property
    def data(self) -> tuple[Any, ...]:
        """What ``fit`` takes."""
        return self.x, self.labels

    @property
    def conditions(self) -> Float32Array:
        """(n, n_classes): what the networks take beside a sample or noise."""
        return lso.one_hot(self.labels, int(self.labels.max()) + 1)

    def first(self, batches: int) -> GanLesson:
        """Of so many minibatches, to compare numbers by."""
        n = batches * self.estimator.batch_size
        estimator = _smooth(self.estimator)
        return replace(self, estimator=estimator, x=self.x[:n], labels=self.labels[:n])

    def learned(self, estimator: lso.ConditionalGAN) -> Float32Array:
        """The flat parameters of a fitted one."""
        return flat_of(estimator.decoder_, estimator.discriminator_)


Lesson = VaeLesson | GanLesson


def vae_lesson(x: Float32Array) -> VaeLesson:
    """As ``lso.VAE`` comes."""
    estimator = lso.VAE(random_state=SEED)
    x = x[: len(x) // estimator.batch_size * estimator.batch_size]
    begun = fitted(estimator, (x,), optimizer=_STILL, average=0.0)
    return VaeLesson(estimator, x, _whole_encoder(begun), begun.decoder_)


def gan_lesson(x: Float32Array, labels: IntArray) -> GanLesson:
    """As ``lso.ConditionalGAN`` comes."""
    estimator = lso.ConditionalGAN(random_state=SEED)
    n = len(x) // estimator.batch_size * estimator.batch_size
    begun = fitted(estimator, (x[:n], labels[:n]), optimizer=_STILL, average=0.0)
    return GanLesson(estimator, x[:n], labels[:n], begun.decoder_, begun.discriminator_)


def fitted(
    estimator: Any,
    data: tuple[Any, ...],
    callback: Callable[[lso.TrainProgress], object] | None = None,
    **settings: Any,
) -> Any:
    """One like ``estimator``, of an epoch where ``settings`` say no other number, fitted."""
    changed = {**estimator.get_params(deep=False), "epochs": 1, **settings}
    with warnings.catch_warnings():  # so soon a generator's samples hardly differ
        warnings.simplefilter("ignore", RuntimeWarning)
        return type(estimator)(**changed).fit(*data, callback=callback)


def draws(lesson: Lesson) -> tuple[IntArray, Float32Array]:
    """Order (n,) and noise (n, latent) of the first epoch of ours, for the others to follow."""
    n = len(lesson.x)
    noise = lso.normal(
        (n, lesson.estimator.latent), random_state=subseed(SEED, "noise", 1), dtype="float32"
    )
    order = lso.random.permutation(n, random_state=subseed(SEED, "order", 1))
    return order, np.asarray(noise, np.float32)


def flat_of(*networks: lso.Network) -> Float32Array:
    """Their parameters, one after the other."""
    return np.concatenate([np.asarray(network.parameters) for network in networks])


def _smooth(estimator: Any) -> Any:
    """Adam's first steps are as long for a derivative that is all rounding as for others: here they are not."""
    optimizer = replace(estimator.optimizer, epsilon=1e-4)
    return type(estimator)(**{**estimator.get_params(deep=False), "optimizer": optimizer})


def _whole_encoder(vae: lso.VAE) -> lso.Network:
    """That of the means and that of the log variances as one, which share all layers but the last."""
    mean, log_variance = vae.encoder_, vae.log_variance_encoder_
    last = mean.weights[-1].size + mean.sizes[-1]
    parts = [mean.parameters[:-last]]
    for arrays in zip(
        *((net.weights[-1], net.biases[-1]) for net in (mean, log_variance)), strict=True
    ):
        parts += [np.ravel(array) for array in arrays]
    architecture = mean.architecture()
    architecture["sizes"][-1] *= 2
    return lso.Network.from_architecture(architecture, np.concatenate(parts))

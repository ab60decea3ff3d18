"""Autoencoder with noise on its normalized latent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lso_native._typing import Array
from lso_native.learner import Learner
from lso_native.models.dataset import Dataset
from lso_native.models.decoding import EncodingEstimator
from lso_native.models.generative import GenerativeEstimator, finite
from lso_native.models.settings import estimator, setting
from lso_native.models.training import Batch, MinibatchTraining
from lso_native.network import Network
from lso_native.random import normal, subseed

__all__ = ["NoisyAutoencoder"]

_EPSILON = 1e-5  # beside a minibatch's variance (Ioffe and Szegedy 2015)


@estimator
class NoisyAutoencoder(GenerativeEstimator, EncodingEstimator):
    """An autoencoder whose decoder sees each code with noise, so that near codes decode to near samples.

    The latent is normalized over the minibatch, each node to mean 0 and variance 1, with gradients through the mean and
    the variance (Ioffe and Szegedy 2015, arXiv:1502.03167, Algorithm 1); then noise is added, of mean 0 and deviation
    ``latent_noise``, as to the units of Poole et al. 2014, arXiv:1406.1831. Without the normalization the codes would
    grow until the noise is nothing. The loss is the squared error. What is learned has the normalization by the mean
    and variance of all samples in the encoder's last layer, so that codes of training samples have mean 0 and
    variance 1.

    ``history_`` has the score ``mse``, with noise.
    """

    _parts = ("encoder_", "decoder_")
    _curves = ("mse",)

    hidden: Sequence[int] = setting(default=(256, 128))
    latent_noise: float = setting(default=0.3, doc="standard deviation, of the codes' own.")

    def _check_settings(self) -> None:
        super()._check_settings()
        self._check_strength("latent_noise")

    def _begin(self, data: Dataset, seed: int, *, go_on: bool) -> _Training:
        hidden, width = self._check_sizes("hidden"), data.x.shape[1]
        before = (self.encoder_, self.decoder_) if go_on else (None, None)
        encoder = self._stack(
            [width, *hidden, self.latent], "linear", subseed(seed, "encoder"), before[0]
        )
        decoder = self._stack(
            [self.latent, *reversed(hidden), width],
            self.output_activation,
            subseed(seed, "decoder"),
            before[1],
        )
        return _Training(self._learner(encoder), self._learner(decoder), self.latent_noise)

    def _take(self, training: _Training, data: Dataset) -> None:
        super()._take(training, data)
        self.encoder_, self.decoder_ = training.learned
        self.mse_ = float("nan")
        codes = self.encoder_(data.x, threads=self.threads).astype(np.float64)
        if not np.isfinite(codes).all():  # after a step that was too large
            return
        mean = data.mean(codes)
        deviation = np.sqrt(data.mean(np.square(codes - mean)) + _EPSILON)
        self.encoder_ = _normalized(self.encoder_, mean, deviation)
        made = self.decoder_(self.encoder_(data.x, threads=self.threads), threads=self.threads)
        self.mse_ = data.mean_squared_error(made, data.x)


def _normalized(encoder: Network, mean: Array, deviation: Array) -> Network:
    """``encoder`` with its outputs less ``mean``, over ``deviation``, both (latent,)."""
    weight, bias = encoder.weights[-1], encoder.biases[-1]
    assert bias is not None
    below = encoder.parameters[: -weight.size - bias.size]
    scaled = weight / deviation[:, None], (bias - mean) / deviation
    parameters = np.concatenate([below, *(part.ravel() for part in scaled)])
    return encoder.replace(parameters.astype(encoder.dtype))


@dataclass
class _Training(MinibatchTraining):
    """The two networks under training, and what a minibatch does to them."""

    encoder: Learner
    decoder: Learner
    latent_noise: float
    names: ClassVar[tuple[str, ...]] = ("mse",)

    def draw(self, n: int, seed: int) -> Array:
        """The noise of an epoch (n, latent)."""
        network = self.encoder.network
        return normal((n, network.n_outputs), random_state=seed, dtype=network.dtype.name)

    def networks(self) -> tuple[Network, ...]:
        """Encoder, without the normalization, and decoder."""
        return self.encoder.averaged, self.decoder.averaged

    def step(self, batch: Batch) -> tuple[float, ...] | None:
        """One minibatch: its score, or None where it is not finite."""
        codes = self.encoder.forward(batch.x)
        if not finite(codes):
            return None
        normalized, deviation = _normalize(batch, codes)
        shown = normalized + self.latent_noise * batch.noise
        if not finite(shown):
            return None
        difference = self.decoder.forward(shown) - batch.x
        mse = batch.mean(np.square(difference))
        if not np.isfinite(mse):
            return None
        dz = self.decoder.backward((2 / len(batch)) * batch.weighted(difference))
        # By the mean and the variance as well (Ioffe and Szegedy 2015, section 3).
        along = dz.mean(axis=0) + normalized * (dz * normalized).mean(axis=0)
        gradient = (dz - batch.weighted(along)) / deviation
        if not finite(gradient):
            return None
        self.encoder.learn(gradient)
        return (mse,) if self.encoder.step() and self.decoder.step() else None

    def validation_loss(self, batch: Batch) -> float:
        """The mse of held-out samples, with noise and normalized among themselves."""
        encoder, decoder = self.networks()
        shown = _normalize(batch, encoder(batch.x))[0] + self.latent_noise * batch.noise
        squared = np.square(decoder(shown) - batch.x)
        return batch.mean(squared)


def _normalize(batch: Batch, codes: Array) -> tuple[Array, Array]:
    """``codes`` (n, latent) of mean 0 and variance 1 over the minibatch, and what they were divided by (latent,)."""
    centred = codes - batch.weighted(codes).mean(axis=0)
    deviation = np.sqrt(batch.weighted(np.square(centred)).mean(axis=0) + _EPSILON)
    return centred / deviation, deviation

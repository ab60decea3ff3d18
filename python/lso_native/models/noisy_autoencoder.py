"""Autoencoder with noise on its normalized latent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from lso_native._checks import check_int, check_number
from lso_native.learner import Learner
from lso_native.models.generative import Array, Callback, subseed
from lso_native.models.generative_autoencoder import GenerativeAutoencoder
from lso_native.network import ActivationName, Network
from lso_native.optimizers import Adam
from lso_native.random import normal

__all__ = ["NoisyAutoencoder"]

_EPSILON = 1e-5  # beside a minibatch's variance (Ioffe and Szegedy 2015)


class NoisyAutoencoder(GenerativeAutoencoder):
    """An autoencoder whose decoder sees each code with noise, so that near codes decode to near samples.

    The latent is normalized over the minibatch, each node to mean 0 and variance 1, with gradients through the mean and
    the variance (Ioffe and Szegedy 2015, arXiv:1502.03167, Algorithm 1); then noise N(0, ``latent_noise``²) is added,
    as to the units of Poole et al. 2014, arXiv:1406.1831. Without the normalization the codes would grow until the
    noise is nothing. The loss is the squared error. What is learned has the normalization by all samples' mean and
    variance in the encoder's last layer, so that codes of training samples have mean 0 and variance 1.

    Parameters (checked by ``fit``):
      latent: how many. hidden: sizes of the encoder's hidden layers, in reverse of the decoder's.
      activation: of the hidden layers. The decoder's outputs are sigmoids.
      latent_noise: standard deviation, of the codes' own.
      optimizer: ``Adam``. batch_size, epochs: samples a step, and passes over the samples.
      average: share of the averaged parameters that a step keeps; what is learned are the averages. 0: the last.
      threads: None for all processors. dtype: "float32" or "float64".
      random_state: seed (>= 0) of parameters, order and noise; None for a new one at each fit.

    After ``fit`` it has ``encoder_`` and ``decoder_``; ``mse_`` of samples through both, without noise; ``status_``
    ("max_epochs", "diverged": a loss or step was not finite, the networks are the last finite ones, lower the learning
    rate; "interrupted", "stopped" by the callback); ``n_epochs_`` and ``history_``, an array by epoch: mse, with noise.
    """

    _learned = ("encoder_", "decoder_", *GenerativeAutoencoder._learned, "mse_")

    def __init__(
        self,
        latent: int = 20,
        *,
        hidden: Sequence[int] = (256, 128),
        activation: ActivationName = "relu",
        latent_noise: float = 0.3,
        optimizer: Adam = Adam(learning_rate=1e-3),  # noqa: B008 - frozen
        batch_size: int = 100,
        epochs: int = 50,
        average: float = 0.999,
        threads: int | None = None,
        dtype: npt.DTypeLike = "float32",
        random_state: int | None = None,
    ) -> None:
        self.latent = latent
        self.hidden = hidden
        self.activation = activation
        self.latent_noise = latent_noise
        self.optimizer = optimizer
        self.batch_size = batch_size
        self.epochs = epochs
        self.average = average
        self.threads = threads
        self.dtype = dtype
        self.random_state = random_state

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
        latent = check_int("latent", self.latent)
        noise = check_number("latent_noise", self.latent_noise, minimum=0.0)
        samples, seed = self._check_fit(X)
        hidden, width = self._check_sizes("hidden"), samples.shape[1]
        encoder = self._network([width, *hidden, latent], "linear", subseed(seed, "encoder"))
        decoder = self._network(
            [latent, *reversed(hidden), width], "sigmoid", subseed(seed, "decoder")
        )
        run = _Training(self._learner(encoder), self._learner(decoder), noise)
        self._train(run, samples, seed, callback)
        return self

    def _take(self, run: _Training, samples: Array) -> None:
        self.decoder_, self.encoder_ = run.decoder.averaged, run.encoder.averaged
        self.n_features_in_, self.mse_ = samples.shape[1], float("nan")
        codes = self.encoder_(samples, threads=self.threads).astype(np.float64)
        if not np.isfinite(codes).all():  # after a step that was too large
            return
        deviation = np.sqrt(codes.var(axis=0) + _EPSILON)
        self.encoder_ = _normalized(self.encoder_, codes.mean(axis=0), deviation)
        difference = self.reconstruct(samples) - samples
        self.mse_ = float(np.square(difference).mean(dtype=np.float64))

    def transform(self, X: npt.ArrayLike) -> Array:
        """Return the codes (n_samples, latent) of ``X`` (n_samples, n_features)."""
        samples = self._check_samples(X)
        return self.encoder_(samples, threads=self.threads)


def _normalized(encoder: Network, mean: Array, deviation: Array) -> Network:
    """``encoder`` with its outputs less ``mean``, over ``deviation``, both (latent,)."""
    weight, bias = encoder.weights[-1], encoder.biases[-1]
    assert bias is not None
    below = encoder.parameters[: -weight.size - bias.size]
    scaled = weight / deviation[:, None], (bias - mean) / deviation
    parameters = np.concatenate([below, *(part.ravel() for part in scaled)])
    return encoder.replace(parameters.astype(encoder.dtype))


@dataclass
class _Training:
    """The two networks under training, and what a minibatch does to them."""

    encoder: Learner
    decoder: Learner
    latent_noise: float
    names: tuple[str, ...] = ("mse",)

    def draw(self, n: int, seed: int) -> Array:
        """The noise of an epoch (n, latent)."""
        network = self.encoder.network
        return normal((n, network.n_outputs), random_state=seed, dtype=network.dtype.name)

    def step(self, x: Array, labels: None, noise: Array) -> tuple[float, ...] | None:  # noqa: ARG002
        """One minibatch: its score, or None where it is not finite."""
        codes = self.encoder.forward(x)
        if not np.isfinite(codes).all():
            return None
        with np.errstate(over="ignore", invalid="ignore"):  # told by what comes out
            centred = codes - codes.mean(axis=0)
            deviation = np.sqrt(np.square(centred).mean(axis=0) + _EPSILON)
            normalized = centred / deviation
        if not np.isfinite(normalized).all():
            return None
        difference = self.decoder.forward(normalized + self.latent_noise * noise) - x
        mse = float(np.square(difference).mean(dtype=np.float64))
        if not np.isfinite(mse):
            return None
        dz = self.decoder.backward((2 / len(x)) * difference)
        # By the mean and the variance as well (Ioffe and Szegedy 2015, section 3).
        along = dz.mean(axis=0) + normalized * (dz * normalized).mean(axis=0)
        self.encoder.learn((dz - along) / deviation)
        return (mse,) if self.encoder.step() and self.decoder.step() else None

    def check(self) -> str | None:
        """Nothing beyond finite numbers is asked of a run."""
        return None

"""Variational autoencoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import numpy.typing as npt

from lso_native._checks import check_choice, check_int, check_number
from lso_native.learner import Learner
from lso_native.models.generative import Array, Callback, subseed
from lso_native.models.generative_autoencoder import GenerativeAutoencoder
from lso_native.network import ActivationName, Network
from lso_native.optimizers import Adam
from lso_native.random import normal

__all__ = ["VAE"]

Likelihood = Literal["gaussian", "bernoulli"]
# Beyond this a code's variance is numerically 0 or swamps everything.
_LOG_VARIANCE_RANGE = (-12.0, 6.0)
# Below this, in nats, a latent's mean divergence from the prior says nothing of the sample (Burda et al. 2016).
_ACTIVE = 0.01


class VAE(GenerativeAutoencoder):
    """A variational autoencoder with a Gaussian latent (Kingma and Welling 2014, arXiv:1312.6114).

    The encoder n_features, ``hidden``, 2 ``latent`` gives each code's mean and log variance; the decoder, ``latent``,
    ``hidden`` in reverse, n_features with sigmoid outputs, takes a draw from it. The loss of a sample is the negative
    log likelihood of it under the decoder plus ``kl_weight`` times the divergence of its code from N(0, 1), in nats.

    Parameters (checked by ``fit``):
      latent: how many. hidden: sizes of the encoder's hidden layers. activation: of the hidden layers.
      likelihood: "gaussian", whose variance is learned, one for all features: the one of greatest likelihood for each
        minibatch (Rybkin et al. 2021, arXiv:2006.13202, section 4.1); or "bernoulli".
      kl_weight: 1 for the bound of the paper; above it, Higgins et al. 2017's beta.
      optimizer: ``Adam``. batch_size, epochs: samples a step, and passes over the samples.
      average: share of the averaged parameters that a step keeps; what is learned are the averages. 0: the last.
      threads: None for all processors. dtype: "float32" or "float64".
      random_state: seed (>= 0) of parameters, order and noise; None for a new one at each fit.

    After ``fit`` it has ``decoder_``; ``encoder_``, which gives the codes' means; ``log_variance_encoder_``;
    ``variance_`` of the Gaussian likelihood (NaN for bernoulli), ``active_latents_``, how many latents diverge from
    the prior by more than .01 nats; ``mse_`` of samples through the means of their codes; ``status_`` ("max_epochs",
    "diverged": a loss or step was not finite, the networks are the last finite ones, lower the learning rate;
    "interrupted", "stopped" by the callback); ``n_epochs_`` and ``history_``, arrays by epoch: loss, reconstruction
    and divergence, means over samples, in nats.
    """

    _learned = (
        *("encoder_", "log_variance_encoder_", "decoder_"),
        *(*GenerativeAutoencoder._learned, "variance_", "active_latents_", "mse_"),
    )

    log_variance_encoder_: Network
    variance_: float
    active_latents_: int

    def __init__(
        self,
        latent: int = 20,
        *,
        hidden: Sequence[int] = (256,),
        activation: ActivationName = "relu",
        likelihood: Likelihood = "gaussian",
        kl_weight: float = 1.0,
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
        self.likelihood = likelihood
        self.kl_weight = kl_weight
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
        check_choice("likelihood", self.likelihood, ("gaussian", "bernoulli"))
        check_number("kl_weight", self.kl_weight, minimum=0.0)
        samples, seed = self._check_fit(X)
        hidden = self._check_sizes("hidden")
        width = samples.shape[1]
        encoder = self._network([width, *hidden, 2 * latent], "linear", subseed(seed, "encoder"))
        decoder = self._network(
            [latent, *reversed(hidden), width], "sigmoid", subseed(seed, "decoder")
        )
        run = _Training(self, self._learner(encoder), self._learner(decoder), latent)
        self._train(run, samples, seed, callback)
        return self

    def _fits(self) -> bool:
        other = self.log_variance_encoder_
        same = (other.n_inputs, other.n_outputs) == (
            self.encoder_.n_inputs,
            self.encoder_.n_outputs,
        )
        return same and super()._fits()

    def _take(self, run: _Training, samples: Array) -> None:
        self.decoder_ = run.decoder.averaged
        self.encoder_, self.log_variance_encoder_ = _halves(run.encoder.averaged, run.latent)
        self.variance_ = run.variance if self.likelihood == "gaussian" else float("nan")
        self._measure(samples)
        self.n_features_in_ = samples.shape[1]

    def _measure(self, samples: Array) -> None:
        mean, log_variance = self._posterior(samples)
        self.active_latents_, self.mse_ = 0, float("nan")
        if not np.isfinite(mean).all():  # after a step that was too large
            return
        divergence = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance)
        self.active_latents_ = int((divergence.mean(axis=0) > _ACTIVE).sum())
        difference = self.decoder_(mean, threads=self.threads) - samples
        self.mse_ = float(np.square(difference).mean(dtype=np.float64))

    def transform(self, X: npt.ArrayLike) -> Array:
        """Return the means of the codes (n_samples, latent) of ``X`` (n_samples, n_features)."""
        return self._posterior(self._check_samples(X))[0]

    def sample_posterior(self, X: npt.ArrayLike, *, random_state: int | None = None) -> Array:
        """Return one draw (n_samples, latent) from the distribution of each sample's code."""
        mean, log_variance = self._posterior(self._check_samples(X))
        noise = normal(mean.shape, random_state=random_state, dtype=mean.dtype.name)
        return np.asarray(mean + np.exp(log_variance / 2) * noise)

    def _posterior(self, samples: Array) -> tuple[Array, Array]:
        mean = self.encoder_(samples, threads=self.threads)
        log_variance = self.log_variance_encoder_(samples, threads=self.threads)
        return mean, np.clip(log_variance, *_LOG_VARIANCE_RANGE)


def _halves(encoder: Network, latent: int) -> tuple[Network, Network]:
    """The nodes of the means and those of the log variances, each with all the layers below."""
    whole = encoder.architecture()
    whole["sizes"] = [*whole["sizes"][:-1], latent]
    below = encoder.parameters[: -2 * latent * (encoder.sizes[-2] + 1)]
    weight, bias = encoder.weights[-1], encoder.biases[-1]
    assert bias is not None
    parts = [
        np.concatenate([below, weight[part].ravel(), bias[part]])
        for part in (slice(None, latent), slice(latent, None))
    ]
    mean, log_variance = (Network.from_architecture(whole, part) for part in parts)
    return mean, log_variance


@dataclass
class _Training:
    """The two networks under training, and what a minibatch does to them."""

    model: VAE
    encoder: Learner
    decoder: Learner
    latent: int
    variance: float = float("nan")
    names: tuple[str, ...] = ("loss", "reconstruction", "divergence")

    def draw(self, n: int, seed: int) -> Array:
        """The noise of an epoch (n, latent)."""
        dtype = np.dtype(self.model.dtype).name
        return normal((n, self.latent), random_state=seed, dtype=dtype)

    def step(self, x: Array, labels: None, noise: Array) -> tuple[float, ...] | None:  # noqa: ARG002
        """One minibatch (Kingma and Welling 2014, Algorithm 1): its scores, or None where one is not finite."""
        n = len(x)
        codes = self.encoder.forward(x)
        if not np.isfinite(codes).all():
            return None
        mean, raw = codes[:, : self.latent], codes[:, self.latent :]
        log_variance = np.clip(raw, *_LOG_VARIANCE_RANGE)
        deviation = np.exp(log_variance / 2)
        y = self.decoder.forward(mean + deviation * noise)
        reconstruction, gradient, linear = self._likelihood(y, x)
        divergence = 0.5 * float(
            (mean**2 + deviation**2 - 1 - log_variance).sum(dtype=np.float64) / n
        )
        loss = reconstruction + self.model.kl_weight * divergence
        if not np.isfinite(loss):
            return None
        # By z = mean + deviation noise, then the divergence's own share.
        dz = self.decoder.backward(gradient / n, linear=linear)
        weight = self.model.kl_weight / n
        dmean = dz + weight * mean
        dlog = 0.5 * (dz * deviation * noise + weight * (deviation**2 - 1))
        dlog[log_variance != raw] = 0  # cut off
        self.encoder.learn(np.concatenate([dmean, dlog], axis=1))
        if not (self.encoder.step() and self.decoder.step()):
            return None
        return loss, reconstruction, divergence

    def _likelihood(self, y: Array, x: Array) -> tuple[float, Array, bool]:
        """The mean negative log likelihood, its derivatives for each sample, and whether these are linear ones."""
        difference = y - x
        if self.model.likelihood == "bernoulli":
            tiny = np.finfo(y.dtype).tiny
            terms = x * np.log(np.maximum(y, tiny)) + (1 - x) * np.log(np.maximum(1 - y, tiny))
            return -float(terms.sum(dtype=np.float64) / len(x)), difference, True
        mse = max(float(np.square(difference).mean(dtype=np.float64)), 1e-8)
        self.variance = mse if np.isnan(self.variance) else 0.99 * self.variance + 0.01 * mse
        value = 0.5 * x.shape[1] * (np.log(2 * np.pi * mse) + 1)
        return float(value), np.asarray(difference / mse, dtype=y.dtype), False

    def check(self) -> str | None:
        """Nothing beyond finite numbers is asked of a run."""
        return None

"""Variational autoencoder."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt

from lso_native._checks import check_choice, check_int, resolve_seed
from lso_native._typing import Array, RandomState
from lso_native.learner import Learner
from lso_native.models.dataset import Dataset
from lso_native.models.decoding import EncodingEstimator
from lso_native.models.generative import GenerativeEstimator, finite
from lso_native.models.restored import check_error
from lso_native.models.settings import estimator, learned, setting
from lso_native.models.training import Batch, MinibatchTraining
from lso_native.network import Network
from lso_native.random import normal, subseed

__all__ = ["VAE"]

Likelihood = Literal["gaussian", "bernoulli"]
# Beyond this a code's variance is numerically 0 or swamps everything.
_LOG_VARIANCE_RANGE = (-12.0, 6.0)
# Below this, in nats, a latent's mean divergence from the prior says nothing of the sample (Burda et al. 2016).
_ACTIVE = 0.01


@estimator
class VAE(GenerativeEstimator, EncodingEstimator):
    """A variational autoencoder with a Gaussian latent (Kingma and Welling 2014, arXiv:1312.6114).

    The encoder n_features, ``hidden``, 2 ``latent`` gives each code's mean and log variance; the decoder, ``latent``,
    ``hidden`` in reverse, n_features, takes a draw from it. The loss of a sample is the negative log likelihood of it
    under the decoder plus ``kl_weight`` times the divergence of its code from N(0, 1), in nats. ``encoder_`` gives the
    codes' means, ``transform`` too.

    ``history_`` has the scores ``loss``, ``reconstruction`` and ``divergence``, means over samples, in nats.
    """

    _parts = ("encoder_", "log_variance_encoder_", "decoder_")
    _curves = ("loss", "reconstruction", "divergence", "validation_loss")

    hidden: Sequence[int] = setting(default=(256,))
    likelihood: Likelihood = setting(
        default="gaussian",
        doc='"gaussian", whose variance is learned, one for all features: the one of greatest likelihood for each '
        'minibatch (Rybkin et al. 2021, arXiv:2006.13202, section 4.1); or "bernoulli", for sigmoid outputs.',
    )
    kl_weight: float = setting(
        default=1.0, doc="1 for the bound of the paper; above it, Higgins et al. 2017's beta."
    )

    log_variance_encoder_: Network = learned(doc="gives the logarithms of the codes' variances.")
    variance_: float = learned(doc="of the Gaussian likelihood; NaN for bernoulli.")
    active_latents_: int = learned(
        doc="how many latents diverge from the prior by more than .01 nats."
    )

    def sample_posterior(self, X: npt.ArrayLike, *, random_state: RandomState = None) -> Array:
        """Return one draw (n_samples, latent) from the distribution of each sample's code.

        X : samples (n_samples, n_features).
        random_state : seed of what is drawn (>= 0), something to draw one from, or None for a new one.
        """
        mean, log_variance = self._posterior(self._check_samples(X))
        seed = resolve_seed(random_state)
        noise = normal(mean.shape, random_state=seed, dtype=mean.dtype.name)
        return np.asarray(mean + np.exp(log_variance / 2) * noise)

    def _codes(self, samples: Array) -> Array:
        mean, log_variance = self._posterior(samples)
        noise = normal(mean.shape, random_state=0, dtype=mean.dtype.name)
        return np.asarray(mean + np.exp(log_variance / 2) * noise)

    def _posterior(self, samples: Array) -> tuple[Array, Array]:
        mean = self.encoder_(samples, threads=self.threads)
        log_variance = self.log_variance_encoder_(samples, threads=self.threads)
        return mean, np.clip(log_variance, *_LOG_VARIANCE_RANGE)

    def _restore(self) -> None:
        super()._restore()
        check_error(self, "variance_")
        check_int("active_latents_", self.active_latents_, minimum=0, maximum=self.latent)

    def _check_settings(self) -> None:
        super()._check_settings()
        self._check_strength("kl_weight")
        check_choice("likelihood", self.likelihood, ("gaussian", "bernoulli"))
        if self.likelihood == "bernoulli":
            check_choice("output_activation", self.output_activation, ("sigmoid",))

    def _begin(self, data: Dataset, seed: int, *, go_on: bool) -> _Training:
        hidden, width = self._check_sizes("hidden"), data.x.shape[1]
        encoder = self._stack(
            [width, *hidden, 2 * self.latent],
            "linear",
            subseed(seed, "encoder"),
            _whole(self.encoder_, self.log_variance_encoder_) if go_on else None,
        )
        decoder = self._stack(
            [self.latent, *reversed(hidden), width],
            self.output_activation,
            subseed(seed, "decoder"),
            self.decoder_ if go_on else None,
        )
        return _Training(
            self._learner(encoder),
            self._learner(decoder),
            self.latent,
            self.likelihood,
            self.kl_weight,
            self.variance_ if go_on else float("nan"),
        )

    def _fits(self) -> bool:
        return self.log_variance_encoder_.sizes == self.encoder_.sizes and super()._fits()

    def _take(self, training: _Training, data: Dataset) -> None:
        super()._take(training, data)
        encoder, self.decoder_ = training.learned
        self.encoder_, self.log_variance_encoder_ = _halves(encoder, training.latent)
        self.variance_ = training.variance if self.likelihood == "gaussian" else float("nan")
        self.active_latents_, self.mse_ = 0, float("nan")
        mean, log_variance = self._posterior(data.x)
        if not np.isfinite(mean).all():  # after a step that was too large
            return
        self.active_latents_ = int(
            (data.mean(_divergence(mean, np.exp(log_variance), log_variance)) > _ACTIVE).sum()
        )
        self.mse_ = data.mean_squared_error(self.decoder_(mean, threads=self.threads), data.x)


def _divergence(mean: Array, variance: Array, log_variance: Array) -> Array:
    """Of each code from N(0, 1), in nats (n, latent) (Kingma and Welling 2014, appendix B)."""
    return np.asarray(0.5 * (mean**2 + variance - 1 - log_variance))


def _halves(encoder: Network, latent: int) -> tuple[Network, Network]:
    """The nodes of the means and those of the log variances, each with all the layers below."""
    whole = encoder.architecture()
    whole["sizes"] = [*whole["sizes"][:-1], latent]
    weight, bias = encoder.weights[-1], encoder.biases[-1]
    assert bias is not None
    parts = [
        np.concatenate([_below(encoder), weight[part].ravel(), bias[part]])
        for part in (slice(None, latent), slice(latent, None))
    ]
    mean, log_variance = (Network.from_architecture(whole, part) for part in parts)
    return mean, log_variance


def _whole(mean: Network, log_variance: Network) -> Network:
    """The encoder that ``_halves`` took apart."""
    architecture = mean.architecture()
    architecture["sizes"][-1] *= 2
    both = (mean, log_variance)
    lasts = [*(part.weights[-1].ravel() for part in both), *(part.biases[-1] for part in both)]
    return Network.from_architecture(architecture, np.concatenate([_below(mean), *lasts]))


def _below(network: Network) -> Array:
    """The parameters of all layers but the last."""
    return network.parameters[: -network.sizes[-1] * (network.sizes[-2] + 1)]


@dataclass
class _Training(MinibatchTraining):
    """The two networks under training, and what a minibatch does to them."""

    encoder: Learner
    decoder: Learner
    latent: int
    likelihood: Likelihood = "gaussian"
    kl_weight: float = 1.0
    variance: float = float("nan")
    names: ClassVar[tuple[str, ...]] = ("loss", "reconstruction", "divergence")

    def draw(self, n: int, seed: int) -> Array:
        """The noise of an epoch (n, latent)."""
        dtype = self.decoder.network.dtype.name
        return normal((n, self.latent), random_state=seed, dtype=dtype)

    def networks(self) -> tuple[Network, ...]:
        """Encoder, of means and log variances, and decoder."""
        return self.encoder.averaged, self.decoder.averaged

    def step(self, batch: Batch) -> tuple[float, ...] | None:
        """One minibatch (Kingma and Welling 2014, Algorithm 1): its scores, or None where one is not finite."""
        n, noise = len(batch), batch.noise
        codes = self.encoder.forward(batch.x)
        if not finite(codes):
            return None
        mean, log_variance, deviation = self._split(codes)
        y = self.decoder.forward(mean + deviation * noise)
        reconstruction, gradient, mse = self._likelihood(y, batch)
        scores = self._scores(reconstruction, mean, log_variance, deviation, batch)
        if not math.isfinite(scores[0]):  # the sum of the others
            return None
        self.variance = mse if math.isnan(self.variance) else 0.99 * self.variance + 0.01 * mse
        # By z = mean + deviation noise, then the divergence's own share.
        dz = self.decoder.backward(batch.weighted(gradient) / n, linear=self._bernoulli)
        weight = self.kl_weight / n
        dmean = dz + weight * batch.weighted(mean)
        dlog = 0.5 * (dz * deviation * noise + weight * batch.weighted(deviation**2 - 1))
        dlog[log_variance != codes[:, self.latent :]] = 0  # cut off
        both = np.concatenate([dmean, dlog], axis=1)
        if not finite(both):
            return None
        self.encoder.learn(both)
        return scores if self.encoder.step() and self.decoder.step() else None

    def validation_loss(self, batch: Batch) -> float:
        """The loss of held-out samples."""
        encoder, decoder = self.networks()
        mean, log_variance, deviation = self._split(encoder(batch.x))
        y = decoder(mean + deviation * batch.noise)
        reconstruction = self._likelihood(y, batch)[0]
        return self._scores(reconstruction, mean, log_variance, deviation, batch)[0]

    @property
    def _bernoulli(self) -> bool:
        return self.likelihood == "bernoulli"

    def _split(self, codes: Array) -> tuple[Array, Array, Array]:
        """Mean, log variance and standard deviation, (n, latent) each."""
        mean, raw = codes[:, : self.latent], codes[:, self.latent :]
        log_variance = raw.clip(*_LOG_VARIANCE_RANGE)
        return mean, log_variance, np.exp(log_variance / 2)

    def _scores(
        self,
        reconstruction: float,
        mean: Array,
        log_variance: Array,
        deviation: Array,
        batch: Batch,
    ) -> tuple[float, ...]:
        terms = batch.weighted(mean**2 + deviation**2 - 1 - log_variance)
        divergence = 0.5 * float(terms.sum(dtype=np.float64) / len(batch))
        return reconstruction + self.kl_weight * divergence, reconstruction, divergence

    def _likelihood(self, y: Array, batch: Batch) -> tuple[float, Array, float]:
        """The mean negative log likelihood; its derivatives for each sample, by the outputs or, under bernoulli, by the
        output nodes before their sigmoid; and the variance of greatest likelihood, NaN under bernoulli."""
        x, difference = batch.x, y - batch.x
        if self._bernoulli:
            tiny = np.finfo(y.dtype).tiny
            terms = x * np.log(np.maximum(y, tiny)) + (1 - x) * np.log(np.maximum(1 - y, tiny))
            value = -float(batch.weighted(terms).sum(dtype=np.float64) / len(x))
            return value, difference, float("nan")
        mse = max(batch.mean(np.square(difference)), 1e-8)
        value = float(0.5 * x.shape[1] * (np.log(2 * np.pi * mse) + 1))
        return value, np.asarray(difference / mse, dtype=y.dtype), mse

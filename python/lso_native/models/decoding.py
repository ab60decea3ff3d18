"""What turns latents into samples, and samples into latents."""

from __future__ import annotations

import copy
import dataclasses
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from lso_native._architecture import check_activation
from lso_native._checks import (
    check_int,
    check_sample_weight,
    check_samples,
    resolve_seed,
    shown,
)
from lso_native._typing import Array, RandomState
from lso_native.display import Samples, View
from lso_native.errors import ArgumentError
from lso_native.models.base import Estimator
from lso_native.models.dataset import Dataset
from lso_native.models.fitting import Unsupervised
from lso_native.models.mixture import Mixture
from lso_native.models.restored import check_error
from lso_native.models.settings import estimator, learned, setting
from lso_native.network import Activation, ActivationName, Composition, Model, Network
from lso_native.random import normal, permutation

# Codes that a prior is fitted to, at most, and how many of them one Gaussian takes: a moment beside the training.
_CODES, _CODES_EACH, _MOST_GAUSSIANS = 10_000, 100, 30
# 99.7% of what is drawn from N(0, 1) lies within.
_NORMAL_RANGE = 3.0
_N_DRAWN = 30  # that show in a notebook what the decoder makes
DRAWN = "samples drawn"


@runtime_checkable
class Decoder(Protocol):
    """Whatever turns latents into samples: an estimator of this package or any object with these two."""

    @property
    def decoder_(self) -> Model:
        """Takes latents (n, latent) and returns samples (n, n_features)."""

    def sample_latent(self, n: int, *, random_state: Any = None) -> Array:
        """``n`` latents (n, latent) to start from.

        random_state : seed of what is drawn (>= 0), something to draw one from, or None for a new one.
        """


@runtime_checkable
class EncoderDecoder(Decoder, Protocol):
    """A decoder that also turns samples into latents."""

    def transform(self, X: npt.ArrayLike) -> Array:
        """The latents (n_samples, latent) of ``X`` (n_samples, n_features)."""

    def inverse_transform(self, X: npt.ArrayLike) -> Array:
        """The samples (n, n_features) that the latents ``X`` (n, latent) decode to."""


@estimator
class DecodingEstimator(Estimator):
    """An estimator with a decoder."""

    _estimator_type = "transformer"

    latent: int = setting(default=20, kw_only=False, doc="how many latents.")
    output_activation: ActivationName = setting(
        default="sigmoid",
        doc="of the decoder's outputs. Samples must lie in its range: 0..1 for sigmoid; any for linear.",
    )
    decoder_: Network = learned(
        doc="takes latents (n, latent) and returns samples (n, n_features)."
    )

    @property
    def _learned_dtype(self) -> np.dtype[Any]:
        return self.decoder_.dtype

    @property
    def _n_latents(self) -> int:
        return self.decoder_.n_inputs

    def _check_kept(self) -> None:
        if self.latent != self._n_latents:
            expected = f"the {self._n_latents} that were learned"
            raise ArgumentError("latent", expected, shown(self.latent))
        super()._check_kept()

    @abstractmethod
    def sample_latent(self, n: int, *, random_state: RandomState = None) -> Array:
        """Return ``n`` latents (n, latent) of the kind that the decoder was trained on."""

    def __rshift__(self, network: Model) -> Composition:
        """``estimator >> network``: the decoder and then ``network``."""
        if not isinstance(network, Model):
            return NotImplemented
        self._check_fitted()
        return self.decoder_ >> network

    def _view(self) -> View:
        """With some samples."""
        view = super()._view()
        if not self._is_fitted():
            return view
        return dataclasses.replace(view, blocks=(*view.blocks, self._draw(_N_DRAWN, 0)))

    def _draw(self, n: int, random_state: RandomState) -> Samples:
        """So many samples, to be shown."""
        latents = self.sample_latent(n, random_state=random_state)
        return Samples(self.decoder_(latents, threads=self.threads), what=DRAWN)

    def _check_settings(self) -> None:
        check_int("latent", self.latent)
        check_activation("output_activation", self.output_activation, output=True)

    def _check_x(self, name: str, X: Any, n_features: int | None) -> Array:
        samples = super()._check_x(name, X, n_features)
        low, high = Activation(self.output_activation).range
        if samples.min() < low or samples.max() > high:
            raise ArgumentError(
                name,
                f"values in {low:g}..{high:g}, what output_activation={self.output_activation!r} can return",
                f"{samples.min():g}..{samples.max():g}",
            )
        return samples


@estimator
class NormalDecodingEstimator(DecodingEstimator):
    """An estimator whose decoder was trained on latents that follow N(0, 1)."""

    @property
    def latent_range_(self) -> Array:
        """(2, latent): from -3 to 3, where 99.7% of N(0, 1) lies."""
        ends = np.array([[-_NORMAL_RANGE], [_NORMAL_RANGE]], self.decoder_.dtype)
        return np.repeat(ends, self._n_latents, axis=1)

    def sample_latent(self, n: int, *, random_state: RandomState = None) -> Array:
        """Return ``n`` latents (n, latent) drawn from N(0, 1).

        random_state : seed of what is drawn (>= 0), something to draw one from, or None for a new one.
        """
        self._check_fitted()
        shape, seed = (check_int("n", n), self._n_latents), resolve_seed(random_state)
        return normal(shape, random_state=seed, dtype=self.decoder_.dtype.name)


@estimator
class EncodingEstimator(DecodingEstimator, Unsupervised):
    """An estimator with an encoder and a decoder."""

    encoder_: Network = learned(
        doc="takes samples (n, n_features) and returns latents (n, latent)."
    )
    mse_: float = learned(
        doc="the mean squared error over samples, by their weights, and features of the samples trained on, encoded "
        "and decoded again."
    )
    prior_: Mixture = learned(
        doc="a mixture fitted to the codes of the samples trained on, or of 10,000 of them: what ``lso.generate`` "
        "draws from. Files from before there was one have none."
    )
    _optional = frozenset({"prior_", *DecodingEstimator._optional})

    def _fits(self) -> bool:
        ends = self.decoder_.n_outputs, self.decoder_.n_inputs
        return (self.encoder_.n_inputs, self.encoder_.n_outputs) == ends

    def _hidden(self) -> list[tuple[str, Sequence[int], Network]]:
        there, back = list(self.hidden), list(self.hidden)[::-1]
        return [("hidden", there, self.encoder_), ("hidden", back, self.decoder_)]

    def _restore(self) -> None:
        super()._restore()
        check_error(self, "mse_")
        if hasattr(self, "prior_") and self.prior_.n_features_in_ != self._n_latents:
            got = f"one of {self.prior_.n_features_in_}"
            raise ValueError(f"expected a prior of {self._n_latents} latents, got {got}")

    def _codes(self, samples: Array) -> Array:
        """Latents (n, latent) of samples as the decoder saw them while it was trained."""
        return self.encoder_(samples, threads=self.threads)

    def _look_back(self, data: Dataset) -> None:
        chosen = permutation(len(data), random_state=0)[:_CODES]
        codes = self._codes(data.x[chosen]).astype(np.float64)
        before = vars(self).pop("prior_", None)
        if np.isfinite(codes).all():  # not so after a step that was too large
            n_gaussians = min(_MOST_GAUSSIANS, 1 + len(codes) // _CODES_EACH)
            weight = None if data.weight is None else data.weight[chosen]
            # From the components before, where training goes on: partial_fit is called often.
            prior = Mixture(n_gaussians, tol=1e-2, max_iter=10, warm_start=True, random_state=0)
            if before is not None and before.n_components == n_gaussians:
                prior = copy.copy(before)
            self.prior_ = prior.fit(codes, sample_weight=weight)

    def fit_transform(self, X: npt.ArrayLike, y: object = None, **fit_params: Any) -> Array:
        """Fit on ``X`` and return its latents (n_samples, latent).

        y : ignored.
        fit_params : as of ``fit``.
        """
        return self.fit(X, y, **fit_params).transform(X)

    def transform(self, X: npt.ArrayLike) -> Array:
        """Return the latents (n_samples, latent) of ``X`` (n_samples, n_features)."""
        samples = self._check_samples(X)
        return self.encoder_(samples, threads=self.threads)

    def get_feature_names_out(self, input_features: object = None) -> Array:  # noqa: ARG002
        """Return the names of the latents (latent,), as scikit-learn's pipelines ask for them.

        input_features : ignored.
        """
        self._check_fitted()
        kind = type(self).__name__.lower()
        return np.array([f"{kind}{i}" for i in range(self._n_latents)], dtype=object)

    def inverse_transform(self, X: npt.ArrayLike) -> Array:
        """Return the samples (n, n_features) that the latents ``X`` (n, latent) decode to."""
        self._check_fitted()
        codes = check_samples("X", X, dtype=self.decoder_.dtype, n_features=self._n_latents)
        return self.decoder_(codes, threads=self.threads)

    def reconstruct(self, X: npt.ArrayLike) -> Array:
        """Return ``X`` (n_samples, n_features) encoded and decoded again."""
        return self.inverse_transform(self.transform(X))

    def mean_squared_error(
        self, X: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None
    ) -> float:
        """Return the error of ``reconstruct``: the mean over samples, by their weights, and features.

        X : samples (n_samples, n_features).
        sample_weight : (n_samples,), how much each counts; None for all alike.
        """
        samples = self._check_samples(X)
        weight = check_sample_weight(sample_weight, len(samples))
        known = Dataset(samples).weighted_by(weight)
        return known.mean_squared_error(self.reconstruct(known.x), known.x)

    def score(
        self,
        X: npt.ArrayLike,
        y: object = None,  # noqa: ARG002
        sample_weight: npt.ArrayLike | None = None,
    ) -> float:
        """Return minus ``mean_squared_error(X)``: greater is better, as model selection expects.

        y : ignored.
        sample_weight : (n_samples,), how much each counts; None for all alike.
        """
        return -self.mean_squared_error(X, sample_weight)

    def sample(self, n: int, *, random_state: RandomState = None) -> Array:
        """Return ``n`` samples (n, n_features): ``sample_latent``, decoded.

        random_state : seed of what is drawn (>= 0), something to draw one from, or None for a new one.
        """
        return self.inverse_transform(self.sample_latent(n, random_state=random_state))

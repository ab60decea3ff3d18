"""What autoencoders whose codes follow N(0, 1) share: from samples to codes and back."""

from __future__ import annotations

from abc import abstractmethod

import numpy.typing as npt

from lso_native._checks import check_int, check_samples
from lso_native.models.generative import Array, GenerativeEstimator
from lso_native.network import Network
from lso_native.random import normal


class GenerativeAutoencoder(GenerativeEstimator):
    """A generative estimator with an encoder, whose decoder's inputs are N(0, 1)."""

    encoder_: Network
    mse_: float

    def _fits(self) -> bool:
        ends = self.decoder_.n_outputs, self.decoder_.n_inputs
        return (self.encoder_.n_inputs, self.encoder_.n_outputs) == ends

    @abstractmethod
    def transform(self, X: npt.ArrayLike) -> Array:
        """Return the codes (n_samples, latent) of ``X`` (n_samples, n_features)."""

    def inverse_transform(self, X: npt.ArrayLike) -> Array:
        """Return the samples (n, n_features) that the codes ``X`` (n, latent) decode to."""
        self._check_fitted()
        codes = check_samples("X", X, dtype=self.decoder_.dtype, n_features=self.decoder_.n_inputs)
        return self.decoder_(codes, threads=self.threads)

    def reconstruct(self, X: npt.ArrayLike) -> Array:
        """Return ``X`` (n_samples, n_features) through its codes."""
        return self.inverse_transform(self.transform(X))

    def sample_latent(self, n: int, *, random_state: int | None = None) -> Array:
        """Return ``n`` codes (n, latent) drawn from N(0, 1)."""
        self._check_fitted()
        shape = (check_int("n", n), self.decoder_.n_inputs)
        return normal(shape, random_state=random_state, dtype=self.decoder_.dtype.name)

    def sample(self, n: int, *, random_state: int | None = None) -> Array:
        """Return ``n`` samples (n, n_features) decoded from N(0, 1)."""
        return self.inverse_transform(self.sample_latent(n, random_state=random_state))

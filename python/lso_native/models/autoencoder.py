"""Autoencoder: one network trained to return its input, split at its narrow layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from lso_native._checks import check_choice, check_int, check_samples
from lso_native.models.base import (
    DEFAULT_OPTIMIZER,
    Array,
    Callback,
    NetworkEstimator,
    mean_squared_error,
)
from lso_native.network import ActivationName, BiasConvention, Network
from lso_native.random import uniform
from lso_native.training import DEFAULT_BATCH_SIZE, DEFAULT_EPOCHS, Optimizer, TrainResult

__all__ = ["Autoencoder"]

_ACTIVATIONS = ("linear", "sigmoid", "tanh", "relu", "leaky_relu", "softplus")
_RANGES = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}
_OUTPUT_RANGES = {**_RANGES, "relu": (0.0, np.inf), "softplus": (0.0, np.inf)}


class Autoencoder(NetworkEstimator):
    """An encoder and a decoder, trained as one network on the squared error (the paper, section 4).

    The layers are n_features, ``hidden``, ``latent``, ``hidden`` in reverse, n_features.

    Parameters (checked by ``fit``):
      latent: nodes of the latent layer.
      hidden: sizes of the encoder's hidden layers, the first one nearest the input; may be empty.
      activation, latent_activation, output_activation: of the hidden layers, the latent layer and
        the output. Samples must lie in the range of ``output_activation``: 0..1 for sigmoid.
      bias: "paper" (every node but the outputs has one) or "standard" (every node but the inputs).
      optimizer: ``Adam`` or ``NormalizedGradientDescent``.
      batch_size, epochs: samples a step, and passes over the samples at most. The defaults,
        100 epochs of ``Adam(learning_rate=0.01)``, were chosen by measurement: on 3,000 14x14
        digits they bring 5 latents to an error of about .019 and 20 to about .007, in seconds,
        below the paper's .0239 and .0203; 200 epochs gain little on digits held out.
      mse: stop as soon as the training error, the mean over samples and features at the end of
        an epoch, is this or less.
      validation_fraction: share of the samples, drawn at random, held out for validation.
      patience: stop after this many epochs without a better validation loss, and keep the best.
      dtype: "float32" or "float64".
      random_state: seed (>= 0) of the initial parameters, the order of samples and the share held
        out; None for a new one at each fit.

    After ``fit`` it has ``network_``; ``encoder_`` and ``decoder_``, its two halves, so that
    ``decoder_(encoder_(X))`` equals ``network_(X)`` bit for bit; ``latent_range_`` (2, latent), the
    lowest and highest value of each latent: what a sigmoid or tanh latent layer can take, for other
    activations what the training samples' codes took; ``history_`` (a dict of arrays, one entry an
    epoch), ``status_``, ``n_epochs_``, ``mse_`` (over the samples trained on) and
    ``n_features_in_``.
    """

    _estimator_type = "transformer"

    _learned = (*NetworkEstimator._learned, "latent_range_")

    encoder_: Network
    decoder_: Network
    latent_range_: Array

    def __init__(
        self,
        latent: int = 20,
        *,
        hidden: Sequence[int] = (64,),
        activation: ActivationName = "sigmoid",
        latent_activation: ActivationName = "sigmoid",
        output_activation: ActivationName = "sigmoid",
        bias: BiasConvention = "paper",
        optimizer: Optimizer = DEFAULT_OPTIMIZER,
        batch_size: int = DEFAULT_BATCH_SIZE,
        epochs: int = DEFAULT_EPOCHS,
        mse: float | None = None,
        validation_fraction: float = 0.0,
        patience: int | None = None,
        dtype: npt.DTypeLike = "float32",
        random_state: int | None = None,
    ) -> None:
        self.latent = latent
        self.hidden = hidden
        self.activation = activation
        self.latent_activation = latent_activation
        self.output_activation = output_activation
        self.bias = bias
        self.optimizer = optimizer
        self.batch_size = batch_size
        self.epochs = epochs
        self.mse = mse
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.dtype = dtype
        self.random_state = random_state

    def fit(
        self,
        X: npt.ArrayLike,
        y: object = None,  # noqa: ARG002
        *,
        sample_weight: npt.ArrayLike | None = None,
        validation: npt.ArrayLike | None = None,
        callback: Callback | None = None,
    ) -> Self:
        """Train on ``X`` (n_samples, n_features) and return self.

        ``y`` is ignored. ``sample_weight``: (n_samples,), each sample's weight in the loss.
        ``validation``: samples (n, n_features) to watch. ``callback`` is called after each epoch;
        training stops when it returns True. Ctrl-C raises ``KeyboardInterrupt``; what was learned by
        then is kept.

        Raises ValueError where a parameter or an argument is not what is described above.
        """
        dtype = self._check_dtype()
        latent = check_int("latent", self.latent)
        hidden = self._check_sizes("hidden")
        for name in ("activation", "latent_activation", "output_activation"):
            check_choice(name, getattr(self, name), _ACTIVATIONS)
        samples = self._check_targets("X", X, dtype, None)
        width = samples.shape[1]
        watched = None
        if validation is not None:
            held_out = self._check_targets("validation", validation, dtype, width)
            watched = (held_out, held_out)
        return self._train(
            samples,
            samples,
            sizes=[width, *hidden, latent, *reversed(hidden), width],
            activation=[
                *(self.activation for _ in hidden),
                self.latent_activation,
                *(self.activation for _ in hidden),
                self.output_activation,
            ],
            objective="squared_error",
            sample_weight=sample_weight,
            validation=watched,
            callback=callback,
        )

    def fit_transform(self, X: npt.ArrayLike, y: object = None, **fit_params: Any) -> Array:
        """Fit on ``X`` and return its codes (n_samples, latent)."""
        return self.fit(X, y, **fit_params).transform(X)

    def transform(self, X: npt.ArrayLike) -> Array:
        """Return the codes (n_samples, latent) of ``X`` (n_samples, n_features)."""
        self._check_fitted()
        return self.encoder_(self._check_input("X", X, self.n_features_in_))

    def inverse_transform(self, X: npt.ArrayLike) -> Array:
        """Return the samples (n_samples, n_features) that the codes ``X`` (n, latent) decode to."""
        self._check_fitted()
        return self.decoder_(self._check_input("X", X, self.decoder_.n_inputs))

    def reconstruct(self, X: npt.ArrayLike) -> Array:
        """Return ``X`` (n_samples, n_features) encoded and decoded again."""
        self._check_fitted()
        return self.network_(self._check_input("X", X, self.n_features_in_))

    def mean_squared_error(self, X: npt.ArrayLike) -> float:
        """Return the reconstruction error of ``X``: the mean over samples and features."""
        self._check_fitted()
        samples = self._check_input("X", X, self.n_features_in_)
        return mean_squared_error(self.network_(samples), samples)

    def score(self, X: npt.ArrayLike, y: object = None) -> float:  # noqa: ARG002
        """Return minus ``mean_squared_error(X)``: greater is better, as model selection expects."""
        return -self.mean_squared_error(X)

    def sample_latent(self, n: int, *, random_state: int | None = None) -> Array:
        """Return ``n`` codes (n, latent) drawn uniformly from ``latent_range_``."""
        self._check_fitted()
        low, high = self.latent_range_
        shape = (check_int("n", n), len(low))
        unit = uniform(shape, random_state=random_state, dtype=low.dtype.name)
        return np.asarray(low + (high - low) * unit)

    def _check_input(self, name: str, value: npt.ArrayLike, width: int) -> Array:
        return check_samples(name, value, dtype=self.network_.dtype, n_features=width)

    def _check_targets(
        self, name: str, value: npt.ArrayLike, dtype: np.dtype[Any], width: int | None
    ) -> Array:
        samples = check_samples(name, value, dtype=dtype, n_features=width)
        low, high = _OUTPUT_RANGES.get(self.output_activation, (-np.inf, np.inf))
        if samples.min() < low or samples.max() > high:
            raise ValueError(
                f"{name}: expected values in {low:g}..{high:g}, what output_activation="
                f"{self.output_activation!r} can return, "
                f"got {samples.min():g}..{samples.max():g}"
            )
        return samples

    def _learn(self, result: TrainResult, x: Array, y: Array, learned: Mapping[str, Any]) -> None:
        super()._learn(result, x, y, learned)
        self._split()
        activation = self.encoder_.activations[-1]
        if activation in _RANGES:
            ends = np.array(_RANGES[activation], x.dtype)
            self.latent_range_ = np.repeat(ends[:, None], self.encoder_.n_outputs, axis=1)
        else:
            codes = self.encoder_(x)
            self.latent_range_ = np.stack([codes.min(axis=0), codes.max(axis=0)])

    def _restore(self) -> None:
        super()._restore()
        sizes = self.network_.sizes
        if len(sizes) < 3 or sizes != sizes[::-1] or len(sizes) % 2 == 0:
            raise ValueError(f"expected layer sizes that mirror about a latent layer, got {sizes}")
        self._split()
        latent_range, shape = self.latent_range_, (2, self.decoder_.n_inputs)
        if latent_range.shape != shape or latent_range.dtype != self.network_.dtype:
            raise ValueError(f"expected latent_range of shape {shape}, got {latent_range.shape}")
        low, high = latent_range
        if not (np.isfinite(latent_range).all() and (low <= high).all()):
            raise ValueError("expected latent_range to be finite, low below high, got another one")

    def _split(self) -> None:
        # The layers mirror each other, so that the latent layer is the middle one.
        self.encoder_, self.decoder_ = self.network_.split(len(self.network_.sizes) // 2)

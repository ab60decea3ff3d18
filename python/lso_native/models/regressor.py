"""Regressor: a network with one output a target."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lso_native._architecture import check_activation
from lso_native._checks import check_int, check_sample_weight, shown
from lso_native._typing import Array, Float64Array, StringArray
from lso_native.errors import ArgumentError
from lso_native.models.dataset import Dataset
from lso_native.models.fitting import Supervised
from lso_native.models.restored import check_numbers, check_texts
from lso_native.models.settings import estimator, learned, setting
from lso_native.models.single import NetworkEstimator
from lso_native.models.targets import as_targets, check_names, check_range, target_names
from lso_native.models.training import SingleTraining
from lso_native.network import Activation, ActivationName, BiasConvention, Network
from lso_native.requirements.values import Quantities, Readable

__all__ = ["Regressor"]


@estimator
class Regressor(NetworkEstimator, Supervised, Readable):
    """A network that learns numbers, ``y`` (n_samples,) or (n_samples, n_targets), by their squared error.

    ``y`` may name them: a structured array (n_samples,), such as ``lso.data.attributes`` returns, has a target a
    field, a table of pandas one a column.

    The layers are n_features, ``hidden``, n_targets. With a linear output it learns standardized targets, each of mean
    0 and variance 1, so that each counts alike whatever its unit; then the last layer takes the units up, and
    ``network_`` returns targets as they were given. With another output activation the targets are learned as they
    are, and must lie in its range.

    ``history_`` and ``mse`` are in the units of the standardized targets, where predicting the mean has an error of 1;
    ``mse_`` is in those of the targets.
    """

    _estimator_type = "regressor"
    _optional = NetworkEstimator._optional | {"target_names_", "target_spread_"}

    bias: BiasConvention = setting(default="standard")
    output_activation: ActivationName = setting(default="linear", doc="of the output.")

    target_mean_: Float64Array = learned(
        doc="what the last layer adds, (n_targets,): the targets' mean, by weights; 0 where they are learned as they "
        "are or the output has no bias."
    )
    target_scale_: Float64Array = learned(
        doc="what the last layer multiplies by, (n_targets,): the targets' standard deviation, or 1."
    )
    target_ndim_: int = learned(
        doc="1 where ``y`` was a plain (n_samples,), 2 for several targets, or named ones."
    )
    target_names_: StringArray = learned(
        doc="what the targets are called, (n_targets,): ``y0``, ``y1`` and so on where ``y`` does not say."
    )
    target_spread_: Float64Array = learned(
        doc="the targets' standard deviation, by weights, (n_targets,), whatever the output activation; 1 where they "
        "do not vary."
    )

    @property
    def quantities(self) -> Quantities:
        """The targets, as what may be required of a sample."""
        self._check_fitted()
        return Quantities(self.network_, tuple(self.target_names_.tolist()), self.target_spread_)

    def predict(self, X: npt.ArrayLike) -> Array:
        """Return the targets (n_samples,) or (n_samples, n_targets), as ``y`` of ``fit`` was.

        X : samples (n_samples, n_features).
        """
        samples = self._check_samples(X)
        outputs = self.network_(samples, threads=self.threads)
        return outputs.ravel() if self.target_ndim_ == 1 else outputs

    def score(
        self, X: npt.ArrayLike, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None
    ) -> float:
        """Return R², the share of the targets' variance that is predicted, the mean over targets; 1 at best.

        A target that does not vary counts as 1 where it is predicted exactly, and as 0 elsewhere.

        X : samples (n_samples, n_features).
        y : their targets, as of ``fit``.
        sample_weight : (n_samples,), how much each counts; None for all alike.
        Raises ValueError where ``y`` is of another shape than what is predicted.
        """
        predicted = self.predict(X).astype(np.float64)
        known = self._known(y, len(predicted))
        if known.shape != predicted.shape:
            raise ArgumentError("y", f"targets of shape {predicted.shape}", f"shape {known.shape}")
        weight = check_sample_weight(sample_weight, len(predicted))
        left = np.average(np.square(known - predicted), axis=0, weights=weight)
        mean = np.average(known, axis=0, weights=weight)
        whole = np.average(np.square(known - mean), axis=0, weights=weight)
        shares = np.divide(left, whole, out=np.array(left > 0, float), where=whole > 0)
        return float(1 - shares.mean())

    def mean_squared_error(self, X: npt.ArrayLike, y: npt.ArrayLike) -> float:
        """Return the mean over samples and targets of (prediction - target)².

        X : samples (n_samples, n_features).
        y : their targets, as of ``fit``.
        """
        predicted = self.predict(X).astype(np.float64)
        return float(np.square(predicted - self._known(y, len(predicted))).mean())

    def _known(self, y: Any, n_samples: int) -> Array:
        check_names("y", y, self.target_names_)
        return self._check_y("y", y, n_samples)

    def _restore(self) -> None:
        super()._restore()
        shape = (self.network_.n_outputs,)
        check_numbers(self, "target_mean_", shape)
        check_numbers(self, "target_scale_", shape, above=0.0)
        check_int("target_ndim_", self.target_ndim_, minimum=1 if shape == (1,) else 2, maximum=2)
        told = {name for name in ("target_names_", "target_spread_") if hasattr(self, name)}
        if len(told) == 1:
            raise ValueError(f"expected target_names and target_spread, got {shown(told)}")
        if not told:  # in a file of an older version
            self.target_names_ = target_names(None, *shape)
            self.target_spread_ = self.target_scale_
        check_texts(self, "target_names_", *shape)
        check_numbers(self, "target_spread_", shape, above=0.0)

    def _check_settings(self) -> None:
        check_activation("output_activation", self.output_activation, output=True)

    def _check_y(self, name: str, y: Any, n_samples: int) -> Array:
        super()._check_y(name, y, n_samples)
        targets = as_targets(name, y, n_samples)
        low, high = Activation(self.output_activation).range
        largest = float(np.finfo(self._check_dtype()).max)  # which the network must return
        check_range(name, y, targets, max(low, -largest), min(high, largest))
        return targets

    def _dataset(
        self, X: Any, y: Any, sample_weight: Any, classes: Array | None, *, go_on: bool
    ) -> Dataset:
        data = super()._dataset(X, y, sample_weight, classes, go_on=go_on)
        if go_on:
            check_names("y", y, self.target_names_)
            return dataclasses.replace(data, names=self.target_names_)
        return dataclasses.replace(data, names=target_names(y, self._targets(data).shape[1]))

    def _watched(self, validation: Any, data: Dataset) -> Dataset:
        assert data.names is not None
        check_names("validation[1]", self._pair(validation)[1], data.names)
        return super()._watched(validation, data)

    def _layers(self, data: Dataset) -> tuple[list[int], list[ActivationName]]:
        hidden = self._check_sizes("hidden")
        activations = [*(self.activation for _ in hidden), self.output_activation]
        return [data.x.shape[1], *hidden, self._targets(data).shape[1]], activations

    def _targets(self, data: Dataset) -> Array:
        assert data.y is not None
        return data.y.reshape(len(data), -1)

    def _begin(self, data: Dataset, seed: int, *, go_on: bool) -> _Training:
        plain = super()._begin(data, seed, go_on=go_on)
        known = (self.target_mean_, self.target_scale_, self.target_spread_) if go_on else None
        units = self._units(data) if known is None else _Units(*known)
        network = units.left_by(plain.network) if go_on else plain.network
        return _Training(network, plain.targets, plain.options, units)

    def _units(self, data: Dataset) -> _Units:
        targets = self._targets(data)
        mean, scale = np.zeros(targets.shape[1]), np.ones(targets.shape[1])
        deviation = np.sqrt(data.mean(np.square(targets - data.mean(targets))))
        spread = np.where(deviation > 0, deviation, 1.0)
        if self.output_activation == "linear":
            scale = spread
            if self.bias == "standard":
                mean = data.mean(targets)
        return _Units(mean, scale, spread)

    def _take(self, training: Any, data: Dataset) -> None:
        units = training.units
        training.network = units.taken_by(training.network)
        super()._take(training, data)
        self.target_mean_, self.target_scale_ = units.mean, units.scale
        assert data.y is not None
        assert data.names is not None
        self.target_names_, self.target_spread_ = data.names, units.spread
        self.target_ndim_ = data.y.ndim


@dataclass(frozen=True, eq=False)
class _Units:
    """What is taken off targets, what they are divided by, and their deviation, (n_targets,) each."""

    mean: Float64Array
    scale: Float64Array
    spread: Float64Array

    def standardized(self, targets: Array) -> Array:
        """``targets`` (n_samples, n_targets) without their units."""
        return np.asarray((targets - self.mean) / self.scale)

    def taken_by(self, network: Network) -> Network:
        """A network of standardized targets as one of targets."""
        return _affine(network, self.scale, self.mean)

    def left_by(self, network: Network) -> Network:
        """The other way round."""
        return _affine(network, 1 / self.scale, -self.mean / self.scale)


def _affine(network: Network, scale: Float64Array, shift: Float64Array) -> Network:
    """``network`` with its outputs, which are linear or ``scale`` 1 and ``shift`` 0, times ``scale`` plus ``shift``."""
    weight, bias = network.weights[-1] * scale[:, None], network.biases[-1]
    last = [weight.ravel()] if bias is None else [weight.ravel(), bias * scale + shift]
    below = network.parameters[: -sum(part.size for part in last)]
    return network.replace(np.concatenate([below, *last]).astype(network.dtype))


@dataclass
class _Training(SingleTraining):
    """The training of a network to return standardized targets."""

    units: _Units

    def __post_init__(self) -> None:
        given, units = self.targets, self.units
        self.targets = lambda data: units.standardized(given(data)).astype(data.x.dtype)

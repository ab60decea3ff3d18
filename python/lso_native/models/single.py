"""Estimators that are one network, trained by the engine's own loop."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

from lso_native._architecture import check_bias
from lso_native._checks import check_number
from lso_native._typing import Array
from lso_native.models.base import Estimator
from lso_native.models.dataset import Dataset
from lso_native.models.inputs import warn_beyond
from lso_native.models.restored import check_error
from lso_native.models.settings import estimator, learned, setting
from lso_native.models.training import SingleTraining
from lso_native.network import (
    Activation,
    ActivationName,
    BiasConvention,
    Composition,
    Model,
    Network,
)
from lso_native.training import LossName


@estimator
class NetworkEstimator(Estimator):
    """An estimator that is one trained ``Network``."""

    _parts = ("network_",)

    bias: BiasConvention = setting(
        default="paper",
        doc='"paper" (every node but the outputs has one) or "standard" (every node but the inputs).',
    )
    mse: float | None = setting(
        default=None,
        doc="stop as soon as the training error, the mean over samples and outputs at the end of an epoch, is this or "
        "less.",
    )
    network_: Network = learned(doc="what was trained.")
    mse_: float = learned(
        doc="the mean squared error of ``network_`` over the samples trained on, by their weights, and outputs."
    )

    @property
    def _learned_dtype(self) -> np.dtype[Any]:
        return self.network_.dtype

    def _hidden(self) -> list[tuple[str, Sequence[int], Network]]:
        return [("hidden", self.hidden, self.network_)]

    def _restore(self) -> None:
        self.n_features_in_ = self.network_.n_inputs
        super()._restore()
        check_bias(self.bias, len(self.network_.sizes))
        if self.mse is not None:
            check_number("mse", self.mse, above=0.0)
        check_error(self, "mse_")

    def __rrshift__(self, before: Any) -> Composition:
        """``decoder >> estimator``: the decoder, of an estimator or a network, and then ``network_``.

        Warns once where what the decoder returns is not in the unit of the samples that the estimator learned from.
        """
        decoder = before if isinstance(before, Model) else getattr(before, "decoder_", None)
        if not isinstance(decoder, Model):
            return NotImplemented
        self._check_fitted()
        returned = np.array(Activation(decoder.parts[-1].activations[-1]).range)
        returned = getattr(before, "data_range_", returned)
        if np.isfinite(returned).all():
            warn_beyond(self, returned)
        return decoder >> self.network_

    @property
    def _objective(self) -> LossName:
        return "squared_error"

    @abstractmethod
    def _layers(self, data: Dataset) -> tuple[list[int], list[ActivationName]]:
        """Sizes and activations of a network for ``data``."""

    @abstractmethod
    def _targets(self, data: Dataset) -> Array:
        """What the network is to return for the samples of ``data``, (n_samples, n_outputs)."""

    def _begin(self, data: Dataset, seed: int, *, go_on: bool) -> SingleTraining:
        before = self.network_ if go_on else None
        network = self._network(*self._layers(data), self.bias, seed, before)
        options = {
            "objective": self._objective,
            "optimizer": self.optimizer,
            "mse": self.mse,
            "average": self.average,
            "threads": self.threads,
        }
        return SingleTraining(network, self._targets, options)

    def _take(self, training: SingleTraining, data: Dataset) -> None:
        super()._take(training, data)
        self.network_ = training.network
        outputs = self.network_(data.x, threads=self.threads)
        self.mse_ = data.mean_squared_error(outputs, self._targets(data))

"""Estimators that are one network, trained by the engine's own loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lso_native._typing import Array
from lso_native.models.base import RANGES, Estimator
from lso_native.models.dataset import Dataset
from lso_native.models.inputs import warn_beyond
from lso_native.models.settings import estimator, learned, setting
from lso_native.models.training import SingleTraining
from lso_native.network import ActivationName, BiasConvention, Composition, Model, Network
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

    def _restore(self) -> None:
        super()._restore()
        self.n_features_in_ = self.network_.n_inputs

    def __rrshift__(self, before: Any) -> Composition:
        """``decoder >> estimator``: the decoder, of an estimator or a network, and then ``network_``.

        Warns once where what the decoder returns is not in the unit of the samples that the estimator learned from.
        """
        decoder = before if isinstance(before, Model) else getattr(before, "decoder_", None)
        if not isinstance(decoder, Model):
            return NotImplemented
        self._check_fitted()
        returned = getattr(before, "data_range_", RANGES.get(_last_activation(decoder)))
        if returned is not None:
            warn_beyond(self, np.asarray(returned))
        return decoder >> self.network_

    def _single(
        self,
        sizes: Sequence[int],
        activations: Sequence[ActivationName],
        objective: LossName,
        seed: int,
        *,
        go_on: bool,
    ) -> SingleTraining:
        """The training of a network of ``sizes``, or of ``network_``, to ``go_on`` from."""
        before = self.network_ if go_on else None
        network = self._network(sizes, activations, self.bias, seed, before)
        return SingleTraining(
            network,
            self._targets,
            objective=objective,
            optimizer=self.optimizer,
            mse=self.mse,
            threads=self.threads,
        )

    def _targets(self, data: Dataset) -> Array:
        """What the network is to return for the samples of ``data``, (n_samples, n_outputs)."""
        raise NotImplementedError

    def _take(self, training: SingleTraining, data: Dataset) -> None:
        super()._take(training, data)
        self.network_ = training.network
        outputs = self.network_(data.x, threads=self.threads)
        self.mse_ = data.mean_squared_error(outputs, self._targets(data))


def _last_activation(model: Model) -> str:
    return model.parts[-1].activations[-1]

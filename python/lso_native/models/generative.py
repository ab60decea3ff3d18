"""Estimators of several networks that train each other by minibatches."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from lso_native._checks import check_number
from lso_native._typing import Array
from lso_native.learner import Learner
from lso_native.models.decoding import NormalDecodingEstimator
from lso_native.models.settings import estimator, setting
from lso_native.network import ActivationName, Network
from lso_native.optimizers import Adam


@estimator
class GenerativeEstimator(NormalDecodingEstimator):
    """An estimator whose networks are trained by ``Learner``."""

    _optimizers = Adam

    activation: ActivationName = setting(default="relu")
    optimizer: Adam = setting(default=Adam(learning_rate=1e-3), doc="``Adam``.")
    batch_size: int = setting(default=100)
    epochs: int = setting(default=50)
    average: float = setting(default=0.999)

    def _stack(
        self, sizes: Sequence[int], output: ActivationName, seed: int, before: Network | None
    ) -> Network:
        """A network of ``sizes`` whose outputs are ``output``, or the one learned ``before``."""
        activations = [*(self.activation for _ in sizes[2:]), output]
        return self._network(sizes, activations, "standard", seed, before)

    def _restore(self) -> None:
        self.n_features_in_ = self.decoder_.n_outputs
        super()._restore()

    def _learner(self, network: Network, optimizer: Adam | None = None) -> Learner:
        return Learner(
            network,
            optimizer=self.optimizer if optimizer is None else optimizer,
            average=self.average,
            threads=self.threads,
        )

    def _check_strength(self, name: str) -> float:
        """A factor of at least 0 that is a number in the networks' dtype too."""
        largest = float(np.finfo(self._check_dtype()).max)
        return check_number(name, getattr(self, name), minimum=0.0, maximum=largest)


def finite(array: Array) -> bool:
    """Whether all numbers are; where it is asked, NumPy is to be silent of overflow."""
    flat = array.reshape(-1)
    # Squares cannot cancel; where large numbers overflow in them, each is looked at.
    return math.isfinite(flat.dot(flat)) or bool(np.isfinite(array).all())

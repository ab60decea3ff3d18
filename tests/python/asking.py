"""Small networks to ask things of: a decoder of 4 latents and 7 features, a classifier, numbers read off samples."""

from __future__ import annotations

import lso_native as lso
import numpy as np
from lso_native._typing import Array
from lso_native.requirements import IsClass, Quantities, Readable
from sklearn.mixture import GaussianMixture
from strategies import random_network


def steep(sizes: tuple[int, ...], seed: int, output: str) -> lso.Network:
    """A network whose outputs vary over samples."""
    network = random_network(sizes, seed, activation=["tanh", output], bias="standard")
    return network.replace(3 * network.parameters)


DECODER = steep((4, 9, 7), 1, "sigmoid")
CLASSIFIER = steep((7, 8, 3), 6, "softmax")
NUMBERS = steep((7, 5, 2), 3, "linear")


class Normal:
    """A prior: N(0, spread²)."""

    def __init__(self, spread: float = 1.5, width: int = 4) -> None:
        self.spread, self.width = spread, width

    def sample(self, n: int, *, random_state: int) -> Array:
        drawn = lso.normal((n, self.width), random_state=random_state, dtype="float64")
        return np.asarray(self.spread * drawn)


class Codes(GaussianMixture):  # type: ignore[misc]
    """A mixture of Gaussians fitted to N(0, 1.5²), by scikit-learn."""

    def __init__(self) -> None:
        super().__init__(3, random_state=0)

    def fit_to_draws(self) -> Codes:
        self.fit(Normal().sample(1_000, random_state=9))
        return self

    def log_density(self, X: Array) -> Array:
        return np.asarray(self.score_samples(X))

    def quantile(self, share: float) -> float:
        return float(np.quantile(self.log_density(Normal().sample(1_000, random_state=9)), share))


CODES = Codes().fit_to_draws()


class Read(Readable):
    """Two numbers, "a" and "b"."""

    def __init__(self, network: lso.Network = NUMBERS) -> None:
        made = network(DECODER(Normal().sample(500, random_state=0)))
        self.ordinary = made
        self._quantities = Quantities(network, ("a", "b"), made.std(axis=0))

    @property
    def quantities(self) -> Quantities:
        return self._quantities


READ = Read()
A, B = READ.ordinary.T
OUTPUTS = CLASSIFIER(DECODER(Normal().sample(500, random_state=0)))


def is_class(*wanted: int, certainty: float = 0.6) -> IsClass:
    return IsClass(CLASSIFIER, wanted, wanted, certainty)

"""A masked entry is no data: arguments with masked entries are refused by name; nobody reads what is behind a mask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from checks import assert_refused
from lso_native import irregularity, metrics

RNG = np.random.default_rng(0)
X = RNG.random((40, 4))
Y = (X[:, 0] > 0.5).astype(int)
NETWORK = lso.Network([4, 2], random_state=0)
STARTS = X[:5]


def masked(values: Any, *where: int) -> Any:
    array = np.ma.masked_array(values, mask=np.zeros(np.shape(values), bool))
    array[where] = np.ma.masked
    return array


A = masked(X, 3, 2)
WEIGHTS = masked(np.ones(40), 3)
CALLS: dict[str, Callable[[], object]] = {
    "X": lambda: lso.Classifier(epochs=1).fit(A, Y),
    "y": lambda: lso.Classifier(epochs=1).fit(X, masked(Y, 3)),
    "sample_weight": lambda: lso.Classifier(epochs=1).fit(X, Y, sample_weight=WEIGHTS),
    "sample_weight of train": lambda: lso.train(NETWORK, X, X[:, :2], sample_weight=WEIGHTS),
    "X of Autoencoder": lambda: lso.Autoencoder(2, epochs=1).fit(A),
    "validation": lambda: lso.Autoencoder(2, epochs=1).fit(X, validation=A),
    "X of VAE": lambda: lso.VAE(2, epochs=1).fit(A),
    "x": lambda: NETWORK(A),
    "x of a list of rows": lambda: NETWORK(list(A)),
    "x of Learner": lambda: lso.Learner(NETWORK).forward(A),
    "parameters": lambda: NETWORK.replace(masked(NETWORK.parameters, 0)),
    "y of train": lambda: lso.train(NETWORK, X, masked(X[:, :2], 3, 0), epochs=1),
    "starts": lambda: lso.optimize(NETWORK, [0.0, 1.0], starts=A),
    "bounds": lambda: lso.optimize(NETWORK, [0.0, 1.0], starts=X, bounds=(masked([0.0] * 4, 1), 1)),
    "target": lambda: lso.optimize(NETWORK, masked([0.5, 0.5], 0), starts=STARTS),
    "target of a list": lambda: lso.optimize(NETWORK, [masked([0.5] * 2, 0)] * 5, starts=STARTS),
    "weights": lambda: lso.optimize(
        NETWORK, lso.SquaredError([0.5, 0.5], masked([1.0, 1.0], 0)), starts=STARTS
    ),
    "low": lambda: lso.optimize(
        NETWORK, lso.Interval(masked([0.0, 0.0], 0), [1.0, 1.0]), starts=STARTS
    ),
    "labels": lambda: lso.one_hot(masked([1, 2, 3, 0], 3), 4),
    "real": lambda: metrics.frechet_distance(A, X),
    "generated": lambda: metrics.precision_recall(X, A),
    "samples": lambda: metrics.nearest_distance(A, X),
    "latents": lambda: irregularity.latent_geometry(NETWORK, A),
    "target of walks": lambda: irregularity.walk_irregularity(NETWORK, [X], masked([0.5, 0.5], 0)),
    "images": lambda: lso.data.half(A),
}


@pytest.mark.parametrize("name", CALLS)
def test_masked_entries_are_refused(name: str) -> None:
    assert_refused(CALLS[name], name.split(" of ")[0], "masked")


def test_a_masked_array_without_masked_entries_is_data() -> None:
    plain = lso.Classifier(epochs=2, random_state=0).fit(X, Y)
    wrapped = lso.Classifier(epochs=2, random_state=0).fit(np.ma.masked_array(X), Y)
    assert wrapped.network_ == plain.network_
    np.testing.assert_array_equal(NETWORK(np.ma.masked_array(X)), NETWORK(X))

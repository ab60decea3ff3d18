"""The engine in float64, which its own tests hold to the paper's algorithms: what every side must agree with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from lso_native._typing import Float64Array

from benchmarks.peers.ours import Ours
from benchmarks.problems import Descent, Training


def descend(problem: Descent, iterations: int) -> tuple[Float64Array, Float64Array]:
    """The points (n, n_inputs) after so many iterations, and the best point of each start."""
    model, x = problem.model.astype("float64"), problem.starts.astype(np.float64)
    best, lowest = x, np.full(len(x), np.inf)
    for step in range(iterations + 1):
        miss = model(x) - problem.targets
        error = np.square(miss).sum(axis=1)
        best = np.where((error < lowest)[:, None], x, best)
        lowest = np.minimum(error, lowest)
        if step < iterations:
            gradient = model.input_gradient(x, 2 * miss)
            scale = problem.change * error / np.square(gradient).sum(axis=1)
            x = x + gradient * scale[:, None]
    return x, best


def train(problem: Training, epochs: int) -> Float64Array:
    """The flat parameters after so many passes over the minibatches."""
    wide = replace(problem, network=problem.network.astype("float64"))
    return np.asarray(Ours(1).train(wide, epochs, shuffle=False).model.parts[0].parameters)

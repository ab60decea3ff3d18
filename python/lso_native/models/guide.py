"""Gradients that a generator gets beside its discriminator's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lso_native._typing import Array
from lso_native.errors import ArgumentError
from lso_native.network import Model

__all__ = ["ClassifierGuide", "Guide"]

Guide = Callable[[Array, Array | None], tuple[float, Array]]
"""(samples (n, n_features), labels as class numbers (n,) or None) -> (error, its derivatives (n, n_features))."""


@dataclass(frozen=True)
class ClassifierGuide:
    """The error of a frozen classifier's output against the label asked for, for ``guide`` of a ``ConditionalGAN``.

    model : takes samples and returns one output a class. weight : of its error beside the discriminator's.
    """

    model: Model
    weight: float = 1.0

    def __call__(self, samples: Array, labels: Array | None) -> tuple[float, Array]:
        """The mean squared error, summed over outputs, and its derivatives by the samples."""
        if labels is None:
            raise ArgumentError("guide", "labels, as a ConditionalGAN has", "none")
        outputs = self.model(samples)
        outputs[np.arange(len(labels)), labels] -= 1
        scale = self.weight / len(samples)
        error = scale * float(np.square(outputs).sum(dtype=np.float64))
        return error, self.model.input_gradient(samples, 2 * scale * outputs)

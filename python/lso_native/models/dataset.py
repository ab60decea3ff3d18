"""Samples to learn from: their targets and weights, and which of them are held out."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from lso_native._checks import check_number
from lso_native._typing import Array, Float64Array
from lso_native.errors import ArgumentError
from lso_native.random import permutation


@dataclass(frozen=True, eq=False)
class Dataset:
    """Samples, what is known of each, and how much each counts."""

    x: Array
    """(n_samples, n_features)"""
    y: Array | None = None
    """(n_samples,) labels or class numbers, -1 for no class, or targets (n_samples, ...)."""
    weight: Array | None = None
    """(n_samples,) above 0; only their ratios count."""
    classes: Array | None = None
    """The labels that the class numbers in ``y`` stand for."""
    columns: Array | None = None
    """(n_features,) the names of the features, where they have some."""
    names: Array | None = None
    """(n_targets,) the names of the targets, where ``y`` is targets."""

    def __len__(self) -> int:
        return len(self.x)

    def weighted_by(self, weight: Float64Array | None) -> Dataset:
        """With the weights ``weight`` (n_samples,), at least 0: a sample of weight 0 is not there; equal ones are
        none."""
        if weight is None:
            return self
        there = np.flatnonzero(weight)
        kept = self if len(there) == len(self) else self.take(there)
        weight = weight[there]
        if weight.min() == weight.max():
            return kept
        return dataclasses.replace(kept, weight=weight)

    def take(self, rows: Array) -> Dataset:
        """The samples ``rows``, in that order."""
        y, weight = (None if part is None else part[rows] for part in (self.y, self.weight))
        return dataclasses.replace(self, x=self.x[rows], y=y, weight=weight)

    def mean(self, values: Array) -> Any:
        """The mean of ``values`` (n_samples, ...) over samples, by their weights, in float64."""
        if self.weight is None:
            return values.mean(axis=0, dtype=np.float64)
        return np.average(values, axis=0, weights=self.weight)

    def mean_squared_error(self, outputs: Array, targets: Array) -> float:
        """The mean over samples, by their weights, and outputs of (outputs - targets)²."""
        squared = np.square(outputs - targets)
        if self.weight is None:
            return float(squared.mean(dtype=np.float64))
        return float(np.average(squared.mean(axis=1, dtype=np.float64), weights=self.weight))

    def hold_out(self, fraction: Any, seed: int) -> tuple[Dataset, Dataset | None]:
        """What is left to train on, and a random share of ``fraction``, if any, to validate by.

        Of each class the same share, at least one sample and not all of them; the only one of a class is trained on.
        """
        share = check_number("validation_fraction", fraction, minimum=0.0, below=1.0)
        if share == 0:
            return self, None
        order = permutation(len(self), random_state=seed)
        held = np.zeros(len(self), bool)
        for members in self._by_class(order):
            wanted = max(1, round(share * len(members)))
            left = len(members) - 1 if self.classes is not None else len(members)
            held[members[: min(wanted, left)]] = True
        if held.all() or not held.any():
            raise ArgumentError(
                "validation_fraction",
                "a sample to train on and one to validate by",
                f"{share:g} of {len(self)}",
            )
        return self.take(order[~held[order]]), self.take(order[held[order]])

    def _by_class(self, order: Array) -> list[Array]:
        """The rows ``order``, those of one class together, and those of none."""
        if self.classes is None or self.y is None:
            return [order]
        numbers = self.y[order]
        return [order[numbers == c] for c in np.unique(numbers)]

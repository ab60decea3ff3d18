"""Gaussians side by side: their density, its slope, and draws."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from lso_native._typing import Array, Float64Array, IntArray
from lso_native.errors import ArgumentError
from lso_native.models.quantiles import normal_quantile
from lso_native.random import permutation, subseed, uniform

_BLOCK = 2**17  # numbers that are looked at together: they stay in the processor's cache
# NumPy's BLAS takes memory of its own at its first call, and ends the program where there is none: not in a long fit.
np.linalg.inv(np.eye(64) @ np.eye(64))
_ASYMMETRY = 1e-9  # of a covariance's largest number: rounding


@dataclass(frozen=True, eq=False)
class Gaussians:
    """Components with full covariances."""

    weights: Float64Array
    """(n,), their sum is 1."""
    means: Float64Array
    """(n, d)"""
    covariances: Float64Array
    """(n, d, d)"""

    def log_density(self, x: Float64Array) -> Float64Array:
        """The natural logarithm of the density at ``x`` (n_samples, d), (n_samples,)."""
        return np.concatenate([log_sum(joint) for joint, _, _ in self._joint(x)])

    def log_density_by_row(self, x: Float64Array) -> Float64Array:
        """The same, of which no bit depends on the other rows: BLAS rounds otherwise where there are more."""
        return np.concatenate([log_sum(joint) for joint, _, _ in self._joint(x, _by_row)])

    def gradient(self, x: Float64Array) -> Float64Array:
        """The derivatives of ``log_density`` by ``x`` (n_samples, d), of its shape."""
        slopes = []
        for joint, standard, roots in self._joint(x):
            shares = np.exp(joint - log_sum(joint)[:, None])
            pull = (shares[:, :, None] * standard).reshape(len(joint), -1)
            slopes.append(-pull @ roots.transpose(0, 2, 1).reshape(-1, roots.shape[1]))
        return np.concatenate(slopes)

    def draw(self, n: int, seed: int, *, stratified: bool, spread: float) -> Float64Array:
        """``n`` draws (n, d) in random order; ``Mixture.sample`` says the rest."""
        shape = (n, self.means.shape[1])
        along, within, rest = (
            uniform(each, random_state=subseed(seed, name), dtype="float64").astype(np.float64)
            for each, name in ((n, "component"), (shape, "within"), (shape, "rest"))
        )
        if stratified:
            along = (np.arange(n) + along[0]) / n
        ends = np.cumsum(self.weights)
        chosen = np.searchsorted(ends, along * ends[-1], side="right").clip(max=len(ends) - 1)
        if stratified:
            within = _latin(within, rest, chosen)
        normals = normal_quantile(within.clip(np.finfo(np.float64).tiny, 1 - 2**-53))
        drawn = self.means[chosen]
        roots = np.linalg.cholesky(self.covariances)
        for component in np.unique(chosen):
            own = chosen == component
            drawn[own] += spread * (normals[own] @ roots[component].T)
        return np.asarray(drawn[permutation(n, random_state=subseed(seed, "order"))])

    def take(self, components: Array) -> Gaussians:
        """Some of them, whose shares add up to 1 again."""
        weights = self.weights[components]
        return Gaussians(
            weights / weights.sum(), self.means[components], self.covariances[components]
        )

    def check(self) -> None:
        """Raise ValueError unless shapes and numbers are a mixture's."""
        if self.means.ndim != 2 or 0 in self.means.shape:
            raise ArgumentError("means", "shape (n, n_features)", f"shape {self.means.shape}")
        n, d = self.means.shape
        for name, shape in (("weights", (n,)), ("means", (n, d)), ("covariances", (n, d, d))):
            values = getattr(self, name)
            if values.shape != shape:
                raise ArgumentError(name, f"shape {shape}", f"shape {values.shape}")
            if values.dtype != np.float64 or not np.isfinite(values).all():
                raise ArgumentError(name, "finite float64 numbers", f"{values.dtype}, or others")
        if self.weights.min() < 0 or self.weights.sum() <= 0:
            expected = "numbers of at least 0, one of them above"
            raise ArgumentError("weights", expected, f"{self.weights.min():g}")
        difference = np.abs(self.covariances - self.covariances.transpose(0, 2, 1))
        if difference.max() > _ASYMMETRY * np.abs(self.covariances).max():
            raise ArgumentError("covariances", "symmetric matrices", "others")
        try:
            np.linalg.cholesky(self.covariances)
        except np.linalg.LinAlgError:
            raise ArgumentError("covariances", "positive definite matrices", "others") from None

    def _joint(
        self,
        x: Float64Array,
        product: Callable[[Float64Array, Float64Array], Float64Array] = np.matmul,
    ) -> Iterator[tuple[Float64Array, Float64Array, Float64Array]]:
        """Of some samples (b, d) at a time the log densities with each component (b, n), what they are in its
        standard units (b, n, d), and the roots of the precisions that make them that (n, d, d)."""
        n_components, d = self.means.shape
        lower = np.linalg.cholesky(self.covariances)
        roots = np.linalg.inv(lower).transpose(0, 2, 1)
        with np.errstate(divide="ignore"):
            constant = (
                np.log(self.weights)
                - np.log(np.diagonal(lower, axis1=1, axis2=2)).sum(axis=1)
                - d / 2 * math.log(2 * math.pi)
            )
        side_by_side = roots.transpose(1, 0, 2).reshape(d, -1)
        centre = self.weights @ self.means
        shift = np.einsum("ki,kij->kj", self.means - centre, roots)
        step = max(16, _BLOCK // (n_components * d))
        for begin in range(0, len(x), step):
            part = x[begin : begin + step] - centre
            standard = product(part, side_by_side).reshape(len(part), n_components, d) - shift
            yield constant - 0.5 * np.square(standard).sum(axis=2), standard, roots


def _by_row(left: Float64Array, right: Float64Array) -> Float64Array:
    """``left @ right``, each row by itself."""
    total: Float64Array = left[:, :1] * right[0]
    for column in range(1, len(right)):
        total += left[:, column, None] * right[column]
    return total


def joined(parts: list[Gaussians], shares: Float64Array) -> Gaussians:
    """The components of all ``parts``, each of which has its share (n_parts,)."""
    weights = [share * part.weights for part, share in zip(parts, shares, strict=True)]
    return Gaussians(
        np.concatenate(weights),
        np.concatenate([part.means for part in parts]),
        np.concatenate([part.covariances for part in parts]),
    )


def log_sum(joint: Float64Array) -> Float64Array:
    """The logarithm of the sum over columns of exp(joint), (n,), wherever the numbers are."""
    largest = joint.max(axis=1)
    return np.asarray(largest + np.log(np.exp(joint - largest[:, None]).sum(axis=1)))


def _latin(unit: Float64Array, rest: Float64Array, chosen: IntArray) -> Float64Array:
    """A Latin hypercube for each component: of each feature one number in each of equal parts of 0..1.

    unit, rest : uniform (n, d). chosen : (n,) the component of each row, ascending.
    """
    counts = np.bincount(chosen)
    first = np.cumsum(counts) - counts
    parts = np.empty_like(unit)
    for column, numbers in enumerate(unit.T):
        parts[np.lexsort((numbers, chosen)), column] = np.arange(len(numbers))
    return np.asarray((parts - first[chosen, None] + rest) / counts[chosen, None])

"""Expectation maximization for mixtures of Gaussians (Dempster, Laird and Rubin 1977), in NumPy."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lso_native._typing import Array, Float64Array, IndexArray
from lso_native.models.gaussians import Gaussians
from lso_native.random import uniform

_BLOCK = 2**17  # numbers that are looked at together: they stay in the processor's cache
_FLOOR = 1e-6  # of a feature's variance: what no component is narrower than


@dataclass(frozen=True, eq=False)
class Outcome:
    """What EM came to."""

    found: Gaussians
    bound: float
    """The mean over samples of the log density, and of what shrinkage says of the covariances."""
    n_iter: int
    converged: bool


@dataclass(frozen=True, eq=False)
class Maximizer:
    """EM on standardized samples. Covariances are those of greatest posterior where each component has seen
    ``shrinkage`` more samples, scattered about its mean as ``scatter`` says (Fraley and Raftery 2007, section 3)."""

    z: Float64Array
    """(n, d)"""
    weight: Float64Array
    """(n,)"""
    shrinkage: float
    scatter: Float64Array
    """(d, d)"""

    def run(self, start: Gaussians, tol: float, max_iter: int) -> Outcome:
        """From ``start`` until an iteration adds less than ``tol`` to the bound, or there have been ``max_iter``."""
        current, before = start, -math.inf
        for n_iter in range(1, max_iter + 1):
            bound, sums = self._expect(current)
            if bound - before < tol:
                return Outcome(current, bound, n_iter, converged=True)
            current, before = self.maximize(*sums), bound
        return Outcome(current, self._expect(current)[0], max_iter, converged=False)

    def maximize(self, mass: Float64Array, first: Float64Array, second: Float64Array) -> Gaussians:
        """The components of most posterior density for sums over samples, by their shares in each: of 1 (k,), z (k,
        d), and z z^T (k, d, d)."""
        there = np.maximum(mass, np.finfo(np.float64).tiny)
        means = first / there[:, None]
        scattered = second - mass[:, None, None] * (means[:, :, None] * means[:, None, :])
        scattered += self.shrinkage * self.scatter
        scattered /= (there + self.shrinkage)[:, None, None]
        covariances = (scattered + scattered.transpose(0, 2, 1)) / 2
        return Gaussians(mass / mass.sum(), means, covariances)

    def sums(
        self, shares: Float64Array, z: Float64Array, products: Float64Array
    ) -> tuple[Float64Array, ...]:
        """What ``maximize`` takes, but for ``unpacked``, of samples z (n, d), their ``products``, and their shares (n,
        k) in components."""
        return shares.sum(axis=0), shares.T @ z, shares.T @ products

    def unpacked(self, second: Float64Array) -> Float64Array:
        """(k, d (d + 1) / 2) -> (k, d, d): from the products of two features to all, which are the same both ways."""
        one, other = self.pairs
        whole = np.empty((len(second), *self.scatter.shape))
        whole[:, one, other] = whole[:, other, one] = second
        return whole

    def products(self, z: Float64Array) -> Float64Array:
        """(n, d) -> (n, d (d + 1) / 2): of each sample the products of two features."""
        one, other = self.pairs
        return np.asarray(z[:, one] * z[:, other])

    @cached_property
    def pairs(self) -> tuple[IndexArray, IndexArray]:
        """Of features, each once."""
        return np.triu_indices(self.z.shape[1])

    def _expect(self, current: Gaussians) -> tuple[float, tuple[Float64Array, ...]]:
        """The bound, and the sums by each sample's shares in the components."""
        k, d = current.means.shape
        precisions = np.linalg.inv(current.covariances)
        log_determinants = np.linalg.slogdet(current.covariances)[1]
        # log density of a component: a quadratic form of z, as one product of matrices
        linear = np.einsum("kij,kj->ki", precisions, current.means)
        with np.errstate(divide="ignore"):
            constant = np.log(current.weights) - 0.5 * (
                d * math.log(2 * math.pi)
                + log_determinants
                + np.einsum("ki,ki->k", linear, current.means)
            )
        one, other = self.pairs
        quadratic = np.where(one == other, -0.5, -1.0) * precisions[:, one, other]
        total, sums = 0.0, (np.zeros(k), np.zeros((k, d)), np.zeros((k, len(one))))
        for rows in self.blocks():
            z, weight = self.z[rows], self.weight[rows]
            products = self.products(z)
            joint = products @ quadratic.T + z @ linear.T + constant
            largest = joint.max(axis=1, keepdims=True)
            shares = np.exp(joint - largest)
            sum_of = shares.sum(axis=1, keepdims=True)
            total += float(weight @ (largest + np.log(sum_of))[:, 0])
            shares *= weight[:, None] / sum_of
            for kept, more in zip(sums, self.sums(shares, z, products), strict=True):
                kept += more
        traces = np.einsum("kij,ij->k", precisions, self.scatter)
        prior = -0.5 * self.shrinkage * float((log_determinants + traces).sum())
        mass, first, second = sums
        bound = (total + prior) / float(self.weight.sum())
        return bound, (mass, first, self.unpacked(second))

    def blocks(self) -> Iterator[slice]:
        """Rows to look at together."""
        step = max(16, _BLOCK // self.z.shape[1] ** 2)
        return (slice(begin, begin + step) for begin in range(0, len(self.z), step))


def fit_gaussians(
    x: Float64Array,
    weight: Float64Array,
    n_components: int,
    *,
    shrinkage: float,
    tol: float,
    max_iter: int,
    seed: int,
    start: Gaussians | None = None,
) -> Outcome:
    """Fit at most ``n_components`` Gaussians, no more than there are different samples, to ``x`` (n, d) of ``weight``
    (n,): from ``start`` or from a clustering by k-means++."""
    centre = np.average(x, axis=0, weights=weight)
    deviation = np.sqrt(np.average(np.square(x - centre), axis=0, weights=weight))
    # Samples that are all the same, but for rounding, vary in nothing.
    varies = deviation > 1e-12 * np.maximum(np.abs(centre), np.finfo(np.float64).tiny)
    scale = np.where(varies, deviation, deviation[varies].mean() if varies.any() else 1.0)
    z = (x - centre) / scale
    d = z.shape[1]
    scatter = (z.T * weight) @ z / weight.sum() / n_components ** (2 / d) + _FLOOR * np.eye(d)
    em = Maximizer(z, weight, shrinkage, scatter)
    if start is None:
        begin = em.maximize(*_clustered(em, n_components, seed))
    else:
        begin = Gaussians(
            start.weights,
            (start.means - centre) / scale,
            start.covariances / (scale[:, None] * scale),
        )
    outcome = em.run(begin, tol, max_iter)
    found = outcome.found
    back = Gaussians(
        found.weights,
        found.means * scale + centre,
        found.covariances * (scale[:, None] * scale),
    )
    bound = outcome.bound - float(np.log(scale).sum())
    return Outcome(back, bound, outcome.n_iter, outcome.converged)


def _clustered(em: Maximizer, n_components: int, seed: int) -> tuple[Float64Array, ...]:
    """The sums over clusters: k-means++ (Arthur and Vassilvitskii 2007), each sample to the nearest centre."""
    z, weight = em.z, em.weight
    nearest, distance = np.zeros(len(z), np.intp), np.full(len(z), np.inf)
    drawn = uniform(n_components, random_state=seed, dtype="float64")
    for number, at in enumerate(drawn):
        chances = np.cumsum(weight * distance if number else weight)
        if chances[-1] <= 0:  # every sample is a centre
            break
        chosen = min(int(np.searchsorted(chances, at * chances[-1], side="right")), len(z) - 1)
        to_new = np.square(z - z[chosen]).sum(axis=1)
        closer = to_new < distance
        nearest[closer], distance[closer] = number, to_new[closer]
    shares: Array = weight[:, None] * np.eye(nearest.max() + 1)[nearest]
    parts = [em.sums(shares[rows], z[rows], em.products(z[rows])) for rows in em.blocks()]
    mass, first, second = (sum(each, np.zeros_like(each[0])) for each in zip(*parts, strict=True))
    return mass, first, em.unpacked(second)

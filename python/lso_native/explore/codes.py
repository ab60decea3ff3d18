"""Where a decoder's codes lie: how far they reach, and the two directions in which they differ most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lso_native._typing import Float32Array, Float64Array

__all__ = ["Codes"]

_DRAWS, _SEED = 4_096, 0
_REACH = 2.5  # standard deviations that a pad shows to either side
_ROOM = 1.5  # as ``generate`` bounds latents


@dataclass(frozen=True, eq=False)
class Codes:
    """What is known of codes (n, latent)."""

    center: Float64Array
    """(latent,)"""
    directions: Float64Array
    """(2, latent) orthonormal, the widest first; of a latent of one number the second is zero."""
    reach: Float64Array
    """(2,) how far along them codes lie from the center."""
    low: Float64Array
    high: Float64Array
    """(latent,) each, that no latent is beyond."""

    @classmethod
    def of(cls, prior: Any) -> Codes:
        """Of draws from ``prior``, anything with ``sample(n, random_state=...)``: principal directions, by the
        eigenvectors of their covariance (Pearson 1901)."""
        drawn = np.asarray(prior.sample(_DRAWS, random_state=_SEED), np.float64)
        center = drawn.mean(axis=0)
        variances, vectors = np.linalg.eigh(np.atleast_2d(np.cov(drawn.T)))
        widest = np.zeros((2, drawn.shape[1]))
        found = vectors.T[::-1][:2]
        # A direction and its opposite are the same one: the largest part points up, whatever the library returned.
        signs = np.sign(found[np.arange(len(found)), np.abs(found).argmax(axis=1)])
        widest[: len(found)] = found * signs[:, None]
        reach = np.zeros(2)
        reach[: len(found)] = _REACH * np.sqrt(np.maximum(variances[::-1][:2], 0))
        half = _ROOM * np.abs(drawn - center).max(axis=0)
        return cls(center, widest, reach, center - half, center + half)

    def clipped(self, latent: Float64Array) -> Float32Array:
        """``latent`` (n, latent) within the bounds, as the engine takes it."""
        return np.clip(latent, self.low, self.high).astype(np.float32)

    def plane(self, latent: Float64Array, n: int) -> Float32Array:
        """(n * n, latent) a grid over the pad, of the plane through ``latent`` (latent,): from the top left, row by
        row."""
        across = np.linspace(-1, 1, n)
        right, up = np.meshgrid(across * self.reach[0], -across * self.reach[1])
        steps = np.stack([right.ravel(), up.ravel()], axis=1)
        away = latent - self.center
        rest = away - (self.directions @ away) @ self.directions
        return self.clipped(self.center + rest + steps @ self.directions)

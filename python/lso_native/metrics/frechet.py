"""The Fréchet distance between Gaussians fitted to real and to generated samples."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lso_native._typing import Float64Array

from ._distances import check_features

__all__ = ["FrechetDistance", "frechet_distance"]


class FrechetDistance(NamedTuple):
    """A distance, and of how many samples: it falls with their number, so compare equal ones.

    n_real, n_generated : how many there were of either.
    """

    distance: float
    n_real: int
    n_generated: int


def frechet_distance(real: npt.ArrayLike, generated: npt.ArrayLike) -> FrechetDistance:
    """The squared distance |m - m'|² + tr(C + C' - 2 (C C')^½) of the Gaussians (m, C) and (m', C').

    ``real`` (n, n_features) and ``generated`` (n', n_features) are features of samples, at least
    two of each; the covariances are the unbiased ones and may be singular. The square is what is
    reported as FID. Source: M. Heusel et al., GANs trained by a two time-scale update rule converge
    to a local Nash equilibrium, 2017, arXiv:1706.08500, eq. 6. Raises ValueError naming an argument
    that is empty, of another shape, too few or not finite; TypeError for what is not numbers.
    """
    reals = check_features("real", real, minimum=2)
    others = check_features("generated", generated, n_features=reals.shape[1], minimum=2)
    real_mean, real_root = _gaussian(reals)
    other_mean, other_root = _gaussian(others)
    # With C = R'R and C' = S'S, C C' has the eigenvalues of (R S')(R S')', which are squares of
    # singular values: real, not negative, and no digit lost to a root of rounding noise.
    shared = np.linalg.svd(real_root @ other_root.T, compute_uv=False).sum()
    squares = (np.square(x).sum() for x in (real_mean - other_mean, real_root, other_root))
    distance = max(0.0, float(sum(squares) - 2.0 * shared))
    return FrechetDistance(distance, len(reals), len(others))


def _gaussian(features: Float64Array) -> tuple[Float64Array, Float64Array]:
    """The mean (n_features,), and R (at most n_features rows) with R'R the covariance."""
    mean = features.mean(axis=0)
    return mean, np.linalg.qr((features - mean) / np.sqrt(len(features) - 1)).R

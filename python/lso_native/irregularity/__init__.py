"""How irregular a latent space is, of which the paper has a suspicion and no measure.

Along the walks of an optimization: gradients that vanish and the jumps that follow (``walk_irregularity``). Over the
latent space of a decoder, with ``irregularity`` for all of it: its Jacobian (``latent_geometry``), the images of
straight lines (``path_curvature``), the share of points that decode to something real (``feasible_share``), and how
far a point moves when it is decoded and encoded again (``round_trip``). Each gives values a point, and a ``summary()``
of plain floats.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lso_native.errors import ArgumentError
from lso_native.irregularity._common import check_latents, check_model
from lso_native.irregularity.feasibility import (
    DEFAULT_CONFIDENCE,
    FeasibleShare,
    InManifold,
    Judge,
    RoundTrip,
    feasible_share,
    round_trip,
)
from lso_native.irregularity.geometry import (
    DEFAULT_STEPS,
    LatentGeometry,
    PathCurvature,
    jacobian,
    latent_geometry,
    path_curvature,
)
from lso_native.irregularity.walks import WalkIrregularity, walk_irregularity
from lso_native.network import Model

__all__ = [
    "irregularity",
    "feasible_share",
    "jacobian",
    "latent_geometry",
    "path_curvature",
    "round_trip",
    "walk_irregularity",
    "FeasibleShare",
    "Irregularity",
    "LatentGeometry",
    "PathCurvature",
    "RoundTrip",
    "WalkIrregularity",
]


@dataclass(frozen=True, eq=False)
class Irregularity:
    """The measures over a latent space; None for what was not asked.

    Attributes
    ----------
    paths : from each point to the next, and from the last to the first.
    geometry, round_trip, feasible : at and of the points.
    """

    geometry: LatentGeometry
    paths: PathCurvature
    round_trip: RoundTrip | None
    feasible: FeasibleShare | None

    def summary(self) -> dict[str, dict[str, float]]:
        """The summary of each measure, by its name here."""
        found = {"geometry": self.geometry.summary(), "paths": self.paths.summary()}
        if self.round_trip is not None:
            found["round_trip"] = self.round_trip.summary()
        if self.feasible is not None:
            found["feasible"] = self.feasible.summary()
        return found


def irregularity(
    decoder: Model,
    latents: ArrayLike,
    *,
    encoder: Model | None = None,
    judge: Judge | None = None,
    in_manifold: InManifold | None = None,
    confidence: float = DEFAULT_CONFIDENCE,
    steps: int = DEFAULT_STEPS,
) -> Irregularity:
    """Every measure of a decoder's latent space, at ``latents`` (n, n_latents), two or more, in random order.

    encoder : for the round trip.
    judge, in_manifold, confidence : for the share of feasible points, as in ``feasible_share``; both or none.
    steps : how many pieces a line is cut into, as in ``path_curvature``.

    Raises ValueError naming an argument that is empty, of another shape or not finite; TypeError for what is not
    numbers.
    """
    points = check_latents("latents", latents, check_model("decoder", decoder))
    if len(points) < 2:
        raise ArgumentError("latents", "at least 2 points", f"shape {points.shape}")
    if (judge is None) != (in_manifold is None):
        missing = "judge" if judge is None else "in_manifold"
        raise ArgumentError(missing, "one beside the other of judge, in_manifold", "None")
    feasible = None
    if judge is not None and in_manifold is not None:
        feasible = feasible_share(points, decoder, judge, in_manifold, confidence=confidence)
    return Irregularity(
        geometry=latent_geometry(decoder, points),
        paths=path_curvature(decoder, points, np.roll(points, -1, axis=0), steps=steps),
        round_trip=None if encoder is None else round_trip(decoder, encoder, points),
        feasible=feasible,
    )

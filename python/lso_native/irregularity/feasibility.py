"""Whether points of the latent space are of use: what a judge sees in their samples, what an encoder makes of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lso_native._checks import as_array, as_numbers, check_number, shown
from lso_native._typing import BoolArray, Float64Array
from lso_native.errors import ArgumentError, ArgumentTypeError
from lso_native.irregularity._common import (
    blocks,
    check_latents,
    check_model,
    check_values,
    quiet,
    spread,
    widest,
)
from lso_native.network import Model

__all__ = ["FeasibleShare", "RoundTrip", "feasible_share", "round_trip"]

Judge = Callable[[Any], ArrayLike]
InManifold = Callable[[Any], ArrayLike] | ArrayLike
DEFAULT_CONFIDENCE = 0.5


@dataclass(frozen=True, eq=False)
class FeasibleShare:
    """Which of n points decode to something real.

    Attributes
    ----------
    confidence : (n,) the judge's greatest.
    confident : (n,) whether it is above the threshold.
    inside : (n,) whether the sample lies inside the real manifold.
    """

    confidence: Float64Array
    confident: BoolArray
    inside: BoolArray

    @property
    def feasible(self) -> BoolArray:
        """(n,) confident and inside."""
        return self.confident & self.inside

    @property
    def share(self) -> float:
        """The share of feasible points."""
        return float(self.feasible.mean())

    def summary(self) -> dict[str, float]:
        """The shares of points that are feasible, confident and inside, and the median confidence."""
        return {
            "feasible_share": self.share,
            "confident_share": float(self.confident.mean()),
            "inside_share": float(self.inside.mean()),
            "confidence_median": float(np.median(self.confidence)),
        }


@dataclass(frozen=True, eq=False)
class RoundTrip:
    """How far n points move when they are decoded and encoded again.

    Attributes
    ----------
    distance : (n,) ||encode(decode(z)) - z||
    spread : root mean square distance of the points from their mean.
    """

    distance: Float64Array
    spread: float

    @property
    def error(self) -> Float64Array:
        """(n,) distance / spread: 1 is as bad as an encoder that answers with the mean."""
        return self.distance / self.spread

    def summary(self) -> dict[str, float]:
        """Median, quantiles and maximum of the error, and its root mean square."""
        rms = float(np.sqrt(np.mean(np.square(self.error))))
        return {**spread("error", self.error), "error_rms": rms}


@quiet()
def feasible_share(
    latents: ArrayLike,
    decoder: Model,
    judge: Judge,
    in_manifold: InManifold,
    *,
    confidence: float = DEFAULT_CONFIDENCE,
) -> FeasibleShare:
    """The share of ``latents`` (n, n_latents) whose samples a judge is sure of and that lie inside the real manifold.

    judge : from samples (m, n_outputs) to confidences (m,) or (m, n_classes), of which the greatest counts: a network,
        or ``classifier.decision_function``; leave out the columns that mean "none of them".
    in_manifold : from samples (m, n_outputs) to bool (m,), each sample for itself; or the answers, bool (n,).
    confidence : what the judge's must be above.

    Samples are decoded, and both asked, in blocks. Raises ValueError naming an argument that is empty, of another
    shape or not finite, or that answers so; TypeError for what is not numbers.

    decoder : a network of latents.
    """
    check_model("decoder", decoder)
    points = check_latents("latents", latents, decoder, dtype=decoder.dtype)
    threshold = check_number("confidence", confidence)
    if not callable(judge):
        raise ArgumentTypeError("judge", "a function of samples", shown(judge))
    known = None if callable(in_manifold) else _flags(in_manifold, len(points))
    surest, inside = np.empty(len(points)), np.empty(len(points), bool)
    for rows in blocks(len(points), widest(decoder)):
        samples = check_values("latents", decoder(points[rows]))
        surest[rows] = _greatest(judge(samples), len(samples))
        if callable(in_manifold):
            inside[rows] = _flags(in_manifold(samples), len(samples))
        elif known is not None:
            inside[rows] = known[rows]
    return FeasibleShare(surest, surest > threshold, inside)


@quiet()
def round_trip(decoder: Model, encoder: Model, latents: ArrayLike) -> RoundTrip:
    """How far ``latents`` (n, n_latents) move when they are decoded and encoded again, relative to their spread.

    Raises ValueError when the encoder does not fit the decoder, and naming ``latents`` when these are empty, of
    another shape, not finite, or all the same.
    """
    points = check_latents("latents", latents, check_model("decoder", decoder))
    wanted = decoder.n_outputs, decoder.n_inputs
    given = check_model("encoder", encoder).n_inputs, encoder.n_outputs
    if given != wanted:
        raise ArgumentError(
            "encoder", f"{wanted[0]} inputs and {wanted[1]} outputs", f"{given[0]} and {given[1]}"
        )
    if (points == points[0]).all():
        raise ArgumentError("latents", "points that differ", f"{len(points)} alike")
    distances = np.empty(len(points))
    decode, encode = decoder.astype("float64"), encoder.astype("float64")
    for rows in blocks(len(points), max(widest(decoder), widest(encoder))):
        samples = check_values("latents", decode(points[rows]))
        distances[rows] = np.linalg.norm(encode(samples) - points[rows], axis=1)
    radius = np.sqrt(points.var(axis=0).sum())
    check_values("latents", np.append(distances, radius))
    return RoundTrip(distances, float(radius))


def _greatest(answer: ArrayLike, n: int) -> Float64Array:
    given = as_numbers("judge", answer)
    if given.ndim not in (1, 2) or len(given) != n or given.size == 0:
        raise ArgumentError(
            "judge", f"confidences of shape ({n},) or ({n}, n_classes)", f"shape {given.shape}"
        )
    if not np.isfinite(given).all():
        raise ArgumentError("judge", "finite confidences", "NaN or infinity")
    greatest: Float64Array = given.reshape(n, -1).max(axis=1).astype(np.float64)
    return greatest


def _flags(answer: ArrayLike, n: int) -> BoolArray:
    given = as_array("in_manifold", answer, "flags")
    if given.dtype != np.bool_:
        raise ArgumentTypeError("in_manifold", "bool", f"dtype {given.dtype}")
    if given.shape != (n,):
        raise ArgumentError("in_manifold", f"bool of shape ({n},)", f"shape {given.shape}")
    return given

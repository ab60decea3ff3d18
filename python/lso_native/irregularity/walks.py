"""How irregular the way of an optimization is: gradients that vanish, and the jumps that follow.

Algorithm 3's step with C = -E has the length E / ||D||, which grows without bound as the derivative D vanishes: the
"large jumps" that the paper saw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lso_native._checks import as_numbers, check_number, check_samples
from lso_native._typing import Float64Array
from lso_native.errors import ArgumentError, ArgumentTypeError
from lso_native.irregularity._common import (
    blocks,
    check_model,
    check_values,
    quiet,
    ratio,
    spread,
    widest,
)
from lso_native.network import Model
from lso_native.problem import Problem
from lso_native.terms import SquaredError

__all__ = ["WalkIrregularity", "walk_irregularity"]

# At a hundredth of the median squared norm, and the same loss, a step is ten times as long as there.
DEFAULT_VANISHING = 0.01


@dataclass(frozen=True, eq=False)
class WalkIrregularity:
    """Walks, and what happens along them; array i of a list belongs to walk i.

    Attributes
    ----------
    loss : (n_steps + 1,) the error E at each point.
    squared_gradient : (n_steps + 1,) the squared norm of its derivative D by the latents.
    latent_jumps : (n_steps,) lengths of the steps.
    sample_jumps : (n_steps,) distances between the samples before and after a step.
    vanishing : fraction of the median over all points from which on down a gradient counts as vanishing.
    """

    loss: list[Float64Array]
    squared_gradient: list[Float64Array]
    latent_jumps: list[Float64Array]
    sample_jumps: list[Float64Array]
    vanishing: float

    @property
    def vanishing_share(self) -> float:
        """The share of points whose squared gradient is at most ``vanishing`` times the median's."""
        return _share_below(np.concatenate(self.squared_gradient), self.vanishing)

    @property
    def flat_share(self) -> float:
        """The same of ||D||**2 / E, where E is not zero: near a target that is met, D vanishes with E in any latent
        space, and steps are short; a small ||D||**2 / E makes them long. 0 where E is zero everywhere."""
        loss, squares = np.concatenate(self.loss), np.concatenate(self.squared_gradient)
        open_ = loss > 0
        return _share_below(squares[open_] / loss[open_], self.vanishing) if open_.any() else 0.0

    @property
    def rise_share(self) -> float:
        """The share of steps after which the error is larger; to first order, each takes it to zero."""
        return float(np.mean(np.concatenate([np.diff(loss) > 0 for loss in self.loss])))

    @property
    def latent_jump_ratio(self) -> Float64Array:
        """(n_walks,) the largest over the median jump: 1 for steps of one length or no step, 2**52 at most."""
        return _jump_ratios(self.latent_jumps)

    @property
    def sample_jump_ratio(self) -> Float64Array:
        """(n_walks,) the same in sample space."""
        return _jump_ratios(self.sample_jumps)

    def summary(self) -> dict[str, float]:
        """The shares; the largest over the median jump, over all walks' jumps and as quantiles over the walks."""
        latent, sample = np.concatenate(self.latent_jumps), np.concatenate(self.sample_jumps)
        return {
            "walks": float(len(self.loss)),
            "steps": float(latent.size),
            "vanishing_share": self.vanishing_share,
            "flat_share": self.flat_share,
            "rise_share": self.rise_share,
            "latent_jump_ratio": float(_jump_ratios([latent])[0]),
            "sample_jump_ratio": float(_jump_ratios([sample])[0]),
            **spread("latent_jump_ratio_of_walk", self.latent_jump_ratio),
            **spread("sample_jump_ratio_of_walk", self.sample_jump_ratio),
        }


@quiet()
def walk_irregularity(
    model: Model,
    walks: Sequence[ArrayLike],
    target: ArrayLike,
    *,
    vanishing: float = DEFAULT_VANISHING,
) -> WalkIrregularity:
    """Vanishing gradients and large jumps along ``walks``, as ``optimize(model, target, trajectory=True)`` keeps them.

    model : ``decoder >> classifier``; samples are the values at the last seam, the latents themselves without one.
    walks : arrays (n_steps + 1, n_latents), at least one of them with a step.
    target : what E = sum (y - target)**2 asks of the outputs, (n_outputs,) or (n_walks, n_outputs); NaN is "don't
        care".
    vanishing : the fraction of the median squared gradient at and below which one counts as vanishing.

    Loss and gradients are computed anew, in float64. Raises ValueError naming an argument that is empty, of another
    shape or not finite; TypeError for what is not numbers.
    """
    kept = _check_walks(walks, check_model("model", model))
    wanted = _check_target(target, model.n_outputs, len(kept))
    fraction = check_number("vanishing", vanishing, minimum=0.0)
    lengths = [len(walk) for walk in kept]
    points, owner = np.concatenate(kept), np.repeat(np.arange(len(kept)), lengths)
    exact, decoded = model.astype("float64"), len(model.parts) > 1
    loss, squares = np.empty(len(points)), np.empty(len(points))
    latent_jump, sample_jump = np.zeros(len(points)), np.zeros(len(points))  # into each point
    before: tuple[Float64Array, Float64Array] | None = None
    for rows in blocks(len(points), widest(model)):
        z = points[rows]
        found = Problem.of(exact, SquaredError(wanted[owner[rows]])).evaluate(z)
        samples = check_values("walks", found.samples) if decoded else z
        loss[rows], squares[rows] = found.loss, np.square(found.gradient).sum(axis=1)
        before = (z[:1], samples[:1]) if before is None else before
        latent_jump[rows] = _jumps(before[0], z)
        sample_jump[rows] = _jumps(before[1], samples)
        before = z[-1:], samples[-1:]
    cuts = np.cumsum(lengths)[:-1]
    for jumps in (latent_jump, sample_jump):
        jumps[cuts] = 0.0  # from one walk to the next
    for values in (loss, squares, latent_jump, sample_jump):
        check_values("walks", values)
    return WalkIrregularity(
        loss=np.split(loss, cuts),
        squared_gradient=np.split(squares, cuts),
        latent_jumps=[jumps[1:] for jumps in np.split(latent_jump, cuts)],  # none into a start
        sample_jumps=[jumps[1:] for jumps in np.split(sample_jump, cuts)],
        vanishing=fraction,
    )


def _check_walks(walks: Any, model: Model) -> list[Float64Array]:
    if not isinstance(walks, (Sequence, np.ndarray)):
        raise ArgumentTypeError(
            "walks", "a sequence of arrays (n_steps + 1, n_latents)", type(walks).__name__
        )
    kept = [
        check_samples(f"walks[{i}]", walk, dtype=np.float64, n_features=model.n_inputs)
        for i, walk in enumerate(walks)
    ]
    if all(len(walk) == 1 for walk in kept):
        raise ArgumentError("walks", "at least one step", f"none in {len(kept)} walks")
    return kept


def _check_target(target: ArrayLike, n_outputs: int, n_walks: int) -> Float64Array:
    """(n_walks, n_outputs)"""
    given = as_numbers("target", target)
    if given.shape not in {(n_outputs,), (n_walks, n_outputs)}:
        raise ArgumentError(
            "target",
            f"an array of shape ({n_outputs},) or ({n_walks}, {n_outputs})",
            f"shape {given.shape}",
        )
    if np.isinf(given).any():
        raise ArgumentError("target", "finite numbers or NaN", "infinity")
    if np.isnan(given).all(axis=-1).any():
        raise ArgumentError("target", "at least one number in every row", "NaN alone")
    return np.broadcast_to(given.astype(np.float64), (n_walks, n_outputs))


def _jumps(before: Float64Array, here: Float64Array) -> Float64Array:
    """(n,) from each row of ``here`` back to the one before, ``before`` (1, d) being the first one's."""
    jumps: Float64Array = np.linalg.norm(np.diff(here, axis=0, prepend=before), axis=1)
    return jumps


def _share_below(values: Float64Array, fraction: float) -> float:
    # "At most", so that gradients of zero count even where most are.
    return float(np.mean(values <= fraction * np.median(values)))


def _jump_ratios(jumps: list[Float64Array]) -> Float64Array:
    largest = np.array([each.max(initial=0.0) for each in jumps])
    median = np.array([np.median(each) if each.size else 0.0 for each in jumps])
    return ratio(largest, median)

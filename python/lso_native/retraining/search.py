"""Where to ask next: searches of a latent space, of which the loop decodes what they find and asks the objective."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lso_native._checks import check_int, check_number, shown
from lso_native._typing import BoolArray, Float64Array, FloatArray, IntArray
from lso_native.errors import ArgumentError, ArgumentTypeError
from lso_native.generate import GenerateResult, generate
from lso_native.generate.starts import box_of
from lso_native.models.black_box import BlackBox
from lso_native.models.regressor import Regressor
from lso_native.network import Model
from lso_native.random import subseed
from lso_native.requirements.base import Combination, check_requirement
from lso_native.retraining.weights import drawn

__all__ = ["Believed", "Known", "LookedUp", "Search"]

_MOST = 1_000_000  # points of a grid


@dataclass(frozen=True, eq=False)
class Known:
    """What is known when the next samples are to be chosen.

    Attributes
    ----------
    decoder : as it was just retrained: it has ``decoder_``.
    finish : what is done to decoded samples before they are asked about.
    samples : (n, n_features) all that were answered, those to begin with included.
    values : (n,) what the objective said of them, the more the better.
    weights : (n,) how much each counts, of mean 1.
    objective : what the samples are asked about; a search that asks it itself is told of in no count.
    seed : of what is drawn.
    threads : None for all processors. No result depends on it.
    """

    decoder: Any
    finish: Callable[[FloatArray], FloatArray] | None
    samples: FloatArray
    values: Float64Array
    weights: Float64Array
    objective: BlackBox
    seed: int
    threads: int | None

    @property
    def network(self) -> Model:
        """Of latents (n, latent)."""
        network: Model = self.decoder.decoder_
        return network

    def decode(self, latents: FloatArray) -> FloatArray:
        """The samples (n, n_features) that latents (n, latent) stand for, finished.

        Raises ValueError where ``finish`` returns another shape.
        """
        samples = self.network(latents, threads=self.threads)
        if self.finish is None:
            return samples
        finished = np.ascontiguousarray(self.finish(samples.copy()), dtype=samples.dtype)
        if finished.shape != samples.shape:
            got = f"shape {finished.shape}"
            raise ArgumentError("finish", f"a function that returns shape {samples.shape}", got)
        return finished


class Search(ABC):
    """Chooses latents. A copy of it serves one run, so that it may keep what it learns from round to round."""

    @abstractmethod
    def latents(self, known: Known, n: int) -> FloatArray:
        """Latents (m, latent), the most promising first. The first ``n`` whose samples are new will be asked about:
        fewer where there are not so many.

        known : the decoder, and all that the objective said so far.
        """


@dataclass
class Believed(Search):
    """By regressors that learned what the objective said: each aims for more than the best so far, and then for as much
    as it believes in, by ``lso.generate``.

    They learn draws of their own from all that is known, by the same weights as the decoder, and take turns: where they
    differ they look in different places (Thompson sampling by bootstrap: Osband and Van Roy 2015, arXiv:1507.00300).

    regressor : what they are copies of. None: one of 64 nodes, which learns 20 epochs at first.
    members : how many there are.
    epochs : passes over the samples with which they go on in later rounds.
    also : what samples have to meet besides, as ``digit.requires(7)``.
    attempts, best_of, different, keep : as of ``lso.generate``; by default they may leave the codes behind,
        at whose border the best so far is.
    """

    regressor: Regressor | None = None
    members: int = 4
    epochs: int = 2
    also: Combination | None = None
    attempts: int = 2
    best_of: int = 64
    different: float = 0.1
    keep: float | None = None

    def __post_init__(self) -> None:
        if self.regressor is not None and not isinstance(self.regressor, Regressor):
            raise ArgumentTypeError("regressor", "a Regressor", shown(self.regressor))
        if self.also is not None:
            check_requirement("also", self.also)
        for name in ("members", "epochs", "attempts", "best_of"):
            check_int(name, getattr(self, name))
        self.members_: list[Regressor] = []

    def latents(self, known: Known, n: int) -> FloatArray:
        """Those of the members in turn."""
        self._learn(known)
        each = -(-n // self.members)
        good = self._good(known)
        found: list[FloatArray] = []
        turns: list[IntArray] = []
        for number, member in enumerate(self.members_[:n]):
            result = self._search(known, member, good, each, subseed(known.seed, "member", number))
            believed = member.network_(result.samples, threads=known.threads)[:, 0]
            there = np.flatnonzero(self._as_asked(result))
            order = np.lexsort((-believed[there], ~result.success[there]))
            found.append(result.latents[there[order]])
            turns.append(np.arange(len(there)))
        return np.concatenate(found)[np.argsort(np.concatenate(turns), kind="stable")]

    def _search(
        self, known: Known, member: Regressor, good: float, n: int, seed: int
    ) -> GenerateResult:
        """``n`` samples that ``member`` takes for ``good`` at least, and as much beyond as can be."""
        asked = member.at_least(good) & member.most()
        return generate(
            known.decoder,
            asked if self.also is None else asked & self.also,
            n,
            attempts=self.attempts,
            best_of=self.best_of,
            different=self.different,
            keep=self.keep,
            random_state=seed,
            threads=known.threads,
        )

    def _as_asked(self, result: GenerateResult) -> BoolArray:
        """(n,) whether what is asked besides is met. What is not as good as was hoped for may yet be the best."""
        parts = () if self.also is None else self.also.parts
        met = np.ones(len(result.success), np.bool_)
        for each in result.requirements[2 : 2 + len(parts)]:
            met &= each.met | (not each.part.hard)
        return met

    def _good(self, known: Known) -> float:
        """What half of the weight has at least."""
        order = np.argsort(-known.values)
        half = np.cumsum(known.weights[order]) >= known.weights.sum() / 2
        return float(known.values[order][half.argmax()])

    def _learn(self, known: Known) -> None:
        """The members, from what is known now."""
        first = not self.members_
        if first:
            base = Regressor(epochs=20) if self.regressor is None else self.regressor
            self.members_ = [copy.deepcopy(base) for _ in range(self.members)]
        for number, member in enumerate(self.members_):
            seed = subseed(known.seed, "learn", number)
            rows = drawn(known.weights, len(known.samples), seed)
            member.set_params(
                random_state=seed, dtype=known.network.dtype.name, threads=known.threads
            )
            if not first:
                member.set_params(warm_start=True, epochs=self.epochs)
            member.fit(known.samples[rows], known.values[rows])


@dataclass(frozen=True)
class LookedUp(Search):
    """The best by the objective itself of a grid of latents: for an objective that costs nothing, so that what is seen
    is the decoder's worth and no surrogate's, as in the shapes task of Tripp, Daxberger and Hernández-Lobato 2020.

    side : points of the grid along each latent.
    bounds : (low, high), scalars or (latent,), of the grid. None: those of ``lso.generate``, half as far again from the
        middle of the decoder's ``latent_range_`` as its ends.
    apart : samples nearer to a better one than this come last: at the border of a grid many are nearly alike.
    """

    side: int = 50
    bounds: tuple[ArrayLike, ArrayLike] | None = None
    apart: float = 0.0

    def latents(self, known: Known, n: int) -> FloatArray:
        """The grid, ordered by what the objective says."""
        least = check_number("apart", self.apart, minimum=0.0)
        grid = self._grid(known)
        samples = known.decode(grid)
        values = known.objective.predict(samples)[:, 0]
        order = np.argsort(-np.where(np.isnan(values), -np.inf, values), kind="stable")
        if least > 0:
            first = _apart(samples, order, least, n)
            order = np.concatenate([first, order[~np.isin(order, first)]])
        return grid[order]

    def _grid(self, known: Known) -> FloatArray:
        latent, dtype = known.network.n_inputs, known.network.dtype
        side = check_int("side", self.side, minimum=2)
        if side**latent > _MOST:
            got = f"{side}^{latent}"
            raise ArgumentError("side", f"a grid of at most {_MOST:,} points", got)
        bounds = box_of(known.decoder) if self.bounds is None else self.bounds
        if bounds is None:
            got = "None for a decoder without latent_range_"
            raise ArgumentError("bounds", "a pair (low, high)", got)
        low, high = (np.broadcast_to(np.asarray(end, np.float64), (latent,)) for end in bounds)
        ticks = np.linspace(low, high, side)  # (side, latent)
        places = np.indices((side,) * latent).reshape(latent, -1)
        columns = [ticks[places[i], i] for i in range(latent)]
        return np.ascontiguousarray(np.stack(columns, axis=1), dtype=dtype)


def _apart(samples: FloatArray, order: IntArray, least: float, n: int) -> IntArray:
    """Of rows in ``order`` the first ``n`` that are ``least`` from all before."""
    nearest = np.full(len(samples), np.inf)
    kept: list[int] = []
    for row in order.tolist():
        if nearest[row] >= least**2:
            kept.append(row)
            nearest = np.minimum(nearest, np.square(samples - samples[row]).sum(axis=1))
            if len(kept) == n:
                break
    return np.array(kept, np.int64)

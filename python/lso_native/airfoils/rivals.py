"""Other ways to an airfoil that meets a target, by the same simulator, counted in shapes that it was asked about.

Each way makes designs one after the other. A design is finished when the simulator says of a sound shape that it is
near enough to the target; or when so many were asked about in vain.
"""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from lso_native._typing import Array, BoolArray, Float64Array, FloatArray, IntArray
from lso_native.airfoils.data import Airfoils, wanted
from lso_native.airfoils.designer import Models
from lso_native.airfoils.learning import Simulator
from lso_native.airfoils.shapes import BASIS, PLACES, cst, gaps, mapped, sound
from lso_native.airfoils.target import Target
from lso_native.random import subseed

__all__ = ["PLAIN", "Answers", "Asked", "Rival", "Task", "nothing_yet"]

_BLOCK = 512


@dataclass(frozen=True, eq=False)
class Answers:
    """What a way came to for n designs."""

    heights: FloatArray
    """(n, 100); of the best by the simulator where none met."""
    success: BoolArray
    """(n,) whether the simulator said so."""
    calls: IntArray
    """(n,) shapes that it was asked about."""


@dataclass
class Asked:
    """A simulator, a target, and how near to it is near enough."""

    simulator: Simulator
    target: Target
    share: float

    def miss(self, heights: FloatArray) -> Float64Array:
        """(n,): the largest miss in tolerances over ``share``, so that 1 is near enough; infinite for no sound shape
        and for what the simulator fails on."""
        said: Any = self.simulator(heights)
        worst = np.nan_to_num(self.target.miss(said).max(axis=1) / self.share, nan=np.inf)
        return np.where(sound(heights), worst, np.inf)

    def error(self, heights: FloatArray) -> tuple[Float64Array, Float64Array]:
        """``miss``, and a smooth error (n,) for a search to go down: squared misses, and how far the sides cross."""
        said: Any = self.simulator(heights)
        misses = np.nan_to_num(self.target.miss(said), nan=1e3)
        crossed = np.maximum(0.0, -gaps(heights)[:, :-1]).sum(axis=1)
        error = np.square(misses).sum(axis=1) + 1e3 * crossed
        worst = misses.max(axis=1) / self.share
        return np.where(sound(heights), worst, np.inf), error


@dataclass(frozen=True, eq=False)
class Task:
    """What a way is to do."""

    asked: Asked
    models: Models
    known: Airfoils
    n: int
    """Designs."""
    most: int
    """Calls of the simulator for each, at most."""
    seed: int


@dataclass(frozen=True)
class Rival(ABC):
    """A way."""

    needs: ClassVar[tuple[str, ...]] = ()
    """Packages that it takes."""
    name: str
    share: float
    """Of the tolerances: the simulator's word that is near enough. The one of 1, .7 and .4 that costs the fewest calls
    a design that a larger simulator takes for met."""

    @abstractmethod
    def run(self, task: Task) -> Answers:
        """Its designs. Raises ImportError where a package is missing."""


def nothing_yet(n: int) -> Answers:
    """Of ``n`` designs."""
    return Answers(np.zeros((n, 2 * PLACES)), np.zeros(n, np.bool_), np.zeros(n, np.int64))


@dataclass(frozen=True)
class Database(Rival):
    """Ask about the real airfoils, in an order drawn anew for each design's share of them, until one meets."""

    name: str = "real airfoils"
    share: float = 1.0

    def run(self, task: Task) -> Answers:
        """A real airfoil is used once: n designs take n of them that meet, if there are so many."""
        heights = task.known.heights
        order = np.random.default_rng(task.seed).permutation(len(heights))
        return _one_by_one(task, heights[order])


@dataclass(frozen=True)
class Draws(Rival):
    """Draw from the decoder's prior and reject."""

    name: str = "draws"
    share: float = 1.0

    def run(self, task: Task) -> Answers:
        """Each draw is asked about."""
        drawn = task.models.shapes.draw(task.n * task.most, subseed(task.seed, "draws"))
        return _one_by_one(task, drawn)


@dataclass(frozen=True)
class Chosen(Rival):
    """The best of so many draws, by the network that stands in for the simulator; and reject."""

    name: str = "best of 32 draws"
    share: float = 1.0
    best_of: int = 32

    def run(self, task: Task) -> Answers:
        """One of each ``best_of`` is asked about."""
        told = task.models.surrogate.quantities
        rows = []
        whole = task.n * task.most
        for block in range(0, whole, _BLOCK):
            count = min(_BLOCK, whole - block)
            seed = subseed(task.seed, "draws", block)
            drawn = task.models.shapes.draw(count * self.best_of, seed)
            said = told.network(drawn).astype(np.float64)
            table = {name: said[:, told.place(name)] for name in told.names}
            miss = np.square(task.asked.target.miss(table)).sum(axis=1)
            best = miss.reshape(count, self.best_of).argmin(axis=1)
            rows.append(drawn[np.arange(count) * self.best_of + best])
        return _one_by_one(task, np.concatenate(rows))


def _one_by_one(task: Task, candidates: FloatArray) -> Answers:
    """Ask about ``candidates`` in their order; each that meets ends a design, and so do ``most`` in vain."""
    made = nothing_yet(task.n)
    best = np.full(task.n, np.inf)
    design = 0
    for at in range(0, len(candidates), _BLOCK):
        block = candidates[at : at + _BLOCK]
        for row, worst in zip(block, task.asked.miss(block), strict=True):
            made.calls[design] += 1
            if worst <= best[design]:
                best[design], made.heights[design] = worst, row
            if worst <= 1 or made.calls[design] == task.most:
                made.success[design] = worst <= 1
                design += 1
                if design == task.n:
                    return made
    return made


class _Space(Protocol):
    def heights(self, points: Float64Array) -> FloatArray: ...

    def start(self, seed: int) -> Float64Array: ...


@dataclass(frozen=True, eq=False)
class _Parameters:
    """CST parameters, in units of their spread over the real airfoils."""

    known: Float64Array
    mean: Float64Array
    spread: Float64Array

    def heights(self, points: Float64Array) -> FloatArray:
        parameters = self.mean + points * self.spread
        parameters[:, -1] = np.maximum(parameters[:, -1], 0)
        return mapped(BASIS, parameters)

    def start(self, seed: int) -> Float64Array:
        row = self.known[np.random.default_rng(seed).integers(len(self.known))]
        return np.asarray((row - self.mean) / self.spread)


@dataclass(frozen=True, eq=False)
class _Latents:
    """The decoder's latents."""

    models: Models

    def heights(self, points: Float64Array) -> FloatArray:
        return self.models.shapes.decoder(points.astype(np.float32))

    def start(self, seed: int) -> Float64Array:
        drawn = self.models.shapes.prior.sample(1, random_state=seed)
        return np.asarray(drawn[0], np.float64)


def _parameters(models: Models, known: Airfoils) -> _Space:  # noqa: ARG001
    found = cst(known.heights)
    return _Parameters(found, found.mean(axis=0), found.std(axis=0))


def _latents(models: Models, known: Airfoils) -> _Space:  # noqa: ARG001
    return _Latents(models)


@dataclass(frozen=True)
class CMA(Rival):
    """CMA-ES (Hansen 2016) from a start drawn anew for each design, with steps of ``sigma`` spreads to begin with."""

    needs: ClassVar[tuple[str, ...]] = ("cma",)
    share: float = 0.7
    space: Callable[[Models, Airfoils], _Space] = _latents
    sigma: float = 0.3

    def run(self, task: Task) -> Answers:
        """Raises ImportError without the package ``cma``."""
        wanted("cma")
        space = self.space(task.models, task.known)
        made = nothing_yet(task.n)
        for design in range(task.n):
            row, met, calls = self._search(task, space, subseed(task.seed, "start", design))
            made.heights[design], made.success[design], made.calls[design] = row, met, calls
        return made

    def _search(self, task: Task, space: _Space, seed: int) -> tuple[Array, bool, int]:
        """The heights (100,) of a design, whether it is one, and how many calls it took."""
        cma: Any = importlib.import_module("cma")
        calls = restart = 0
        best, row = np.inf, np.zeros(2 * PLACES)
        while calls < task.most:
            start = space.start(subseed(seed, "restart", restart))
            options = {"seed": 1 + subseed(seed, "cma", restart) % 2**31, "verbose": -9}
            search = cma.CMAEvolutionStrategy(start, self.sigma, options)
            restart += 1
            while calls < task.most and not search.stop():
                points = search.ask()
                heights = space.heights(np.array(points))[: task.most - calls]
                miss, error = task.asked.error(heights)
                met = np.flatnonzero(miss <= 1)
                if met.size:  # the rest of the generation need not be asked about
                    return heights[met[0]], True, calls + int(met[0]) + 1
                calls += len(heights)
                if error.min() < best:
                    best, row = error.min(), heights[error.argmin()]
                if len(heights) == len(points):
                    search.tell(points, error)
        return row, False, calls


PLAIN: dict[str, Rival] = {
    "real": Database(),
    "draws": Draws(),
    "best": Chosen(),
    "cma-cst": CMA("CMA-ES on CST parameters", space=_parameters),
    "cma-latent": CMA("CMA-ES on the latent", space=_latents),
}
"""Those that need no gradient, by what they are asked for by."""

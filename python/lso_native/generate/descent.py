"""One attempt from given starts: descend; where a box has the last word, ask it and aim anew; go on where more is
better."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lso_native._typing import BoolArray, Float64Array, FloatArray, IntArray
from lso_native.distributed import Workers
from lso_native.errors import ArgumentError
from lso_native.generate.plan import Plan, all_met
from lso_native.generate.result import Descended
from lso_native.network import Model
from lso_native.optimize import OptimizeResult, optimize
from lso_native.optimizers import InputOptimizer
from lso_native.requirements.base import Checked, Part, Reading, Rising
from lso_native.requirements.values import box_numbers


@dataclass(frozen=True)
class Descent:
    """How an attempt moves its latents."""

    optimizer: InputOptimizer
    max_iterations: int
    bounds: tuple[ArrayLike, ArrayLike] | None
    aims: int
    """How often a start is aimed anew after the box has spoken."""
    rises: int
    """How often more is asked of a number that is to be as much as possible."""
    threads: int | None
    calls: int | None = None
    """How often a box may be asked about a sample, and only where its surrogate takes it for met; None: as often as it
    takes, and once at least."""
    executor: Workers | None = None
    """What runs the descents; None: this process."""


@dataclass(eq=False)
class Found:
    """Where n descents ended."""

    latents: FloatArray
    samples: FloatArray
    iterations: IntArray
    loss: Float64Array
    readings: list[Reading]
    believed: BoolArray
    """(n,) whether all is met, but for what a box has to say."""
    met: BoolArray
    asked: BoolArray
    """(n,) whether a box has spoken of the sample as it is."""
    calls: IntArray
    """(n,) how often a box was asked on the way."""

    def unsay(self, parts: Sequence[Part], rows: IntArray) -> None:
        """Take back what networks said of ``rows`` where a box has to say it, until it has."""
        self.asked[rows] = False
        for part, reading in zip(parts, self.readings, strict=True):
            if isinstance(part.requirement, Checked):
                reading.miss[rows], reading.met[rows] = np.nan, False
                self.met[rows] &= not part.hard

    def others(self, parts: Sequence[Part]) -> BoolArray:
        """(n,) whether all is met that no box has to say."""
        met = np.ones(len(self.met), np.bool_)
        for part, reading in zip(parts, self.readings, strict=True):
            if part.hard and not isinstance(part.requirement, Checked):
                met &= reading.met
        return met

    def decline(self, rows: IntArray) -> None:
        """``rows`` are not taken for met any more, and stay as they are."""
        self.believed[rows] = False

    def put(self, rows: IntArray, other: Found) -> None:
        """``other``, which goes on from ``rows``, in place of these."""
        iterations, calls = self.iterations[rows], self.calls[rows]
        self.set(rows, other)
        self.iterations[rows] += iterations
        self.calls[rows] += calls

    def empty(self, n: int) -> Found:
        """Of this kind, of n descents that came to nothing yet."""
        made = self.take(np.zeros(n, np.int64))
        made.loss[:] = np.inf
        made.calls[:] = 0
        for flags in (made.believed, made.met, *(reading.met for reading in made.readings)):
            flags[:] = False
        return made

    def set(self, rows: IntArray, other: Found) -> None:
        """``other``, in order, in place of ``rows``."""
        for name in _ROWS:
            getattr(self, name)[rows] = getattr(other, name)
        for mine, theirs in zip(self.readings, other.readings, strict=True):
            mine.put(rows, theirs)

    def take(self, rows: IntArray | BoolArray) -> Found:
        """Those of ``rows``."""
        return Found(
            self.latents[rows],
            self.samples[rows],
            self.iterations[rows],
            self.loss[rows],
            [reading.take(rows) for reading in self.readings],
            self.believed[rows],
            self.met[rows],
            self.asked[rows],
            self.calls[rows],
        )


_ROWS = ("latents", "samples", "iterations", "loss", "believed", "met", "asked", "calls")


@dataclass
class Attempt:
    """Descents for the same requirements, and what they cost."""

    decoder: Model
    parts: tuple[Part, ...]
    descent: Descent
    decoded: int = 0
    box_calls: int = 0
    box_failures: int = 0
    left: IntArray | None = None
    """(n,) how often a box may still be asked about each; None: as often as it takes."""
    found: Found | None = None
    """What there is so far, for who stops it."""
    watch: Callable[[Descended], object] | None = None
    """Hears of each descent."""
    rows: IntArray | None = None
    """(n,) which samples the starts are for."""

    def run(self, starts: FloatArray) -> Found:
        """From ``starts`` (n, latent) to where everything is met, as far as it can be."""
        self.found = None
        rows = np.arange(len(starts)) if self.rows is None else self.rows
        found = self._aim(starts, self.parts, rows, self.left)
        if any(isinstance(part.requirement, Rising) for part in self.parts):
            self._rise(found, rows)
        return found

    def _aim(
        self,
        starts: FloatArray,
        parts: Sequence[Part],
        rows: IntArray,
        left: IntArray | None = None,
    ) -> Found:
        """Descend and, where the box does not agree, aim by so much more and descend again; the box may be asked
        ``left`` times (n,) about each. ``rows`` (n,) are the samples' places."""
        found = self._descend(starts, parts, rows)
        if self.found is None:
            self.found = found
        open_rows = np.arange(len(starts))
        for aim in range(self.descent.aims + 1):
            open_rows = open_rows[found.believed[open_rows]]
            open_rows = _may_ask(found, open_rows, left)
            shift = self._ask(found, open_rows, parts)
            for more in shift.values():  # where the box failed there is nothing to aim by
                open_rows = open_rows[~np.isnan(more[open_rows]).any(axis=1)]
            open_rows = _may_ask(found, open_rows[~found.met[open_rows]], left)
            if aim == self.descent.aims or not open_rows.size or not shift:
                break
            again = []
            for place, part in enumerate(parts):
                asked = part.requirement.of_starts(open_rows)
                if isinstance(asked, Checked):
                    asked = asked.aimed(shift[place][open_rows])
                again.append(dataclasses.replace(part, requirement=asked))
            then = self._descend(found.latents[open_rows], again, rows[open_rows])
            if left is not None:  # what will not be asked about stays as it was
                found.decline(open_rows[~then.believed])
                open_rows, then = open_rows[then.believed], then.take(then.believed)
            found.put(open_rows, then)
            found.unsay(parts, open_rows)
        if left is None and any(_has_last_word(part) for part in parts):
            self._ask(found, np.flatnonzero(~found.asked), parts)
        return found

    def _descend(self, starts: FloatArray, parts: Sequence[Part], rows: IntArray) -> Found:
        plan = Plan(self.decoder, tuple(parts))
        problem = plan.problem(starts)
        stop = None
        result: OptimizeResult
        try:
            result = optimize(
                problem,
                starts=starts,
                optimizer=self.descent.optimizer,
                max_iterations=self.descent.max_iterations,
                bounds=self.descent.bounds,
                trajectory=self.watch is not None,
                threads=self.descent.threads,
                executor=self.descent.executor,
            )
        except KeyboardInterrupt as interrupt:
            if not isinstance(partial := getattr(interrupt, "result", None), OptimizeResult):
                raise
            stop, result = interrupt, partial
        self.decoded += int(result.iterations.sum()) + len(starts)
        if self.watch is not None and result.trajectory and result.trajectory_loss:
            self.watch(Descended(rows, result.trajectory, result.trajectory_loss))
        readings = [each.take(slice(None)) for each in plan.readings(result)]
        believed = all_met(parts, readings, len(starts))
        found = Found(
            result.latents.copy(),
            result.samples.copy(),
            result.iterations.astype(np.int64),
            result.loss.copy(),
            readings,
            believed,
            believed.copy(),
            np.zeros(len(starts), np.bool_),
            np.zeros(len(starts), np.int64),
        )
        found.unsay(parts, np.arange(len(starts)))
        if stop is not None:
            self.found = self.found or found
            raise stop
        return found

    def _ask(self, found: Found, rows: IntArray, parts: Sequence[Part]) -> dict[int, Float64Array]:
        """What boxes say of ``rows``; by requirement, how much more the network says than the box (n, n_outputs)."""
        checked = [
            (place, part.requirement)
            for place, part in enumerate(parts)
            if isinstance(part.requirement, Checked)
        ]
        said: dict[int, Float64Array] = {}
        shift: dict[int, Float64Array] = {}
        samples = found.samples[rows]
        met = np.ones(len(rows), np.bool_)
        for place, requirement in checked:
            box, network = requirement.box, requirement.head(self.decoder)
            assert network is not None
            if id(box) not in said and rows.size:
                told = box_numbers(
                    requirement.name, box(samples), len(rows), may_fail=requirement.may_fail
                )
                if told.shape[1] != network.n_outputs:
                    expected = f"numbers of shape {(len(rows), network.n_outputs)} from the box"
                    raise ArgumentError(requirement.name, expected, f"shape {told.shape}")
                said[id(box)] = told
                self.box_calls += len(rows)
                self.box_failures += int(np.isnan(told).any(axis=1).sum())
            shift[place] = np.zeros((len(found.met), network.n_outputs))
            if not rows.size:
                continue
            says = said[id(box)]
            asked = requirement.of_starts(rows)
            assert isinstance(asked, Checked)
            reading = asked.judge(says)
            found.readings[place].put(rows, reading)
            met &= reading.met | (not parts[place].hard)
            shift[place][rows] = network(samples).astype(np.float64) - says
        if checked:
            found.asked[rows] = True
            found.calls[rows] += 1
            found.met[rows] = met & found.others(parts)[rows]
        return shift

    def _rise(self, found: Found, places: IntArray) -> None:
        """From what is met, ask for a little more for as long as it can be had."""
        rows = np.flatnonzero(found.met)
        for _ in range(self.descent.rises):
            if not rows.size:
                return
            before = [reading.values[rows] for reading in found.readings]
            more = [
                dataclasses.replace(part, requirement=part.requirement.better(value), hard=True)
                if isinstance(part.requirement, Rising)
                else part
                for part, value in zip(self.parts, before, strict=True)
            ]
            left = None if self.left is None else (self.left - found.calls)[rows]
            then = self._aim(found.latents[rows], more, places[rows], left)
            better = then.met.copy()
            for place, part in enumerate(self.parts):
                if isinstance(part.requirement, Rising):
                    n = len(rows)
                    then.readings[place] = Reading(
                        then.readings[place].values, np.full(n, np.nan), np.zeros(n, np.bool_)
                    )
                    better &= part.requirement.gain(before[place], then.readings[place].values) > 0
            found.calls[rows[~better]] += then.calls[~better]
            rows = rows[better]
            found.put(rows, then.take(better))


def _may_ask(found: Found, rows: IntArray, left: IntArray | None) -> IntArray:
    """Those of ``rows`` about which a box may be asked once more."""
    return rows if left is None else rows[found.calls[rows] < left[rows]]


def _has_last_word(part: Part) -> bool:
    """Whether a box has to speak before ``part`` is met."""
    return isinstance(part.requirement, Checked) and not isinstance(part.requirement, Rising)

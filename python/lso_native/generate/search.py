"""Attempts until enough samples are there, and what is kept of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from lso_native._typing import BoolArray, FloatArray, IntArray
from lso_native.errors import interrupted
from lso_native.generate.conflict import conflict
from lso_native.generate.descent import Attempt, Descent, Found
from lso_native.generate.distinct import repeats
from lso_native.generate.plan import Plan
from lso_native.generate.result import (
    Descended,
    GenerateProgress,
    GenerateResult,
    RequirementResult,
)
from lso_native.generate.starts import Draws
from lso_native.random import subseed
from lso_native.requirements.base import Combination, Part, Rising

_BLOCK = 4_096  # samples whose attempt is made together: what is found is kept after each
_DRAWS = 64  # how far apart samples are is seen in so many
_TRIED = 32  # starts that tell whether some requirements can be met together


class _Block(NamedTuple):
    """Samples whose attempt is made together."""

    begin: int
    """Where it begins, among those that are missing."""
    size: int
    wanted: slice
    """What of it."""
    rows: IntArray
    """Where these are kept."""


def _blocks(missing: IntArray) -> Iterator[_Block]:
    for begin in range(0, len(missing), _BLOCK):
        rows = missing[begin : begin + _BLOCK]
        yield _Block(begin, len(rows), slice(0, len(rows)), rows)


def _blocks_of(shard: range, n: int) -> Iterator[_Block]:
    """Those of the first attempt for ``n``, as far as they are in ``shard``."""
    for begin in range(shard.start // _BLOCK * _BLOCK, shard.stop, _BLOCK):
        first, last = max(begin, shard.start), min(begin + _BLOCK, shard.stop)
        wanted = slice(first - begin, last - begin)
        rows = np.arange(first, last) - shard.start
        yield _Block(begin, min(_BLOCK, n - begin), wanted, rows)


@dataclass(eq=False)
class Search:
    """Looks for samples."""

    asked: Combination
    plan: Plan
    starts: Draws
    descent: Descent
    attempts: int
    different: float
    seed: int
    callback: Callable[[GenerateProgress], object] | None
    watch: Callable[[Descended], object] | None = None
    least: float = field(default=0.0, init=False)
    conflict_cost: tuple[int, int] = field(default=(0, 0), init=False)

    def run(self, n: int, shard: range | None = None) -> GenerateResult:
        """``n`` samples, or as many as the attempts come to; what stops it carries what was found.

        Of the first attempt, a ``shard`` can be had alone: those of its rows, as like each other as they are.
        """
        kept = _Kept(n if shard is None else len(shard))
        attempt = Attempt(self.plan.decoder, self.plan.parts, self.descent, watch=self.watch)
        self.least = self._least_distance() if n > 1 else 0.0
        least = self.least if shard is None else 0.0
        try:
            self._tell(kept, 0)
            for number in range(1, self.attempts + 1):
                missing = np.flatnonzero(~kept.success & self._may_ask(kept))
                for block in _blocks(missing) if shard is None else _blocks_of(shard, n):
                    self._attempt(attempt, kept, block, number)
                    self._tell(kept, number)
                kept.success &= ~kept.repeated(least)
                if kept.success.all():
                    break
            cost = attempt.decoded, attempt.box_calls
            blamed = () if kept.success.any() or self.descent.calls else self._conflict(attempt)
            self.conflict_cost = attempt.decoded - cost[0], attempt.box_calls - cost[1]
        except (Exception, KeyboardInterrupt) as stop:
            kept.success &= ~kept.repeated(least)
            result = kept.result(self, attempt, (), interrupted=True) if kept.found else None
            if isinstance(stop, KeyboardInterrupt):
                found, n = int(kept.success.sum()), len(kept.success)
                raise interrupted(
                    f"generate: interrupted with {found} of {n} found", result
                ) from stop
            stop.result = result  # type: ignore[attr-defined]
            raise
        return kept.result(self, attempt, blamed, interrupted=False)

    def _tell(self, kept: _Kept, attempt: int) -> None:
        if self.callback is not None:
            found, total = int(kept.success.sum()), len(kept.success)
            self.callback(GenerateProgress(found, total, attempt))

    def _attempt(self, attempt: Attempt, kept: _Kept, block: _Block, number: int) -> None:
        rows = block.rows
        attempt.rows = rows
        attempt.parts = tuple(_faded(part, number) for part in self.plan.parts)
        if self.descent.calls is not None:
            attempt.left = self.descent.calls - kept.calls[rows]
        seed = subseed(self.seed, "attempt", number, block.begin)
        starts = self.starts.take(block.size, self.plan, seed, block.wanted)
        attempt.decoded += len(rows) * self.starts.best_of * (self.starts.best_of > 1)
        try:
            found = attempt.run(starts)
        except BaseException:
            if attempt.found is not None:
                kept.take(rows, starts, attempt.found)
            raise
        kept.take(rows, starts, found)

    def _may_ask(self, kept: _Kept) -> BoolArray:
        """(n,) whether a box may be asked about the sample once more."""
        most = self.descent.calls
        return kept.calls < (np.inf if most is None else most)

    def _least_distance(self) -> float:
        """``different`` of the mean distance between draws."""
        drawn = self.starts.drawn(_DRAWS, subseed(self.seed, "distances"), self.plan.decoder)
        samples = self.plan.decoder(drawn).astype(np.float64)
        between = np.linalg.norm(samples[:, None] - samples, axis=2)
        return self.different * float(between[np.triu_indices(len(samples), 1)].mean())

    def _conflict(self, attempt: Attempt) -> tuple[str, ...]:
        """The names of requirements that are in each other's way."""
        hard = tuple(
            part
            for part in self.plan.parts
            if part.hard and not isinstance(part.requirement, Rising)
        )

        def feasible(parts: tuple[Part, ...]) -> bool:
            tried = Attempt(attempt.decoder, parts, attempt.descent)
            plan = Plan(self.plan.decoder, parts)
            starts = self.starts.take(_TRIED, plan, subseed(self.seed, "conflict"))
            met = bool(tried.run(starts).met.any())
            attempt.decoded += tried.decoded + _TRIED * self.starts.best_of
            attempt.box_calls += tried.box_calls
            attempt.box_failures += tried.box_failures
            return met

        return tuple(part.name for part in conflict(hard, feasible))


def _faded(part: Part, number: int) -> Part:
    """A preference that may have been in the way counts ever less: ``part`` in attempt ``number``."""
    return (
        part if part.hard else dataclasses.replace(part, weight=part.weight * 0.1 ** (number - 1))
    )


class _Kept:
    """The best of all attempts for each of n samples."""

    def __init__(self, n: int) -> None:
        self.success = np.zeros(n, np.bool_)
        self.attempts = np.zeros(n, np.int64)
        self.calls = np.zeros(n, np.int64)
        self._starts: FloatArray | None = None
        self.found: Found | None = None

    def take(self, rows: IntArray, starts: FloatArray, found: Found) -> None:
        """What an attempt for ``rows`` came to, where it is better than what was there."""
        n = len(self.success)
        if self.found is None or self._starts is None:
            self._starts = np.full((n, starts.shape[1]), np.nan, starts.dtype)
            self.found = found.empty(n)
        better = found.met | ~(found.loss >= self.found.loss[rows])
        self.attempts[rows] += 1
        self.calls[rows] += found.calls
        self.found.set(rows[better], found.take(better))
        self._starts[rows[better]] = starts[better]
        self.success[rows] = self.found.met[rows]

    def repeated(self, least: float) -> BoolArray:
        """(n,) which successful samples are less than ``least`` from an earlier one."""
        flagged = np.zeros(len(self.success), np.bool_)
        if self.found is not None and least > 0:
            rows = np.flatnonzero(self.success)
            flagged[rows[repeats(self.found.samples[rows], least)]] = True
        return flagged

    def result(
        self, search: Search, attempt: Attempt, blamed: tuple[str, ...], *, interrupted: bool
    ) -> GenerateResult:
        """All of it."""
        found, starts = self.found, self._starts
        assert found is not None
        assert starts is not None
        return GenerateResult(
            requirement=search.asked,
            samples=found.samples,
            success=self.success,
            requirements=tuple(
                RequirementResult(part, *reading)
                for part, reading in zip(search.plan.parts, found.readings, strict=True)
            ),
            latents=found.latents,
            starts=starts,
            iterations=found.iterations,
            attempts=self.attempts,
            decoded=attempt.decoded,
            box_calls=attempt.box_calls,
            calls=self.calls,
            box_failures=attempt.box_failures,
            conflict=blamed,
            interrupted=interrupted,
            least=search.least,
            conflict_cost=search.conflict_cost,
        )

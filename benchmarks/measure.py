"""Rounds in which every side runs in turn, and what to make of their times."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Clock = Callable[[], float]


@dataclass(frozen=True)
class Rounds:
    """How long to measure."""

    rounds: int = 7
    least_seconds: float = 0.1
    """Of one side in one round; 0 for one call each, of sides that have all run before."""

    @classmethod
    def quick(cls) -> Rounds:
        """Enough to see that it works."""
        return cls(rounds=2, least_seconds=0.02)


@dataclass(frozen=True)
class Task:
    """A call and how many units of work (iterations, steps) it does."""

    run: Callable[[], object]
    units: int = 1
    tells: bool = False
    """Whether ``run`` returns the seconds that count, since not all of it does."""


def alternate(
    tasks: Mapping[str, Task], settings: Rounds, clock: Clock = time.perf_counter
) -> dict[str, list[float]]:
    """Seconds per unit of each task in each round. The order turns by one from round to round."""
    repeats = {name: _repeats(task, settings.least_seconds, clock) for name, task in tasks.items()}
    times: dict[str, list[float]] = {name: [] for name in tasks}
    names = list(tasks)
    for turn in range(settings.rounds):
        first = turn % len(names) if names else 0
        for name in names[first:] + names[:first]:
            times[name].append(_time(tasks[name], repeats[name], clock))
    return times


def ratio(peer: Sequence[float], ours: Sequence[float]) -> float:
    """Peer time over our time: the median over rounds, each pair from one round."""
    return statistics.median(p / o for p, o in zip(peer, ours, strict=True))


def _repeats(task: Task, least_seconds: float, clock: Clock) -> int:
    if least_seconds == 0:
        return 1
    # The first call has compiled or allocated; the second tells how long one takes.
    _time(task, 1, clock)
    once = _time(task, 1, clock) * task.units
    return max(1, round(least_seconds / once)) if once > 0 else 1


def _time(task: Task, repeats: int, clock: Clock) -> float:
    begin = clock()
    told = [task.run() for _ in range(repeats)]
    seconds = math.fsum(told) if task.tells else clock() - begin  # type: ignore[arg-type]
    return seconds / (repeats * task.units)

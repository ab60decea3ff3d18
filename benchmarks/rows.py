"""A row of the table, and what the workloads are given."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from lso_native._typing import Array

from benchmarks.measure import Rounds
from benchmarks.peers.base import OURS, Side
from benchmarks.peers.ours import Ours

Json = dict[str, Any]
ONE_THREAD = f"{OURS} threads=1"
"""The side that a call with default threads is held against."""
TOLERANCE = 1e-3
"""Of the way that the reference moved, by the Euclidean norm over all values."""


class Mismatch(Exception):
    """Two sides do not give the same numbers."""


@dataclass
class Row:
    """One measurement of all sides."""

    name: str
    """As in ``goals.GOALS``, for example W4/adam/32."""
    title: str
    unit: str
    """What ``times`` are of: iteration, step, run."""
    times: dict[str, list[float]]
    """Seconds per unit of each side in each round."""
    flop: float = 0.0
    """Of the matrix products in a unit; 0 where no share of the peak is asked for."""
    ours: str = OURS
    """Which of ``times`` is held against the others."""
    deviations: dict[str, float] = field(default_factory=dict)
    """From the float64 reference."""
    facts: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Context:
    """One setting of threads, and how thoroughly to measure."""

    ours: Ours
    peers: tuple[Side, ...]
    threads: int | None
    quick: bool
    data_dir: str | None

    @property
    def rounds(self) -> Rounds:
        """For most workloads."""
        return Rounds.quick() if self.quick else Rounds()


Workload = Callable[[Context], Iterator[Row]]


def gather(sides: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Both in one; a name in both would hide a side."""
    twice = set(sides) & set(more)
    if twice:
        raise ValueError(f"sides: expected each name once, got {', '.join(sorted(twice))} twice")
    return {**sides, **more}


def check(
    found: Mapping[str, Array],
    expected: Mapping[str, Array],
    begin: Array,
    *,
    aside: float = 0.0,
) -> dict[str, float]:
    """Each side's deviation from its ``expected``, relative to the way from ``begin``.

    Raises Mismatch when one is over TOLERANCE.

    aside : share of the rows that may be anything, the furthest off: rounding decides on which side of a kink they are.
    """

    def deviation(values: Array, wanted: Array) -> float:
        off = np.square(values - wanted)
        by_row = np.sort(off.reshape(len(off), -1).sum(axis=1))  # NaN is last
        counted = by_row[: len(off) - int(aside * len(off))]
        return float(np.sqrt(counted.sum()) / np.linalg.norm(wanted - begin))

    deviations = {name: deviation(values, expected[name]) for name, values in found.items()}
    wrong = {name: f"{d:.2g}" for name, d in deviations.items() if not d <= TOLERANCE}
    if wrong:
        raise Mismatch(f"expected deviations of at most {TOLERANCE:g}, got {wrong}")
    return deviations


def tell(text: str) -> None:
    """A line of progress."""
    print(text, file=sys.stderr, flush=True)


def rows_of(children: Json, prefix: str) -> list[Json]:
    """Rows whose name begins so, of the first setting that has some."""
    for child in children.values():
        rows = [row for name, row in child["rows"].items() if name.startswith(prefix)]
        if rows:
            return rows
    return []

"""How far a run is, and how long the rest of it takes."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lso_native.display import Whole, duration
from lso_native.study.progress import PassedOn, Progress
from lso_native.study.step import Step

__all__ = ["Overall"]

_TRUST = (
    5.0  # seconds of work, after which the pace of this run counts as much as that of the costs
)
_LONG = 1.0  # seconds, above which a step that has said nothing is told of


class Overall(PassedOn):
    """Passes on what steps tell, and tells after each how far the run is.

    A step says what it costs, in seconds of one core (``Step.cost``). The rest takes what its steps cost, times how
    long those that this run has made took for each second of theirs.

    costs: all steps, and what each costs. lacking: those that are to be made. after: the cost of what comes
    thereafter.
    """

    def __init__(
        self,
        progress: Progress,
        costs: Sequence[tuple[Step[Any], float]],
        lacking: Iterable[Step[Any]],
        after: float = 0.0,
    ) -> None:
        super().__init__(progress)
        self._costs = {step.key: cost for step, cost in costs}
        self._titles = {step.key: step.title for step, _ in costs}
        self._lacking = {step.key for step in lacking}
        self._all = sum(self._costs.values()) + after
        self._there = sum(cost for key, cost in self._costs.items() if key not in self._lacking)
        self._made = 0.0
        self._begin = self._since = time.monotonic()
        self._running: dict[str, float] = {}
        self._total, self._told = 1, False
        self._tell()

    def making(self, step: Step[Any]) -> None:
        """``step`` is begun here."""
        self._since, self._total, self._told = time.monotonic(), 1, False
        self.running({step.key: 0.0})

    def running(self, shares: Mapping[str, float]) -> None:
        """By key, how far the steps are that are being made, of 1."""
        self._running = dict(shares)
        self._tell()

    def made(self, step: Step[Any], seconds: float | None = None) -> None:
        """``step`` is there, by ``seconds`` of a worker, or by this process."""
        if seconds is None:
            seconds = time.monotonic() - self._since
        self._made += self._costs[step.key]
        self._lacking.discard(step.key)
        self._running.pop(step.key, None)
        if not self._told and seconds >= _LONG:
            self._progress.note(f"{step.title} ({duration(seconds)})")
        if not self._lacking:
            self._tell()

    def start(self, stage: str, total: int) -> None:
        """Of the step that is being made."""
        self._total = total
        super().start(stage, total)

    def update(self, done: int, note: str = "") -> None:
        """The same."""
        self.running(dict.fromkeys(self._running, done / self._total))
        super().update(done, note)

    def finish(self, note: str) -> None:
        """The same."""
        self._told = True
        super().finish(note)

    def _tell(self) -> None:
        done = self._made + sum(
            self._costs[key] * min(share, 1.0) for key, share in self._running.items()
        )
        passed = time.monotonic() - self._begin
        left = (self._all - self._there - done) * (passed + _TRUST) / (done + _TRUST)
        steps = len(self._costs)
        share = (self._there + done) / self._all
        running = ", ".join(self._titles[key] for key in self._running)
        self._progress.whole(
            Whole(steps - len(self._lacking), steps, share, max(left, 0.0), running)
        )

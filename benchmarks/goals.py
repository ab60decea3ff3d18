"""What is to be reached: peer time over our time, share of the processor's peak, gain by threads."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """Least values, of seconds the most; None where none is set. A row of the table may have none."""

    jax: float | None = None
    """Against the fastest variant of JAX, those tiled by hand aside."""
    torch: float | None = None
    """Against PyTorch eager."""
    peak: float | None = None
    """Share of the fused multiply-add peak."""
    jax_tiled: float | None = None
    """Against JAX tiled by hand."""
    threads: float | None = None
    """One thread's time over that of two."""
    single: float | None = None
    """That of ``threads=1`` over that of the default: where the work is small, threads must not cost."""
    seconds: float | None = None
    """At most."""


TWO_THREADS = 1.8
GOALS: dict[str, Goal] = {
    "W1": Goal(jax=1.8, torch=36),
    "W2": Goal(jax=1.33, torch=3.6, peak=0.76),
    "W3": Goal(jax=1.95, jax_tiled=1.5, torch=3.6, peak=0.87, threads=TWO_THREADS),
    "W4/algorithm3/32": Goal(jax=2.05, torch=7.6, peak=0.67),
    "W4/algorithm3/128": Goal(jax=1.55, torch=3.8, peak=0.74),
    "W4/algorithm3/1024": Goal(jax=1.33, torch=2.9, peak=0.73, threads=TWO_THREADS),
    "W4/adam/32": Goal(jax=2.05, torch=7.6, peak=0.67),
    "W4/adam/128": Goal(jax=1.55, torch=3.8, peak=0.74),
    "W4/adam/1024": Goal(jax=1.33, torch=2.9, peak=0.73, threads=TWO_THREADS),
    "W5/algorithm3": Goal(jax=5.5, torch=50),
    "W5/adam": Goal(),
    "W6": Goal(jax=1.12, torch=2.25, peak=0.80, threads=TWO_THREADS),
    "W7": Goal(jax=1.9, torch=5),
    "W8": Goal(jax=1.5, torch=4.6),
    "W9": Goal(torch=3),
    "W10": Goal(torch=3),
    "W11": Goal(),
    "W12": Goal(),
    "threads/10": Goal(single=1 / 1.2),
    "threads/100": Goal(single=1 / 1.2),
    "reproduce": Goal(seconds=60),
}


@dataclass(frozen=True)
class Verdict:
    """A goal and what was measured."""

    name: str
    goal: float
    value: float

    @property
    def met(self) -> bool:
        """Whether the value is at least the goal; seconds, at most."""
        return self.value <= self.goal if self.name == "seconds" else self.value >= self.goal


def judge(row: str, measured: dict[str, float | None]) -> list[Verdict]:
    """The verdicts on ``row``, one for each goal whose value was measured; names as in ``Goal``."""
    goal = GOALS.get(row, Goal())
    return [
        Verdict(name, least, value)
        for name, value in measured.items()
        if value is not None and (least := getattr(goal, name)) is not None
    ]

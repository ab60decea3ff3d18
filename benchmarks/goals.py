"""What is to be reached: peer time over our time, share of the processor's peak, gain by threads."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """Least values; None where none is set."""

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


TWO_THREADS = 1.8
GOALS: dict[str, Goal] = {
    "W1": Goal(jax=3, torch=40),
    "W2": Goal(jax=1.5, torch=4, peak=0.85),
    "W3": Goal(jax=2, jax_tiled=1.6, torch=4, peak=0.92, threads=TWO_THREADS),
    "W4/algorithm3/32": Goal(jax=2, torch=6, peak=0.70),
    "W4/algorithm3/128": Goal(jax=1.6, torch=4, peak=0.78),
    "W4/algorithm3/1024": Goal(jax=1.45, torch=3, peak=0.78, threads=TWO_THREADS),
    "W4/adam/32": Goal(jax=2.2, torch=7),
    "W4/adam/128": Goal(jax=1.7, torch=5),
    "W4/adam/1024": Goal(jax=1.4, torch=3.3, threads=TWO_THREADS),
    "W5/algorithm3": Goal(jax=7, torch=60),
    "W5/adam": Goal(jax=6, torch=35),
    "W6": Goal(jax=1.15, torch=2, peak=0.85, threads=TWO_THREADS),
    "W7/best": Goal(jax=10, torch=30, threads=TWO_THREADS),
    "W7/algorithm3": Goal(jax=4, threads=TWO_THREADS),
    "W8": Goal(jax=2, torch=10),
    "threads/10": Goal(single=1 / 1.2),
    "threads/100": Goal(single=1 / 1.2),
}


@dataclass(frozen=True)
class Verdict:
    """A goal and what was measured."""

    name: str
    goal: float
    value: float

    @property
    def met(self) -> bool:
        """Whether the value is at least the goal."""
        return self.value >= self.goal


def judge(row: str, measured: dict[str, float | None]) -> list[Verdict]:
    """The verdicts on ``row``, one for each goal whose value was measured; names as in ``Goal``."""
    goal = GOALS.get(row, Goal())
    return [
        Verdict(name, least, value)
        for name, value in measured.items()
        if value is not None and (least := getattr(goal, name)) is not None
    ]

"""W1 to W3: iterations on 1, 100 and 10,000 starts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from benchmarks import reference
from benchmarks.measure import Task, alternate
from benchmarks.peers.base import OURS
from benchmarks.problems import chain_descent
from benchmarks.rows import Context, Row, check, gather

CHECKED = 3  # iterations that are compared: later ones amplify rounding


def one(context: Context) -> Iterator[Row]:
    """W1."""
    yield _row(context, "W1", "1 start", 1, 200)


def hundred(context: Context) -> Iterator[Row]:
    """W2."""
    yield _row(context, "W2", "100 starts", 100, 100)


def ten_thousand(context: Context) -> Iterator[Row]:
    """W3."""
    yield _row(context, "W3", "10,000 starts", 10_000, 5 if context.quick else 30)


def _row(context: Context, name: str, title: str, starts: int, iterations: int) -> Row:
    problem = chain_descent(starts)
    runs = context.ours.descents(problem)
    for peer in context.peers:
        runs = gather(runs, peer.descents(problem))
    last, best = reference.descend(problem, CHECKED)
    deviations = check(
        {side: run(CHECKED) for side, run in runs.items()},
        {side: best if side == OURS else last for side in runs},
        problem.starts,
    )
    tasks = {side: Task(lambda run=run: run(iterations), iterations) for side, run in runs.items()}  # type: ignore[misc]
    rounds = context.rounds
    if starts >= 10_000:  # one call is long enough
        rounds = replace(rounds, rounds=2 if context.quick else 5)
    return Row(
        name,
        title,
        "iteration",
        alternate(tasks, rounds),
        flop=problem.flop,
        deviations=deviations,
        notes=[
            f"{iterations} iterations a call; ours also scores the last points, the others do not"
        ],
    )

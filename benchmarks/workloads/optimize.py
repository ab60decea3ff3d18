"""W1 to W3: iterations on 1, 100 and 10,000 starts; W11 and W12, on other models; and what default threads cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from benchmarks import reference
from benchmarks.measure import Rounds, Task, alternate
from benchmarks.peers.base import OURS, Run
from benchmarks.peers.ours import Ours
from benchmarks.problems import Descent, chain_descent, forked_descent, molecule_descent
from benchmarks.rows import ONE_THREAD, Context, Row, check, gather

CHECKED = 3  # iterations that are compared: later ones amplify rounding
AT_KINKS = 0.005  # of the starts through relus
LONG = 1e10  # floating-point operations: one call is long enough


def one(context: Context) -> Iterator[Row]:
    """W1."""
    yield _row(context, "W1", "1 start", chain_descent(1), 200)


def hundred(context: Context) -> Iterator[Row]:
    """W2."""
    yield _row(context, "W2", "100 starts", chain_descent(100), 100)


def ten_thousand(context: Context) -> Iterator[Row]:
    """W3."""
    yield _row(context, "W3", "10,000 starts", chain_descent(10_000), 5 if context.quick else 30)


def forked(context: Context) -> Iterator[Row]:
    """W11."""
    yield _row(context, "W11", "1,000 starts, two heads", forked_descent(1000), 30)


def molecules(context: Context) -> Iterator[Row]:
    """W12. Each start is on its own, so that few do to see that it works."""
    n = 20 if context.quick else 1000
    yield _row(context, "W12", f"{n:,} molecules", molecule_descent(n), 2)


def default_threads(context: Context) -> Iterator[Row]:
    """Few starts with the default number of threads, against ``threads=1``."""
    for starts in (10, 100):
        problem, iterations = chain_descent(starts), 100
        sides = {OURS: Ours(None), ONE_THREAD: Ours(1)}
        runs = {name: side.descents(problem)[OURS] for name, side in sides.items()}
        times = alternate(_tasks(runs, iterations), context.rounds)
        yield Row(f"threads/{starts}", f"{starts} starts, default threads", "iteration", times)


def _tasks(runs: Mapping[str, Run], iterations: int) -> dict[str, Task]:
    return {side: Task(partial(run, iterations), iterations) for side, run in runs.items()}


def _row(context: Context, name: str, title: str, problem: Descent, iterations: int) -> Row:
    runs = context.ours.descents(problem)
    for peer in context.peers:
        runs = gather(runs, peer.descents(problem))
    last, best = reference.descend(problem, CHECKED)
    deviations = check(
        {side: run(CHECKED) for side, run in runs.items()},
        {side: best if problem.best or side == OURS else last for side in runs},
        problem.starts,
        aside=AT_KINKS,
    )
    rounds = context.rounds
    if problem.flop * iterations > LONG:
        rounds = Rounds(2 if context.quick else 3 if name == "W12" else 5, least_seconds=0.0)
    return Row(
        name,
        title,
        "iteration",
        alternate(_tasks(runs, iterations), rounds),
        flop=problem.flop * (1 + 0.5 / iterations if problem.best else 1),
        deviations=deviations,
        notes=[
            f"{iterations} iterations a call; "
            + ("every side" if problem.best else "ours, not the others,")
            + " also scores the last points"
        ],
    )

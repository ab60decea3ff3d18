"""W4 to W6: minibatch steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import lso_native as lso
import numpy as np

from benchmarks import reference
from benchmarks.measure import Task, alternate
from benchmarks.peers.base import OURS, Trainer
from benchmarks.problems import Training, random_training
from benchmarks.rows import Context, Row, check, gather

AUTOENCODER = (196, 100, 20, 100, 196)
WIDE = (784, 2048, 2048, 10)
OPTIMIZERS: dict[str, lso.NormalizedGradientDescent | lso.Adam] = {
    "algorithm3": lso.NormalizedGradientDescent(desired_change=-0.02),
    "adam": lso.Adam(learning_rate=1e-3),
}
BATCHES, QUICK_BATCHES = (32, 128, 1024), (32, 1024)
CHECKED = 4  # steps that are compared


@dataclass(frozen=True)
class Lengths:
    """Of one call. The score at the end of ours is a third of an epoch: 40 of them bury it."""

    batches: int
    epochs: int = 40  # of ours
    steps: int = 80  # of the others

    def quick(self) -> Lengths:
        """A quarter."""
        return replace(self, epochs=max(2, self.epochs // 4), steps=max(2, self.steps // 4))


def autoencoder(context: Context) -> Iterator[Row]:
    """W4."""
    for name, optimizer in OPTIMIZERS.items():
        for batch in QUICK_BATCHES if context.quick else BATCHES:
            problem = random_training(AUTOENCODER, batch, optimizer, 2)
            title = f"training at batch {batch:,}, {name}"
            yield _row(context, f"W4/{name}/{batch}", title, problem, Lengths(2))


def online(context: Context) -> Iterator[Row]:
    """W5."""
    for name, optimizer in OPTIMIZERS.items():
        problem = random_training(AUTOENCODER, 1, optimizer, 64)
        lengths = Lengths(64, steps=320)
        yield _row(context, f"W5/{name}", f"training online, {name}", problem, lengths)


def wide(context: Context) -> Iterator[Row]:
    """W6."""
    problem = random_training(WIDE, 256, OPTIMIZERS["algorithm3"], 1)
    lengths = Lengths(1, epochs=34, steps=5)
    yield _row(context, "W6", "784-2048-2048-10, batch 256", problem, lengths)


def _row(context: Context, name: str, title: str, problem: Training, lengths: Lengths) -> Row:
    lengths = lengths.quick() if context.quick else lengths
    trainers: dict[str, Trainer] = {}
    for peer in context.peers:
        trainers = gather(trainers, peer.trainers(problem))
    loaded = {side: each.load(problem.x, problem.y) for side, each in trainers.items()}
    deviations = check_steps(context, problem, trainers, loaded)
    tasks = {OURS: _ours(context, problem, lengths)}
    for side, trainer in trainers.items():
        tasks[side] = Task(_steps(trainer, loaded[side], lengths.steps), lengths.steps)
    rounds = context.rounds
    if problem.network.sizes == WIDE:  # one call is long enough
        rounds = replace(rounds, rounds=2 if context.quick else 5)
    notes = ["no bias at the input layer"]
    if context.quick:
        notes.append("the score at the end of a short run is some 3% of ours")
    times = alternate(tasks, rounds)
    return Row(name, title, "step", times, problem.flop, deviations=deviations, notes=notes)


def _ours(context: Context, problem: Training, lengths: Lengths) -> Task:
    return Task(
        lambda: context.ours.train(problem, lengths.epochs, shuffle=False),
        lengths.batches * lengths.epochs,
    )


def _steps(trainer: Trainer, data: Any, count: int) -> Callable[[], None]:
    def run() -> None:
        trainer.reset()
        trainer.steps(data, count)

    return run


def check_steps(
    context: Context, problem: Training, trainers: dict[str, Trainer], loaded: dict[str, Any]
) -> dict[str, float]:
    """What the parameters deviate after some steps, the minibatches in their order."""
    batches = len(problem.x) // problem.batch
    # Ours goes by epochs: no more than CHECKED steps of the first rows, else some epochs.
    seen = min(batches, CHECKED)
    part = replace(
        problem, x=problem.x[: seen * problem.batch], y=problem.y[: seen * problem.batch]
    )
    epochs = CHECKED // seen
    result = context.ours.train(part, epochs, shuffle=False)
    found = {OURS: np.asarray(_parameters(result.model))}
    for side, trainer in trainers.items():
        _steps(trainer, loaded[side], CHECKED)()
        found[side] = trainer.parameters()
    expected = reference.train(part, epochs)
    return check(found, dict.fromkeys(found, expected), problem.network.parameters)


def _parameters(model: lso.Model) -> Any:
    return model.parts[0].parameters

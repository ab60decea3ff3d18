"""How estimators train: one interface for the engine's own loop and for models whose networks train each other."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from lso_native._typing import Array, Float64Array
from lso_native.models.dataset import Dataset
from lso_native.network import Network
from lso_native.random import permutation, subseed
from lso_native.training import TrainProgress, TrainResult, train

Callback = Callable[[TrainProgress], bool | None]
History = dict[str, Float64Array]

STATUSES = (
    *("max_epochs", "reached_mse", "early_stopped", "stationary", "diverged", "interrupted"),
    *("stopped", "collapsed"),
)
ADVICE = {
    "diverged": "a loss or a derivative was not finite; the networks are as they were before it. "
    "Lower the learning rate",
    "collapsed": "the generator returns nearly the same sample for any noise. Raise "
    "gradient_penalty, or lower the learning rate; train longer if history_ still moves",
}
"""What to do about a status that says that something is wrong."""


@dataclass(frozen=True)
class Schedule:
    """How long to train, and who watches."""

    epochs: int
    batch_size: int
    patience: int | None
    seed: int
    before: int
    """Epochs of earlier calls that this one goes on from."""
    callback: Callback | None

    def tell(self, epoch: int, scores: dict[str, float]) -> bool:
        """Tell the callback of the end of ``epoch`` of this call: whether it asks to stop."""
        total = self.before + self.epochs
        progress = TrainProgress(self.before + epoch, total, scores)
        return bool(self.callback and self.callback(progress))


@dataclass(frozen=True)
class Outcome:
    """How training ended."""

    status: str
    epochs: int
    history: History
    interrupt: KeyboardInterrupt | None = None
    """To be raised once what was learned is kept."""


class Training(ABC):
    """Networks under training."""

    @abstractmethod
    def run(self, data: Dataset, held_out: Dataset | None, schedule: Schedule) -> Outcome:
        """Train on ``data`` until ``schedule`` or something else ends it; Ctrl-C is an outcome, an error goes up."""


@dataclass
class SingleTraining(Training):
    """One network, trained by the engine to turn each sample into its target."""

    network: Network
    targets: Callable[[Dataset], Array]
    """(n_samples, n_outputs)"""
    options: dict[str, Any]
    """Of ``lso.train``, as the estimator is set."""

    def run(self, data: Dataset, held_out: Dataset | None, schedule: Schedule) -> Outcome:
        """``lso.train`` does all of it."""
        interrupt = None
        try:
            result = train(
                self.network,
                data.x,
                self.targets(data),
                sample_weight=data.weight,
                validation=None
                if held_out is None
                else (held_out.x, self.targets(held_out), held_out.weight),
                batch_size=schedule.batch_size,
                epochs=schedule.epochs,
                patience=schedule.patience,
                random_state=subseed(schedule.seed, "order", schedule.before)
                if schedule.before
                else schedule.seed,
                callback=None
                if schedule.callback is None
                else lambda progress: schedule.tell(progress.epoch, progress.scores),
                **self.options,
            )
        except KeyboardInterrupt as stop:
            if not isinstance(partial := getattr(stop, "result", None), TrainResult):
                raise
            result, interrupt = partial, stop
        assert isinstance(result.model, Network)
        self.network = result.model
        history = dict(result.history)
        history["epoch"] = history["epoch"] + schedule.before
        return Outcome(result.status, result.epochs, history, interrupt)


@dataclass(slots=True, eq=False)
class Batch:
    """A minibatch: samples, what is known of them, and noise."""

    x: Array
    noise: Array
    labels: Array | None = None
    """(n,) class numbers"""
    weight: Array | None = None
    """(n, 1) of mean 1 over the minibatch"""

    def __len__(self) -> int:
        return len(self.x)

    def take(self, rows: Array) -> Batch:
        """The samples ``rows`` of it."""
        x, noise, labels, weight = (
            None if part is None else part[rows]
            for part in (self.x, self.noise, self.labels, self.weight)
        )
        assert x is not None
        assert noise is not None
        return Batch(x, noise, labels, None if weight is None else weight / weight.mean())

    def weighted(self, rows: Array) -> Array:
        """``rows`` (n, k) times the weights: their mean is then the weighted one."""
        return rows if self.weight is None else rows * self.weight

    def mean(self, rows: Array) -> float:
        """Of all numbers of ``rows`` (n, k), by the weights, in float64."""
        return float(np.add.reduce(self.weighted(rows), axis=None, dtype=np.float64)) / rows.size


@dataclass
class MinibatchTraining(Training):
    """Several networks, trained by the steps of a subclass."""

    names: ClassVar[tuple[str, ...]]
    """Of the scores of a step."""
    learned: tuple[Network, ...] = field(default=(), init=False)
    """What ``networks`` were at the end or, where samples are held out, after the epoch that did best by them."""

    @abstractmethod
    def draw(self, n: int, seed: int) -> Array:
        """Noise for ``n`` samples, one row each."""

    @abstractmethod
    def step(self, batch: Batch) -> tuple[float, ...] | None:
        """Learn from a minibatch: its scores by ``names``, or None where one is not finite."""

    @abstractmethod
    def networks(self) -> tuple[Network, ...]:
        """The networks as they are now."""

    @abstractmethod
    def validation_loss(self, batch: Batch) -> float:
        """What ``networks`` now make of held-out samples: the less the better."""

    def run(self, data: Dataset, held_out: Dataset | None, schedule: Schedule) -> Outcome:
        """Epochs of minibatches, each sample once, in another order each time."""
        rows: list[tuple[float, ...]] = []
        interrupt = None
        watch = Watch(self, held_out, schedule)
        try:
            status = self._epochs(data, watch, schedule, rows)
        except KeyboardInterrupt as stop:
            status, interrupt = "interrupted", stop
        self.learned = watch.best or self.networks()
        if not _all_finite(self.learned):  # a step whose derivatives were finite was too large
            self.learned = watch.last
        names = ("epoch", *self.names, *watch.names)
        columns = np.array(rows, dtype=np.float64).reshape(-1, len(names)).T
        return Outcome(status, len(rows), dict(zip(names, columns, strict=True)), interrupt)

    def _epochs(
        self, data: Dataset, watch: Watch, schedule: Schedule, rows: list[tuple[float, ...]]
    ) -> str:
        for epoch in range(1, schedule.epochs + 1):
            with np.errstate(over="ignore", invalid="ignore"):  # told by what comes out
                scores = self._epoch(data, schedule, schedule.before + epoch)
                if scores is None:
                    return "diverged"
                scores += watch.scores()
            rows.append((schedule.before + epoch, *scores))
            names = (*self.names, *watch.names)
            if schedule.tell(epoch, dict(zip(names, scores, strict=True))):
                return "stopped"
            if watch.is_over:
                return "early_stopped"
        return "max_epochs"

    def _epoch(self, data: Dataset, schedule: Schedule, number: int) -> tuple[float, ...] | None:
        order = permutation(len(data), random_state=subseed(schedule.seed, "order", number))
        noise = self.draw(len(data), subseed(schedule.seed, "noise", number))
        scores, weights = [], []
        for begin in range(0, len(data), schedule.batch_size):
            chosen = order[begin : begin + schedule.batch_size]
            score = self.step(batch_of(data, chosen, noise))
            if score is None:
                return None
            scores.append(score)
            weights.append(1.0 if data.weight is None else data.weight[chosen].sum())
        if data.weight is None:  # a last, smaller minibatch counts as much as the others
            return tuple(np.mean(scores, axis=0))
        return tuple(np.average(scores, axis=0, weights=weights))


def joined(before: History | None, now: History) -> History:
    """One history of two calls, NaN where one of them has no such score."""
    if before is None:
        return now
    then = max(map(len, before.values()), default=0)
    since = len(now["epoch"])
    before = {"epoch": np.arange(1.0, then + 1), **before}  # which files of version 0.1 do not have
    return {
        name: np.concatenate(
            [before.get(name, np.full(then, np.nan)), now.get(name, np.full(since, np.nan))]
        )
        for name in {**before, **now}
    }


def batch_of(data: Dataset, rows: Sequence[int] | Array, noise: Array) -> Batch:
    """The samples ``rows`` of ``data`` and their ``noise``, (n_samples, ...)."""
    x, labels, weight = data.x.take(rows, axis=0), None, None
    if data.y is not None:
        labels = data.y[rows]
    if data.weight is not None:
        given = data.weight[rows]
        weight = (given / given.mean()).astype(x.dtype)[:, None]
    return Batch(x, noise.take(rows, axis=0), labels, weight)


class Watch:
    """Held-out samples, and the networks that did best by them."""

    def __init__(
        self, training: MinibatchTraining, held_out: Dataset | None, schedule: Schedule
    ) -> None:
        self.best: tuple[Network, ...] = ()
        self.last = training.networks()
        """Those of the last epoch whose parameters were finite."""
        self.names = () if held_out is None else ("validation_loss",)
        self._training = training
        self._patience = schedule.patience
        self._lowest = np.inf
        self._since = 0
        self._batch: Batch | None = None
        if held_out is not None:
            # The same noise each time, so that epochs differ by their networks alone.
            noise = training.draw(len(held_out), subseed(schedule.seed, "validation"))
            self._batch = batch_of(held_out, np.arange(len(held_out)), noise)

    def scores(self) -> tuple[float, ...]:
        """The validation loss after an epoch; nothing where no samples are held out."""
        networks = self._training.networks()
        if _all_finite(networks):
            self.last = networks
        if self._batch is None:
            return ()
        loss = self._training.validation_loss(self._batch)
        self._since += 1
        if loss < self._lowest:
            self.best, self._lowest, self._since = networks, loss, 0
        return (loss,)

    @property
    def is_over(self) -> bool:
        """Whether the loss has not fallen for as many epochs as patience allows."""
        return self._patience is not None and self._since >= self._patience


def _all_finite(networks: tuple[Network, ...]) -> bool:
    return all(bool(np.isfinite(network.parameters).all()) for network in networks)

"""What generative estimators share: minibatches, progress, and how training may end."""

from __future__ import annotations

import hashlib
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from lso_native._checks import check_choice, check_int, check_samples, check_threads, resolve_seed
from lso_native.learner import Learner
from lso_native.models.base import Estimator
from lso_native.network import ActivationName, Network
from lso_native.optimizers import Adam
from lso_native.random import permutation

Array = npt.NDArray[Any]
_ACTIVATIONS = ("linear", "sigmoid", "tanh", "relu", "leaky_relu", "softplus")


class GenerativeProgress(NamedTuple):
    """What an epoch ended with."""

    epoch: int
    epochs: int
    scores: dict[str, float]
    """Means over the epoch's minibatches, by the names of ``history_``."""


Callback = Callable[[GenerativeProgress], bool | None]


class Training(Protocol):
    """The networks under training."""

    names: tuple[str, ...]

    def draw(self, n: int, seed: int) -> Array:
        """Noise for ``n`` samples."""

    def step(self, x: Array, labels: Any, noise: Array) -> tuple[float, ...] | None:
        """One minibatch: its scores by ``names``, or None where one is not finite."""

    def check(self) -> str | None:
        """What is wrong with the model that was learned, if anything: a status."""


ADVICE = {
    "diverged": "a loss or a derivative was not finite; the networks are as they were before it. "
    "Lower the learning rate",
    "collapsed": "the generator returns nearly the same sample for any noise. Raise "
    "gradient_penalty, or lower the learning rate; train longer if history_ still moves",
}


class GenerativeEstimator(Estimator, ABC):
    """An estimator that is trained by a loop of its own."""

    _estimator_type = "transformer"

    hidden: Sequence[int]
    activation: ActivationName
    optimizer: Adam
    batch_size: int
    epochs: int
    average: float
    threads: int | None
    random_state: int | None

    decoder_: Network
    n_features_in_: int

    def _restore(self) -> None:
        super()._restore()
        self.n_features_in_ = self.decoder_.n_outputs
        parts = [value for value in vars(self).values() if isinstance(value, Network)]
        if len({part.dtype for part in parts}) > 1 or not self._fits():
            sizes = [part.sizes for part in parts]
            raise ValueError(f"expected the networks of a {type(self).__name__}, got {sizes}")

    @abstractmethod
    def _fits(self) -> bool:
        """Whether the networks fit each other."""

    def _check_samples(self, X: npt.ArrayLike) -> Array:
        self._check_fitted()
        return check_samples("X", X, dtype=self.decoder_.dtype, n_features=self.n_features_in_)

    def _check_fit(self, X: npt.ArrayLike) -> tuple[Array, int]:
        """The samples to train on, and the seed."""
        check_choice("activation", self.activation, _ACTIVATIONS)
        check_int("batch_size", self.batch_size)
        check_int("epochs", self.epochs)
        check_threads(self.threads)
        samples = check_samples("X", X, dtype=self._check_dtype(), n_features=None)
        if samples.min() < 0 or samples.max() > 1:
            raise ValueError(
                f"X: expected values in 0..1, got {samples.min():g}..{samples.max():g}"
            )
        return samples, resolve_seed(self.random_state)

    def _network(self, sizes: Sequence[int], output: ActivationName, seed: int) -> Network:
        activations = [*(self.activation for _ in sizes[2:]), output]
        dtype = np.dtype(self.dtype).name
        return Network(
            sizes, activation=activations, bias="standard", dtype=dtype, random_state=seed
        )

    def _learner(self, network: Network, optimizer: Adam | None = None) -> Learner:
        return Learner(
            network,
            optimizer=self.optimizer if optimizer is None else optimizer,
            average=self.average,
            threads=self.threads,
        )

    def _train(
        self,
        run: Training,
        samples: Array,
        seed: int,
        callback: Callback | None,
        labels: Array | None = None,
    ) -> None:
        """Train until the epochs are over or something ends it, and learn what there is by then."""
        rows: list[tuple[float, ...]] = []
        status = "interrupted"
        try:
            status = self._epochs(run, samples, labels, seed, callback, rows)
        finally:
            columns = np.array(rows, dtype=np.float64).reshape(-1, len(run.names)).T
            self.history_ = dict(zip(run.names, columns, strict=True))
            self.n_epochs_ = len(rows)
            self._take(run, samples)
            if status == "max_epochs":
                status = run.check() or status
            self.status_ = status
        if status in ADVICE:
            warnings.warn(
                f"{type(self).__name__} {status} after {len(rows)} epochs: {ADVICE[status]}",
                RuntimeWarning,
                stacklevel=3,
            )

    def _epochs(
        self,
        run: Training,
        samples: Array,
        labels: Array | None,
        seed: int,
        callback: Callback | None,
        rows: list[tuple[float, ...]],
    ) -> str:
        for epoch in range(1, self.epochs + 1):
            order = permutation(len(samples), random_state=subseed(seed, "order", epoch))
            noise = run.draw(len(samples), subseed(seed, "noise", epoch))
            scores = []
            for begin in range(0, len(samples), self.batch_size):
                chosen = order[begin : begin + self.batch_size]
                given = None if labels is None else labels[chosen]
                score = run.step(samples[chosen], given, noise[chosen])
                if score is None:
                    return "diverged"
                scores.append(score)
            rows.append(tuple(np.mean(scores, axis=0)))
            named = dict(zip(run.names, rows[-1], strict=True))
            if callback and callback(GenerativeProgress(epoch, self.epochs, named)):
                return "stopped"
        return "max_epochs"

    @abstractmethod
    def _take(self, run: Any, samples: Array) -> None:
        """Learn the networks of ``run``."""


def subseed(seed: int, *keys: str | int) -> int:
    """A seed of its own for each use that ``keys`` name."""
    digest = hashlib.blake2b(repr((seed, *keys)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")

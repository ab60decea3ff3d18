"""Rounds of retraining, searching and asking."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lso_native._typing import Array, Float64Array, FloatArray
from lso_native.errors import ArgumentError, BadArgument, interrupted
from lso_native.generate.starts import decoder_of
from lso_native.models.black_box import BlackBox
from lso_native.random import subseed
from lso_native.retraining.result import RetrainingProgress, RetrainingResult
from lso_native.retraining.search import Known, Search
from lso_native.retraining.weights import drawn, rank_weights

_SETTINGS = ("warm_start", "epochs", "random_state")


@dataclass(frozen=True)
class Schedule:
    """How often what happens; ``weighted_retraining`` says what each is."""

    queries: int = 500
    every: int = 50
    k: float = 1e-3
    epochs: float = 1.0
    first: float = 1.0
    seed: int = 0


class Loop:
    """What is known, and the rounds that add to it."""

    def __init__(
        self,
        decoder: Any,
        objective: BlackBox,
        schedule: Schedule,
        search: Search,
        finish: Callable[[FloatArray], FloatArray] | None,
        threads: int | None,
        callback: Callable[[RetrainingProgress], object] | None,
    ) -> None:
        self.decoder, self.search = copy.deepcopy(decoder), copy.deepcopy(search)
        self.objective, self.schedule, self.finish = objective, schedule, finish
        self.threads, self.callback = threads, callback
        self.asked = _Asked()
        self.answers = False
        """Whether the objective has answered anything."""

    def run(self, X: FloatArray, y: Float64Array | None) -> RetrainingResult:
        """Rounds until all queries are spent, or nothing new is found."""
        self.X, self.y = X, np.full(len(X), np.nan) if y is None else y
        try:
            self._begin(y)
            number = 0
            while len(self.asked) < self.schedule.queries:
                number += 1
                if not self._round(number):
                    break
                if self.callback is not None:
                    told = (len(self.asked), self.schedule.queries, self.asked.best, number)
                    self.callback(RetrainingProgress(*told))
        except (Exception, KeyboardInterrupt) as stop:
            result = self._result(interrupted=True) if len(self.asked) else None
            if isinstance(stop, KeyboardInterrupt):
                spent = f"{len(self.asked)} of {self.schedule.queries} queries"
                raise interrupted(
                    f"weighted_retraining: interrupted after {spent}", result
                ) from stop
            stop.result = result  # type: ignore[attr-defined]
            raise
        return self._result(interrupted=False)

    def _begin(self, y: Float64Array | None) -> None:
        """A fitted decoder, and samples with their values."""
        settings = self.decoder.get_params()
        if missing := [name for name in _SETTINGS if name not in settings]:
            got = f"a {type(self.decoder).__name__} without"
            raise ArgumentError("decoder", f"an estimator with the setting {missing[0]}", got)
        if y is None:
            said = self._numbers(self.X)
            answered = ~np.isnan(said)
            if not answered.any():
                raise ArgumentError("objective", "numbers of some of X at least", "none")
            self.X, self.y = self.X[answered], said[answered]
        if not hasattr(self.decoder, "decoder_"):
            self.decoder.fit(self.X)
        network = decoder_of(self.decoder)
        if network.n_outputs != self.X.shape[1]:
            expected = f"samples of the decoder's {network.n_outputs} features"
            raise ArgumentError("X", expected, f"shape {self.X.shape}")
        self.before = float(self.y.max())
        self.seen = {_mark(sample) for sample in self.X}

    def _round(self, number: int) -> bool:
        """One round; whether it found anything new."""
        schedule, seed = self.schedule, subseed(self.schedule.seed, "round", number)
        self._retrain(schedule.first if number == 1 else schedule.epochs, seed)
        n = min(schedule.every, schedule.queries - len(self.asked))
        known = self._known(subseed(seed, "search"))
        latents = np.asarray(self.search.latents(known, n), dtype=known.network.dtype)
        latents, samples = self._new(known, latents, n)
        if not len(samples):
            return False
        values = self._ask(samples)
        self.asked.add(latents, samples, values, number)
        answered = ~np.isnan(values)
        self.X = np.concatenate([self.X, samples[answered]])
        self.y = np.concatenate([self.y, values[answered]])
        return True

    def _retrain(self, epochs: float, seed: int) -> None:
        """So many epochs of draws by weight.

        Drawn, and not weighed as ``sample_weight`` does it: a sample that counts for hundreds would come up once an
        epoch, in a minibatch that it has for itself.
        """
        settings = {name: self.decoder.get_params()[name] for name in _SETTINGS}
        weights = rank_weights(self.y, self.schedule.k)
        passes = int(np.ceil(epochs))
        try:
            for number in range(passes):
                drawing = subseed(seed, "draw", number)
                rows = drawn(weights, max(1, round(len(self.y) * epochs / passes)), drawing)
                self.decoder.set_params(warm_start=True, epochs=1, random_state=drawing)
                self.decoder.fit(self.X[rows])
        finally:
            self.decoder.set_params(**settings)

    def _known(self, seed: int) -> Known:
        return Known(
            decoder=self.decoder,
            finish=self.finish,
            samples=self.X,
            values=self.y,
            weights=rank_weights(self.y, self.schedule.k),
            objective=self.objective,
            seed=seed,
            threads=self.threads,
        )

    def _new(self, known: Known, latents: FloatArray, n: int) -> tuple[FloatArray, FloatArray]:
        """The first ``n`` latents and samples that nothing is known of yet."""
        if not len(latents):
            return latents, self.X[:0]
        samples = known.decode(latents)
        rows: list[int] = []
        for row in np.flatnonzero(np.isfinite(samples).all(axis=1)).tolist():
            if len(rows) == n:
                break
            if (mark := _mark(samples[row])) not in self.seen:
                self.seen.add(mark)
                rows.append(row)
        return latents[rows], samples[rows]

    def _ask(self, samples: FloatArray) -> Float64Array:
        """What the objective says of ``samples``; where it fails on all of them, but did not before, nothing."""
        try:
            return self._numbers(samples)
        except BadArgument:
            raise
        except Exception:
            if not self.answers:
                raise
            return np.full(len(samples), np.nan)

    def _numbers(self, samples: FloatArray) -> Float64Array:
        said = self.objective.predict(samples.copy())
        if said.shape[1] != 1:
            expected = "one number a sample"
            raise ArgumentError("objective", expected, f"{said.shape[1]} of each")
        self.answers |= not np.isnan(said).all()
        return said[:, 0]

    def _result(self, *, interrupted: bool) -> RetrainingResult:
        samples, values, latents, rounds = self.asked.arrays(self.X, self.decoder)
        return RetrainingResult(
            samples=samples,
            values=values,
            latents=latents,
            rounds=rounds,
            before=self.before,
            decoder=self.decoder,
            search=self.search,
            X=self.X,
            y=self.y,
            weights=rank_weights(self.y, self.schedule.k),
            asked_for=self.schedule.queries,
            interrupted=interrupted,
        )


class _Asked:
    """The samples that were asked about, a block a round."""

    def __init__(self) -> None:
        self._rounds: list[tuple[FloatArray, Float64Array, FloatArray, Array]] = []
        self._n = 0
        self.best = float("nan")

    def __len__(self) -> int:
        return self._n

    def add(
        self, latents: FloatArray, samples: FloatArray, values: Float64Array, number: int
    ) -> None:
        """What came of a round."""
        self._rounds.append((samples, values, latents, np.full(len(values), number, np.int64)))
        self._n += len(values)
        self.best = float(np.fmax.reduce([self.best, *values]))

    def arrays(self, X: FloatArray, decoder: Any) -> tuple[Array, Array, Array, Array]:
        """All of them: samples, values, latents, rounds."""
        if not self._rounds:
            nothing = np.zeros((0, decoder.decoder_.n_inputs), X.dtype)
            return X[:0], np.zeros(0), nothing, np.zeros(0, np.int64)
        samples, values, latents, rounds = map(np.concatenate, zip(*self._rounds, strict=True))
        return samples, values, latents, rounds


def _mark(sample: FloatArray) -> bytes:
    """What tells a sample from others, in few bytes; 0 and -0 alike."""
    return hashlib.blake2b((sample + 0.0).tobytes(), digest_size=16).digest()

"""W7: 1,000 digits asked of trained models, until each is found or given up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import lso_native as lso
import numpy as np
from lso_native import data
from lso_native._typing import BoolArray, Float32Array
from lso_native.data import Digits

from benchmarks import reference
from benchmarks.measure import Rounds, Task, alternate
from benchmarks.peers.base import OURS
from benchmarks.problems import Answer, Branch, Descent
from benchmarks.rows import TOLERANCE, Context, Mismatch, Row, gather, tell

STARTS = 1000
SHARE_TOLERANCE = 0.02  # between sides that do the same: rounding turns single starts
EPOCHS, QUICK_EPOCHS = 30, 10


def digits(data_dir: str | None) -> Digits:
    """Those embedded, or MNIST from a folder of IDX files."""
    return data.load() if data_dir is None else data.load("mnist", data_dir=data_dir)


def thousand(context: Context) -> Iterator[Row]:
    """Algorithm 3 on every side; what our other optimizers take is a note."""
    problem = Answer(_descent(context))
    solvers = context.ours.answers(problem)
    for peer in context.peers:
        solvers = gather(solvers, peer.answers(problem))
    shares = {side: _share(side, problem, solve()) for side, solve in solvers.items()}
    _check_shares(shares)
    tell("  share that succeeds: " + ", ".join(f"{s} {v:.1%}" for s, v in shares.items()))
    rounds = Rounds(rounds=1 if context.quick else 5, least_seconds=0.0)
    times = alternate({side: Task(solve) for side, solve in solvers.items()}, rounds)
    facts = {"success_share": shares, "starts": STARTS}
    yield Row("W7", f"{STARTS:,} digits", "run", times, ours=f"{OURS} algorithm3", facts=facts)


def _descent(context: Context) -> Descent:
    tell("  training the models")
    train = digits(context.data_dir).train
    images, labels = train.images[:10_000], train.labels[:10_000]
    shape: dict[str, Any] = {"hidden": (100,), "epochs": QUICK_EPOCHS if context.quick else EPOCHS}
    autoencoder = lso.Autoencoder(20, random_state=1, **shape).fit(images)
    classifier = lso.Classifier(random_state=2, **shape).fit(images, labels)
    starts = np.asarray(lso.uniform((STARTS, 20), random_state=3), np.float32)
    asked = lso.one_hot(np.repeat(np.arange(10), STARTS // 10), 10)
    return Descent(autoencoder.decoder_, (Branch(classifier.network_, asked),), starts, change=-1.0)


def _share(side: str, problem: Answer, latents: Float32Array) -> float:
    """How many starts met the target. Raises Mismatch where one that says so did not, by the reference."""
    claimed: BoolArray = ~np.isnan(latents[:, 0])
    errors, _ = reference.differentiate(problem.descent, np.where(claimed[:, None], latents, 0.0))
    worst = errors[claimed].max(initial=0.0) / problem.descent.branches[0].low.shape[1]
    if worst > problem.mse * (1 + TOLERANCE):
        raise Mismatch(f"{side}: expected an MSE of at most {problem.mse:g}, got {worst:.4g}")
    return float(claimed.mean())


def _check_shares(shares: dict[str, float]) -> None:
    """Raises Mismatch where sides that follow Algorithm 3 differ; another optimizer finds what it finds."""
    expected = shares[f"{OURS} algorithm3"]
    for side, share in shares.items():
        if not side.startswith(OURS) and abs(share - expected) > SHARE_TOLERANCE:
            raise Mismatch(f"{side}: expected a share of {expected:.3f}, got {share:.3f}")

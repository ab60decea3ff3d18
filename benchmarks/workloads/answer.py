"""W7: 1,000 digits asked of trained models, until each is found or given up."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Any

import lso_native as lso
import numpy as np
from lso_native import data
from lso_native.data import Digits

from benchmarks.measure import Rounds, Task, alternate
from benchmarks.peers.base import OURS
from benchmarks.problems import Answer, Descent
from benchmarks.rows import Context, Mismatch, Row, gather, tell

STARTS = 1000
SHARE_TOLERANCE = 0.02  # between sides that do the same: rounding turns single starts
EPOCHS, QUICK_EPOCHS = 30, 10


def digits(data_dir: str | None) -> Digits:
    """Those embedded, or MNIST from a folder of IDX files."""
    return data.load() if data_dir is None else data.load("mnist", data_dir=data_dir)


def thousand(context: Context) -> Iterator[Row]:
    """Two rows of one measurement: our best optimizer and Algorithm 3, each against all peers."""
    problem = Answer(_descent(context))
    solvers = context.ours.answers(problem)
    for peer in context.peers:
        solvers = gather(solvers, peer.answers(problem))
    shares = {side: float(np.mean(solve())) for side, solve in solvers.items()}
    _check_shares(shares)
    tell("  share that succeeds: " + ", ".join(f"{s} {v:.1%}" for s, v in shares.items()))
    rounds = Rounds(rounds=1 if context.quick else 5, least_seconds=0.0)
    times = alternate({side: Task(solve) for side, solve in solvers.items()}, rounds)
    mine = {side: statistics.median(t) for side, t in times.items() if side.startswith(OURS)}
    plain = f"{OURS} algorithm3"
    facts = {"success_share": shares, "starts": STARTS}
    for name, ours in (
        ("W7/best", min(mine, key=lambda side: mine[side])),
        ("W7/algorithm3", plain),
    ):
        title = f"{STARTS:,} digits, {ours.removeprefix(OURS).strip()}"
        yield Row(name, title, "run", times, ours=ours, facts=facts)


def _descent(context: Context) -> Descent:
    tell("  training the models")
    train = digits(context.data_dir).train
    images, labels = train.images[:10_000], train.labels[:10_000]
    shape: dict[str, Any] = {"hidden": (100,), "epochs": QUICK_EPOCHS if context.quick else EPOCHS}
    autoencoder = lso.Autoencoder(20, random_state=1, **shape).fit(images)
    classifier = lso.Classifier(random_state=2, **shape).fit(images, labels)
    starts = np.asarray(lso.uniform((STARTS, 20), random_state=3), np.float32)
    asked = lso.one_hot(np.repeat(np.arange(10), STARTS // 10), 10)
    return Descent(autoencoder.decoder_ >> classifier.network_, starts, asked, change=-1.0)


def _check_shares(shares: dict[str, float]) -> None:
    """Raises Mismatch where sides that follow Algorithm 3 differ; another optimizer finds what it finds."""
    expected = shares[f"{OURS} algorithm3"]
    for side, share in shares.items():
        if not side.startswith(OURS) and abs(share - expected) > SHARE_TOLERANCE:
            raise Mismatch(f"{side}: expected a share of {expected:.3f}, got {share:.3f}")

"""Optimization over executors: the same bits however it is cut."""

from __future__ import annotations

import dataclasses
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import asking
import distributed
import joblib
import lso_native as lso
import numpy as np
import pytest
import remote_tasks
from checks import assert_refused, assert_same_bits
from interrupting import interrupt
from lso_native import cut
from lso_native.distributed import open_executor

DECODER = lso.Network([3, 8, 12], random_state=0)
CLASSIFIER = lso.Network([12, 6, 3], random_state=1)
REGRESSOR = lso.Network([12, 5, 2], random_state=2)
N = 203
STARTS = lso.normal((N, 3), random_state=3)
STEPS = 40


def uniform(width: int, seed: int) -> Any:
    return lso.uniform((N, width), random_state=seed)


def problem() -> lso.Problem:
    """Every kind of term that may have a row a sample, beside some that have none."""
    goal = DECODER(uniform(3, 4))
    numbers = REGRESSOR(goal)
    near = lso.SquaredError(CLASSIFIER(goal), uniform(3, 6) + 0.1, mse=1e-3)
    return lso.Problem(
        DECODER,
        lso.Branch(near, head=CLASSIFIER),
        lso.Branch(2.0 * lso.Interval(numbers - 0.02, numbers + 0.02), head=REGRESSOR),
        lso.Branch(lso.prefer(lso.BinaryCrossEntropy(uniform(12, 7), loss=9.0), 0.001)),
        latent=[lso.prefer(lso.Ball(2.0, uniform(3, 8)), 0.01), lso.Ball(6.0)],
    )


def assert_same(ours: lso.OptimizeResult, wanted: lso.OptimizeResult) -> None:
    """To the bit, whatever the fields."""
    for field in dataclasses.fields(wanted):
        mine, theirs = getattr(ours, field.name), getattr(wanted, field.name)
        if isinstance(theirs, np.ndarray):
            assert_same_bits(mine, theirs)
        elif field.name in ("branches", "trajectory", "trajectory_loss") and theirs is not None:
            for one, other in zip(mine, theirs, strict=True):
                assert_same_bits(one, other)
    for term, other in zip(ours.terms, wanted.terms, strict=True):
        for name in ("met", "loss", "mse"):
            assert_same_bits(getattr(term, name), getattr(other, name))


@pytest.mark.parametrize("size", [1, 7, N - 1, N, 10 * N])
def test_the_same_bits_however_it_is_cut(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cut, "_LEAST", size)
    monkeypatch.setattr(cut, "_MOST", size)
    options: dict[str, Any] = {"starts": STARTS, "max_iterations": STEPS, "trajectory": True}
    wanted = lso.optimize(problem(), **options)
    assert 0 < wanted.success.sum() < N
    with ThreadPoolExecutor(2) as executor:
        for threads in (None, 2):
            assert_same(
                lso.optimize(problem(), **options, executor=executor, threads=threads), wanted
            )


def test_optimizers_bounds_and_double_precision_go_along() -> None:
    model = (DECODER >> CLASSIFIER).astype("float64")
    optimizers = (lso.LevenbergMarquardt(), lso.NormalizedGradientDescent(-0.2))
    with ThreadPoolExecutor(2) as executor:
        for optimizer in optimizers:
            options: dict[str, Any] = {
                "starts": STARTS,
                "max_iterations": STEPS,
                "optimizer": optimizer,
                "bounds": (-1.5, [1, 1.5, np.inf]),
            }
            wanted = lso.optimize(model, [0.6, 0.4, 0.5], **options)
            ours = lso.optimize(model, [0.6, 0.4, 0.5], **options, executor=executor)
            assert_same(ours, wanted)


def test_every_kind_of_executor_gives_the_same_bits() -> None:
    wanted = lso.optimize(problem(), starts=STARTS, max_iterations=STEPS)

    def assert_same_over(executor: Any) -> None:
        ours = lso.optimize(problem(), starts=STARTS, max_iterations=STEPS, executor=executor)
        assert_same(ours, wanted)

    with open_executor(workers=2) as workers:
        assert_same_over(workers)
    assert_same_over(joblib.Parallel(n_jobs=2, prefer="threads"))


def test_a_dask_cluster_whose_worker_dies_gives_the_same_bits(tmp_path: Path) -> None:
    wanted = lso.optimize(problem(), starts=STARTS, max_iterations=STEPS)
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as own,  # type: ignore[no-untyped-call]
        distributed.Client(own, set_as_default=False) as client,  # type: ignore[no-untyped-call]
    ):
        died = client.submit(remote_tasks.died_once, str(tmp_path / "died"), 1)
        ours = lso.optimize(problem(), starts=STARTS, max_iterations=STEPS, executor=client)
        assert died.result() == 1
    assert (tmp_path / "died").exists()
    assert_same(ours, wanted)


def test_generate_gives_the_same_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cut, "_LEAST", 7)
    asked = asking.is_class(0) & asking.READ.between(a=(0.0, 0.1))
    options: dict[str, Any] = {"prior": asking.Normal(), "random_state": 0, "best_of": 2}
    wanted = lso.generate(asking.DECODER, asked, 50, **options)
    with ThreadPoolExecutor(2) as executor:
        ours = lso.generate(asking.DECODER, asked, 50, **options, executor=executor)
    assert wanted.success.any()
    for name in ("samples", "success", "latents", "starts", "iterations", "attempts"):
        assert_same_bits(getattr(ours, name), getattr(wanted, name))


def test_progress_is_told_of_each_task() -> None:
    told: list[tuple[int, int]] = []
    with ThreadPoolExecutor(2) as executor:
        lso.optimize(problem(), starts=STARTS, executor=executor, callback=told.append)
    assert told == [*sorted(told[:-1]), (N, N)]
    assert len(told) == -(-N // 64)


def test_misuse_is_told_as_without() -> None:
    with ThreadPoolExecutor(1) as executor:

        def call(starts: Any = STARTS, target: Any = (1, 0, 0), **options: Any) -> None:
            options = {"executor": executor} | options
            lso.optimize(DECODER >> CLASSIFIER, target, starts=starts, **options)

        assert_refused(lambda: call(STARTS[:, :2]), "starts", "(203, 2)")
        assert_refused(lambda: call(target=[[1, 0, 0]] * 3), "target", "(3, 3)")
        assert_refused(lambda: call(executor=2), "executor", "2")
        assert_refused(lambda: call(threads=0), "threads", "0")


def test_a_term_that_cannot_be_sent_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    term = lso.Function(lambda values: (values.sum(axis=1), np.ones_like(values)))
    with ThreadPoolExecutor(1) as executor:
        assert_refused(
            lambda: lso.optimize(DECODER, term, starts=STARTS, executor=executor), "model", "pickle"
        )


def failing(values: Any) -> Any:
    raise LookupError(f"not these {len(values)}")


def test_what_a_function_raises_goes_up() -> None:
    with ThreadPoolExecutor(2) as executor, pytest.raises(LookupError, match="not these"):
        lso.optimize(DECODER, lso.Function(failing), starts=STARTS, executor=executor)


INTERRUPTED = """
import multiprocessing
import time
import lso_native as lso
import numpy as np
from lso_native.distributed import open_executor

def slow(values):
    if (values > 0.5).any() and multiprocessing.parent_process() is not None:
        time.sleep(300)
    return np.square(values).sum(axis=1), 2 * values, (values < 0.5).all(axis=1)

decoder = lso.Network([3, 8, 12], random_state=0)
starts = np.zeros((640, 3))
starts[64:] = 1  # all but those of the first task
problem = lso.Problem(decoder, latent=[lso.Function(slow)])
try:
    with open_executor(workers=2) as workers:
        lso.optimize(problem, starts=starts, executor=workers,
                     callback=lambda state: print("running", flush=True))
except KeyboardInterrupt as stop:
    result = stop.result
    print((result.status == "interrupted").sum(), result.success[:64].all())
    print((result.latents == starts).all(), stop)
"""


def test_ctrl_c_keeps_what_is_there() -> None:
    assert interrupt(INTERRUPTED) == [
        "576 True",
        "True optimize: interrupted with 64 of 640 starts done; "
        "its result has what was reached: sys.last_value.result",
    ]

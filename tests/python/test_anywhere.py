"""A run's files do not depend on where its steps are made."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from lso_native.distributed import open_executor
from lso_native.study.run import run
from small_run import Listener, contents, small_study

ASKED = ("lso-1", "input-optimization", "lso-vae", "lso")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("here")
    run(small_study(), out, systems=ASKED, threads=1)
    return out


def two(kind: str) -> Executor:
    if kind == "threads":
        return ThreadPoolExecutor(2)
    return ProcessPoolExecutor(2, mp_context=get_context("spawn"))


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_over_an_executor_every_file_is_the_same(here: Path, tmp_path: Path, kind: str) -> None:
    listener = Listener()
    with two(kind) as executor:
        run(
            small_study(),
            tmp_path,
            systems=ASKED,
            executor=executor,
            threads=1,
            progress=listener,
        )
    assert contents(tmp_path) == contents(here)
    made = [whole.made for whole in listener.wholes]
    assert made == sorted(made)
    assert made[0] == 0
    assert made[-1] == listener.wholes[-1].steps
    assert any(whole.running for whole in listener.wholes)
    assert 0.99 < listener.wholes[-1].share <= 1


def test_workers_of_a_dask_cluster_may_die(here: Path, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    options = {"n_workers": 4, "threads_per_worker": 1, "dashboard_address": ":0"}
    with (
        distributed.LocalCluster(**options) as cluster,
        open_executor(dask=str(cluster.scheduler_address)) as executor,
        ThreadPoolExecutor(1) as beside,
    ):
        first = next(iter(cluster.workers.values()))
        struck = beside.submit(kill_when_busy, first.pid, tmp_path / "steps")
        run(small_study(), tmp_path, systems=ASKED, executor=executor, threads=1)
        assert struck.result()
    assert contents(tmp_path) == contents(here)


def kill_when_busy(pid: int, steps: Path) -> bool:
    """Kill a process as soon as something has been made."""
    while not list(steps.glob("*/step.json")):
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    return True

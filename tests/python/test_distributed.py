"""Workers: processes here that are replaced where they die, a Dask cluster, joblib."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import distributed
import joblib
import pytest
import remote_tasks
from interrupting import interrupt
from lso_native.distributed import Workers, as_executor, open_executor
from lso_native.distributed.shared import Shared
from lso_native.errors import ArgumentError, ArgumentTypeError

CLUSTER: dict[str, Any] = {"n_workers": 4, "threads_per_worker": 1, "dashboard_address": ":0"}


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a Dask scheduler with four worker processes."""
    with distributed.LocalCluster(**CLUSTER) as opened:  # type: ignore[no-untyped-call]
        yield str(opened.scheduler_address)


@pytest.fixture(scope="module", params=["workers", "dask", "joblib"])
def executor(request: pytest.FixtureRequest) -> Iterator[Workers]:
    """Every kind that has processes."""
    if request.param == "workers":
        with open_executor(workers=2) as workers:
            yield workers
    elif request.param == "dask":
        with open_executor(dask=request.getfixturevalue("cluster")) as workers:
            yield workers
    else:
        workers = as_executor(joblib.Parallel(n_jobs=2))
        yield workers
        workers.shutdown()


@pytest.fixture(scope="module")
def pool() -> Iterator[Workers]:
    with open_executor(workers=2) as workers:
        yield workers


def test_tasks_run_elsewhere_and_come_back(executor: Workers) -> None:
    assert isinstance(executor, Executor)
    futures = [executor.submit(remote_tasks.double, i) for i in range(7)]
    assert [future.result() for future in futures] == [2 * i for i in range(7)]
    assert executor.submit(remote_tasks.double, 3, times=5).result() == 15
    assert list(executor.map(remote_tasks.double, range(5), range(5))) == [0, 1, 4, 9, 16]
    assert executor.submit(os.getpid).result() != os.getpid()


def test_an_error_of_a_task_is_raised_here_and_ends_nothing(executor: Workers) -> None:
    future = executor.submit(remote_tasks.rejected, 3)
    with pytest.raises(ValueError, match=r"^no 3"):
        future.result()
    assert executor.submit(remote_tasks.double, 1).result() == 2


def test_what_is_shared_reaches_every_task(executor: Workers) -> None:
    for values in ([1, 2, 3], [4]):
        shared = Shared.of("values", values)
        futures = [executor.submit_shared(remote_tasks.shared_sum, shared, i) for i in range(5)]
        assert [future.result() for future in futures] == [i * sum(values) for i in range(5)]


def test_a_worker_that_dies_is_replaced_and_no_task_is_lost(
    executor: Workers, tmp_path: Path
) -> None:
    flag = tmp_path / "died"
    futures = [executor.submit(remote_tasks.died_once, str(flag), i) for i in range(12)]
    assert [future.result() for future in futures] == list(range(12))
    assert flag.exists()


def test_what_is_shared_outlives_a_worker_that_had_it(executor: Workers, tmp_path: Path) -> None:
    shared, flag = Shared.of("values", [1, 2]), tmp_path / "died"
    task = executor.submit_shared(remote_tasks.shared_sum_once_died, shared, str(flag))
    assert task.result() == 3
    assert flag.exists()


def test_a_task_that_kills_its_workers_is_told(executor: Workers) -> None:
    with pytest.raises((ChildProcessError, BrokenExecutor), match=r"die\b|terminated"):
        executor.submit(remote_tasks.die).result()
    assert executor.submit(remote_tasks.double, 1).result() == 2


def test_what_is_shared_is_sent_to_a_worker_once(pool: Workers, tmp_path: Path) -> None:
    shared = Shared.of("values", remote_tasks.CountedLoads([1, 2], str(tmp_path)))
    futures = [pool.submit_shared(remote_tasks.shared_sum, shared, i) for i in range(20)]
    assert sum(future.result() for future in futures) == 3 * sum(range(20))
    assert {path.read_text() for path in tmp_path.iterdir()} == {"x"}


def test_numpy_of_a_worker_has_one_thread(pool: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    assert pool.submit(os.getenv, "OPENBLAS_NUM_THREADS").result() in (
        "1",
        os.getenv("OPENBLAS_NUM_THREADS"),
    )
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    monkeypatch.setenv("MKL_NUM_THREADS", "")  # as if it were not set
    with open_executor(workers=1) as own:
        assert own.submit(os.getenv, "MKL_NUM_THREADS").result() == "1"
        assert os.environ["MKL_NUM_THREADS"] == ""
        assert own.submit(os.getenv, "OPENBLAS_NUM_THREADS").result() == "2"
        assert own.submit(os.getenv, "OMP_NUM_THREADS").result() in (
            "1",
            os.getenv("OMP_NUM_THREADS"),
        )


def test_results_and_errors_that_cannot_be_sent_are_told(pool: Workers) -> None:
    with pytest.raises(TypeError, match="pickle"):
        pool.submit(remote_tasks.unsendable).result()
    with pytest.raises(RuntimeError, match=r"Unreadable: not this"):
        pool.submit(remote_tasks.badly_rejected).result()
    with pytest.raises(ArgumentTypeError, match=r"^task: expected something that can be sent"):
        pool.submit(remote_tasks.double, sys.stdout).result()  # type: ignore[arg-type]
    assert pool.submit(remote_tasks.double, 1).result() == 2


def test_the_futures_of_any_executor_can_be_had(pool: Workers) -> None:
    with ThreadPoolExecutor(1) as threads:
        given = as_executor(threads)
        assert given.submit(remote_tasks.double, 4).result() == 8
        shared = Shared.of("values", [1, 2])
        assert given.submit_shared(remote_tasks.shared_sum, shared, 2).result() == 6
        given.stop()  # not ours to end
        assert threads.submit(remote_tasks.double, 4).result() == 8
    assert as_executor(pool) is pool
    for wrong in (2, "tcp://127.0.0.1:8786", None):
        with pytest.raises(ArgumentTypeError, match=r"^executor: expected a concurrent\.futures"):
            as_executor(wrong)


def test_a_client_of_dask_is_an_executor_and_stays_open(cluster: str) -> None:
    with distributed.Client(cluster, set_as_default=False) as client:  # type: ignore[no-untyped-call]
        workers = as_executor(client)
        assert workers.submit(remote_tasks.double, 4).result() == 8
        workers.shutdown()
        assert client.submit(remote_tasks.double, 5).result() == 10


def test_an_error_ends_the_workers_at_once(tmp_path: Path) -> None:
    futures: list[Future[Any]] = []

    def leave(workers: Workers) -> None:
        futures.extend(workers.submit(remote_tasks.stay, str(tmp_path / "here")) for _ in range(5))
        remote_tasks.wait_for(tmp_path / "here")
        raise LookupError

    with pytest.raises(LookupError), open_executor(workers=1) as workers:
        leave(workers)
    assert all(future.done() for future in futures)
    assert not remote_tasks.runs(int((tmp_path / "here").read_text()))


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:{port}", "127.0.0.1"])
def test_an_address_that_nobody_answers_is_told(
    address: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        where = address.format(port=taken.getsockname()[1])
        with (
            pytest.raises(ConnectionError, match=f"^dask: no scheduler answers at '{where}'"),
            open_executor(dask=where),
        ):
            pass
    assert capfd.readouterr() == ("", "")


def test_a_scheduler_that_goes_away_is_told() -> None:
    with (
        distributed.LocalCluster(**CLUSTER | {"n_workers": 1}) as own,  # type: ignore[no-untyped-call]
        open_executor(dask=str(own.scheduler_address)) as workers,
    ):
        task = workers.submit(remote_tasks.stay)
        own.close()
        with pytest.raises(ConnectionError, match=r"^dask: the scheduler at .* is gone"):
            task.result()


def test_a_scheduler_that_is_killed_is_told(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    told = tmp_path / "scheduler.json"
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", "0"]
    command += ["--no-dashboard", "--host", "127.0.0.1", "--scheduler-file", str(told)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as scheduler:
        try:
            remote_tasks.wait_for(told)
            while not told.read_text().rstrip().endswith("}"):
                time.sleep(0.01)
            with open_executor(dask=json.loads(told.read_text())["address"]) as workers:
                task = workers.submit(remote_tasks.double, 1)  # for which there are no workers
                scheduler.kill()
                with pytest.raises(ConnectionError, match=r"^dask: the scheduler at tcp://\S+ is"):
                    task.result(timeout=60)
        finally:
            scheduler.kill()
    assert capfd.readouterr() == ("", "")


def test_misuse_is_told() -> None:
    both: dict[str, Any] = {"workers": 2, "dask": "tcp://127.0.0.1:1"}
    given: dict[str, Any]
    for given in ({}, both):
        with (
            pytest.raises(ArgumentError, match=r"^workers, dask: expected one of them"),
            open_executor(**given),
        ):
            pass
    with pytest.raises(ArgumentError, match=r"^workers: expected an integer of at least 1"):
        open_executor(workers=0).__enter__()


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ImportError, match=r"^dask needs the package distributed: pip install"):
        open_executor(dask="tcp://127.0.0.1:1").__enter__()


UNGUARDED = """
import sys
sys.path.insert(0, {tests!r})
import remote_tasks
from lso_native.distributed import open_executor
with open_executor(workers=1) as workers:
    workers.submit(remote_tasks.double, 1).result()
"""


def test_a_script_that_starts_itself_again_and_again_is_told(tmp_path: Path) -> None:
    script = tmp_path / "unguarded.py"
    script.write_text(UNGUARDED.format(tests=str(Path(__file__).parent)))
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "ChildProcessError: a worker process could not start" in done.stderr
    assert "if __name__ == '__main__':" in done.stderr


INTERRUPTED = """
import sys
sys.path.insert(0, {tests!r})
import remote_tasks
from lso_native.distributed import open_executor
try:
    with open_executor(workers=2) as workers:
        tasks = [workers.submit(remote_tasks.stay, {flag!r}) for _ in range(9)]
        remote_tasks.wait_for({flag!r})
        print("running", flush=True)
        tasks[0].result()
except KeyboardInterrupt:
    print(sum(task.cancelled() for task in tasks), all(task.done() for task in tasks))
"""


def test_ctrl_c_ends_workers_and_cancels_what_is_pending(tmp_path: Path) -> None:
    flag = tmp_path / "here"
    script = INTERRUPTED.format(tests=str(Path(__file__).parent), flag=str(flag))
    assert interrupt(script) == ["7 True"]
    assert not remote_tasks.runs(int(flag.read_text()))

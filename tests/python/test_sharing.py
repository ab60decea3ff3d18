"""The same bits by any number of threads, and beside fifteen other Python threads on the same networks."""

from __future__ import annotations

import _thread
import os
import subprocess
import sys
import threading
from typing import Any

import lso_native as lso
import pytest
from checks import assert_same_bits
from jobs import JOBS, Shared
from lso_native._typing import Array

DTYPES = ("float32", "float64")
CALLERS = 16
LONG: dict[str, Any] = {  # a run that only a stop ends
    "max_iterations": 10**9,
    "mse": 1e-30,
    "optimizer": lso.NormalizedGradientDescent(-1e-6),
}


def assert_same(found: list[Array], wanted: list[Array]) -> None:
    for one, other in zip(found, wanted, strict=True):
        assert_same_bits(one, other)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", JOBS)
def test_threads_change_no_bit(name: str, dtype: str) -> None:
    shared = Shared(dtype)
    wanted = JOBS[name](shared, 1)
    assert sum(each.size for each in wanted) > 0
    for threads in (2, 3, 5, 16):
        assert_same(JOBS[name](shared, threads), wanted)


@pytest.mark.parametrize("dtype", DTYPES)
def test_sixteen_callers_get_what_each_gets_alone(dtype: str) -> None:
    shared = Shared(dtype)
    alone = {name: job(shared, 1) for name, job in JOBS.items()}
    names = list(JOBS)
    right: list[str] = []
    begin = threading.Barrier(CALLERS)

    def call(number: int) -> None:
        begin.wait()
        for i in range(len(names)):  # each begins at another: all kinds run beside one another
            name = names[(i + number) % len(names)]
            assert_same(JOBS[name](shared, 1 + number % 3), alone[name])
            right.append(name)

    callers = [threading.Thread(target=call, args=(k,)) for k in range(CALLERS)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert len(right) == CALLERS * len(names)
    assert {*right} == {*names}


def test_ctrl_c_in_one_run_disturbs_no_other() -> None:
    shared = Shared("float32")
    wanted = shared.forward(1)
    right: list[int] = []

    def call(number: int) -> None:
        for _ in range(5):
            assert_same(shared.forward(2), wanted)
        right.append(number)
        if len(right) == CALLERS - 1:
            _thread.interrupt_main()

    callers = [threading.Thread(target=call, args=(k,)) for k in range(CALLERS - 1)]
    for caller in callers:
        caller.start()
    with pytest.raises(KeyboardInterrupt) as stop:
        lso.optimize(shared.model, [1, 0, 0], starts=shared.starts, threads=2, **LONG)
    for caller in callers:
        caller.join()
    assert sorted(right) == list(range(CALLERS - 1))
    assert (stop.value.result.status == "interrupted").any()  # type: ignore[attr-defined]


RACE = """
import threading
import numpy as np
import lso_native as lso
network = lso.Network([40, 64, 3], random_state=0)
x, other = np.zeros((20_000, 40), np.float32), np.ones((20_000, 40), np.float32)
over = threading.Event()
def write():
    while not over.is_set():
        x[:] = other
writer = threading.Thread(target=write)
writer.start()
for _ in range(20):
    network(x)
over.set()
writer.join()
"""


@pytest.mark.skipif("TSAN_OPTIONS" not in os.environ, reason="needs ThreadSanitizer")
def test_the_sanitizer_sees_a_race_of_the_caller_s() -> None:
    """Who writes into an array that a call reads has a race: silence about the above is worth what this shows."""
    done = subprocess.run([sys.executable, "-c", RACE], capture_output=True, text=True, timeout=300)
    assert done.returncode != 0
    assert "WARNING: ThreadSanitizer: data race" in done.stderr

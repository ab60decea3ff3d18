"""What it costs to work on several processes: ``python -m benchmarks.distribution``.

Starts of LSO-2 and seeds of the system, with no workers and with some; tasks and steps that do nothing; and what moves.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import pickle
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lso_native as lso
import numpy as np
from lso_native.distributed import open_executor
from lso_native.distributed.shared import Shared
from lso_native.study import SYSTEMS, DigitsData, study_on
from lso_native.study.runner import run_steps
from lso_native.study.step import Facts, FactsStep, Work
from lso_native.study.store import Store

EMPTY = 400  # tasks, or steps, that do nothing


@dataclass(frozen=True)
class Nothing(FactsStep):
    """A step that does nothing."""

    number: int

    def make(self, work: Work) -> Facts:  # noqa: ARG002
        """Its number."""
        return {"number": self.number}


def nothing() -> None:
    """A task that does nothing."""


def main(arguments: list[str] | None = None) -> int:
    """Measure, and print a line for each figure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.distribution", description=__doc__)
    parser.add_argument("--starts", type=int, default=1_000_000, metavar="N")
    parser.add_argument("--seeds", type=int, default=200, metavar="N")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="at most")
    options = parser.parse_args(arguments)
    _starts(options.starts, options.workers)
    for name, executor in _executors(options.workers):
        with executor as workers:
            _empty(name, workers)
    _seeds(options.seeds, options.workers)
    return 0


def _starts(n: int, most: int) -> None:
    """One call of ``optimize``, and whether its bits are the same."""
    digits = lso.data.load("mnist5k", random_state=0)
    images, labels = digits.train.images, digits.train.labels
    decoder = lso.Autoencoder(latent=20, threads=1, random_state=0).fit(images)
    model = decoder >> lso.Classifier(threads=1, random_state=0).fit(images, labels)
    starts = decoder.sample_latent(n, random_state=0)
    target = lso.one_hot(np.arange(n) % 10, 10)
    begin = time.perf_counter()
    alone = lso.optimize(model, target, starts=starts, threads=1)
    _tell(f"{n:,} starts, no workers", time.perf_counter() - begin)
    for workers in range(1, most + 1):
        with open_executor(workers=workers) as executor:
            _warm(executor, workers)
            begin, own = time.perf_counter(), time.process_time()
            result = lso.optimize(model, target, starts=starts, executor=executor)
            _tell(f"{n:,} starts, {workers} workers", time.perf_counter() - begin)
            _tell("  of which the processor worked for the caller", time.process_time() - own)
        if result.latents.tobytes() != alone.latents.tobytes():
            raise AssertionError("other bits")
    there = starts.nbytes / n + target.nbytes / n
    parts = (alone.latents, alone.samples, alone.outputs, alone.loss, alone.iterations)
    back = sum(part.nbytes for part in parts) / n
    shared = len(Shared.of("model", model).data)
    print(f"bytes: {shared:,} a worker; a start {there:.0f} there, {back:.0f} back", flush=True)
    begin = time.perf_counter()
    pickle.loads(pickle.dumps(parts, pickle.HIGHEST_PROTOCOL))
    _tell(f"{n:,} results packed and unpacked", time.perf_counter() - begin)


def _executors(workers: int) -> Iterator[tuple[str, Any]]:
    yield f"{workers} workers", open_executor(workers=workers)
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError:
        print("no Dask here", flush=True)
        return
    cluster = distributed.LocalCluster(
        n_workers=workers, threads_per_worker=1, dashboard_address=":0"
    )
    with cluster:
        yield f"Dask, {workers} workers", open_executor(dask=cluster.scheduler_address)


def _empty(name: str, executor: Executor) -> None:
    _warm(executor, 2)
    begin = time.perf_counter()
    for future in [executor.submit(nothing) for _ in range(EMPTY)]:
        future.result()
    _tell(f"an empty task, {name}", (time.perf_counter() - begin) / EMPTY)
    for told, chosen in ((name, executor), ("no workers", None)):
        with tempfile.TemporaryDirectory() as folder:
            begin = time.perf_counter()
            run_steps(Store(folder), [Nothing(i) for i in range(EMPTY)], executor=chosen)
            _tell(f"an empty step, {told}", (time.perf_counter() - begin) / EMPTY)


def _seeds(n: int, most: int) -> None:
    """The attempts of ``lso-2``, its models with them, for n seeds in one store."""
    (system,) = (each for each in SYSTEMS if each.name == "lso-2")
    data = DigitsData("mnist5k")
    steps = [
        study_on(data, [system], samples=100, random_state=seed).steps["lso-2"].attempts
        for seed in range(n)
    ]
    found = set()
    for workers in range(most + 1):
        opened = open_executor(workers=workers) if workers else contextlib.nullcontext()
        with tempfile.TemporaryDirectory() as folder, opened as executor:
            if executor is not None:
                _warm(executor, workers)
            store, begin = Store(folder), time.perf_counter()
            run_steps(store, steps, executor=executor, threads=1)
            told = f"{workers} workers" if workers else "no workers"
            _tell(f"{n} seeds of lso-2, {told}", time.perf_counter() - begin)
            found.add(tuple(str(store.digests(step)) for step in steps))
            print(f"{len(list(Path(folder).glob('*/step.json')))} steps", flush=True)
    if len(found) != 1:
        raise AssertionError("other bits")


def _warm(executor: Executor, workers: int) -> None:
    """Let all workers have the package, before the clock runs."""
    for future in [executor.submit(time.sleep, 0.5) for _ in range(workers)]:
        future.result()
    executor.submit(nothing).result()


def _tell(what: str, seconds: float) -> None:
    shown = f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1e3:.2f} ms"
    print(f"{what}: {shown}", flush=True)


if __name__ == "__main__":
    sys.exit(main())

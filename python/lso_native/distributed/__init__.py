"""Work on several processes or machines: where the workers come from."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from concurrent.futures import Executor
from typing import Any

from lso_native._checks import check_int, shown
from lso_native.distributed.workers import Given, Workers
from lso_native.errors import ArgumentError, ArgumentTypeError

__all__ = ["Workers", "as_executor", "borrowed", "open_executor"]


@contextlib.contextmanager
def open_executor(*, workers: int | None = None, dask: str | None = None) -> Iterator[Workers]:
    """A ``concurrent.futures.Executor`` of processes that are ended with the ``with``: at once, where it is left by an
    error or Ctrl-C.

    workers : so many processes on this machine, one thread each. One that dies is replaced, and its task begun again,
        at most three times: then the task raises ChildProcessError.
    dask : or the address of a Dask scheduler, as "tcp://10.0.0.1:8786", whose workers have this package.

    What is submitted must be picklable. Raises ValueError unless one of the two is given, ConnectionError where no
    scheduler answers, and ImportError without the extra ``distributed``.
    """
    if (workers is None) == (dask is None):
        raise ArgumentError("workers, dask", "one of them", "both" if workers else "none")
    # Each is imported by who asks for it.
    if dask is not None:
        from lso_native.distributed.cluster import connected

        opened: Any = connected(dask)
    else:
        from lso_native.distributed.local import LocalPool

        opened = contextlib.nullcontext(LocalPool(check_int("workers", workers)))
    with opened as executor:
        try:
            yield executor
        except BaseException:
            executor.stop()
            raise
        executor.shutdown()


def as_executor(workers: Any, name: str = "executor") -> Workers:
    """``workers`` as an executor: one of ``concurrent.futures``'s kind, joblib's loky executor among them; a
    ``distributed.Client``; or a ``joblib.Parallel``. It stays the caller's.

    Raises TypeError, of the argument ``name``, for anything else.
    """
    if isinstance(workers, Workers):
        return workers
    if isinstance(workers, Executor):
        return Given(workers)
    # Whoever has one of these has imported its package.
    if isinstance(workers, getattr(sys.modules.get("distributed"), "Client", ())):
        from lso_native.distributed.cluster import DaskWorkers

        return DaskWorkers(workers)
    if isinstance(workers, getattr(sys.modules.get("joblib"), "Parallel", ())):
        from lso_native.distributed.rounds import JoblibWorkers

        return JoblibWorkers(workers)
    expected = "a concurrent.futures.Executor, a distributed.Client or a joblib.Parallel"
    raise ArgumentTypeError(name, expected, shown(workers))


@contextlib.contextmanager
def borrowed(workers: Any, name: str = "executor") -> Iterator[Workers]:
    """``as_executor(workers)`` for the length of the ``with``: what was made around it ends, it does not.

    name : of the argument, for errors.
    """
    executor = as_executor(workers, name)
    try:
        yield executor
    finally:
        if executor is not workers:
            executor.stop()

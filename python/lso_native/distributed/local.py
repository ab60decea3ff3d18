"""Worker processes on this machine. One that dies is replaced, and the task that it had is begun again."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import Any, TypeVar

from lso_native.distributed.serving import serve
from lso_native.distributed.shared import Shared, packed
from lso_native.distributed.workers import Workers

T = TypeVar("T")

TRIES = 3  # of a task whose workers die
_LOOK = (
    1.0  # seconds between two looks whether a worker is alive, should its end of the pipe stay open
)
# There is a worker for each processor: threads of NumPy's libraries would stand in each other's way.
_NUMPY_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
_environment = threading.Lock()


class LocalPool(Workers):
    """``workers`` processes, started as there is work for them, and never forked: the engine has threads.

    Each is driven by a thread of this process. The task of a worker that dies goes to a new one; it fails with a
    ChildProcessError when it has cost three.
    """

    def __init__(self, workers: int) -> None:
        self._threads = ThreadPoolExecutor(workers, "lso-worker", _leave_interrupts)
        self._mine = threading.local()
        self._all: set[_Worker] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def submit(
        self, function: Callable[..., T], /, *arguments: object, **named: object
    ) -> Future[T]:
        """Run ``function(*arguments, **named)`` in a worker; all of it must be picklable."""
        return self._threads.submit(self._run, None, (function, arguments, named))

    def submit_shared(
        self, function: Callable[..., T], shared: Shared, /, *arguments: object
    ) -> Future[T]:
        """Submit ``function(value, *arguments)``; the value goes to each worker once."""
        return self._threads.submit(self._run, shared, (function, arguments, {}))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the workers when their tasks are done."""
        self._threads.shutdown(wait, cancel_futures=cancel_futures)
        if wait:
            for worker in self._all:
                worker.close()

    def stop(self) -> None:
        """End them now."""
        with self._lock:
            self._stopped = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in tuple(self._all):
            worker.kill()
        self.shutdown()

    def _run(self, shared: Shared | None, call: tuple[Any, ...]) -> Any:
        task = packed("task", call)
        for _ in range(TRIES):
            worker = self._worker()
            try:
                return worker.call(task, shared)
            except _Died:
                self._bury(worker)
        name = getattr(call[0], "__qualname__", repr(call[0]))
        raise ChildProcessError(
            f"{name}: {TRIES} worker processes died of this task, the last one by {worker.end}"
        )

    def _worker(self) -> _Worker:
        """That of this thread."""
        worker: _Worker | None = getattr(self._mine, "worker", None)
        if worker is None:
            with self._lock:  # none is started behind stop()
                if self._stopped:
                    raise CancelledError
                worker = self._mine.worker = _Worker()
                self._all.add(worker)
            try:
                worker.await_ready()
            except ChildProcessError:
                self._bury(worker)
                raise
        return worker

    def _bury(self, worker: _Worker) -> None:
        worker.kill()
        worker.close()
        self._mine.worker = None
        with self._lock:
            self._all.discard(worker)
            if self._stopped:
                raise CancelledError


class _Died(Exception):
    """A worker process has ended."""


class _Worker:
    """One process."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs,), daemon=True)
        self._has = ""  # the key of what is shared
        with _one_numpy_thread():
            self._process.start()
        theirs.close()

    @property
    def end(self) -> str:
        """How the process ended."""
        self._process.join()
        code = self._process.exitcode or 0
        return f"exit code {code}" if code >= 0 else signal.Signals(-code).name

    def await_ready(self) -> None:
        """Raise ChildProcessError where it does not come up."""
        try:
            self._receive()
        except _Died:
            raise ChildProcessError(
                f"a worker process could not start, and ended by {self.end}; a script that starts workers has what it "
                "runs under if __name__ == '__main__':"
            ) from None

    def call(self, task: bytes, shared: Shared | None) -> Any:
        """What the task returns; what it raises is raised here."""
        new = shared is not None and shared.key != self._has
        try:
            self._pipe.send((shared.data if shared and new else None, task, shared is not None))
        except OSError:
            raise _Died from None
        if shared is not None:
            self._has = shared.key
        error, value = pickle.loads(self._receive())
        if error is not None:
            raise error
        return value

    def _receive(self) -> bytes:
        try:
            while not self._pipe.poll(_LOOK):
                if not self._process.is_alive() and not self._pipe.poll():
                    raise _Died
            return self._pipe.recv_bytes()
        except (EOFError, OSError):
            raise _Died from None

    def kill(self) -> None:
        """End it now."""
        self._process.kill()

    def close(self) -> None:
        """End it when it has done what it does: it sees that nobody speaks to it any more."""
        self._pipe.close()
        self._process.join()


@contextlib.contextmanager
def _one_numpy_thread() -> Iterator[None]:
    """What is started here has its NumPy on one thread, where the user has not said otherwise."""
    with _environment:
        unset = {n: os.environ.get(n) for n in _NUMPY_THREADS if not os.environ.get(n)}
        os.environ.update(dict.fromkeys(unset, "1"))
        try:
            yield
        finally:
            for name, empty in unset.items():
                del os.environ[name]
                if empty is not None:
                    os.environ[name] = empty


def _leave_interrupts() -> None:
    """Ctrl-C goes to all processes of a terminal: this thread's children, which take over its mask, let it pass."""
    if hasattr(signal, "pthread_sigmask"):
        from multiprocessing import resource_tracker

        resource_tracker.ensure_running()  # it unblocks the signal when it starts, with the first child
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})

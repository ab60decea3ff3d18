"""Workers of a Dask cluster, which its scheduler replaces where they die."""

from __future__ import annotations

import contextlib
import gc
import importlib
import logging
import pickle
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from functools import partial
from typing import Any, TypeVar

from lso_native._checks import shown
from lso_native.distributed.shared import Shared
from lso_native.distributed.workers import Workers, follow

T = TypeVar("T")

_ANSWER = 5  # seconds within which a scheduler does


class DaskWorkers(Workers):
    """Those of a ``distributed.Client``, which stays its maker's."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._executor = client.get_executor(pure=False)
        self._sent: weakref.WeakKeyDictionary[Shared, Any] = weakref.WeakKeyDictionary()

    def submit(
        self, function: Callable[..., T], /, *arguments: object, **named: object
    ) -> Future[T]:
        """Run ``function(*arguments, **named)`` on the cluster."""
        future: Future[T] = Future()
        task = partial(function, **named) if named else function
        follow(self._executor.submit(task, *arguments), future, self._told)
        return future

    def submit_shared(
        self, function: Callable[..., T], shared: Shared, /, *arguments: object
    ) -> Future[T]:
        """Submit ``function(value, *arguments)``; the value goes to the scheduler once, and from worker to worker."""
        if (
            shared not in self._sent
        ):  # as a task, which is run again where all that had its value have died
            self._sent[shared] = self._client.submit(pickle.loads, shared.data, pure=False)
        return self.submit(function, self._sent[shared], *arguments)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Wait for what was submitted, or cancel it."""
        self._executor.shutdown(wait=wait and not cancel_futures)

    def _told(self, error: BaseException) -> BaseException:
        """The same error as from other workers."""
        if isinstance(error, CancelledError):
            where = self._client.scheduler.address if self._client.scheduler else "its address"
            return ConnectionError(f"dask: the scheduler at {where} is gone, or has lost the task")
        if type(error).__name__ == "KilledWorker":
            return ChildProcessError(f"dask: {error}")
        return error


@contextlib.contextmanager
def connected(address: str) -> Iterator[DaskWorkers]:
    """Those of the scheduler at ``address``.

    Raises ConnectionError where nobody answers there, ImportError without the extra ``distributed``.
    """
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError:
        message = "dask needs the package distributed: pip install 'lso_native[distributed]'"
        raise ImportError(message) from None
    with _silent():
        client, reason = None, ""
        try:
            client = distributed.Client(address, timeout=_ANSWER, set_as_default=False)
        except Exception as error:  # noqa: BLE001 - an AssertionError for an unknown host
            reason = " ".join(str(error).split()) or type(error).__name__
        if client is None:
            # What is half made of it ends here: within the start of another one it would wait for that.
            gc.collect()
            raise ConnectionError(f"dask: no scheduler answers at {shown(address)} ({reason})")
    try:
        yield DaskWorkers(client)
    finally:
        with _silent():
            client.close()


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """What the loggers of Dask say of a connection, its error says."""
    names = (
        "distributed",
        "distributed.client",
        "tornado",
        "asyncio",
    )  # each with a level of its own
    loggers = [logging.getLogger(name) for name in names]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)

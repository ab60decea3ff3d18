"""Executors as this package uses them: whoever made them, tasks may have a value in common."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future
from typing import TypeVar

from lso_native.distributed.shared import Shared, call_unpacked

T = TypeVar("T")


class Workers(Executor):
    """A ``concurrent.futures.Executor`` that may know how to send what is shared only once."""

    def submit_shared(
        self, function: Callable[..., T], shared: Shared, /, *arguments: object
    ) -> Future[T]:
        """Submit ``function(value, *arguments)`` of the value that is shared."""
        task: Future[T] = self.submit(call_unpacked, function, shared, *arguments)
        return task

    def stop(self) -> None:
        """End at once: cancel what has not begun, and what has where that can be done."""
        self.shutdown(wait=False, cancel_futures=True)


class Given(Workers):
    """An executor that someone else made, and will shut down."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def submit(
        self, function: Callable[..., T], /, *arguments: object, **named: object
    ) -> Future[T]:
        """As the executor's."""
        return self._executor.submit(function, *arguments, **named)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Nothing: it is not ours."""


def follow(
    inner: Future[T], outer: Future[T], told: Callable[[BaseException], BaseException]
) -> None:
    """Let ``outer`` end as ``inner`` does, its error ``told`` in our words; who cancels ``outer`` cancels both."""

    def ended(inner: Future[T]) -> None:
        if not outer.set_running_or_notify_cancel():
            return
        error = CancelledError() if inner.cancelled() else inner.exception()
        if error is None:
            outer.set_result(inner.result())
        else:
            outer.set_exception(told(error))

    outer.add_done_callback(lambda outer: inner.cancel() if outer.cancelled() else None)
    inner.add_done_callback(ended)

"""joblib as an executor."""

from __future__ import annotations

import importlib
import itertools
import queue
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future
from typing import Any, NamedTuple, TypeVar

from lso_native.distributed.workers import Workers

T = TypeVar("T")

_TRIES = 3  # of a round whose workers die
_PAUSE = 0.01  # seconds without a new task, after which a round begins


class _Task(NamedTuple):
    key: int
    future: Future[Any]
    call: tuple[Callable[..., Any], tuple[object, ...], dict[str, object]]


class JoblibWorkers(Workers):
    """Those of a ``joblib.Parallel``, whatever its backend, in rounds: what is submitted while one is under way makes
    the next one."""

    def __init__(self, parallel: Any) -> None:
        self._parallel = parallel
        self._delayed = importlib.import_module("joblib").delayed
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._keys = itertools.count()
        self._thread = threading.Thread(target=self._rounds, name="lso-joblib", daemon=True)
        self._thread.start()

    def submit(
        self, function: Callable[..., T], /, *arguments: object, **named: object
    ) -> Future[T]:
        """Run ``function(*arguments, **named)`` in one of the next rounds."""
        future: Future[T] = Future()
        self._tasks.put(_Task(next(self._keys), future, (function, arguments, named)))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End after the tasks that are there, or after this round."""
        while cancel_futures:
            try:
                task = self._tasks.get_nowait()
            except queue.Empty:
                break
            if task is not None:
                task.future.cancel()
        self._tasks.put(None)
        if wait:
            self._thread.join()

    def _rounds(self) -> None:
        ended = False
        while not ended:
            gathered = [self._tasks.get()]
            while gathered[-1] is not None:
                try:
                    gathered.append(self._tasks.get(timeout=_PAUSE))
                except queue.Empty:
                    break
            ended = gathered[-1] is None
            tasks = [task for task in gathered if task is not None]
            self._round([task for task in tasks if task.future.set_running_or_notify_cancel()])

    def _round(self, tasks: list[_Task]) -> None:
        try:
            answers = self._answers(tasks)
        except BaseException as broken:  # noqa: BLE001 - whatever ends joblib is told to who waits
            answers = {task.key: _Answer(task.key, broken) for task in tasks}
        for task in tasks:
            answer = answers[task.key]
            if answer.error is None:
                task.future.set_result(answer.value)
            else:
                task.future.set_exception(answer.error)

    def _answers(self, tasks: list[_Task]) -> dict[int, _Answer]:
        calls = [self._delayed(_answer)(task.key, *task.call) for task in tasks]
        for left in reversed(range(_TRIES)):
            try:
                # After a round that broke, joblib also gives what that one had: hence the keys.
                return {answer.key: answer for answer in self._parallel(calls)}
            except BrokenExecutor:  # it has new workers for the next round
                if not left:
                    raise
        raise AssertionError


class _Answer(NamedTuple):
    key: int
    error: BaseException | None
    value: Any = None


def _answer(
    key: int, function: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any]
) -> _Answer:
    """What a task raises is its own matter, not the round's."""
    try:
        return _Answer(key, None, function(*arguments, **named))
    except Exception as error:  # noqa: BLE001
        return _Answer(key, error)

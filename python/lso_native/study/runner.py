"""Making the steps that a store lacks: here, one after the other, or over an executor; beside other processes."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from pathlib import Path
from typing import Any

from lso_native.distributed import as_executor
from lso_native.study.blas import one_blas_thread
from lso_native.study.progress import Progress, Silent
from lso_native.study.step import Step
from lso_native.study.store import Store

__all__ = ["missing", "run_steps"]

Heard = Callable[[Step[Any]], None]
_PAUSE = 0.05  # seconds between two looks at what other processes make
_LOOK = 0.25  # ... and at how far the workers are


def missing(store: Store, steps: Iterable[Step[Any]]) -> list[Step[Any]]:
    """What has to be made for ``steps`` to be there, each after what it needs."""
    found: dict[str, Step[Any]] = {}
    there: set[str] = set()

    def look(step: Step[Any]) -> None:
        if step.key in found or step.key in there:
            return
        if store.has(step):
            there.add(step.key)
            return
        for needed in step.inputs:
            look(needed)
        found[step.key] = step

    for step in steps:
        look(step)
    return list(found.values())


def run_steps(
    store: Store,
    steps: Iterable[Step[Any]],
    *,
    executor: Any = None,
    threads: int | None = None,
    progress: Progress | None = None,
    on_made: Heard = lambda _: None,
) -> None:
    """See that ``store`` has ``steps``; ``on_made`` hears of each that was made, here or by another process meanwhile.

    executor: whose workers see the store's folder, and make steps that do not need each other side by side: one of
      ``concurrent.futures``, a ``joblib.Parallel`` or a ``distributed.Client``. None makes one after the other, here.
    threads: of the engine, for each step; None for all processors here, and one where there is an executor.

    The products do not depend on either. Raises what the first failing step raises, with a note of which it was.
    """
    waiting = missing(store, steps)
    workers = None if executor is None else as_executor(executor)
    threads = threads if executor is None else threads or 1
    with one_blas_thread():  # for as long as any thread makes a step
        _run(store, waiting, workers, threads, progress or Silent(), on_made)


def _run(
    store: Store,
    waiting: list[Step[Any]],
    executor: Executor | None,
    threads: int | None,
    progress: Progress,
    on_made: Heard,
) -> None:
    if executor is None:
        _here(store, waiting, threads, progress, on_made)
    else:
        _Elsewhere(store, executor, threads, progress, on_made).run(waiting)


def _here(
    store: Store,
    waiting: Sequence[Step[Any]],
    threads: int | None,
    progress: Progress,
    on_made: Heard,
) -> None:
    told = False
    while waiting:
        left: list[Step[Any]] = []
        for step in waiting:
            if _ready(step, left) and _try(store, step, threads, progress):
                told = False
                on_made(step)
            else:
                left.append(step)
        if len(left) == len(waiting):
            if not told:
                progress.note(f"another process is making {waiting[0].title}: waiting for it")
                told = True
            time.sleep(_PAUSE)
        waiting = left


def _ready(step: Step[Any], left: Sequence[Step[Any]]) -> bool:
    # What is still to be made comes before what needs it.
    unmade = {each.key for each in left}
    return not any(needed.key in unmade for needed in step.inputs)


def _try(store: Store, step: Step[Any], threads: int | None, progress: Progress) -> bool:
    try:
        return store.try_make(step, threads=threads, progress=progress)
    except Exception as error:
        error.add_note(f"while making {step.title}")
        raise


class _Elsewhere:
    """Sends each step to an executor as soon as what it needs is there."""

    def __init__(
        self,
        store: Store,
        executor: Executor,
        threads: int | None,
        progress: Progress,
        on_made: Heard,
    ) -> None:
        self._store, self._executor, self._threads = store, executor, threads
        self._progress, self._on_made = progress, on_made
        self._sent: dict[Future[None], Step[Any]] = {}
        self._path = str(store.path.resolve())  # a worker may stand elsewhere

    def run(self, waiting: list[Step[Any]]) -> None:
        total = len(waiting)
        if not total:
            return
        self._progress.start(f"{total} steps", total)
        try:
            waiting = self._send(waiting)
            while self._sent:
                ended, _ = wait(self._sent, timeout=_LOOK, return_when=FIRST_COMPLETED)
                for future in ended:
                    self._take(future)
                waiting = self._send(waiting) if ended else waiting
                done = total - len(waiting) - len(self._sent)
                self._progress.update(done, _shown(self._store))
        finally:
            for future in self._sent:
                future.cancel()
        self._progress.finish(f"{total} made")

    def _send(self, waiting: list[Step[Any]]) -> list[Step[Any]]:
        """Send what is ready of ``waiting``; give what is not."""
        unmade = {step.key for step in [*waiting, *self._sent.values()]}
        left = []
        for step in waiting:
            if any(needed.key in unmade for needed in step.inputs):
                left.append(step)
            else:
                future = self._executor.submit(_make, self._path, step, self._threads)
                self._sent[future] = step
        return left

    def _take(self, future: Future[None]) -> None:
        step = self._sent.pop(future)
        try:
            future.result()
        except Exception as error:
            error.add_note(f"while making {step.title}")
            raise
        self._on_made(step)


_STORES: dict[str, Store] = {}
"""Of a worker process, so that what one step has read the next one need not read."""


def _make(path: str, step: Step[Any], threads: int | None) -> None:
    """What a worker does."""
    if path not in _STORES:
        if not Path(path).is_dir():
            raise FileNotFoundError(errno.ENOENT, "a worker does not see this folder", path)
        _STORES[path] = Store(path)
    _STORES[path].make(step, threads=threads)


def _shown(store: Store) -> str:
    """What is being made, and how far it is."""
    return ", ".join(
        each.title + (f" {each.done / each.total:.0%}" if each.total > 1 else "")
        for each in store.running()
    )

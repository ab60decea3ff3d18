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
from lso_native.study.whole import Overall

__all__ = ["missing", "run_steps", "whole_of"]

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


def whole_of(steps: Iterable[Step[Any]]) -> list[Step[Any]]:
    """``steps`` and all that they need, each once."""
    every = (one for step in steps for one in (step, *step.needed()))
    return list({one.key: one for one in every}.values())


def run_steps(
    store: Store,
    steps: Iterable[Step[Any]],
    *,
    executor: Any = None,
    threads: int | None = None,
    progress: Progress | None = None,
    on_made: Heard = lambda _: None,
    after: float = 0.0,
) -> None:
    """See that ``store`` has ``steps``; ``on_made`` hears of each that was made, here or by another process meanwhile.

    executor: whose workers see the store's folder, and make steps that do not need each other side by side: one of
      ``concurrent.futures``, a ``joblib.Parallel`` or a ``distributed.Client``. None makes one after the other, here.
    threads: of the engine, for each step; None for all processors here, and one where there is an executor.

    after: seconds of one core that the caller's work takes thereafter, which count in what is told of the time left.

    The products do not depend on any. Raises what the first failing step raises, with a note of which it was.
    """
    steps = list(steps)
    waiting = missing(store, steps)
    if not waiting:
        return
    costs = [(step, store.cost(step)) for step in whole_of(steps)]
    overall = Overall(progress or Silent(), costs, waiting, after)
    workers = None if executor is None else as_executor(executor)
    threads = threads if executor is None else threads or 1
    with one_blas_thread():  # for as long as any thread makes a step
        _run(store, waiting, workers, threads, overall, on_made)


def _run(
    store: Store,
    waiting: list[Step[Any]],
    executor: Executor | None,
    threads: int | None,
    overall: Overall,
    on_made: Heard,
) -> None:
    if executor is None:
        _here(store, waiting, threads, overall, on_made)
    else:
        _Elsewhere(store, executor, threads, overall, on_made).run(waiting)


def _here(
    store: Store,
    waiting: Sequence[Step[Any]],
    threads: int | None,
    overall: Overall,
    on_made: Heard,
) -> None:
    told = False
    while waiting:
        left: list[Step[Any]] = []
        for step in waiting:
            if _ready(step, left) and _try(store, step, threads, overall):
                told = False
                overall.made(step)
                on_made(step)
            else:
                left.append(step)
        if len(left) == len(waiting):
            if not told:
                overall.note(f"another process is making {waiting[0].title}: waiting for it")
                told = True
            time.sleep(_PAUSE)
        waiting = left


def _ready(step: Step[Any], left: Sequence[Step[Any]]) -> bool:
    # What is still to be made comes before what needs it.
    unmade = {each.key for each in left}
    return not any(needed.key in unmade for needed in step.inputs)


def _try(store: Store, step: Step[Any], threads: int | None, overall: Overall) -> bool:
    overall.making(step)
    try:
        return store.try_make(step, threads=threads, progress=overall)
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
        overall: Overall,
        on_made: Heard,
    ) -> None:
        self._store, self._executor, self._threads = store, executor, threads
        self._overall, self._on_made = overall, on_made
        self._sent: dict[Future[None], Step[Any]] = {}
        self._path = str(store.path.resolve())  # a worker may stand elsewhere

    def run(self, waiting: list[Step[Any]]) -> None:
        try:
            waiting = self._send(waiting)
            while self._sent:
                ended, _ = wait(self._sent, timeout=_LOOK, return_when=FIRST_COMPLETED)
                for future in ended:
                    self._take(future)
                waiting = self._send(waiting) if ended else waiting
                self._overall.running(self._shares())
        finally:
            for future in self._sent:
                future.cancel()

    def _shares(self) -> dict[str, float]:
        """By the keys of the steps that are being made, how far each is, as its worker tells."""
        told = {each.title: each.done / each.total for each in self._store.running()}
        return {step.key: told[step.title] for step in self._sent.values() if step.title in told}

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
        self._overall.made(step, self._store.seconds(step))
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

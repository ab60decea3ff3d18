"""What a step has at hand while it is made."""

from __future__ import annotations

import contextlib
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from lso_native.study.progress import Progress, Silent
from lso_native.study.step import Step, key_of

if TYPE_CHECKING:
    from lso_native.study.store import Store

T = TypeVar("T")
S = TypeVar("S", covariant=True)


class Source(Protocol[S]):
    """What can be told from others by ``identity`` and be loaded: a data set."""

    def load(self) -> S:
        """What it stands for."""


@dataclass
class Work:
    """Products of other steps, and who hears of progress."""

    store: Store
    progress: Progress = field(default_factory=Silent)
    threads: int | None = None
    """For the engine; None for as many as there are processors."""
    _clocked: float | None = field(default=None, init=False)

    def get(self, step: Step[T]) -> T:
        """The product of ``step``, which is in the store."""
        return self.store.load(step)

    def data(self, source: Source[T]) -> T:
        """What ``source`` loads, once a process as long as no others come between."""
        return self.once(source, source.load)

    def once(self, what: Any, make: Callable[[], T]) -> T:
        """What ``make`` gives, which ``what`` (see ``identity``) tells from others: once a process, if it is not too
        long ago. For what takes longer to work out than to hold, and is no step of its own."""
        return cast(T, self.store.memory.get(key_of(what), make))

    @contextlib.contextmanager
    def clock(self) -> Iterator[None]:
        """Only the bodies of this count as the step's time, where there are any."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            self._clocked = (self._clocked or 0.0) + time.perf_counter() - begin

    def seconds(self, whole: float) -> float:
        """What to keep as the step's time, which took ``whole`` seconds in all."""
        return whole if self._clocked is None else self._clocked


class Memory:
    """The last products of this process, by their keys."""

    def __init__(self, most: int) -> None:
        self._most, self._kept = most, OrderedDict[Hashable, Any]()

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """What is kept under ``key``, else what ``make`` gives."""
        if key not in self._kept:
            self._kept[key] = make()
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return self._kept[key]

    def drop(self, key: Hashable) -> None:
        """Keep it no longer."""
        self._kept.pop(key, None)

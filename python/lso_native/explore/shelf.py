"""The worlds that a page may enter, each made when the first visitor does, for all."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from lso_native.explore.world import World
from lso_native.study.progress import Progress, Silent

__all__ = ["Book", "Shelf"]

_EVERY = 0.3  # seconds between two notes to who waits


class _Notes(Silent):
    """Progress as one line, for whoever asks."""

    def __init__(self) -> None:
        self.line = "one moment"
        self._stage, self._total = "", 0

    def start(self, stage: str, total: int) -> None:
        """A stage begins."""
        self._stage, self._total = stage, total
        self.line = stage

    def update(self, done: int, note: str = "") -> None:
        """How far it is."""
        after = f", {note}" if note else ""
        self.line = f"{self._stage}: {done + 1} of {self._total}{after}"

    def finish(self, note: str) -> None:
        """It is over."""
        self.line = note


@dataclass(eq=False)
class Book:
    """A world that is made when it is asked for; ``make`` may take minutes, and tells how far it is."""

    title: str
    make: Callable[[Progress], World]
    about: str = ""
    """What making it takes, for who chooses."""
    _notes: _Notes = field(default_factory=_Notes, init=False)
    _made: Future[World] | None = field(default=None, init=False)

    async def get(self, tell: Callable[[str], Awaitable[None]]) -> World:
        """The world; ``tell`` hears how far it is until it is there. Raises what ``make`` does, and tries again when
        asked again."""
        if self._made is None or (self._made.done() and self._made.exception() is not None):
            self._made = Future()
            # A daemon, so that Ctrl-C has not to wait for what is being learned.
            threading.Thread(target=self._make, args=(self._made,), daemon=True).start()
        made = asyncio.wrap_future(self._made)
        while not made.done():
            await tell(self._notes.line)
            await asyncio.wait({made}, timeout=_EVERY)
        return made.result()

    def _make(self, made: Future[World]) -> None:
        try:
            made.set_result(self.make(self._notes))
        except BaseException as error:  # noqa: BLE001 - it is raised where the world is asked for
            made.set_exception(error)


@dataclass(frozen=True)
class Shelf:
    """Worlds by name."""

    books: dict[str, Book]

    @property
    def names(self) -> list[str]:
        """Of all."""
        return list(self.books)

    def told(self) -> list[dict[str, str]]:
        """For a page."""
        return [
            {"name": name, "title": book.title, "about": book.about}
            for name, book in self.books.items()
        ]

    async def get(self, name: str, tell: Callable[[str], Awaitable[None]]) -> World:
        """That of ``name``."""
        return await self.books[name].get(tell)

"""One visitor: what is in hand, walks that are under way, what is kept. Nothing of it is shared."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lso_native.errors import ArgumentError
from lso_native.explore.frames import found_frame, look_frame, walk_frame
from lso_native.explore.messages import Message, frame
from lso_native.explore.recipe import Recipe
from lso_native.explore.shelf import Shelf
from lso_native.explore.tray import FILES, MOST, Kept, Tray
from lso_native.explore.world import World
from lso_native.generate import Descended, GenerateResult

__all__ = ["Pools", "Session"]

_RUNS = 20  # whose samples can still be kept
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pools:
    """Who works for all sessions. A session has one piece of work in each at most, so that all come to their turn."""

    quick: Executor
    """Looks, which take milliseconds."""
    slow: Executor
    """Walks."""


class _Stopped(Exception):
    """The visitor has had enough of a walk."""


@dataclass(eq=False)
class _Run:
    """Walks and, once they have ended, what they came to."""

    number: int
    world: World
    recipe: Recipe
    stop: threading.Event = field(default_factory=threading.Event)
    result: GenerateResult | None = None


class _Latest:
    """Does one thing at a time and, of what is wanted meanwhile, only the latest."""

    def __init__(self, do: Callable[[Any], Awaitable[None]]) -> None:
        self._do = do
        self._wanted: list[Any] = []
        self._task: asyncio.Task[None] | None = None

    def want(self, what: Any) -> None:
        """Do it, unless something else is wanted before its turn."""
        self._wanted = [what]
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._go())

    async def close(self) -> None:
        """Wait for what is being done."""
        self._wanted = []
        if self._task is not None:
            await self._task

    async def _go(self) -> None:
        while self._wanted:
            await self._do(self._wanted.pop())


class Session:
    """Hears a page and answers it through ``send``."""

    def __init__(
        self, send: Callable[[bytes], Awaitable[None]], shelf: Shelf, pools: Pools
    ) -> None:
        self._send, self._shelf, self._pools = send, shelf, pools
        self._world: World | None = None
        self._tray = Tray()
        self._runs: dict[int, _Run] = {}
        self._looks = _Latest(self._look)
        self._walks = _Latest(self._walk)
        self._entering: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Tell what there is to explore."""
        await self._send(frame({"is": "worlds", "worlds": self._shelf.told(), "tray": MOST}))

    async def hear(self, text: str | bytes) -> None:
        """Do what a message says. One that is refused is answered by an error, and nothing else changes."""
        number = None
        try:
            message = Message(text)
            number = message.number
            await _DOES[message.choice("do", _DOES)](self, message)
        except (ValueError, TypeError) as error:
            await self._send(_error(number, error))

    async def close(self) -> None:
        """Stop all work, and wait until it has."""
        self._stop()
        if self._entering is not None:
            self._entering.cancel()
        await self._looks.close()
        await self._walks.close()

    def _stop(self) -> None:
        for run in self._runs.values():
            run.stop.set()

    def _here(self) -> World:
        if self._world is None:
            raise ArgumentError("do", "enter first, and to wait for the world", "no world")
        return self._world

    async def _hear_enter(self, message: Message) -> None:
        name, number = message.choice("world", self._shelf.names), message.number
        message.done()
        self._stop()
        if self._entering is not None:
            self._entering.cancel()
        self._world = None
        self._entering = asyncio.create_task(self._enter(name, number))

    async def _enter(self, name: str, number: int | None) -> None:
        """The world may have to be made first."""

        async def tell(note: str) -> None:
            await self._send(frame({"is": "waiting", "world": name, "text": note}))

        def describe(world: World) -> bytes:
            return frame({"is": "world", "id": number, **world.describe()})

        try:
            world = await self._shelf.get(name, tell)
            answer = await self._in(self._pools.quick, lambda: describe(world))
        except Exception as error:  # noqa: BLE001 - whatever it is, the page is to hear of it
            await self._send(_failed(number, error))
            return
        self._world = world
        await self._send(answer)

    async def _hear_look(self, message: Message) -> None:
        world, number = self._here(), message.number
        question, follow = message.question(world), message.flag("follow")
        with_map, with_more = message.flag("map"), message.flag("more")
        if message.has("drawn"):
            drawn = message.row("drawn", world.network.n_outputs, 0, 1)

            def at() -> Any:
                return world.encode(drawn)
        else:
            latent = message.row("latent", world.network.n_inputs)

            def at() -> Any:
                return latent

        message.done()

        def look() -> bytes:
            seen = (world.follow if follow else world.look)(question, at())
            return look_frame(number, world, seen, with_map, with_more)

        self._looks.want((number, look))

    async def _look(self, job: tuple[int | None, Callable[[], bytes]]) -> None:
        number, look = job
        try:
            answer = await self._in(self._pools.quick, look)
        except Exception as error:  # noqa: BLE001 - as above
            answer = _failed(number, error)
        await self._send(answer)

    async def _hear_walk(self, message: Message) -> None:
        world, number = self._here(), message.number
        recipe = message.recipe(world)
        message.done()
        if number is None:
            raise ArgumentError("id", "a whole number, to keep samples by", "none")
        self._stop()
        self._walks.want(_Run(number, world, recipe))

    async def _walk(self, run: _Run) -> None:
        """Send every descent as soon as it is over, then what all came to."""
        self._runs[run.number] = run
        for old in list(self._runs)[:-_RUNS]:
            del self._runs[old]
        loop = asyncio.get_running_loop()
        frames: asyncio.Queue[bytes | None] = asyncio.Queue()

        def put(each: bytes | None) -> None:
            loop.call_soon_threadsafe(frames.put_nowait, each)

        def watch(descended: Descended) -> None:
            if run.stop.is_set():
                raise _Stopped
            put(walk_frame(run.number, run.world, descended))

        def walk() -> None:
            try:
                run.result = run.recipe.run(watch)
                put(found_frame(run.number, run.result))
            except _Stopped:
                put(frame({"is": "stopped", "id": run.number}))
            except Exception as error:  # noqa: BLE001 - as above
                put(_failed(run.number, error))
            finally:
                put(None)

        work = loop.run_in_executor(self._pools.slow, walk)
        while (each := await frames.get()) is not None:
            await self._send(each)
        await work

    async def _hear_stop(self, message: Message) -> None:
        message.done()
        self._stop()

    async def _hear_keep(self, message: Message) -> None:
        world = self._here()
        if message.has("walk"):
            run = self._runs.get(message.whole("walk", -(2**53), 2**53))
            if run is None or run.result is None:
                raise ArgumentError("walk", "one of the latest, that has ended", "another")
            row = message.whole("row", 0, run.recipe.n - 1)
            found = run.result
            kept = Kept(run.world, found.latents[row], found.samples[row], run.recipe, row)
        else:
            latent = world.codes.clipped(message.row("latent", world.network.n_inputs)[None])
            kept = Kept(world, latent[0], world.network(latent)[0])
        message.done()
        place = self._tray.put(kept)
        header = {"is": "kept", "id": message.number, "item": place, "world": kept.world.name}
        await self._send(frame(header, np.concatenate([kept.latent, kept.sample])))

    async def _hear_drop(self, message: Message) -> None:
        place = message.whole("item", 1, 2**53)
        message.done()
        self._tray.drop(place)

    async def _hear_download(self, message: Message) -> None:
        world, kind = self._here(), message.choice("what", FILES)
        message.done()
        name, content = await self._in(self._pools.quick, lambda: self._tray.file(kind, world))
        header = {"is": "file", "id": message.number, "name": name, "type": FILES[kind]}
        await self._send(frame(header, data=content))

    async def _in(self, pool: Executor, work: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(pool, work)


_DOES: dict[str, Callable[[Session, Message], Awaitable[None]]] = {
    "enter": Session._hear_enter,
    "look": Session._hear_look,
    "walk": Session._hear_walk,
    "stop": Session._hear_stop,
    "keep": Session._hear_keep,
    "drop": Session._hear_drop,
    "download": Session._hear_download,
}
_EXPECTED = (ValueError, TypeError, ImportError, OSError, MemoryError)


def _error(number: int | None, error: Exception) -> bytes:
    return frame({"is": "error", "id": number, "text": " ".join(str(error).split())[:500]})


def _failed(number: int | None, error: Exception) -> bytes:
    """For the page; what nobody expected also for the terminal."""
    if not isinstance(error, _EXPECTED):
        _log.error("work for a page failed", exc_info=error)
    return _error(number, error)

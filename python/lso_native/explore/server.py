"""The server: a few files, and a WebSocket a visitor; for this machine and its own pages alone."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any

from lso_native._checks import check_int
from lso_native.errors import ArgumentError
from lso_native.explore.messages import LARGEST_MESSAGE
from lso_native.explore.pages import HEADERS, read_pages
from lso_native.explore.session import Pools, Session
from lso_native.explore.shelf import Shelf

__all__ = ["Settings", "check_free", "serve"]

HOST = "127.0.0.1"
SOCKET = "/socket"
INSTALL = "install the extra 'explore', as in pip install 'lso_native[explore]'"


@dataclass(frozen=True)
class Settings:
    """How the server serves."""

    port: int = 0
    """0 for one that is free."""
    most_sessions: int = 200
    most_messages: int = 200
    """A session may send in a second; later ones wait."""
    looks: int = 2
    """Threads for looks."""
    walks: int = 2
    """Threads for walks."""

    def __post_init__(self) -> None:
        check_int("port", self.port, minimum=0, maximum=65_535)
        for name in ("most_sessions", "most_messages", "looks", "walks"):
            check_int(name, getattr(self, name))


def check_free(port: int) -> None:
    """Raise ValueError unless ``port`` is free on this machine; 0 always is."""
    try:
        with socket.socket() as trial:
            if os.name == "posix":  # as asyncio does: a port that was just given back is free
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((HOST, port))
    except OSError as error:
        raise ArgumentError("port", "one that is free", f"{port}: {error.strerror}") from error


def serve(
    shelf: Shelf,
    settings: Settings | None = None,
    *,
    ready: Callable[[str], object] | None = None,
    stop: Callable[[Callable[[], None]], object] | None = None,
) -> None:
    """Serve the page of the worlds of ``shelf`` until Ctrl-C, or until what ``stop`` is called with is called, from
    any thread.

    ready : called with the address once it answers.

    Raises ImportError without the extra ``explore``, OSError where the port is taken.
    """
    try:
        websockets: Any = importlib.import_module("websockets.asyncio.server")
    except ModuleNotFoundError as error:
        raise ImportError(f"the page needs websockets: {INSTALL}") from error
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(websockets, shelf, settings or Settings(), ready, stop))


async def _serve(
    websockets: Any,
    shelf: Shelf,
    settings: Settings,
    ready: Callable[[str], object] | None,
    stop: Callable[[Callable[[], None]], object] | None,
) -> None:
    # What comes to nothing before it is a WebSocket, a browser's spare connection for one, is no news.
    quiet = logging.getLogger("lso_native.explore.connections")
    quiet.setLevel(logging.CRITICAL)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    with _pools(settings) as pools:
        door = _Door(shelf, settings, pools)
        async with websockets.serve(
            door.visit,
            HOST,
            settings.port,
            process_request=door.answer,
            compression=None,  # nothing travels far
            max_size=LARGEST_MESSAGE,
            max_queue=32,
            server_header=None,
            close_timeout=2,
            logger=quiet,
        ) as server:
            door.port = server.sockets[0].getsockname()[1]
            if stop is not None:
                stop(partial(_from_any_thread, loop, ended))
            with _interrupted(loop, ended):
                if ready is not None:
                    ready(f"http://{HOST}:{door.port}/")
                await ended.wait()


def _from_any_thread(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    loop.call_soon_threadsafe(event.set)


@contextlib.contextmanager
def _interrupted(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> Iterator[None]:
    """Ctrl-C sets ``ended``, where this thread may hear of signals; else it is left as it is."""
    try:
        loop.add_signal_handler(signal.SIGINT, ended.set)
    except (NotImplementedError, RuntimeError, ValueError):
        yield
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)


@contextlib.contextmanager
def _pools(settings: Settings) -> Iterator[Pools]:
    quick = ThreadPoolExecutor(settings.looks, "looks")
    slow = ThreadPoolExecutor(settings.walks, "walks")
    try:
        yield Pools(quick, slow)
    finally:
        for pool in (quick, slow):
            pool.shutdown(wait=False, cancel_futures=True)


class _Door:
    """Who may come in."""

    def __init__(self, shelf: Shelf, settings: Settings, pools: Pools) -> None:
        self._shelf, self._settings, self._pools = shelf, settings, pools
        self._pages = read_pages()
        self._visitors = 0
        self.port = 0

    @property
    def _hosts(self) -> set[str]:
        """What this machine calls itself. A page whose name was made to lead here (DNS rebinding) sends its own."""
        return {f"{host}:{self.port}" for host in (HOST, "localhost")}

    def answer(self, connection: Any, request: Any) -> Any:
        """The answer to a request; None for a WebSocket that may open."""
        if request.headers.get_all("Host") not in [[host] for host in self._hosts]:
            return self._refused(connection, HTTPStatus.MISDIRECTED_REQUEST, "not for this host")
        if getattr(request, "method", "GET") != "GET":  # older ones let no other pass
            return self._refused(connection, HTTPStatus.METHOD_NOT_ALLOWED, "GET alone")
        path = request.path.partition("?")[0]
        if path == SOCKET:
            return self._refused_socket(connection, request)
        if path not in self._pages:
            return self._refused(connection, HTTPStatus.NOT_FOUND, "no such page")
        kind, content = self._pages[path]
        response = connection.respond(HTTPStatus.OK, "")
        response.body = content
        return _with_headers(response, kind)

    def _refused_socket(self, connection: Any, request: Any) -> Any:
        """Nothing, where the page that wants one is ours and there is room."""
        origins = [[f"http://{host}"] for host in self._hosts]
        if request.headers.get_all("Origin") not in origins:
            return self._refused(connection, HTTPStatus.FORBIDDEN, "not from this page")
        if self._visitors >= self._settings.most_sessions:
            return self._refused(
                connection, HTTPStatus.SERVICE_UNAVAILABLE, "too many pages are open"
            )
        return None

    def _refused(self, connection: Any, status: HTTPStatus, why: str) -> Any:
        return _with_headers(connection.respond(status, f"{why}\n"), "text/plain; charset=utf-8")

    async def visit(self, connection: Any) -> None:
        """One visitor, from coming to going."""
        closed: Any = importlib.import_module("websockets.exceptions").ConnectionClosed

        async def send(data: bytes) -> None:
            with contextlib.suppress(closed):  # whoever has gone hears nothing
                await connection.send(data)

        session = Session(send, self._shelf, self._pools)
        self._visitors += 1
        try:
            await session.open()
            pace = _Pace(self._settings.most_messages)
            with contextlib.suppress(closed):
                while True:
                    text = await connection.recv()
                    await pace.keep()
                    await session.hear(text)
        finally:
            self._visitors -= 1
            await session.close()


class _Pace:
    """So many messages a second; whoever sends more waits, and the network with them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._room = float(most)
        self._last = time.monotonic()

    async def keep(self) -> None:
        """Wait until another message may be heard."""
        now = time.monotonic()
        self._room = min(float(self._most), self._room + (now - self._last) * self._most) - 1
        self._last = now
        if self._room < 0:
            await asyncio.sleep(-self._room / self._most)


def _with_headers(response: Any, kind: str) -> Any:
    for name in ("Content-Type", "Content-Length"):
        del response.headers[name]
    response.headers["Content-Type"] = kind
    response.headers["Content-Length"] = str(len(response.body))
    for name, value in HEADERS.items():
        response.headers[name] = value
    return response

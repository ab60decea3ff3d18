"""A page of tiny models, served from a thread, and a visitor without a browser."""

from __future__ import annotations

import contextlib
import functools
import json
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import lso_native as lso
import numpy as np
from lso_native._typing import Array
from lso_native.explore import Digits, Settings, World, serve
from lso_native.explore.digits import Files
from lso_native.explore.shelf import Book, Shelf
from lso_native.study.progress import Progress
from model_files import SIDE, pictures

LIMIT = 60  # seconds, after which something hangs


@functools.cache
def tiny_models() -> dict[str, Any]:
    """Of images of 4x4 pixels and three classes."""
    X, y = pictures()
    decoder = lso.Autoencoder(2, hidden=(16,), epochs=200, random_state=0).fit(X)
    decoder.prior_ = lso.Mixture(2, random_state=0).fit(decoder.transform(X), y)
    seen = np.concatenate([X, decoder.sample(200, random_state=0)])
    network: dict[str, Any] = {"hidden": (16,), "epochs": 500, "random_state": 0}
    return {
        "decoder": decoder,
        "classifier": lso.Classifier(objective="binary_cross_entropy", **network).fit(X, y),
        "regressor": lso.Regressor(**network).fit(seen, lso.data.attributes(seen)),
    }


def write_tiny(folder: Path) -> dict[str, str]:
    """Their files by kind."""
    files = {kind: str(folder / f"{kind}.safetensors") for kind in tiny_models()}
    for kind, model in tiny_models().items():
        lso.save(model, files[kind])
    return files


def tiny(folder: Path) -> Digits:
    """A world of them."""
    return Digits(**tiny_models(), files=Files(**write_tiny(folder)))


def _there(world: World, _: Progress) -> World:
    return world


@contextlib.contextmanager
def served(*worlds: World, more: dict[str, Book] | None = None, **settings: int) -> Iterator[int]:
    """The port at which ``worlds`` are served, and ``more``."""
    ports: list[int] = []
    ready = threading.Event()
    ends: list[Callable[[], None]] = []

    def tell(address: str) -> None:
        ports.append(int(address.rstrip("/").rpartition(":")[2]))
        ready.set()

    books = {world.name: Book(world.name, functools.partial(_there, world)) for world in worlds}
    books |= more or {}
    options: Any = {"ready": tell, "stop": ends.append}
    thread = threading.Thread(
        target=serve, args=(Shelf(books), Settings(**settings)), kwargs=options
    )
    thread.start()
    try:
        assert ready.wait(LIMIT)
        yield ports[0]
    finally:
        ends[0]()
        thread.join(LIMIT)
        assert not thread.is_alive()


class Heard(NamedTuple):
    """A frame."""

    header: dict[str, Any]
    body: bytes

    @property
    def numbers(self) -> Array:
        return np.frombuffer(self.body, "<f4")


def heard(data: bytes) -> Heard:
    (length,) = struct.unpack_from("<I", data)
    return Heard(json.loads(data[4 : 4 + length]), data[4 + length :])


class Visitor:
    """Says and hears what a page does."""

    def __init__(self, port: int, **headers: str | None) -> None:
        from websockets.sync.client import connect

        options: Any = {"origin": f"http://127.0.0.1:{port}", "max_size": None, **headers}
        self._open = contextlib.ExitStack()
        self.socket = self._open.enter_context(connect(f"ws://127.0.0.1:{port}/socket", **options))
        assert self.hear().header["is"] == "worlds"

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()

    def say(self, text: str | bytes | None = None, /, **message: Any) -> None:
        self.socket.send(json.dumps(message) if text is None else text)

    def hear(self) -> Heard:
        data = self.socket.recv(LIMIT)
        assert isinstance(data, bytes)
        return heard(data)

    def hear_but(self, kind: str) -> Heard:
        """The next frame of another kind."""
        while (frame := self.hear()).header["is"] == kind:
            pass
        return frame

    def until(self, kind: str) -> Heard:
        """The next frame of a kind; those before it are dropped, unless they are errors."""
        while (frame := self.hear()).header["is"] != kind:
            assert frame.header["is"] != "error", frame.header
        return frame

    def ask(self, kind: str, /, **message: Any) -> Heard:
        self.say(**message)
        return self.until(kind)

    def enter(self, world: str = "digits") -> dict[str, Any]:
        return self.ask("world", do="enter", world=world).header

    def walk(self, number: int, **more: Any) -> tuple[list[Heard], Heard]:
        """The descents of a walk, and what they came to."""
        options = {"n": 6, "seed": 0, "start": "anywhere", "ask": QUESTION}
        self.say(**{"do": "walk", "id": number, **options, **more})
        frames = []
        while (frame := self.hear()).header["is"] != "found":
            assert frame.header["is"] == "walk", frame.header
            frames.append(frame)
        return frames, frame


QUESTION = {"label": 0, "numbers": {"width": [2.9, 0.1]}}
PIXELS = SIDE * SIDE

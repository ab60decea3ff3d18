"""A disk that is full after so many bytes, or that fails at some call, for the files of one process in a folder.

What Python writes there through its files goes through here: of a write beyond the last byte what fits is written, and
every later one fails, as the making of a folder does.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Disk:
    """Takes ``left`` bytes, and fails at call number ``at`` of fsync, rename or close, counted from 0."""

    def __init__(self, folder: Path, left: float = float("inf"), at: int = -1) -> None:
        self._folder = os.fspath(folder.resolve())
        self._left, self._at = left, at
        self.written, self.calls = 0, 0

    def patches(self) -> list[tuple[Any, str, Any]]:
        """What it puts in the place of what: a module, a name in it, a function."""
        opened = self._opened(io.open)
        return [
            (builtins, "open", opened),
            (io, "open", opened),
            *(
                (os, name, self._failing(getattr(os, name)))
                for name in ("fsync", "replace", "rename")
            ),
            (os, "mkdir", self._full(os.mkdir)),
        ]

    def install(self) -> None:
        """From now on, in this process."""
        for place, name, function in self.patches():
            setattr(place, name, function)

    def _opened(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def opened(
            file: Any,
            mode: str = "r",
            buffering: int = -1,
            encoding: str | None = None,
            errors: str | None = None,
            newline: str | None = None,
            **rest: Any,
        ) -> Any:
            if not set(mode) & set("wxa+") or not self._holds(file):
                return real(file, mode, buffering, encoding, errors, newline, **rest)
            raw = _File(self, file, mode.replace("b", "").replace("t", ""), **rest)
            stream = (io.BufferedRandom if "+" in mode else io.BufferedWriter)(raw)
            return stream if "b" in mode else io.TextIOWrapper(stream, encoding, errors, newline)

        return opened

    def _holds(self, file: Any) -> bool:
        return (
            not isinstance(file, int) and Path(self._folder) in Path(os.path.realpath(file)).parents
        )

    def take(self, size: int) -> int:
        """How many bytes of so many fit."""
        taken = int(min(size, self._left))
        if size and not taken:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._left -= taken
        self.written += taken
        return taken

    def call(self) -> None:
        """One that may fail."""
        self.calls += 1
        if self.calls - 1 == self._at:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    def _failing(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            self.call()
            return function(*given, **named)

        return call

    def _full(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(path: Any, *given: Any, **named: Any) -> Any:
            if self._left <= 0 and self._holds(path) and not Path(path).exists():
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
            return function(path, *given, **named)

        return call


class _File(io.FileIO):
    """A file on a disk."""

    def __init__(self, disk: Disk, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._disk = disk

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        return super().write(view[: self._disk.take(len(view))])

    def close(self) -> None:
        was_open = not self.closed
        super().close()
        if was_open:
            self._disk.call()

"""What a worker has done and what it is at, for whoever watches it: in a file, so that it outlives a crash."""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path

from fuzz.target import LARGEST

_HEAD = struct.Struct("<QQQQ")


@dataclass(frozen=True)
class Count:
    """How many inputs there were, and how many of them were something valid; of how many kinds the outcomes are."""

    inputs: int = 0
    valid: int = 0
    kinds: int = 0

    def __add__(self, after: Count) -> Count:
        """Of two workers one after the other."""
        kinds = max(self.kinds, after.kinds)
        return Count(self.inputs + after.inputs, self.valid + after.valid, kinds)


class Board:
    """A file of one worker."""

    def __init__(self, path: Path) -> None:
        self.path, size = path, _HEAD.size + LARGEST
        if not path.exists():
            path.write_bytes(bytes(size))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), size)

    def begin(self, count: Count, data: bytes) -> None:
        """An input is about to be looked at."""
        _HEAD.pack_into(self._map, 0, count.inputs, count.valid, count.kinds, len(data))
        self._map[_HEAD.size : _HEAD.size + len(data)] = data

    @property
    def count(self) -> Count:
        """As of the last input that began."""
        return Count(*_HEAD.unpack_from(self._map)[:3])

    @property
    def current(self) -> bytes:
        """The last input that began."""
        length = _HEAD.unpack_from(self._map)[3]
        return self._map[_HEAD.size : _HEAD.size + length]

    def close(self) -> None:
        """Let go of the file."""
        self._map.close()

"""What a process keeps in memory, and for how long."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any


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

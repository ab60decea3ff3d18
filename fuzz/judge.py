"""One input, and whether what came of it is what was promised."""

from __future__ import annotations

import re
import sys
import tracemalloc
import warnings

import numpy as np

from fuzz.target import Target

if sys.platform != "win32":
    import resource


_TOGETHER = 256  # inputs


class TooMuchMemory(Exception):
    """An input took more memory than its size allows."""


def judged(target: Target, data: bytes) -> str:
    """What became of ``data``. Raises what breaks the promise."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # of models whose numbers are strange
        return target.check(data)


def replayed(target: Target, data: bytes) -> str:
    """As ``judged``, with every allocation of Python and NumPy counted, used or not: exact, and slow. Raises
    TooMuchMemory as well."""
    tracemalloc.start()
    try:
        outcome = judged(target, data)
        took = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    constant, factor = target.memory
    if took > constant + factor * len(data):
        raise TooMuchMemory(f"{took:,} bytes of memory for an input of {len(data):,}")
    return outcome


class Memory:
    """Watches how large the process becomes: asking is slow, so some inputs together are held to it."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._recent: list[bytes] = []
        self._largest = largest()

    def note(self, data: bytes) -> None:
        """An input has been judged. Raises TooMuchMemory where it, or one just before it, took too much."""
        self._recent.append(data)
        if len(self._recent) < _TOGETHER:
            return
        if largest() > self._largest + self.target.memory[0]:
            for each in self._recent:
                replayed(self.target, each)
        self._largest = largest()
        self._recent.clear()


def told(error: Exception, kinds: tuple[type[Exception], ...] = (ValueError,)) -> str:
    """What an ``error`` says, which must be of one of ``kinds``, no other of them, and a line that says what was
    expected."""
    text = str(error)
    assert type(error) in kinds, repr(error)
    assert "expected " in text, text
    assert len(text) < 1000, text
    return text


def kind_of(outcome: str) -> str:
    """What it has in common with others: the words before what was given, without names and numbers."""
    return re.sub(r"'[^']*'|[0-9.]+", "", outcome.partition(", got")[0])[:80]


def largest() -> int:
    """The most bytes that the process has ever had in memory, 0 where the system does not tell."""
    if sys.platform == "win32":
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most

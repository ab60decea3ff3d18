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


class TooMuchMemory(Exception):
    """An input took more memory than its size allows."""


def judged(target: Target, data: bytes) -> str:
    """What became of ``data``. Raises what breaks the promise: TooMuchMemory where the process has never been so large
    and grew by too much of it."""
    before = _largest()
    outcome = _checked(target, data)
    _hold(target, data, _largest() - before)
    return outcome


def replayed(target: Target, data: bytes) -> str:
    """As ``judged``, with every allocation of Python and NumPy counted, used or not: exact, and slow."""
    tracemalloc.start()
    try:
        outcome = _checked(target, data)
        _hold(target, data, tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()
    return outcome


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


def _checked(target: Target, data: bytes) -> str:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # of models whose numbers are strange
        return target.check(data)


def _largest() -> int:
    """The most bytes that the process has ever had in memory, 0 where the system does not tell."""
    if sys.platform == "win32":
        return 0
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest if sys.platform == "darwin" else 1024 * largest


def _hold(target: Target, data: bytes, took: int) -> None:
    constant, factor = target.memory
    if took > constant + factor * len(data):
        raise TooMuchMemory(f"{took:,} bytes of memory for an input of {len(data):,}")

"""A worker: inputs one after the other until one breaks the promise, which ends the process."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from enum import Enum, auto
from pathlib import Path

from fuzz.board import Board, Count
from fuzz.judge import Memory, judged, kind_of
from fuzz.target import FOLDER, LARGEST, Target, corpus, target

_POOL = 4096  # inputs of each sort to make others of


class Sort(Enum):
    """What an input led to: something valid, an error of a new kind, or of a known one."""

    VALID = auto()
    NEW = auto()
    KNOWN = auto()


class Worker:
    """A target, and what was seen of it."""

    def __init__(self, target: Target, board: Board) -> None:
        self.target, self.board = target, board
        self.count = Count()
        self._kinds: set[str] = set()
        self._memory = Memory(target)

    def look(self, data: bytes) -> Sort:
        """Judge an input. Raises what is a finding."""
        self.count += Count(1, 0, len(self._kinds))
        self.board.begin(self.count, data)
        outcome = judged(self.target, data)
        self._memory.note(data)
        if not outcome:
            self.count += Count(0, 1)
            return Sort.VALID
        before = len(self._kinds)
        self._kinds.add(kind_of(outcome))
        return Sort.NEW if len(self._kinds) > before else Sort.KNOWN

    def done(self) -> None:
        """Leave the last count."""
        self.board.begin(self.count, b"")


def plain(name: str, board: Board, seed: int, inputs: int, seconds: float) -> None:
    """Inputs made of the corpus, and of those that led to something new."""
    chosen, draw = target(name), random.Random(seed)
    worker, end = Worker(chosen, board), time.monotonic() + seconds
    valid: list[bytes] = []
    new: list[bytes] = []
    given = corpus(name)
    while worker.count.inputs < inputs and time.monotonic() < end:
        # What is wrong with an input hides what else a change of it would do: so most are made of valid ones.
        pool = new if new and draw.random() < 0.2 else valid
        data = given.pop() if given else chosen.mutate(draw.choice(pool), draw)
        if len(data) > LARGEST:
            continue
        sort = worker.look(data)
        if sort is not Sort.KNOWN:
            pool = valid if sort is Sort.VALID else new
            pool.append(data)
            if len(pool) > _POOL:
                pool.pop(draw.randrange(len(pool)))
    worker.done()


def guided(name: str, board: Board, seed: int, inputs: int, seconds: float) -> None:
    """The same by atheris, which keeps what reaches new lines of the package. Ends the process."""
    import atheris

    with atheris.instrument_imports(include=["lso_native"]):
        chosen = target(name)
    worker, draw, end = Worker(chosen, board), random.Random(), time.monotonic() + seconds

    def mutate(data: bytes, largest: int, seed: int) -> bytes:
        draw.seed(seed)
        made = chosen.mutate(data, draw)
        return made if len(made) <= largest else data

    def look(data: bytes) -> None:
        worker.look(data)
        if worker.count.inputs >= inputs or time.monotonic() >= end:
            os._exit(0)  # atheris' own end may wait for ever

    options = [f"-seed={seed + 1}", f"-max_len={LARGEST}", "-verbosity=0"]
    new = board.path.with_suffix(".new")  # takes what atheris finds
    new.mkdir()
    folders = [str(new), str(FOLDER / "corpus" / name)]
    atheris.Setup(["fuzz", *options, *folders], look, custom_mutator=mutate)
    atheris.Fuzz()


ENGINES: dict[str, Callable[[str, Board, int, int, float], None]] = {
    "plain": plain,
    "atheris": guided,
}


def main(name: str, engine: str, path: str, seed: int, inputs: int, seconds: float) -> None:
    """What the watcher starts."""
    ENGINES[engine](name, Board(Path(path)), seed, inputs, seconds)

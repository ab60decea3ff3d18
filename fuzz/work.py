"""A worker: inputs one after the other until one breaks the promise, which ends the process."""

from __future__ import annotations

import math
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from fuzz.board import Board, Count
from fuzz.judge import judged, kind_of
from fuzz.target import FOLDER, LARGEST, Target, corpus, target

_POOL = 4096  # inputs to make others of


class Worker:
    """A target, and what was seen of it."""

    def __init__(self, target: Target, board: Board) -> None:
        self.target, self.board = target, board
        self.count = Count()
        self._kinds: set[str] = set()

    def look(self, data: bytes) -> bool:
        """Judge an input: whether it led to an outcome of a new kind. Raises what is a finding."""
        self.count += Count(1, 0, len(self._kinds))
        self.board.begin(self.count, data)
        outcome, before = judged(self.target, data), len(self._kinds)
        self.count += Count(0, int(not outcome))
        self._kinds.add(kind_of(outcome))
        return len(self._kinds) > before

    def done(self) -> None:
        """Leave the last count."""
        self.board.begin(self.count, b"")


def plain(name: str, board: Board, seed: int, inputs: int, seconds: float) -> None:
    """Inputs made of the corpus, and of those that led to something new."""
    chosen, draw = target(name), random.Random(seed)
    worker, pool = Worker(chosen, board), corpus(name)
    end = time.monotonic() + seconds
    for data in pool[:inputs]:
        worker.look(data)
    while worker.count.inputs < inputs and time.monotonic() < end:
        data = chosen.mutate(draw.choice(pool), draw)
        if len(data) <= LARGEST and worker.look(data):
            pool.append(data)
            if len(pool) > _POOL:
                pool.pop(draw.randrange(len(pool)))
    worker.done()


def guided(name: str, board: Board, seed: int, inputs: int, seconds: float) -> None:
    """The same by atheris, which keeps what reaches new lines of the package. Ends the process."""
    import atheris

    with atheris.instrument_imports(include=["lso_native"]):
        chosen = target(name)
    worker, draw = Worker(chosen, board), random.Random()

    def mutate(data: bytes, largest: int, seed: int) -> bytes:
        draw.seed(seed)
        made = chosen.mutate(data, draw)
        return made if len(made) <= largest else data

    def look(data: bytes) -> None:
        worker.look(data)
        if worker.count.inputs >= inputs:
            raise SystemExit(0)

    limit = 0 if math.isinf(seconds) else math.ceil(seconds)
    options = [f"-max_total_time={limit}", f"-seed={seed + 1}", f"-max_len={LARGEST}"]
    with tempfile.TemporaryDirectory() as new:  # the first folder takes what atheris finds
        folders = [new, str(FOLDER / "corpus" / name)]
        atheris.Setup(["fuzz", *options, *folders], look, custom_mutator=mutate)
        atheris.Fuzz()


ENGINES: dict[str, Callable[[str, Board, int, int, float], None]] = {
    "plain": plain,
    "atheris": guided,
}


def main(name: str, engine: str, path: str, seed: int, inputs: int, seconds: float) -> None:
    """What the watcher starts."""
    ENGINES[engine](name, Board(Path(path)), seed, inputs, seconds)

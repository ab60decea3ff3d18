"""Small steps for the tests of stores and runners; here, so that other processes can import them."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from lso_native._typing import Float64Array
from lso_native.study.step import Facts, FactsStep, Step, Work


@dataclass(frozen=True)
class Numbers(Step[Float64Array]):
    """``n`` numbers from ``seed``."""

    n: int = 10
    seed: int = 0
    note: str = field(default="", compare=False)

    def make(self, work: Work) -> Float64Array:
        work.progress.start(self.title, self.n)
        with (work.folder.parent / "made.txt").open("a") as log:
            log.write(f"{self.title} {self.seed}\n")
        return np.random.default_rng(self.seed).random(self.n)

    def save(self, made: Float64Array, folder: Path) -> None:
        np.save(folder / "numbers.npy", made)

    def load(self, folder: Path) -> Float64Array:
        found: Float64Array = np.load(folder / "numbers.npy")
        return found


@dataclass(frozen=True)
class Total(FactsStep):
    """The sum of others, after some time."""

    name: str
    of: tuple[Step[Float64Array], ...]
    seconds: float = field(default=0.0, compare=False)
    kill: str = field(default="", compare=False)
    """A file: the first process that finds it removes it, and dies."""

    def make(self, work: Work) -> Facts:
        if self.kill and Path(self.kill).exists():
            Path(self.kill).unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(self.seconds)
        return {"total": float(sum(work.get(each).sum() for each in self.of))}


def made(folder: Path) -> list[str]:
    """What ``Numbers`` were made beside the store in ``folder``."""
    log = folder / "made.txt"
    return sorted(log.read_text().splitlines()) if log.exists() else []

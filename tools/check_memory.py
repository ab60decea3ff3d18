"""Memory that stays: the resident size while one thing is done again and again, which is not to grow.

    python tools/check_memory.py                 # a million starts, 100,000 networks, ...: some minutes
    python tools/check_memory.py --share 0.01    # a hundredth of it

The first tenth of the rounds warms up; after each other tenth the size is compared with the one then. Linux only.
"""

from __future__ import annotations

import argparse
import gc
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lso_native as lso
import numpy as np

MOST = 1.0  # MiB of growth: what the allocator and the interpreter keep at random
DECODER = lso.Network([5, 32, 40], random_state=0)
PREDICTOR = lso.Network([40, 16, 3], random_state=1)
MODEL = DECODER >> PREDICTOR
STARTS = lso.normal((1_000, 5), random_state=2)
SAMPLES = DECODER(STARTS)
LABELS = np.arange(1_000) % 3


def resident() -> float:
    """MiB of this process that are in memory."""
    gc.collect()
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    (line,) = (line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def growth(round_of: Callable[[], object], rounds: int) -> tuple[float, float]:
    """The size after a tenth of the rounds, and how much larger it is at most after another tenth."""
    tenth, begin, most = max(1, rounds // 10), 0.0, 0.0
    for part in range(10):
        for _ in range(tenth):
            round_of()
        if part == 0:
            begin = most = resident()
        most = max(most, resident())
    return begin, most - begin


def optimize() -> object:
    """A thousand starts."""
    return lso.optimize(MODEL, [1, 0, 0], starts=STARTS, max_iterations=5, threads=1)


def call() -> object:
    """A forward pass, a gradient and draws."""
    lso.normal((100, 5), random_state=3)
    return MODEL.input_gradient(STARTS[:100], MODEL(STARTS[:100]))


def make() -> object:
    """Two networks and what they are together."""
    first = lso.Network([5, 8, 6], random_state=0)
    return first >> lso.Network([6, 3], random_state=1)


def fit() -> object:
    """A classifier."""
    settings = lso.Classifier(hidden=(8,), epochs=1, random_state=0, threads=1)
    return settings.fit(SAMPLES, LABELS)


def fail() -> None:
    """An argument that is refused, and an exception of a function inside a run."""

    def broken(values: Any) -> Any:
        raise LookupError(str(values))

    for wrong in (PREDICTOR, lso.Problem(DECODER, lso.Branch(lso.Function(broken)))):
        try:
            lso.optimize(wrong, starts=STARTS[:9])
        except (ValueError, TypeError, LookupError):
            continue
        raise AssertionError("nothing was raised")


def start_threads() -> None:
    """Three of the engine's and one of Python's."""
    other = threading.Thread(target=lambda: MODEL(STARTS[:64]))
    other.start()
    MODEL(STARTS, threads=4)
    other.join()


def learn() -> object:
    """A learner that goes forward, backward and a step."""
    learner = lso.Learner(DECODER, average=0.5)
    learner.learn(learner.forward(STARTS[:64]))
    learner.step()
    return learner.averaged


def save_and_load() -> None:
    """A file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "network.safetensors")
        lso.save(MODEL, path)
        lso.load(path)


WORK: dict[str, tuple[int, Callable[[], object]]] = {
    "a thousand starts": (1_000, optimize),
    "calls": (10_000, call),
    "networks": (100_000, make),
    "fits": (1_000, fit),
    "exceptions": (10_000, fail),
    "threads": (2_500, start_threads),
    "learners": (10_000, learn),
    "files": (1_000, save_and_load),
}


def main() -> None:
    """A line each, and status 1 where one grew."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--share", type=float, default=1.0, help="of the rounds")
    share = parser.parse_args().share
    grew = []
    for name, (rounds, round_of) in WORK.items():
        n = max(10, int(share * rounds))
        begin, more = growth(round_of, n)
        print(f"{n:7,} x {name:18} {begin:7.1f} MiB, then {more:+.1f}", flush=True)
        if more > MOST:
            grew.append(name)
    print(f"{len(WORK)} kinds of work: {len(grew)} grew by more than {MOST} MiB", *grew, sep="\n  ")
    raise SystemExit(bool(grew))


if __name__ == "__main__":
    main()

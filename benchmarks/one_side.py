"""One side alone on some starts, in a process of its own: time, and memory that nobody else used."""

from __future__ import annotations

import json
import resource
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import peers
from benchmarks.peers.base import OURS
from benchmarks.peers.ours import Ours
from benchmarks.problems import chain_descent

ITERATIONS = 20
ITERATIONS_OF_MANY = 3
MANY = 100_000  # starts, above which there are fewer iterations
KIB_PER_UNIT = 1 if sys.platform != "darwin" else 1 / 1024  # of ru_maxrss


def measure(side: str, peer: str, size: int) -> dict[str, Any]:
    """Seconds per start and iteration, peak memory, and its growth over what imports and data take."""
    implementation: Any = Ours(1) if side == OURS else peers.load([peer], 1)[0][0]
    problem = chain_descent(size)
    before = _peak_mib()
    run = implementation.descents(problem)[side]
    iterations = ITERATIONS if size <= MANY else ITERATIONS_OF_MANY
    run(iterations)
    seconds = []
    for _ in range(3 if size <= 10_000 else 1):
        begin = time.perf_counter()
        run(iterations)
        seconds.append((time.perf_counter() - begin) / (iterations * size))
    peak = _peak_mib()
    median = [statistics.median(seconds)]
    return {"seconds": median, "peak_mib": peak, "growth_mib": peak - before}


def _peak_mib() -> float:
    status = Path("/proc/self/status")
    if status.is_file():  # there ru_maxrss begins with that of the parent
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB_PER_UNIT / 1024


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], sys.argv[2], int(sys.argv[3]))))

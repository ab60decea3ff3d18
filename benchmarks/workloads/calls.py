"""What it costs to import the package, to have it installed, and to call it once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import lso_native as lso
import numpy as np

from benchmarks.measure import Task, alternate
from benchmarks.rows import Context, Row

IMPORTS = 5


def overhead(context: Context) -> Iterator[Row]:
    """Three rows; the package's size is a fact of the first."""
    modules = {"ours": "import lso_native", "numpy": "import numpy", "python alone": "pass"}
    times: dict[str, list[float]] = {name: [] for name in modules}
    for _ in range(2 if context.quick else IMPORTS):
        for name, statement in modules.items():
            times[name].append(_import_seconds(statement))
    folder = Path(lso.__file__).parent
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.suffix != ".pyc")
    yield Row("calls/import", "import", "run", times, facts={"package_bytes": size})

    network = lso.Network([2, 2], random_state=0)
    row = np.zeros((1, 2), np.float32)
    chain = network._chain
    tasks = {
        "ours": Task(lambda: chain.forward(row, 1)),
        "ours, public call": Task(lambda: network(row)),
    }
    yield Row("calls/forward", "a row through 2-2", "run", alternate(tasks, context.rounds))


def _import_seconds(statement: str) -> float:
    code = f"import time; b = time.perf_counter(); {statement}; print(time.perf_counter() - b)"
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, text=True
    )
    return float(done.stdout)

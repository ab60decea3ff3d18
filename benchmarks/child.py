"""One setting of threads: every workload in this process, the results in a file after each row."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any


def main(request: dict[str, Any]) -> int:
    """Run ``request``: workloads, peers, threads (1 or None), quick, data_dir, out. 1 on a mismatch."""
    if request["threads"] == 1 and hasattr(os, "sched_setaffinity"):
        # Before any import: XLA counts the cores once.
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    from lso_native import _core

    from benchmarks import machine, peers
    from benchmarks.peers.ours import Ours
    from benchmarks.rows import Context, Mismatch, tell
    from benchmarks.workloads import WORKLOADS

    threads = request["threads"]
    sides, missing = peers.load(request["peers"], threads)
    result: dict[str, Any] = {
        "machine": machine.describe(),
        "missing": {**request["missing"], **missing},
        "peaks": [],
        "rows": {},
        "failures": {},
        "seconds": {},
    }
    result["machine"]["versions"] |= {side.name: side.version for side in sides}
    out = Path(request["out"])
    context = Context(Ours(threads), tuple(sides), threads, request["quick"], request["data_dir"])
    for side, why in result["missing"].items():
        tell(f"{side} is left out: {why}")
    for name in request["workloads"]:
        tell(f"{name}, {'one thread' if threads == 1 else 'all threads'}")
        begin = time.perf_counter()
        result["peaks"].append(machine.fma_peak(_core.processors()))
        try:
            for row in WORKLOADS[name](context):
                result["rows"][row.name] = row.plain()
                write_json(out, result)
                tell(f"  {row.title}: " + _medians(row.times))
        except (Mismatch, ImportError) as error:
            result["failures"][name] = f"{type(error).__name__}: {error}"
            tell(f"  failed: {result['failures'][name]}")
        result["seconds"][name] = time.perf_counter() - begin
        write_json(out, result)
    return 1 if result["failures"] else 0


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Whole or not at all."""
    beside = path.with_suffix(".part")
    beside.write_text(json.dumps(content, indent=2) + "\n")
    beside.replace(path)


def _medians(times: dict[str, list[float]]) -> str:
    from statistics import median

    return ", ".join(f"{side} {median(t) * 1e6:,.1f} µs" for side, t in times.items())


if __name__ == "__main__":
    try:
        sys.exit(main(json.loads(sys.argv[1])))
    except KeyboardInterrupt:
        sys.exit(130)

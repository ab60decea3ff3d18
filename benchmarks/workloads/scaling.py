"""Cost per start and peak memory from 100 to 1,000,000 starts, each size and side in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from benchmarks.machine import environment
from benchmarks.peers.base import OURS
from benchmarks.rows import Context, Row, tell

SIDES = {OURS: "", "numpy": "numpy", "torch eager": "torch", "jax loop": "jax"}
SIZES = (100, 1_000, 10_000, 100_000, 1_000_000)
QUICK_SIZES = (100, 10_000)
MOST_OF_PEERS = 100_000  # they hold every layer of all starts: gigabytes at a million


def starts(context: Context) -> Iterator[Row]:
    """One row a size; times are per start and iteration."""
    available = {OURS, *(peer.name for peer in context.peers)}
    wanted = [s for s in SIDES if s in available or SIDES[s] in available]
    for size in QUICK_SIZES if context.quick else SIZES:
        row = Row(f"scaling/{size}", f"{size:,} starts", "start and iteration", {})
        row.facts = {"starts": size, "peak_mib": {}, "growth_mib": {}}
        for side in wanted:
            if side != OURS and size > MOST_OF_PEERS:
                continue
            found = _in_child(side, size)
            row.times[side] = found["seconds"]
            for fact in ("peak_mib", "growth_mib"):
                row.facts[fact][side] = found[fact]
            tell(f"  {size:,} starts, {side}: {found['peak_mib']:.0f} MiB at most")
        yield row


def _in_child(side: str, size: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.one_side", side, SIDES[side], str(size)]
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, env=environment("1")
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found

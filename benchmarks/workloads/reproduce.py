"""How long ``lso reproduce`` takes on the embedded digits, a process of its own."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

from benchmarks.machine import environment
from benchmarks.peers.base import OURS
from benchmarks.rows import Context, Row

COMMAND = "from lso_native.cli import main; main()"


def whole(context: Context) -> Iterator[Row]:
    """One run, on one core where the setting is of one thread; in a quick one a single system and few digits."""
    few = ["--samples", "10", "--systems", "input-optimization"] if context.quick else []
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-c",
            COMMAND,
            "reproduce",
            "--threads",
            "1",
            "--out",
            folder,
            *few,
        ]
        begin = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment("1"))
        seconds = time.perf_counter() - begin
    yield Row("reproduce", "lso reproduce, embedded", "run", {OURS: [seconds]})

"""Who watches a worker: says how far it is, and keeps the input that ended it."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from fuzz.board import Board, Count

_TELL = 10.0  # seconds from one line to the next
_STALL = 120.0  # and without a new input, after which an input hangs


@dataclass(frozen=True)
class Run:
    """What to do: by which engine, from which seed, how many inputs and for how long at most, and where findings go."""

    target: str
    engine: str = "plain"
    seed: int = 0
    inputs: int = 2**63
    seconds: float = 60.0
    findings: Path = Path("fuzz-findings")
    keep_going: bool = False


def watch(run: Run) -> int:
    """Do it: how many findings there were."""
    begin, found, before = time.monotonic(), 0, Count()
    with tempfile.TemporaryDirectory() as folder:
        while True:
            left = run.seconds - (time.monotonic() - begin)
            board = Path(folder) / f"{found}"
            count, finding, why = _one(run, board, run.seed + found, before, left, begin)
            before += count
            _tell(run, before, begin)
            if finding is None:
                return found
            found += 1
            _keep(run, finding, why)
            if not run.keep_going or before.inputs >= run.inputs or left <= 0:
                return found


def command(run: Run, board: Path, seed: int, inputs: int, seconds: float) -> list[str]:
    """What starts a worker."""
    call = (run.target, run.engine, str(board), seed, inputs, seconds)
    return [sys.executable, "-c", f"from fuzz.work import main; inf = float('inf'); main{call}"]


def _one(
    run: Run, path: Path, seed: int, before: Count, seconds: float, begin: float
) -> tuple[Count, bytes | None, str]:
    """A worker until it ends: what it counted, and the input that ended it, and how, where it was one."""
    board = Board(path)
    worker = subprocess.Popen(command(run, path, seed, run.inputs - before.inputs, seconds))
    told = moved = time.monotonic()
    last, why = Count(), ""
    try:
        while worker.poll() is None:
            time.sleep(0.05)
            now = time.monotonic()
            if board.count.inputs != last.inputs:
                last, moved = board.count, now
            if now - told > _TELL:
                told = now
                _tell(run, before + last, begin)
            if now - moved > _STALL:
                why = f"nothing came of it in {_STALL:g} s"
                worker.kill()
    except KeyboardInterrupt:
        worker.kill()
        worker.wait()
        return board.count, None, ""
    finally:
        count, data = board.count, board.current
        board.close()
    if worker.returncode == 0:
        return count, None, ""
    return count, data, why or f"the worker ended with {worker.returncode}"


def _tell(run: Run, count: Count, begin: float) -> None:
    took = time.monotonic() - begin
    share = 100 * count.valid / max(count.inputs, 1)
    print(
        f"{run.target}: {count.inputs:,} inputs in {took:,.0f} s, {count.inputs / took:,.0f} a second; "
        f"{share:.1f}% valid, outcomes of {count.kinds} kinds",
        flush=True,
    )


def _keep(run: Run, data: bytes, why: str) -> None:
    run.findings.mkdir(parents=True, exist_ok=True)
    path = run.findings / f"{run.target}-{hashlib.sha256(data).hexdigest()[:12]}"
    path.write_bytes(data)
    print(f"found: {why}. Again: python -m fuzz {run.target} --replay {path}", flush=True)

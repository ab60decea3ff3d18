"""Memory that stays where one thing is done again and again: a hundredth of tools/check_memory.py."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOL = runpy.run_path(str(ROOT / "tools" / "check_memory.py"))

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or "LD_PRELOAD" in os.environ,
    reason="Linux tells the resident size; a sanitizer's allocator keeps what is freed",
)


def test_memory_stays() -> None:
    command = [sys.executable, "tools/check_memory.py", "--share", "0.01"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(TOOL['WORK'])} kinds of work: 0 grew" in done.stdout


KEEPING = """
import runpy
tool = runpy.run_path("tools/check_memory.py")
kept = []
_, more = tool["growth"](lambda: kept.append(bytearray(b"x" * 2**20)), 20)
raise SystemExit(more <= tool["MOST"])
"""


def test_what_is_kept_is_seen() -> None:
    # in a process of its own, since others' freed memory would take it in
    assert subprocess.run([sys.executable, "-c", KEEPING], cwd=ROOT, timeout=300).returncode == 0

"""Runs a script in a process of its own and presses Ctrl-C there."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

LIMIT = 60  # seconds; the scripts would run for years, so an end at all is what is tested


def interrupt(script: str, *, returncode: int = 0) -> list[str]:
    """Send SIGINT a moment after the script's first line; returns the lines that follow it.

    The script is to end with `returncode`.
    """
    if sys.platform == "win32":
        pytest.skip("SIGINT cannot be sent to one process there")
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        if first:
            time.sleep(0.2)
            process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=LIMIT)
    finally:
        process.kill()
        process.wait()
    assert first == "running\n", errors
    assert process.returncode == returncode, errors
    return output.splitlines()

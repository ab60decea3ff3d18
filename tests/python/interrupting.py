"""Runs a script in a process of its own and presses Ctrl-C there."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

LIMIT = 60  # seconds; the scripts would run for years, so an end at all is what is tested


def listening(command: list[str]) -> subprocess.Popen[str]:
    """Start ``command`` so that it hears SIGINT even where this process was told to ignore it."""
    # A handler of ours becomes the system's in the child, where what is ignored stays so. To set it there would take a
    # fork, which JAX, if it is loaded, warns of.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    finally:
        signal.signal(signal.SIGINT, before)


def end(process: subprocess.Popen[str]) -> None:
    """Make sure that it is over, and close its pipes."""
    process.kill()
    process.communicate()


def interrupt(script: str, *, returncode: int = 0) -> list[str]:
    """Send SIGINT a moment after the script's first line; returns the lines that follow it.

    The script is to end with `returncode`.
    """
    if sys.platform == "win32":
        pytest.skip("SIGINT cannot be sent to one process there")
    process = listening([sys.executable, "-W", "error", "-c", script])
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        if first:
            time.sleep(0.2)
            process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=LIMIT)
    finally:
        end(process)
    assert first == "running\n", errors
    assert process.returncode == returncode, errors
    return output.splitlines()

"""Ctrl-C at random moments of many kinds of calls: how much processor time passes until the call has ended.

Processor time, of all its threads, and not the clock's, since what else runs on the machine is not the call's.
"""

from __future__ import annotations

import random
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass

from trust.calls import CALLS
from trust.commands import clock

_CHILD = """
import os, sys, time
def tell(what):
    os.write(1, f"{what} {time.process_time()}\\n".encode())  # at once: no line that Ctrl-C cuts
try:
    exec(sys.argv[1], globals())
    tell("running")
    exec(sys.argv[2], globals())
    tell("whole")
except KeyboardInterrupt:
    tell("interrupted")
sys.stdin.read()  # it stays, so that its clock can be read
"""


@dataclass(frozen=True)
class Stop:
    """One Ctrl-C, ``at`` so many seconds of the call's processor time, and how many later the call had ended.

    ``wall`` are those of the clock; ``after`` is None where the call had ended before.
    """

    name: str
    at: float
    after: float | None
    wall: float


class Call:
    """One of CALLS in a process of its own, from its first moment on."""

    def __init__(self, name: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _CHILD, *CALLS[name]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._begin = self._told("running")

    def _told(self, *expected: str) -> float:
        assert self._process.stdout is not None
        words = self._process.stdout.readline().split()
        if not words or words[0] not in expected:
            raise RuntimeError(f"a call ended with {words} instead of {expected}")
        return float(words[1])

    def now(self) -> float:
        """How much processor time it has had."""
        return clock(self._process) - self._begin

    def has_ended(self) -> bool:
        """Whether it is over, a hundredth of a second from now."""
        assert self._process.stdout is not None
        return bool(select.select([self._process.stdout], [], [], 0.01)[0])

    def interrupt(self) -> None:
        """Press Ctrl-C there."""
        self._process.send_signal(signal.SIGINT)

    def end(self) -> float:
        """Wait until it is over, and give how much processor time it had."""
        return self._told("whole", "interrupted") - self._begin

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()


def length(name: str, most: float) -> float:
    """The processor time that a call takes, or ``most``."""
    call = Call(name)
    try:
        while call.now() < most:
            if call.has_ended():
                return call.end()
        return most
    finally:
        call.close()


def stop(name: str, at: float) -> Stop:
    """Press Ctrl-C when the call has had ``at`` seconds of processor time."""
    call = Call(name)
    try:
        while call.now() < at and not call.has_ended():
            pass
        pressed, moment = time.monotonic(), call.now()
        call.interrupt()
        after = call.end() - moment
        return Stop(name, moment, after if after > 0 else None, time.monotonic() - pressed)
    finally:
        call.close()


def strike(times: int, moments: random.Random, longest: float, only: str = "") -> list[Stop]:
    """So many Ctrl-C, the same number in each call whose name holds ``only``, and some that the rest falls to."""
    names = [name for name in CALLS if only in name]
    rounds = [names] * (times // len(names)) + [moments.sample(names, times % len(names))]
    lengths: dict[str, float] = {}
    stops: list[Stop] = []
    for name in (name for each in rounds for name in each):
        whole = lengths.setdefault(name, 0) or length(name, longest)
        lengths[name] = whole
        stops.append(stop(name, moments.uniform(0, whole)))
        print(told(stops[-1], whole), flush=True)
    return stops


def told(stop: Stop, whole: float) -> str:
    """A line."""
    after = "it had ended" if stop.after is None else f"{stop.after:.2f} s (clock {stop.wall:.2f})"
    return f"{stop.name}, at {stop.at:.1f} of {whole:.1f} s: {after}"

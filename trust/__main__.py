"""Whether nothing is lost and everything stops: kills, full disks and Ctrl-C at random moments. Linux alone.

    python -m trust kills [--times 200]       # of lso reproduce, train and generate
    python -m trust disks [--times 50]        # full after a random byte, and as many that fail at a call
    python -m trust interrupts [--times 60]   # of many kinds of calls, the slowest in processor time

Each ends with 1 where something is not as it should be.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from trust.commands import COMMANDS, prepare
from trust.disks import fill
from trust.interrupts import strike
from trust.kills import kill
from trust.trial import Trial

Moments = random.Random


def tried(times: int, some: Callable[[Trial, int], str]) -> list[str]:
    """Of each command its share of so many trials; gives what was wrong."""
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder))
        for number, command in enumerate(COMMANDS):
            trial = Trial(command, Path(folder))
            share = (times + number) // len(COMMANDS)
            print(f"{command.name}: {some(trial, share)}; {trial.compared} files compared")
            wrong += [f"{command.name}: {each}" for each in trial.wrong]
    return wrong


def kills(times: int, moments: Moments) -> list[str]:
    """SIGKILL, again and again."""
    return tried(times, lambda trial, n: f"{n} kills in {kill(trial, n, moments)} runs")


def disks(times: int, moments: Moments) -> list[str]:
    """A disk that is full after a random byte, and one that fails at a random call."""

    def some(trial: Trial, n: int) -> str:
        full, broken = fill(trial, n, moments), fill(trial, n, moments, calls=True)
        return f"{n} full disks, {full} of them told, and {n} failing calls, {broken} told"

    return tried(times, some)


def interrupts(times: int, moments: Moments) -> list[str]:
    """SIGINT; what takes a second of processor time to stop is wrong."""
    stops = strike(times, moments, longest=8.0)
    in_time = [stop for stop in stops if stop.after is not None]
    print(f"{len(in_time)} of {len(stops)} in time")
    if in_time:
        slowest = max(in_time, key=lambda stop: stop.after or 0)
        print(f"the slowest {slowest.after:.2f} s: {slowest.name}")
    return [f"{stop.name}: {stop.after:.2f} s" for stop in in_time if (stop.after or 0) >= 1]


KINDS = {"kills": (kills, 200), "disks": (disks, 50), "interrupts": (interrupts, 60)}


def main(argv: Sequence[str] | None = None) -> int:
    """One of them."""
    parser = argparse.ArgumentParser(
        prog="python -m trust",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--times", type=int, help="how many")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    arguments = parser.parse_args(argv)
    check, times = KINDS[arguments.kind]
    times = times if arguments.times is None else arguments.times
    if times < 1:
        parser.error(f"argument --times: expected at least 1, got {times}")
    wrong = check(times, Moments(arguments.seed))
    print(f"{len(wrong)} wrong", *wrong, sep="\n  ")
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main())

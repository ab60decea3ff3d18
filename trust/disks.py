"""Commands on disks that are full after a random byte, or fail at a random call.

Each must end with one line that says so, leave nothing half written, lose nothing, and come to the same bytes when
there is room again.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

from trust.trial import Trial

_ROOT = Path(__file__).parents[1]
_BEFORE = """
import atexit, pathlib, sys
sys.path.insert(0, {root!r})
from trust.full_disk import Disk
disk = Disk(pathlib.Path({folder!r}), {left}, {at})
disk.install()
atexit.register(lambda: print("used", disk.written, disk.calls, file=sys.__stdout__))
"""


def _run(trial: Trial, left: float = float("inf"), at: int = -1) -> tuple[int, list[str], int, int]:
    """How it ended, what it said, and how many bytes and calls it came to."""
    told = "float('inf')" if left == float("inf") else str(left)
    before = _BEFORE.format(root=str(_ROOT), folder=str(trial.out), left=told, at=at)
    with trial.command.start(trial.out, before=before, stdout=-1) as run:
        output, errors = run.communicate()
    used = [line.split() for line in output.splitlines() if line.startswith("used ")]
    lines = [line for line in errors.replace("\r", "\n").splitlines() if line.strip()]
    written, calls = map(int, used[0][1:])
    return run.returncode, lines, written, calls


def fill(trial: Trial, times: int, moments: random.Random, *, calls: bool = False) -> int:
    """So many disks; gives how many of the commands failed, as most must."""
    code, lines, written, n_calls = _run(trial)
    if code:
        sys.exit(f"{trial.command.name} failed: {lines}")
    failed = 0
    for number in range(times):
        trial.begin()
        if calls:
            code, lines, *_ = _run(trial, at=moments.randrange(n_calls))
        else:
            code, lines, *_ = _run(trial, left=moments.randrange(written))
        print(f"\r{trial.command.name}: {number + 1} of {times}", end="", flush=True)
        if code == 0:  # what could not be written was not worth an end
            trial.compare()
            continue
        failed += 1
        if len([line for line in lines if line.startswith("lso: ")]) != 1 or "Traceback" in "".join(
            lines
        ):
            trial.wrong.append(f"it said {lines}")
        trial.wrong += [f"{each.name} is left" for each in trial.out.rglob(".tmp-*")]
        trial.look_at()
        trial.finish()
    print()
    return failed

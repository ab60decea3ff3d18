"""Commands that are killed again and again: nothing lost, and at the end the bytes of one that is not.

A kill (SIGKILL) comes at a random moment of the command's processor time. It then begins again in the same folder.
"""

from __future__ import annotations

import random

from trust.commands import used_at_end
from trust.trial import Trial


def kill(trial: Trial, times: int, moments: random.Random) -> int:
    """So many kills, each at some moment of a whole run's time; gives how many runs that took."""
    struck, runs, until = 0, 0, trial.length
    # what does not go on where it was writes its files last: half of its kills come there
    last = 0.0 if trial.command.other is None else 0.8 * until
    while struck < times:
        run = trial.command.start(trial.out)
        runs += 1
        used_at_end(run, moments.uniform(moments.choice([0.0, last]), until))
        if run.poll() is None:
            run.kill()
            struck += 1
            print(f"\r{trial.command.name}: {struck} of {times}", end="", flush=True)
        run.communicate()
        trial.look_at()
        if run.returncode == 0:
            trial.compare()
            trial.begin()
    print()
    trial.finish()
    return runs

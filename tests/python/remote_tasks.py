"""What the tests send to other processes."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path


class Unreadable(Exception):
    """An error that pickle cannot read back."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} {second}")


class CountedLoads(list[int]):
    """A list that leaves a line in the process's own file each time that it is unpickled."""

    def __init__(self, values: list[int], folder: str) -> None:
        super().__init__(values)
        self.folder = folder

    def __reduce__(self) -> tuple[object, ...]:
        return _loaded, (list(self), self.folder)


def _loaded(values: list[int], folder: str) -> CountedLoads:
    with (Path(folder) / str(os.getpid())).open("a") as stream:
        stream.write("x")
    return CountedLoads(values, folder)


def double(value: int, times: int = 2) -> int:
    return value * times


def shared_sum(values: list[int], factor: int) -> int:
    return factor * sum(values)


def rejected(value: int) -> int:
    raise ValueError(f"no {value}")


def badly_rejected() -> None:
    raise Unreadable("not", "this")


def unsendable() -> object:
    return threading.Lock()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def died_once(flag: str, value: int) -> int:
    """Kills the process that it is in, the first time."""
    try:
        Path(flag).touch(exist_ok=False)
    except FileExistsError:
        return value
    die()
    return -1


def shared_sum_once_died(values: list[int], flag: str) -> int:
    return died_once(flag, sum(values))


def stay(flag: str = "") -> None:
    """Longer than any test; the flag says in which process."""
    if flag:
        beside = Path(f"{flag}.{os.getpid()}")
        beside.write_text(str(os.getpid()))
        beside.replace(flag)
    time.sleep(300)


def leaves_interrupts() -> bool:
    """Whether Ctrl-C, which goes to all processes of a terminal, is not for this one."""
    return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def wait_for(flag: str | Path) -> None:
    """Until the file is there."""
    end = time.monotonic() + 120
    while not Path(flag).exists():
        if time.monotonic() > end:
            raise TimeoutError(flag)
        time.sleep(0.01)


def runs(process_id: int) -> bool:
    """Whether there is such a process, and it is more than a record of how it ended."""
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True

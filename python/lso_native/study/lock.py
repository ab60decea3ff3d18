"""Locks between processes, on files: they end with the process that holds them, however it ends."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

__all__ = ["lock", "try_lock"]

_PAUSE = 0.05  # seconds between two looks at a lock that another process holds


@contextlib.contextmanager
def try_lock(path: Path) -> Iterator[int | None]:
    """Hold the lock ``path`` in the body: a descriptor of the file, or None where another holds it.

    The file goes when the lock does; what was written to it in between, others may read. Raises OSError where the
    folder is missing or cannot be written.
    """
    descriptor = _hold(path)
    try:
        yield descriptor
    finally:
        if descriptor is not None:
            with contextlib.suppress(OSError):  # Windows removes no open file: the next holder does
                path.unlink()
            os.close(descriptor)


@contextlib.contextmanager
def lock(path: Path, *, waiting: Callable[[], None] = lambda: None) -> Iterator[int]:
    """Hold the lock ``path`` in the body, after whoever holds it; ``waiting`` is called again and again meanwhile."""
    while True:
        with try_lock(path) as descriptor:
            if descriptor is not None:
                yield descriptor
                return
        waiting()
        time.sleep(_PAUSE)


def _hold(path: Path) -> int | None:
    while True:
        descriptor = _opened(path)
        try:
            if not _locked(descriptor):
                os.close(descriptor)
                return None
            # The one who held it may have removed the file that was just opened.
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(descriptor), path.stat()):
                    return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _opened(path: Path) -> int:
    """The file itself: a link in its place, whose end would be written over, goes."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    while True:
        try:
            return os.open(path, flags, 0o666)
        except OSError:
            if not path.is_symlink():
                raise
            path.unlink(missing_ok=True)


if sys.platform == "win32":
    import msvcrt

    def _locked(descriptor: int) -> bool:
        os.lseek(descriptor, 1 << 30, os.SEEK_SET)  # beyond what is written, which others read
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _locked(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

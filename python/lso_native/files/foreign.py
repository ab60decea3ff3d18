"""Files that may be anybody's: regular ones alone are opened, and what they unpack to is bounded by their size."""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path

from lso_native.errors import ArgumentError

__all__ = ["check_folders", "check_inside", "most_unpacked", "open_regular", "size_of"]

_ROOM, _TIMES = 64 * 2**20, 64


def most_unpacked(packed: int) -> int:
    """How many bytes a compressed file of ``packed`` bytes may unpack to: 64 MiB, and 64 times its own.

    What images and figures come to is far below; deflate goes to 1,032 times, which only zeros do.
    """
    return _ROOM + _TIMES * packed


def open_regular(path: str | os.PathLike[str]) -> io.BufferedReader:
    """The file ``path``, open to be read.

    Raises OSError where it cannot be, ArgumentError naming it where it is a device or a pipe, which may never end.
    """
    file = open(path, "rb", opener=_without_waiting)  # noqa: SIM115 - the caller's to close
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise ArgumentError(path, "a regular file", "a device or a pipe")
    return file


def size_of(file: io.BufferedReader) -> int:
    """Of the open ``file``, in bytes."""
    return os.fstat(file.fileno()).st_size


def check_inside(folder: Path, path: Path) -> Path:
    """``path``, if what it leads to, by whatever links, lies in ``folder``; else ArgumentError naming it."""
    try:
        there = path.resolve()
    except (OSError, RuntimeError):  # links in a circle
        there = None
    if there is None or not there.is_relative_to(folder.resolve()):
        raise ArgumentError(path, f"a file of {folder}", "a link that leads out of it")
    return path


def check_folders(folder: Path) -> None:
    """Raise ArgumentError naming a folder in ``folder``, or in one of these, that is a link which leads out of it: what
    is written there would be written elsewhere."""
    for each in folder.iterdir() if folder.is_dir() else ():
        for place in (each, *(each.iterdir() if each.is_dir() and not each.is_symlink() else ())):
            if place.is_symlink() and place.is_dir():
                check_inside(folder, place)


def _without_waiting(path: str, flags: int) -> int:
    """Opens a pipe that nobody writes to at once, so that it can be refused."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))

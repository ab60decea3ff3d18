"""Files that are whole or not there: written beside their place, then renamed into it."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

__all__ = ["atomic", "atomic_write_bytes", "check_writable_dir"]


def atomic_write_bytes(path: str | os.PathLike[str], data: bytes) -> None:
    """Write `data` to the file `path`, whole or not at all.

    A file that stood there before is replaced at the end, in one step; after a failure it stands
    as it was. Raises OSError naming `path` if its folder is missing or cannot be written, if the
    disk is full, or if `path` is something other than a regular file.
    """
    with atomic(path) as beside:
        beside.write_bytes(data)


@contextlib.contextmanager
def atomic(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield an empty file beside `path`, with the same suffix, to be written in the body.

    It is renamed to `path` when the body ends, and removed when the body raises anything,
    KeyboardInterrupt included; a file that stood at `path` is then as it was. A link at `path` is itself replaced:
    what it leads to stays as it is, wherever that lies. The file takes owner and permissions of the one that it
    replaces; those of a new one are the usual ones.
    Raises OSError naming `path`, as `atomic_write_bytes` does. An OSError of the body that names
    some other file passes as it is.
    """
    target = Path(path)
    try:
        target = target.parent.resolve() / target.name
    except RuntimeError as error:  # which Python 3.13 no longer raises
        raise OSError(
            errno.ELOOP, "cannot write this file (links in a circle)", str(path)
        ) from error
    link = target.is_symlink()
    if not link and target.exists() and not target.is_file():
        # Renaming over a device such as /dev/null would replace it for everyone.
        code, kind = (errno.EISDIR, "a folder") if target.is_dir() else (errno.EINVAL, "a device")
        raise OSError(code, f"cannot write this file (it is {kind})", os.fspath(path))
    beside = target.with_name(f".tmp-{secrets.token_hex(8)}{target.suffix}")
    before = target.stat() if target.exists() and not link else None
    try:
        # What replaces a private file is at no time readable by others.
        beside.touch(0o666 if before is None else 0o600, exist_ok=False)
        yield beside
        _flush(beside)
        if before is not None:
            _pass_on(before, beside)
        beside.replace(target)
    except OSError as error:
        _remove(beside)
        if error.filename not in (None, str(beside), beside):
            raise
        reason = error.strerror or str(error)
        message = f"cannot write this file ({reason}); nothing half written is left"
        raise OSError(error.errno or errno.EIO, message, os.fspath(path)) from error
    except BaseException:
        _remove(beside)
        raise


def check_writable_dir(path: str | os.PathLike[str], *, create: bool = True) -> Path:
    """Create the folder `path`, with its parents, where it is missing, and return it.

    Without `create` only try whether it could be. Raises OSError naming `path` if it cannot be
    created or no file can be written in it. A file is tried, since permission bits do not tell: not
    for root, and not on a read-only disk.
    """
    folder = Path(path)
    place = (
        folder if create else next(p for p in (folder, *folder.absolute().parents) if p.exists())
    )
    probe = place / f".tmp-{secrets.token_hex(8)}"
    try:
        if create:
            folder.mkdir(parents=True, exist_ok=True)
        try:
            probe.write_bytes(b"\0")
        finally:
            _remove(probe)
    except OSError as error:
        reason = "it is a file, not a folder" if folder.is_file() else error.strerror or str(error)
        message = f"cannot write in this folder ({reason})"
        raise OSError(error.errno or errno.EIO, message, os.fspath(path)) from error
    return folder


def _flush(path: Path) -> None:
    # Without it a power cut after the rename may leave an empty file under the final name.
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def _pass_on(before: os.stat_result, path: Path) -> None:
    if hasattr(os, "chown"):
        for user, group in ((-1, before.st_gid), (before.st_uid, -1)):
            with contextlib.suppress(OSError):  # only a member of the group may, and only root
                os.chown(path, user, group)
    path.chmod(stat.S_IMODE(before.st_mode))


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()

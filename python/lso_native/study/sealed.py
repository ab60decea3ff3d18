"""What lies in a step's folder: its files, and a record by which they are known again."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from lso_native.files.foreign import open_regular
from lso_native.files.plain_json import read_json
from lso_native.study.step import Step, content, write_json

RECORD, SECONDS = "step.json", "seconds.json"


def seal(step: Step[Any], folder: Path, seconds: float) -> None:
    """Say of the files in ``folder`` what they are, and see that they are on the disk."""
    files = {path.name: digest(path) for path in sorted(folder.iterdir())}
    record = {
        "key": step.key,
        "title": step.title,
        "content": content(step),
        "inputs": [[needed.title, needed.key] for needed in step.inputs],
        "files": files,
    }
    write_json(folder / SECONDS, {"seconds": seconds})
    write_json(folder / RECORD, record)
    for path in folder.iterdir():
        with path.open("rb+") as stream:
            os.fsync(stream.fileno())


def is_whole(folder: Path) -> bool:
    """Whether the files that its record names are as that says, and nothing is a link."""
    try:
        if folder.is_symlink() or any(each.is_symlink() for each in folder.iterdir()):
            return False
        record, seconds = read_json(folder / RECORD), read_json(folder / SECONDS)
        known, took = record["files"], seconds["seconds"]
        right = isinstance(took, int | float) and isinstance(known, dict)
        right &= all(each == Path(each).name for each in known)
        return right and all(digest(folder / name) == known[name] for name in known)
    except (OSError, ValueError, LookupError, TypeError):
        return False


def digest(path: Path) -> str:
    """What tells the content of a file from others."""
    with open_regular(path) as file:
        return hashlib.file_digest(file, _hash).hexdigest()


def _hash() -> Any:
    return hashlib.blake2b(digest_size=16)

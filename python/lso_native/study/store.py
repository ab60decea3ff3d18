"""Where the products of steps lie: a folder each, there whole or not at all.

    FOLDER/format.json            who may read it
    FOLDER/TITLE-KEY/step.json    what the step is: settings, the keys of its inputs, the digests of its files
    FOLDER/TITLE-KEY/...          the files of its product
    FOLDER/TITLE-KEY/seconds.json how long it took, the only thing that differs between two runs
    FOLDER/.lock-KEY              held by the process that makes it; holds how far it is
    FOLDER/.tmp-KEY               being made

Several processes may use one folder: whoever holds a step's lock makes it, the others wait for it or make another.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from lso_native._checks import shown, unsaid_threads
from lso_native.errors import ArgumentError
from lso_native.files import check_writable_dir
from lso_native.files.plain_json import read_json
from lso_native.study.blas import one_blas_thread
from lso_native.study.lock import lock, try_lock
from lso_native.study.memory import Memory
from lso_native.study.progress import PassedOn, Progress, Silent
from lso_native.study.sealed import RECORD, SECONDS, is_whole, seal
from lso_native.study.step import Step, Work, write_json

__all__ = ["Running", "Store"]

T = TypeVar("T")

FORMAT = {"format": "lso_native steps", "version": 1}
_PRODUCTS, _OTHERS = 256, 6  # kept in memory: the usual study whole
_EVERY = 0.2  # seconds between two lines of how far a step is


class Running(NamedTuple):
    """A step that some process is making."""

    title: str
    done: int
    total: int
    note: str


class Store:
    """The products of steps in the folder ``path``, which is made where it is missing.

    It may be anybody's: nothing is read or written through a link in it, and what is damaged or of another form is
    made again, or refused by name.

    Raises OSError where it cannot be written, ArgumentError where it is of another format, or a link.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        if Path(path).is_symlink():
            raise ArgumentError("out", "a folder of steps", f"a link: {path}")
        self.path = check_writable_dir(path)
        self._others = Memory(_OTHERS)
        self._products = Memory(_PRODUCTS)
        self._whole: set[str] = set()
        self._check_format()
        self._sweep()

    def place(self, step: Step[Any]) -> Path:
        """The folder of a step's files, whether it is there or not."""
        title = re.sub(r"[^A-Za-z0-9.]+", "-", step.title).strip("-.")[:40]
        return self.path / f"{title}-{step.key}"

    def has(self, step: Step[Any]) -> bool:
        """Whether the files of ``step`` are there, and whole, as their digests say."""
        place = self.place(step)
        if step.key in self._whole and place.is_dir():
            return True
        if not is_whole(place):
            return False
        self._whole.add(step.key)
        return True

    def load(self, step: Step[T]) -> T:
        """The product of ``step``; raises KeyError where it is not there, ArgumentError naming its folder where an
        earlier run, or a stranger, left what cannot be read."""

        def read() -> T:
            if not self.has(step):
                raise KeyError(f"{step.title} ({step.key}) is not in {self.path}")
            place = self.place(step)
            try:
                return step.load(place)
            except (OSError, ValueError, MemoryError):
                raise
            except Exception as error:  # of files that have their digests, whoever wrote them
                got = f"what fails with {type(error).__name__} ({shown(str(error))}): remove it"
                raise ArgumentError(place, f"files of {step.title}", got) from error

        product: T = self._products.get(step.key, read)
        return product

    def get(
        self, step: Step[T], *, progress: Progress | None = None, threads: int | None = None
    ) -> T:
        """The product of ``step``, which is made where it is not there, after whatever it needs."""
        if not self.has(step):
            for needed in step.inputs:
                self.get(needed, progress=progress, threads=threads)
            self.make(step, progress=progress, threads=threads)
        return self.load(step)

    def make(
        self, step: Step[Any], *, progress: Progress | None = None, threads: int | None = None
    ) -> None:
        """Make ``step``, whose inputs are there, unless another process does: then wait until it has."""
        with self._told_if_gone(), lock(self._lock(step)) as descriptor:
            if self._lacks(step):
                self._make(step, descriptor, progress or Silent(), threads)

    def try_make(
        self, step: Step[Any], *, progress: Progress | None = None, threads: int | None = None
    ) -> bool:
        """The same, or False at once where another process is making it."""
        with self._told_if_gone(), try_lock(self._lock(step)) as descriptor:
            if descriptor is not None and self._lacks(step):
                self._make(step, descriptor, progress or Silent(), threads)
        return descriptor is not None

    def _lacks(self, step: Step[Any]) -> bool:
        """Whether to make it, by a look at its files now: who says so may have found them damaged."""
        self._whole.discard(step.key)
        return not self.has(step)

    def cost(self, step: Step[Any]) -> float:
        """``Step.cost`` of ``step``, whether it is there or not."""
        return step.cost(self._work())

    def seconds(self, step: Step[Any]) -> float:
        """How long it took to make ``step``, which is there."""
        return float(read_json(self.place(step) / SECONDS)["seconds"])

    def digests(self, step: Step[Any]) -> dict[str, str]:
        """The digest of each file of ``step``, which is there."""
        found: dict[str, str] = read_json(self.place(step) / RECORD)["files"]
        return found

    def forget(self, step: Step[Any]) -> None:
        """Remove what there is of ``step``."""
        with lock(self._lock(step)):
            self._discard(step)

    def running(self) -> list[Running]:
        """The steps that are being made, by whatever process, as far as these tell."""
        found = []
        for path in sorted(self.path.glob(".lock-*")):
            with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
                found.append(_running(read_json(path)))
        return found

    def _make(
        self, step: Step[Any], descriptor: int, progress: Progress, threads: int | None
    ) -> None:
        self._discard(step)  # what is damaged, or was left by a kill
        beside = self._beside(step)
        telling = _Telling(progress, step.title, descriptor)
        work = self._work(telling, threads)
        for needed in step.inputs:
            self.load(needed)  # not counted as the step's own time
        begin = time.perf_counter()
        with one_blas_thread(), unsaid_threads(threads):
            made = step.make(work)
        seconds = work.seconds(time.perf_counter() - begin)
        try:
            beside.mkdir()
            step.save(made, beside)
            seal(step, beside, seconds)
            beside.rename(self.place(step))
        except OSError as error:
            raise self._told(step, error) from error
        finally:
            shutil.rmtree(beside, ignore_errors=True)

    def _work(self, progress: Progress | None = None, threads: int | None = None) -> Work:
        return Work(self.path, self.load, self._others, progress or Silent(), threads)

    @contextlib.contextmanager
    def _told_if_gone(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if self.path.is_dir():
                raise
            gone = "this folder was there when the run began, and has vanished"
            raise FileNotFoundError(errno.ENOENT, gone, str(self.path)) from error

    def _told(self, step: Step[Any], error: OSError) -> OSError:
        reason = error.strerror or str(error)
        message = f"cannot keep {step.title} ({reason}); what was finished before is there"
        return OSError(error.errno or errno.EIO, message, str(self.path))

    def _discard(self, step: Step[Any]) -> None:
        self._whole.discard(step.key)
        self._products.drop(step.key)
        place, beside = self.place(step), self._beside(step)
        _remove(beside)
        if os.path.lexists(place):
            place.rename(beside)  # at no time half there
            _remove(beside)

    def _lock(self, step: Step[Any]) -> Path:
        return self.path / f".lock-{step.key}"

    def _beside(self, step: Step[Any]) -> Path:
        return self.path / f".tmp-{step.key}"

    def _check_format(self) -> None:
        path = self.path / "format.json"
        if not path.exists() and not any(self.path.glob("*-*/step.json")):
            with lock(self.path / ".lock-format"):
                if not path.exists():
                    beside = self.path / ".tmp-format"
                    write_json(beside, FORMAT)
                    beside.replace(path)
        try:
            found = read_json(path)
        except (OSError, ValueError):
            found = None
        if found != FORMAT:
            wanted = f"a folder of steps of version {FORMAT['version']}"
            raise ArgumentError("out", wanted, f"{self.path}, whose format.json says {found}")

    def _sweep(self) -> None:
        """Remove what killed processes left half made."""
        for beside in self.path.glob(".tmp-*"):
            with try_lock(self.path / f".lock-{beside.name.removeprefix('.tmp-')}") as descriptor:
                if descriptor is not None and (beside.is_dir() or beside.is_symlink()):
                    _remove(beside)
        for path in self.path.glob(".lock-*"):
            with try_lock(path):  # one that nobody holds goes
                pass


class _Telling(PassedOn):
    """Passes progress on, and writes how far the step is where other processes read it."""

    def __init__(self, progress: Progress, title: str, descriptor: int) -> None:
        super().__init__(progress)
        self._title, self._descriptor = title, descriptor
        self._total, self._last = 1, 0.0
        self._tell(0, "")

    def start(self, stage: str, total: int) -> None:
        self._total = total
        super().start(stage, total)
        self._tell(0, "")

    def update(self, done: int, note: str = "") -> None:
        super().update(done, note)
        if time.monotonic() - self._last > _EVERY:
            self._tell(done, note)

    def _tell(self, done: int, note: str) -> None:
        self._last = time.monotonic()
        line = json.dumps(Running(self._title, done, self._total, note)._asdict()).encode()
        with contextlib.suppress(OSError):  # a full disk ends the step where it is kept, not here
            os.ftruncate(self._descriptor, 0)
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            os.write(self._descriptor, line)


def _running(told: Any) -> Running:
    """Raise TypeError, KeyError or ValueError for what no step tells."""
    title, done, total, note = (told[name] for name in Running._fields)
    if (
        not isinstance(title, str)
        or not isinstance(note, str)
        or not 0 <= done <= total
        or not total
    ):
        raise ValueError
    return Running(title, done, total, note)


def _remove(path: Path) -> None:
    """Whatever it is; of a link the link."""
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
    else:
        shutil.rmtree(path, ignore_errors=True)

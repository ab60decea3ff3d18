"""What a run's folder shows of its store: results.json, samples/, models/ and figures/.

The store holds everything under keys; this gives it the names and the form that people and other tools read. A view
can be made again from the store at any time, and holds what belongs together: the steps of one study.
"""

from __future__ import annotations

import contextlib
import errno
import json
import re
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lso_native.errors import ArgumentError
from lso_native.files import atomic_write_bytes
from lso_native.files.foreign import check_folders
from lso_native.files.plain_json import read_json
from lso_native.study.cells import Grid
from lso_native.study.correlations import correlations
from lso_native.study.fit import Fit, curves
from lso_native.study.guides import FitMixture
from lso_native.study.lock import lock
from lso_native.study.results import environment, plain
from lso_native.study.sealed import digest
from lso_native.study.step import Facts, Step
from lso_native.study.store import Store
from lso_native.study.study import Study, SystemSteps

__all__ = ["View", "view_lock"]

_EVERY = 5.0  # seconds between two views while steps are made
_FOLDERS = ("", "samples", "models", "figures", "steps")
# The panel's figures tell these of the recognition too.
_BY_SEVERAL = {"recognised", "recognised_interval"}
_SHOWN = re.compile(r"real\.npz|(samples|models|figures)/(?!\.)[^/\\\0]+")
_Stamp = tuple[int, int, int] | None
_FORMS = (
    "sweeps.desired_change",
    "sweeps.start",
    "sweeps.latent",
)  # there even where they are empty


def view_lock(folder: Path) -> Path:
    """Held by who writes what ``folder`` shows."""
    return folder / "steps" / ".lock-view"


class View:
    """Of the study's steps in ``store``, shown in ``folder``; ``settings`` of the run go into results.json."""

    def __init__(
        self, study: Study, store: Store, folder: Path, settings: Mapping[str, Any]
    ) -> None:
        self._study, self._store, self._folder, self._settings = study, store, folder, settings
        self._last = 0.0
        self._curves: dict[str, Facts] = {}
        self._placed: dict[str, tuple[str, _Stamp]] = {}

    def publish_soon(self) -> None:
        """``publish``, unless that was just now."""
        if time.monotonic() - self._last > _EVERY:
            self.publish()

    def publish(self) -> Facts:
        """Show what there is; gives results.json.

        Several processes may do so: each sees all that is in the store when its turn comes, so that the last one shows
        everything. A kill in between leaves files of the next view, which is told in steps/view.json beforehand.
        """
        if not self._store.path.is_dir():
            gone = "this folder was there when the run began, and has vanished"
            raise FileNotFoundError(errno.ENOENT, gone, str(self._folder))
        check_folders(self._folder)
        with lock(view_lock(self._folder)):
            self._sweep()
            shown = [each for each in self._study.steps.values() if self._has(each)]
            results, files = self.results(shown), self._files(shown)
            manifest = self._store.path / "view.json"
            before = _read_manifest(manifest)
            wanted = {path: self._store.digests(step)[name] for path, (step, name) in files.items()}
            self._write(manifest, {**before, **wanted})
            for path, (step, name) in files.items():
                self._place(path, self._store.place(step) / name, wanted[path])
            self._write(self._folder / "results.json", results)
            for path in set(before) - set(files):
                self._remove(path, before[path])
            self._write(manifest, wanted)
        self._last = time.monotonic()
        return results

    def results(self, shown: Iterable[SystemSteps]) -> Facts:
        """results.json of the systems ``shown``, which are in the store."""
        study, shown = self._study, list(shown)
        fits = self._fits(shown)
        spaces = {
            each.model.name: self._store.load(each.space)
            for each in shown
            if each.model is not None and each.space is not None and self._store.has(each.space)
        }
        results: Facts = {
            "settings": {
                **_common(study),
                **study.settings,
                **self._settings,
                "systems": [each.system.name for each in shown],
                "system_settings": {each.system.name: plain(each.system) for each in shown},
            },
            "environment": environment(),
            "notes": [*study.notes(tuple(each.system.name for each in shown)), *self._advice(fits)],
            "models": {fit.name: self._trained(fit) for fit in fits},
            "systems": {each.system.name: self._facts(each) for each in shown},
            "own_figures": self._own_figures(shown),
            "latent_spaces": spaces,
            "histories": {fit.name: self._history(fit) for fit in fits},
            "sweeps": {},
        }
        if self._study.real and all(self._store.has(step) for step in self._study.real):
            results["real"] = {}
            for step in self._study.real:
                real: Facts = self._store.load(step)
                results["real"] |= real
        for name in _FORMS:
            _put(results, name, [])
        for grid in study.grids(study, tuple(results["systems"])):
            _put(results, grid.name, self._rows(grid))
        results["correlations"] = correlations([*spaces.values(), *results["sweeps"]["latent"]])
        return results

    def _has(self, each: SystemSteps) -> bool:
        needed: list[Step[Any]] = [each.attempts, each.recognised, each.judged, *each.measured]
        return all(self._store.has(step) for step in needed)

    def _fits(self, shown: Iterable[SystemSteps]) -> list[Fit]:
        """The models of the study, in the order in which they are trained."""
        frame, found = self._study.frame, dict[str, Fit]()
        every = [frame.classifier, *frame.panel.judges]
        for each in shown:
            every += _fits_of(each.attempts)
        for fit in every:
            if fit.name not in found and self._store.has(fit):
                found[fit.name] = fit
        return list(found.values())

    def _facts(self, each: SystemSteps) -> Facts:
        facts: Facts = self._store.load(each.recognised).copy()
        facts["generate_seconds"] = self._store.seconds(each.attempts)
        if each.model is not None and self._store.has(each.model):
            facts |= {**self._trained(each.model), "model": each.model.name}
        for step in each.measured:
            measured: Facts = self._store.load(step)
            if taken := set(measured) & set(facts) - _BY_SEVERAL:
                got = f"{sorted(taken)[0]!r} of {step.title} once more"
                raise ArgumentError("measures", "a name of its own for each figure", got)
            facts |= measured
        more = {"says": each.system.says, "paper": each.system.paper}
        return facts | {name: value for name, value in more.items() if value}

    def _own_figures(self, shown: Iterable[SystemSteps]) -> list[str]:
        """The names of what measures from outside the package tell."""
        measured = [step for each in shown for step in each.measured if step.is_own]
        return list(dict.fromkeys(name for step in measured for name in self._store.load(step)))

    def _trained(self, fit: Fit) -> Facts:
        seconds = {"train_seconds": self._store.seconds(fit)}
        return self._store.load(fit).facts | seconds

    def _advice(self, fits: Iterable[Fit]) -> list[str]:
        facts = [self._store.load(fit).facts for fit in fits]
        return [each["advice"] for each in facts if "advice" in each]

    def _history(self, fit: Fit) -> Facts:
        if fit.key not in self._curves:
            self._curves[fit.key] = curves(self._store.load(fit).estimator)
        return self._curves[fit.key]

    def _rows(self, grid: Grid) -> list[Facts]:
        return [self._store.load(cell) for cell in grid.cells if self._store.has(cell)]

    def _files(self, shown: Iterable[SystemSteps]) -> dict[str, tuple[Step[Any], str]]:
        """By its place in the folder, the step and the name of each file that is shown."""
        shown, real = list(shown), self._study.real_samples
        files: dict[str, tuple[Step[Any], str]] = {}
        models: list[Fit | FitMixture] = [*self._fits(shown)]
        models += [each for one in shown for each in _mixtures_of(one.attempts)]
        for model in models:
            if "model.safetensors" in self._store.digests(model):
                files[f"models/{model.name}.safetensors"] = (model, "model.safetensors")
        for each in shown:
            files[f"samples/{each.system.name}.npz"] = (each.judged, "samples.npz")
            for picture in (one for one in each.pictures if self._store.has(one)):
                for name in self._store.digests(picture):
                    files[f"figures/{name}"] = (picture, name)
        if self._store.has(real):
            files["real.npz"] = (real, "samples.npz")
        return files

    def _place(self, path: str, source: Path, wanted: str) -> None:
        target = self._folder / path
        if self._placed.get(path) == (wanted, _stamp(target)):
            return  # as it was put there: another study in this folder has not put its own in its place
        if target.is_symlink() or not target.is_file() or digest(target) != wanted:
            target.parent.mkdir(exist_ok=True)
            atomic_write_bytes(target, source.read_bytes())
        self._placed[path] = wanted, _stamp(target)

    def _remove(self, path: str, known: str) -> None:
        """A file of an earlier view; what somebody has changed stays."""
        target = self._folder / path
        with contextlib.suppress(OSError):
            if digest(target) == known:
                target.unlink()
        self._placed.pop(path, None)

    def _write(self, path: Path, value: Any) -> None:
        data = (json.dumps(value, indent=2, allow_nan=False) + "\n").encode()
        if path.is_symlink() or not path.is_file() or path.read_bytes() != data:
            atomic_write_bytes(path, data)

    def _sweep(self) -> None:
        """What a kill left beside the files of a view."""
        for name in _FOLDERS:
            for leftover in (self._folder / name).glob(".tmp-*"):
                if leftover.is_file():  # a step's is a folder, and the store's matter
                    leftover.unlink(missing_ok=True)


def _stamp(path: Path) -> _Stamp:
    """What changes when a file is replaced or written to."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _common(study: Study) -> Facts:
    frame, data = study.frame, study.frame.data
    return {
        "dataset": data.title,
        "shape": list(data.shape or ()) if data.is_square else None,
        "samples": frame.samples,
        "random_state": frame.random_state,
        "words": {
            "title": study.title or f"Latent space optimization of {data.title}",
            "sample": data.sample_name,
            "class": data.class_name,
        },
    }


def _fits_of(step: Step[Any]) -> list[Fit]:
    return [each for each in step.needed() if isinstance(each, Fit)]


def _mixtures_of(step: Step[Any]) -> list[FitMixture]:
    return [each for each in step.needed() if isinstance(each, FitMixture)]


def _put(results: Facts, name: str, rows: list[Facts]) -> None:
    *above, last = name.split(".")
    for part in above:
        results = results.setdefault(part, {})
    if rows or last not in results:
        results[last] = rows


def _read_manifest(path: Path) -> dict[str, str]:
    """What an earlier view showed, and the digests; only names that a view has, whoever wrote the file."""
    try:
        found = read_json(path)
    except (OSError, ValueError):
        found = None
    known = found.items() if isinstance(found, dict) else ()
    return {name: str(digest) for name, digest in known if _SHOWN.fullmatch(name)}

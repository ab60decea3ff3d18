"""A run's folder, which may be anybody's: what the page is made of, read from within it and checked."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from lso_native._typing import Array
from lso_native.errors import ArgumentError
from lso_native.files.arrays import read_arrays
from lso_native.files.foreign import check_inside, open_regular, size_of
from lso_native.files.plain_json import read_json
from lso_native.report.results_form import check_results

__all__ = ["RunFolder", "read_results"]

_KINDS = {"images": "f", "labels": "iu", "success": "b", "iterations": "iu"}
_LARGEST = 256 * 256  # pixels of a picture on the page
_MOST_GIF = 32 * 2**20  # bytes


def read_results(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """results.json of a run's ``folder``, as tables and page take it.

    Raises OSError where it cannot be read, ArgumentError naming it where it leads out of the folder, is no JSON of
    finite numbers, or has something else where a table or a chart looks.
    """
    path = check_inside(Path(folder), Path(folder) / "results.json")
    return check_results(path, read_json(path))


@dataclass(frozen=True)
class RunFolder:
    """The folder, and what results.json there says. Nothing is read through a link that leads out of it."""

    path: Path
    results: dict[str, Any]

    @cached_property
    def samples(self) -> dict[str, dict[str, Array]]:
        """By system, the arrays of samples/NAME.npz that are drawn; of no system whose file is not there."""
        places = {name: f"samples/{name}.npz" for name in self.results["systems"]}
        return {name: self._arrays(path, tuple(_KINDS)) for name, path in self._there(places)}

    @cached_property
    def real(self) -> dict[str, Array] | None:
        """Images and labels of real.npz, None where that is not there."""
        found = dict(self._there({"real": "real.npz"}))
        return self._arrays(found["real"], ("images", "labels")) if found else None

    @cached_property
    def walks(self) -> dict[str, bytes]:
        """By system, the animation in figures/walk-NAME.gif, where there is one."""
        places = {name: f"figures/walk-{name}.gif" for name in self.results["systems"]}
        return {name: _gif(path) for name, path in self._there(places)}

    def digest(self) -> str:
        """Of all files that are drawn but results.json."""
        names = self.results["systems"]
        places = [f"samples/{name}.npz" for name in names]
        places += [f"figures/walk-{name}.gif" for name in names]
        made_of = hashlib.blake2b(digest_size=16)
        for name, path in self._there({place: place for place in [*places, "real.npz"]}):
            with open_regular(path) as file:
                of_file = hashlib.file_digest(file, "sha256").hexdigest()
            made_of.update(f"{name} {of_file}".encode())
        return made_of.hexdigest()

    def _there(self, places: dict[str, str]) -> Iterator[tuple[str, Path]]:
        for name, place in places.items():
            path = self.path / place
            if os.path.lexists(path):
                yield name, check_inside(self.path, path)

    def _arrays(self, path: Path, names: tuple[str, ...]) -> dict[str, Array]:
        found = read_arrays(path)
        if missing := set(names) - set(found):
            raise ArgumentError(path, f"arrays {', '.join(names)}", f"none of {min(missing)}")
        arrays = {name: found[name] for name in names}
        _check_arrays(path, arrays, pictures=self.results["settings"].get("shape", ()) is not None)
        return arrays


def _check_arrays(path: Path, arrays: dict[str, Array], *, pictures: bool) -> None:
    images, n = arrays["images"], len(arrays["labels"]) if arrays["labels"].ndim else 0
    fits = all(each.dtype.kind in _KINDS[name] for name, each in arrays.items())
    fits &= all(each.shape == (n,) for name, each in arrays.items() if name != "images")
    if not fits or not n or images.ndim != 2 or len(images) != n:
        expected = "images (n, n_features), and labels, success and iterations (n,)"
        got = ", ".join(f"{name} {each.dtype} {each.shape}" for name, each in arrays.items())
        raise ArgumentError(path, expected, got)
    if not np.isfinite(images).all():
        raise ArgumentError(path, "finite images", "NaN or infinity")
    side = round(images.shape[1] ** 0.5)
    if pictures and not (0 < side**2 == images.shape[1] <= _LARGEST):
        expected = f"square images of at most {_LARGEST:,} pixels"
        raise ArgumentError(path, expected, f"{images.shape[1]:,}")
    if (took := arrays.get("iterations", np.zeros(1))).min() < 0:
        raise ArgumentError(path, "iterations of at least 0", took.min())


def _gif(path: Path) -> bytes:
    with open_regular(path) as file:
        size = size_of(file)
        data = file.read(_MOST_GIF) if size <= _MOST_GIF else b""
    if not data.startswith((b"GIF87a", b"GIF89a")):
        raise ArgumentError(path, f"a GIF of at most {_MOST_GIF:,} bytes", f"{size:,} of another")
    return data

"""Steps whose product is arrays by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

from lso_native._typing import Array
from lso_native.files.arrays import read_arrays
from lso_native.study.results import write_samples
from lso_native.study.step import Step


@dataclass(frozen=True)
class ArraysStep(Step[dict[str, Array]]):
    """A step whose product is arrays, as samples/NAME.npz has them."""

    shapes: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """Of those that must be there, as ``read_arrays`` takes them."""

    def save(self, made: dict[str, Array], folder: Path) -> None:
        """Write samples.npz."""
        write_samples(folder / "samples.npz", made)

    def load(self, folder: Path) -> dict[str, Array]:
        """Read it."""
        return read_arrays(folder / "samples.npz", **self.shapes)

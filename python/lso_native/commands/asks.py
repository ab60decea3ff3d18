"""What ``lso generate`` may be asked, one class a kind: what it needs, and the requirement that it becomes."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
from PIL import Image

from lso_native._typing import Array, BoolArray, Float64Array
from lso_native.commands.generate_parser import KEPT, NEAR, SIDES
from lso_native.commands.options import CLASSIFIER, REGRESSOR, missing
from lso_native.errors import ArgumentError
from lso_native.network import Model
from lso_native.requirements import Asks, Given, IsClass, Near
from lso_native.requirements.base import Combination
from lso_native.requirements.values import Readable
from lso_native.terms import SquaredError, one_hot

_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")


class Known(Protocol):
    """What is known of the models before any is trained."""

    @property
    def side(self) -> int:
        """Of the images, in pixels."""

    @property
    def labels(self) -> Sequence[Any]:
        """The classifier's classes, one an output."""

    @property
    def names(self) -> tuple[str, ...]:
        """The numbers that can be read off an image."""


class Models(Known, Protocol):
    """Those that requirements need, each made or read when it is first asked for."""

    @property
    def network(self) -> Model:
        """The classifier's."""

    @property
    def readable(self) -> Readable:
        """What reads numbers."""


class Ask(ABC):
    """One thing that is asked for."""

    needs: ClassVar[str] = ""
    """The kind of model, DECODER apart; nothing: none."""
    hard: ClassVar[bool] = True

    @property
    def classes(self) -> tuple[str, ...]:
        """Those that will do; none where it is about something else."""
        return ()

    @property
    def caption(self) -> str:
        """What its reading is called under an image; nothing: it does not stand there."""
        return ""

    @abstractmethod
    def check(self, known: Known) -> None:
        """Raise ValueError for what can be told before anything is trained."""

    @abstractmethod
    def requirement(self, models: Models) -> Combination:
        """As ``lso.generate`` takes it."""


@dataclass(frozen=True)
class OfClass(Ask):
    """One of some classes; with ``mse``, outputs that near to those of a class."""

    needs = CLASSIFIER
    option: str
    wanted: tuple[str, ...]
    certainty: float
    mse: float | None

    @property
    def classes(self) -> tuple[str, ...]:
        """Those that will do."""
        return self.wanted

    def check(self, known: Known) -> None:
        """That the classifier knows them."""
        self.places(known)

    def places(self, known: Known) -> tuple[int, ...]:
        """Which outputs these are."""
        names = [str(label) for label in known.labels]
        for name in self.wanted:
            if name not in names:
                raise ArgumentError(self.option, f"one of {', '.join(names)}", name or "nothing")
        return tuple(names.index(name) for name in self.wanted)

    def requirement(self, models: Models) -> Combination:
        """By the classifier's network."""
        places = self.places(models)
        if self.mse is None:
            return IsClass(models.network, places, self.wanted, self.certainty)
        target = one_hot(places[0], models.network.n_outputs)
        label = f"class {self.wanted[0]} by an MSE of {self.mse:g}"
        return Asks(SquaredError(target, mse=self.mse), models.network, label)


@dataclass(frozen=True)
class Outputs(Ask):
    """The classifier's outputs, NaN for any value."""

    needs = CLASSIFIER
    target: tuple[float, ...]
    mse: float

    def check(self, known: Known) -> None:
        """That there is one an output."""
        if len(self.target) != len(known.labels):
            expected = f"{len(known.labels)} numbers, one an output"
            raise ArgumentError("target", expected, len(self.target))

    def requirement(self, models: Models) -> Combination:
        """By the classifier's network."""
        label = f"outputs by an MSE of {self.mse:g}"
        return Asks(SquaredError(np.array(self.target), mse=self.mse), models.network, label)


@dataclass(frozen=True)
class Number(Ask):
    """A number that is read off an image."""

    needs = REGRESSOR
    option: str
    name: str

    @property
    def caption(self) -> str:
        """Its name."""
        return self.name

    def check(self, known: Known) -> None:
        """That it can be read."""
        _check_name(self.option, self.name, known)


@dataclass(frozen=True)
class Within(Number):
    """A number in an interval, which has one finite end at least."""

    low: float
    high: float

    def requirement(self, models: Models) -> Combination:
        """By the formula where there is one, else by the regressor."""
        return models.readable.between(**{self.name: (self.low, self.high)})


@dataclass(frozen=True)
class Extreme(Number):
    """As much of a number as can be had, or as little."""

    hard = False

    def requirement(self, models: Models) -> Combination:
        """By the formula where there is one, else by the regressor."""
        ask = {"most": models.readable.most, "least": models.readable.least}[self.option]
        return ask(self.name)


@dataclass(frozen=True)
class Like(Ask):
    """An image near another."""

    path: str
    within: float | None

    @property
    def caption(self) -> str:
        """In 0..1 a pixel."""
        return "distance"

    def check(self, known: Known) -> None:
        """That the file is an image of the size."""
        read_image("near", self.path, known.side)

    def requirement(self, models: Models) -> Combination:
        """A ball around it."""
        within = NEAR * models.side if self.within is None else self.within
        label = f"within {within:g} of {Path(self.path).name}"
        return Near(read_image("near", self.path, models.side), within, label)


@dataclass(frozen=True)
class Kept(Ask):
    """A part of an image, as it is."""

    path: str
    part: str
    within: float | None

    @property
    def caption(self) -> str:
        """Of the pixel that is furthest off."""
        return "off by"

    def check(self, known: Known) -> None:
        """That the files are images of the size, and that there is something to keep."""
        self.values(known.side)

    def values(self, side: int) -> Float64Array:
        """(side²,) NaN where nothing is kept."""
        image = read_image("image", self.path, side)
        kept = self._mask(side)
        if not kept.any():
            raise ArgumentError("keep", "a mask with something white", f"none in {self.part}")
        return np.where(kept, image, np.nan)

    def _mask(self, side: int) -> BoolArray:
        if self.part not in SIDES:
            return read_image("keep", self.part, side) >= 0.5
        mask, half = np.zeros((side, side), np.bool_), side // 2
        lines = mask if self.part in ("top", "bottom") else mask.T
        lines[slice(half) if self.part in ("left", "top") else slice(-half, None)] = True
        return mask.ravel()

    def requirement(self, models: Models) -> Combination:
        """Each pixel that is kept in an interval."""
        within = KEPT if self.within is None else self.within
        what = self.part if self.part in SIDES else Path(self.part).name
        label = f"{what} of {Path(self.path).name} within {within:g}"
        return Given(self.values(models.side), within, label)


def _check_name(option: str, name: str, known: Known) -> None:
    if name not in known.names:
        raise ArgumentError(option, f"one of {', '.join(known.names)}", name)


def read_image(option: str, path: str, side: int) -> Float64Array:
    """The image in a file, (side²,) in 0..1, 1 being white; ValueError naming the option for what is no such image."""
    sides = f", {', '.join(SIDES)}" if option == "keep" else ""
    expected = f"the file of an image of {side}x{side} pixels{sides}"
    if not Path(path).is_file():
        raise ArgumentError(option, expected, missing(path))
    try:
        # No PostScript, which a program of its own would run; a size is seen before anything is unpacked.
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(path, formats=_FORMATS)
        with image:
            size = image.size
            grey: Array = np.asarray(image.convert("L") if size == (side, side) else None)
    except Exception as error:  # a decoder of a damaged file may raise anything
        raise ArgumentError(option, expected, f"{path}, which is none") from error
    if size != (side, side):
        raise ArgumentError(option, expected, f"{size[0]}x{size[1]} pixels in {path}")
    return grey.astype(np.float64).ravel() / 255

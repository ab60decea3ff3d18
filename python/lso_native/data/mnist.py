"""The full MNIST set: four IDX files, known by the SHA-256 of their decompressed content."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from lso_native._typing import ByteArray
from lso_native.errors import ArgumentError, BadArgument

from .idx import parse_idx, read_content

__all__ = ["CHECKSUMS", "Mnist", "check_content", "find_file", "read_mnist"]

#: SHA-256 of the decompressed files, by their usual names.
CHECKSUMS: Mapping[str, str] = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


class NoFolderError(BadArgument, NotADirectoryError):
    """An argument that is no folder."""


class NoFileError(BadArgument, FileNotFoundError):
    """An argument where a file is missing."""


class Mnist(NamedTuple):
    """The four files as they are: images (n, 28, 28) and labels (n,), unsigned bytes.

    train_images, test_images : (n, 28, 28), 0 to 255.
    train_labels, test_labels : (n,), 0 to 9.
    """

    train_images: ByteArray
    train_labels: ByteArray
    test_images: ByteArray
    test_labels: ByteArray


def read_mnist(
    folder: str | os.PathLike[str], *, checksums: Mapping[str, str] | None = None
) -> Mnist:
    """Read MNIST's four IDX files from `folder`, gzip-compressed or not.

    Each is looked for as `train-images-idx3-ubyte` or `train-images.idx3-ubyte`, with and without
    `.gz`. `checksums` replaces `CHECKSUMS`, the SHA-256 of each file's decompressed content.
    Raises NotADirectoryError or FileNotFoundError naming what is missing, and ValueError naming
    the file that is cut short, too long, damaged or altered.
    """
    names = CHECKSUMS if checksums is None else checksums
    place = Path(folder)
    if not place.is_dir():
        raise NoFolderError("data_dir", "a folder with the MNIST files", place)
    return _assemble({name: _read(place, name, names[name]) for name in CHECKSUMS}, place)


def find_file(folder: Path, name: str) -> Path | None:
    """The file of `folder` that goes by one of the usual spellings of `name`, if there is one."""
    stems = (name, name.replace("-idx", ".idx"))
    candidates = (folder / (stem + suffix) for stem in stems for suffix in ("", ".gz"))
    return next((path for path in candidates if path.is_file()), None)


def check_content(
    content: bytes | memoryview, checksum: str, source: str | os.PathLike[str]
) -> None:
    """ValueError naming `source` unless `checksum` is the SHA-256 of `content`."""
    found = hashlib.sha256(content).hexdigest()
    if found != checksum:
        raise ArgumentError(
            source,
            f"content with SHA-256 {checksum}",
            f"{found}: the file was altered or is another one",
        )


def _read(folder: Path, name: str, checksum: str) -> ByteArray:
    path = find_file(folder, name)
    if path is None:
        raise NoFileError("data_dir", f"{name} or {name}.gz in {folder}", "neither")
    content = read_content(path)
    array = parse_idx(content, path)  # first, since it says more than a checksum does
    check_content(content.data, checksum, path)
    return array


def _assemble(files: Mapping[str, ByteArray], folder: Path) -> Mnist:
    data = Mnist(*(files[name] for name in CHECKSUMS))
    for images, labels in (data[:2], data[2:]):
        fits = images.ndim == 3 and images.shape[1:] == (28, 28) and labels.ndim == 1
        if not fits or len(images) != len(labels) or labels.max() > 9:
            raise ArgumentError(
                folder,
                "images (n, 28, 28) and n labels 0..9",
                f"shapes {images.shape} and {labels.shape}, labels up to {labels.max()}",
            )
    return data

"""Tiny IDX files in the layout of MNIST, for the tests of the data."""

from __future__ import annotations

import gzip
import hashlib
import struct
from pathlib import Path

import numpy as np
from lso_native._typing import Array

NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def idx_bytes(array: Array, *, kind: int = 8) -> bytes:
    """`array` in the IDX format, with the type code `kind`."""
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, kind, array.ndim, *array.shape)
    return header + array.astype(np.uint8).tobytes()


def tiny_mnist(n_train: int = 40, n_test: int = 10) -> dict[str, bytes]:
    """The content of the four files: random 28x28 images, the labels 0 to 9 in turn."""
    random = np.random.default_rng(5)
    contents = {}
    for stem, n in (("train", n_train), ("t10k", n_test)):
        images = random.integers(0, 256, (n, 28, 28))
        contents[f"{stem}-images-idx3-ubyte"] = idx_bytes(images)
        contents[f"{stem}-labels-idx1-ubyte"] = idx_bytes(np.arange(n) % 10)
    return contents


def checksums(contents: dict[str, bytes]) -> dict[str, str]:
    """The SHA-256 of each content, by its name."""
    return {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}


def write_gzipped(folder: Path, contents: dict[str, bytes]) -> None:
    """Write each content to `folder`, compressed."""
    for name, content in contents.items():
        (folder / f"{name}.gz").write_bytes(gzip.compress(content))

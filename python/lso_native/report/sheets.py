"""Contact sheets small enough to stand side by side: one column a digit, pixel for pixel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from lso_native._typing import Array
from lso_native.display import FAIL, data_uri, image_side, png

ROWS, DIGITS = 6, 10
_SCALE, _GAP = 2, 4


def sheet(images: Array, labels: Array, missed: Array | None = None) -> str:
    """A data URI: images (n, side²) in 0..1, the column of each its label; any order where labels are negative.

    missed: bool (n,), which images to frame.
    """
    side = image_side(images.shape[1])
    tile = side * _SCALE + _GAP
    columns = [
        np.arange(i, len(images), DIGITS) if (labels < 0).all() else np.flatnonzero(labels == i)
        for i in range(DIGITS)
    ]
    rows = min(ROWS, max(map(len, columns)))
    page = np.zeros((rows * tile, DIGITS * tile, 3), np.uint8)
    for column, members in enumerate(columns):
        for row, member in enumerate(members[:rows]):
            level = np.round(np.clip(images[member], 0, 1) * 255).astype(np.uint8)
            box = page[row * tile : (row + 1) * tile, column * tile : (column + 1) * tile]
            if missed is not None and missed[member]:
                box[1:-1, 1:-1] = [int(FAIL[i : i + 2], 16) for i in (1, 3, 5)]
            inner = np.kron(level.reshape(side, side), np.ones((_SCALE, _SCALE), np.uint8))
            edge = _GAP // 2
            box[edge:-edge, edge:-edge] = inner[:, :, None]
    return data_uri(png(Image.fromarray(page).quantize(128)), "png")


def file_uri(path: Path) -> str:
    """A picture file as a data URI."""
    return data_uri(path.read_bytes(), path.suffix.lstrip("."))

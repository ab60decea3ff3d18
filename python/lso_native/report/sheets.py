"""Contact sheets small enough to stand side by side: one column a digit, pixel for pixel."""

from __future__ import annotations

import numpy as np

from lso_native._typing import Array
from lso_native.display import Sheet, data_uri, image_side, png

ROWS, DIGITS = 6, 10
_SCALE = 2


def sheet(images: Array, labels: Array, missed: Array | None = None) -> str:
    """A data URI: images (n, side²) in 0..1, the column of each its label; any order where labels are negative.

    missed: bool (n,), which images to frame.
    """
    columns = [
        np.arange(i, len(images), DIGITS) if (labels < 0).all() else np.flatnonzero(labels == i)
        for i in range(DIGITS)
    ]
    places = np.full((min(ROWS, max(map(len, columns))), DIGITS), -1)
    for column, members in enumerate(columns):
        shown = members[:ROWS]
        places[: len(shown), column] = shown
    side = image_side(images.shape[1])
    page = Sheet(images, (side, side), places, _SCALE, missed=missed).image(paper=None)
    return data_uri(png(page), "png")

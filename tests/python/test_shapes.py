"""The shapes data: one square an image."""

from __future__ import annotations

from typing import Any

import lso_native as lso
import numpy as np
import pytest


def test_there_is_one_of_each_square_ten_times() -> None:
    images = lso.data.shapes()
    assert images.shape == (10_900, 4_096)
    assert images.dtype == np.float32
    areas = images.sum(axis=1)
    widths = np.sqrt(areas)
    assert all((widths == w).sum() == 10 * (64 - w + 1) for w in range(1, 21))
    assert len({image.tobytes() for image in images}) == 1_090


@pytest.mark.parametrize("row", range(0, 40, 7))
def test_a_square_is_a_square_at_its_column(row: int) -> None:
    image = lso.data.shapes(side=9, largest=4, column=3, copies=2)[row].reshape(9, 9)
    rows, columns = np.nonzero(image)
    width = int(np.sqrt(image.sum()))
    assert columns.min() == 3
    assert np.ptp(rows) == width - 1
    assert np.ptp(columns) == width - 1
    assert set(np.unique(image)) == {0.0, 1.0}


@pytest.mark.parametrize(
    ("options", "argument"),
    [({"largest": 33}, "largest"), ({"column": 64}, "column"), ({"copies": 0}, "copies")],
)
def test_misuse_names_the_argument(options: dict[str, Any], argument: str) -> None:
    with pytest.raises(ValueError, match=argument):
        lso.data.shapes(**options)

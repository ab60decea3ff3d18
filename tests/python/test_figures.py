"""Pictures: what stands where, and files that a viewer can open."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from lso_native.display import FAIL, image_side
from lso_native.figures import (
    GAP,
    LABEL,
    MARGIN,
    TILE,
    contact_sheet,
    strip,
    walk_sheet,
    write_gif,
    write_png,
)
from PIL import Image, ImageColor, ImageSequence

LEFT, TOP = MARGIN + LABEL, MARGIN + 62
LEVELS = np.linspace(0.1, 0.9, 8)


def plain_images(levels: np.ndarray[tuple[int], np.dtype[np.float64]] = LEVELS) -> np.ndarray:
    """One image of 2x2 equal pixels a level."""
    return np.repeat(levels[:, None], 4, axis=1)


def colour(sheet: Image.Image, row: int, column: int, offset: int = TILE // 2) -> object:
    """The colour inside the tile at ``row`` and ``column``, or ``offset`` from its corner."""
    place = LEFT + column * (TILE + GAP) + offset, TOP + row * (TILE + GAP) + offset
    return sheet.getpixel(place)


def grey(level: float) -> tuple[int, int, int]:
    value = round(level * 255)
    return value, value, value


def test_sheet_has_each_label_in_a_row_of_its_own() -> None:
    labels = np.array([7, 2, 2, 7, 2, 2, 7, 7])
    sheet = contact_sheet(plain_images(), labels, np.ones(8, bool), title="t", columns=3)
    for row, members in enumerate([[1, 2, 4], [0, 3, 6]]):
        for column, member in enumerate(members):
            assert colour(sheet, row, column) == grey(LEVELS[member])


def test_sheet_goes_on_in_further_lines() -> None:
    sheet = contact_sheet(
        plain_images(), np.zeros(8, int), np.ones(8, bool), title="t", columns=3, lines=3
    )
    assert colour(sheet, 2, 1) == grey(LEVELS[7])
    assert colour(sheet, 2, 2) == (255, 255, 255)


def test_only_failures_are_framed() -> None:
    success = np.array([True, False] * 4)
    sheet = contact_sheet(plain_images(), np.zeros(8, int), success, title="t", columns=8)
    red = ImageColor.getrgb(FAIL)
    assert [colour(sheet, 0, column, -2) == red for column in range(8)] == list(~success)


def test_sheet_takes_no_label_and_values_beyond_the_pixel_range() -> None:
    images = plain_images(np.array([-3.0, 5.0]))
    sheet = contact_sheet(images, [-1, -1], np.ones(2, bool), title="t", columns=2)
    assert (colour(sheet, 0, 0), colour(sheet, 0, 1)) == (grey(0), grey(1))


def test_title_is_drawn() -> None:
    images, labels, success = plain_images(), np.zeros(8, int), np.ones(8, bool)
    one = contact_sheet(images, labels, success, title="one")
    two = contact_sheet(images, labels, success, title="two", subtitle="more")
    assert one.size == two.size
    assert one.tobytes() != two.tobytes()


def test_images_are_not_turned() -> None:
    image = np.array([[0.0, 1.0, 0.2, 0.4]])  # row by row
    tile = strip(image, tile=20)
    corners = [tile.getpixel(place) for place in ((2, 2), (17, 2), (2, 17), (17, 17))]
    assert corners == [grey(level) for level in image[0]]


def test_walk_is_cut_into_lines() -> None:
    sheet = walk_sheet(plain_images(), title="t", columns=4)
    x, y = MARGIN + TILE // 2, MARGIN + 34 + TILE // 2
    for i, level in enumerate(LEVELS):
        place = x + (i % 4) * (TILE + 2), y + (i // 4) * (TILE + GAP)
        assert sheet.getpixel(place) == grey(level)


@pytest.mark.parametrize(("pixels", "side"), [(1, 1), (196, 14), (784, 28)])
def test_side_of_an_image(pixels: int, side: int) -> None:
    assert image_side(pixels) == side


def test_no_square() -> None:
    with pytest.raises(ValueError, match="images: expected a square number of pixels, got 10"):
        image_side(10)
    with pytest.raises(ValueError, match="images: expected a square number"):
        strip(np.zeros((2, 10)))


def test_png_is_the_picture_and_the_same_each_time(tmp_path: Path) -> None:
    sheet = strip(plain_images())
    files = [tmp_path / "new" / "a.png", tmp_path / "b.png"]
    for file in files:
        write_png(file, sheet)
    with Image.open(files[0]) as read:
        assert read.format == "PNG"
        assert read.convert("RGB").tobytes() == sheet.tobytes()
    assert files[0].read_bytes() == files[1].read_bytes()


def test_gif_shows_every_image_for_ever(tmp_path: Path) -> None:
    write_gif(tmp_path / "walk.gif", plain_images(), seconds=0.1, tile=28)
    with Image.open(tmp_path / "walk.gif") as read:
        assert read.size == (28, 28)
        assert (read.info["loop"], read.info["duration"]) == (0, 100)
        middles = [
            frame.convert("RGB").getpixel((14, 14)) for frame in ImageSequence.Iterator(read)
        ]
    assert middles == [grey(level) for level in LEVELS]


def test_a_picture_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "taken.png").mkdir()
    with pytest.raises(OSError, match=r"taken\.png"):
        write_png(tmp_path / "taken.png", strip(plain_images()))
    assert [file.name for file in tmp_path.iterdir()] == ["taken.png"]

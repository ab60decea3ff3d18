"""Attributes of shapes that are drawn, for which the answer is known."""

from __future__ import annotations

import math
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from drawn import bar, drawn, either, ring, sheared
from lso_native.data import attributes
from reference_attributes import holes as plain_holes

FIELDS = ("slant", "thickness", "width", "height", "ink", "holes")


def of(image: Any) -> Any:
    """The attributes of one image."""
    (found,) = attributes(image)
    return found


def picture(*rows: str) -> Any:
    """(1, side²): a digit is that many ninths of ink, a hash sign is ink, anything else is none."""
    values = [
        9 if pixel == "#" else int(pixel) if pixel.isdigit() else 0 for pixel in "".join(rows)
    ]
    return np.array([values]) / 9


def test_the_array_has_a_field_an_attribute() -> None:
    images = lso.uniform((7, 196), random_state=0)
    found = attributes(images)
    assert found.shape == (7,)
    assert found.dtype.names == FIELDS
    assert [found.dtype[name] for name in FIELDS] == [np.float64] * 5 + [np.int64]
    np.testing.assert_allclose(found["ink"], images.sum(axis=1), rtol=1e-6)


@pytest.mark.parametrize("degrees", [-45, -20, -5, 0, 5, 20, 45])
@pytest.mark.parametrize("width", [1, 2, 3])
def test_the_slant_of_a_sheared_bar(degrees: float, width: float) -> None:
    image = drawn(sheared(width, 16, degrees, (14, 14)))
    assert of(image)["slant"] == pytest.approx(degrees, abs=0.4)
    assert attributes(image[:, ::-1].reshape(1, -1))["slant"] == pytest.approx(degrees, abs=0.4)
    mirrored = image.reshape(28, 28)[:, ::-1].reshape(1, -1)
    assert of(mirrored)["slant"] == pytest.approx(-of(image)["slant"])


def test_a_shear_adds_its_tangent() -> None:
    tangents = []
    for tangent in (-1, 0, 1):  # whole pixels a row: no interpolation
        rows = drawn(either(ring(2, 5, (14, 12)), bar(2, 9, 15, (15, 17)))).reshape(28, 28)
        moved = [np.roll(row, tangent * (14 - i)) for i, row in enumerate(rows)]
        tangents.append(math.tan(math.radians(of(np.reshape(moved, (1, -1)))["slant"])))
    np.testing.assert_allclose(np.diff(tangents), 1, rtol=1e-9)


@pytest.mark.parametrize("size", [(2, 9), (1, 6), (3, 3), (10, 4), (7, 1)])
def test_a_rectangle_is_measured_exactly(size: tuple[int, int]) -> None:
    width, height = size
    image = np.zeros((14, 14))
    image[2 : 2 + height, 3 : 3 + width] = 1
    found = of(image.reshape(1, -1))
    assert (found["width"], found["height"]) == pytest.approx((width, height))
    assert (found["ink"], found["holes"]) == (width * height, 0)
    assert found["slant"] == 0
    outline = 2 * (width + height) - 4 + 2 * math.sqrt(2)
    assert found["thickness"] == pytest.approx(2 * width * height / outline)


def test_sizes_of_what_ends_within_a_pixel() -> None:
    found = of(drawn(sheared(11.25, 15.5, 0, (14.375, 13.25))))
    assert (found["width"], found["height"]) == pytest.approx((11.25, 15.5), abs=1e-9)


def test_a_speck_hardly_widens_a_digit() -> None:
    image = drawn(sheared(10, 16, 0, (14, 14)))
    image[0, 28 * 14] = 1
    assert of(image)["width"] == pytest.approx(10, abs=0.1)


@pytest.mark.parametrize("width", [1.5, 2, 2.5, 3, 4])
def test_the_thickness_of_a_ring_is_that_of_the_pen(width: float) -> None:
    found = of(drawn(ring(width, 8, (14.3, 13.9))))
    assert found["thickness"] == pytest.approx(width, abs=0.05 if width >= 2 else 0.2)
    assert found["slant"] == pytest.approx(0, abs=1)


@pytest.mark.parametrize("width", [2, 3])
@pytest.mark.parametrize("degrees", [-60, -45, -30, -10, 0, 10, 30, 45, 60, 90])
def test_the_thickness_of_a_bar_is_the_same_at_any_angle(width: float, degrees: float) -> None:
    found = of(drawn(bar(width, 20, degrees, (14.2, 13.8))))
    rounded = 2 * 20 * width / (2 * (20 + width) - 4 + 2 * math.sqrt(2))
    assert found["thickness"] == pytest.approx(rounded, rel=0.09)


def test_turned_and_mirrored_images_are_as_thick() -> None:
    image = lso.uniform((14, 14), random_state=1, dtype="float64")
    turned = [np.rot90(each, k).ravel() for each in (image, image.T) for k in range(4)]
    found = attributes(turned)
    for name in ("thickness", "holes"):
        np.testing.assert_allclose(found[name], found[name][0], rtol=1e-12)
    np.testing.assert_allclose(found["width"][1], found["height"][0])


@pytest.mark.parametrize(
    ("shape", "count"),
    [
        (ring(2, 8, (14, 14)), 1),
        (ring(1, 4, (13.7, 14.2)), 1),
        (either(ring(2, 4, (14, 9)), ring(2, 4, (14, 18))), 2),
        (either(ring(1.5, 9, (14, 14)), ring(1.5, 4, (14, 14))), 2),
        (bar(3, 18, 20, (14, 14)), 0),
        (either(*(ring(1.5, 3.5, (x, y)) for x in (6, 14, 22) for y in (8, 18))), 6),
    ],
)
def test_holes_of_rings(shape: Any, count: int) -> None:
    assert of(drawn(shape))["holes"] == count


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        (("     ", " ### ", " # # ", " ### ", "     "), 1),
        (("#####", "#   #", "#   #", "#   #", "#####"), 1),  # at the border
        (("     ", "  #  ", " # # ", "  #  ", "     "), 1),  # closed by corners
        (("#####", "# # #", "## ##", "# # #", "#####"), 5),  # apart at corners
        (("     ", " ### ", " # # ", " # # ", "     "), 0),  # open below
        (("     ", " ### ", " #6# ", " ### ", "     "), 1),  # a third deep
        (("     ", " ### ", " #7# ", " ### ", "     "), 0),  # two ninths
        (("     ", " 222 ", " 2 2 ", " 222 ", "     "), 0),  # a low wall
        (("     ", " ### ", " # 3 ", " ### ", "     "), 1),  # up to the gap
        (("     ", " ### ", " # 2 ", " ### ", "     "), 0),
        (("######", "#    #", "#### #", "#    #", "# ####", "######"), 1),  # a way that winds
    ],
)
def test_holes_of_small_pictures(rows: tuple[str, ...], count: int) -> None:
    assert of(picture(*rows))["holes"] == count


@pytest.mark.parametrize("side", [1, 2, 5, 9, 16])
def test_holes_are_those_of_plain_loops(side: int) -> None:
    images = lso.uniform((40, side * side), random_state=side, dtype="float64")
    images = np.where(images > 0.55, images, images / 2)
    expected = [plain_holes(image.reshape(side, side), 0.25) for image in images]
    np.testing.assert_array_equal(attributes(images)["holes"], expected)


def test_an_image_without_ink() -> None:
    images = np.zeros((2, 196))
    images[1, 100] = 0.5
    nothing, dot = attributes(images)
    assert np.isnan([nothing["slant"], nothing["thickness"]]).all()
    assert [nothing[name] for name in FIELDS[2:]] == [0, 0, 0, 0]
    assert (dot["slant"], dot["width"], dot["height"], dot["ink"]) == pytest.approx((0, 1, 1, 0.5))
    assert dot["thickness"] == pytest.approx(2 / (4 * math.sqrt(0.5)))


def test_many_images_are_measured_as_each_alone() -> None:
    images = lso.data.load().train.images[:600]
    together = attributes(images)
    for i in (0, 511, 512, 599):
        assert together[i] == attributes(images[i : i + 1])[0]


def test_digits_have_the_holes_that_one_expects() -> None:
    part = lso.data.load(size=28).train
    holes = attributes(part.images)["holes"]
    usual = [np.bincount(holes[part.labels == digit]).argmax() for digit in range(10)]
    assert [usual[d] for d in (0, 1, 3, 5, 6, 7, 8, 9)] == [1, 0, 0, 0, 1, 0, 2, 1]


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((2, 195)), r"shape \(n_samples, side \* side\), got \(2, 195\)"),
        (np.zeros(196), r"an array of shape \(n_samples, n_features\)"),
        (np.zeros((0, 196)), "at least one sample"),
        (np.full((1, 4), np.nan), "finite"),
        (np.full((1, 4), 255), r"values in 0\.\.1, got 255\.\.255"),
        ([["a"] * 4], "an array of real numbers"),
    ],
)
def test_bad_images(images: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=f"^images: expected {message}"):
        attributes(images)

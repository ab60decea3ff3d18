"""``show``: what stands on the picture, and what it does not take."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from lso_native.data import Digits, Part
from lso_native.display import FAIL
from PIL import Image, ImageColor

GREYS = np.repeat(np.linspace(0.1, 0.9, 8)[:, None], 64, axis=1)
TILE, GAP = 56, 6


def middle(picture: lso.Picture, row: int, column: int, cell: int = TILE) -> object:
    """The colour in the middle of a tile."""
    place = GAP + column * (cell + GAP) + cell // 2, GAP + row * (TILE + GAP) + TILE // 2
    return picture.image.getpixel(place)


def grey(value: float) -> tuple[int, ...]:
    return (round(255 * value),) * 3


def test_samples_stand_in_rows() -> None:
    picture = lso.show(GREYS, columns=3)
    assert [middle(picture, i // 3, i % 3) for i in range(8)] == [grey(each[0]) for each in GREYS]
    assert middle(picture, 2, 2) == (255, 255, 255)
    assert picture.image.width == 3 * (TILE + GAP) + GAP


def test_only_the_first_are_shown_and_it_says_so() -> None:
    picture = lso.show(np.zeros((10_000, 784)))
    assert "100 of 10,000 samples" in repr(picture)
    assert picture.image.size == (626, lso.show(np.zeros((100, 784))).image.height)
    assert "4 of 8 samples" in repr(lso.show(GREYS, most=4))


def test_the_scale_is_pixels_a_value() -> None:
    one, three = (lso.show(GREYS[:1], scale=scale).image for scale in (11, 33))
    assert three.height - one.height == 22 * 8


@pytest.mark.parametrize(
    "samples",
    [
        np.arange(48.0).reshape(2, 24) / 47,
        np.zeros((2, 4, 6)),
        np.arange(48.0).reshape(2, 1, 4, 6) / 47,
    ],
)
def test_images_that_are_no_square(samples: Any) -> None:
    picture = lso.show(samples, shape=(4, 6) if samples.ndim == 2 else None, scale=10)
    assert picture.image.width >= 2 * (60 + GAP)
    corner = picture.image.getpixel((GAP + 59, GAP + 39))
    assert corner == grey(samples.reshape(2, 24)[0, 23])


def test_captions_stand_below() -> None:
    plain = lso.show(GREYS)
    said = lso.show(GREYS, captions={"ink": GREYS.mean(axis=1), "name": list("abcdefgh")})
    assert said.image.height - plain.image.height == 2 * 14  # two lines
    assert said.image.size == lso.show(GREYS, captions=["ink 0.999\nname a"] * 8).image.size
    # A caption that is wider than its tile moves the others aside.
    wide = lso.show(GREYS[:2], captions=["a caption of many words", ""])
    cell = (wide.image.width - GAP) // 2 - GAP
    assert cell > TILE
    assert [middle(wide, 0, i, cell) for i in range(2)] == [grey(each[0]) for each in GREYS[:2]]


def test_what_missed_is_framed() -> None:
    decoder, head = (lso.Network(sizes, random_state=0) for sizes in ([2, 64], [64, 1]))
    starts = lso.normal((6, 2), random_state=0)
    values = (decoder >> head)(starts)[:, 0]
    low = float(np.sort(values)[3])
    result = lso.optimize(decoder >> head, lso.Interval(low, 1.0), starts=starts, max_iterations=0)
    assert result.success.sum() == 3
    picture = lso.show(result)
    framed = [
        picture.image.getpixel((GAP - 2 + i * (TILE + GAP), GAP + 9)) == ImageColor.getrgb(FAIL)
        for i in range(6)
    ]
    assert framed == list(~result.success)
    assert "framed: not what was asked for" in repr(picture)


def test_digits_and_their_parts() -> None:
    labels = np.array([3, 1, 3, 1, 3])
    part = Part(GREYS[:5].astype(np.float32), labels)
    picture = lso.show(part)
    left = picture.image.width - 3 * (TILE + GAP) - GAP
    rows = [[1, 3], [0, 2, 4]]
    for row, members in enumerate(rows):
        for column, member in enumerate(members):
            place = left + GAP + column * (TILE + GAP) + 28, GAP + row * (TILE + GAP) + 28
            assert picture.image.getpixel(place) == grey(part.images[member, 0])
    digits = Digits("made up", 8, part, part, part)
    assert lso.show(digits)._repr_png_() == picture._repr_png_()


class Own:
    """A decoder from outside."""

    decoder_ = lso.Network([2, 64], random_state=0)

    def sample_latent(self, n: int, *, random_state: Any = None) -> Any:
        return lso.normal((n, 2), random_state=random_state)


def test_decoders_draw_samples() -> None:
    picture = lso.show(Own(), most=4, random_state=3)
    drawn = Own.decoder_(lso.normal((4, 2), random_state=3))
    assert [picture.image.getpixel((GAP + i * 62, GAP)) for i in range(4)] == [
        grey(each[0]) for each in drawn
    ]
    samples = lso.uniform((30, 64), random_state=0)
    model = lso.Autoencoder(latent=2, epochs=1, random_state=0).fit(samples)
    assert "5 of 5 samples drawn" in repr(lso.show(model, most=5))


def test_a_picture_is_saved_as_its_suffix_says(tmp_path: Path) -> None:
    picture = lso.show(GREYS)
    for name, kind in (("a.png", "PNG"), ("b.JPG", "JPEG")):
        picture.save(tmp_path / name)
        with Image.open(tmp_path / name) as read:
            assert (read.format, read.size) == (kind, picture.image.size)
    with Image.open(io.BytesIO(picture._repr_png_())) as read:
        assert read.size == picture.image.size
    for name in ("c", "c.xyz", "c."):
        with pytest.raises(ValueError, match=r"path: expected a name that ends in \.png"):
            picture.save(tmp_path / name)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.png", "b.JPG"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"samples": np.zeros((3, 7))},
            r"shape: expected \(height, width\) of samples of 7 values",
        ),
        (
            {"samples": np.zeros((3, 8)), "shape": (3, 3)},
            r"shape: expected height \* width = 8, got 3 \* 3",
        ),
        ({"samples": np.zeros((3, 8)), "shape": 8}, r"shape: expected a pair \(height, width\)"),
        ({"samples": np.zeros(9)}, r"samples: expected an array \(n, d\), \(n, h"),
        (
            {"samples": np.zeros((3, 3, 4, 6))},
            r".*\(n, 1, height, width\), .* got shape \(3, 3, 4, 6\)",
        ),
        ({"samples": "seven"}, "samples: expected an array of real numbers"),
        ({"samples": GREYS, "captions": ["a"]}, "captions: expected 8, one a sample, got 1"),
        ({"samples": GREYS, "captions": {"a": [1.0] * 9}}, "captions: expected 8"),
        ({"samples": GREYS, "captions": "abcdefgh"}, "captions: expected one a sample"),
        ({"samples": GREYS, "columns": 0}, "columns: expected an integer of at least 1"),
        ({"samples": GREYS, "most": 0}, "most: expected an integer of at least 1"),
        ({"samples": GREYS, "scale": 1.5}, "scale: expected an integer"),
    ],
)
def test_what_does_not_fit_is_named(given: dict[str, Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=f"^{message}"):
        lso.show(**given)


@pytest.mark.parametrize(
    "samples", [np.zeros((0, 64)), np.full((3, 64), np.nan), np.full((3, 64), 1e9)]
)
def test_odd_samples_make_a_picture(samples: Any) -> None:
    assert lso.show(samples)._repr_png_().startswith(b"\x89PNG")

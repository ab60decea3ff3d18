"""Sheets of small images, drawn by Pillow."""

from __future__ import annotations

import base64
import html
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lso_native._typing import Array, BoolArray, IntArray
from lso_native.errors import ArgumentError

if TYPE_CHECKING:  # Pillow is loaded when something is drawn
    from PIL import Image

PAPER, INK, FAIL = "#ffffff", "#1b1b1f", "#c8414b"
_BETWEEN = "#767676"  # can be read on white and on black
_FEWEST = 8  # pixels of a side, below which 4, 9, 16 ... values are hardly an image
_GAP, _LETTERS = 6, 12  # pixels between tiles, and of a line of text


def image_side(n_pixels: int) -> int:
    """The side of a square image of ``n_pixels``; ValueError where there is none."""
    side = math.isqrt(n_pixels)
    if side * side != n_pixels:
        raise ArgumentError("images", "a square number of pixels", n_pixels)
    return side


def image_shape(samples: Array) -> tuple[int, int] | None:
    """(height, width) where ``samples`` (n, d) look like square images: at least 8x8 values, in 0..1 as far as they
    are finite. None where they do not."""
    side = math.isqrt(samples.shape[1])
    finite = samples[np.isfinite(samples)]
    square = side * side == samples.shape[1] and side >= _FEWEST
    inside = finite.size == 0 or (finite.min() >= 0 and finite.max() <= 1)
    return (side, side) if square and inside else None


def tile(image: Array, shape: tuple[int, int], size: tuple[int, int]) -> Image.Image:
    """One image, ``shape`` (height, width), of values in 0..1, what is beyond cut, as ``size`` (width, height) pixels.

    A value that is NaN is red.
    """
    from PIL import Image

    unknown = np.isnan(image).reshape(shape)
    levels = np.round(np.clip(np.where(np.isnan(image), 0, image), 0, 1) * 255).astype(np.uint8)
    drawn = Image.fromarray(levels.reshape(shape))
    if unknown.any():
        drawn = drawn.convert("RGB")
        drawn.paste(FAIL, mask=Image.fromarray(unknown))
    return drawn.resize(size, Image.Resampling.NEAREST)


def png(image: Image.Image) -> bytes:
    """The bytes of a PNG file."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")  # the smallest takes eight times as long, for a fiftieth of the bytes
    return buffer.getvalue()


def data_uri(data: bytes, kind: str) -> str:
    """Picture data as a data URI."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


@dataclass(frozen=True, eq=False)
class Sheet:
    """Images in rows and columns."""

    images: Array
    """(n, height * width) in 0..1"""
    shape: tuple[int, int]
    """(height, width) of an image"""
    places: IntArray
    """(rows, columns) which image stands where, -1 for none"""
    scale: int = 4
    """pixels a value, each way"""
    captions: Sequence[str] | None = None
    """one an image, to stand below it"""
    names: Sequence[str] | None = None
    """one a row, to stand at its left"""
    missed: BoolArray | None = None
    """(n,) which images to frame in red"""
    note: str = ""
    """a line below all"""

    def image(self, paper: str | None = PAPER) -> Image.Image:
        """The picture, on ``paper`` or, with None, on whatever page it lies."""
        from PIL import Image, ImageDraw

        ink = INK if paper else _BETWEEN
        tall, wide = (side * self.scale for side in self.shape)
        lines = [self.captions[i].splitlines() for i in self._members] if self.captions else []
        deep = max(map(len, lines), default=0) * (_LETTERS + 2)
        cell = max([wide, *(_width(text) for each in lines for text in each)])
        left = max(map(_width, self.names), default=0) + _GAP if self.names else 0
        rows, columns = self.places.shape
        width = max(left + columns * (cell + _GAP), _width(self.note)) + _GAP
        height = rows * (tall + deep + _GAP) + _GAP + (_LETTERS + 2 * _GAP if self.note else 0)
        page = Image.new("RGB" if paper else "RGBA", (width, height), paper or (0, 0, 0, 0))
        draw = ImageDraw.Draw(page)
        for row, members in enumerate(self.places):
            y = _GAP + row * (tall + deep + _GAP)
            if self.names:
                draw.text((_GAP, y + tall // 2), self.names[row], ink, _font(), anchor="lm")
            for column, member in enumerate(members):
                if member < 0:
                    continue
                x = left + _GAP + column * (cell + _GAP)
                place = x + (cell - wide) // 2, y
                page.paste(tile(self.images[member], self.shape, (wide, tall)), place)
                if self.missed is not None and self.missed[member]:
                    box = place[0] - 2, y - 2, place[0] + wide + 1, y + tall + 1
                    draw.rectangle(box, outline=FAIL, width=2)
                if self.captions:
                    below = x + cell // 2, y + tall + 2
                    draw.text(
                        below, self.captions[member], ink, _font(), anchor="ma", align="center"
                    )
        draw.text((_GAP, height - _GAP), self.note, ink, _font(), anchor="ld")
        return page

    @property
    def _members(self) -> list[int]:
        return [int(i) for i in self.places.flat if i >= 0]

    def text(self) -> str:
        """Nothing: it is a picture."""
        return ""

    def html(self) -> str:
        """An image element that holds its data."""
        page = self.image(paper=None)
        alt = html.escape(self.note or f"{len(self._members)} samples")
        uri = data_uri(png(page), "png")
        return f'<img alt="{alt}" width="{page.width}" height="{page.height}" src="{uri}">'

    def png(self) -> bytes | None:
        """The bytes of a PNG file."""
        return png(self.image())


def _font() -> Any:
    from PIL import ImageFont

    return ImageFont.load_default(_LETTERS)


def _width(text: str) -> int:
    return math.ceil(_font().getlength(text)) if text else 0

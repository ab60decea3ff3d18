"""Pictures: contact sheets, latent walks and a line of digits."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from lso_native._typing import BoolArray, FloatArray, IntArray
from lso_native.display import FAIL, INK, PAPER, image_side, png, tile
from lso_native.files import atomic_write_bytes

TILE = 56  # pixels of a digit's side on a sheet
GAP = 6
MARGIN = 24
LABEL = 56  # width of the column that says what a row was asked for
MUTED = "#6b6b76"


def contact_sheet(
    images: FloatArray,
    labels: Sequence[int] | IntArray,
    success: BoolArray,
    *,
    title: str,
    subtitle: str = "",
    legend: str = "at the left the digit asked for; framed in red: the target was not met",
    columns: int = 10,
    lines: int = 1,
) -> Image.Image:
    """Images (n, side²) in 0..1, each label's first ones in ``lines`` rows, a label of 0 or more at the left.

    What did not succeed is framed in red.
    """
    labels = np.asarray(labels)
    rows = []
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)[: columns * lines]
        rows += [(label, members[i : i + columns]) for i in range(0, len(members), columns)]
    left, top = MARGIN + LABEL, MARGIN + 62
    width = left + columns * (TILE + GAP) - GAP + MARGIN
    sheet = Image.new("RGB", (width, top + len(rows) * (TILE + GAP) - GAP + MARGIN + 22), PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((MARGIN, MARGIN - 8), title, INK, _font(22))
    draw.text((MARGIN, MARGIN + 24), subtitle, MUTED, _font(14))
    for line, (label, members) in enumerate(rows):
        y = top + line * (TILE + GAP)
        name = str(label) if label >= 0 else ""
        draw.text((MARGIN + 12, y + TILE // 2), name, INK, _font(28), anchor="lm")
        for column, member in enumerate(members):
            place = (left + column * (TILE + GAP), y)
            sheet.paste(_tile(images[member], TILE), place)
            if not success[member]:
                box = (place[0] - 2, y - 2, place[0] + TILE + 1, y + TILE + 1)
                draw.rectangle(box, outline=FAIL, width=2)
    draw.text((MARGIN, sheet.height - MARGIN - 8), legend, MUTED, _font(13))
    return sheet


def strip(images: FloatArray, *, tile: int = TILE) -> Image.Image:
    """Images (n, side²) side by side."""
    sheet = Image.new("RGB", (len(images) * (tile + 2) - 2, tile), PAPER)
    for i, image in enumerate(images):
        sheet.paste(_tile(image, tile), (i * (tile + 2), 0))
    return sheet


def rows_sheet(
    rows: Sequence[FloatArray], beside: Sequence[FloatArray] | None = None, *, tile: int = 42
) -> Image.Image:
    """Images (n, side²), a row each; ``beside`` them, after a gap, others."""
    strips = [strip(row, tile=tile) for row in rows]
    others = [] if beside is None else [strip(row, tile=tile) for row in beside]
    left = max(each.width for each in strips) + tile // 2
    width = left + max(each.width for each in others) if others else left - tile // 2
    sheet = Image.new("RGB", (width, len(strips) * (tile + 2) - 2), PAPER)
    for line, each in enumerate(strips):
        sheet.paste(each, (0, line * (tile + 2)))
    for line, each in enumerate(others):
        sheet.paste(each, (left, line * (tile + 2)))
    return sheet


def walk_sheet(images: FloatArray, *, title: str, columns: int) -> Image.Image:
    """A walk (n, side²), ``columns`` images a line, under a title."""
    lines = [strip(images[i : i + columns]) for i in range(0, len(images), columns)]
    top = MARGIN + 34
    width = max(line.width for line in lines) + 2 * MARGIN
    sheet = Image.new("RGB", (width, top + len(lines) * (TILE + GAP) - GAP + MARGIN), PAPER)
    ImageDraw.Draw(sheet).text((MARGIN, MARGIN - 8), title, INK, _font(20))
    for i, line in enumerate(lines):
        sheet.paste(line, (MARGIN, top + i * (TILE + GAP)))
    return sheet


def write_png(path: Path, image: Image.Image) -> None:
    """Write ``image`` whole or not at all."""
    _write(path, png(image))


def write_gif(
    path: Path,
    images: FloatArray,
    *,
    seconds: float = 0.08,
    tile: int = 140,
    progress: Callable[[int], None] = lambda _: None,
) -> None:
    """Write images (n, side²) as an endless animation, as ``gif`` makes it."""
    _write(path, gif(images, seconds=seconds, tile=tile, progress=progress))


def gif(
    images: FloatArray,
    *,
    seconds: float = 0.08,
    tile: int = 140,
    progress: Callable[[int], None] = lambda _: None,
) -> bytes:
    """Images (n, side²) as an endless animation, one every ``seconds``; ``progress`` hears how many are drawn."""

    def frames() -> Iterator[Image.Image]:
        for drawn, image in enumerate(images[1:], start=1):
            progress(drawn)
            yield _tile(image, tile)

    buffer = io.BytesIO()
    _tile(images[0], tile).save(
        buffer,
        "GIF",
        save_all=True,
        append_images=frames(),
        duration=round(1000 * seconds),
        loop=0,
    )
    return buffer.getvalue()


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write_bytes(path, data)


def _tile(image: FloatArray, size: int) -> Image.Image:
    side = image_side(image.size)
    return tile(image, (side, side), (size, size))


def _font(size: int) -> Any:
    return ImageFont.load_default(size)

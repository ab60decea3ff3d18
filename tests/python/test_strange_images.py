"""Images from strangers, as ``lso generate --near`` and ``--image`` read them."""

from __future__ import annotations

import io
import re
import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from lso_native.commands.asks import read_image
from PIL import Image

SIDE = 28


def encoded(form: str, size: tuple[int, int] = (SIDE, SIDE)) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", size, 255).save(buffer, form)
    return buffer.getvalue()


def png(width: int, height: int, rows: bytes) -> bytes:
    """A PNG whose header says that it is of this size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">2I5B", width, height, 8, 0, 0, 0, 0)
    parts = chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "PPM"])
def test_the_usual_kinds_are_read(form: str, tmp_path: Path) -> None:
    (tmp_path / "image").write_bytes(encoded(form))
    np.testing.assert_array_equal(read_image("near", str(tmp_path / "image"), SIDE), 1)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        encoded("EPS"),
        encoded("PNG")[:45],
        encoded("GIF")[:20],
        png(SIDE, SIDE, b""),
        png(2**31 - 1, 2**31 - 1, b""),
        png(12_000, 12_000, b""),
        png(SIDE, 2**20, bytes(2**20)),
    ],
    ids=["empty", "PostScript", "cut", "cut too", "no rows", "endless", "huge", "tall"],
)
def test_others_are_refused_in_little_room(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "image").write_bytes(content)
    tracemalloc.start()
    expected = f"near: expected the file of an image of {SIDE}x{SIDE} pixels, got "
    with pytest.raises(ValueError, match=re.escape(expected)):
        read_image("near", str(tmp_path / "image"), SIDE)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 4 * 2**20

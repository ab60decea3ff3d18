"""The IDX format of the MNIST files: unsigned bytes behind a header that states the shape.

Layout (Y. LeCun, C. Cortes, C. Burges, THE MNIST DATABASE of handwritten digits): two zero bytes,
a type code (8 is an unsigned byte), the number of dimensions, each dimension as a big-endian
32-bit integer, then the values, the last dimension running fastest.
"""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from pathlib import Path

import numpy as np

from lso_native._checks import shown
from lso_native._typing import ByteArray
from lso_native.errors import ArgumentError

__all__ = ["parse_idx", "read_content", "read_idx", "unzip"]

_GZIP_MAGIC = b"\x1f\x8b"
_UNSIGNED_BYTE = 8
_MAX_DIMENSIONS = 32  # NumPy's own limit before its version 2


def read_idx(path: str | os.PathLike[str]) -> ByteArray:
    """Read an IDX file of unsigned bytes, gzip-compressed or not, as an array of its shape.

    Raises OSError if the file cannot be read, and ValueError naming it if it is not an IDX file,
    is cut short, is too long, or is a damaged gzip file.

    path : of the file, which may end in .gz.
    """
    return parse_idx(read_content(path), path)


def read_content(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a file, decompressed if they are gzip by content, whatever the name says."""
    return unzip(Path(path).read_bytes(), path)


def unzip(data: bytes, source: str | os.PathLike[str]) -> bytes:
    """Decompress `data` if it is gzip. ValueError naming `source` if it is cut or damaged."""
    if not data.startswith(_GZIP_MAGIC):
        return data
    try:
        return gzip.decompress(data)
    except EOFError:
        raise ArgumentError(source, "a whole gzip file", "one that is cut") from None
    except (OSError, zlib.error, struct.error) as error:
        raise ArgumentError(source, "an intact gzip file", f"damage ({error})") from None


def parse_idx(content: bytes, source: str | os.PathLike[str]) -> ByteArray:
    """The read-only array in the decompressed `content`; `source` names it in errors."""
    if len(content) < 4 or content[:2] != b"\0\0":
        raise ArgumentError(
            source, "an IDX file (two zero bytes first)", shown(content[:4].hex(" "))
        )
    kind, n_dimensions = content[2], content[3]
    if kind != _UNSIGNED_BYTE or not 1 <= n_dimensions <= _MAX_DIMENSIONS:
        raise ArgumentError(
            source,
            f"IDX of unsigned bytes (type {_UNSIGNED_BYTE}) with 1 to {_MAX_DIMENSIONS} dimensions",
            f"type {kind}, {n_dimensions} dimensions",
        )
    header = 4 + 4 * n_dimensions
    if len(content) < header:
        raise ArgumentError(source, f"an IDX header of {header} bytes", f"{len(content)} bytes")
    shape = struct.unpack(f">{n_dimensions}I", content[4:header])
    if 0 in shape:
        raise ArgumentError(source, "an IDX file with values", f"shape {shape}")
    expected = header + math.prod(shape)
    if len(content) != expected:
        state = "cut short" if len(content) < expected else "too long"
        raise ArgumentError(
            source, f"{expected} bytes for IDX of shape {shape}", f"{len(content)} ({state})"
        )
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)

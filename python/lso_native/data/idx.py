"""The IDX format of the MNIST files: unsigned bytes behind a header that states the shape.

Layout (Y. LeCun, C. Cortes, C. Burges, THE MNIST DATABASE of handwritten digits): two zero bytes,
a type code (8 is an unsigned byte), the number of dimensions, each dimension as a big-endian
32-bit integer, then the values, the last dimension running fastest.
"""

from __future__ import annotations

import gzip
import io
import math
import os
import struct
import zlib
from typing import BinaryIO

import numpy as np

from lso_native._checks import shown
from lso_native._typing import ByteArray
from lso_native.errors import ArgumentError
from lso_native.files.foreign import most_unpacked, open_regular, size_of

__all__ = ["parse_idx", "read_content", "read_idx", "unpacked"]

_GZIP_MAGIC = b"\x1f\x8b"
_UNSIGNED_BYTE = 8
_MAX_DIMENSIONS = 32  # NumPy's own limit before its version 2
_CHUNK = 2**20


def read_idx(path: str | os.PathLike[str]) -> ByteArray:
    """Read an IDX file of unsigned bytes, gzip-compressed or not, as an array of its shape.

    It may be anybody's. No more of it is read than its header says that there is, and a compressed
    one may unpack to 64 MiB and 64 times its own size.

    Raises OSError if the file cannot be read, and ValueError naming it if it is not an IDX file,
    is cut short, is too long, unpacks to more than it may, or is a damaged gzip file.

    path : of the file, which may end in .gz.
    """
    return parse_idx(read_content(path), path)


def read_content(path: str | os.PathLike[str]) -> ByteArray:
    """The whole content (n,) of an IDX file, decompressed if it is gzip, whatever the name says.

    Raises what `read_idx` does.
    """
    with open_regular(path) as file:
        return _content(file, size_of(file), path)


def unpacked(data: bytes, source: str | os.PathLike[str]) -> ByteArray:
    """The same of a file that is `data`; `source` names it in errors."""
    return _content(io.BytesIO(data), len(data), source)


def parse_idx(content: bytes | ByteArray, source: str | os.PathLike[str]) -> ByteArray:
    """The read-only array in the decompressed `content`; `source` names it in errors."""
    start, shape = _header(bytes(content[: 4 + 4 * _MAX_DIMENSIONS]), source)
    _check_length(len(content), start, shape, source)
    array = np.frombuffer(content, np.uint8, offset=start).reshape(shape)
    array.flags.writeable = False
    return array


def _content(file: BinaryIO, size: int, source: str | os.PathLike[str]) -> ByteArray:
    zipped = file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
    file.seek(0)
    if not zipped:
        return _as_long_as_it_says(file, size, source, size)
    try:
        with gzip.GzipFile(fileobj=file) as inside:
            return _as_long_as_it_says(inside, size, source)
    except EOFError:
        raise ArgumentError(source, "a whole gzip file", "one that is cut") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise ArgumentError(source, "an intact gzip file", f"damage ({error})") from None


def _as_long_as_it_says(
    file: BinaryIO | gzip.GzipFile,
    packed: int,
    source: str | os.PathLike[str],
    there: int | None = None,
) -> ByteArray:
    """The content of `file`, which holds as much as its header says; `there`: its bytes, where
    these are known beforehand."""
    head = file.read(4)
    head += file.read(4 * head[3] if len(head) == 4 else 0)
    start, shape = _header(head, source)
    if there is not None:
        _check_length(there, start, shape, source)
    expected, most = start + math.prod(shape), most_unpacked(packed)
    if there is None and expected > most:
        got = f"{expected:,}, as its header says"
        raise ArgumentError(source, f"at most {most:,} bytes in {packed:,} of gzip", got)
    content = np.empty(expected, np.uint8)
    content[:start] = np.frombuffer(head, np.uint8)
    count = start
    while count < expected and (part := file.read(min(_CHUNK, expected - count))):
        content[count : count + len(part)] = np.frombuffer(part, np.uint8)
        count += len(part)
    more = file.read(1)  # also sees whether the checksum of gzip is right
    _check_length(count + len(more), start, shape, source)
    return content


def _header(content: bytes, source: str | os.PathLike[str]) -> tuple[int, tuple[int, ...]]:
    """How many bytes the header at the beginning of `content` takes, and the shape that it states."""
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
    size = 4 + 4 * n_dimensions
    if len(content) < size:
        raise ArgumentError(source, f"an IDX header of {size} bytes", f"{len(content)} bytes")
    shape = struct.unpack(f">{n_dimensions}I", content[4:size])
    if 0 in shape:
        raise ArgumentError(source, "an IDX file with values", f"shape {shape}")
    return size, shape


def _check_length(
    found: int, start: int, shape: tuple[int, ...], source: str | os.PathLike[str]
) -> None:
    expected = start + math.prod(shape)
    if found != expected:
        state = "cut short" if found < expected else "too long"
        raise ArgumentError(
            source, f"{expected} bytes for IDX of shape {shape}", f"{found} ({state})"
        )

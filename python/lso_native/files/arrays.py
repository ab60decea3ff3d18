"""Arrays by name from .npz files that may be anybody's: none is pickled, none is larger than its file can hold."""

from __future__ import annotations

import io
import math
import os
import zipfile
from typing import IO, Any

import numpy as np

from lso_native._typing import Array
from lso_native.errors import ArgumentError
from lso_native.files.foreign import most_unpacked, open_regular, size_of

__all__ = ["read_arrays"]

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # what NumPy writes
_CHUNK = 2**20
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def read_arrays(path: str | os.PathLike[str], **shapes: str) -> dict[str, Array]:
    """The arrays that ``np.savez`` or ``np.savez_compressed`` wrote to ``path``, by name.

    shapes : of those that must be there and hold numbers, as in ``images="n 100"`` and ``labels="n"``: a letter is the
        same size wherever it stands.

    All of them together may take 64 MiB and 64 times the size of the file. Raises OSError where it cannot be read,
    ArgumentError naming it where it is no such file, is cut, damaged or altered, holds objects, or arrays of other
    shapes.
    """
    with open_regular(path) as file:
        try:
            found = _arrays(file)
        except Exception as error:  # zipfile, zlib, struct and NumPy's header raise all kinds
            reason = " ".join(str(error).split())[:100] or type(error).__name__
            raise ArgumentError(path, "whole arrays of NumPy's, by name", reason) from error
    sizes: dict[str, int] = {}
    for name, shape in shapes.items():
        array = found.get(name)
        if array is None or not _holds_numbers(array.dtype) or not _fits(array, shape, sizes):
            got = "none" if array is None else f"{array.dtype} of shape {array.shape}"
            known = " ".join(str(sizes.get(size, size)) for size in shape.split())
            raise ArgumentError(path, f"numbers {name} ({known})", got)
    return found


def _holds_numbers(dtype: np.dtype[Any]) -> bool:
    """Whether it is of numbers, or of a number in each of some named columns."""
    columns = [dtype] if dtype.names is None else [dtype[name] for name in dtype.names]
    return all(column.kind in "biuf" for column in columns)


def _fits(array: Array, shape: str, sizes: dict[str, int]) -> bool:
    """``sizes``: by their letters, which are added to it."""
    expected = shape.split()
    return array.ndim == len(expected) and all(
        there == (int(size) if size.isdigit() else sizes.setdefault(size, there))
        for size, there in zip(expected, array.shape, strict=True)
    )


def _arrays(file: io.BufferedReader) -> dict[str, Array]:
    found: dict[str, Array] = {}
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        total, most = sum(each.file_size for each in members), most_unpacked(size_of(file))
        if total > most:
            raise ValueError(f"{total:,} bytes, more than the {most:,} that it may unpack to")
        for each in members:
            if each.compress_type not in _METHODS:
                raise ValueError(f"compression of kind {each.compress_type}")
            with archive.open(each) as member:
                found[each.filename.removesuffix(".npy")] = _array(member, each.file_size)
    return found


def _array(member: IO[bytes], size: int) -> Array:
    """``size``: the bytes of ``member``, header and values."""
    shape, by_columns, dtype = _HEADERS[np.lib.format.read_magic(member)](member)
    values = math.prod(shape) * dtype.itemsize
    if dtype.hasobject or not dtype.itemsize or min(shape, default=0) < 0:
        raise ValueError(f"values of dtype {dtype}, shape {shape}")
    if values != size - member.tell():
        raise ValueError(f"{size - member.tell()} bytes for shape {shape} of {dtype}")
    raw = np.empty(values, np.uint8)
    count = 0
    while count < values:
        part = member.read(min(_CHUNK, values - count))
        if not part:
            raise ValueError(f"cut: {count} of {values} bytes")
        raw[count : count + len(part)] = np.frombuffer(part, np.uint8)
        count += len(part)
    member.read(1)  # sees whether the checksum is right
    return raw.view(dtype).reshape(shape, order="F" if by_columns else "C")

"""Tensors and text as the bytes of a safetensors file, and back, whatever the bytes are."""

from __future__ import annotations

import hashlib
import io
import json
import struct
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import safetensors.numpy

from lso_native._checks import shown
from lso_native._typing import Array
from lso_native.files.foreign import size_of

Tensors = dict[str, Array]
Metadata = dict[str, str]

_LENGTH = struct.Struct("<Q")  # a safetensors file opens with the length of its JSON header
_FIRST = _LENGTH.size + 1  # bytes that tell whether it is one
_LONGEST = 100_000_000  # bytes of a header, as safetensors itself has it
_DTYPES = ("F32", "F64")
ELSEWHERE = "another program wrote; a state dict of PyTorch is for Network.from_state_dict"


def encode(tensors: Tensors, metadata: Metadata) -> bytes:
    """The same tensors and metadata always give the same bytes."""
    contiguous = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    data = safetensors.numpy.save(contiguous, metadata)
    # safetensors orders the metadata at random.
    (length,) = _LENGTH.unpack_from(data)
    body = _LENGTH.size + length
    header = json.dumps(json.loads(data[_LENGTH.size : body]), sort_keys=True).encode()
    header += b" " * (-len(header) % _LENGTH.size)
    return _LENGTH.pack(len(header)) + header + data[body:]


def read(file: io.BufferedReader) -> bytes:
    """What is in an open file, if that is as long as its header says, which is read first.

    Raises ValueError where it is not, or does not fit in memory.
    """
    size, start = size_of(file), file.read(_FIRST)
    begin = start + file.read(_LENGTH.size + _length(start, size) - len(start))
    said = len(begin) + _body(_header(begin[_LENGTH.size :]))
    if said != size:
        raise ValueError(f"expected a whole safetensors file, {said} bytes, got {size}")
    try:
        return begin + file.read(size - len(begin))
    except MemoryError:
        raise ValueError(f"expected a file that fits in memory, got {size} bytes") from None


def decode(data: bytes) -> tuple[Tensors, Metadata]:
    """The tensors and the metadata in ``data``.

    Raises ValueError where it is no whole safetensors file of float32 and float64.
    """
    header = _header(data[_LENGTH.size :][: _length(data[:_FIRST], len(data))])
    metadata = header.pop("__metadata__", None) or {}
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise ValueError(f"expected metadata of strings, got {shown(metadata)}")
    for name, entry in header.items():
        dtype = entry.get("dtype") if isinstance(entry, dict) else None
        if dtype not in _DTYPES:
            got = f"{shown(name)} of {shown(dtype)}, which {ELSEWHERE}"
            raise ValueError(f"expected tensors of F32 or F64, got {got}")
    try:
        return safetensors.numpy.load(data), metadata
    except safetensors.SafetensorError as error:
        got = f"one that fails: {shown(str(error))}"
        raise ValueError(f"expected a whole safetensors file, got {got}") from error


def read_json(what: str, text: str | bytes) -> Any:
    """The value of a JSON ``text``; ValueError that names ``what`` it is where it is none, or nested too deeply."""
    try:
        return json.loads(text, object_pairs_hook=_told_once)
    except (ValueError, RecursionError) as error:  # a ValueError also for an endless integer
        raise ValueError(f"expected {what} in JSON, got text that fails: {error}") from None


def _told_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    told = dict(pairs)
    if len(told) < len(pairs):
        raise ValueError("expected each name once, got one twice")
    return told


def check_names(what: str, found: Collection[str], expected: set[str]) -> None:
    """ValueError unless the names in ``found`` are those ``expected``."""
    missing, unknown = sorted(expected - set(found)), sorted(set(found) - expected)
    if missing or unknown:
        raise ValueError(
            f"expected other {what}, got {shown(missing)} missing and {shown(unknown)} unknown"
        )


def digest(tensors: Tensors, metadata: Mapping[str, str]) -> str:
    """The SHA-256 of the tensors, by name, and of the metadata but the digest itself."""
    signed = {key: value for key, value in metadata.items() if key != "sha256"}
    found = hashlib.sha256(json.dumps(signed, sort_keys=True).encode())
    for name, tensor in sorted(tensors.items()):
        dtype = "float32" if tensor.dtype == np.float32 else "float64"
        found.update(json.dumps([name, dtype, tensor.shape]).encode())
        found.update(tensor.astype(tensor.dtype.newbyteorder("<"), copy=False).tobytes())
    return found.hexdigest()


def _length(start: bytes, size: int) -> int:
    """The length of the header of a file of ``size`` bytes that begins with ``start``."""
    if len(start) < _LENGTH.size:
        raise ValueError(f"expected a whole safetensors file, got {size} bytes")
    (length,) = _LENGTH.unpack_from(start)
    there = size - _LENGTH.size
    if there and start[_LENGTH.size :] != b"{":
        got = f"another kind, which begins with {start[:4]!r}"
        raise ValueError(f"expected a whole safetensors file, got {got}")
    if length > min(there, _LONGEST):
        got = f"{there} of {length} bytes of header"
        raise ValueError(f"expected a whole safetensors file, got {got}")
    return int(length)


def _header(text: bytes) -> dict[str, Any]:
    header = read_json("a whole safetensors file, its header", text)
    if not isinstance(header, dict):
        raise ValueError(f"expected a whole safetensors file, got the header {shown(header)}")
    return header


def _body(header: dict[str, Any]) -> int:
    """How many bytes of tensors the header speaks of."""
    try:
        ends = [entry["data_offsets"][1] for name, entry in header.items() if name[:2] != "__"]
        return max(map(int, ends), default=0)
    except (TypeError, ValueError, LookupError):
        raise ValueError("expected tensors with offsets in the header, got others") from None

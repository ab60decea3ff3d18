"""Tensors and text as the bytes of a safetensors file, and back, whatever the bytes are."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import safetensors.numpy

from lso_native._checks import shown
from lso_native._typing import Array

Tensors = dict[str, Array]
Metadata = dict[str, str]

_LENGTH = struct.Struct("<Q")  # a safetensors file opens with the length of its JSON header
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


def decode(data: bytes) -> tuple[Tensors, Metadata]:
    """The tensors and the metadata in ``data``.

    Raises ValueError where it is no whole safetensors file of float32 and float64.
    """
    header = _header(data)
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
        raise ValueError(
            f"expected a whole safetensors file, got one that fails: {error}"
        ) from error


def read_json(what: str, text: str | bytes) -> Any:
    """The value of a JSON ``text``; ValueError that names ``what`` it is where it is none, or nested too deeply."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:  # a ValueError also for an endless integer
        raise ValueError(f"expected {what} in JSON, got text that fails: {error}") from None


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
        found.update(json.dumps([name, tensor.dtype.name, tensor.shape]).encode())
        found.update(tensor.astype(tensor.dtype.newbyteorder("<"), copy=False).tobytes())
    return found.hexdigest()


def _header(data: bytes) -> dict[str, Any]:
    if len(data) < _LENGTH.size:
        raise ValueError(f"expected a whole safetensors file, got {len(data)} bytes")
    (length,) = _LENGTH.unpack_from(data)
    there = len(data) - _LENGTH.size
    if there and data[_LENGTH.size : _LENGTH.size + 1] != b"{":
        raise ValueError(
            f"expected a whole safetensors file, got another kind, which begins with {data[:4]!r}"
        )
    if length > there:
        raise ValueError(
            f"expected a whole safetensors file, got {there} of {length} bytes of header"
        )
    header = read_json("a whole safetensors file, its header", data[_LENGTH.size :][:length])
    if not isinstance(header, dict):
        raise ValueError(f"expected a whole safetensors file, got the header {shown(header)}")
    return header

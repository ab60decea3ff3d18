"""An IDX file of a stranger, gzip-compressed or not: its array, or one ValueError, in memory that its size bounds."""

from __future__ import annotations

import gzip
import random
import struct
import zlib

from lso_native.data.idx import parse_idx, unpacked
from lso_native.errors import ArgumentError

from fuzz.judge import told
from fuzz.mutate import mutated
from fuzz.target import Target

_SIZES = (0, 1, 2, 7, 28, 255, 2**16, 2**26, 2**31, 2**32 - 1)
_ZEROS = gzip.compress(bytes(2**20), mtime=0)


def check(data: bytes) -> str:
    """Read it, and use what it holds."""
    try:
        array = parse_idx(unpacked(data, "digits"), "digits")
    except ArgumentError as error:
        return told(error, (ArgumentError,))
    assert array.size > 0
    assert not array.flags.writeable
    assert 0 <= int(array.max()) <= 255
    return ""


def mutate(data: bytes, draw: random.Random) -> bytes:
    """Often what is in gzip is changed and compressed again; else any bytes, or more behind them."""
    kind = draw.random()
    if kind < 0.2:
        return mutated(data, draw)
    if kind < 0.25:
        return data + draw.choice((b"\0" * 9, _ZEROS, data, gzip.compress(b"", mtime=0)))
    zipped = data[:2] == b"\x1f\x8b"
    try:
        # No more than an input may have, whatever it would unpack to.
        content = zlib.decompressobj(31).decompress(data, 2**16) if zipped else data
    except zlib.error:
        return mutated(data, draw)
    content = _other_header(content, draw) if kind < 0.7 else mutated(content, draw)
    if draw.random() < 0.1:
        zipped = not zipped
    return gzip.compress(content, draw.randrange(10), mtime=0) if zipped else content


def _other_header(content: bytes, draw: random.Random) -> bytes:
    n = content[3] if len(content) > 3 else 0
    shape = [draw.choice(_SIZES) for _ in range(draw.choice((n, n, 1, 2, 3, 33)))]
    values = content[4 + 4 * n :]
    if draw.random() < 0.3 and values:
        shape = [len(values)] + [1] * draw.randrange(32)
    kind = draw.choice((8, 8, 8, 8, 9, 13))
    return struct.pack(f">BBBB{len(shape)}I", 0, 0, kind, len(shape), *shape) + values


TARGET = Target(check, mutate, memory=(2**26 + 2**23, 65))

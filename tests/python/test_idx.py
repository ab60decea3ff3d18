from __future__ import annotations

import gzip
import os
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from idx_files import idx_bytes
from lso_native.data import read_idx
from lso_native.data.idx import parse_idx

ARRAY = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
CONTENT = idx_bytes(ARRAY)


@pytest.mark.parametrize("zipped", [False, True])
def test_reads_an_array_of_its_shape(tmp_path: Path, zipped: bool) -> None:
    path = tmp_path / "any-name"  # gzip is told by the content
    path.write_bytes(gzip.compress(CONTENT) if zipped else CONTENT)
    found = read_idx(path)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, ARRAY)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=5))
def test_round_trip_of_any_shape(shape: list[int]) -> None:
    array = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    np.testing.assert_array_equal(parse_idx(idx_bytes(array), "memory"), array)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected an IDX file"),
        (b"\0\0\x08", "expected an IDX file"),
        (b"PK\x03\x04" + CONTENT[4:], "two zero bytes first.*got '50 4b 03 04'"),
        (idx_bytes(ARRAY, kind=0x0D), r"unsigned bytes \(type 8\).*got type 13, 3 dimensions"),
        (b"\0\0\x08\0", "1 to 32 dimensions, got type 8, 0 dimensions"),
        (b"\0\0\x08\xff" + bytes(2000), "1 to 32 dimensions, got type 8, 255"),
        (CONTENT[:11], "expected an IDX header of 16 bytes, got 11 bytes"),
        (CONTENT[:-1], r"expected 40 bytes for IDX of shape \(2, 3, 4\), got 39 \(cut short\)"),
        (CONTENT + b"\0", r"expected 40 bytes .* got 41 \(too long\)"),
        (b"\0\0\x08\x01\xff\xff\xff\xff" + bytes(8), r"expected 4294967303 bytes .* \(cut short\)"),
        (b"\0\0\x08\x02" + bytes(4) + b"\xff" * 4, r"values, got shape \(0, 4294967295\)"),
    ],
)
def test_what_is_no_idx_file_is_told_with_its_name(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "digits-idx3-ubyte"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"digits-idx3-ubyte: .*{message}"):
        read_idx(path)


@pytest.mark.parametrize("length", [2, 9, 10, 20, -8, -1])
def test_a_gzip_file_that_is_cut(tmp_path: Path, length: int) -> None:
    path = tmp_path / "digits.gz"
    path.write_bytes(gzip.compress(CONTENT)[:length])
    with pytest.raises(ValueError, match=r"digits\.gz: expected a whole gzip file, got one .* cut"):
        read_idx(path)


@pytest.mark.parametrize("place", [2, 12, -6, -2])
def test_a_gzip_file_with_a_byte_altered(tmp_path: Path, place: int) -> None:
    zipped = bytearray(gzip.compress(CONTENT))
    zipped[place] ^= 0xFF
    path = tmp_path / "digits.gz"
    path.write_bytes(zipped)
    with pytest.raises(ValueError, match=r"digits\.gz: "):
        read_idx(path)


def bomb(head: bytes) -> bytes:
    """Some 2 MB of gzip: ``head``, then 2 GiB of zeros."""
    return gzip.compress(head) + gzip.compress(bytes(2**20)) * 2**11


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((2, 3, 4), r"expected 40 bytes for IDX .*, got 41 \(too long\)"),
        ((2**11 - 1, 2**20), r"expected at most [0-9,]+ bytes in [0-9,]+ of gzip, got 2,1\d\d,"),
        ((2**32 - 1,) * 3, r"expected at most [0-9,]+ bytes in [0-9,]+ of gzip, got 79,228,"),
        ((60, 2**20), r"expected 62914572 bytes .*, got 62914573 \(too long\)"),
    ],
)
def test_a_gzip_file_is_unpacked_as_far_as_it_may_be(
    tmp_path: Path, shape: tuple[int, ...], message: str
) -> None:
    path = tmp_path / "digits.gz"
    path.write_bytes(bomb(struct.pack(f">BBBB{len(shape)}I", 0, 0, 8, len(shape), *shape)))
    tracemalloc.start()
    with pytest.raises(ValueError, match=rf"digits\.gz: {message}"):
        read_idx(path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 72 * 2**20


@pytest.mark.parametrize("more", [CONTENT, b"\x1f", gzip.compress(b"\0", mtime=0)])
def test_what_stands_behind_a_gzip_file(tmp_path: Path, more: bytes) -> None:
    path = tmp_path / "digits.gz"
    path.write_bytes(gzip.compress(CONTENT) + more)
    with pytest.raises(ValueError, match=r"digits\.gz: expected"):
        read_idx(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="pipe: expected a regular file, got a device or a pipe"):
        read_idx(tmp_path / "pipe")


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no-such-file"):
        read_idx(tmp_path / "no-such-file")

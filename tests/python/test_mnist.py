from __future__ import annotations

import errno
import gzip
import hashlib
import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from idx_files import NAMES, checksums, idx_bytes, tiny_mnist, write_gzipped
from lso_native.data import Mnist, download, mnist, read_mnist

CONTENTS = tiny_mnist()
IMAGES = "train-images-idx3-ubyte"
LABELS = "train-labels-idx1-ubyte"
Serve = Callable[[str], bytes]


def zipped(name: str) -> bytes:
    return gzip.compress(CONTENTS[name], mtime=0)


ARCHIVES = {
    name: download.Archive(len(zipped(name)), hashlib.sha256(zipped(name)).hexdigest())
    for name in NAMES
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a tiny MNIST, whose checksums stand in for the real ones."""
    monkeypatch.setattr(mnist, "CHECKSUMS", checksums(CONTENTS))
    place = tmp_path / "mnist"
    place.mkdir()
    write_gzipped(place, CONTENTS)
    return place


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache; the tiny MNIST's checksums stand in for the real ones."""
    monkeypatch.setattr(mnist, "CHECKSUMS", checksums(CONTENTS))
    monkeypatch.setattr(download, "ARCHIVES", ARCHIVES)
    monkeypatch.setenv("LSO_NATIVE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "mnist"


def serve(monkeypatch: pytest.MonkeyPatch, answer: Serve) -> list[str]:
    """Let `answer` stand in for the network; returns the list of addresses asked for."""
    asked: list[str] = []

    class Downloader:
        def __init__(self, **options: object) -> None:
            self.options = options

        def __call__(self, url: str, output_file: io.BytesIO, _: object) -> None:
            asked.append(url)
            output_file.write(answer(url))

    monkeypatch.setattr(pytest.importorskip("pooch"), "HTTPDownloader", Downloader)
    return asked


def zipped_content(url: str) -> bytes:
    return zipped(url.rsplit("/", 1)[1].removesuffix(".gz"))


def assert_tiny(data: Mnist) -> None:
    assert [array.shape for array in data] == [(40, 28, 28), (40,), (10, 28, 28), (10,)]
    assert data.train_images.tobytes() == CONTENTS[IMAGES][16:]
    assert data.test_labels.tolist() == list(range(10))


def test_the_real_files_are_the_ones_asked_for() -> None:
    assert tuple(mnist.CHECKSUMS) == NAMES
    known = [*mnist.CHECKSUMS.values(), *(each.sha256 for each in download.ARCHIVES.values())]
    assert {len(bytes.fromhex(value)) for value in known} == {32}
    assert tuple(download.ARCHIVES) == NAMES


@pytest.mark.parametrize("separator", ["-idx", ".idx"])
@pytest.mark.parametrize("zipped", [False, True])
def test_reads_the_usual_names(tmp_path: Path, separator: str, zipped: bool) -> None:
    for name, content in CONTENTS.items():
        path = tmp_path / (name.replace("-idx", separator) + (".gz" if zipped else ""))
        path.write_bytes(gzip.compress(content) if zipped else content)
    assert_tiny(read_mnist(str(tmp_path), checksums=checksums(CONTENTS)))


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError, match=r"data_dir: expected a folder .*, got .*nowhere"):
        read_mnist(tmp_path / "nowhere")


def test_a_file_in_place_of_the_folder_is_named(folder: Path) -> None:
    with pytest.raises(NotADirectoryError, match=r"data_dir: expected a folder .*ubyte\.gz"):
        read_mnist(folder / f"{IMAGES}.gz")


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / f"{name}.gz").unlink()
    with pytest.raises(FileNotFoundError, match=f"data_dir: expected {name} or {name}.gz in"):
        read_mnist(folder)


def test_an_altered_file_is_told_by_its_checksum(folder: Path) -> None:
    content = bytearray(CONTENTS[IMAGES])
    content[500] ^= 1
    (folder / f"{IMAGES}.gz").write_bytes(gzip.compress(content))
    with pytest.raises(ValueError, match=rf"{IMAGES}\.gz: expected content with SHA-256 .*altered"):
        read_mnist(folder)


def test_files_that_were_swapped(folder: Path) -> None:
    (folder / f"{IMAGES}.gz").write_bytes(gzip.compress(CONTENTS["t10k-images-idx3-ubyte"]))
    with pytest.raises(ValueError, match=rf"{IMAGES}\.gz: expected content with SHA-256"):
        read_mnist(folder)


def test_a_cut_file_says_so_rather_than_naming_checksums(folder: Path) -> None:
    (folder / f"{IMAGES}.gz").unlink()
    (folder / IMAGES).write_bytes(CONTENTS[IMAGES][:-100])
    with pytest.raises(ValueError, match=rf"{IMAGES}: .*\(cut short\)"):
        read_mnist(folder)


def test_a_cut_gzip_file(folder: Path) -> None:
    path = folder / f"{LABELS}.gz"
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(ValueError, match=rf"{LABELS}\.gz: expected a whole gzip file"):
        read_mnist(folder)


def test_the_real_checksums_refuse_the_tiny_files(tmp_path: Path) -> None:
    write_gzipped(tmp_path, CONTENTS)
    with pytest.raises(ValueError, match="SHA-256 ba891046"):
        read_mnist(tmp_path)


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        (IMAGES, np.zeros((40, 14, 14)), r"got shapes \(40, 14, 14\) and \(40,\)"),
        (IMAGES, np.zeros((39, 28, 28)), r"got shapes \(39, 28, 28\) and \(40,\)"),
        (LABELS, np.full(40, 10), "labels up to 10"),
    ],
)
def test_files_that_do_not_belong_together(
    tmp_path: Path, name: str, array: Any, message: str
) -> None:
    contents = CONTENTS | {name: idx_bytes(array)}
    write_gzipped(tmp_path, contents)
    with pytest.raises(ValueError, match=rf"images \(n, 28, 28\) and n labels 0..9.*{message}"):
        read_mnist(tmp_path, checksums=checksums(contents))


def test_a_full_cache_is_used_without_the_network(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.mkdir(parents=True)
    write_gzipped(cache, CONTENTS)
    monkeypatch.setitem(sys.modules, "pooch", None)
    assert_tiny(download.cached_mnist())


def test_an_empty_cache_is_filled_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = serve(monkeypatch, zipped_content)
    assert_tiny(download.cached_mnist())
    assert asked == [f"{download.MIRRORS[0]}{name}.gz" for name in NAMES]
    assert {path.name: path.read_bytes() for path in cache.iterdir()} == CONTENTS
    assert_tiny(download.cached_mnist())
    assert len(asked) == 4


def test_a_damaged_file_of_the_cache_is_fetched_again(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = serve(monkeypatch, zipped_content)
    cache.mkdir(parents=True)
    write_gzipped(cache, CONTENTS)
    (cache / f"{IMAGES}.gz").write_bytes(gzip.compress(CONTENTS[LABELS]))
    (cache / f"{LABELS}.gz").write_bytes(b"\x1f\x8b")
    assert_tiny(download.cached_mnist())
    assert asked == [f"{download.MIRRORS[0]}{name}.gz" for name in (IMAGES, LABELS)]


@pytest.mark.usefixtures("cache")
def test_the_second_mirror_is_asked_when_the_first_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(url: str) -> bytes:
        if url.startswith(download.MIRRORS[0]):
            if "images" in url:
                raise ConnectionResetError
            return b"<html>This page has moved</html>"
        return zipped_content(url)

    asked = serve(monkeypatch, answer)
    assert_tiny(download.cached_mnist())
    assert len(asked) == 8


def test_without_a_network_one_error_says_what_to_do(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = pytest.importorskip("requests")

    def answer(url: str) -> bytes:
        raise requests.ConnectionError(f"Max retries exceeded with url: {url}")

    serve(monkeypatch, answer)
    with pytest.raises(ConnectionError, match=r"cannot download MNIST: put .*data_dir") as caught:
        download.cached_mnist()
    assert all(mirror in str(caught.value) for mirror in download.MIRRORS)
    assert list(cache.iterdir()) == []


def test_a_download_with_the_wrong_content_is_not_kept(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(monkeypatch, lambda _: gzip.compress(CONTENTS[LABELS]))
    with pytest.raises(ConnectionError, match="SHA-256"):
        download.cached_mnist()
    assert list(cache.iterdir()) == []


def test_a_cut_download_is_not_kept(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch, lambda url: zipped_content(url)[:-100])
    with pytest.raises(ConnectionError, match="expected content with SHA-256"):
        download.cached_mnist()
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize("longer", [False, True])
def test_a_download_is_known_before_it_is_unpacked(
    cache: Path, monkeypatch: pytest.MonkeyPatch, longer: bool
) -> None:
    def never(**_: object) -> None:
        pytest.fail("unpacked")

    monkeypatch.setattr(gzip, "GzipFile", never)
    size = ARCHIVES[IMAGES].size
    serve(monkeypatch, lambda _: b"\x1f\x8b" + bytes(size - 2 + longer))
    expected = rf"a file of {size:,} bytes, got more" if longer else "content with SHA-256"
    with pytest.raises(ConnectionError, match=f"expected {expected}"):
        download.cached_mnist()
    assert list(cache.iterdir()) == []


def test_a_disk_that_is_full_is_not_taken_for_a_missing_network(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    serve(monkeypatch, zipped_content)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=f"No space left.*{IMAGES}"):
        download.cached_mnist()
    assert list(cache.iterdir()) == []


def test_a_cache_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = serve(monkeypatch, zipped_content)
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("LSO_NATIVE_CACHE", str(tmp_path / "file"))
    with pytest.raises(OSError, match=r"cannot write in this folder.*file/mnist"):
        download.cached_mnist()
    assert asked == []


def test_the_cache_is_the_users_own_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    pooch = pytest.importorskip("pooch")
    monkeypatch.delenv("LSO_NATIVE_CACHE", raising=False)
    assert download.cache_dir() == Path(pooch.os_cache("lso_native"))


@pytest.mark.usefixtures("cache")
def test_without_pooch_one_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(ImportError, match=r"pip install 'lso_native\[experiments\]'.*data_dir"):
        download.cached_mnist()

"""MNIST from the user's cache, filled from public mirrors when it is not there yet."""

from __future__ import annotations

import importlib
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from lso_native._typing import ByteArray
from lso_native.errors import ArgumentError
from lso_native.files import atomic_write_bytes, check_writable_dir

from . import mnist
from .idx import read_content, unpacked

__all__ = ["ARCHIVES", "MIRRORS", "cache_dir", "cached_mnist"]

MIRRORS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
)


class Archive(NamedTuple):
    """A file as mirrors have it, gzip-compressed."""

    size: int
    """In bytes."""
    sha256: str


#: The original archives, by the names of what is in them.
ARCHIVES: Mapping[str, Archive] = {
    "train-images-idx3-ubyte": Archive(
        9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"
    ),
    "train-labels-idx1-ubyte": Archive(
        28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"
    ),
    "t10k-images-idx3-ubyte": Archive(
        1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"
    ),
    "t10k-labels-idx1-ubyte": Archive(
        4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"
    ),
}
_TIMEOUT_SECONDS = 20
_ADVICE = (
    "put the four MNIST files (train-images-idx3-ubyte.gz and so on) into a folder and name it "
    "with data_dir (--data-dir)"
)


def cache_dir() -> Path:
    """The folder of downloaded data: $LSO_NATIVE_CACHE, else the user's cache folder.

    Raises ImportError if the variable is not set and pooch, which knows the folder, is missing.
    """
    named = os.environ.get("LSO_NATIVE_CACHE")
    return Path(named) if named else Path(_pooch().os_cache("lso_native"))


def cached_mnist() -> mnist.Mnist:
    """MNIST from the cache; the files that it lacks, or holds damaged, are downloaded first.

    Raises ConnectionError if no mirror hands out a file with the right content, OSError if the
    cache cannot be written, and ImportError if pooch is needed and missing.
    """
    folder = cache_dir() / "mnist"
    for name in mnist.CHECKSUMS:
        if not _holds(folder, name):
            check_writable_dir(folder)  # before the download, which takes longer
            atomic_write_bytes(folder / name, _download(name).tobytes())
    return mnist.read_mnist(folder)


def _holds(folder: Path, name: str) -> bool:
    path = mnist.find_file(folder, name)
    if path is None:
        return False
    try:
        mnist.check_content(read_content(path).data, mnist.CHECKSUMS[name], path)
    except ValueError:
        return False
    return True


def _download(name: str) -> ByteArray:
    """The decompressed content (n,) of one file, from the first mirror that has it intact."""
    failures = []
    for mirror in MIRRORS:
        url = f"{mirror}{name}.gz"
        try:
            data = _fetch(url, ARCHIVES[name].size)
            mnist.check_content(data, ARCHIVES[name].sha256, url)  # before anything is unpacked
            content = unpacked(data, url)
            mnist.check_content(content.data, mnist.CHECKSUMS[name], url)
        except OSError as error:  # what requests raises, at great length
            failures.append(f"{url}: {type(error).__name__}")
        except ValueError as error:
            failures.append(str(error))
        else:
            return content
    raise ConnectionError(f"cannot download MNIST: {_ADVICE}. Tried {'; '.join(failures)}")


class _Bounded(io.BytesIO):
    """Takes `most` bytes; of more it raises ArgumentError naming `url`."""

    def __init__(self, most: int, url: str) -> None:
        super().__init__()
        self._most, self._url = most, url

    def write(self, data: Any) -> int:
        if self.tell() + len(data) > self._most:
            raise ArgumentError(self._url, f"a file of {self._most:,} bytes", "more")
        return super().write(data)


def _fetch(url: str, most: int) -> bytes:
    buffer = _Bounded(most, url)
    download = _pooch().HTTPDownloader(
        timeout=_TIMEOUT_SECONDS,
        chunk_size=1 << 16,
        headers={"Accept-Encoding": "identity"},  # else the library unpacks what it gets
    )
    download(url, buffer, None)
    return buffer.getvalue()


def _pooch() -> Any:
    try:
        return importlib.import_module("pooch")
    except ImportError as error:
        raise ImportError(
            "'mnist' without data_dir needs pooch: install the extra 'experiments', as in "
            f"pip install 'lso_native[experiments]', or {_ADVICE}"
        ) from error

"""MNIST from the user's cache, filled from public mirrors when it is not there yet."""

from __future__ import annotations

import importlib
import io
import os
from pathlib import Path
from typing import Any

from lso_native.files import atomic_write_bytes, check_writable_dir

from . import mnist
from .idx import read_content, unzip

__all__ = ["MIRRORS", "cache_dir", "cached_mnist"]

MIRRORS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
)
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
            atomic_write_bytes(folder / name, _download(name))
    return mnist.read_mnist(folder)


def _holds(folder: Path, name: str) -> bool:
    path = mnist.find_file(folder, name)
    if path is None:
        return False
    try:
        mnist.check_content(read_content(path), mnist.CHECKSUMS[name], path)
    except ValueError:
        return False
    return True


def _download(name: str) -> bytes:
    """The decompressed content of one file, from the first mirror that has it intact."""
    failures = []
    for mirror in MIRRORS:
        url = f"{mirror}{name}.gz"
        try:
            content = unzip(_fetch(url), url)
            mnist.check_content(content, mnist.CHECKSUMS[name], url)
        except OSError as error:  # what requests raises, at great length
            failures.append(f"{url}: {type(error).__name__}")
        except ValueError as error:
            failures.append(str(error))
        else:
            return content
    raise ConnectionError(f"cannot download MNIST: {_ADVICE}. Tried {'; '.join(failures)}")


def _fetch(url: str) -> bytes:
    buffer = io.BytesIO()
    download = _pooch().HTTPDownloader(timeout=_TIMEOUT_SECONDS, chunk_size=1 << 16)
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

"""NumPy's linear algebra on one thread: with another number it rounds otherwise, and no product may depend on that."""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def one_blas_thread() -> Iterator[None]:
    """In the body, what is loaded by then; nothing where threadpoolctl is missing, which scikit-learn brings."""
    try:
        libraries = _libraries(len(sys.modules))
    except ImportError:
        yield
        return
    with libraries.limit(limits=1, user_api="blas"):
        yield


@functools.lru_cache(maxsize=1)
def _libraries(n_modules: int) -> Any:  # noqa: ARG001 - a library comes with a module; to look for them takes ms
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()

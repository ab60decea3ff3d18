"""NumPy's linear algebra on one thread: with another number it rounds otherwise, and no product may depend on that."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


@contextlib.contextmanager
def one_blas_thread() -> Iterator[None]:
    """In the body, what is loaded by then; nothing where threadpoolctl is missing, which scikit-learn brings."""
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        yield
        return
    with threadpool_limits(1, user_api="blas"):
        yield

"""The array types of the package, by what they hold: shapes stand in the docstrings."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
FloatArray = NDArray[np.floating[Any]]
"""float32 or float64, as the model it belongs to."""
Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]
IntArray = NDArray[np.int64]
IndexArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]
ByteArray = NDArray[np.uint8]
StringArray = NDArray[np.str_]
RandomState = int | np.random.RandomState | np.random.Generator | None
"""A seed, something to draw one from, or None for a new one."""

"""What minibatches are looked at with: as NumPy says it, by a shorter way."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from lso_native.models.generative import finite
from lso_native.models.training import Batch
from lso_native.random import normal, uniform


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_finite_tells_numbers_from_others_where_squares_overflow_too(dtype: str) -> None:
    large = np.full((3, 5), np.finfo(dtype).max, dtype)
    with np.errstate(over="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error")
        assert finite(large)
        assert finite(large[:, ::2])
        assert finite(large[:0])
        for wrong in (np.nan, np.inf, -np.inf):
            for values in (large.copy(), np.zeros((3, 5), dtype)):
                values[1, 2] = wrong
                assert not finite(values)
                assert not finite(values[:, ::2])


@pytest.mark.parametrize("shape", [(50, 196), (7, 1), (2, 9_000)])
def test_a_mean_over_a_batch_has_the_bits_of_numpys(shape: tuple[int, int]) -> None:
    rows = normal(shape, random_state=1)
    assert Batch(rows, rows).mean(rows) == float(rows.mean(dtype=np.float64))
    weight = uniform((shape[0], 1), random_state=2)
    weighted = (rows * weight).mean(dtype=np.float64)
    assert Batch(rows, rows, weight=weight).mean(rows) == float(weighted)

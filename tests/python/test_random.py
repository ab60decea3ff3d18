"""Random numbers: functions of a seed and an index, whatever is drawn at once."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from checks import assert_same_bits

DRAWS: list[Any] = [lso.uniform, lso.normal]
SCRIPT = """
import lso_native as lso, sys
for draw in (lso.uniform, lso.normal):
    for dtype in ("float32", "float64"):
        sys.stdout.buffer.write(draw(3001, random_state=5, dtype=dtype).tobytes())
"""


@pytest.mark.parametrize("draw", DRAWS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_smaller_draw_is_the_beginning_of_a_larger(draw: Any, dtype: str) -> None:
    whole = draw((70_000, 2), random_state=3, dtype=dtype)
    for n in (1, 2, 9, 32, 65_537):
        assert_same_bits(draw((n, 2), random_state=3, dtype=dtype), whole[:n])
    assert not np.array_equal(draw((9, 2), random_state=4, dtype=dtype), whole[:9])


def test_no_instruction_set_changes_a_number() -> None:
    drawn = set()
    for simd in ("baseline", ""):
        environment = {**os.environ, "LSO_SIMD": simd}
        run = subprocess.run(
            [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, check=True
        )
        drawn.add(run.stdout)
    assert len(drawn) == 1


def test_normal_numbers_are_normal() -> None:
    values = lso.normal(200_000, random_state=1, dtype="float64")
    share = [(values < edge).mean() for edge in (-2.0, -1.0, 0.0, 0.5, 3.0)]
    np.testing.assert_allclose(share, [0.02275, 0.158655, 0.5, 0.691462, 0.99865], atol=6e-3)


@pytest.mark.parametrize("draw", DRAWS)
@pytest.mark.parametrize("shape", [(2**40, 2**40), 2**62, 10**40])
def test_a_shape_beyond_any_memory_is_an_error_of_the_shape(draw: Any, shape: Any) -> None:
    with pytest.raises(ValueError, match=r"^shape: expected"):
        draw(shape)


@pytest.mark.parametrize(
    ("draw", "options", "message"),
    [
        (lso.uniform, {"low": 1e300, "high": 1e301}, "low: expected a number within float32"),
        (lso.uniform, {"low": 1, "high": 1 + 1e-12}, "high: expected a number above low=1"),
        (lso.uniform, {"low": -3e38, "high": 3e38}, "high - low: expected .* float32"),
        (lso.uniform, {"low": -1e308, "high": 1e308, "dtype": "float64"}, "high - low: expected"),
        (lso.normal, {"std": 1e300}, "std: expected a number within float32"),
        (lso.normal, {"std": 1e38}, "9 std: expected a number within float32"),
        (lso.normal, {"std": 1e-60}, "std: expected a number above 0 in float32"),
        (lso.normal, {"mean": -1e39}, "mean: expected a number within float32"),
        (lso.normal, {"dtype": None}, "dtype: expected float32 or float64, got None"),
        (lso.uniform, {"dtype": "x"}, "dtype: expected float32 or float64, got 'x'"),
        (lso.uniform, {"dtype": "float16"}, "dtype: expected float32 or float64"),
    ],
)
def test_what_no_number_of_the_dtype_can_be(
    draw: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        draw(3, **options)


@pytest.mark.parametrize("shape", [3.0, None, "3", [2, [3]]])
def test_a_shape_is_made_of_integers(shape: Any) -> None:
    with pytest.raises(TypeError, match=r"^shape: expected an integer"):
        lso.uniform(shape)


@pytest.mark.skipif(
    "libasan" in os.environ.get("LD_PRELOAD", ""), reason="AddressSanitizer ends the program"
)
def test_a_permutation_beyond_memory_says_so() -> None:
    with pytest.raises(MemoryError, match="10000000000000"):
        lso.permutation(10**13)

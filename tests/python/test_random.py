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

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lso_native.metrics import wilson_interval


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    # The two rates of the paper, then 1 of 10, where the interval is far from symmetric.
    [(64, 100, 0.5424, 0.7273), (82, 100, 0.7333, 0.8830), (1, 10, 0.017876, 0.404150)],
)
def test_known_intervals(successes: int, n: int, low: float, high: float) -> None:
    assert wilson_interval(successes, n) == pytest.approx((low, high), abs=5e-5)


@given(st.data(), st.integers(1, 10**6), st.sampled_from([(0.95, 1.959964), (0.99, 2.575829)]))
def test_both_ends_lie_z_standard_deviations_away(
    data: st.DataObject, n: int, level: tuple[float, float]
) -> None:
    successes = data.draw(st.integers(0, n))
    confidence, z = level
    share = successes / n
    ends = wilson_interval(successes, n, confidence=confidence)
    assert 0 <= ends[0] <= share <= ends[1] <= 1
    for rate in ends:
        assert (share - rate) ** 2 == pytest.approx(
            z * z * rate * (1 - rate) / n, rel=1e-5, abs=1e-14
        )


@given(st.data(), st.integers(1, 10**6))
def test_failures_mirror_successes(data: st.DataObject, n: int) -> None:
    successes = data.draw(st.integers(0, n))
    low, high = wilson_interval(successes, n)
    assert wilson_interval(n - successes, n) == pytest.approx((1 - high, 1 - low), abs=1e-12)


def test_no_success_and_no_failure_reach_the_ends_exactly() -> None:
    for n in (1, 7, 100, 10**9):
        low, high = wilson_interval(0, n)
        assert low == 0
        assert 0 < high < 1
        low, high = wilson_interval(n, n)
        assert high == 1
        assert 0 < low < 1


def test_more_attempts_and_less_confidence_narrow_it() -> None:
    def width(successes: int, n: int, confidence: float) -> float:
        low, high = wilson_interval(successes, n, confidence=confidence)
        return high - low

    assert width(640, 1000, 0.95) < width(64, 100, 0.95)
    assert width(64, 100, 0.5) < width(64, 100, 0.95) < width(64, 100, 0.999999)


def test_numpy_counts_are_taken() -> None:
    success = np.array([True] * 64 + [False] * 36)
    assert wilson_interval(success.sum(), np.int64(100)) == wilson_interval(64, 100)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1, 0, 0.95), "n: expected an integer of at least 1, got 0"),
        ((-1, 10, 0.95), "successes: expected an integer of at least 0, got -1"),
        ((11, 10, 0.95), "successes: expected at most n = 10, got 11"),
        ((1, 10, 0.0), "confidence: expected a number above 0, got 0"),
        ((1, 10, 1.0), "confidence: expected a number below 1, got 1"),
        ((1, 10, float("nan")), "confidence: expected a finite number, got nan"),
    ],
)
def test_bad_numbers(arguments: tuple[int, int, float], message: str) -> None:
    successes, n, confidence = arguments
    with pytest.raises(ValueError, match=message):
        wilson_interval(successes, n, confidence=confidence)


@pytest.mark.parametrize(("arguments", "name"), [((0.5, 10), "successes"), ((1, 10.0), "n")])
def test_counts_must_be_whole(arguments: Any, name: str) -> None:
    with pytest.raises(TypeError, match=f"{name}: expected an integer"):
        wilson_interval(*arguments)

"""Small data for the tests of estimators, and what is asked of every estimator."""

from typing import Any

import lso_native as lso
import numpy as np
from lso_native._typing import Float64Array, IntArray

N_SAMPLES, N_FEATURES = 60, 12


def patterns() -> tuple[Float64Array, IntArray]:
    """Three noisy patterns in 0..1, (60, 12), and which of them each row shows, (60,)."""
    generator = np.random.default_rng(0)
    labels = np.arange(N_SAMPLES) % 3
    centres = generator.uniform(0.1, 0.9, (3, N_FEATURES))
    noise = generator.normal(0.0, 0.02, (N_SAMPLES, N_FEATURES))
    return np.clip(centres[labels] + noise, 0.0, 1.0), labels


def assert_same_estimator(got: Any, expected: Any) -> None:
    """Parameters and everything learned are equal, bit for bit."""
    assert type(got) is type(expected)
    assert got.get_params() == expected.get_params()
    learned = {name for name in vars(expected) if name.endswith("_")}
    assert {name for name in vars(got) if name.endswith("_")} == learned
    for name in learned:
        _assert_same(getattr(got, name), getattr(expected, name))


def _assert_same(got: Any, expected: Any) -> None:
    assert type(got) is type(expected)
    if isinstance(expected, dict):
        assert got.keys() == expected.keys()
        for name in expected:
            _assert_same(got[name], expected[name])
    elif isinstance(expected, lso.Mixture):
        assert_same_estimator(got, expected)
    elif isinstance(expected, np.ndarray):
        assert got.dtype == expected.dtype
        np.testing.assert_array_equal(got, expected)
    else:
        assert got == expected

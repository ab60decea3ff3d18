"""Assertions that several test modules share."""

from __future__ import annotations

import re
from collections.abc import Callable

import lso_native as lso
import numpy as np
import numpy.typing as npt
import pytest
from lso_native._typing import Array
from lso_native.errors import ArgumentError, ArgumentTypeError
from reference import central_differences


def assert_close(
    actual: npt.ArrayLike, expected: npt.ArrayLike, relative: float, *, floor: float = 0.0
) -> None:
    """Every value within `relative` times the largest expected magnitude, or the floor."""
    given, wanted = np.asarray(actual, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    assert given.shape == wanted.shape
    if wanted.size:
        scale = max(float(np.abs(wanted).max()), floor)
        assert np.abs(given - wanted).max() <= relative * scale


def assert_same_bits(actual: Array, expected: Array) -> None:
    assert actual.dtype == expected.dtype
    assert actual.shape == expected.shape
    assert actual.tobytes() == expected.tobytes()


def assert_refused(call: Callable[[], object], argument: str, *got: str) -> None:
    """One error that names the argument, what was expected and what came."""
    with pytest.raises((ArgumentError, ArgumentTypeError)) as caught:
        call()
    message = str(caught.value)
    assert "\n" not in message
    assert re.match(rf"{argument}\b", message), message
    assert "expected" in message, message
    assert "got" in message, message
    for text in got:
        assert text in message, message


def assert_gradients_of_training(
    run: Callable[..., tuple[float, list[lso.Learner]]], networks: list[lso.Network]
) -> None:
    """`run(*networks)` gives a loss and each network's learner, whose gradient must meet its central differences."""
    for which, learner in enumerate(run(*networks)[1]):

        def loss(parameters: Array, which: int = which) -> float:
            changed = [*networks]
            changed[which] = networks[which].replace(parameters)
            return run(*changed)[0]

        numerical = central_differences(loss, np.array(networks[which].parameters), 1e-6)
        np.testing.assert_allclose(learner.gradient, numerical, rtol=1e-5, atol=1e-7)

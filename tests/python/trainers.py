"""The package's optimizers of training, each with the reference's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lso_native as lso
import reference_loops as loops

OPTIMIZERS: dict[str, tuple[Any, Callable[[], loops.NormalizedDescent | loops.Adam]]] = {
    "Algorithm 3": (
        lso.NormalizedGradientDescent(desired_change=-0.05),
        lambda: loops.NormalizedDescent(-0.05),
    ),
    "Algorithm 3, constant": (
        lso.NormalizedGradientDescent(desired_change=-0.001, proportional=False),
        lambda: loops.NormalizedDescent(-0.001, proportional=False),
    ),
    "Algorithm 3, capped": (
        lso.NormalizedGradientDescent(desired_change=-0.05, max_step=0.03),
        lambda: loops.NormalizedDescent(-0.05, max_step=0.03),
    ),
    "Adam": (lso.Adam(learning_rate=0.01), lambda: loops.Adam(learning_rate=0.01)),
}

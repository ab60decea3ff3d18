"""What every side can do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from lso_native._typing import BoolArray, Float32Array

from benchmarks.problems import Answer, Descent, Training

OURS = "ours"
"""The name of lso_native in the table, or how it begins."""

Run = Callable[[int], Float32Array]
"""So many iterations from the starts; the points (n, n_inputs) after them."""
Solve = Callable[[], BoolArray]
"""Whether each start converged (n,)."""


class Trainer(Protocol):
    """Training that can be stepped through by epochs."""

    def reset(self) -> None:
        """Back to the initial parameters."""

    def load(self, x: Float32Array, y: Float32Array) -> Any:
        """The samples (n, n_inputs) and targets as this side likes them, for ``steps`` and ``mse``."""

    def steps(self, data: Any, count: int) -> None:
        """``count`` minibatch steps, over and over through ``data``."""

    def mse(self, data: Any) -> float:
        """Mean over samples and outputs."""

    def parameters(self) -> Float32Array:
        """Flat (n_parameters,)."""


class Side(Protocol):
    """A library in its variants, by their names in the table."""

    name: str
    version: str

    def descents(self, problem: Descent) -> Mapping[str, Run]:
        """Ways to iterate on latents."""

    def trainers(self, problem: Training) -> Mapping[str, Trainer]:
        """Ways to train."""

    def answers(self, problem: Answer) -> Mapping[str, Solve]:
        """Ways to iterate until all are done."""

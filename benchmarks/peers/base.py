"""What every side can do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from lso_native._typing import Float32Array, IntArray

from benchmarks.lessons import GanLesson, VaeLesson
from benchmarks.problems import Answer, Descent, Training

OURS = "ours"
"""The name of lso_native in the table, or how it begins."""

Run = Callable[[int], Float32Array]
"""So many iterations from the starts; the points (n, n_inputs) after them."""
Solve = Callable[[], Float32Array]
"""The latents (n, n_inputs) where the starts met the target, rows of NaN where they did not."""


class Trainer(Protocol):
    """Training that can be stepped through by epochs."""

    def reset(self) -> None:
        """Back to the initial parameters."""

    def load(self, x: Float32Array, y: Float32Array) -> Any:
        """The samples (n, n_inputs) and targets as this side likes them, for ``steps`` and ``mse``."""

    def steps(self, data: Any, count: int) -> None:
        """``count`` minibatch steps, over and over through ``data``."""

    def epochs(self, data: Any, count: int) -> float:
        """``count`` passes over ``data``, shuffled anew for each, and the MSE over samples and outputs after each:
        returns the last."""

    def parameters(self) -> Float32Array:
        """Flat (n_parameters,)."""


class Student(Protocol):
    """Networks that train each other."""

    def reset(self) -> None:
        """Back to the initial parameters."""

    def follow(self, order: IntArray, noise: Float32Array) -> None:
        """An epoch of minibatches in this order, with this noise of each sample (n, latent)."""

    def epochs(self, count: int) -> None:
        """So many epochs, order and noise drawn for each."""

    def parameters(self) -> Float32Array:
        """Flat, averaged where the lesson's estimator learns averages."""


class Side(Protocol):
    """A library in its variants, by their names in the table."""

    name: str
    version: str

    def descents(self, problem: Descent) -> Mapping[str, Run]:
        """Ways to iterate on latents."""

    def trainers(self, problem: Training) -> Mapping[str, Trainer]:
        """Ways to train by steps."""

    def epoch_trainers(self, problem: Training) -> Mapping[str, Trainer]:
        """Ways to train by whole epochs."""

    def answers(self, problem: Answer) -> Mapping[str, Solve]:
        """Ways to iterate until all are done."""

    def vaes(self, lesson: VaeLesson) -> Mapping[str, Student]:
        """Ways to train a VAE, if there are any."""

    def gans(self, lesson: GanLesson) -> Mapping[str, Student]:
        """Ways to train a conditional GAN, if there are any."""

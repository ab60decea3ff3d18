"""What was asked and how it was looked for: run it, or write the lines that run it again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import lso_native
from lso_native._checks import resolve_seed
from lso_native._typing import Array, Float64Array, RandomState
from lso_native.generate import Descended, GenerateResult
from lso_native.optimizers import InputOptimizer, LevenbergMarquardt, NormalizedGradientDescent
from lso_native.random import normal
from lso_native.requirements.base import Combination

__all__ = ["Around", "Parts", "Question", "Recipe", "STARTS"]

STARTS = ("anywhere", "class", "hand")
"""Where walks may begin: at draws from all codes, at those of the class asked for, around the latent in hand."""
STEP = 0.25  # no longer, so that the eye can follow
MOST_STEPS, ATTEMPTS = 120, 8
BEST_OF = 4  # draws for a start: more would leave little way to walk
SPREAD = 0.5  # of starts around the hand


@dataclass(frozen=True, eq=False)
class Question:
    """What is asked for."""

    label: int | None = None
    """The place of a class; None for any."""
    numbers: dict[str, tuple[float, float]] = field(default_factory=dict)
    """By name, a value and how far from it will do."""
    locked: Float64Array | None = None
    """(n_features,) NaN where nothing is locked; None for nothing at all."""

    def __bool__(self) -> bool:
        return self.label is not None or bool(self.numbers) or self.locked is not None


@dataclass(frozen=True, eq=False)
class Around:
    """A prior about one ``latent`` (latent,): N(latent, spread²)."""

    latent: Any
    spread: float = SPREAD

    def sample(self, n: int, *, random_state: RandomState = None) -> Array:
        """(n, latent)"""
        center = np.asarray(self.latent, np.float32)
        noise = normal((n, len(center)), random_state=resolve_seed(random_state), dtype="float32")
        return np.asarray(center + np.float32(self.spread) * noise)


class Parts(ABC):
    """What a recipe is made of, as objects, and as the Python that makes these."""

    @property
    @abstractmethod
    def decoder(self) -> Any:
        """As ``lso.generate`` takes it."""

    @abstractmethod
    def prior(self, label: int | None) -> Any:
        """Of all codes or of a class's; None for the decoder's own."""

    @abstractmethod
    def asked(self, question: Question) -> Combination:
        """The question as a requirement, and that the latent is where codes are."""

    @abstractmethod
    def lines_imports(self) -> list[str]:
        """That import what the others need beside ``lso`` and ``np``."""

    @abstractmethod
    def lines_models(self, questions: list[Question]) -> list[str]:
        """That load the models that ``questions`` need, ``decoder`` among them."""

    @abstractmethod
    def lines_asked(self, question: Question) -> list[str]:
        """That make ``asked``."""

    @abstractmethod
    def line_prior(self, label: int | None) -> str:
        """That gives ``prior``, in one expression."""

    @abstractmethod
    def line_decode(self) -> str:
        """That decodes ``latents``, in one expression."""


@dataclass(frozen=True, eq=False)
class Recipe:
    """``n`` walks."""

    parts: Parts
    question: Question
    n: int
    seed: int
    start: str = STARTS[0]
    hand: Array | None = None
    """(latent,) where walks begin, of ``start="hand"``."""

    @property
    def _optimizer(self) -> InputOptimizer:
        """A locked pixel is a residual, which Levenberg-Marquardt wants few of."""
        if self.question.locked is None:
            return LevenbergMarquardt(max_step=STEP)
        return NormalizedGradientDescent(-0.1, max_step=STEP)

    @property
    def _prior(self) -> Any:
        if self.start == "hand":
            return Around(self.hand)
        return self.parts.prior(self.question.label if self.start == "class" else None)

    def run(self, watch: Callable[[Descended], object] | None = None) -> GenerateResult:
        """Walk."""
        return lso_native.generate(
            self.parts.decoder,
            self.parts.asked(self.question),
            self.n,
            prior=self._prior,
            keep=None,
            best_of=BEST_OF,
            attempts=ATTEMPTS,
            optimizer=self._optimizer,
            max_iterations=MOST_STEPS,
            random_state=self.seed,
            threads=1,
            watch=watch,
        )

    def lines(self, rows: list[int], name: str) -> list[str]:
        """Python that makes those of ``rows`` again, after ``lines_models``, as ``name``: the same, bit for bit."""
        prior = (
            f"Around({_row(self.hand)})"
            if self.start == "hand"
            else self.parts.line_prior(self.question.label if self.start == "class" else None)
        )
        optimizer = repr(self._optimizer)
        return [
            *self.parts.lines_asked(self.question),
            f"result = lso.generate(decoder, asked, {self.n}, prior={prior}, keep=None, best_of={BEST_OF},",
            f"    attempts={ATTEMPTS}, optimizer=lso.{optimizer}, max_iterations={MOST_STEPS},",
            f"    random_state={self.seed})",
            f"{name} = result.samples[{rows}]",
        ]


def by_hand(parts: Parts, latents: Array, name: str) -> list[str]:
    """Python that decodes ``latents`` (n, latent)."""
    rows = ",\n    ".join(_row(row) for row in latents)
    return [
        f'latents = np.array([{rows}], "float32")',
        f"{name} = {parts.line_decode()}",
    ]


def _row(values: Any) -> str:
    """Each number as the shortest text that gives it back in its own precision."""
    return f"[{', '.join(str(value) for value in np.asarray(values, np.float32))}]"

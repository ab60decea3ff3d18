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

__all__ = ["Around", "Parts", "Question", "Recipe", "STARTS", "Start", "Usual"]

MOST_STEPS, ATTEMPTS = 120, 8
SPREAD = 0.5  # of starts around the hand
USUAL = 0.4  # of the spread of a class's codes: at its edge are blots


@dataclass(frozen=True)
class Start:
    """How walks go from where they begin."""

    step: float = 0.25
    """No longer, so that the eye can follow."""
    best_of: int = 4
    """Draws for a start: more would leave little way to walk."""


STARTS = {"class": Start(step=0.1), "anywhere": Start(), "hand": Start()}
"""Where walks may begin: at usual draws from the codes of the class asked for, near by, so that steps are short; at
draws from all codes; around the latent in hand."""


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


@dataclass(frozen=True, eq=False)
class Usual:
    """A mixture ``prior`` whose draws are nearer to the means of its components, where samples are clear."""

    prior: Any
    spread: float = USUAL

    def sample(self, n: int, *, random_state: RandomState = None) -> Array:
        """(n, latent)"""
        drawn: Array = self.prior.sample(n, random_state=random_state, spread=self.spread)
        return drawn


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
    start: str = "anywhere"
    hand: Array | None = None
    """(latent,) where walks begin, of ``start="hand"``."""

    @property
    def _optimizer(self) -> InputOptimizer:
        """A locked pixel is a residual, which Levenberg-Marquardt wants few of."""
        step = STARTS[self._begin].step
        if self.question.locked is None:
            return LevenbergMarquardt(max_step=step)
        return NormalizedGradientDescent(-0.1, max_step=step)

    @property
    def _begin(self) -> str:
        """Where nothing is known of a class, or none is asked for, anywhere."""
        known = self.start != "class" or self.parts.prior(self.question.label) is not None
        return self.start if known else "anywhere"

    @property
    def _prior(self) -> tuple[Any, str]:
        """And the Python that gives it."""
        if self._begin == "hand":
            return Around(self.hand), f"Around({_row(self.hand)})"
        label = self.question.label if self._begin == "class" else None
        prior, line = self.parts.prior(label), self.parts.line_prior(label)
        return (Usual(prior), f"Usual({line})") if self._begin == "class" else (prior, line)

    @property
    def imports(self) -> set[str]:
        """What ``lines`` need of this package, beside what the parts do."""
        prior = self._prior[0]
        return {type(prior).__name__} if isinstance(prior, (Around, Usual)) else set()

    def run(self, watch: Callable[[Descended], object] | None = None) -> GenerateResult:
        """Walk."""
        return lso_native.generate(
            self.parts.decoder,
            self.parts.asked(self.question),
            self.n,
            prior=self._prior[0],
            keep=None,
            best_of=STARTS[self._begin].best_of,
            attempts=ATTEMPTS,
            optimizer=self._optimizer,
            max_iterations=MOST_STEPS,
            random_state=self.seed,
            threads=1,
            watch=watch,
        )

    def lines(self, rows: list[int], name: str) -> list[str]:
        """Python that makes those of ``rows`` again, after ``lines_models``, as ``name``: the same, bit for bit."""
        prior, optimizer = self._prior[1], repr(self._optimizer)
        best_of = STARTS[self._begin].best_of
        return [
            *self.parts.lines_asked(self.question),
            f"result = lso.generate(decoder, asked, {self.n}, prior={prior}, keep=None, best_of={best_of},",
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

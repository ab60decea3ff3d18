"""Requirements as a problem of the engine, and what the engine found as readings of the requirements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lso_native._typing import BoolArray, FloatArray
from lso_native.errors import ArgumentError
from lso_native.network import Activation, Model, Network
from lso_native.optimize import OptimizeResult
from lso_native.problem import Branch, Problem
from lso_native.requirements.base import Checked, Part, Reading, Starts, weighed
from lso_native.terms import Asked, Interval


@dataclass(frozen=True, eq=False)
class Plan:
    """A decoder and what is asked of its samples."""

    decoder: Model
    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        for part, head in zip(self.parts, self._heads, strict=True):
            if head is not None and head.n_inputs != self.decoder.n_outputs:
                expected = (
                    f"{part.name} of samples with the decoder's {self.decoder.n_outputs} features"
                )
                raise ArgumentError("requirement", expected, f"one of {head.n_inputs} features")
            if head is not None and head.dtype != self.decoder.dtype:
                expected = f"{part.name} by a network in the decoder's {self.decoder.dtype}"
                got = f"one in {head.dtype}: astype('{self.decoder.dtype}') makes it one"
                raise ArgumentError("requirement", expected, got)

    def check_reach(self, latents: FloatArray) -> None:
        """Raise ValueError where an interval lies beyond all that the outputs it is asked of can be, by their
        activation; ``latents`` (1, latent) are any."""
        starts = Starts(self.decoder, latents)
        for part, head in zip(self.parts, self._heads, strict=True):
            if not part.hard or part.requirement.on_latent or isinstance(part.requirement, Checked):
                continue
            term = weighed(part.requirement.term(starts), part).term
            last = (self.decoder if head is None else head).parts[-1]
            if not isinstance(term, Interval) or not isinstance(last, Network):
                continue
            name = last.activations[-1]
            least, most = Activation(name).range
            low, high = np.max(np.asarray(term.low)), np.min(np.asarray(term.high))
            if low > most or high < least:
                expected = f"{part.name} within {least:g}..{most:g}, as {name} outputs are"
                raise ArgumentError(
                    "requirement",
                    expected,
                    f"{low:g} and more" if low > most else f"{high:g} and less",
                )

    def problem(self, latents: FloatArray) -> Problem:
        """For descents from ``latents`` (n, latent)."""
        starts = Starts(self.decoder, latents)
        terms: list[list[Asked]] = [[] for _ in self._places]
        latent: list[Asked] = []
        for index, part in enumerate(self.parts):
            asked = weighed(part.requirement.term(starts), part)
            if part.requirement.on_latent:
                latent.append(asked)
            else:
                terms[self._place(index)].append(asked)
        branches = [
            Branch(*asked, head=head) for head, asked in zip(self._places, terms, strict=True)
        ]
        return Problem(self.decoder, *branches, latent=latent)

    @cached_property
    def _heads(self) -> tuple[Model | None, ...]:
        """Of each part: asked for once, since a requirement may make its network anew each time."""
        return tuple(part.requirement.head(self.decoder) for part in self.parts)

    @cached_property
    def _places(self) -> list[Model | None]:
        """One a network, so that requirements on one share its passes."""
        found: dict[int, Model | None] = {}
        for part, head in zip(self.parts, self._heads, strict=True):
            if not part.requirement.on_latent:
                found.setdefault(id(head), head)
        return list(found.values())

    def _place(self, index: int) -> int:
        """Where part ``index`` looks."""
        return next(at for at, each in enumerate(self._places) if each is self._heads[index])

    def readings(self, result: OptimizeResult) -> list[Reading]:
        """What each requirement says of the best point of each start."""
        on_branches = [[] for _ in self._places]  # type: list[list[int]]
        on_latent: list[int] = []
        for index, part in enumerate(self.parts):
            if part.requirement.on_latent:
                on_latent.append(index)
            else:
                on_branches[self._place(index)].append(index)
        order = [*(index for branch in on_branches for index in branch), *on_latent]
        told = dict(zip(order, result.terms, strict=True))
        readings = []
        for index, part in enumerate(self.parts):
            latent = part.requirement.on_latent
            values = result.latents if latent else result.branches[self._place(index)]
            readings.append(part.requirement.read(values, told[index]))
        return readings


def all_met(parts: Sequence[Part], readings: Sequence[Reading], n: int) -> BoolArray:
    """(n,) whether every requirement that must be met is."""
    met = np.ones(n, np.bool_)
    for part, reading in zip(parts, readings, strict=True):
        if part.hard:
            met &= reading.met
    return met

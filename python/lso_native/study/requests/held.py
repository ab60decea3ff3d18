"""Combinations that no model sees, to be asked for all the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lso_native._typing import BoolArray, Float64Array, IntArray
from lso_native.study.requests.asked import Measured, Request


@dataclass(frozen=True)
class HeldOut:
    """Combinations that no model sees: of each digit, what is beyond a slant and beyond a thickness."""

    beyond: tuple[tuple[int, float, float], ...]
    """(digit, slant, thickness); minus infinity: any."""

    @classmethod
    def both(cls, known: Measured, share: float = 0.9) -> HeldOut:
        """Of each digit the images beyond that quantile in both."""
        beyond = []
        for digit in np.unique(known.labels):
            slant, thickness = np.quantile(known.pairs[known.labels == digit], share, axis=0)
            beyond.append((int(digit), float(slant), float(thickness)))
        return cls(tuple(beyond))

    @classmethod
    def sevens_and_fours(cls, known: Measured, share: float = 0.75) -> HeldOut:
        """The 7s beyond that quantile in thickness, and the 4s beyond it in slant."""
        thick = np.quantile(known.pairs[known.labels == 7, 1], share)
        slanted = np.quantile(known.pairs[known.labels == 4, 0], share)
        return cls(((7, -np.inf, float(thick)), (4, float(slanted), -np.inf)))

    def holds(self, labels: IntArray, pairs: Float64Array) -> BoolArray:
        """(n,) which of some images are held out."""
        held = np.zeros(len(labels), np.bool_)
        for digit, slant, thickness in self.beyond:
            held |= (labels == digit) & (pairs > (slant, thickness)).all(axis=1)
        return held

    def requests(self, known: Measured, each: int, seed: int) -> list[Request]:
        """``each`` requests for pairs of held-out images, digits in turn, of which only what is held out will do."""
        rng = np.random.Generator(np.random.Philox(seed))
        held = self.holds(known.labels, known.pairs)
        there = [part for part in self.beyond if (held & (known.labels == part[0])).any()]
        made = []
        for number in range(each if there else 0):
            digit, *ends = there[number % len(there)]
            pairs = known.pairs[held & (known.labels == digit)]
            asked = Request.near(digit, *map(float, rng.choice(pairs)))
            slant, thickness = (float(np.nextafter(end, np.inf)) for end in ends)
            made.append(
                Request(
                    digit,
                    (max(asked.slant[0], slant), asked.slant[1]),
                    (max(asked.thickness[0], thickness), asked.thickness[1]),
                )
            )
        return made

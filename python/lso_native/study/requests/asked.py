"""What is asked for: a digit with a slant and a stroke thickness, typical ones and rare ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lso_native._typing import Array, BoolArray, Float64Array, FloatArray, IntArray
from lso_native.data import Part, attributes

SLANT_WITHIN = 5.0
"""degrees"""
THICKNESS_WITHIN = 0.1
"""as a share"""
FEW = 6
"""Images that match, below which a pair counts as rarest."""
_TAIL = 0.05
_TRIES = 400

Ends = tuple[float, float]


@dataclass(frozen=True)
class Request:
    """A digit, and the intervals that its slant (degrees) and its thickness (pixels) are to be in."""

    digit: int
    slant: Ends
    thickness: Ends

    @classmethod
    def near(cls, digit: int, slant: float, thickness: float) -> Request:
        """Within 5 degrees, and 10%."""
        share = THICKNESS_WITHIN
        return cls(
            digit,
            (slant - SLANT_WITHIN, slant + SLANT_WITHIN),
            (thickness * (1 - share), thickness * (1 + share)),
        )

    @property
    def name(self) -> str:
        """As in "7, slant 15.0 to 25.0, thickness 1.80 to 2.20"."""
        slant, thickness = self.slant, self.thickness
        return (
            f"{self.digit}, slant {slant[0]:.1f} to {slant[1]:.1f}, "
            f"thickness {thickness[0]:.2f} to {thickness[1]:.2f}"
        )

    def met(self, measured: Float64Array) -> BoolArray:
        """(n,) which pairs ``measured`` (n, 2) are inside, to the letter; the digit is for others to judge."""
        low, high = np.array([self.slant, self.thickness]).T
        return np.asarray(((low <= measured) & (measured <= high)).all(axis=1))


def measure(images: FloatArray) -> Float64Array:
    """Slant and thickness of ``images`` (n, side²) by their formulas, (n, 2); NaN where there is no ink."""
    found = attributes(images)
    return np.stack([found["slant"], found["thickness"]], axis=1)


@dataclass(frozen=True, eq=False)
class Measured:
    """Images, and what the formulas say of them."""

    images: FloatArray
    labels: IntArray
    pairs: Float64Array
    """(n, 2) slant and thickness"""

    @classmethod
    def of(cls, *parts: Part) -> Measured:
        """Of all images of ``parts``."""
        images = np.concatenate([part.images for part in parts])
        labels = np.concatenate([part.labels for part in parts])
        return cls(images, labels, measure(images))

    def matching(self, request: Request) -> IntArray:
        """The places of the images that are as asked."""
        return np.flatnonzero((self.labels == request.digit) & request.met(self.pairs))

    def nearest(self, request: Request, n: int) -> FloatArray:
        """The ``n`` images (n, n_pixels) of the digit whose pairs are nearest to the middle of what is asked for, in
        units of what is allowed."""
        rows = np.flatnonzero(self.labels == request.digit)
        low, high = np.array([request.slant, request.thickness]).T
        off = np.linalg.norm((self.pairs[rows] - (low + high) / 2) / (high - low), axis=1)
        return self.images[rows[np.argsort(off, kind="stable")[:n]]]

    def take(self, rows: Array) -> Measured:
        """Those of ``rows``."""
        return Measured(self.images[rows], self.labels[rows], self.pairs[rows])


def groups(known: Measured, each: int, seed: int) -> dict[str, list[Request]]:
    """``each`` requests a group, over digits in turn, with slants and thicknesses that images of the digit have.

    typical: the pair of an image, both between the digit's 5th and 95th percentile. rare slant: a slant beyond either,
    a thickness between them, of two images. both rare: both beyond. rarest: of the latter those that fewer than 6 of
    all ``known`` images match. Fewer than ``each`` where the images do not hold so many.
    """
    kinds: dict[str, tuple[bool, bool, Callable[[int], bool]]] = {
        "typical": (False, False, lambda _: True),
        "rare slant": (True, False, lambda _: True),
        "both rare": (True, True, lambda _: True),
        "rarest": (True, True, lambda matches: matches < FEW),
    }
    rng = np.random.Generator(np.random.Philox(seed))
    return {
        name: _drawn(known, each, rng, rare=(slant, thickness), accept=accept)
        for name, (slant, thickness, accept) in kinds.items()
    }


def _drawn(
    known: Measured,
    each: int,
    rng: np.random.Generator,
    *,
    rare: tuple[bool, bool],
    accept: Callable[[int], bool],
) -> list[Request]:
    digits = np.unique(known.labels)
    found: list[Request] = []
    for number in range(each * _TRIES):
        if len(found) == each:
            break
        digit = int(digits[(len(found) + number // _TRIES) % len(digits)])
        pairs = known.pairs[known.labels == digit]
        beyond = _beyond(pairs)
        if rare == (False, False):
            slant, thickness = rng.choice(pairs[~beyond.any(axis=1)])
        else:
            slant = rng.choice(pairs[beyond[:, 0] == rare[0], 0])
            thickness = rng.choice(pairs[beyond[:, 1] == rare[1], 1])
        request = Request.near(digit, float(slant), float(thickness))
        if accept(len(known.matching(request))):
            found.append(request)
    return found


def _beyond(pairs: Float64Array) -> BoolArray:
    """(n, 2) which slants and which thicknesses are beyond the 5th or the 95th percentile."""
    low, high = np.quantile(pairs, [_TAIL, 1 - _TAIL], axis=0)
    return np.asarray((pairs < low) | (pairs > high))

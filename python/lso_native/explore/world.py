"""What a page explores: a decoder, what can be asked of its samples, and what these say of themselves."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from lso_native._typing import Array, Float32Array, FloatArray
from lso_native.errors import ArgumentError
from lso_native.explore.codes import Codes
from lso_native.explore.recipe import Parts, Question
from lso_native.generate.descent import Attempt, Descent, Found
from lso_native.network import Model
from lso_native.optimizers import InputOptimizer, LevenbergMarquardt, NormalizedGradientDescent
from lso_native.requirements.base import Part

if TYPE_CHECKING:  # Pillow is loaded when something is drawn
    from PIL import Image

__all__ = ["Look", "Number", "World"]

MAP = 9  # samples across a pad
_FOLLOW, _AIMS = 40, 2


@dataclass(frozen=True)
class Number:
    """A number that can be asked for, and its slider."""

    name: str
    unit: str
    low: float
    high: float
    step: float
    value: float
    """Where the slider stands at first."""
    within: float
    """How near to a value is near enough."""


@dataclass(frozen=True, eq=False)
class Look:
    """A sample and what is said of it."""

    latent: Float32Array
    """(latent,)"""
    sample: FloatArray
    """(n_features,)"""
    error: float
    """E of what is asked; 0 where nothing is."""
    readings: tuple[dict[str, Any], ...]
    """One a requirement: its name, its value, how far it misses, and whether it is met."""
    numbers: dict[str, float]
    """All that can be read off it, by name, whether it is asked for or not."""
    classes: tuple[float, ...]
    """What the classifier says of each class, if there is one."""


class World(Parts):
    """A decoder and what can be asked of its samples.

    A world is shared by all sessions, and never changes. ``Recipe`` runs in it.
    """

    name: ClassVar[str]
    labels: tuple[str, ...] = ()
    """The classes that can be asked for."""
    numbers: tuple[Number, ...] = ()
    pad: tuple[str, str]
    """The two numbers that a pad is for."""

    @property
    @abstractmethod
    def network(self) -> Model:
        """The decoder's."""

    @property
    @abstractmethod
    def codes_prior(self) -> Any:
        """What codes follow: anything with ``sample``."""

    @abstractmethod
    def told(self, sample: FloatArray) -> dict[str, float]:
        """Numbers of one sample (n_features,), by name."""

    @abstractmethod
    def picture(self, samples: Array) -> Image.Image:
        """Of ``samples`` (n, n_features), as a file shows them."""

    def encode(self, image: Array) -> Array:
        """The code (latent,) of a drawn ``image`` (n_features,). Raises ValueError where nothing can be drawn."""
        raise ArgumentError("drawn", f"no drawing of {self.name}", f"{len(image)} numbers")

    def more(self, sample: FloatArray) -> dict[str, Any]:  # noqa: ARG002
        """What else there is to see of one sample, as JSON has it."""
        return {}

    def classes_of(self, sample: FloatArray) -> tuple[float, ...]:  # noqa: ARG002
        """What the classifier says of one sample; nothing where there is none."""
        return ()

    @cached_property
    def codes(self) -> Codes:
        """Where codes lie."""
        return Codes.of(self.codes_prior)

    def describe(self) -> dict[str, Any]:
        """What the page has to know."""
        codes = self.codes
        return {
            "world": self.name,
            "labels": list(self.labels),
            "numbers": [vars(number) for number in self.numbers],
            "pad": list(self.pad),
            "features": self.network.n_outputs,
            "map": MAP,
            "center": codes.center.tolist(),
            "directions": codes.directions.tolist(),
            "reach": codes.reach.tolist(),
            "low": codes.low.tolist(),
            "high": codes.high.tolist(),
        }

    def look(self, question: Question, latent: Array) -> Look:
        """At the sample of ``latent`` (latent,)."""
        return self._look(question, latent, LevenbergMarquardt(), 0)

    def follow(self, question: Question, latent: Array) -> Look:
        """At the sample that a descent from ``latent`` (latent,) to what is asked comes to."""
        few = question.locked is None
        optimizer = LevenbergMarquardt() if few else NormalizedGradientDescent(-0.2)
        return self._look(question, latent, optimizer, _FOLLOW)

    def map(self, latent: Array) -> Float32Array:
        """(MAP², n_features) samples over the pad, of the plane through ``latent`` (latent,)."""
        return np.asarray(self.network(self.codes.plane(latent, MAP)), np.float32)

    def _look(
        self, question: Question, latent: Array, optimizer: InputOptimizer, most: int
    ) -> Look:
        start = self.codes.clipped(latent[None])
        if not question:
            sample = self.network(start)[0]
            return Look(start[0], sample, 0.0, (), self.told(sample), self.classes_of(sample))
        parts = self.asked(question).parts
        bounds = (self.codes.low, self.codes.high)
        descent = Descent(optimizer, most, bounds, _AIMS if most else 0, 0, 1)
        found = Attempt(self.network, parts, descent).run(start)
        sample = found.samples[0]
        return Look(
            found.latents[0],
            sample,
            float(found.loss[0]),
            told_readings(parts, found),
            self.told(sample),
            self.classes_of(sample),
        )


def told_readings(parts: tuple[Part, ...], found: Found) -> tuple[dict[str, Any], ...]:
    """What each requirement says of the first sample that was ``found``."""
    told = []
    for part, reading in zip(parts, found.readings, strict=True):
        # Several values at once are none that a page could show.
        value = float(reading.values[0, 0]) if reading.values.shape[1] == 1 else np.nan
        miss = float(reading.miss[0])
        told.append(
            {
                "name": part.name,
                "value": value if np.isfinite(value) else None,
                "miss": miss if np.isfinite(miss) else None,
                "met": bool(reading.met[0]),
            }
        )
    return tuple(told)

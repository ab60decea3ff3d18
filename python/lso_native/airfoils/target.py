"""What is asked of an airfoil, and the six targets of the study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lso_native._checks import check_number
from lso_native._typing import Array, BoolArray, Float64Array
from lso_native.airfoils.simulator import NAMES

__all__ = ["TARGETS", "Target", "Tolerance"]


@dataclass(frozen=True)
class Tolerance:
    """How far each number may be from what is asked.

    lift, ratio, moment, thickness : in the unit of each, above 0.
    """

    lift: float = 0.03
    ratio: float = 5.0
    moment: float = 0.01
    thickness: float = 0.004

    def __post_init__(self) -> None:
        for name in NAMES:
            check_number(name, getattr(self, name), above=0.0)


@dataclass(frozen=True)
class Target:
    """Lift, lift over drag, moment and thickness, all four prescribed.

    lift, ratio, moment, thickness : what is wanted; ratio is lift over drag, thickness a share of the chord.
    name : what results call it.
    within : how far each may be from it.
    """

    lift: float
    ratio: float
    moment: float
    thickness: float
    name: str = "target"
    within: Tolerance = Tolerance()

    def __post_init__(self) -> None:
        for name in NAMES:
            check_number(name, getattr(self, name))
        check_number("thickness", self.thickness, above=0.0)

    def miss(self, said: Array | Mapping[str, Array]) -> Float64Array:
        """(n, 4): how far what was said (n,), by ``NAMES``, is from this, in tolerances; 1 is the border."""
        return np.stack(
            [
                np.abs(said[name] - getattr(self, name)) / getattr(self.within, name)
                for name in NAMES
            ],
            axis=1,
        )

    def met(self, said: Array) -> BoolArray:
        """(n,): whether all four are within their tolerances.

        said : (n,) with the columns lift, ratio, moment and thickness.
        """
        met = np.ones(len(said), np.bool_)
        for name in NAMES:
            at, within = getattr(self, name), getattr(self.within, name)
            met &= (said[name] >= at - within) & (said[name] <= at + within)  # never for NaN
        return met


TARGETS = (
    Target(0.75, 100, -0.06, 0.10, "typical"),
    Target(0.8, 110, -0.07, 0.16, "thick"),
    Target(1.1, 120, -0.15, 0.07, "thin"),
    Target(0.75, 105, -0.03, 0.11, "low moment"),
    Target(1.2, 110, -0.15, 0.19, "very thick, high lift"),
    Target(0.5, 80, 0.0, 0.12, "reflex"),
)

"""Requirements on the latent: near the start, within a ball, where a prior has its mass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lso_native._checks import check_number, shown
from lso_native._typing import Array
from lso_native.errors import ArgumentTypeError
from lso_native.outcome import TermResult
from lso_native.requirements.base import Reading, Requirement, Starts, check_distance
from lso_native.terms import Asked, Ball, Density


class OnLatent(Requirement):
    """A requirement on the latent."""

    @property
    def on_latent(self) -> bool:
        """It is."""
        return True


@dataclass(frozen=True, eq=False, repr=False)
class NearLatent(OnLatent):
    """At most ``within`` from ``center``, (latent,) or one number; by default from where each descent starts."""

    within: float
    center: ArrayLike | None = None

    def __post_init__(self) -> None:
        check_distance("within", self.within)

    @property
    def name(self) -> str:
        """As in "latent within 2 of its start"."""
        return (
            f"latent within {self.within:g} of {'its start' if self.center is None else 'a point'}"
        )

    def term(self, starts: Starts) -> Asked:
        """A ball."""
        center = starts.latents if self.center is None else self.center
        return Asked(Ball(self.within, center=center), 1 / self.within**2)

    def read(self, values: Array, told: TermResult) -> Reading:  # noqa: ARG002
        """Nothing but what the engine says: the center may be each start's own."""
        miss = np.where(told.met, 0.0, np.sqrt(told.loss))
        return Reading(np.full((len(miss), 1), np.nan), miss, told.met)


@dataclass(frozen=True, eq=False, repr=False)
class Likely(OnLatent):
    """Where a prior, a Mixture, is as dense as at all but the rarest ``share`` of the samples that it was fitted to."""

    prior: Any
    share: float = 0.001

    def __post_init__(self) -> None:
        check_number("share", self.share, above=0.0, below=1.0)
        for name in ("quantile", "log_density"):
            if not callable(getattr(self.prior, name, None)):
                raise ArgumentTypeError(
                    "prior", f"a Mixture, which has {name}()", shown(self.prior)
                )

    @property
    def name(self) -> str:
        """As in "likelier than 0.1% of the codes"."""
        return f"likelier than {100 * self.share:g}% of the codes"

    @property
    def least(self) -> float:
        """The log density that there must be."""
        return float(self.prior.quantile(self.share))

    def term(self, starts: Starts) -> Density:  # noqa: ARG002
        """A log density."""
        return Density(self.prior, self.least)

    def read(self, values: Array, told: TermResult) -> Reading:
        """The log density; whether it is enough is the engine's word."""
        density = self.prior.log_density(values)
        miss = np.where(told.met, 0.0, np.maximum(self.least - density, 0.0))
        return Reading(density[:, None], miss, told.met)

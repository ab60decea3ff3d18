"""The study: six targets, latent space optimization, and its rivals at the same simulator."""

from __future__ import annotations

from dataclasses import dataclass, field

from lso_native._checks import check_choice, check_int, check_threads
from lso_native.airfoils.designer import DesignSettings
from lso_native.airfoils.drawing import DesignsPicture, Picture, WalkPicture
from lso_native.airfoils.gradient import OwnGradient
from lso_native.airfoils.learning import DecoderSettings, SurrogateSettings
from lso_native.airfoils.rivals import PLAIN, Rival
from lso_native.airfoils.simulator import NeuralFoil
from lso_native.airfoils.steps import (
    Designs,
    Learned,
    LsoDesigns,
    RivalDesigns,
    Simulations,
    TheShapes,
)
from lso_native.airfoils.target import TARGETS, Target
from lso_native.errors import ArgumentError
from lso_native.random import subseed

__all__ = ["CALLS", "JUDGE", "RIVALS", "AirfoilsSettings", "Study"]

CALLS = (1, 2, 3)
"""That latent space optimization has for a design."""
RIVALS: dict[str, Rival] = {**PLAIN, "gradient": OwnGradient()}
JUDGE = NeuralFoil("large")


@dataclass(frozen=True)
class AirfoilsSettings:
    """What to run."""

    out: str = "lso-airfoils"
    designs: int = 100
    """A target."""
    repeats: int = 1
    """Runs, each with the next seed; every one learns anew."""
    rivals: tuple[str, ...] = tuple(RIVALS)
    rival_designs: int = 10
    """A target and rival."""
    rival_calls: int = 2_000
    """That a rival has for a design, at most."""
    random_state: int = 0
    threads: int | None = None
    targets: tuple[Target, ...] = TARGETS
    decoder: DecoderSettings = field(default_factory=DecoderSettings)
    surrogate: SurrogateSettings = field(default_factory=SurrogateSettings)
    design: DesignSettings = field(default_factory=DesignSettings)

    def __post_init__(self) -> None:
        for name in ("designs", "repeats", "rival_designs", "rival_calls"):
            check_int(name, getattr(self, name))
        for name in self.rivals:
            check_choice("rivals", name, RIVALS)
        check_int("random_state", self.random_state, minimum=0)
        check_threads(self.threads)
        names = [target.name for target in self.targets]
        if not names or len(set(names)) < len(names):
            raise ArgumentError("targets", "some targets with different names", ", ".join(names))


@dataclass(frozen=True, eq=False)
class Study:
    """The steps of a run."""

    settings: AirfoilsSettings

    @property
    def seeds(self) -> tuple[int, ...]:
        """One a repeat."""
        first = self.settings.random_state
        return tuple(range(first, first + self.settings.repeats))

    def learned(self, seed: int) -> tuple[Learned, Learned]:
        """What stands in for the simulator, and what doubts it."""
        asked = self.settings
        shapes = TheShapes(asked.decoder, subseed(seed, "shapes"))
        simulations = Simulations(shapes, asked.surrogate.draws, subseed(seed, "simulations"))
        return (
            Learned(simulations, asked.surrogate),
            Learned(simulations, asked.surrogate, doubt=True),
        )

    def lso(self, seed: int, target: Target, calls: int) -> LsoDesigns:
        """Latent space optimization for ``target``."""
        surrogate, doubt = self.learned(seed)
        asked = self.settings
        return LsoDesigns(surrogate, doubt, target, asked.designs, calls, seed, asked.design)

    def rival(self, seed: int, target: Target, rival: Rival) -> RivalDesigns:
        """Another way to ``target``."""
        surrogate, _ = self.learned(seed)
        asked = self.settings
        return RivalDesigns(rival, surrogate, target, asked.rival_designs, asked.rival_calls, seed)

    @property
    def rivals(self) -> tuple[Rival, ...]:
        """Those that are asked for."""
        return tuple(RIVALS[name] for name in self.settings.rivals)

    def pictures(self) -> dict[str, Picture]:
        """By their file in the folder of figures; of the first run."""
        seed, asked = self.seeds[0], self.settings
        surrogate, doubt = self.learned(seed)
        found: dict[str, Picture] = {}
        for target in asked.targets:
            name = slug(target.name)
            found[f"{name}.png"] = DesignsPicture(self.lso(seed, target, CALLS[-1]), JUDGE)
            found[f"walk-{name}.gif"] = WalkPicture(surrogate, doubt, target, seed, asked.design)
        return found

    def designs(self, target: Target) -> list[Designs]:
        """Those of every way for ``target``."""
        found: list[Designs] = []
        for seed in self.seeds:
            found += [self.lso(seed, target, calls) for calls in CALLS]
            found += [self.rival(seed, target, rival) for rival in self.rivals]
        return found


def slug(name: str) -> str:
    """A name for a file."""
    return "-".join("".join(c if c.isalnum() else " " for c in name.lower()).split())

"""The parts of the study: each made once, whole or not at all, and found again by whoever goes on."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np

from lso_native._typing import Array, BoolArray, Float64Array, FloatArray, IntArray
from lso_native.airfoils.data import Airfoils, real
from lso_native.airfoils.designer import (
    DesignSettings,
    Models,
    design,
    differences,
    simulate,
)
from lso_native.airfoils.learning import (
    DecoderSettings,
    Shapes,
    Surrogate,
    SurrogateSettings,
    learn_shapes,
    learn_surrogate,
)
from lso_native.airfoils.rivals import Asked, Rival, Task
from lso_native.airfoils.simulator import NeuralFoil
from lso_native.airfoils.target import Target, Tolerance
from lso_native.files.arrays import read_arrays
from lso_native.files.native import load, save
from lso_native.models.regressor import Regressor
from lso_native.models.vae import VAE
from lso_native.random import subseed
from lso_native.study.step import Step, Work

__all__ = [
    "Designed",
    "Designs",
    "Learned",
    "LsoDesigns",
    "RivalDesigns",
    "Simulations",
    "TheShapes",
]

_NEEDS = ("aerosandbox", "neuralfoil")


@dataclass(frozen=True)
class _Real:
    """The real airfoils, as the steps ask for them."""

    def load(self) -> Airfoils:
        return real()


@dataclass(frozen=True)
class TheShapes(Step[Shapes]):
    """The decoder."""

    needs: ClassVar[tuple[str, ...]] = _NEEDS
    settings: DecoderSettings
    seed: int

    def cost(self, work: Work) -> float:  # noqa: ARG002
        """Measured."""
        return 5.0

    def make(self, work: Work) -> Shapes:
        """Train it."""
        return learn_shapes(self.settings, work.data(_Real()), self.seed, work.threads)

    def save(self, made: Shapes, folder: Path) -> None:
        """Write the VAE, and what its heights are measured by."""
        save(made.vae, folder / "vae.safetensors")
        np.savez(folder / "heights.npz", mean=made.mean, spread=made.spread, gap=made.gap)

    def load(self, folder: Path) -> Shapes:
        """Read them."""
        vae = load(folder / "vae.safetensors")
        if not isinstance(vae, VAE):
            raise ValueError(f"{folder}: no VAE")
        return Shapes(
            vae, **read_arrays(folder / "heights.npz", mean="100", spread="100", gap="50")
        )


@dataclass(frozen=True, eq=False)
class Said:
    """What the simulators say of draws."""

    heights: FloatArray
    """(n, 100)"""
    first: Array
    """(n,) by name."""
    more: Array
    """(n,) how much more the second says, in tolerances, by name."""
    failures: int
    """Draws beside these, of which one of them had nothing to say."""


@dataclass(frozen=True)
class Simulations(Step[Said]):
    """What the simulators say of draws."""

    needs: ClassVar[tuple[str, ...]] = _NEEDS
    shapes: TheShapes
    draws: int
    seed: int
    simulator: NeuralFoil = field(default_factory=NeuralFoil)
    second: NeuralFoil = field(default_factory=lambda: NeuralFoil("small"))

    def cost(self, work: Work) -> float:  # noqa: ARG002
        """By its draws."""
        return 4e-5 * self.draws

    def make(self, work: Work) -> Said:
        """Draw, and ask."""
        drawn = work.get(self.shapes).draw(self.draws, subseed(self.seed, "draws"))
        first, there = simulate(self.simulator, drawn)
        heights = drawn[there]
        second, both = simulate(self.second, heights)
        more = differences(first[both], second, Tolerance())
        return Said(heights[both], first[both], more, self.draws - int(both.sum()))

    def save(self, made: Said, folder: Path) -> None:
        """Write the arrays."""
        np.savez(folder / "said.npz", **vars(made))

    def load(self, folder: Path) -> Said:
        """Read them."""
        arrays = read_arrays(folder / "said.npz", heights="n 100", first="n", more="n", failures="")
        return Said(arrays["heights"], arrays["first"], arrays["more"], int(arrays["failures"]))


@dataclass(frozen=True)
class Learned(Step[Surrogate]):
    """A network of what a simulator says or, of ``doubt``, of how much more the second one does."""

    simulations: Simulations
    settings: SurrogateSettings
    doubt: bool = False

    def cost(self, work: Work) -> float:  # noqa: ARG002
        """Measured."""
        return 3.3

    def make(self, work: Work) -> Surrogate:
        """Train it."""
        said = work.get(self.simulations)
        what, name = (said.more, "second") if self.doubt else (said.first, "simulator")
        seed = subseed(self.simulations.seed, name)
        return learn_surrogate(self.settings, said.heights, what, seed, work.threads)

    def save(self, made: Surrogate, folder: Path) -> None:
        """Write the regressor, and what its inputs are made by."""
        save(made.regressor, folder / "regressor.safetensors")
        np.savez(folder / "whitening.npz", mean=made.mean, modes=made.modes)

    def load(self, folder: Path) -> Surrogate:
        """Read them."""
        regressor = load(folder / "regressor.safetensors")
        if not isinstance(regressor, Regressor):
            raise ValueError(f"{folder}: no Regressor")
        arrays = read_arrays(folder / "whitening.npz", mean="100", modes="m 100")
        return Surrogate(regressor, arrays["mean"], arrays["modes"])


@dataclass(frozen=True, eq=False)
class Designed:
    """n designs for a target; a file keeps these arrays by name."""

    heights: Float64Array
    """(n, 100)"""
    success: BoolArray
    """(n,) whether the simulator says that the target is met, as near as the way goes for."""
    calls: IntArray
    """(n,) how often the simulator was asked."""
    starts: Float64Array
    """(n, 100) where the last descent began; NaN for a way without one."""


class Designs(Step[Designed]):
    """Designs for one target, by some way."""

    def save(self, made: Designed, folder: Path) -> None:
        """Write the arrays."""
        np.savez(folder / "designs.npz", **vars(made))

    def load(self, folder: Path) -> Designed:
        """Read them."""
        return Designed(
            **read_arrays(
                folder / "designs.npz", heights="n 100", success="n", calls="n", starts="n 100"
            )
        )


@dataclass(frozen=True)
class LsoDesigns(Designs):
    """Latent space optimization, which asks ``calls`` times a design at most."""

    needs: ClassVar[tuple[str, ...]] = _NEEDS
    surrogate: Learned
    doubt: Learned
    target: Target
    n: int
    calls: int
    seed: int
    settings: DesignSettings = field(default_factory=DesignSettings)

    @property
    def title(self) -> str:
        """As in "lso thin 3"."""
        return f"lso {self.target.name} {self.calls}"

    def cost(self, work: Work) -> float:  # noqa: ARG002
        """By its designs."""
        return 0.1 + 2e-3 * self.n * self.calls

    def make(self, work: Work) -> Designed:
        """Descend."""
        models = models_of(work, self.surrogate, self.doubt)
        found = design(
            models,
            self.target,
            self.n,
            calls=self.calls,
            settings=self.settings,
            random_state=subseed(self.seed, self.target.name),
            threads=work.threads,
        )
        starts = models.shapes.decoder(found.starts)
        return Designed(
            found.samples.astype(np.float64),
            found.success,
            found.calls,
            starts.astype(np.float64),
        )


@dataclass(frozen=True)
class RivalDesigns(Designs):
    """Another way, with as many calls a design as it takes, ``most`` at most."""

    needs: ClassVar[tuple[str, ...]] = (*_NEEDS, "cma")
    rival: Rival
    surrogate: Learned
    target: Target
    n: int
    most: int
    seed: int

    @property
    def title(self) -> str:
        """As in "draws thin"."""
        return f"{self.rival.name} {self.target.name}"

    def cost(self, work: Work) -> float:  # noqa: ARG002
        """By the calls that it may have."""
        return 1e-4 * self.n * self.most

    def make(self, work: Work) -> Designed:
        """Go that way."""
        asked = Asked(self.surrogate.simulations.simulator, self.target, self.rival.share)
        models = models_of(work, self.surrogate, None)
        seed = subseed(self.seed, self.target.name, self.rival.name)
        task = Task(asked, models, work.data(_Real()), self.n, self.most, seed)
        found = self.rival.run(task)
        starts = np.full(found.heights.shape, np.nan)
        return Designed(found.heights.astype(np.float64), found.success, found.calls, starts)


def models_of(work: Work, surrogate: Learned, doubt: Learned | None) -> Models:
    """What was learned, with the simulator to have the last word."""
    simulations = surrogate.simulations
    return Models(
        work.get(simulations.shapes),
        work.get(surrogate).checked_by(simulations.simulator),
        None if doubt is None else work.get(doubt),
    )

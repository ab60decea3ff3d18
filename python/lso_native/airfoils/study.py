"""The study: six targets, latent space optimization, and its rivals at the same simulator."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lso_native._checks import check_int, check_threads
from lso_native._typing import Array, Float64Array
from lso_native.airfoils.data import real, wanted
from lso_native.airfoils.designer import DesignSettings
from lso_native.airfoils.drawing import DesignsPicture, Picture, WalkPicture
from lso_native.airfoils.gradient import OwnGradient
from lso_native.airfoils.learning import DecoderSettings, SurrogateSettings
from lso_native.airfoils.pictures import rivals_picture
from lso_native.airfoils.rivals import RIVALS, Rival
from lso_native.airfoils.shapes import coordinates, sound
from lso_native.airfoils.simulator import NeuralFoil
from lso_native.airfoils.steps import (
    Designed,
    Designs,
    Learned,
    LsoDesigns,
    RivalDesigns,
    Simulations,
    TheShapes,
)
from lso_native.airfoils.target import TARGETS, Target
from lso_native.display import png
from lso_native.errors import ArgumentError
from lso_native.files import atomic_write_bytes
from lso_native.models.training import subseed
from lso_native.study.progress import Progress
from lso_native.study.results import environment, plain, write_results, write_samples
from lso_native.study.runner import run_steps
from lso_native.study.step import Step
from lso_native.study.store import Store

__all__ = ["CALLS", "EVERY_RIVAL", "AirfoilsSettings", "Study", "run"]

CALLS = (1, 2, 3)
EVERY_RIVAL: tuple[Rival, ...] = (*RIVALS, OwnGradient())
JUDGE = NeuralFoil("large")
LSO = "lso"
OURS = "latent space optimization"
_WITHIN = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1_000, 1_500, 2_000)
"""Calls a design."""


@dataclass(frozen=True)
class AirfoilsSettings:
    """What to run."""

    out: str = "lso-airfoils"
    designs: int = 100
    """A target."""
    repeats: int = 1
    """Runs, each with the next seed; every one learns anew."""
    rival_designs: int = 10
    """A target and rival; 0 for no rivals."""
    rival_calls: int = 2_000
    """That a rival has for a design, at most."""
    random_state: int = 0
    threads: int | None = None
    targets: tuple[Target, ...] = TARGETS
    decoder: DecoderSettings = field(default_factory=DecoderSettings)
    surrogate: SurrogateSettings = field(default_factory=SurrogateSettings)
    design: DesignSettings = field(default_factory=DesignSettings)

    def __post_init__(self) -> None:
        for name, least in (
            ("designs", 1),
            ("repeats", 1),
            ("rival_designs", 0),
            ("rival_calls", 1),
        ):
            check_int(name, getattr(self, name), minimum=least)
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
        return rivals_of(self.settings)

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

    def designs(self) -> list[Designs]:
        """Those of every way, for every target."""
        found: list[Designs] = []
        for seed in self.seeds:
            for target in self.settings.targets:
                found += [self.lso(seed, target, calls) for calls in CALLS]
                found += [self.rival(seed, target, rival) for rival in self.rivals]
        return found


def rivals_of(settings: AirfoilsSettings) -> tuple[Rival, ...]:
    """Those that are asked for."""
    return EVERY_RIVAL if settings.rival_designs else ()


def run(
    settings: AirfoilsSettings, progress: Progress | None = None
) -> tuple[Study, dict[str, Any]]:
    """Make what is missing in ``settings.out``, and write results.json and samples; the study, and the results."""
    for package in (
        "neuralfoil",
        "matplotlib",
        *(name for rival in rivals_of(settings) for name in rival.needs),
    ):
        wanted(package)  # which is told at once, not after the long run
    folder = Path(settings.out)
    store = Store(folder / "steps")
    study = Study(settings)
    pictures = study.pictures()
    steps: list[Step[Any]] = [*study.designs(), *pictures.values()]
    run_steps(store, steps, threads=settings.threads, progress=progress)
    results = {
        "settings": plain(settings),
        "environment": environment(),
        "judge": plain(JUDGE),
        "learning": _learning(study, store),
        "real": {target.name: _of_real(target) for target in settings.targets},
        "targets": {target.name: _of_target(study, store, target) for target in settings.targets},
    }
    write_results(folder, results)
    for target in settings.targets:
        for seed in study.seeds:
            made = store.load(study.lso(seed, target, CALLS[-1]))
            path = folder / "samples" / f"seed-{seed}" / f"{slug(target.name)}.npz"
            write_samples(path, _arrays(made))
    drawn = {name: store.load(picture) for name, picture in pictures.items()}
    drawn["calls.png"] = png(rivals_picture(within_calls(results), OURS))
    (folder / "figures").mkdir(exist_ok=True)
    for name, picture in drawn.items():
        if picture:
            atomic_write_bytes(folder / "figures" / name, picture)
    return study, results


def within_calls(results: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Of each way the share of designs that are met, the mean over targets, by number of calls a design."""
    targets = list(results["targets"].values())
    ways = {f"{LSO} {CALLS[-1]}": OURS}
    ways |= {way: way for way in targets[0] if not way.startswith(LSO)}
    return {
        shown: {
            most: float(np.mean([facts[way]["met_within_calls"][most] for facts in targets]))
            for most in targets[0][way]["met_within_calls"]
        }
        for way, shown in ways.items()
    }


def slug(name: str) -> str:
    """A name for a file."""
    return "-".join("".join(c if c.isalnum() else " " for c in name.lower()).split())


def _arrays(made: Designed) -> dict[str, Array]:
    judged = JUDGE(made.heights)
    names = judged.dtype.names or ()
    return {
        **vars(made),
        "coordinates": coordinates(made.heights),
        "sound": sound(made.heights),
        **{f"judge_{name}": judged[name] for name in names},
    }


def _learning(study: Study, store: Store) -> dict[str, Any]:
    """What was asked of the simulators to learn from, and how long it took."""
    steps = [study.learned(seed) for seed in study.seeds]
    simulations = [surrogate.simulations for surrogate, _ in steps]
    every: list[Step[Any]] = [*simulations, *(each.shapes for each in simulations)]
    every += [step for pair in steps for step in pair]
    return {
        "simulations": study.settings.surrogate.draws,
        "simulators": [plain(each) for each in (simulations[0].simulator, simulations[0].second)],
        "failures": [store.load(each).failures for each in simulations],
        "seconds": float(sum(map(store.seconds, every))) / len(steps),
    }


def _of_real(target: Target) -> dict[str, int]:
    """How many of the real airfoils meet ``target``."""
    said = JUDGE(real().heights)
    return {"n": len(said), "met": int(target.met(said).sum())}


def _of_target(study: Study, store: Store, target: Target) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for calls in CALLS:
        steps = [study.lso(seed, target, calls) for seed in study.seeds]
        facts[f"{LSO} {calls}"] = figures(target, _made(store, steps))
    for rival in study.rivals:
        ways = [study.rival(seed, target, rival) for seed in study.seeds]
        facts[rival.name] = figures(target, _made(store, ways))
    return facts


def _made(store: Store, steps: Iterable[Designs]) -> list[Designed]:
    return [store.load(step) for step in steps]


def figures(target: Target, every: Sequence[Designed]) -> dict[str, Any]:
    """What the judge says of designs of several runs: shares are means over runs, and the lowest of them beside."""
    met: list[float] = []
    number, unsound, calls, found = 0, 0, 0, 0
    within: dict[int, list[float]] = {calls: [] for calls in _WITHIN}
    for made in every:
        numbers, whole = target.met(JUDGE(made.heights)), sound(made.heights)
        number += int(numbers.sum())
        unsound += int((numbers & ~whole).sum())
        found += int((numbers & whole).sum())
        met.append(float((numbers & whole).mean()))
        calls += int(made.calls.sum())
        for most, shares in within.items():
            shares.append(float((numbers & whole & (made.calls <= most)).mean()))
    return {
        "n": sum(len(made.calls) for made in every),
        "met": float(np.mean(met)),
        "met_lowest": float(np.min(met)),
        "success": float(np.mean([made.success.mean() for made in every])),
        "calls_a_design": calls / sum(len(made.calls) for made in every),
        "calls_a_met_design": calls / found if found else None,
        "met_within_calls": {str(most): float(np.mean(shares)) for most, shares in within.items()},
        "unsound_of_met": unsound / number if number else None,
        "difference": float(np.mean([difference(made.heights) for made in every])),
    }


def difference(heights: Float64Array) -> float:
    """The mean over pairs of rows of the root mean square of how far they are apart, in chords."""
    if len(heights) < 2:
        return 0.0
    between = np.sqrt(np.square(heights[:, None] - heights).mean(axis=2))
    return float(between[np.triu_indices(len(heights), 1)].mean())

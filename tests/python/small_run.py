"""A study of the paper's systems small enough for a test: the real digits, hardly trained models."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import lso_native as lso
import numpy as np
from lso_native._typing import Array
from lso_native.display import Whole
from lso_native.study.autoencoder import AutoencoderSettings
from lso_native.study.classifier import ClassifierSettings
from lso_native.study.descent import DescentSettings
from lso_native.study.generators import GANSettings, NoisySettings, VAESettings
from lso_native.study.guides import GuideSettings
from lso_native.study.judges import JudgeSettings
from lso_native.study.latent_spaces import LatentSpaceSettings
from lso_native.study.progress import Silent
from lso_native.study.quality import QualitySettings
from lso_native.study.recipe import RecipeSettings
from lso_native.study.reproduce import ReproduceSettings, reproduction
from lso_native.study.sampling import ClusterSettings
from lso_native.study.sensitivity import SensitivitySettings
from lso_native.study.step import Facts
from lso_native.study.study import Study
from lso_native.study.sweeps import SweepSettings
from lso_native.study.systems import (
    Drawn,
    FromClusters,
    Generator,
    OnInput,
    OwnRecipe,
    System,
    ThroughAutoencoder,
    ThroughGenerator,
)

FEW = DescentSettings(mse=0.08, max_iterations=40)
ON_PIXELS = replace(FEW, desired_change=-0.1, bounds=(0.0, 1.0))
SMALL_RECIPE = RecipeSettings(
    guides=(GuideSettings(hidden=(16,), copies=1, samples=6_000),) * 2,
    components=2,
    max_iterations=40,
)
_SMALL: dict[str, Any] = {"latent": 3, "images": 1_000, "samples": 3_000, "hidden": (12,)}
GENERATORS = {
    each.name: each
    for each in (
        Generator("gan", GANSettings(**_SMALL)),
        Generator("cgan", GANSettings(conditional=True, **_SMALL)),
        Generator("guided-gan", GANSettings(conditional=True, guide_weight=0.1, **_SMALL)),
        Generator("vae", VAESettings(**_SMALL)),
        Generator("noisy", NoisySettings(**_SMALL)),
        Generator("wide-vae", VAESettings(average=0.9, **_SMALL)),
    )
}
LSO_1 = ThroughAutoencoder(
    "lso-1",
    "The paper's first.",
    {"train_mse": 0.0239, "successes": 64, "n": 100, "train_images": 1_000},
    autoencoder=AutoencoderSettings(latent=3, images=100, mse=None, epochs=2),
    descent=FEW,
)
LSO_2 = ThroughAutoencoder(
    "lso-2",
    autoencoder=AutoencoderSettings(latent=6, images=9_000, mse=None, epochs=1),
    descent=FEW,
)
SYSTEMS: tuple[System, ...] = (
    LSO_1,
    LSO_2,
    OnInput("input-optimization", descent=ON_PIXELS),
    *(Drawn(name, generator=GENERATORS[name]) for name in ("gan", "cgan", "guided-gan", "vae")),
    FromClusters("vae-clusters", generator=GENERATORS["vae"], clusters=ClusterSettings(2)),
    *(
        ThroughGenerator(f"lso-{name}", generator=GENERATORS[name], descent=FEW)
        for name in ("vae", "gan", "noisy")
    ),
    OwnRecipe("lso", generator=GENERATORS["wide-vae"], recipe=SMALL_RECIPE),
    OwnRecipe(
        "lso-far", generator=GENERATORS["wide-vae"], recipe=replace(SMALL_RECIPE, start="other")
    ),
)
NAMES = tuple(system.name for system in SYSTEMS)
SMALL_JUDGE = JudgeSettings(hidden=(16,), batch_size=100, epochs=1, least_samples=1, last_epochs=1)
SWEEPS = SweepSettings(
    samples=10,
    desired_changes=(-1.0, -0.1),
    latents=(2, 3),
    images=300,
    hidden=(8,),
    shown=600,
    latent_spaces=LatentSpaceSettings(points=20, walks=10, max_iterations=30),
)
OPTIONS: dict[str, Any] = {
    "systems": SYSTEMS,
    "judges": (SMALL_JUDGE, replace(SMALL_JUDGE, activation="tanh", part=(1, 2))),
    "classifier": ClassifierSettings(images=1_000, hidden=(16,), epochs=4),
    "quality": QualitySettings(draws=2, directions=8, real=100, shown=200),
    "latent_spaces": LatentSpaceSettings(points=30, walks=10, max_iterations=30),
    "sweeps": SWEEPS,
    "variations": SensitivitySettings(
        samples=10, max_iterations=40, better_samples=300, classifier_epochs=(1,)
    ),
}


def small_study(**changes: Any) -> Study:
    """A study that takes a second or two, all of it some more."""
    return reproduction(ReproduceSettings(**{"samples": 20, **OPTIONS, **changes}))


class Listener(Silent):
    """Keeps what a run tells."""

    def __init__(self) -> None:
        self.stages: list[str] = []
        self.ended: list[str] = []
        self.notes: list[str] = []
        self.wholes: list[Whole] = []

    def start(self, stage: str, total: int) -> None:
        assert total > 0
        self.stages.append(stage)

    def finish(self, note: str) -> None:
        self.ended.append(note)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def whole(self, whole: Whole) -> None:
        self.wholes.append(whole)


def arrays_of(folder: Path, system: str) -> dict[str, Array]:
    """samples/NAME.npz of a run."""
    with np.load(folder / "samples" / f"{system}.npz") as file:
        return dict(file)


def model_of(folder: Path, name: str) -> Any:
    """models/NAME.safetensors of a run."""
    return lso.load(folder / "models" / f"{name}.safetensors")


def without_seconds(value: Any) -> Any:
    """Of what results.json holds, all but how long something took."""
    if isinstance(value, dict):
        return {k: without_seconds(v) for k, v in value.items() if not k.endswith("seconds")}
    return [without_seconds(each) for each in value] if isinstance(value, list) else value


def contents(folder: Path, *, leave: Iterable[str] = ()) -> dict[str, Any]:
    """Every file of a run by its place in ``folder``, but for ``leave`` and how long something took."""
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and path.name != "seconds.json" and name not in leave:
            told = path.name == "results.json"
            found[name] = without_seconds(results_of(folder)) if told else path.read_bytes()
    return found


def results_of(folder: Path) -> Facts:
    """results.json of a run."""
    found: Facts = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    return found

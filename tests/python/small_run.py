"""A run of the paper's experiment small enough for a test: the real digits, hardly trained models."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lso_native.study import systems
from lso_native.study.generation import GenerationSettings
from lso_native.study.generators import (
    ClusterSettings,
    GANSettings,
    NoisySettings,
    VAESettings,
)
from lso_native.study.latent_spaces import LatentSpaceSettings
from lso_native.study.models import (
    AutoencoderSettings,
    ClassifierSettings,
    JudgeSettings,
)
from lso_native.study.quality import QualitySettings
from lso_native.study.recipe import GuideSettings, RecipeSettings
from lso_native.study.reproduce import ReproduceSettings
from lso_native.study.sensitivity import SensitivitySettings
from lso_native.study.sweeps import SweepSettings
from lso_native.study.systems import SystemSettings

FEW = GenerationSettings(mse=0.08, max_iterations=40)
SMALL_RECIPE = RecipeSettings(
    guides=(GuideSettings(hidden=(16,), copies=1, samples=6_000),) * 2,
    components=2,
    max_iterations=40,
)
SMALL_SYSTEMS = {
    "lso-1": SystemSettings(FEW, AutoencoderSettings(latent=3, images=100, mse=None, epochs=2)),
    "lso-2": SystemSettings(FEW, AutoencoderSettings(latent=6, images=9_000, mse=None, epochs=1)),
    "input-optimization": SystemSettings(
        GenerationSettings(mse=0.08, desired_change=-0.1, bounds=(0.0, 1.0), max_iterations=40)
    ),
    "gan": SystemSettings(None, generator="gan"),
    "cgan": SystemSettings(None, generator="cgan"),
    "guided-gan": SystemSettings(None, generator="guided-gan"),
    "vae": SystemSettings(None, generator="vae"),
    "vae-clusters": SystemSettings(None, generator="vae", clusters=ClusterSettings(components=2)),
    "lso-vae": SystemSettings(FEW, generator="vae"),
    "lso-gan": SystemSettings(FEW, generator="gan"),
    "lso-noisy": SystemSettings(FEW, generator="noisy"),
    "lso": SystemSettings(None, generator="wide-vae", recipe=SMALL_RECIPE),
    "lso-far": SystemSettings(
        None, generator="wide-vae", recipe=replace(SMALL_RECIPE, start="other")
    ),
}
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
SMALL: dict[str, Any] = {"latent": 3, "images": 1_000, "samples": 3_000, "hidden": (12,)}
SMALL_GENERATORS = {
    "vae": VAESettings(**SMALL),
    "wide-vae": VAESettings(average=0.9, **SMALL),
    "noisy": NoisySettings(**SMALL),
    "gan": GANSettings(**SMALL),
    "cgan": GANSettings(conditional=True, **SMALL),
    "guided-gan": GANSettings(conditional=True, guide_weight=0.1, **SMALL),
}


def small_settings(out: Path, **changes: Any) -> ReproduceSettings:
    """Settings of a run of a second or two."""
    options: dict[str, Any] = {
        "samples": 20,
        "judges": (SMALL_JUDGE, replace(SMALL_JUDGE, activation="tanh", part=(1, 2))),
        "classifier": ClassifierSettings(images=1_000, hidden=(16,), epochs=4),
        "quality": QualitySettings(draws=2, directions=8, real=100, shown=200),
        "latent_spaces": LatentSpaceSettings(points=30, walks=10, max_iterations=30),
        "sweeps": SWEEPS,
        "variations": SensitivitySettings(
            samples=10, max_iterations=40, better_samples=300, classifier_epochs=(1,)
        ),
    }
    return ReproduceSettings(out=str(out), **(options | changes))


def use_small_systems(patch: pytest.MonkeyPatch) -> None:
    """Put the small systems in the place of the paper's."""
    for name, system in SMALL_SYSTEMS.items():
        patch.setitem(systems.SYSTEMS, name, system)
    for name, generator in SMALL_GENERATORS.items():
        patch.setitem(systems.GENERATORS, name, generator)

"""What the paper leaves open: how much a gentler C, bounds and a better decoder change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from lso_native.data import Digits
from lso_native.experiments.generation import GenerationSettings, generate
from lso_native.experiments.models import AutoencoderSettings, Trained, train_autoencoder
from lso_native.experiments.progress import Progress
from lso_native.optimizers import Adam
from lso_native.training import Optimizer


@dataclass(frozen=True)
class SensitivitySettings:
    """Every combination of decoder, C and bounds, each from the same starts."""

    samples: int = 1_000
    desired_changes: tuple[float, ...] = (-1.0, -0.1)
    bounds: tuple[tuple[float, float] | None, ...] = (None, (0.0, 1.0))
    better_optimizer: Optimizer = Adam(learning_rate=3e-3)  # noqa: RUF009 - frozen
    better_samples: int = 1_000_000  # how many to show, in whole epochs


def sensitivity(
    settings: SensitivitySettings,
    autoencoders: Mapping[str, AutoencoderSettings | None],
    models: Mapping[str, Trained],
    digits: Digits,
    *,
    seed: int,
    threads: int | None,
    progress: Progress,
) -> list[dict[str, Any]]:
    """One row a combination: system, decoder, train_mse, desired_change, bounds and the figures."""
    rows = []
    for name, paper in autoencoders.items():
        decoders = {"none": None}
        if paper is not None:
            better = replace(
                paper,
                mse=None,
                optimizer=settings.better_optimizer,
                epochs=settings.better_samples // min(paper.images, len(digits.train)),
            )
            trained = train_autoencoder(f"{name}, better trained", better, digits, seed, progress)
            decoders = {"as the paper": models[name], "better trained": trained}
        for decoder, each in decoders.items():
            rows += _combinations(
                settings, name, decoder, each, models, seed, threads, progress
            )
    return rows


def _combinations(
    settings: SensitivitySettings,
    name: str,
    decoder: str,
    trained: Trained | None,
    models: Mapping[str, Trained],
    seed: int,
    threads: int | None,
    progress: Progress,
) -> list[dict[str, Any]]:
    model = models["classifier"].estimator.network_
    if trained is not None:
        model = trained.estimator.decoder_ >> model
    rows = []
    for change in settings.desired_changes:
        for bounds in settings.bounds:
            generated = generate(
                f"{name}, decoder {decoder}, C = {change:g} E, "
                + ("no bounds" if bounds is None else f"bounds {bounds[0]:g}..{bounds[1]:g}"),
                model,
                models["judge"].estimator,
                GenerationSettings(desired_change=change, bounds=bounds, max_iterations=5_000),
                samples=settings.samples,
                seed=seed,
                threads=threads,
                progress=progress,
            )
            rows.append(
                {
                    "system": name,
                    "decoder": decoder,
                    "train_mse": None if trained is None else trained.facts["train_mse"],
                    "desired_change": change,
                    "bounds": None if bounds is None else list(bounds),
                    **generated.facts(),
                }
            )
    return rows

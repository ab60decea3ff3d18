"""How irregular each decoder's latent space is, by the same rules, and how the paper's descent fares in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lso_native.autoencoder import Autoencoder
from lso_native.classifier import Classifier
from lso_native.experiments.generation import CLASSES, NO_DIGIT, asked_digits
from lso_native.gan import GAN
from lso_native.irregularity import irregularity, walk_irregularity
from lso_native.metrics import features, in_manifold, recognition
from lso_native.network import Model
from lso_native.objectives import one_hot
from lso_native.optimize import optimize
from lso_native.vae import VAE


@dataclass(frozen=True)
class LatentSpaceSettings:
    """Points drawn from where the system's starts come from; walks by Algorithm 3 with C = -E, no bounds."""

    points: int = 1_000
    walks: int = 200
    max_iterations: int = 1_000


def measure_latent_space(
    settings: LatentSpaceSettings,
    model: Autoencoder | VAE | GAN,
    classifier: Model,
    judge: Classifier,
    real: NDArray[Any],
    seed: int,
) -> dict[str, float]:
    """Figures of ``model``'s decoder; ``real`` (n, nodes) holds the judge's features of real images."""

    def sees(images: NDArray[Any]) -> NDArray[Any]:
        return judge.decision_function(images)[:, judge.classes_ != NO_DIGIT]

    def inside(images: NDArray[Any]) -> NDArray[np.bool_]:
        return in_manifold(real, features(judge, images))

    found = irregularity(
        model.decoder_,
        model.sample_latent(settings.points, random_state=seed),
        encoder=getattr(model, "encoder_", None),
        judge=sees,
        in_manifold=inside,
    ).summary()
    facts = {
        "condition": found["geometry"]["condition_median"],
        "effective_rank": found["geometry"]["effective_rank_median"],
        "gain": found["geometry"]["gain_median"],
        "path_ratio": found["paths"]["ratio_median"],
        "feasible_share": found["feasible"]["feasible_share"],
        "confident_share": found["feasible"]["confident_share"],
        "inside_share": found["feasible"]["inside_share"],
    }
    if "round_trip" in found:
        facts["round_trip_error"] = found["round_trip"]["error_median"]
    return facts | _walks(settings, model, classifier, judge, seed)


def _walks(
    settings: LatentSpaceSettings,
    model: Autoencoder | VAE | GAN,
    classifier: Model,
    judge: Classifier,
    seed: int,
) -> dict[str, float]:
    labels = asked_digits(settings.walks)
    targets = one_hot(labels, CLASSES)
    joint = model.decoder_ >> classifier
    result = optimize(
        joint,
        targets,
        starts=model.sample_latent(settings.walks, random_state=seed),
        max_iterations=settings.max_iterations,
        trajectory=True,
    )
    assert result.trajectory is not None
    moved = [i for i, path in enumerate(result.trajectory) if len(path) > 1]
    facts = {
        "walk_success_rate": float(result.success.mean()),
        "walk_recognised": recognition(judge, result.samples, labels).rate.share,
    }
    if not moved:
        return facts
    found = walk_irregularity(
        joint, [result.trajectory[i] for i in moved], targets[moved]
    ).summary()
    names = ("vanishing_share", "flat_share", "rise_share")
    facts |= {name: found[name] for name in names}
    for space in ("latent", "sample"):
        facts[f"{space}_jump_ratio"] = found[f"{space}_jump_ratio_of_walk_median"]
    return facts

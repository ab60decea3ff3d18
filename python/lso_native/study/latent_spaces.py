"""How irregular each decoder's latent space is, by the same rules, and how the paper's descent fares in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lso_native._typing import Array, BoolArray, Float64Array
from lso_native.irregularity import irregularity, walk_irregularity
from lso_native.metrics import Panel, features, in_manifold
from lso_native.models.decoding import Decoder
from lso_native.network import Model
from lso_native.optimize import optimize
from lso_native.study.attempts import NO_LABEL, asked_labels
from lso_native.study.fit import Fit, Trained
from lso_native.study.judges import PanelOf
from lso_native.study.quality import HeldOut
from lso_native.study.step import Facts, FactsStep, Step, Work
from lso_native.terms import one_hot

_QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
_SHOWN = 80  # iterations at most


@dataclass(frozen=True)
class LatentSpaceSettings:
    """Points drawn from where the system's starts come from; walks by Algorithm 3 with C = -E, no bounds."""

    points: int = 1_000
    walks: int = 200
    max_iterations: int = 1_000


@dataclass(frozen=True)
class LatentSpace(FactsStep):
    """Figures of the latent space of ``model``'s decoder."""

    model: Fit
    classifier: Step[Trained]
    panel: PanelOf
    real: HeldOut
    settings: LatentSpaceSettings
    seed: int

    @property
    def title(self) -> str:
        """Whose."""
        return f"{self.model.title} latent space"

    def cost(self, work: Work) -> float:  # noqa: ARG002
        """By its walks and points."""
        return 0.1 + 3e-4 * (self.settings.walks + self.settings.points)

    def make(self, work: Work) -> Facts:
        """Measured, and walked through."""
        panel = self.panel.of(work)
        work.progress.start(self.title, 1)
        real = work.once(
            (self.panel, self.real), lambda: features(panel.judges[0], self.real.of(work))
        )
        found = measure_latent_space(
            self.settings,
            work.get(self.model).estimator,
            work.get(self.classifier).estimator.network_,
            panel,
            real,
            self.seed,
        )
        work.progress.finish(f"{found['walk_success_rate']:.0%} of the walks arrive")
        return found


def measure_latent_space(
    settings: LatentSpaceSettings,
    model: Decoder,
    classifier: Model,
    panel: Panel,
    real: Array,
    seed: int,
) -> dict[str, Any]:
    """Figures of a decoder; ``real`` (n, nodes) holds the first judge's features of real images."""
    judge = panel.judges[0]

    def sees(images: Array) -> Array:
        return judge.network_(images)[:, judge.classes_ != NO_LABEL]

    def inside(images: Array) -> BoolArray:
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
    return facts | _walks(settings, model, classifier, panel, seed)


def _walks(
    settings: LatentSpaceSettings,
    model: Decoder,
    classifier: Model,
    panel: Panel,
    seed: int,
) -> dict[str, Any]:
    labels = asked_labels(settings.walks, classifier.n_outputs)
    targets = one_hot(labels, classifier.n_outputs)
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
    facts: dict[str, Any] = {
        "walks": settings.walks,
        "walk_success_rate": float(result.success.mean()),
        "walk_recognised": panel.recognition(result.samples, labels)[0].mean,
    }
    if not moved:
        return facts
    walks = walk_irregularity(joint, [result.trajectory[i] for i in moved], targets[moved])
    facts["walk_mse"] = errors_along([loss / classifier.n_outputs for loss in walks.loss])
    found = walks.summary()
    names = ("vanishing_share", "flat_share", "rise_share")
    facts |= {name: found[name] for name in names}
    for space in ("latent", "sample"):
        facts[f"{space}_jump_ratio"] = found[f"{space}_jump_ratio_of_walk_median"]
    return facts


def errors_along(walks: Sequence[Float64Array]) -> dict[str, Any]:
    """Quantiles over ``walks``, each (n_iterations + 1,) errors, at some iterations; a walk that has ended keeps its
    last error."""
    longest = max(len(walk) for walk in walks) - 1
    shown = np.unique(np.geomspace(1, longest + 1, _SHOWN).round().astype(int) - 1)
    at = [walk[np.minimum(shown, len(walk) - 1)] for walk in walks]
    bands = np.quantile(np.array(at), _QUANTILES, axis=0).T
    return {
        "quantiles": list(_QUANTILES),
        "iterations": shown.tolist(),
        "mse": [[float(f"{value:.4g}") for value in row] for row in bands],
    }

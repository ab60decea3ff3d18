"""How sensitive the descent is to C, to its start and to the size of the latent space."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from lso_native.metrics import wilson_interval
from lso_native.models.autoencoder import Autoencoder
from lso_native.models.base import DEFAULT_OPTIMIZER
from lso_native.study.attempts import Way
from lso_native.study.cells import Cell, Grid
from lso_native.study.data import first
from lso_native.study.descent import Codes, Descent, Normal, Start, Uniform
from lso_native.study.fit import Fit, Trained
from lso_native.study.frame import Frame
from lso_native.study.generators import NoisySettings, VAESettings
from lso_native.study.latent_spaces import LatentSpace, LatentSpaceSettings
from lso_native.study.step import Facts, FactsStep, Step, Work

PLAIN, NOISY, VARIATIONAL = "plain", "noisy", "vae"
_KINDS = {NOISY: NoisySettings, VARIATIONAL: VAESettings}


@dataclass(frozen=True)
class SweepSettings:
    """Each from the run's seeds; decoders of every size see the same images as often."""

    samples: int = 300
    desired_changes: tuple[float, ...] = (-0.03, -0.1, -0.3, -1.0, -3.0)
    latents: tuple[int, ...] = (2, 5, 10, 20, 64)
    kinds: tuple[str, ...] = (PLAIN, NOISY, VARIATIONAL)
    images: int = 10_000
    hidden: tuple[int, ...] = (64,)
    shown: int = 200_000  # how many images a decoder sees, in whole epochs
    latent_spaces: LatentSpaceSettings = field(
        default_factory=lambda: LatentSpaceSettings(points=300, walks=300)
    )


def step_sizes(settings: SweepSettings, ways: dict[str, Way], frame: Frame) -> Grid:
    """Every descent among ``ways`` with other C."""
    cells = [
        Cell(
            f"{name}, C = {change:g} E",
            {"system": name},
            replace(way, n=settings.samples, settings=replace(way.settings, desired_change=change)),
            frame.panel,
        )
        for name, way in _descents(ways).items()
        for change in settings.desired_changes
    ]
    return Grid("sweeps.desired_change", tuple(cells))


def starts(settings: SweepSettings, ways: dict[str, Way], frame: Frame) -> Grid:
    """Every descent of latents among ``ways`` from other points."""
    seed = frame.seed("starts")
    cells = [
        Cell(
            f"{name} from {start}",
            {"system": name, "start": str(start)},
            replace(way, n=settings.samples, start=start, seed=seed),
            frame.panel,
        )
        for name, way in _descents(ways).items()
        if way.model is not None
        for start in _starts(way.model, frame)
    ]
    return Grid("sweeps.start", tuple(cells))


def sizes(settings: SweepSettings, frame: Frame) -> Grid:
    """Decoders of every kind and size, and how the paper's descent fares in them."""
    return Grid(
        "sweeps.latent",
        tuple(
            _size(settings, kind, latent, frame)
            for kind in settings.kinds
            for latent in settings.latents
        ),
    )


def _descents(ways: dict[str, Way]) -> dict[str, Descent]:
    return {name: way for name, way in ways.items() if isinstance(way, Descent)}


def _starts(model: Fit, frame: Frame) -> list[Start]:
    found: list[Start] = [Uniform(), Uniform(-1.0, 1.0), Normal(), Normal(0.1)]
    return [*found, Codes(frame.data)] if model.has_encoder else found


@dataclass(frozen=True)
class FitOfSize(Fit):
    """An autoencoder of some kind and size, trained as much as those of other sizes."""

    settings: SweepSettings
    kind: str
    latent: int

    def make(self, work: Work) -> Trained:
        """Fitted, and tried on the test part."""
        data, settings = work.data(self.data), self.settings
        images = first(data.train, settings.images).images
        work.progress.start(self.name, 1)
        epochs = max(1, settings.shown // len(images))
        with work.clock():
            model = self._estimator({"epochs": epochs, "random_state": self.seed}).fit(images)
        work.progress.finish(f"MSE {model.mse_:.4f}")
        test = data.test.images
        error = float(np.square(model.reconstruct(test) - test).mean(dtype=np.float64))
        facts = {"train_images": len(images), "train_mse": float(model.mse_), "test_mse": error}
        return Trained(model, facts)

    def _estimator(self, common: dict[str, Any]) -> Any:
        hidden = self.settings.hidden
        if self.kind == PLAIN:
            return Autoencoder(self.latent, hidden=hidden, optimizer=DEFAULT_OPTIMIZER, **common)
        return _KINDS[self.kind](self.latent, hidden=hidden).estimator(None, **common)


@dataclass(frozen=True)
class OfSize(FactsStep):
    """One row: a size, its decoder's figures, and the paper's descent in it."""

    name: str
    kind: str
    latent: int
    model: Fit
    space: Step[Facts]
    walks: int

    def make(self, work: Work) -> Facts:
        """The figures of both."""
        facts: Facts = work.get(self.space).copy()
        facts.pop("walk_mse", None)
        rate = facts["walk_success_rate"]
        successes = round(rate * self.walks)
        return {
            "kind": self.kind,
            "latent": self.latent,
            **work.get(self.model).facts,
            "n": self.walks,
            "successes": successes,
            "success_rate": rate,
            "success_interval": list(wilson_interval(successes, self.walks)),
            "recognised": facts["walk_recognised"],
            **facts,
        }


def _size(settings: SweepSettings, kind: str, latent: int, frame: Frame) -> OfSize:
    name = f"{kind} autoencoder of {latent} latents"
    model = FitOfSize(name, frame.data, frame.seed(kind), settings, kind, latent)
    space = LatentSpace(
        model,
        frame.classifier,
        frame.panel,
        frame.held_out,
        settings.latent_spaces,
        frame.seed(kind, latent, "latent space"),
    )
    walks = settings.latent_spaces.walks
    return OfSize(f"row of {name}", kind, latent, model, space, walks)

"""What the paper leaves open: how much a gentler C, bounds and a better decoder change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lso_native.data import Digits
from lso_native.metrics import Panel
from lso_native.optimizers import Adam, TrainOptimizer
from lso_native.study.generation import GenerationSettings, generate
from lso_native.study.models import (
    AutoencoderSettings,
    ClassifierSettings,
    Trained,
    train_autoencoder,
    train_classifier,
)
from lso_native.study.progress import Progress
from lso_native.study.results import plain


@dataclass(frozen=True)
class SensitivitySettings:
    """Every combination of decoder, C and bounds; then other classifiers at the faithful setting."""

    samples: int = 1_000
    desired_changes: tuple[float, ...] = (-1.0, -0.1)
    bounds: tuple[tuple[float, float] | None, ...] = (None, (0.0, 1.0))
    max_iterations: int = 5_000
    better_optimizer: TrainOptimizer = Adam(learning_rate=3e-3)  # noqa: RUF009 - frozen
    better_samples: int = 1_000_000  # how many to show a better decoder, in whole epochs
    classifier_epochs: tuple[int, ...] = (15, 30, 120, 240)


@dataclass(frozen=True)
class Choice:
    """One row: what differs from the faithful setting."""

    system: str
    decoder: str
    classifier_epochs: int
    desired_change: float = -1.0
    bounds: tuple[float, float] | None = None


@dataclass
class Sensitivity:
    """Rows for results.json, one a choice, each from the same starts; ``on_row`` hears of each."""

    settings: SensitivitySettings
    classifier: ClassifierSettings
    models: Mapping[str, Trained]
    panel: Panel
    digits: Digits
    seed: int
    threads: int | None
    progress: Progress
    on_row: Callable[[], None]
    rows: list[dict[str, Any]] = field(default_factory=list)

    def run(self, autoencoders: Mapping[str, AutoencoderSettings | None]) -> list[dict[str, Any]]:
        """All choices for the systems whose autoencoders are given."""
        settings = self.settings
        for name, paper in autoencoders.items():
            decoders = {"none": None} if paper is None else self._decoders(name, paper)
            for decoder, trained in decoders.items():
                for change in settings.desired_changes:
                    for bounds in settings.bounds:
                        choice = Choice(name, decoder, self.classifier.epochs, change, bounds)
                        self._try(choice, trained, self.models["classifier"])
        for epochs in settings.classifier_epochs:
            other = replace(self.classifier, epochs=epochs)
            classifier = train_classifier(other, self.digits, self.seed, self.progress)
            for name, paper in autoencoders.items():
                decoder = "none" if paper is None else "as the paper"
                self._try(Choice(name, decoder, epochs), self.models.get(name), classifier)
        return self.rows

    def _decoders(self, name: str, paper: AutoencoderSettings) -> dict[str, Trained]:
        images = min(paper.images, len(self.digits.train))
        better = replace(
            paper,
            mse=None,
            optimizer=self.settings.better_optimizer,
            epochs=max(1, self.settings.better_samples // images),
        )
        title = f"{name}, better trained"
        trained = train_autoencoder(title, better, self.digits, self.seed, self.progress)
        return {"as the paper": self.models[name], "better trained": trained}

    def _try(self, choice: Choice, trained: Trained | None, classifier: Trained) -> None:
        network = classifier.estimator.network_
        bounds = (
            "no bounds" if choice.bounds is None else "bounds {:g}..{:g}".format(*choice.bounds)
        )
        generated = generate(
            f"{choice.system}, decoder {choice.decoder}, C = {choice.desired_change:g} E, {bounds}",
            network if trained is None else trained.estimator.decoder_ >> network,
            self.panel,
            GenerationSettings(
                desired_change=choice.desired_change,
                bounds=choice.bounds,
                max_iterations=self.settings.max_iterations,
            ),
            samples=self.settings.samples,
            seed=self.seed,
            threads=self.threads,
            progress=self.progress,
        )
        self.rows.append(
            {
                **plain(choice),
                "train_mse": None if trained is None else trained.facts["train_mse"],
                "classifier_accuracy": classifier.facts["test_accuracy"],
                **generated.facts(),
            }
        )
        self.on_row()

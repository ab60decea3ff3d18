"""What the paper leaves open: how much a gentler C, bounds, a better decoder and other classifiers change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from lso_native.optimizers import Adam, TrainOptimizer
from lso_native.study.attempts import Way
from lso_native.study.autoencoder import AutoencoderSettings, FitAutoencoder
from lso_native.study.cells import Cell, Figure, Grid
from lso_native.study.classifier import ClassifierSettings, FitClassifier
from lso_native.study.descent import Descent, DescentSettings
from lso_native.study.fit import Fit
from lso_native.study.frame import Frame

AS_THE_PAPER = "as the paper"


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


def sensitivity(
    settings: SensitivitySettings,
    classifier: ClassifierSettings,
    ways: Mapping[str, Way],
    n_train: int,
    frame: Frame,
) -> Grid:
    """Rows of the systems among ``ways`` that optimize an autoencoder's latent, or their input; each from the same
    starts. ``n_train``: images in the training part."""
    tried = {
        name: way
        for name, way in ways.items()
        if isinstance(way, Descent) and isinstance(way.through, FitAutoencoder | None)
    }
    rows = [
        _row(name, way, title, decoder, frame.classifier, classifier.epochs, settings, frame, c, b)
        for name, way in tried.items()
        for title, decoder in _decoders(name, way, settings, n_train).items()
        for c in settings.desired_changes
        for b in settings.bounds
    ]
    for epochs in settings.classifier_epochs:
        other = FitClassifier(
            f"classifier of {epochs} epochs",
            frame.data,
            frame.seed("attempts"),
            replace(classifier, epochs=epochs),
        )
        rows += [
            _row(name, way, _title(way.through), way.through, other, epochs, settings, frame)
            for name, way in tried.items()
        ]
    return Grid("sensitivity", tuple(rows))


def _title(decoder: Fit | None) -> str:
    return "none" if decoder is None else AS_THE_PAPER


def _decoders(
    name: str, way: Descent, settings: SensitivitySettings, n_train: int
) -> dict[str, Fit | None]:
    """The paper's, and one of the same kind that is trained for long."""
    found = {_title(way.through): way.through}
    if isinstance(way.through, FitAutoencoder):
        paper: AutoencoderSettings = way.through.settings
        better = replace(
            paper,
            mse=None,
            optimizer=settings.better_optimizer,
            epochs=max(1, settings.better_samples // min(paper.images, n_train)),
        )
        seed = way.seed  # as the starts
        fit = FitAutoencoder(f"{name}, better trained", way.through.data, seed, better)
        found["better trained"] = fit
    return found


def _row(
    name: str,
    way: Descent,
    title: str,
    decoder: Fit | None,
    classifier: FitClassifier,
    epochs: int,
    settings: SensitivitySettings,
    frame: Frame,
    change: float = -1.0,
    bounds: tuple[float, float] | None = None,
) -> Cell:
    within = "no bounds" if bounds is None else "bounds {:g}..{:g}".format(*bounds)
    return Cell(
        f"{name}, decoder {title}, C = {change:g} E, {within}, classifier of {epochs} epochs",
        {"system": name, "decoder": title, "classifier_epochs": epochs, "train_mse": None},
        Descent(
            classifier,
            decoder,
            way.start,
            settings.samples,
            way.seed,
            DescentSettings(
                desired_change=change, bounds=bounds, max_iterations=settings.max_iterations
            ),
        ),
        frame.panel,
        figures={
            "classifier_accuracy": Figure(classifier, "test_accuracy"),
            **({} if decoder is None else {"train_mse": Figure(decoder, "train_mse")}),
        },
    )

"""Steps that fit an estimator."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from lso_native.data import Part
from lso_native.files.native import load, save
from lso_native.models.classifier import Classifier
from lso_native.optimizers import TrainOptimizer
from lso_native.study.data import DataSet
from lso_native.study.progress import Progress
from lso_native.study.step import Facts, Step, Work, read_facts, write_json
from lso_native.training import TrainProgress

__all__ = ["Fit", "Trained", "fit_classifier", "on_epoch", "training_cost"]

_PER_SECOND = 1.2e10  # weights that training works through, times samples


@dataclass(frozen=True)
class Trained:
    """A fitted estimator, and what there is to say of it."""

    estimator: Any
    facts: Facts


@dataclass(frozen=True)
class Fit(Step[Trained]):
    """An estimator fitted to ``data``. One of another kind than this package's says in ``keep`` and ``restore`` how it
    lies on disk."""

    name: str
    data: DataSet
    seed: int

    @property
    def has_encoder(self) -> bool:
        """Whether the estimator can tell the codes of samples (``transform``)."""
        return False

    @property
    def has_latent_space(self) -> bool:
        """Whether it decodes latents, and these alone."""
        return False

    @abstractmethod
    def make(self, work: Work) -> Trained:
        """Fitted, with figures by name."""

    def keep(self, estimator: Any, folder: Path) -> None:
        """Write model.safetensors."""
        save(estimator, folder / "model.safetensors")

    def restore(self, folder: Path) -> Any:
        """Read it."""
        return load(folder / "model.safetensors")

    def save(self, made: Trained, folder: Path) -> None:
        """Write the estimator, and facts.json."""
        self.keep(made.estimator, folder)
        write_json(folder / "facts.json", made.facts)

    def load(self, folder: Path) -> Trained:
        """Read both."""
        return Trained(self.restore(folder), read_facts(folder / "facts.json"))


def training_cost(shown: int, *networks: Sequence[int]) -> float:
    """About how many seconds networks of these layers take to be shown so many samples."""
    weights = sum(a * b for widths in networks for a, b in pairwise(widths))
    return 0.05 + shown * weights / _PER_SECOND


def fit_classifier(
    stage: str,
    classifier: Classifier,
    part: Part,
    test: Part,
    work: Work,
    last: tuple[TrainOptimizer, int] | None = None,
) -> Trained:
    """``classifier`` fitted to ``part``; ``last``: an optimizer to end with, and for how many epochs."""
    tell = on_epoch(work.progress)
    work.progress.start(stage, classifier.epochs + (last[1] if last else 0))
    with work.clock():
        classifier.fit(part.images, part.labels, callback=tell)
        if last is not None and last[1]:
            first = classifier.get_params()
            classifier.set_params(optimizer=last[0], epochs=last[1], warm_start=True)
            classifier.fit(part.images, part.labels, callback=tell)
            classifier.set_params(**first)
    facts = {
        "train_images": len(part),
        "train_mse": classifier.mse_,
        "test_mse": classifier.mean_squared_error(test.images, test.labels),
        "test_accuracy": classifier.score(test.images, test.labels),
        "train_epochs": classifier.n_epochs_,
    }
    work.progress.finish(
        f"tells {facts['test_accuracy']:.1%} of the test images, test MSE {facts['test_mse']:.4f}"
    )
    return Trained(classifier, facts)


def finer(optimizer: Any) -> Any:
    """A tenth of the learning rate."""
    return replace(optimizer, learning_rate=optimizer.learning_rate / 10)


def on_epoch(progress: Progress, goal: float | None = None) -> Callable[[TrainProgress], None]:
    """Tells ``progress`` of each epoch, and of the error that it is to come to."""
    towards = "" if goal is None else f" (until {goal:g})"

    def tell(epoch: TrainProgress) -> None:
        if "train_mse" in epoch.scores:
            note = f"MSE {epoch.scores['train_mse']:.4f}{towards}"
        else:
            note = ", ".join(f"{n} {value:.3g}" for n, value in list(epoch.scores.items())[:2])
        progress.update(epoch.epoch, note)

    return tell


def curves(estimator: Any) -> dict[str, list[float]]:
    """What training came through, epoch by epoch, six digits of it; without what was never another number."""
    history = getattr(estimator, "history_", {})
    known = {"mse": history["train_mse"]} if "train_mse" in history else dict(history)
    known.pop("epoch", None)
    return {
        name: [float(f"{value:.6g}") for value in values]
        for name, values in known.items()
        if np.isfinite(values).all() and np.ptp(values) > 0
    }

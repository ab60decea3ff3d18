"""A study of one's own, in the folder own_study: another data set, decoder, system and measure beside the paper's.

All of it is in this file; the package knows none of it. What is finished is not made again, whatever ends the run.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lso_native as lso
import numpy as np
from lso_native.report import text_report, write_report
from lso_native.study import (
    SYSTEMS,
    DataSet,
    Descent,
    DescentSettings,
    Fit,
    Frame,
    Generated,
    Measure,
    Normal,
    System,
    Trained,
    Work,
    run,
    study_on,
)
from sklearn.datasets import load_digits


@dataclass(frozen=True)
class SmallDigits(DataSet):
    """The 1,797 digits of 8x8 pixels that come with scikit-learn."""

    classes = 10
    shape = (8, 8)
    title = "8x8 digits"
    sample_name = class_name = "digit"

    def load(self) -> Any:
        """In three parts."""
        images, labels = load_digits(return_X_y=True)
        images = (images / 16).astype(np.float32)
        cuts = [(0, 1000), (1000, 1400), (1400, 1797)]
        parts = (lso.data.Part(images[a:b], labels[a:b].astype(np.int64)) for a, b in cuts)
        return lso.data.Digits("8x8 digits", 8, *parts)


class Components:
    """Principal components of log odds: latents of N(0, 1) are samples of their mean and variances, pixels in 0..1."""

    def __init__(self, weight: Any, mean: Any) -> None:
        sigmoid = lso.Network([len(weight), len(mean)], activation="sigmoid", bias="standard")
        self.weight, self.mean = weight, mean
        self.decoder_ = sigmoid.replace(np.concatenate([weight.ravel(), mean]))

    def sample_latent(self, n: int, *, random_state: Any = None) -> Any:
        """``n`` latents (n, latent)."""
        return lso.normal((n, len(self.weight)), random_state=random_state)


@dataclass(frozen=True)
class FitComponents(Fit):
    """A step: what it is made of, how it is made, how it is kept."""

    latent: int
    has_latent_space = True

    def make(self, work: Work) -> Trained:
        """Fitted to the training part."""
        images = np.clip(work.data(self.data).train.images, 0.05, 0.95)
        odds = np.log(images / (1 - images))
        mean = odds.mean(axis=0)
        _, scale, axes = np.linalg.svd(odds - mean, full_matrices=False)
        weight = axes[: self.latent] * (scale[: self.latent, None] / np.sqrt(len(images)))
        return Trained(Components(weight, mean), {"train_images": len(images)})

    def keep(self, estimator: Components, folder: Path) -> None:
        """Two arrays."""
        np.savez(folder / "own.npz", weight=estimator.weight, mean=estimator.mean)

    def restore(self, folder: Path) -> Components:
        """From both."""
        with np.load(folder / "own.npz") as kept:
            return Components(kept["weight"], kept["mean"])


@dataclass(frozen=True)
class ThroughComponents(System):
    """LSO through them, within three standard deviations."""

    latent: int = 48

    def way(self, frame: Frame) -> Descent:
        """From N(0, 1)."""
        model = FitComponents(self.name, frame.data, frame.seed(self.name), self.latent)
        gently = DescentSettings(desired_change=-0.1, bounds=(-3.0, 3.0))
        seed = frame.seed("attempts")
        return Descent(frame.classifier, model, Normal(), frame.samples, seed, gently)


@dataclass(frozen=True)
class Ink(Measure):
    """How much of the picture is ink."""

    def of(self, generated: Generated, work: Work) -> dict[str, Any]:  # noqa: ARG002
        """A mean over all samples."""
        return {"ink": float(np.clip(generated.samples, 0, 1).mean())}


papers = [system for system in SYSTEMS if system.name in ("lso-2", "lso-vae")]
mine = ThroughComponents("lso-components", "LSO through principal components.")
study = study_on(SmallDigits(), [mine, *papers], measures=[Ink()], samples=100, random_state=0)
results = run(study, "own_study")
print(text_report(results))
print("wrote", write_report("own_study"))

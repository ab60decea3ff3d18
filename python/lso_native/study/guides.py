"""What the project's recipe learns: classifiers that know junk, and where the codes of each class are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lso_native.data import Part, junk, varied
from lso_native.files.native import load, save
from lso_native.models.classifier import Classifier
from lso_native.models.mixture import Mixture
from lso_native.optimizers import Adam
from lso_native.random import subseed
from lso_native.study.attempts import NO_LABEL
from lso_native.study.data import DataSet
from lso_native.study.fit import Fit, Trained, fit_classifier, training_cost
from lso_native.study.step import Step, Work


@dataclass(frozen=True)
class GuideSettings:
    """196-256-256-10, sigmoid outputs under binary cross-entropy: of what shows no digit none may be large.

    It learns the images, changed copies of them, and as many that show no digit.
    """

    hidden: tuple[int, ...] = (256, 256)
    copies: int = 3
    optimizer: Adam = Adam(learning_rate=1e-3)  # noqa: RUF009 - frozen
    batch_size: int = 200
    average: float = 0.999
    samples: int = 1_500_000  # how many to show, in whole epochs
    most_epochs: int = 30


@dataclass(frozen=True)
class FitGuide(Fit):
    """A classifier on the training part, copies of it, and junk that a decoder makes among others."""

    settings: GuideSettings
    decoder: Fit

    def cost(self, work: Work) -> float:
        """By what it is shown: images, copies of them, and as many of nothing."""
        images, settings = work.data(self.data).train.images, self.settings
        size = len(images) * (settings.copies + 2)
        epochs = min(max(1, settings.samples // size), settings.most_epochs)
        return training_cost(epochs * size, (images.shape[1], *settings.hidden, self.data.classes))

    def make(self, work: Work) -> Trained:
        """Fitted, and tried on the test part."""
        data, settings = work.data(self.data), self.settings
        part = self._taught(data.train, work)
        guide = Classifier(
            hidden=settings.hidden,
            activation="relu",
            objective="binary_cross_entropy",
            bias="standard",
            none_label=NO_LABEL,
            optimizer=settings.optimizer,
            batch_size=settings.batch_size,
            average=settings.average,
            epochs=min(max(1, settings.samples // len(part)), settings.most_epochs),
            random_state=self.seed,
        )
        stage = f"{self.name}: {len(data.train):,} images, changed copies of them, and junk"
        return fit_classifier(stage, guide, part, data.test, work)

    def _taught(self, train: Part, work: Work) -> Part:
        copies = [
            varied(
                train.images,
                slant=10,
                stroke=0.25,
                shift=1,
                random_state=subseed(self.seed, "copy", i),
            )
            for i in range(self.settings.copies)
        ]
        nothing = junk(
            train.images,
            train.labels,
            len(train),
            decoder=work.get(self.decoder).estimator,
            random_state=subseed(self.seed, "junk"),
        )
        known = np.tile(train.labels, 1 + len(copies))
        labels = np.concatenate([known, np.full(len(nothing), NO_LABEL)])
        return Part(np.concatenate([train.images, *copies, nothing]), labels)


@dataclass(frozen=True)
class FitMixture(Step[Mixture]):
    """Gaussians over draws from the codes' distributions, for each class or all."""

    data: DataSet
    seed: int
    decoder: Fit
    components: int
    """Of each class, or of all where they are not told apart."""
    labelled: bool
    name: str = "mixture"

    def make(self, work: Work) -> Mixture:
        """Fitted."""
        train, decoder = work.data(self.data).train, work.get(self.decoder).estimator
        work.progress.start(f"{self.name}: Gaussians over the codes", 1)
        codes = decoder.sample_posterior(train.images, random_state=subseed(self.seed, "codes"))
        mixture = Mixture(self.components, tol=1e-2, random_state=subseed(self.seed, "mixture"))
        mixture.fit(codes, train.labels if self.labelled else None)
        work.progress.finish(f"{self.components} of each class" if self.labelled else "fitted")
        return mixture

    def save(self, made: Mixture, folder: Path) -> None:
        """Write model.safetensors."""
        save(made, folder / "model.safetensors")

    def load(self, folder: Path) -> Mixture:
        """Read it."""
        mixture = load(folder / "model.safetensors")
        assert isinstance(mixture, Mixture)
        return mixture

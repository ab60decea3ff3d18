"""The paper's classifier: what the descent is guided by."""

from __future__ import annotations

from dataclasses import dataclass

from lso_native.models.classifier import Classifier
from lso_native.optimizers import Adam, TrainOptimizer
from lso_native.study.data import first
from lso_native.study.fit import Fit, Trained, fit_classifier, training_cost
from lso_native.study.step import Work


@dataclass(frozen=True)
class ClassifierSettings:
    """196-hidden-10, sigmoid, squared error."""

    images: int = 10_000
    hidden: tuple[int, ...] = (64,)
    optimizer: TrainOptimizer = Adam(learning_rate=1e-3)  # noqa: RUF009 - frozen
    batch_size: int = 50
    epochs: int = 60


@dataclass(frozen=True)
class FitClassifier(Fit):
    """On the first ``settings.images`` of the training part."""

    settings: ClassifierSettings

    def cost(self, work: Work) -> float:
        """By what it is shown."""
        images, settings = work.data(self.data).train.images, self.settings
        shown = settings.epochs * min(len(images), settings.images)
        return training_cost(shown, (images.shape[1], *settings.hidden, self.data.classes))

    def make(self, work: Work) -> Trained:
        """Fitted, and tried on the test part."""
        data, settings = work.data(self.data), self.settings
        part = first(data.train, settings.images)
        classifier = Classifier(
            hidden=settings.hidden,
            optimizer=settings.optimizer,
            batch_size=settings.batch_size,
            epochs=settings.epochs,
            random_state=self.seed,
        )
        stage = f"{self.name}: {len(part):,} images"
        return fit_classifier(stage, classifier, part, data.test, work)

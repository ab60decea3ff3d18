"""Every system's samples measured by the same rules, beside real images measured by them too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lso_native._typing import Array, IntArray
from lso_native.data import Digits, Part
from lso_native.experiments.generation import NO_DIGIT, Generated
from lso_native.metrics import (
    classification_accuracy_score,
    density_coverage,
    features,
    frechet_distance,
    nearest_distance,
    precision_recall,
    recognition,
)
from lso_native.models.classifier import Classifier
from lso_native.random import permutation


@dataclass(frozen=True)
class QualitySettings:
    """How many images stand for the real ones, and how long a classifier learns from generated ones."""

    real: int = 5_000
    shown: int = 300_000


class Quality:
    """The measures that need the judge's features of real images, worked out once.

    Real are the test images: no model saw them.
    """

    def __init__(
        self, settings: QualitySettings, digits: Digits, judge: Classifier, seed: int
    ) -> None:
        self._settings, self._digits, self._judge, self._seed = settings, digits, judge, seed
        # At random: the later half of MNIST's test images is easier than the first.
        chosen = permutation(len(digits.test), random_state=seed)[: settings.real]
        self._real = features(judge, digits.test.images[chosen])

    @property
    def real(self) -> Array:
        """The judge's features of real images (n, nodes)."""
        return self._real

    def of(self, generated: Generated) -> dict[str, Any]:
        """Figures of a system's samples."""
        return self._measure(generated.samples, generated.labels, self._digits.train)

    def of_real(self, n: int) -> dict[str, Any]:
        """The same of ``n`` real training images: what a perfect system would come to."""
        train = self._digits.train
        part = Part(train.images[:n], train.labels[:n])
        others = Part(train.images[n:], train.labels[n:])
        facts = self._measure(part.images, part.labels, others if len(others.images) else train)
        seen = recognition(self._judge, part.images, part.labels)
        tested = len(self._digits.test)
        return {"n": len(part), "test_images": tested, "recognised": seen.rate.share, **facts}

    def _measure(self, images: Array, labels: IntArray, training: Part) -> dict[str, Any]:
        made = features(self._judge, images)
        distance = frechet_distance(self._real, made)
        precision, recall = precision_recall(self._real, made)
        density, coverage = density_coverage(self._real, made)
        facts = {
            "mean_confidence": recognition(self._judge, images, labels).mean_confidence,
            "frechet_distance": distance.distance,
            "frechet_images": [distance.n_real, distance.n_generated],
            "precision": precision,
            "recall": recall,
            "density": density,
            "coverage": coverage,
            "nearest_training": float(
                np.median(nearest_distance(images, training.images).distance)
            ),
            "accuracy_score": None,
            "accuracy_score_with_real": None,
        }
        if (labels != NO_DIGIT).all() and len(np.unique(labels)) > 1:
            facts |= self._accuracy(images, labels)
        return facts

    def _accuracy(self, images: Array, labels: IntArray) -> dict[str, float]:
        train, test = self._digits.train, self._digits.test
        score = classification_accuracy_score(
            images,
            labels,
            test.images,
            test.labels,
            real=(train.images[: len(images)], train.labels[: len(images)]),
            shown=self._settings.shown,
            random_state=self._seed,
        )
        assert score.both is not None
        return {
            "accuracy_score": score.generated.share,
            "accuracy_score_with_real": score.both.share,
        }

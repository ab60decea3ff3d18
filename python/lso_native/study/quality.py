"""Every system's samples measured by the same rules, beside real images measured by them too."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from lso_native._typing import Array, IntArray
from lso_native.data import Digits
from lso_native.metrics import (
    Panel,
    PanelFigures,
    balanced_draws,
    classification_accuracy_score,
    copying,
    features,
)
from lso_native.random import permutation
from lso_native.study.generation import NO_DIGIT, Generated, asked_digits

_BY_DRAW = ("frechet_distance", "precision", "recall", "density", "coverage")


@dataclass(frozen=True)
class QualitySettings:
    """How the panel measures, and how long a classifier learns from generated ones."""

    draws: int = 4
    directions: int = 64
    real: int = 5_000  # test images that show what the real manifold is, and how near to training images they are
    shown: int = 300_000


class Quality:
    """The measures of samples: by the panel, beside the test images, which no model saw."""

    def __init__(
        self, settings: QualitySettings, digits: Digits, panel: Panel, samples: int, seed: int
    ) -> None:
        self._settings, self._digits, self._panel, self._seed = settings, digits, panel, seed
        self._asked = asked_digits(samples)
        # At random: the later half of MNIST's test images is easier than the first.
        chosen = permutation(len(digits.test), random_state=seed)[: settings.real]
        self._held_out = digits.test.images[chosen]
        self._real = features(panel.judges[0], self._held_out)

    @property
    def panel(self) -> Panel:
        """The judges, beside real images."""
        return self._panel

    @property
    def real(self) -> Array:
        """The first judge's features of real images (n, nodes)."""
        return self._real

    def of(self, generated: Generated) -> dict[str, Any]:
        """Figures of a system's samples."""
        images, labels = generated.samples, generated.labels
        found = self._panel.measure(images, labels)
        above = found.frechet_distance - self._real_figures.frechet_distance
        return self._facts(found, images, labels) | above.summary("frechet_above_real")

    def of_real(self) -> dict[str, Any]:
        """The same of real training images, several balanced draws of as many as a system makes: what a perfect system
        would come to. How near they are to training images is said of test images."""
        train, found = self._digits.train, self._real_figures
        (one,) = balanced_draws(train.labels, self._asked, draws=1, random_state=self._seed)
        facts = self._facts(found, self._held_out, train.labels[one], taught=train.images[one])
        spreads = {f"{name}_spread": getattr(found, name).spread for name in _BY_DRAW}
        tested = len(self._digits.test)
        numbers = {"n": len(self._asked), "draws": self._panel.draws, "test_images": tested}
        return numbers | facts | spreads

    @cached_property
    def _real_figures(self) -> PanelFigures:
        train = self._digits.train
        return self._panel.measure_real(train.images, train.labels, like=self._asked)

    def _facts(
        self, found: PanelFigures, images: Array, labels: IntArray, taught: Array | None = None
    ) -> dict[str, Any]:
        near = copying(images, self._digits.train.images, self._held_out)
        facts = {
            **found.summary(),
            "recognised_by_judge": found.recognised.values.mean(axis=1).tolist(),
            "frechet_images": [found.n_real, found.n_samples],
            "nearest_training": near.nearest,
            "near_training_share": near.near.share,
            "near_training_share_interval": list(near.near.interval),
            "accuracy_score": None,
            "accuracy_score_with_real": None,
        }
        if (labels != NO_DIGIT).all() and len(np.unique(labels)) > 1:
            facts |= self._accuracy(images if taught is None else taught, labels)
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

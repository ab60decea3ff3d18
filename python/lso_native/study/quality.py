"""The measures of the paper's systems, beside real images measured by the same rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lso_native._typing import Array, IntArray
from lso_native.data import Part
from lso_native.metrics import (
    PanelFigures,
    balanced_draws,
    classification_accuracy_score,
    copying,
)
from lso_native.random import permutation
from lso_native.study.attempts import NO_LABEL, Generated, asked_labels
from lso_native.study.data import DataSet, first
from lso_native.study.judges import PanelOf
from lso_native.study.measures import Measure
from lso_native.study.step import Facts, Work

_BY_DRAW = ("frechet_distance", "precision", "recall", "density", "coverage")


@dataclass(frozen=True)
class QualitySettings:
    """How the panel measures, and how long a classifier learns from generated ones."""

    draws: int = 4
    directions: int = 64
    real: int = 5_000  # test images that show what the real manifold is, and how near to training images they are
    shown: int = 300_000


@dataclass(frozen=True)
class HeldOut:
    """``n`` test images at random: the later half of MNIST's is easier than the first."""

    data: DataSet
    n: int
    seed: int

    def of(self, work: Work) -> Array:
        """(n, n_features)"""
        test = work.data(self.data).test
        return test.images[permutation(len(test), random_state=self.seed)[: self.n]]


@dataclass(frozen=True)
class ByPanel(Measure):
    """What several judges say, beside real images."""

    panel: PanelOf
    like: IntArray
    """(n,) labels such as systems are asked for."""

    def cost(self, n: int, work: Work) -> float:  # noqa: ARG002
        """By the distances between samples."""
        return 0.03 + 3e-6 * n**2

    def of(self, generated: Generated, work: Work) -> Facts:
        """Every figure of the panel, and how far the Fréchet distance is above that of real images."""
        found = self.panel.of(work).measure(generated.samples, generated.labels)
        above = found.frechet_distance - self._real(work).frechet_distance
        return self._facts(found) | above.summary("frechet_above_real")

    def of_real(self, like: IntArray, work: Work) -> Facts:
        """Of training images, several balanced draws of as many as a system makes."""
        found, panel = self._real(work), self.panel.of(work)
        spreads = {f"{name}_spread": getattr(found, name).spread for name in _BY_DRAW}
        tested = len(work.data(self.panel.data).test)
        numbers = {"n": len(like), "draws": panel.draws, "test_images": tested}
        return numbers | self._facts(found) | spreads

    def _real(self, work: Work) -> PanelFigures:
        def measured() -> PanelFigures:
            train = work.data(self.panel.data).train
            return self.panel.of(work).measure_real(train.images, train.labels, like=self.like)

        return work.once(self, measured)

    def _facts(self, found: PanelFigures) -> dict[str, Any]:
        return {
            **found.summary(),
            "recognised_by_judge": found.recognised.values.mean(axis=1).tolist(),
            "frechet_images": [found.n_real, found.n_samples],
        }


@dataclass(frozen=True)
class Copying(Measure):
    """How near samples are to training images; of real ones that is said of test images."""

    held_out: HeldOut

    def cost(self, n: int, work: Work) -> float:
        """By the distances to training samples."""
        return 0.03 + n * work.data(self.held_out.data).train.images.size / 4e9

    def of(self, generated: Generated, work: Work) -> Facts:
        """The nearest, and the share that is nearer than test images are."""
        return self._facts(generated.samples, work)

    def of_real(self, like: IntArray, work: Work) -> Facts:  # noqa: ARG002
        """Of the test images."""
        return self._facts(self.held_out.of(work), work)

    def _facts(self, images: Array, work: Work) -> Facts:
        near = copying(images, work.data(self.held_out.data).train.images, self.held_out.of(work))
        return {
            "nearest_training": near.nearest,
            "near_training_share": near.near.share,
            "near_training_share_interval": list(near.near.interval),
        }


@dataclass(frozen=True)
class Teaching(Measure):
    """How well a classifier tells test images that learned from samples, alone and beside real ones (the paper's
    reference 3)."""

    data: DataSet
    shown: int
    seed: int

    def cost(self, n: int, work: Work) -> float:  # noqa: ARG002
        """By what its classifiers are shown."""
        return 0.1 + 1e-6 * self.shown

    def of(self, generated: Generated, work: Work) -> Facts:
        """Null of samples that were not asked for a class."""
        labels = generated.labels
        if (labels == NO_LABEL).any() or len(np.unique(labels)) < 2:
            return {"accuracy_score": None, "accuracy_score_with_real": None}
        return self._facts(Part(generated.samples, labels), work)

    def of_real(self, like: IntArray, work: Work) -> Facts:
        """Of a balanced draw of training images."""
        train = work.data(self.data).train
        (one,) = balanced_draws(train.labels, like, draws=1, random_state=self.seed)
        return self._facts(Part(train.images[one], train.labels[one]), work)

    def _facts(self, taught: Part, work: Work) -> Facts:
        real = first(work.data(self.data).train, len(taught))
        both = Part(
            np.concatenate([taught.images, real.images]),
            np.concatenate([taught.labels, real.labels]),
        )
        return {
            "accuracy_score": self._score(taught, work),
            "accuracy_score_with_real": self._score(both, work),
        }

    def _score(self, taught: Part, work: Work) -> float:
        # Not both in one call, which would also learn from the real ones alone, for every system anew.
        test = work.data(self.data).test
        score = classification_accuracy_score(
            taught.images,
            taught.labels,
            test.images,
            test.labels,
            shown=self.shown,
            random_state=self.seed,
        )
        return score.generated.share


def quality_measures(
    settings: QualitySettings, panel: PanelOf, held_out: HeldOut, samples: int, seed: int
) -> tuple[Measure, ...]:
    """The usual ones of ``samples`` a system: by the judges, how near to training samples, how well they teach."""
    data = panel.data
    return (
        ByPanel(panel, asked_labels(samples, data.classes)),
        Copying(held_out),
        Teaching(data, settings.shown, seed),
    )

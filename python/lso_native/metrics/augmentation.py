"""What generated samples are worth for training: a classifier learns from them and is tested on real images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lso_native._checks import check_int, check_labels, check_samples, resolve_seed
from lso_native._typing import Array
from lso_native.errors import ArgumentError
from lso_native.models.base import DEFAULT_OPTIMIZER
from lso_native.models.classifier import Classifier
from lso_native.models.dataset import Dataset
from lso_native.models.training import SingleTraining
from lso_native.optimizers import TrainOptimizer

from .rates import Rate

__all__ = ["ClassificationAccuracy", "classification_accuracy_score"]

_SHOWN = 300_000  # 100 epochs of 3,000 images, for which the optimizer's default was chosen
_SCORES = 10  # of a training, at which it may be found to have diverged


@dataclass(frozen=True)
class ClassificationAccuracy:
    """Test images named rightly by classifiers that differ in what they were trained on.

    Attributes
    ----------
    real : None where no real samples were given.
    generated, both : named rightly after training on the generated ones, and on these and the real ones.
    """

    generated: Rate
    real: Rate | None = None
    both: Rate | None = None


def classification_accuracy_score(
    images: npt.ArrayLike,
    labels: npt.ArrayLike,
    test_images: npt.ArrayLike,
    test_labels: npt.ArrayLike,
    *,
    real: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
    hidden: Sequence[int] = (64,),
    optimizer: TrainOptimizer = DEFAULT_OPTIMIZER,
    shown: int = _SHOWN,
    random_state: int | None = 0,
) -> ClassificationAccuracy:
    """The accuracy on real images of a ``Classifier`` trained on generated ones.

    images, labels: (n, n_features) and (n,), generated, with what each was to show; two labels or
      more. A label that is not among them is never named rightly.
    test_images, test_labels: (m, n_features) and (m,), real, and seen by no generator.
    real: a pair (images, labels) to train a second classifier on, and a third one on both.
    hidden, optimizer: of each classifier, as in ``Classifier``.
    shown: how many images to show in each training, in whole epochs, at least one: the trainings
      are equally long and differ in their images alone.
    random_state: seed of every training; None takes a fresh one.

    Source: S. Ravuri and O. Vinyals, Classification accuracy score for conditional generative
    models, 2019, arXiv:1905.10887. Raises ValueError naming an argument that is empty, of another
    shape or not finite, or labels of another kind than the others; TypeError for another dtype.
    """
    generated = _check_part("images", images, "labels", labels)
    n_features, kind = generated[0].shape[1], _kind(generated[1])
    test = _check_part("test_images", test_images, "test_labels", test_labels, n_features, kind)
    budget, seed = check_int("shown", shown), resolve_seed(random_state)
    parts = [generated]
    if real is not None:
        _check_pair(real)
        given = _check_part("real[0]", real[0], "real[1]", real[1], n_features, kind)
        together = tuple(np.concatenate(pair) for pair in zip(generated, given, strict=True))
        parts += [given, (together[0], together[1])]
    for name, (_, known) in zip(("labels", "real[1]"), parts, strict=False):
        if len(np.unique(known)) < 2:
            raise ArgumentError(name, "at least two labels", f"{known[0].item()!r} alone")

    def rate(part: tuple[Array, Array]) -> Rate:
        epochs = max(1, round(budget / len(part[0])))
        classifier = _Pupil(
            hidden=hidden, optimizer=optimizer, epochs=epochs, random_state=seed
        ).fit(*part)
        return Rate.of(classifier.predict(test[0]) == test[1])

    return ClassificationAccuracy(*map(rate, parts))


class _Pupil(Classifier):
    """Whose accuracy is the measure: a class that it gave up is in there, and no news to warn of."""

    def _begin(self, data: Dataset, seed: int, *, go_on: bool) -> SingleTraining:
        training = super()._begin(data, seed, go_on=go_on)
        # Of few samples there are many epochs, whose scores nobody sees: a pass over all samples each.
        training.options["score_every"] = max(1, self.epochs // _SCORES)
        return training

    def _doubt(self, data: Dataset) -> str | None:  # noqa: ARG002
        return None


def _check_pair(real: Any) -> None:
    if not isinstance(real, tuple | list) or len(real) != 2:
        size = f" of {len(real)}" if isinstance(real, tuple | list) else ""
        raise ArgumentError("real", "a pair (images, labels)", f"{type(real).__name__}{size}")


def _check_part(
    images_name: str,
    images: npt.ArrayLike,
    labels_name: str,
    labels: npt.ArrayLike,
    n_features: int | None = None,
    kind: str | None = None,
) -> tuple[Array, Array]:
    """Images as float32 and their labels, of ``n_features`` and of one ``kind`` where these are known."""
    samples = check_samples(images_name, images, dtype=np.float32, n_features=n_features)
    checked = check_labels(labels_name, labels, len(samples))
    if kind is not None and _kind(checked) != kind:
        raise ArgumentError(labels_name, f"{kind} as in labels", _kind(checked))
    return samples, checked


def _kind(labels: Array) -> str:
    return "strings" if labels.dtype.kind == "U" else "integers"

"""Estimators of samples with labels."""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from lso_native._checks import check_labels
from lso_native._typing import Array, BoolArray
from lso_native.errors import ArgumentError
from lso_native.models.dataset import Dataset
from lso_native.models.fitting import Supervised
from lso_native.models.restored import check_sorted
from lso_native.models.settings import estimator, learned

NO_CLASS = -1  # the number of a sample that belongs to no class


@estimator
class LabelledEstimator(Supervised):
    """An estimator that learns from samples and the class of each: integers or strings of any values, two or more
    different ones."""

    classes_: Array = learned(doc="the labels, sorted.")

    def partial_fit(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        classes: npt.ArrayLike | None = None,
        *,
        sample_weight: npt.ArrayLike | None = None,
    ) -> Self:
        """Go on from what was learned, or begin, with one epoch on ``X`` and ``y``, and return self.

        ``classes``: all labels that there will ever be; None for those in the first ``y``. The optimizer begins anew
        at each call. Otherwise as ``fit``.

        sample_weight : (n_samples,), how much each counts; None for all alike.
        Raises ValueError where ``classes`` are not those learned before.
        """
        known = None
        if classes is not None:
            known = np.unique(check_labels("classes", classes, np.size(classes)))
            known = known[~self._of_none(known)]
            if self._is_fitted() and not np.array_equal(known, self.classes_):
                raise ArgumentError("classes", f"those learned, {self.classes_}", known)
        return self._go_on(X, y, sample_weight, known)

    def _take(self, training: Any, data: Dataset) -> None:
        super()._take(training, data)
        assert data.classes is not None
        self.classes_ = data.classes

    def _restore(self) -> None:
        super()._restore()
        check_sorted(self, "classes_", self._n_classes)

    @property
    @abstractmethod
    def _n_classes(self) -> int:
        """How many classes the networks know of."""

    def _check_y(self, name: str, y: Any, n_samples: int) -> Array:
        super()._check_y(name, y, n_samples)
        return check_labels(name, y, n_samples)

    def _encode(self, name: str, data: Dataset, classes: Array | None) -> Dataset:
        assert data.y is not None
        there = ~self._of_none(data.y)
        numbers = np.full(len(data), NO_CLASS)
        if classes is None:
            classes, numbers[there] = np.unique(data.y[there], return_inverse=True)
        else:
            numbers[there] = class_numbers(name, data.y[there], classes)
        if len(classes) < 2:
            got = f"{len(classes)} class{'' if len(classes) == 1 else 'es'}, {classes.tolist()}"
            raise ArgumentError(name, "at least 2 classes", got)
        return dataclasses.replace(data, y=numbers, classes=classes)

    def _of_none(self, labels: Array) -> BoolArray:
        """Which of ``labels`` (n,) say that a sample belongs to no class."""
        return np.zeros(len(labels), bool)


def class_numbers(name: str, labels: Array, classes: Array) -> Array:
    """The place of each label in the sorted ``classes``; ValueError naming one that is not there."""
    places = places_of(labels, classes)
    if (places < 0).any():
        stranger = labels[places < 0][0].item()
        raise ArgumentError(name, f"labels among {classes.tolist()}", repr(stranger))
    return places


def places_of(labels: Array, classes: Array) -> Array:
    """The place of each label in the sorted ``classes``, -1 where it is not among them."""
    if (labels.dtype.kind == "U") != (classes.dtype.kind == "U"):
        return np.full(len(labels), NO_CLASS)
    places = np.searchsorted(classes, labels).clip(max=len(classes) - 1)
    return np.where(classes[places] == labels, places, NO_CLASS)

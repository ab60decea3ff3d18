"""Several classifiers that learned the same apart: what convinces all of them is seldom a trick."""

from __future__ import annotations

import copy
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from lso_native._checks import check_int, resolve_seed, shown
from lso_native._typing import Array, RandomState
from lso_native.errors import ArgumentTypeError
from lso_native.models.base import not_fitted
from lso_native.models.classifier import Classifier
from lso_native.models.training import subseed
from lso_native.requirements.base import All
from lso_native.requirements.classes import DEFAULT_CERTAINTY

__all__ = ["Committee"]


class Committee:
    """``n`` classifiers with the settings of ``classifier``, each trained from a seed of its own (Hansen and Salamon
    1990), of which a sample must convince every one.

    Descent finds what a network takes for a class, which need not be what people do: networks that differ by their
    seeds alone are fooled by different samples.

    >>> import lso_native as lso
    >>> X = lso.uniform((60, 4), random_state=0)
    >>> digit = lso.Committee(lso.Classifier(epochs=2), 3, random_state=0).fit(X, [0, 1] * 30)
    >>> [part.name for part in digit.requires(1).parts]
    ['class 1', 'class 1', 'class 1']
    """

    def __init__(
        self, classifier: Classifier, n: int = 3, *, random_state: RandomState = None
    ) -> None:
        if not isinstance(classifier, Classifier):
            raise ArgumentTypeError("classifier", "a Classifier", shown(classifier))
        self.classifier, self.n = classifier, check_int("n", n)
        self.random_state = random_state

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike, **options: Any) -> Self:
        """Train all of them on ``X`` (n_samples, n_features) and labels ``y`` (n_samples,), with the ``options`` of
        Classifier.fit, and return self. Raises what Classifier.fit raises."""
        seed = resolve_seed(self.random_state)
        members = []
        for number in range(self.n):
            member = copy.deepcopy(self.classifier)
            member.set_params(random_state=subseed(seed, "member", number))
            members.append(member.fit(X, y, **options))
        self.members_: list[Classifier] = members
        return self

    @property
    def classes_(self) -> Array:
        """The labels, sorted."""
        return self._members()[0].classes_

    def requires(self, *labels: Any, certainty: float = DEFAULT_CERTAINTY) -> All:
        """That every one of them sees class ``labels`` or, of several, one of them, as Classifier.requires says it."""
        asked = [member.requires(*labels, certainty=certainty) for member in self._members()]
        return All(*(part for each in asked for part in each.parts))

    def predict_proba(self, X: npt.ArrayLike) -> Array:
        """The mean of their probabilities (n_samples, n_classes), columns in the order of ``classes_``."""
        return np.asarray(np.mean([member.predict_proba(X) for member in self._members()], axis=0))

    def predict(self, X: npt.ArrayLike) -> Array:
        """The labels (n_samples,) of the greatest mean probabilities."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])

    def score(self, X: npt.ArrayLike, y: npt.ArrayLike) -> float:
        """The share of ``X`` whose predicted label is that of ``y``."""
        return float(np.mean(self.predict(X) == np.asarray(y)))

    def _members(self) -> list[Classifier]:
        if not hasattr(self, "members_"):
            raise not_fitted("Committee is not fitted: call fit first")
        return self.members_

    def __repr__(self) -> str:
        return f"Committee({self.classifier!r}, {self.n})"

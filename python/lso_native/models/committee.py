"""Several classifiers that learned the same apart: what convinces all of them is seldom a trick."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from lso_native._checks import check_int, resolve_seed, shown
from lso_native._typing import Array, RandomState
from lso_native.errors import ArgumentError, ArgumentTypeError, briefly
from lso_native.models.base import not_fitted
from lso_native.models.classifier import Classifier
from lso_native.random import subseed
from lso_native.requirements.base import All, Part
from lso_native.requirements.classes import (
    DEFAULT_CERTAINTY,
    DEFAULT_WITHIN,
    BetweenClasses,
    IsClass,
)

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
    ['class 1 (1 of 3)', 'class 1 (2 of 3)', 'class 1 (3 of 3)']
    """

    def __init__(
        self, classifier: Classifier, n: int = 3, *, random_state: RandomState = None
    ) -> None:
        if not isinstance(classifier, Classifier):
            raise ArgumentTypeError("classifier", "a Classifier", shown(classifier))
        self.classifier, self.n = classifier, check_int("n", n)
        self.random_state = random_state

    @briefly
    def fit(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        *,
        none: npt.ArrayLike | None = None,
        **options: Any,
    ) -> Self:
        """Train all of them on ``X`` (n_samples, n_features) and labels ``y`` (n_samples,), with the ``options`` of
        Classifier.fit, and return self.

        none : samples (m, n_features) that are of no class, which they learn to tell apart: ``lso.data.junk``. Raises
        what Classifier.fit raises.
        """
        seed = resolve_seed(self.random_state)
        classifier = self.classifier
        if none is not None:
            X, y, label = _with_none(np.asarray(X), np.asarray(y), np.asarray(none))
            classifier = copy.deepcopy(classifier).set_params(none_label=label)
        members = []
        for number in range(self.n):
            member = copy.deepcopy(classifier)
            member.set_params(random_state=subseed(seed, "member", number))
            members.append(member.fit(X, y, **options))
        self.members_: list[Classifier] = members
        return self

    @classmethod
    def of(cls, members: Sequence[Classifier]) -> Self:
        """A committee of fitted ``members``. Raises ValueError unless they learned the same classes of samples of the
        same kind."""
        if not members or not all(isinstance(member, Classifier) for member in members):
            raise ArgumentTypeError("members", "fitted Classifiers", shown(members))
        first = members[0]
        for member in members:
            same = np.array_equal(member.classes_, first.classes_)
            networks = member.network_, first.network_
            if not same or len({(net.n_inputs, net.dtype) for net in networks}) > 1:
                expected = "classifiers of the same classes, features and dtype"
                raise ArgumentError("members", expected, "others")
        made = cls(Classifier(**first.get_params(deep=False)), len(members))
        made.members_ = list(members)
        return made

    @property
    def classes_(self) -> Array:
        """The labels, sorted."""
        return self.fitted()[0].classes_

    def requires(self, *labels: Any, certainty: float = DEFAULT_CERTAINTY) -> All:
        """That every one of them sees class ``labels`` or, of several, one of them, as Classifier.requires says it.

        certainty : what the output of the class must be at least, above .5.
        """
        return self._each(lambda member: member.requires(*labels, certainty=certainty))

    def between(self, first: Any, second: Any, *, within: float = DEFAULT_WITHIN) -> All:
        """That every one of them sees half one class, half another, as Classifier.between says it.

        first, second : their labels.
        within : how far from .5 an output may be.
        """
        return self._each(lambda member: member.between(first, second, within=within))

    def _each(self, ask: Callable[[Classifier], IsClass | BetweenClasses]) -> All:
        members = self.fitted()
        asked = [
            dataclasses.replace(ask(member), member=f"{i + 1} of {len(members)}")
            for i, member in enumerate(members)
        ]
        return All(*map(Part, asked))

    def predict_proba(self, X: npt.ArrayLike) -> Array:
        """The mean of their probabilities (n_samples, n_classes), columns in the order of ``classes_``.

        X : samples (n_samples, n_features).
        """
        return np.asarray(np.mean([member.predict_proba(X) for member in self.fitted()], axis=0))

    def predict(self, X: npt.ArrayLike) -> Array:
        """The labels (n_samples,) of the greatest mean probabilities.

        X : samples (n_samples, n_features).
        """
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])

    def score(self, X: npt.ArrayLike, y: npt.ArrayLike) -> float:
        """The share of ``X`` whose predicted label is that of ``y``."""
        return float(np.mean(self.predict(X) == np.asarray(y)))

    def fitted(self) -> list[Classifier]:
        """``members_``. Raises NotFittedError before ``fit``."""
        if not hasattr(self, "members_"):
            raise not_fitted("Committee is not fitted: call fit first")
        return self.members_

    def __repr__(self) -> str:
        return f"Committee({self.classifier!r}, {self.n})"


def _with_none(X: Array, y: Array, none: Array) -> tuple[Array, Array, Any]:
    """``X`` and ``none`` one after the other, their labels, and that of ``none``, which is none of ``y``."""
    if none.ndim != 2 or X.ndim != 2 or none.shape[1] != X.shape[1]:
        expected = f"samples (m, {X.shape[-1]}), as X has them"
        raise ArgumentError("none", expected, f"shape {none.shape}")
    known: Array = y.astype(np.int64) if y.dtype.kind in "iu" else y.astype(str)
    label: Any = int(known.min()) - 1 if known.dtype.kind == "i" else "none of these"
    labels = np.concatenate([known, np.full(len(none), label)])
    return np.concatenate([X, none.astype(X.dtype)]), labels, label

"""The one way to fit: from samples alone, or from samples and a target of each."""

from __future__ import annotations

import itertools
import warnings
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from lso_native._checks import check_callback, resolve_seed
from lso_native._typing import Array
from lso_native.errors import ArgumentError, briefly, interrupted
from lso_native.models.base import Estimator
from lso_native.models.dataset import Dataset
from lso_native.models.inputs import (
    check_columns,
    column_names,
    forget_warning,
    range_of,
    warn_of_units,
)
from lso_native.models.settings import estimator, learned_names
from lso_native.models.training import ADVICE, Callback, Outcome, Schedule, Training, joined
from lso_native.training import relative_weight

_MOST_LOOKED_AT = 250_000_000  # products in a network of the first layers


@estimator
class Fitting(Estimator):
    """The one way to fit."""

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        validation: Any = None,
        callback: Callback | None = None,
    ) -> Self:
        go_on = bool(self.warm_start) and self._is_fitted()
        return self._train(X, y, sample_weight, validation, callback, self.epochs, go_on)

    def _go_on(self, X: Any, y: Any, sample_weight: Any, classes: Array | None = None) -> Self:
        """One more epoch; the first one where nothing is learned yet."""
        return self._train(X, y, sample_weight, None, None, 1, self._is_fitted(), classes)

    def _train(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        validation: Any,
        callback: Callback | None,
        epochs: int,
        go_on: bool,
        classes: Array | None = None,
    ) -> Self:
        """Train; learn what came of it, after Ctrl-C too, but nothing where another error goes up."""
        self._check_common()
        self._check_settings()
        check_callback("callback", callback, "TrainProgress")
        seed = resolve_seed(self.random_state)
        data = self._dataset(X, y, sample_weight, classes, go_on=go_on)
        if not go_on:
            warn_of_units(self, data.x)
        data, held_out = self._hold_out(data, validation, seed)
        patience = None if held_out is None else self.patience
        before = self.n_epochs_ if go_on else 0
        schedule = Schedule(epochs, self.batch_size, patience, seed, before, callback)
        training = self._begin(data, seed, go_on=go_on)
        outcome = training.run(data, held_out, schedule)
        self._learn(training, outcome, data, go_on=go_on)
        if outcome.interrupt is not None:
            done = f"{self.n_epochs_ - before} of {epochs} epochs"
            raise interrupted(f"fit: interrupted after {done}, which the model keeps", self)
        doubt = ADVICE.get(self.status_) or self._doubt(data)
        if doubt is not None:
            warnings.warn(
                f"{type(self).__name__} {self.status_} after {self.n_epochs_} epochs: {doubt}",
                RuntimeWarning,
                stacklevel=5,
            )
        return self

    def _dataset(
        self, X: Any, y: Any, sample_weight: Any, classes: Array | None, *, go_on: bool
    ) -> Dataset:
        """Checked samples to train on, without those of weight 0."""
        columns, n_features = column_names(X), None
        if go_on:
            columns, n_features = getattr(self, "feature_names_in_", None), self.n_features_in_
            classes = getattr(self, "classes_", None)
        check_columns("X", X, columns)
        x = self._check_x("X", X, n_features)
        data = Dataset(x, self._check_y("y", y, len(x)), columns=columns)
        data = data.weighted_by(relative_weight(sample_weight, len(x)))
        return self._encode("y", data, classes)

    def _hold_out(
        self, data: Dataset, validation: Any, seed: int
    ) -> tuple[Dataset, Dataset | None]:
        """What to train on, and what to validate by."""
        held_out: Dataset | None
        kept, held_out = data.hold_out(self.validation_fraction, seed)
        if validation is not None:
            if held_out is not None:
                raise ArgumentError(
                    "validation_fraction",
                    "0 beside validation in fit",
                    f"{self.validation_fraction:g}",
                )
            held_out = self._watched(validation, data)
        if self.patience is not None and held_out is None:
            raise ArgumentError(
                "patience",
                "validation data to measure by (validation_fraction, or validation in fit)",
                "none",
            )
        return kept, held_out

    def _watched(self, validation: Any, data: Dataset) -> Dataset:
        X, y = self._pair(validation)
        x_name, y_name = ("validation", "") if y is None else ("validation[0]", "validation[1]")
        check_columns(x_name, X, data.columns)
        x = self._check_x(x_name, X, data.x.shape[1])
        return self._encode(y_name, Dataset(x, self._check_y(y_name, y, len(x))), data.classes)

    def _few(self, data: Dataset) -> Dataset:
        """Of ``data`` as many samples, evenly spaced, as a fit can look back at in a part of a second."""
        sizes = [data.x.shape[1], *self._check_sizes("hidden"), 1]
        weights = sum(below * above for below, above in itertools.pairwise(sizes))
        rows = max(1, _MOST_LOOKED_AT // weights)
        return (
            data
            if len(data) <= rows
            else data.take(np.linspace(0, len(data) - 1, rows).astype(int))
        )

    def _doubt(self, data: Dataset) -> str | None:  # noqa: ARG002
        """What is wrong with what was learned from ``data``, and what to do; None where nothing is."""
        return None

    def _look_back(self, data: Dataset) -> None:
        """Learn what follows from the networks and the samples."""

    def _learn(self, training: Training, outcome: Outcome, data: Dataset, *, go_on: bool) -> None:
        """Learn what came of ``training``: all of it, or nothing where there is an error."""
        before = dict(vars(self))
        known = before if go_on else {}
        for name in learned_names(self):
            if name not in known:
                vars(self).pop(name, None)
        try:
            seen = data if outcome.interrupt is None else self._few(data)
            with np.errstate(over="ignore", invalid="ignore"):  # the status tells it
                self._take(training, seen)
                self._look_back(seen)
            if data.columns is not None:
                self.feature_names_in_ = data.columns
            self.data_range_ = range_of(data.x, known.get("data_range_"))
            self.history_ = joined(known.get("history_"), outcome.history)
            self.n_epochs_ = known.get("n_epochs_", 0) + outcome.epochs
            self.status_ = self._judge(outcome.status)
        except BaseException:
            vars(self).clear()
            vars(self).update(before)
            raise
        forget_warning(self)


@estimator
class Unsupervised(Fitting):
    """An estimator that learns from samples alone."""

    @briefly
    def fit(
        self,
        X: npt.ArrayLike,
        y: object = None,
        *,
        sample_weight: npt.ArrayLike | None = None,
        validation: npt.ArrayLike | None = None,
        callback: Callback | None = None,
    ) -> Self:
        """Train on ``X`` (n_samples, n_features), in what the output activation can return, and return self.

        ``y`` is ignored. ``sample_weight``: (n_samples,), at least 0, how much each sample counts beside the others;
        a sample of weight 0 is not there. ``validation``: samples (n, n_features) to validate by. ``callback`` is
        called with a ``TrainProgress`` after each epoch; a true value stops. Ctrl-C raises ``KeyboardInterrupt``; what
        was learned by then is kept. After another error the estimator is as it was before.

        Raises ValueError or TypeError where a parameter or an argument is not what is described above.
        """
        return self._fit(X, y, sample_weight, validation, callback)

    @briefly
    def partial_fit(
        self, X: npt.ArrayLike, y: object = None, *, sample_weight: npt.ArrayLike | None = None
    ) -> Self:
        """Go on from what was learned, or begin, with one epoch on ``X`` (n_samples, n_features), and return self.

        The optimizer begins anew at each call. Otherwise as ``fit``.

        y : ignored.
        sample_weight : (n_samples,), how much each counts; None for all alike.
        """
        return self._go_on(X, y, sample_weight)

    def _pair(self, validation: Any) -> tuple[Any, Any]:
        return validation, None


@estimator
class Supervised(Fitting):
    """An estimator that learns from samples and a target of each."""

    @briefly
    def fit(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        *,
        sample_weight: npt.ArrayLike | None = None,
        validation: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
        callback: Callback | None = None,
    ) -> Self:
        """Train on ``X`` (n_samples, n_features) and what is known of each sample, ``y``, and return self.

        ``sample_weight``: (n_samples,), at least 0, how much each sample counts beside the others; a sample of weight
        0 is not there. ``validation``: a pair (X, y) to validate by. ``callback`` is called with a ``TrainProgress``
        after each epoch; a true value stops. Ctrl-C raises ``KeyboardInterrupt``; what was learned by then is kept.
        After another error the estimator is as it was before.

        Raises ValueError or TypeError where a parameter or an argument is not what is described above.
        """
        return self._fit(X, y, sample_weight, validation, callback)

    @briefly
    def partial_fit(
        self, X: npt.ArrayLike, y: npt.ArrayLike, *, sample_weight: npt.ArrayLike | None = None
    ) -> Self:
        """Go on from what was learned, or begin, with one epoch on ``X`` and ``y``, and return self.

        The optimizer begins anew at each call. Otherwise as ``fit``.

        sample_weight : (n_samples,), how much each counts; None for all alike.
        """
        return self._go_on(X, y, sample_weight)

    def _check_y(self, name: str, y: Any, n_samples: int) -> Array | None:  # noqa: ARG002
        if y is None:
            owner = type(self).__name__
            got = f"None ({owner} requires y to be passed, but the target y is None)"
            raise ArgumentError(name, "one entry a sample", got)
        return None

    def _pair(self, validation: Any) -> tuple[Any, Any]:
        if not isinstance(validation, tuple | list) or len(validation) != 2:
            raise ArgumentError("validation", "a pair (X, y)", type(validation).__name__)
        return validation[0], validation[1]

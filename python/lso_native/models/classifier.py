"""Classifier: a network with one output a class, trained on one-hot targets."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lso_native._architecture import check_activation
from lso_native._checks import check_choice, check_labels, check_sample_weight, shown
from lso_native._typing import Array, BoolArray
from lso_native.errors import ArgumentError
from lso_native.models.classes import NO_CLASS, LabelledEstimator, places_of
from lso_native.models.dataset import Dataset
from lso_native.models.settings import estimator, setting
from lso_native.models.single import NetworkEstimator
from lso_native.network import Activation, ActivationName
from lso_native.requirements.classes import (
    DEFAULT_CERTAINTY,
    DEFAULT_WITHIN,
    BetweenClasses,
    Classes,
    IsClass,
)
from lso_native.terms import one_hot
from lso_native.training import LossName

__all__ = ["Classifier"]

# What a loss with logarithms takes for an output: a probability.
_OUTPUTS = {
    "binary_cross_entropy": ("sigmoid",),
    "categorical_cross_entropy": ("softmax",),
}
# A class whose output is nowhere above the one, where another is above the other, hardly comes after so many epochs.
_GONE, _LEARNED, _EPOCHS = 0.01, 0.8, 10


@estimator
class Classifier(NetworkEstimator, LabelledEstimator):
    """A classifier with one output a class, the greatest output winning (the paper, section 4).

    The layers are n_features, ``hidden``, n_classes; targets are one-hot, made from the labels ``y`` (n_samples,), two
    or more different ones, integers or strings of any values.

    With a ``none_label``, samples of that label belong to no class: they are to have no output, a target of zeros
    alone. It is not among ``classes_``, and ``predict`` never returns it: a sample whose outputs are all small is taken
    for the class of the greatest one still. Samples that show nothing known (``lso.data.junk``) make a classifier
    harder to fool.

    The defaults, 100 epochs of ``Adam(learning_rate=0.01)``, were chosen by measurement: trained on 3,000 14x14 digits
    they tell 93% of those held out.
    """

    _estimator_type = "classifier"

    output_activation: ActivationName = setting(default="sigmoid", doc="of the output.")
    objective: LossName = setting(
        default="squared_error",
        doc='"squared_error"; "binary_cross_entropy", with sigmoid outputs; or "categorical_cross_entropy", with a '
        "softmax output.",
    )
    none_label: int | str | None = setting(
        default=None,
        doc="the label in ``y`` of samples that belong to no class; None for no such label. Not with softmax outputs, "
        "which always add up to 1.",
    )

    def decision_function(self, X: npt.ArrayLike) -> Array:
        """Return the outputs (n_samples, n_classes), columns in the order of ``classes_``; of two classes, as
        scikit-learn has it, how far the second one is above the first one in ``predict_proba`` (n_samples,).

        X : samples (n_samples, n_features).
        """
        outputs = self._outputs(X)
        if outputs.shape[1] > 2:
            return outputs
        first, second = self._proba(outputs).T
        return np.asarray(second - first)

    def predict_proba(self, X: npt.ArrayLike) -> Array:
        """Return a probability of each class (n_samples, n_classes), columns in the order of ``classes_``.

        A softmax's outputs are probabilities as they are. Other outputs, which are trained towards 1 for the sample's
        class and 0 for others, are divided by their sum, after a row with one below 0 was raised to begin at 0; they
        are scores in 0..1, in the order of the outputs, and no more calibrated than these.

        X : samples (n_samples, n_features).
        """
        return self._proba(self._outputs(X))

    def _proba(self, outputs: Array) -> Array:
        if self.network_.activations[-1] == "softmax":
            return outputs
        raised = outputs - np.minimum(outputs.min(axis=1, keepdims=True), 0)
        total = raised.sum(axis=1, keepdims=True)
        equal = np.full_like(raised, 1 / raised.shape[1])
        return np.asarray(np.divide(raised, total, out=equal, where=total > 0))

    def predict_log_proba(self, X: npt.ArrayLike) -> Array:
        """Return the logarithms of ``predict_proba``, minus infinity for 0.

        X : samples (n_samples, n_features).
        """
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(self.predict_proba(X)))

    def predict(self, X: npt.ArrayLike) -> Array:
        """Return the labels (n_samples,) of the greatest outputs, the first where they tie.

        X : samples (n_samples, n_features).
        """
        winners = self._outputs(X).argmax(axis=1)
        return np.asarray(self.classes_[winners])

    def score(
        self, X: npt.ArrayLike, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None
    ) -> float:
        """Return the share of ``X`` whose predicted label is that of ``y``, weighted if asked.

        A sample of ``none_label`` counts as told where no output is above .5, since none is predicted for it.

        sample_weight : (n_samples,), how much each counts; None for all alike.
        """
        outputs = self._outputs(X)
        labels = check_labels("y", y, len(outputs))
        told = outputs.argmax(axis=1) == places_of(labels, self.classes_)
        none = self._of_none(labels)
        told[none] = outputs[none].max(axis=1) <= 0.5
        weight = check_sample_weight(sample_weight, len(outputs))
        return float(np.average(told, weights=weight))

    def mean_squared_error(self, X: npt.ArrayLike, y: npt.ArrayLike) -> float:
        """Return the mean over samples and outputs of (output - target)², targets being one-hot, or zeros.

        Raises ValueError where a label is not one of ``classes_``, or ``none_label``.

        X : samples (n_samples, n_features).
        y : their labels (n_samples,).
        """
        outputs = self._outputs(X)
        known = Dataset(outputs, check_labels("y", y, len(outputs)))
        known = self._encode("y", known, self.classes_)
        return known.mean_squared_error(outputs, self._targets(known))

    def requires(self, *labels: Any, certainty: float = DEFAULT_CERTAINTY) -> IsClass:
        """That a sample is of the class ``labels`` or, of several, of one of them: its output at least ``certainty``,
        all others at most 1 - ``certainty``. Raises ValueError for a label that is none of ``classes_``."""
        return self._asked().requires(*labels, certainty=certainty)

    def between(self, first: Any, second: Any, *, within: float = DEFAULT_WITHIN) -> BetweenClasses:
        """That a sample is half one class, half another: both outputs in .5 ± ``within``, all others below
        both.

        first, second : their labels.
        """
        return self._asked().between(first, second, within=within)

    def _asked(self) -> Classes:
        self._check_fitted()
        if self.network_.activations[-1] not in ("sigmoid", "softmax"):
            expected = "sigmoid or softmax, of which a class can be required"
            raise ArgumentError("output_activation", expected, self.network_.activations[-1])
        return Classes(self.network_, self.classes_)

    def _outputs(self, X: npt.ArrayLike) -> Array:
        samples = self._check_samples(X)
        return self.network_(samples, threads=self.threads)

    @property
    def _n_classes(self) -> int:
        return self.network_.n_outputs

    def _check_settings(self) -> None:
        check_choice("objective", self.objective, ("squared_error", *_OUTPUTS))
        check_activation("output_activation", self.output_activation, output=True)
        if self.objective in _OUTPUTS:
            check_choice("output_activation", self.output_activation, _OUTPUTS[self.objective])
        if Activation(self.output_activation).range[1] < 1:
            expected = "one whose outputs can be 1, as those of softmax"
            raise ArgumentError("output_activation", expected, shown(self.output_activation))
        if self.none_label is not None and self.output_activation.startswith("softmax"):
            expected = "None with softmax outputs, which cannot all be 0 (sigmoid ones can)"
            raise ArgumentError("none_label", expected, shown(self.none_label))
        if self.none_label is not None:
            check_labels("none_label", [self.none_label], 1)

    def _of_none(self, labels: Array) -> BoolArray:
        if self.none_label is None:
            return super()._of_none(labels)
        none = check_labels("none_label", [self.none_label], 1)
        return np.asarray(places_of(labels, none) != NO_CLASS)

    def _targets(self, data: Dataset) -> Array:
        assert data.y is not None
        assert data.classes is not None
        targets = one_hot(data.y.clip(min=0), len(data.classes)).astype(data.x.dtype)
        targets[data.y == NO_CLASS] = 0
        return targets

    @property
    def _objective(self) -> LossName:
        return self.objective

    def _doubt(self, data: Dataset) -> str | None:
        """Under a squared error a sigmoid output may come so near 0 that no gradient gets it out again."""
        assert data.y is not None
        outputs = self.network_(data.x, threads=self.threads)
        there = [i for i in range(self._n_classes) if (data.y == i).any()]
        best = np.array([outputs[data.y == i, i].max() for i in there])
        if (
            best.min(initial=1) > _GONE
            or best.max(initial=0) < _LEARNED
            or self.n_epochs_ < _EPOCHS
        ):
            return None
        never = ", ".join(repr(self.classes_[i].item()) for i in np.array(there)[best <= _GONE])
        return (
            f"it sees class {never} in none of its own samples, and hardly will. Train with "
            'objective="binary_cross_entropy", a lower learning rate, or another random_state'
        )

    def _layers(self, data: Dataset) -> tuple[list[int], list[ActivationName]]:
        assert data.classes is not None
        hidden = self._check_sizes("hidden")
        activations = [*(self.activation for _ in hidden), self.output_activation]
        return [data.x.shape[1], *hidden, len(data.classes)], activations

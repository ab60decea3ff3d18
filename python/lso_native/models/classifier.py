"""Classifier: a network with one output a class, trained on one-hot targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from lso_native._checks import check_choice, check_labels, check_sample_weight, check_samples, shown
from lso_native.models.base import (
    DEFAULT_OPTIMIZER,
    Array,
    Callback,
    NetworkEstimator,
    mean_squared_error,
)
from lso_native.network import ActivationName, BiasConvention
from lso_native.objectives import one_hot
from lso_native.training import DEFAULT_BATCH_SIZE, DEFAULT_EPOCHS, LossName, Optimizer

__all__ = ["Classifier"]

_ACTIVATIONS = ("linear", "sigmoid", "tanh", "relu", "leaky_relu", "softplus")
# What each loss takes for an output: its logarithms need a probability.
_OUTPUTS = {
    "squared_error": (*_ACTIVATIONS, "softmax"),
    "binary_cross_entropy": ("sigmoid",),
    "categorical_cross_entropy": ("softmax",),
}


class Classifier(NetworkEstimator):
    """A classifier with one output a class, the greatest output winning (the paper, section 4).

    The layers are n_features, ``hidden``, n_classes; targets are one-hot, made from the labels.

    Parameters (checked by ``fit``):
      hidden: sizes of the hidden layers, the first one nearest the input; may be empty.
      activation, output_activation: of the hidden layers and of the output.
      objective: "squared_error"; "binary_cross_entropy", with sigmoid outputs; or
        "categorical_cross_entropy", with a softmax output.
      bias: "paper" (every node but the outputs has one) or "standard" (every node but the inputs).
      optimizer: ``Adam`` or ``NormalizedGradientDescent``.
      batch_size, epochs: samples a step, and passes over the samples at most. The defaults,
        100 epochs of ``Adam(learning_rate=0.01)``, were chosen by measurement: trained on 3,000
        14x14 digits they tell 93% of those held out.
      mse: stop as soon as the training error, the mean over samples and outputs at the end of
        an epoch, is this or less.
      validation_fraction: share of the samples, drawn at random, held out for validation.
      patience: stop after this many epochs without a better validation loss, and keep the best.
      dtype: "float32" or "float64".
      random_state: seed (>= 0) of the initial parameters, the order of samples and the share held
        out; None for a new one at each fit.

    After ``fit`` it has ``network_``; ``classes_``, the sorted labels, one an output; ``history_``
    (a dict of arrays, one entry an epoch), ``status_``, ``n_epochs_``, ``mse_`` (over the samples
    trained on) and ``n_features_in_``.
    """

    _estimator_type = "classifier"

    _learned = (*NetworkEstimator._learned, "classes_")

    classes_: Array

    def _restore(self) -> None:
        super()._restore()
        check_classes(self.classes_, self.network_.n_outputs)

    def __init__(
        self,
        *,
        hidden: Sequence[int] = (64,),
        activation: ActivationName = "sigmoid",
        output_activation: ActivationName = "sigmoid",
        objective: LossName = "squared_error",
        bias: BiasConvention = "paper",
        optimizer: Optimizer = DEFAULT_OPTIMIZER,
        batch_size: int = DEFAULT_BATCH_SIZE,
        epochs: int = DEFAULT_EPOCHS,
        mse: float | None = None,
        validation_fraction: float = 0.0,
        patience: int | None = None,
        dtype: npt.DTypeLike = "float32",
        random_state: int | None = None,
    ) -> None:
        self.hidden = hidden
        self.activation = activation
        self.output_activation = output_activation
        self.objective = objective
        self.bias = bias
        self.optimizer = optimizer
        self.batch_size = batch_size
        self.epochs = epochs
        self.mse = mse
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.dtype = dtype
        self.random_state = random_state

    def fit(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        *,
        sample_weight: npt.ArrayLike | None = None,
        validation: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
        callback: Callback | None = None,
    ) -> Self:
        """Train on ``X`` (n_samples, n_features) with labels ``y`` (n_samples,) and return self.

        Labels are integers or strings of any values, at least two different ones.
        ``sample_weight``: (n_samples,), each sample's weight in the loss. ``validation``: samples
        and labels to watch. ``callback`` is called after each epoch; training stops when it returns
        True. Ctrl-C raises ``KeyboardInterrupt``; what was learned by then is kept.

        Raises ValueError where a parameter or an argument is not what is described above.
        """
        dtype = self._check_dtype()
        hidden = self._check_sizes("hidden")
        check_choice("activation", self.activation, _ACTIVATIONS)
        check_choice("objective", self.objective, tuple(_OUTPUTS))
        check_choice("output_activation", self.output_activation, _OUTPUTS[self.objective])
        samples = check_samples("X", X, dtype=dtype)
        labels = check_labels("y", y, len(samples))
        classes, indices = np.unique(labels, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(f"y: expected at least two classes, got {classes.tolist()}")
        watched = self._check_validation(validation, samples, classes)
        return self._train(
            samples,
            one_hot(indices, len(classes)).astype(dtype),
            sizes=[samples.shape[1], *hidden, len(classes)],
            activation=[*(self.activation for _ in hidden), self.output_activation],
            objective=self.objective,
            sample_weight=sample_weight,
            validation=watched,
            callback=callback,
            learned={"classes_": classes},
        )

    def decision_function(self, X: npt.ArrayLike) -> Array:
        """Return the outputs (n_samples, n_classes), columns in the order of ``classes_``."""
        self._check_fitted()
        return self.network_(
            check_samples("X", X, dtype=self.network_.dtype, n_features=self.n_features_in_)
        )

    def predict(self, X: npt.ArrayLike) -> Array:
        """Return the labels (n_samples,) of the greatest outputs, the first where they tie."""
        winners = self.decision_function(X).argmax(axis=1)
        return np.asarray(self.classes_[winners])

    def score(
        self, X: npt.ArrayLike, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None
    ) -> float:
        """Return the share of ``X`` whose predicted label is that of ``y``, weighted if asked."""
        predicted = self.decision_function(X).argmax(axis=1)
        indices = _indices(check_labels("y", y, len(predicted)), self.classes_)
        weight = check_sample_weight(sample_weight, len(predicted))
        return float(np.average(predicted == indices, weights=weight))

    def mean_squared_error(self, X: npt.ArrayLike, y: npt.ArrayLike) -> float:
        """Return the mean over samples and outputs of (output - one-hot target)².

        Raises ValueError where a label is not one of ``classes_``.
        """
        outputs = self.decision_function(X)
        labels = check_labels("y", y, len(outputs))
        indices = _known("y", labels, self.classes_)
        targets = one_hot(indices, len(self.classes_)).astype(outputs.dtype)
        return mean_squared_error(outputs, targets)

    def _check_validation(
        self, validation: Any, samples: Array, classes: Array
    ) -> tuple[Array, Array] | None:
        if validation is None:
            return None
        if not isinstance(validation, tuple | list) or len(validation) != 2:
            raise ValueError(f"validation: expected a pair (X, y), got {type(validation).__name__}")
        held_out = check_samples(
            "validation[0]", validation[0], dtype=samples.dtype, n_features=samples.shape[1]
        )
        labels = check_labels("validation[1]", validation[1], len(held_out))
        indices = _known("validation[1]", labels, classes)
        return held_out, one_hot(indices, len(classes)).astype(samples.dtype)


def check_classes(classes: Array, n_outputs: int) -> None:
    """Raise ValueError unless ``classes`` are sorted, different and as many as a network has outputs for."""
    if classes.shape != (n_outputs,) or not np.array_equal(np.unique(classes), classes):
        raise ValueError(
            f"expected {n_outputs} sorted classes, one an output, got {shown(classes)}"
        )


def _indices(labels: Array, classes: Array) -> Array:
    """Return the place of each label in the sorted ``classes``, -1 where it is not among them."""
    if (labels.dtype.kind == "U") != (classes.dtype.kind == "U"):
        return np.full(len(labels), -1)
    places = np.searchsorted(classes, labels).clip(max=len(classes) - 1)
    return np.where(classes[places] == labels, places, -1)


def _known(name: str, labels: Array, classes: Array) -> Array:
    indices = _indices(labels, classes)
    if (indices < 0).any():
        stranger = labels[indices < 0][0].item()
        raise ValueError(f"{name}: expected labels among {classes.tolist()}, got {stranger!r}")
    return indices

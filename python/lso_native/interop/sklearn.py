"""scikit-learn's perceptrons and linear models, scalers in front of them and behind, and networks as perceptrons."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from lso_native.errors import ArgumentError, ArgumentTypeError
from lso_native.interop.layers import Chain, Reading, rounded
from lso_native.interop.place import Place, needed
from lso_native.interop.probe import check_probe

_ACTIVATIONS = {
    "identity": "linear",
    "logistic": "sigmoid",
    "tanh": "tanh",
    "relu": "relu",
    "softmax": "softmax",
}
_NAMES = {ours: theirs for theirs, ours in _ACTIVATIONS.items()}
_ARGUMENT = "estimator"


def read(estimator: Any) -> Reading:
    """The network of a fitted perceptron or linear model, or of a pipeline of scalers that ends in one."""
    base = needed("sklearn.base", "lso_native[interop]", "from_sklearn")
    if not isinstance(estimator, base.BaseEstimator):
        got = type(estimator).__name__
        raise ArgumentTypeError(_ARGUMENT, "an estimator of scikit-learn", got)
    chain = Chain(_ARGUMENT)
    _take(chain, "the estimator itself", estimator)
    reading = chain.reading()
    lone = base.is_classifier(estimator) and reading.architecture["sizes"][-1] == 1
    says = "predict_proba" if base.is_classifier(estimator) else "predict"
    check_probe(_ARGUMENT, reading, lambda x: _outputs(estimator, x, says, lone=lone))
    return reading


def write(chain: Chain) -> Any:
    """The MLPClassifier or MLPRegressor of ``chain``; what is added to the inputs goes into the first intercept."""
    perceptrons = needed("sklearn.neural_network", "lso_native[interop]", "to_sklearn")
    layers = chain.folded()
    hidden = {layer.activation or "linear" for layer in layers[:-1]}
    last = layers[-1].activation or "linear"
    if len(hidden) > 1 or not hidden <= {"linear", "sigmoid", "tanh", "relu"}:
        expected = "one activation of all hidden layers: linear, sigmoid, tanh or relu"
        raise ArgumentError("network", expected, ", ".join(sorted(hidden)))
    n_inputs, n_outputs = layers[0].weight.shape[1], layers[-1].weight.shape[0]
    if last not in ("linear", "sigmoid") and not (last == "softmax" and n_outputs > 2):
        expected = "linear or sigmoid outputs, or a softmax of more than two"
        raise ArgumentError("network", expected, f"{last} of {n_outputs}")
    options = {
        "hidden_layer_sizes": tuple(layer.weight.shape[0] for layer in layers[:-1]),
        "activation": _NAMES[hidden.pop()] if hidden else "identity",
        "random_state": 0,
    }
    x, y, classes = _lesson(last, n_inputs, n_outputs, chain.dtype)
    if last == "linear":
        made = perceptrons.MLPRegressor(**options).partial_fit(x, y)
    else:
        made = perceptrons.MLPClassifier(**options).partial_fit(x, y, classes=classes)
    made.coefs_ = [rounded(layer.weight.T, chain.dtype) for layer in layers]
    made.intercepts_ = [
        rounded(np.zeros(len(layer.weight)) if layer.bias is None else layer.bias, chain.dtype)
        for layer in layers
    ]
    return made


def _lesson(last: str, n_inputs: int, n_outputs: int, dtype: Any) -> tuple[Any, Any, Any]:
    """The least that an estimator must see to be of a shape, whose parameters are then put in."""
    if last == "softmax" or n_outputs == 1:
        n_rows = max(n_outputs, 2)
        y: Any = np.arange(n_rows)
    else:
        n_rows, y = 2, np.vstack([np.zeros(n_outputs, int), np.ones(n_outputs, int)])
    classes = np.arange(n_rows if y.ndim == 1 else n_outputs)
    return np.zeros((n_rows, n_inputs), dtype), y, classes


def _take(chain: Chain, path: str, estimator: Any) -> None:
    """The steps of an estimator, which its class tells, or one that it is derived from."""
    place = Place(_ARGUMENT, path, type(estimator).__name__)
    names = [base.__name__ for base in type(estimator).__mro__ if base.__module__[:7] == "sklearn"]
    step = next((_STEPS[name] for name in names if name in _STEPS), None)
    if step is None:
        raise place.refused(
            "no perceptron or linear model, and no scaler that treats each column by itself"
        )
    try:
        step(chain, place, estimator)
    except AttributeError as error:
        raise place.refused(f"not fitted ({error})") from None


def _pipeline(chain: Chain, place: Place, pipeline: Any) -> None:
    for name, estimator in pipeline.steps:
        if estimator is not None and not isinstance(estimator, str):  # "passthrough"
            _take(chain, name, estimator)


def _perceptron(chain: Chain, place: Place, estimator: Any) -> None:
    names = [estimator.activation] * (len(estimator.coefs_) - 1) + [estimator.out_activation_]
    for number, (weight, bias, name) in enumerate(
        zip(estimator.coefs_, estimator.intercepts_, names, strict=True)
    ):
        of_layer = Place(_ARGUMENT, f"{place.path}, coefs_[{number}]", place.kind)
        chain.dense(of_layer, np.asarray(weight).T, bias)
        if name not in _ACTIVATIONS:
            raise of_layer.refused(f"activation {name!r}")
        chain.activate(of_layer, _ACTIVATIONS[name])


def _regression(chain: Chain, place: Place, estimator: Any) -> None:
    weight = np.atleast_2d(np.asarray(estimator.coef_))
    bias = np.broadcast_to(np.asarray(estimator.intercept_, weight.dtype), len(weight))
    chain.dense(place, weight, bias)


def _logistic(chain: Chain, place: Place, estimator: Any) -> None:
    _regression(chain, place, estimator)
    chain.activate(place, "sigmoid" if len(estimator.coef_) == 1 else "softmax")


def _scale(chain: Chain, place: Place, center: Any, scaler: Any) -> None:
    """A scaler that takes ``center`` away, if it has one, and divides by its scale, if it has one."""
    if getattr(scaler, "clip", False):
        raise place.refused("clip=True, which no layer does")
    chain.affine(
        place,
        center=None if center is None else _vector(place, center),
        scale=None if scaler.scale_ is None else 1 / _vector(place, scaler.scale_),
    )


def _standard(chain: Chain, place: Place, scaler: Any) -> None:
    _scale(chain, place, scaler.mean_ if scaler.with_mean else None, scaler)


def _robust(chain: Chain, place: Place, scaler: Any) -> None:
    _scale(chain, place, scaler.center_, scaler)


def _max_abs(chain: Chain, place: Place, scaler: Any) -> None:
    _scale(chain, place, None, scaler)


def _min_max(chain: Chain, place: Place, scaler: Any) -> None:
    if scaler.clip:
        raise place.refused("clip=True, which no layer does")
    low = np.full_like(scaler.data_min_, scaler.feature_range[0], np.float64)
    center, scale = _vector(place, scaler.data_min_), _vector(place, scaler.scale_)
    chain.affine(place, center=center, scale=scale, offset=low)


def _transformed(chain: Chain, place: Place, estimator: Any) -> None:
    """A regressor whose targets a scaler has scaled: the inverse follows."""
    _take(chain, f"{place.path}, regressor_", estimator.regressor_)
    back = Chain(_ARGUMENT)
    inner = estimator.transformer_
    if getattr(inner, "func", None) is None and hasattr(inner, "inverse_func"):
        return  # targets as they are
    _take(back, f"{place.path}, transformer_", inner)
    step = back.waiting()
    if step is not None:
        chain.affine(
            place,
            center=step.offset,
            scale=None if step.scale is None else 1 / step.scale,
            offset=step.center,
        )


def _vector(place: Place, values: Any) -> Any:
    """A scaler's own numbers, which are in float64 whatever the perceptron is in."""
    vector = np.asarray(values, np.float64)
    if not np.isfinite(vector).all():
        raise place.refused("its statistics are not finite")
    return vector


_STEPS: dict[str, Callable[[Chain, Place, Any], None]] = {
    "Pipeline": _pipeline,
    "MLPClassifier": _perceptron,
    "MLPRegressor": _perceptron,
    "LinearModel": _regression,  # the base of least squares, ridge, lasso and their like
    "LogisticRegression": _logistic,
    "StandardScaler": _standard,
    "RobustScaler": _robust,
    "MaxAbsScaler": _max_abs,
    "MinMaxScaler": _min_max,
    "TransformedTargetRegressor": _transformed,
}


def _outputs(estimator: Any, x: Any, says: str, *, lone: bool) -> Any:
    """What its method ``says`` of rows; of a ``lone`` output the probability of the second class."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # that these columns have no names
            told = np.asarray(getattr(estimator, says)(x))
    except Exception as error:
        got = f"{type(estimator).__name__}, which fails on rows of {x.shape[1]} ({error})"
        raise ArgumentError(_ARGUMENT, "a fitted estimator", got) from error
    return told[:, 1:] if lone else told

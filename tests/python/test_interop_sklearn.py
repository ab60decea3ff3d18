"""What is read from scikit-learn, scalers and all, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from checks import assert_close, assert_refused, assert_same_bits
from foreign import assert_layer_refused
from lso_native._typing import Array
from strategies import random_network

pytest.importorskip("sklearn")

from sklearn.base import BaseEstimator
from sklearn.compose import TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.linear_model import (
    BayesianRidge,
    Lasso,
    LinearRegression,
    LogisticRegression,
    Ridge,
    SGDClassifier,
)
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    PowerTransformer,
    RobustScaler,
    StandardScaler,
)

_RNG = np.random.default_rng(0)
X = _RNG.normal(size=(60, 4)) * [1, 100, 0.1, 3] + [0, 1e4, 5, -2]
NUMBERS = (X - X.mean(axis=0)) @ _RNG.normal(size=(4, 2)) + [50, 0]
SCALERS = [
    StandardScaler(),
    StandardScaler(with_mean=False),
    StandardScaler(with_std=False),
    MinMaxScaler(),
    MinMaxScaler((-1, 1)),
    MaxAbsScaler(),
    RobustScaler(),
    RobustScaler(with_centering=False, with_scaling=False),
    make_pipeline(StandardScaler(), "passthrough", MinMaxScaler()),
]


def regressor(**options: Any) -> Any:
    options = {"hidden_layer_sizes": (6, 5), "solver": "adam", "random_state": 0} | options
    return MLPRegressor(**options)


def fitted(estimator: Any, y: Array, x: Array = X) -> Any:
    """It, fitted for a few rounds."""
    perceptron = estimator
    while not hasattr(perceptron, "max_iter"):
        inner = getattr(perceptron, "regressor", None)
        perceptron = perceptron.steps[-1][1] if inner is None else inner
    perceptron.set_params(max_iter=3)
    with pytest.warns(match="Maximum iterations"):
        estimator.fit(x, y)
    return estimator


@pytest.mark.parametrize("scaler", SCALERS, ids=repr)
def test_a_scaler_is_the_inputs_bias_and_goes_into_the_first_weights(scaler: Any) -> None:
    pipeline = fitted(make_pipeline(scaler, regressor()), NUMBERS)
    network = lso.Network.from_sklearn(pipeline)
    assert network.sizes == (4, 6, 5, 2)  # no layer beside those of the perceptron
    assert_close(network(X), pipeline.predict(X), 1e-10)


def test_what_a_scaler_takes_away_is_taken_away_first() -> None:
    pipeline = fitted(make_pipeline(StandardScaler(), regressor()), NUMBERS)
    network = lso.Network.from_sklearn(pipeline)
    assert network.biases[0] is not None
    assert_same_bits(network.biases[0], -pipeline[0].mean_)
    assert_close(network.astype("float32")(X), pipeline.predict(X), 1e-5)


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_perceptron_bit_for_bit(activation: str, dtype: str) -> None:
    x = ((X - X.mean(axis=0)) / X.std(axis=0)).astype(dtype)
    estimator = fitted(regressor(activation=activation), NUMBERS.astype(dtype), x)
    network = lso.Network.from_sklearn(estimator)
    assert network.dtype == dtype
    for weight, theirs in zip(network.weights, estimator.coefs_, strict=True):
        assert_same_bits(weight, np.ascontiguousarray(theirs.T))


def test_classes_are_outputs() -> None:
    scaled = make_pipeline(StandardScaler(), MLPClassifier((5,), random_state=0))
    of_three = fitted(scaled, np.arange(60) % 3)
    network = lso.Network.from_sklearn(of_three)
    assert network.activations == ("relu", "softmax")
    assert_close(network(X), of_three.predict_proba(X), 1e-10)

    of_two = fitted(scaled, X[:, 0] > 0)
    network = lso.Network.from_sklearn(of_two)
    assert network.n_outputs == 1
    assert_close(network(X)[:, 0], of_two.predict_proba(X)[:, 1], 1e-10)

    labels = fitted(scaled, (NUMBERS > [50, 0]).astype(int))
    network = lso.Network.from_sklearn(labels)
    assert network.activations == ("relu", "sigmoid")
    assert_close(network(X), labels.predict_proba(X), 1e-10)


@pytest.mark.parametrize(
    "model", [LinearRegression(), LinearRegression(fit_intercept=False), Ridge(), Lasso()], ids=repr
)
def test_a_linear_regression_is_a_layer(model: Any) -> None:
    for y in (NUMBERS, NUMBERS[:, 0], NUMBERS[:, :1]):
        estimator = make_pipeline(StandardScaler(), model).fit(X, y)
        network = lso.Network.from_sklearn(estimator)
        assert network.sizes == (4, y.reshape(60, -1).shape[1])
        assert_close(network(X), estimator.predict(X).reshape(60, -1), 1e-10)


def test_so_are_those_derived_from_one() -> None:
    estimator = TransformedTargetRegressor(BayesianRidge(), transformer=StandardScaler())
    network = lso.Network.from_sklearn(estimator.fit(X, NUMBERS[:, 0]))
    assert_close(network(X)[:, 0], estimator.predict(X), 1e-10)


def test_a_logistic_regression_is_a_layer() -> None:
    of_three = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, np.arange(60) % 3)
    assert_close(lso.Network.from_sklearn(of_three)(X), of_three.predict_proba(X), 1e-10)
    of_two = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, X[:, 0] > 0)
    network = lso.Network.from_sklearn(of_two)
    assert network.activations == ("sigmoid",)
    assert_close(network(X)[:, 0], of_two.predict_proba(X)[:, 1], 1e-10)


@pytest.mark.parametrize("scaler", [*SCALERS[:-1], None], ids=repr)
def test_scaled_targets_come_back_in_their_units(scaler: Any) -> None:
    estimator = TransformedTargetRegressor(
        make_pipeline(StandardScaler(), regressor()), transformer=scaler
    )
    for y in (NUMBERS, NUMBERS[:, 0]):
        network = lso.Network.from_sklearn(fitted(estimator, y))
        assert network.sizes[1:3] == (6, 5)
        told = estimator.predict(X).reshape(len(X), -1)
        assert_close(network(X), told, 1e-10)


def test_columns_with_names_raise_no_warning() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=list("abcd"))
    pipeline = fitted(make_pipeline(StandardScaler(), regressor()), NUMBERS, frame)
    assert_close(lso.Network.from_sklearn(pipeline)(X), pipeline.predict(frame), 1e-10)


def test_an_estimator_that_transposes_is_noticed() -> None:
    class Transposing(MLPRegressor):  # type: ignore[misc]
        def predict(self, X: Any) -> Any:
            return np.maximum(0, X @ self.coefs_[0].T + self.intercepts_[0]) @ self.coefs_[1]

    Transposing.__module__ = "sklearn.neural_network"
    estimator = random_network((3, 3, 2), 1, activation=["relu", "linear"]).to_sklearn()
    estimator.__class__ = Transposing
    with pytest.raises(ValueError, match="outputs that differ"):
        lso.Network.from_sklearn(estimator)


class OwnScaler(BaseEstimator):  # type: ignore[misc]
    """A stranger's."""

    def fit(self, X: Any, y: Any = None) -> OwnScaler:  # noqa: ARG002
        return self

    def transform(self, X: Any) -> Any:
        return X


def poisson() -> Any:
    estimator = random_network((4, 3, 2), 1, activation=["tanh", "linear"]).to_sklearn()
    estimator.out_activation_ = "exp"
    return estimator


def spoiled() -> Any:
    estimator = random_network((4, 3, 2), 1, activation=["tanh", "linear"]).to_sklearn()
    estimator.coefs_[1][0, 0] = np.nan
    return estimator


def behind(step: Any) -> Callable[[], Any]:
    return lambda: fitted(make_pipeline(step, regressor()), NUMBERS)


REFUSED: list[tuple[str, Callable[[], Any], str, str]] = [
    ("components", behind(PCA(3)), "'pca' (PCA)", "no scaler"),
    ("rows", behind(Normalizer()), "'normalizer' (Normalizer)", "no scaler"),
    ("power", behind(PowerTransformer()), "'powertransformer' (Power", "no scaler"),
    ("function", behind(FunctionTransformer(np.arctan)), "(FunctionTransformer)", "no scaler"),
    ("own", behind(OwnScaler()), "'ownscaler' (OwnScaler)", "no scaler"),
    ("clip", behind(MinMaxScaler(clip=True)), "'minmaxscaler' (MinMaxScaler)", "clip=True"),
    (
        "another model",
        lambda: make_pipeline(StandardScaler(), SGDClassifier()).fit(X, X[:, 0] > 0),
        "'sgdclassifier' (SGD",
        "no perceptron",
    ),
    ("not fitted", lambda: make_pipeline(StandardScaler(), regressor()), "(Standard", "not fitted"),
    ("perceptron", regressor, "'the estimator itself' (MLPRegressor)", "not fitted"),
    ("poisson", poisson, "coefs_[1]' (MLPRegressor)", "'exp'"),
    ("nan", spoiled, "coefs_[1]' (MLPRegressor)", "not finite"),
    (
        "targets by functions",
        lambda: fitted(
            TransformedTargetRegressor(
                make_pipeline(StandardScaler(), regressor()), func=np.cbrt, inverse_func=np.exp, check_inverse=False
            ),
            NUMBERS,
        ),
        "(FunctionTransformer)",
        "no scaler",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("build", "layer", "why"), [each[1:] for each in REFUSED], ids=[each[0] for each in REFUSED]
)
def test_a_refusal_names_step_and_reason(build: Callable[[], Any], layer: str, why: str) -> None:
    estimator = build()
    assert_layer_refused(lambda: lso.Network.from_sklearn(estimator), "estimator", layer, why)


def test_what_is_no_estimator_is_refused() -> None:
    assert_refused(lambda: lso.Network.from_sklearn("model.pkl"), "estimator", "str")


@pytest.mark.parametrize(
    ("activation", "got"),
    [
        (["tanh", "relu", "linear"], "relu, tanh"),
        (["elu", "elu", "linear"], "elu"),
        (["leaky_relu", "leaky_relu", "linear"], "leaky_relu"),
        (["tanh", "tanh", "tanh"], "tanh of 2"),
        (["tanh", "tanh", "softmax"], "softmax of 2"),
        (["tanh", "tanh", "softmax(1)"], "softmax(1) of 2"),
        (["tanh", "tanh", "log_softmax"], "log_softmax of 2"),
    ],
)
def test_networks_that_no_perceptron_can_be(activation: list[str], got: str) -> None:
    network = random_network((4, 3, 3, 2), 1, activation=activation)
    assert_refused(network.to_sklearn, "network", got)


def test_a_bias_of_inputs_goes_into_the_first_intercept() -> None:
    network = random_network((3, 4, 2), 1, activation=["tanh", "linear"], bias="paper")
    x = X[:, :3] / 100
    assert_close(network.to_sklearn().predict(x), network(x), 1e-10)

import copy
import pickle
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from estimator_data import N_FEATURES, N_SAMPLES, assert_same_estimator, patterns
from lso_native.models.base import NotFittedError

X, LABELS = patterns()
NAMES = np.array(["pear", "fig", "apple"])


def small(**params: Any) -> lso.Classifier:
    return lso.Classifier(**{"hidden": (8,), "epochs": 5, "random_state": 0, **params})


@pytest.fixture(scope="module")
def fitted() -> lso.Classifier:
    return small(epochs=200).fit(X, LABELS)


def test_fit_learns(fitted: lso.Classifier) -> None:
    assert fitted.n_features_in_ == N_FEATURES
    assert fitted.network_.sizes == (N_FEATURES, 8, 3)
    assert fitted.network_.activations == ("sigmoid", "sigmoid")
    assert fitted.n_epochs_ == 200
    assert fitted.status_ == "max_epochs"
    assert fitted.history_["train_loss"].shape == (200,)
    assert fitted.score(X, LABELS) == 1.0
    assert fitted.mse_ < 0.02


@pytest.mark.parametrize(
    "labels",
    [
        LABELS,
        LABELS * 1000 - 7,
        LABELS.astype(np.uint8),
        LABELS.astype(float),
        LABELS == 1,
        NAMES[LABELS],
        NAMES[LABELS].astype(object),
        NAMES[LABELS].tolist(),
        LABELS.tolist(),
    ],
    ids=["int", "sparse", "uint8", "whole-float", "bool", "str", "object", "str-list", "int-list"],
)
def test_labels_of_any_kind(labels: Any) -> None:
    model = small(epochs=200).fit(X, labels)
    expected = np.asarray(labels)
    np.testing.assert_array_equal(model.classes_, np.unique(expected))
    predicted = model.predict(X)
    assert predicted.shape == (N_SAMPLES,)
    np.testing.assert_array_equal(predicted, expected)
    assert model.score(X, labels) == 1.0


def test_a_label_is_the_class_of_the_greatest_output(fitted: lso.Classifier) -> None:
    outputs = fitted.decision_function(X)
    assert outputs.shape == (N_SAMPLES, 3)
    np.testing.assert_array_equal(outputs, fitted.network_(X))
    np.testing.assert_array_equal(fitted.predict(X), fitted.classes_[outputs.argmax(axis=1)])


def test_score_is_the_share_of_right_labels(fitted: lso.Classifier) -> None:
    wrong = LABELS.copy()
    wrong[:15] = (wrong[:15] + 1) % 3
    assert fitted.score(X, wrong) == pytest.approx(45 / 60)
    wrong[:15] = 99  # no class of the model: never right
    assert fitted.score(X, wrong) == pytest.approx(45 / 60)
    assert fitted.score(X, NAMES[LABELS]) == 0.0
    weight = np.where(np.arange(N_SAMPLES) < 15, 3.0, 1.0)
    assert fitted.score(X, wrong, sample_weight=weight) == pytest.approx(45 / 90)


def test_mean_squared_error_is_over_samples_and_outputs(fitted: lso.Classifier) -> None:
    targets = np.eye(3)[LABELS]
    expected = np.mean((fitted.network_(X) - targets) ** 2)
    assert fitted.mean_squared_error(X, LABELS) == pytest.approx(expected, rel=1e-4)
    assert fitted.mse_ == pytest.approx(expected, rel=1e-4)
    with pytest.raises(ValueError, match=r"^y: expected labels among \[0, 1, 2\], got 3"):
        fitted.mean_squared_error(X, LABELS + 1)


@pytest.mark.parametrize(
    ("objective", "output"),
    [
        ("squared_error", "linear"),
        ("squared_error", "softmax"),
        ("binary_cross_entropy", "sigmoid"),
        ("categorical_cross_entropy", "softmax"),
    ],
)
def test_objectives(objective: str, output: str) -> None:
    model = small(objective=objective, output_activation=output, epochs=200).fit(X, LABELS)
    assert model.network_.activations[-1] == output
    assert model.score(X, LABELS) == 1.0


def test_a_classifier_without_hidden_layers() -> None:
    model = small(hidden=(), epochs=300).fit(X, LABELS)
    assert model.network_.sizes == (N_FEATURES, 3)
    assert model.score(X, LABELS) > 0.9


def test_one_seed_gives_the_same_model_and_another_seed_another() -> None:
    assert_same_estimator(small().fit(X, LABELS), small().fit(X, LABELS))
    assert small().fit(X, LABELS).network_ != small(random_state=1).fit(X, LABELS).network_


def test_validation() -> None:
    model = small(epochs=50, patience=50).fit(X[:40], LABELS[:40], validation=(X[40:], LABELS[40:]))
    best = model.history_["validation_mse"].min()
    assert model.mean_squared_error(X[40:], LABELS[40:]) == pytest.approx(best, rel=1e-4)
    held = small(validation_fraction=0.25).fit(X, LABELS)
    assert held.history_["validation_loss"].shape == (5,)


def test_sample_weights_count() -> None:
    # Each sample once with its own label and once, at no weight, with another.
    both = np.concatenate([LABELS, (LABELS + 1) % 3])
    weight = np.repeat([1.0, 0.0], N_SAMPLES)
    model = small(epochs=200).fit(np.concatenate([X, X]), both, sample_weight=weight)
    assert model.score(X, LABELS) == 1.0


def test_ctrl_c_keeps_what_was_learned() -> None:
    def interrupt(progress: Any) -> None:
        if progress.epoch == 1:
            raise KeyboardInterrupt

    model = small()
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, NAMES[LABELS], callback=interrupt)
    assert model.status_ == "interrupted"
    assert set(model.predict(X)) <= set(NAMES)


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))]
)
def test_copies_and_pickles_are_equal(again: Any, fitted: lso.Classifier) -> None:
    assert_same_estimator(again(fitted), fitted)
    np.testing.assert_array_equal(again(fitted).predict(X), fitted.predict(X))


def test_scikit_learn_clones_and_cross_validates(fitted: lso.Classifier) -> None:
    base = pytest.importorskip("sklearn.base")
    selection = pytest.importorskip("sklearn.model_selection")
    assert base.clone(fitted).get_params() == fitted.get_params()
    assert base.is_classifier(fitted)
    scores = selection.cross_val_score(small(epochs=200), X, NAMES[LABELS], cv=3)
    np.testing.assert_array_equal(scores, [1.0, 1.0, 1.0])


def test_repr_shows_what_is_not_default() -> None:
    assert repr(lso.Classifier()) == "Classifier()"
    assert repr(small(bias="standard")) == (
        "Classifier(hidden=(8,), epochs=5, random_state=0, bias='standard')"
    )


@pytest.mark.parametrize(
    "call",
    [
        lambda model: model.predict(X),
        lambda model: model.decision_function(X),
        lambda model: model.score(X, LABELS),
        lambda model: model.mean_squared_error(X, LABELS),
        lambda model: lso.save(model, "never-written"),
    ],
)
def test_not_fitted(call: Any) -> None:
    with pytest.raises(NotFittedError, match="Classifier is not fitted: call fit first"):
        call(small())


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.full((60, 12), np.nan), "expected finite"),
        (X[0], "expected an array of shape"),
        (X[:0], "expected at least one sample"),
        (X.astype(str), "expected an array of real numbers"),
    ],
)
def test_bad_samples(bad: Any, message: str, fitted: lso.Classifier) -> None:
    with pytest.raises((ValueError, TypeError), match=f"^X: {message}"):
        small().fit(bad, LABELS)
    for call in (fitted.predict, fitted.decision_function):
        with pytest.raises((ValueError, TypeError), match=f"^X: {message}"):
            call(bad)


def test_wrong_width(fitted: lso.Classifier) -> None:
    with pytest.raises(
        ValueError, match=r"^X: expected an array of shape \(n_samples, 12\), got shape \(60, 11\)"
    ):
        fitted.predict(X[:, 1:])


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (LABELS[:59], r"expected labels of shape \(60,\), got shape \(59,\)"),
        (LABELS[:, None], r"expected labels of shape \(60,\), got shape \(60, 1\)"),
        (np.eye(3)[LABELS], r"expected labels of shape \(60,\), got shape \(60, 3\)"),
        (LABELS + 0.5, "expected integer or string labels, got dtype float64"),
        (np.full(60, np.nan), "expected integer or string labels, got dtype float64"),
        ([None] * 60, "expected integer or string labels, got dtype object"),
        (["a", 1] * 30, "expected integer or string labels, got dtype"),
        ([[1], [1, 2]] * 30, "expected one label a sample, got a ragged sequence"),
        (np.zeros(60, int), r"expected at least 2 classes, got 1 class, \[0\]"),
    ],
)
def test_bad_labels(labels: Any, message: str, fitted: lso.Classifier) -> None:
    with pytest.raises((ValueError, TypeError), match=f"^y: {message}"):
        small().fit(X, labels)
    if "2 classes" not in message:
        with pytest.raises((ValueError, TypeError), match=f"^y: {message}"):
            fitted.score(X, labels)


@pytest.mark.parametrize(
    ("validation", "message"),
    [
        (X, r"validation: expected a pair \(X, y\), got ndarray"),
        ((X, LABELS + 1), r"validation\[1\]: expected labels among \[0, 1, 2\], got 3"),
        ((X, NAMES[LABELS]), r"validation\[1\]: expected labels among \[0, 1, 2\], got 'pear'"),
        ((X, LABELS[1:]), r"validation\[1\]: expected labels of shape \(60,\), got"),
        ((X[:, 1:], LABELS), r"validation\[0\]: expected an array of shape \(n_samples, 12\)"),
    ],
)
def test_bad_validation(validation: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        small().fit(X, LABELS, validation=validation)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"hidden": 64}, "hidden: expected a sequence of layer sizes, got 64"),
        ({"activation": "softmax"}, "activation"),
        ({"objective": "hinge"}, "objective"),
        ({"objective": "binary_cross_entropy", "output_activation": "tanh"}, "output_activation"),
        ({"objective": "categorical_cross_entropy"}, "output_activation"),
        ({"output_activation": "log_softmax"}, "output_activation: expected .*softmax"),
        ({"bias": "none"}, "bias"),
        ({"epochs": 0}, "epochs"),
        ({"patience": 2}, "patience: expected validation data to measure by"),
        ({"dtype": int}, "dtype: expected float32 or float64"),
    ],
)
def test_bad_parameters(params: dict[str, Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=f"^{message}"):
        small(**params).fit(X, LABELS)


def test_a_class_that_training_gave_up_is_told(fitted: lso.Classifier) -> None:
    model = copy.deepcopy(fitted).set_params(warm_start=True, epochs=1)
    parameters = model.network_.parameters.copy()
    parameters[-16:-8] = -100  # into the output of class 1, which no gradient then gets out of 0
    model.network_ = model.network_.replace(parameters)
    with pytest.warns(RuntimeWarning, match=r"it sees class 1 in none of .*binary_cross"):
        model.fit(X, LABELS)
    assert 1 not in model.predict(X)
    copy.deepcopy(fitted).set_params(warm_start=True, epochs=1).fit(X, LABELS)  # no warning

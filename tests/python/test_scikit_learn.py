"""scikit-learn's own rules, and its tools at work."""

import pickle
import warnings
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from estimator_data import assert_same_estimator

sklearn = pytest.importorskip("sklearn")
calibration = pytest.importorskip("sklearn.calibration")
model_selection = pytest.importorskip("sklearn.model_selection")
pytest.importorskip("sklearn.pipeline")
parametrize_with_checks = pytest.importorskip(
    "sklearn.utils.estimator_checks"
).parametrize_with_checks

REAL: dict[str, Any] = {"random_state": 0, "dtype": "float64", "output_activation": "linear"}
LATENT: dict[str, Any] = {**REAL, "latent": 2, "hidden": (8,), "epochs": 5}
GAN: dict[str, Any] = {**LATENT, "discriminator_hidden": (8,)}
ESTIMATORS = [
    lso.Classifier(hidden=(16,), epochs=60, random_state=0, dtype="float64"),
    lso.Regressor(hidden=(16,), epochs=60, **REAL),
    lso.Autoencoder(**LATENT),
    lso.NoisyAutoencoder(**LATENT),
    lso.VAE(**LATENT),
    lso.GAN(**GAN),
    lso.ConditionalGAN(**GAN),
]


def expected_failures(estimator: Any) -> dict[str, str]:
    failures = {
        "check_parameters_default_constructible": "the default optimizer is a frozen dataclass, a value that nothing "
        "changes and that says its settings; the check allows numbers, texts and tuples only"
    }
    if isinstance(estimator, lso.VAE | lso.NoisyAutoencoder):
        failures["check_sample_weight_equivalence_on_dense_data"] = (
            "a weight of 2 is the same as the sample twice in the mean only: each sample has noise of its own"
        )
    if isinstance(estimator, lso.Classifier):
        failures["check_supervised_y_2d"] = (
            "labels of shape (n, 1) are refused, with an error that says what is expected, not flattened with a warning"
        )
    return failures


with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # that they are no BaseEstimator: scikit-learn is not needed
    MARK = parametrize_with_checks(ESTIMATORS, expected_failed_checks=expected_failures).mark
    CHECKS = list(MARK.args[1])


@pytest.mark.parametrize(("estimator", "check"), CHECKS, ids=MARK.kwargs["ids"])
def test_a_check_of_scikit_learn(estimator: Any, check: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of 5 epochs, of noise in place of samples
        check(estimator)


RNG = np.random.default_rng(0)
X = RNG.random((150, 4))
TWO = (X[:, 0] > 0.5).astype(int)
THREE = np.digitize(X[:, 0], [0.33, 0.66])
NAMED = np.array(["no", "yes"])[TWO]
SOFTMAX = {"objective": "categorical_cross_entropy", "output_activation": "softmax"}


def classifier(**params: Any) -> lso.Classifier:
    return lso.Classifier(**{"hidden": (8,), "epochs": 80, "random_state": 0, **params})


@pytest.mark.parametrize("params", [{}, SOFTMAX, {"output_activation": "linear"}])
@pytest.mark.parametrize("labels", [TWO, NAMED], ids=["int", "str"])
def test_area_under_the_curve_of_two_classes(labels: Any, params: Any) -> None:
    scores = model_selection.cross_val_score(
        classifier(**params), X, labels, cv=3, scoring="roc_auc"
    )
    assert (scores > 0.8).all()


@pytest.mark.parametrize(
    ("labels", "scoring"),
    [
        (TWO, "neg_log_loss"),
        (THREE, "neg_log_loss"),
        (THREE, "roc_auc_ovr"),
        (TWO, "average_precision"),
    ],
)
@pytest.mark.parametrize("params", [{}, SOFTMAX], ids=["sigmoid", "softmax"])
def test_scores_of_probabilities(labels: Any, scoring: str, params: Any) -> None:
    scores = model_selection.cross_val_score(classifier(**params), X, labels, cv=3, scoring=scoring)
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("output", ["sigmoid", "linear", "tanh", "softmax"])
@pytest.mark.parametrize("labels", [TWO, THREE], ids=["two", "three"])
def test_probabilities_order_the_classes_as_predict_does(labels: Any, output: str) -> None:
    model = classifier(output_activation=output).fit(X, labels)
    shares = model.predict_proba(X)
    assert shares.shape == (150, len(model.classes_))
    assert (shares >= 0).all()
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)
    predicted = model.predict(X)
    np.testing.assert_array_equal(model.classes_[shares.argmax(axis=1)], predicted)
    decision = model.decision_function(X)
    if len(model.classes_) == 2:
        assert decision.shape == (150,)
        np.testing.assert_array_equal(model.classes_[(decision > 0).astype(int)], predicted)
    else:
        np.testing.assert_array_equal(decision, model.network_(X))
    np.testing.assert_allclose(np.exp(model.predict_log_proba(X)), shares, rtol=1e-5)


def test_calibration_of_two_classes() -> None:
    calibrated = calibration.CalibratedClassifierCV(classifier(), cv=3).fit(X, TWO)
    assert calibrated.score(X, TWO) > 0.8


def test_a_search_over_settings_and_those_of_the_optimizer() -> None:
    grid = {"optimizer__learning_rate": [1e-6, 0.05], "hidden": [(4,), (8,)]}
    search = model_selection.GridSearchCV(classifier(), grid, cv=2).fit(X, NAMED)
    assert search.best_params_["optimizer__learning_rate"] == 0.05
    assert search.best_estimator_.optimizer == lso.Adam(0.05)
    assert lso.Classifier().optimizer == lso.Adam(1e-2)  # the shared default is as it was


def test_a_pipeline_of_a_scaler_an_autoencoder_and_a_classifier() -> None:
    pipeline = sklearn.pipeline.make_pipeline(
        sklearn.preprocessing.StandardScaler(),
        lso.Autoencoder(3, latent_activation="linear", output_activation="linear", random_state=0),
        classifier(),
    )
    assert pipeline.fit(100 * X - 7, NAMED).score(100 * X - 7, NAMED) > 0.8
    again = sklearn.base.clone(pipeline).set_params(autoencoder__optimizer__learning_rate=1e-3)
    assert again.named_steps["autoencoder"].optimizer == lso.Adam(1e-3)
    assert pipeline[:2].get_feature_names_out().tolist() == [f"autoencoder{i}" for i in range(3)]


def test_copies_by_pickle_and_joblib(tmp_path: Any) -> None:
    joblib = pytest.importorskip("joblib")
    for model in ESTIMATORS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a GAN that has collapsed
            fitted = sklearn.base.clone(model).set_params(epochs=1).fit(X, THREE)
        joblib.dump(fitted, tmp_path / "model.joblib")
        assert_same_estimator(pickle.loads(pickle.dumps(fitted)), fitted)
        assert_same_estimator(joblib.load(tmp_path / "model.joblib"), fitted)
        assert not hasattr(sklearn.base.clone(fitted), "status_")


@pytest.mark.parametrize("kind", [np.random.RandomState, np.random.default_rng])
def test_random_state_is_a_seed_or_something_to_draw_one_from(kind: Any) -> None:
    one, same = (classifier(epochs=2, random_state=kind(3)).fit(X, TWO) for _ in range(2))
    assert one.network_ == same.network_
    assert one.fit(X, TWO).network_ != same.network_  # it has been drawn from since
    vae = lso.VAE(2, hidden=(4,), epochs=1, random_state=0).fit(X)
    np.testing.assert_array_equal(
        vae.sample(3, random_state=kind(5)), vae.sample(3, random_state=kind(5))
    )


def test_the_error_before_fit_is_scikit_learns_too() -> None:
    for error in (sklearn.exceptions.NotFittedError, lso.NotFittedError):
        with pytest.raises(error, match="Classifier is not fitted: call fit first"):
            classifier().predict(X)

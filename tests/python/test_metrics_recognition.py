from __future__ import annotations

from typing import Any

import lso_native as lso
import numpy as np
import numpy.typing as npt
import pytest
from estimator_data import patterns
from lso_native.metrics import Rate, features, recognition, wilson_interval

SEEN = np.array(  # of the classes -1, 3 and 7
    [
        [0.1, 0.8, 0.1],
        [0.1, 0.1, 0.8],
        [0.8, 0.1, 0.1],
        [0.3, 0.4, 0.3],
        [0.6, 0.0, 0.4],
        [0.25, 0.25, 0.5],
    ]
)


def judge_that_sees(classes: list[int]) -> lso.Classifier:
    """A judge whose outputs are its inputs."""
    n = len(classes)
    judge = lso.Classifier(hidden=())
    network = lso.Network([n, n], activation="linear", bias=[False] * 2, dtype="float64")
    judge.network_, judge.n_features_in_ = network.replace(np.eye(n).ravel()), n
    judge.classes_ = np.array(classes)
    return judge


@pytest.fixture(scope="module")
def fitted() -> lso.Classifier:
    images, labels = patterns()
    return lso.Classifier(hidden=(9, 5), epochs=100, random_state=0).fit(images, labels)


def test_the_share_that_is_taken_for_what_was_asked() -> None:
    found = recognition(judge_that_sees([-1, 3, 7]), SEEN, [3, 7, 3, 3, 7, 3])
    assert found.recognised.tolist() == [True, True, False, True, False, False]
    assert found.confidence.tolist() == [0.8, 0.8, 0.1, 0.4, 0.4, 0.25]
    assert found.rate == Rate(3, 6)
    assert found.rate.share == 0.5
    assert found.rate.interval == wilson_interval(3, 6)
    assert found.mean_confidence == pytest.approx((0.8 + 0.8 + 0.1 + 0.4 + 0.4 + 0.25) / 6)
    low, high = wilson_interval(3, 6)
    assert found.summary() == {
        "recognised": 0.5,
        "recognised_low": low,
        "recognised_high": high,
        "mean_confidence": found.mean_confidence,
    }


def test_any_digit_takes_a_digit_and_confidence_above_a_half() -> None:
    found = recognition(judge_that_sees([-1, 3, 7]), SEEN, np.full(6, -1))
    assert found.recognised.tolist() == [True, True, False, False, False, False]
    assert found.confidence.tolist() == [0.8, 0.8, 0.1, 0.4, 0.4, 0.5]


def test_any_digit_beside_digits_asked_for() -> None:
    found = recognition(judge_that_sees([-1, 3, 7]), SEEN, [-1, 3, -1, 3, -1, 7])
    assert found.recognised.tolist() == [True, False, False, True, False, True]


def test_a_digit_of_confidence_above_a_half_that_is_not_the_greatest() -> None:
    # Outputs of sigmoids need not add up to one.
    found = recognition(judge_that_sees([-1, 3, 7]), [[0.9, 0.8, 0.1]], [-1])
    assert found.recognised.tolist() == [False]


def test_a_judge_that_must_name_a_digit() -> None:
    found = recognition(judge_that_sees([0, 1, 2]), SEEN, [-1, 2, 0, 1, -1, 2])
    assert found.recognised.tolist() == [True, True, True, True, True, True]
    assert found.confidence.tolist() == [0.8, 0.8, 0.8, 0.4, 0.6, 0.5]


def test_a_judge_of_real_digits() -> None:
    digits = lso.data.load("mnist5k")
    noise = lso.uniform((300, 196), random_state=0)
    judge = lso.Classifier(
        hidden=(64,),
        output_activation="softmax",
        objective="categorical_cross_entropy",
        epochs=15,
        random_state=0,
    ).fit(
        np.concatenate([digits.judge.images, noise[:150]]),
        np.concatenate([digits.judge.labels, np.full(150, -1)]),
    )
    test = digits.test
    assert recognition(judge, test.images, test.labels).rate.share > 0.8
    assert recognition(judge, test.images, np.full(500, -1)).rate.share > 0.8
    assert recognition(judge, test.images, (test.labels + 1) % 10).rate.share < 0.1
    for labels in (np.full(150, -1), np.arange(150) % 10):
        nothing = recognition(judge, noise[150:], labels)
        assert nothing.rate.share < 0.05
        assert nothing.mean_confidence < 0.1
    repeated = np.repeat(test.images[:1], 100, axis=0)
    assert recognition(judge, repeated, np.arange(100) % 10).rate == Rate(10, 100)


@pytest.mark.parametrize("bias", ["paper", "standard"])
def test_features_are_what_the_last_layer_names_classes_by(bias: Any) -> None:
    images, labels = patterns()
    judge = lso.Classifier(hidden=(9, 5), bias=bias, epochs=20, random_state=0).fit(images, labels)
    found = features(judge, images)
    assert found.shape == (60, 5)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(judge.network_.split(2)[1](found), judge.network_(images))
    np.testing.assert_array_equal(features(judge, images[7:8])[0], found[7])


def test_features_by_hand() -> None:
    images, labels = patterns()
    judge = lso.Classifier(
        hidden=(6,), activation="relu", bias="standard", epochs=20, random_state=0
    )
    network = judge.fit(images, labels).network_
    weights, biases = network.weights[0], network.biases[1]
    assert biases is not None
    expected = np.maximum(0.0, images @ weights.T + biases)
    assert features(judge, images) == pytest.approx(expected, abs=1e-5)


X, LABELS = patterns()


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (X[:0], r"images: expected at least one sample .*, got shape \(0, 12\)"),
        (X[:, 1:], r"images: expected an array of shape \(n_samples, 12\), got shape \(60, 11\)"),
        (X[0], r"images: expected an array of shape \(n_samples, n_features\), got shape \(12,\)"),
        (np.full(X.shape, np.inf), r"images: expected finite float32 numbers, got inf at \(0, 0\)"),
        (X.astype(str), "images: expected an array of real numbers, got dtype <U"),
    ],
)
def test_bad_images(fitted: lso.Classifier, images: Any, message: str) -> None:
    for call in (lambda: recognition(fitted, images, LABELS), lambda: features(fitted, images)):
        with pytest.raises((ValueError, TypeError), match=f"^{message}"):
            call()


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (LABELS[1:], r"labels: expected labels of shape \(60,\), got shape \(59,\)"),
        (LABELS + 1, r"labels: expected -1 or one of \[0, 1, 2\], got 3"),
        (LABELS - 2, r"labels: expected -1 or one of \[0, 1, 2\], got -2"),
        (LABELS + 0.5, "labels: expected integer or string labels, got dtype float64"),
        (LABELS.astype(str), "labels: expected integers, got dtype <U"),
    ],
)
def test_bad_labels(fitted: lso.Classifier, labels: npt.ArrayLike, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=f"^{message}"):
        recognition(fitted, X, labels)


def test_bad_judges(fitted: lso.Classifier) -> None:
    other: Any = fitted.network_
    for judge, error, message in [
        (other, TypeError, "judge: expected a Classifier, got Network"),
        (lso.Classifier(), lso.NotFittedError, "judge: expected a fitted Classifier, got one that"),
    ]:
        for call in (recognition, lambda judge, x, _: features(judge, x)):
            with pytest.raises(error, match=f"^{message}"):
                call(judge, X, LABELS)
    with pytest.raises(ValueError, match=r"^judge: expected a classifier with a hidden layer, got"):
        features(judge_that_sees([0, 1, 2]), SEEN)
    named = lso.Classifier(hidden=(), epochs=1).fit(X, np.array(["a", "b", "c"])[LABELS])
    with pytest.raises(ValueError, match=r"^judge: expected a classifier of integers, got .*'a'"):
        recognition(named, X, LABELS)

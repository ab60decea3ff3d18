from __future__ import annotations

from typing import Any

import lso_native as lso
import numpy as np
import numpy.typing as npt
import pytest
from estimator_data import patterns
from lso_native._typing import Float64Array, IntArray
from lso_native.metrics import (
    ClassificationAccuracy,
    Rate,
    classification_accuracy_score,
    wilson_interval,
)

X, LABELS = patterns()
TRAIN, TEST = slice(0, 30), slice(30, 60)


def score(images: npt.ArrayLike, labels: npt.ArrayLike, **options: Any) -> ClassificationAccuracy:
    options = {"hidden": (8,), "shown": 3000, **options}
    return classification_accuracy_score(images, labels, X[TEST], LABELS[TEST], **options)


def test_samples_as_good_as_real_ones() -> None:
    found = score(X[TRAIN], LABELS[TRAIN])
    assert found == ClassificationAccuracy(generated=Rate(30, 30), real=None, both=None)
    assert found.generated.share == 1.0
    assert found.generated.interval == wilson_interval(30, 30)


def test_a_class_that_is_given_up_is_measured_and_no_news() -> None:
    images = np.repeat(X[[0, 0, 1]], (400, 1, 400), axis=0)  # the second looks like the first
    labels = np.repeat([0, 1, 2], (400, 1, 400))
    with pytest.warns(RuntimeWarning, match="it sees class 1 in none"):
        lso.Classifier(hidden=(8,), epochs=100, random_state=0).fit(images, labels)
    found = classification_accuracy_score(
        images, labels, X[[0, 0, 1]], [0, 1, 2], hidden=(8,), shown=100 * 801
    )
    assert found.generated == Rate(2, 3)


def test_what_classifiers_trained_as_long_name_rightly() -> None:
    generator = np.random.default_rng(0)

    def noisy(n: int) -> tuple[Float64Array, IntArray]:
        rows = generator.integers(0, 60, n)
        return X[rows] + generator.normal(0.0, 0.4, (n, 12)), LABELS[rows]

    generated, real, test = noisy(30), noisy(10), noisy(300)
    both = np.concatenate([generated[0], real[0]]), np.concatenate([generated[1], real[1]])
    options: dict[str, Any] = {"hidden": (8,), "random_state": 5}
    found = classification_accuracy_score(*generated, *test, real=real, shown=2000, **options)
    expected = []
    for part, epochs in ((generated, 67), (real, 200), (both, 50)):
        model = lso.Classifier(epochs=epochs, **options).fit(*part)
        expected.append(Rate(round(300 * model.score(*test)), 300))
    assert found == ClassificationAccuracy(*expected)
    assert len(set(expected)) == 3  # or they could be mixed up


def test_labels_that_are_wrong_teach_what_is_wrong() -> None:
    found = score(X[TRAIN], (LABELS[TRAIN] + 1) % 3, real=(X[TRAIN], LABELS[TRAIN]))
    assert found.generated.share == 0.0
    assert found.real is not None
    assert found.real.share == 1.0


def test_noise_teaches_nothing_and_does_not_replace_real_samples() -> None:
    generator = np.random.default_rng(0)
    noise, labels = generator.uniform(size=(300, 12)), generator.integers(0, 3, 300)
    found = score(noise, labels, real=(X[TRAIN], LABELS[TRAIN]))
    assert found.real is not None
    assert found.generated.share < 0.7
    assert found.real.share == 1.0


def test_a_label_that_was_not_generated_is_never_named() -> None:
    known = LABELS[TRAIN] != 2
    found = score(X[TRAIN][known], LABELS[TRAIN][known])
    assert found.generated == Rate(20, 30)
    assert score(
        X[TRAIN][known], LABELS[TRAIN][known], real=(X[TRAIN], LABELS[TRAIN])
    ).both == Rate(30, 30)


def test_one_seed_gives_the_same_score() -> None:
    images = X[TRAIN] + np.random.default_rng(1).normal(0.0, 0.5, (30, 12))
    found = [score(images, LABELS[TRAIN], random_state=seed, shown=90) for seed in (0, 0, 1, 2, 3)]
    assert found[0] == found[1]
    assert len(set(found)) > 1


def test_labels_of_strings() -> None:
    names = np.array(["pear", "fig", "apple"])[LABELS]
    found = classification_accuracy_score(
        X[TRAIN], names[TRAIN], X[TEST], names[TEST], hidden=(8,), shown=3000
    )
    assert found.generated == Rate(30, 30)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"images": X[:0]}, r"images: expected at least one sample .*, got shape \(0, 12\)"),
        ({"images": np.full(X.shape, np.nan)}, r"images: expected finite .*, got nan at \(0, 0\)"),
        ({"labels": LABELS[1:]}, r"labels: expected labels of shape \(60,\), got shape \(59,\)"),
        ({"labels": LABELS * 0}, "labels: expected at least two labels, got 0 alone"),
        ({"test_images": X[:, 1:]}, r"test_images: expected an array of shape \(n_samples, 12\)"),
        ({"test_labels": LABELS[1:]}, r"test_labels: expected labels of shape \(60,\), got"),
        ({"test_labels": LABELS.astype(str)}, "test_labels: expected integers .*, got strings"),
        ({"real": X}, r"real: expected a pair \(images, labels\), got ndarray"),
        ({"real": (X, LABELS, X)}, r"real: expected a pair \(images, labels\), got tuple of 3"),
        ({"real": (X[:, 1:], LABELS)}, r"real\[0\]: expected an array of shape \(n_samples, 12\)"),
        ({"real": (X, LABELS[1:])}, r"real\[1\]: expected labels of shape \(60,\), got"),
        ({"real": (X, LABELS.astype(str))}, r"real\[1\]: expected integers .*, got strings"),
        ({"real": (X, LABELS * 0 + 2)}, r"real\[1\]: expected at least two labels, got 2 alone"),
        ({"hidden": 64}, "hidden: expected a sequence of layer sizes, got 64"),
        ({"shown": 0}, "shown: expected an integer of at least 1, got 0"),
        ({"random_state": -1}, "random_state: expected an integer of at least 0, got -1"),
    ],
)
def test_misuse(change: dict[str, Any], message: str) -> None:
    given = {"images": X, "labels": LABELS, "test_images": X, "test_labels": LABELS}
    with pytest.raises((ValueError, TypeError), match=f"^{message}"):
        classification_accuracy_score(**{**given, **change})

"""Samples that belong to no class."""

from __future__ import annotations

from typing import Any

import lso_native as lso
import numpy as np
import pytest
from estimator_data import N_FEATURES, assert_same_estimator, patterns
from lso_native.models.dataset import Dataset

X, NUMBERS = patterns()
JUNK = lso.uniform((40, N_FEATURES), random_state=1, dtype="float64")
BOTH = np.concatenate([X, JUNK])
NAMES = np.array(["pear", "fig", "apple"])
LABELS = {
    -1: np.concatenate([NUMBERS, np.full(40, -1)]),
    5: np.concatenate([NUMBERS * 9, np.full(40, 5)]),
    "none": np.concatenate([NAMES[NUMBERS], np.full(40, "none")]),
}


def small(none_label: Any = -1, **params: Any) -> lso.Classifier:
    params = {"hidden": (16,), "epochs": 300, "random_state": 0, **params}
    return lso.Classifier(none_label=none_label, **params)


@pytest.mark.parametrize("none", LABELS)
@pytest.mark.parametrize("objective", ["squared_error", "binary_cross_entropy"])
def test_samples_of_no_class_get_no_output(none: Any, objective: Any) -> None:
    labels = LABELS[none]
    model = small(none, objective=objective).fit(BOTH, labels)
    assert model.classes_.tolist() == sorted(set(labels.tolist()) - {none})
    outputs = model.decision_function(BOTH)
    assert outputs.shape == (100, 3)
    assert outputs[60:].max() < 0.5 < outputs[:60].max(axis=1).min()
    np.testing.assert_array_equal(model.predict(X), labels[:60])
    assert set(model.predict(JUNK).tolist()) <= set(model.classes_.tolist())
    assert model.score(BOTH, labels) == 1


def test_without_them_junk_is_taken_for_something() -> None:
    outputs = small(None).fit(X, NUMBERS).decision_function(JUNK)
    assert (outputs.max(axis=1) > 0.5).mean() > 0.3


def test_their_target_is_zeros() -> None:
    model = small(epochs=3, dtype="float64").fit(BOTH, LABELS[-1])
    targets = np.concatenate([np.eye(3)[NUMBERS], np.zeros((40, 3))])
    expected = np.square(model.decision_function(BOTH) - targets).mean()
    assert model.mean_squared_error(BOTH, LABELS[-1]) == pytest.approx(expected)
    assert model.mse_ == pytest.approx(expected)


def test_a_none_sample_is_told_where_no_output_is_above_a_half() -> None:
    model = small(epochs=60).fit(BOTH, LABELS[-1])
    everything = np.full(len(BOTH), -1)
    expected = (model.decision_function(BOTH).max(axis=1) <= 0.5).mean()
    assert 0 < expected < 1
    assert model.score(BOTH, everything) == expected
    weight = np.arange(100.0)
    right = model.predict(BOTH) == LABELS[-1]
    right[60:] = model.decision_function(JUNK).max(axis=1) <= 0.5
    expected = np.average(right, weights=weight)
    assert model.score(BOTH, LABELS[-1], sample_weight=weight) == pytest.approx(expected)


def test_a_label_that_does_not_occur_changes_nothing() -> None:
    with_it, without = (small(none, epochs=3).fit(X, NUMBERS) for none in (-1, None))
    np.testing.assert_array_equal(with_it.network_.parameters, without.network_.parameters)


def test_it_goes_on_sample_by_sample_with_none_among_the_classes() -> None:
    model = small()
    for rows in (slice(0, 50), slice(50, 70), slice(70, 100)):
        model.partial_fit(BOTH[rows], LABELS[-1][rows], classes=[-1, 0, 1, 2])
    assert model.classes_.tolist() == [0, 1, 2]
    assert model.n_epochs_ == 3


def test_as_large_a_share_of_them_is_held_out() -> None:
    data = small()._encode("y", Dataset(BOTH, LABELS[-1]), None)
    for share in (0.25, 0.5):
        _, held = data.hold_out(share, seed=0)
        assert held is not None
        assert held.y is not None
        numbers, counts = np.unique(held.y, return_counts=True)
        assert numbers.tolist() == [-1, 0, 1, 2]
        assert counts.tolist() == [40 * share, *[20 * share] * 3]
    validated = small(epochs=1).fit(BOTH, LABELS[-1], validation=(BOTH, LABELS[-1]))
    assert validated.history_["validation_loss"].shape == (1,)


def test_a_saved_one_comes_back_whole(tmp_path: Any) -> None:
    for none, labels in LABELS.items():
        model = small(none, epochs=2).fit(BOTH, labels)
        lso.save(model, tmp_path / "model.safetensors")
        loaded: Any = lso.load(tmp_path / "model.safetensors")
        assert_same_estimator(loaded, model)
        assert loaded.score(BOTH, labels) == model.score(BOTH, labels)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"output_activation": "softmax"}, "none_label: expected None with softmax outputs, .*-1"),
        (
            {"output_activation": "softmax", "objective": "categorical_cross_entropy"},
            "none_label: expected None with softmax outputs",
        ),
        ({"none_label": 0.5}, "none_label: expected integer or string labels"),
        ({"none_label": [1]}, "none_label: expected labels of shape"),
    ],
)
def test_misuse(options: dict[str, Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=f"^{message}"):
        small(**options).fit(BOTH, LABELS[-1])


def test_none_alone_is_no_class() -> None:
    with pytest.raises(ValueError, match=r"^y: expected at least 2 classes, got 0 classes, \[\]"):
        small().fit(JUNK, np.full(40, -1))
    with pytest.raises(ValueError, match=r"^y: expected labels among \[0, 1, 2\], got 7"):
        small(epochs=1).fit(BOTH, LABELS[-1]).mean_squared_error(X[:2], [7, -1])

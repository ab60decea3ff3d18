"""Columns of a DataFrame are known by their names: a table with the columns of the one that was learned in another
order is refused or put in order, never read by position."""

from typing import Any

import lso_native as lso
import numpy as np
import pytest

pandas = pytest.importorskip("pandas")

RNG = np.random.default_rng(0)
TABLE = pandas.DataFrame(RNG.random((80, 4)), columns=["height", "width", "weight", "age"])
LABELS = (TABLE["age"] > 0.5).astype(int)
OTHER = TABLE[["age", "weight", "width", "height"]]


def _same_or_refused(method: Any, table: Any = OTHER) -> None:
    expected = method(TABLE)
    try:
        found = method(table)
    except ValueError:
        return
    np.testing.assert_array_equal(found, expected)


def test_classifier() -> None:
    classifier = lso.Classifier(hidden=(8,), epochs=80, random_state=0).fit(TABLE, LABELS)
    _same_or_refused(classifier.predict)
    _same_or_refused(classifier.decision_function)


@pytest.mark.parametrize(
    "estimator",
    [
        lso.Autoencoder(2, hidden=(8,), epochs=5, random_state=0),
        lso.VAE(2, hidden=(8,), epochs=5, random_state=0),
        lso.NoisyAutoencoder(2, hidden=(8,), epochs=5, random_state=0),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_autoencoders(estimator: Any) -> None:
    _same_or_refused(estimator.fit(TABLE).transform)


def test_arrays_have_no_names_to_compare() -> None:
    classifier = lso.Classifier(hidden=(8,), epochs=5, random_state=0).fit(TABLE, LABELS)
    np.testing.assert_array_equal(classifier.predict(TABLE.to_numpy()), classifier.predict(TABLE))


@pytest.mark.parametrize(
    "other", [OTHER, TABLE.rename(columns={"age": "years"}), TABLE.iloc[:, :3]]
)
def test_other_columns_are_refused_by_name(other: Any, tmp_path: Any) -> None:
    fitted = lso.VAE(2, hidden=(8,), epochs=1, random_state=0).fit(TABLE)
    assert fitted.feature_names_in_.tolist() == ["height", "width", "weight", "age"]
    lso.save(fitted, tmp_path / "model.safetensors")
    loaded: Any = lso.load(tmp_path / "model.safetensors")
    for model in (fitted, loaded):
        for method in (model.transform, model.reconstruct, model.score, model.partial_fit):
            with pytest.raises(ValueError, match=r"^X: expected the columns \['height', 'width', "):
                method(other)


def test_a_fit_without_names_forgets_those_of_the_one_before() -> None:
    fitted = lso.VAE(2, hidden=(8,), epochs=1, random_state=0).fit(TABLE).fit(TABLE.to_numpy())
    assert not hasattr(fitted, "feature_names_in_")
    assert fitted.transform(OTHER).shape == (80, 2)


def test_validation_samples_have_the_same_columns() -> None:
    with pytest.raises(ValueError, match=r"^validation: expected the columns .* in this order"):
        lso.VAE(2, hidden=(8,), epochs=1, validation_fraction=0.0).fit(TABLE, validation=OTHER)
    with pytest.raises(ValueError, match=r"^validation\[0\]: expected the columns"):
        lso.Classifier(epochs=1).fit(TABLE, LABELS, validation=(OTHER, LABELS))

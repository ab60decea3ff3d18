"""A committee of classifiers: trained apart, asked together."""

from __future__ import annotations

import lso_native as lso
import numpy as np
import pytest
from asking import DECODER, Normal
from checks import assert_refused, assert_same_bits
from estimator_data import patterns

X, Y = patterns()
CLASSIFIER = lso.Classifier(hidden=(8,), epochs=200)


def committee(seed: int = 0) -> lso.Committee:
    return lso.Committee(CLASSIFIER, 3, random_state=seed).fit(X, Y)


def test_members_differ_by_their_seeds_and_one_seed_gives_the_same() -> None:
    one, again, other = committee(), committee(), committee(1)
    weights = [member.network_.parameters for member in one.members_]
    assert len({parameters.tobytes() for parameters in weights}) == 3
    for member, same in zip(weights, again.members_, strict=True):
        assert_same_bits(member, same.network_.parameters)
    assert (weights[0] != other.members_[0].network_.parameters).any()
    assert not hasattr(CLASSIFIER, "network_")


def test_it_predicts_by_the_mean() -> None:
    digit = committee()
    mean = np.mean([member.predict_proba(X) for member in digit.members_], axis=0)
    assert_same_bits(digit.predict_proba(X), mean)
    assert digit.predict(X).tolist() == digit.classes_[mean.argmax(axis=1)].tolist()
    assert digit.score(X, Y) == np.mean(digit.predict(X) == Y) > 0.9


def by_the_first_feature() -> lso.Committee:
    rows = DECODER(Normal().sample(300, random_state=3)).astype(np.float32)
    labels = (rows[:, 0] > np.median(rows[:, 0])).astype(int)
    return lso.Committee(CLASSIFIER, 3, random_state=0).fit(rows, labels)


def test_what_is_required_convinces_every_member() -> None:
    digit, decoder = by_the_first_feature(), DECODER.astype("float32")
    result = lso.generate(decoder, digit.requires(1), 10, prior=Normal(), random_state=0)
    assert result.success.all()
    for member in digit.members_:
        outputs = member.network_(result.samples)
        assert (outputs[:, 1].astype(float) >= 0.8).all()


def test_what_is_between_two_classes_is_so_for_every_member() -> None:
    digit, decoder = by_the_first_feature(), DECODER.astype("float32")
    asked = digit.between(1, 0, within=0.2)
    assert [part.name for part in asked.parts] == [
        f"between class 1 and 0 ({i} of 3)" for i in (1, 2, 3)
    ]
    result = lso.generate(decoder, asked, 10, prior=Normal(), random_state=0)
    assert result.success.all()
    for member in digit.members_:
        outputs = member.network_(result.samples)
        assert (np.abs(outputs.astype(float) - 0.5) <= 0.2).all()


@pytest.mark.parametrize("kind", [int, np.uint8, str])
def test_samples_of_no_class_are_told_apart(kind: type) -> None:
    none = np.random.default_rng(1).uniform(size=(60, X.shape[1]))
    digit = lso.Committee(CLASSIFIER, 2, random_state=0).fit(X, Y.astype(kind), none=none)
    assert digit.classes_.tolist() == np.unique(Y.astype(kind)).tolist()
    for member in digit.members_:
        known, unknown = (member.network_(rows).max(axis=1).mean() for rows in (X, none))
        assert known > 2 * unknown
    assert CLASSIFIER.none_label is None


def test_what_is_no_committee_is_refused() -> None:
    assert_refused(lambda: lso.Committee(3), "classifier", "3")  # type: ignore[arg-type]
    assert_refused(lambda: lso.Committee(CLASSIFIER, 0), "n", "0")
    assert_refused(lambda: committee().requires(7), "labels", "7")
    assert_refused(lambda: lso.Committee(CLASSIFIER).fit(X, Y, none=X[:, :3]), "none", "(60, 3)")
    with pytest.raises(lso.NotFittedError, match="fit"):
        lso.Committee(CLASSIFIER).requires(1)

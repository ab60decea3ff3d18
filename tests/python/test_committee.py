"""A committee of classifiers: trained apart, asked together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from asking import DECODER, Normal
from checks import assert_refused, assert_same_bits
from estimator_data import patterns
from lso_native.files import container

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


def test_it_is_saved_whole_and_comes_back_as_it_was(tmp_path: Path) -> None:
    digit = lso.Committee(CLASSIFIER, 3, random_state=0).fit(X, Y, none=1 - X)
    lso.save(digit, tmp_path / "digit.safetensors")
    loaded = lso.load(tmp_path / "digit.safetensors")
    assert isinstance(loaded, lso.Committee)
    assert repr(loaded.members_) == repr(digit.members_)
    for one, same in zip(digit.members_, loaded.members_, strict=True):
        assert_same_bits(one.network_.parameters, same.network_.parameters)
        assert one.history_.keys() == same.history_.keys()
    assert [part.name for part in loaded.requires(1).parts] == [
        part.name for part in digit.requires(1).parts
    ]
    lso.save(loaded, tmp_path / "again.safetensors")
    saved, again = (tmp_path / f"{name}.safetensors" for name in ("digit", "again"))
    assert saved.read_bytes() == again.read_bytes()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda states: states[:2], "each with its parts"),
        (lambda _: [], "a list of estimators"),
        (lambda states: states[0], "a list of estimators"),
        (lambda states: [states[0], states[1], 3], "params"),
        (
            lambda states: [
                *states[:2],
                states[2] | {"classes": {"dtype": "<i8", "values": [7, 8, 9]}},
            ],
            "same classes",
        ),
    ],
)
def test_a_file_that_holds_no_committee_is_told(change: Any, told: str, tmp_path: Path) -> None:
    path = tmp_path / "digit.safetensors"
    lso.save(committee(), path)
    tensors, metadata = container.decode(path.read_bytes())
    metadata["estimator"] = json.dumps(change(json.loads(metadata["estimator"])))
    metadata["sha256"] = container.digest(tensors, metadata)
    path.write_bytes(container.encode(tensors, metadata))
    with pytest.raises(ValueError, match=rf"^{path}: .*{told}"):
        lso.load(path)


def test_members_of_two_kinds_are_no_committee() -> None:
    others = lso.Classifier(hidden=(8,), epochs=2).fit(X, Y + 1)
    first = lso.Classifier(hidden=(8,), epochs=2).fit(X, Y)
    assert_refused(lambda: lso.Committee.of([first, others]), "members", "others")
    assert_refused(lambda: lso.Committee.of([]), "members", "[]")

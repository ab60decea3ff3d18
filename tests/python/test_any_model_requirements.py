"""Classes and numbers that any model tells, and what may be required of them."""

from __future__ import annotations

from typing import Any

import lso_native as lso
import numpy as np
import pytest
from checks import assert_close
from strategies import random_network, uniform

LOGITS = random_network((7, 9, 3), seed=1, activation=["tanh", "linear"])
SAMPLES = uniform((50, 7), seed=2)


def test_classes_of_logits_are_those_of_a_softmax() -> None:
    classes = lso.Classes(LOGITS, ["cat", "dog", "owl"], logits=True)
    shares = np.exp(LOGITS(SAMPLES))
    assert_close(classes.model(SAMPLES), shares / shares.sum(axis=1, keepdims=True), 1e-12)
    assert classes.requires("dog", "owl").name == "class dog or owl"
    assert classes.between("cat", "owl").places == (0, 2)
    logarithms = random_network((7, 9, 3), seed=1, activation=["tanh", "log_softmax"])
    assert_close(lso.Classes(logarithms, logits=True).model(SAMPLES), classes.model(SAMPLES), 1e-12)


def test_a_classifier_asks_as_classes_of_its_network() -> None:
    X = uniform((60, 4), seed=3)
    classifier = lso.Classifier(hidden=(5,), epochs=2, random_state=0).fit(X, np.arange(60) % 3 + 5)
    one, other = classifier.requires(6), lso.Classes(classifier.network_, [5, 6, 7]).requires(6)
    assert (one.network, one.wanted, one.labels) == (other.network, other.wanted, other.labels)


def test_values_are_read_by_name() -> None:
    values = lso.Values(LOGITS, ["lift", "drag", "moment"], spread=[1, 2, 3])
    asked = values.between(lift=(0, 1)) & values.at_most(drag=0.5)
    assert [part.name for part in asked.parts] == ["lift in 0..1", "drag at most 0.5"]
    assert values.quantities.spread.tolist() == [1, 2, 3]
    alone = lso.Values(random_network((7, 1), seed=4), "lift")
    assert alone.at_least(2).parts[0].name == "lift at least 2"


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: lso.Classes(3), "model"),  # type: ignore[arg-type]
        (lambda: lso.Classes(LOGITS, [1, 2], logits=True), "classes"),
        (lambda: lso.Classes(LOGITS, [1, 2, 2], logits=True), "classes"),
        (lambda: lso.Classes(LOGITS, logits=1), "logits"),  # type: ignore[arg-type]
        (lambda: lso.Classes(LOGITS, logits=True).requires(4), "labels"),
        (lambda: lso.Classes(LOGITS), "model"),
        (
            lambda: lso.Classes(random_network((7, 3), 5, activation="softmax"), logits=True),
            "logits",
        ),
        (lambda: lso.Classes(random_network((7, 1), 6)), "model"),
        (lambda: lso.Values(3), "model"),  # type: ignore[arg-type]
        (lambda: lso.Values(LOGITS), "names"),
        (lambda: lso.Values(LOGITS, ["a", "a", "b"]), "names"),
        (lambda: lso.Values(LOGITS, ["a", "b", "c"], spread=[1, 2]), "spread"),
        (lambda: lso.Values(LOGITS, ["a", "b", "c"], spread=0), "spread"),
    ],
)
def test_misuse(make: Any, name: str) -> None:
    with pytest.raises((ValueError, TypeError), match=f"^{name}: expected"):
        make()


def test_what_the_outputs_are_not_is_said() -> None:
    with pytest.raises(ValueError, match=r"logits=True where it returns logits, got some of -"):
        lso.Classes(LOGITS)
    alone = random_network((7, 1), 6)
    with pytest.raises(ValueError, match=r"at least two classes.* lone output: ask lso\.Values"):
        lso.Classes(alone)
    nan = lso.Differentiable(lambda x: np.nan * x, lambda x, g: g * x, n_inputs=3, n_outputs=3)
    assert "[0, 1, 2] by Differentiable(3 -> 3" in repr(lso.Classes(nan))  # which tells nothing

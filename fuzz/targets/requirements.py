"""What is asked of a tiny model: samples that are told met only where they are, or an error that names an argument."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import lso_native as lso
import numpy as np
from lso_native.errors import ArgumentError, ArgumentTypeError
from lso_native.requirements.base import Combination

from fuzz.choices import Choices
from fuzz.judge import told
from fuzz.target import Target

_LATENT, _WIDTH = 2, 4
_DECODER = lso.Network([_LATENT, 5, _WIDTH], random_state=1)
_DRAWS = SimpleNamespace(
    sample=lambda n, random_state: lso.normal((n, 2), random_state=random_state)
)
_PRIOR = lso.Mixture.from_parameters([1, 2], np.eye(2), np.stack([np.eye(2)] * 2))
_CLASSES = lso.Classes(lso.Network([_WIDTH, 3], random_state=2), ["a", "b", "c"])
_VALUES = lso.Values(
    lso.Network([_WIDTH, 2], activation="linear", random_state=3), ["x", "y"], spread=0.2
)
_LABELS = ("a", "b", "c", "d", "", 1, None, ["a"], np.str_("b"))
_NAMES = ("x", "y", "z", "", 0)


def check(data: bytes) -> str:
    """Ask, search, and look at what was found with a ruler of our own."""
    choose = Choices(data)
    errors = ArgumentError, ArgumentTypeError
    try:
        asked, holds = _asked(choose)
        result = lso.generate(
            _DECODER,
            asked,
            n=2,
            attempts=choose.of((1, 2)),
            best_of=choose.of((2, 1)),
            prior=choose.of((_DRAWS, _PRIOR)),
            keep=choose.of((None, 0.1)),
            bounds=(choose.number(), choose.number()) if choose.rarely() else None,
            optimizer=choose.of((None, lso.NormalizedGradientDescent(-0.1))),
            max_iterations=choose.of((5, 0, 20)),
            aims=1,
            rises=1,
            random_state=0,
            threads=1,
        )
    except errors as error:
        return told(error, errors)
    _measure(result)
    for hold in holds:
        assert hold(result.samples[result.success].astype(np.float64)).all(), asked
    repr(result)
    return ""


def _measure(result: lso.GenerateResult) -> None:
    """Whether a result is of one piece: what is met, counted and decoded."""
    met = np.ones(len(result.samples), bool)
    for one in result.requirements:
        assert not (one.met & ~(one.miss == 0)).any(), one
        if one.part.hard:
            met &= one.met
    np.testing.assert_array_equal(result.success & ~met, False)
    found = result.samples[result.success]
    assert np.isfinite(found).all(), found
    if len(found):
        np.testing.assert_array_equal(found, _DECODER(result.latents[result.success]))


Hold = Callable[[np.ndarray], np.ndarray]
Wish = tuple[Combination, list[Hold]]


def _asked(choose: Choices) -> Wish:
    """A few requirements, and what must then be so of samples (n, n_features)."""
    asked, holds = _one(choose)
    for _ in range(choose.below(3)):
        other, more = _one(choose)
        if choose.below(3) == 2:
            asked = asked + choose.number() * other
        else:
            asked, holds = asked & other, holds + more
    return asked, holds


def _one(choose: Choices) -> Wish:
    return choose.of(_KINDS)(choose)


def _class(choose: Choices) -> Wish:
    labels = [choose.of(_LABELS) for _ in range(choose.below(3) + 1)]
    certainty = choose.number() if choose.rarely() else 0.6
    return _CLASSES.requires(*labels, certainty=certainty), []


def _between(choose: Choices) -> Wish:
    within = choose.number() if choose.rarely() else 0.1
    return _CLASSES.between(choose.of(_LABELS), choose.of(_LABELS), within=within), []


def _value(choose: Choices) -> Wish:
    name, low, high = str(choose.of(_NAMES)), choose.number(), choose.number()
    asks: tuple[Callable[[], Combination], ...] = (
        lambda: _VALUES.between(**{name: (low, high)}),
        lambda: _VALUES.at_least(**{name: low}),
        lambda: _VALUES.at_most(**{name: high}),
        lambda: _VALUES.near(**{name: low}, within=high),
        lambda: _VALUES.most(name),
        lambda: _VALUES.least(name),
        lambda: _VALUES.between(low),
    )
    return choose.of(asks)(), []


def _given(choose: Choices) -> Wish:
    values, within = choose.numbers(_WIDTH), choose.numbers(1)
    within = within[0] if isinstance(within, list) and len(within) == 1 else within
    asked = lso.Given(values, within=within)
    row, ends = np.asarray(values, np.float64), np.asarray(within, np.float64)
    return asked, [lambda x: (np.isnan(row) | ((x >= row - ends) & (x <= row + ends))).all(axis=1)]


def _linear(choose: Choices) -> Wish:
    return lso.Linear(choose.numbers(_WIDTH), low=choose.number(), high=choose.number()), []


def _in_range(choose: Choices) -> Wish:
    low, high = choose.numbers(_WIDTH), choose.number()
    asked = lso.InRange(low, high)
    return asked, [
        lambda x: ((x >= np.array(low, float)) & (x <= np.array(high, float))).all(axis=1)
    ]


def _near(choose: Choices) -> Wish:
    return lso.Near(choose.numbers(_WIDTH), within=choose.number()), []


def _far(choose: Choices) -> Wish:
    rows, distance = choose.numbers(_WIDTH), choose.number()
    asked = lso.Far(rows, distance=distance)
    row = np.asarray(rows, np.float64)
    return asked, [lambda x: np.linalg.norm(x - row, axis=1) >= float(distance)]


def _latent(choose: Choices) -> Wish:
    if choose.below(2):
        return lso.Likely(_PRIOR, share=choose.number()), []
    center = choose.numbers(_LATENT) if choose.below(2) else None
    return lso.NearLatent(choose.number(), center), []


_KINDS = (_value, _class, _given, _in_range, _far, _linear, _near, _between, _latent)
TARGET = Target(check)

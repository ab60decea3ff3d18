"""A black box: what it says counts, a surrogate shows the way, and every call is counted."""

from __future__ import annotations

from typing import Any

import lso_native as lso
import numpy as np
import pytest
from asking import DECODER, Normal
from checks import assert_refused
from lso_native._typing import Array

X = DECODER(Normal().sample(400, random_state=7)).astype(np.float32)


def formula(samples: Array) -> Array:
    """No gradient: numbers rounded to hundredths."""
    top, rest = samples[:, :3].astype(float).sum(axis=1), samples[:, 3:].astype(float).mean(axis=1)
    return np.round(np.stack([top, rest], axis=1), 2)


def named(samples: Array) -> Array:
    top, rest = formula(samples).T
    table = np.empty(len(samples), [("top", float), ("rest", float)])
    table["top"], table["rest"] = top, rest
    return table


def fitted(function: Any = named, **options: Any) -> lso.BlackBox:
    surrogate = lso.Regressor(hidden=(16,), epochs=60, random_state=0)
    return lso.BlackBox(function, surrogate=surrogate, **options).fit(X)


def test_what_is_met_is_met_by_the_box() -> None:
    box = fitted()
    assert box.calls_ == 400
    decoder = DECODER.astype("float32")
    result = lso.generate(
        decoder, box.between(top=(1.6, 1.7), rest=(0.4, 0.5)), 30, prior=Normal(), random_state=0
    )
    assert result.success.all()
    top, rest = formula(result.samples).T
    assert ((top >= 1.6) & (top <= 1.7) & (rest >= 0.4) & (rest <= 0.5)).all()
    assert result.requirements[0].values[:, 0].tolist() == top.tolist()
    assert result.box_calls <= 4 * 30
    assert (box.predict(result.samples) == formula(result.samples)).all()


def test_columns_are_told_apart_by_name_in_any_order() -> None:
    pandas = pytest.importorskip("pandas")
    calls = 0

    def frame(samples: Array) -> Any:
        nonlocal calls
        calls += 1
        top, rest = formula(samples).T
        columns = {"top": top, "rest": rest} if calls == 1 else {"rest": rest, "x": 0, "top": top}
        return pandas.DataFrame(columns)

    box = fitted(frame)
    assert box.quantities.names == ("top", "rest")
    assert (box.predict(X) == formula(X)).all()


def test_one_number_needs_no_name() -> None:
    box = fitted(lambda samples: samples.sum(axis=1))
    asked = box.near(3.5, within=0.05)
    decoder = DECODER.astype("float32")
    result = lso.generate(decoder, asked, 5, prior=Normal(), random_state=0)
    assert (np.abs(result.samples.sum(axis=1) - 3.5) <= 0.05).all()


def test_a_box_that_works_in_place_changes_no_sample() -> None:
    def spoils(samples: Array) -> Array:
        said = samples.sum(axis=1)
        samples[:] = 0
        return np.asarray(said)

    box = lso.BlackBox(spoils, surrogate=fitted(lambda s: s.sum(axis=1)).surrogate)
    decoder = DECODER.astype("float32")
    result = lso.generate(decoder, box.at_least(3.0), 5, prior=Normal(), random_state=0)
    assert (result.samples.sum(axis=1) >= 3.0).all()


@pytest.mark.parametrize(
    ("call", "argument", "got"),
    [
        (lambda: lso.BlackBox(3), "function", "3"),  # type: ignore[arg-type]
        (lambda: lso.BlackBox(named, surrogate=3), "surrogate", "3"),  # type: ignore[arg-type]
        (lambda: fitted(lambda s: np.full(len(s), np.nan)), "function", "nan"),
        (lambda: fitted(lambda s: s.sum()), "function", "shape ()"),
        (lambda: fitted(lambda s: s[1:]), "function", "(399, 7)"),
        (lambda: fitted(lambda _: "x"), "function", "'x'"),
        (lambda: fitted(named, names=("top", "left")), "function", "top, rest"),
        (lambda: fitted(formula, names=("a",)).quantities, "names", "1"),
        (lambda: fitted().between(width=(0, 1)), "width", "no number"),
    ],
)
def test_a_bad_box_is_refused_by_name(call: Any, argument: str, got: str) -> None:
    assert_refused(call, argument, got)


def test_nothing_can_be_asked_before_fit() -> None:
    with pytest.raises(lso.NotFittedError, match="fit"):
        lso.BlackBox(named).between(top=(0, 1))


class Moody:
    """The formula, which fails on a quarter of all samples, here and there: it raises, or says NaN."""

    def __init__(self, raises: bool) -> None:
        self.raises, self.asked = raises, 0

    def fails(self, samples: Array) -> Array:
        return np.asarray(np.floor(1_000 * samples[:, 3].astype(float)) % 4 == 0)

    def __call__(self, samples: Array) -> Array:
        self.asked += len(samples)
        failed = self.fails(samples)
        if self.raises and failed.any():
            raise ZeroDivisionError("the simulator")
        return np.asarray(np.where(failed[:, None], np.nan, formula(samples)))


@pytest.mark.parametrize("raises", [False, True])
def test_a_box_may_fail_on_some_samples(raises: bool) -> None:
    moody = Moody(raises)
    box = fitted(moody, may_fail=True)
    assert box.failures_ == moody.fails(X).sum() > 10
    assert box.calls_ == 400
    left = ~moody.fails(X)
    alone = lso.BlackBox(formula, surrogate=lso.Regressor(hidden=(16,), epochs=60, random_state=0))
    alone.fit(X[left])
    taught = box.surrogate.predict(X)
    assert (taught == alone.surrogate.predict(X)).all()  # what failed taught nothing
    asked = box.between(y0=(1.6, 1.7), y1=(0.4, 0.5))
    result = lso.generate(DECODER.astype("float32"), asked, 30, prior=Normal(), random_state=0)
    assert not moody.fails(result.samples)[result.success].any()
    assert result.success.all()
    assert result.box_failures > 0
    assert f"{result.box_failures} of which failed" in str(result)


def test_a_box_that_fails_on_every_sample_is_an_error() -> None:
    def broken(_: Array) -> Array:
        raise ZeroDivisionError("the simulator")

    with pytest.raises(ZeroDivisionError, match="the simulator"):
        fitted(broken, may_fail=True)
    assert_refused(
        lambda: fitted(lambda s: np.full(len(s), np.nan), may_fail=True), "function", "NaN"
    )
    box = fitted(may_fail=True)
    box.function = broken
    asked = box.between(top=(1.6, 1.7))
    decoder = DECODER.astype("float32")
    result = lso.generate(decoder, asked, 5, prior=Normal(), attempts=1, random_state=0)
    assert not result.success.any()
    assert result.box_failures == result.box_calls >= 5
    assert result.samples.shape == (5, X.shape[1])


def test_it_shows_what_it_says() -> None:
    assert repr(lso.BlackBox(named)) == "BlackBox(named: not fitted)"
    assert repr(fitted()) == "BlackBox(named: top, rest)"

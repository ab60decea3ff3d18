"""Requirements: how they combine, what descent follows, when they are met, and how far a sample is from it."""

from __future__ import annotations

from typing import Any

import lso_native as lso
import numpy as np
import pytest
from asking import CLASSIFIER, CODES, DECODER, NUMBERS, READ, B, Normal, is_class
from checks import assert_close, assert_refused
from lso_native._typing import Array, FloatArray
from lso_native.generate.plan import Plan
from lso_native.requirements import BetweenClasses, Combination, Part
from lso_native.terms import Place
from reference import central_differences

STARTS = Normal().sample(40, random_state=1)
SAMPLES = DECODER(STARTS)
SUM = np.ones(7)
PLACE = Place(4, 40, np.dtype("float64"))


def squared(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    return np.square(values[:, :2]).sum(axis=1), 2 * values * [1, 1, 0, 0, 0, 0, 0]


def rising(values: FloatArray) -> FloatArray:
    """The nearest points whose first value is at most the second."""
    middle = values[:, :2].mean(axis=1)
    values[:, 0] = np.where(values[:, 0] > values[:, 1], middle, values[:, 0])
    values[:, 1] = np.maximum(values[:, 1], values[:, 0])
    return values


REQUIREMENTS: dict[str, Combination] = {
    "class": is_class(0),
    "one of two": is_class(1, 2),
    "between two": BetweenClasses(CLASSIFIER, (0, 2), ("x", "z"), within=0.2),
    "interval": READ.between(a=(0.0, 0.2)),
    "at least": READ.at_least(b=float(np.median(B))),
    "at most": READ.at_most(a=-0.1),
    "near a number": READ.near(a=0.1, within=0.05),
    "given": lso.Given([*SAMPLES[0, :3], *[np.nan] * 4], within=0.1),
    "linear": lso.Linear(
        np.array([SUM, [1, -1, 0, 0, 0, 0, 0]]), low=[3.0, 0.1], high=[4.0, np.inf]
    ),
    "range": lso.InRange(0.1, [0.9] * 7),
    "near": lso.Near(SAMPLES[1], within=0.5),
    "far": lso.Far(SAMPLES[:3], distance=0.8),
    "near its start": lso.NearLatent(0.5),
    "near a latent": lso.NearLatent(1.0, center=[0.5, 0.0, 0.0, 0.0]),
    "likely": lso.Likely(CODES, share=0.4),
    "function": lso.Condition(squared, error=0.5),
    "convex": lso.convex_condition(rising, within=0.05),
    "term": lso.Asks(lso.SquaredError([0.5] * 7, mse=0.05), label="grey"),
    "most": is_class(0) + READ.most("a"),
    "all": is_class(0) & 2 * READ.between(a=(0.0, 0.2)) + 0.1 * lso.NearLatent(2.0),
}


def planned(requirement: Combination) -> Plan:
    return Plan(DECODER, requirement.parts)


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_the_gradient_by_the_latent_is_the_numerical_one(name: str) -> None:
    problem = planned(REQUIREMENTS[name]).problem(STARTS)
    moved = STARTS + 0.3  # off each start's own ball

    def loss(flat: Array) -> float:
        return float(problem.evaluate(flat.reshape(STARTS.shape)).loss.sum())

    found = problem.evaluate(moved)
    numerical = central_differences(loss, moved.ravel().copy(), 1e-6)
    assert_close(found.gradient.ravel(), numerical, 2e-5, floor=1e-3)
    assert found.loss.max() > 1e-3


@pytest.mark.parametrize("name", [n for n in REQUIREMENTS if n not in ("most", "all")])
def test_what_is_read_is_what_the_engine_found_met(name: str) -> None:
    plan = planned(REQUIREMENTS[name])
    result = lso.optimize(plan.problem(STARTS), starts=STARTS, max_iterations=300)
    (reading,) = plan.readings(result)
    if name == "one of two":  # any of them will do, also one that descent did not go for
        assert (reading.met >= result.success).all()
    elif name == "far":  # on the way from the nearest it may come to another
        assert (reading.met <= result.success).all()
    else:
        assert (reading.met == result.success).all()
    assert ((reading.miss == 0) == reading.met).all()
    assert result.success.any()
    assert (result.iterations[result.success] > 0).any() == (name != "near its start")


def exactly(name: str, samples: Array, latents: Array) -> Any:
    """(n,) whether a requirement holds, by its definition, in plain NumPy."""
    outputs = CLASSIFIER(samples)
    a, b = NUMBERS(samples).T
    cases: dict[str, Any] = {
        "class": lambda: (outputs[:, 0] >= 0.6) & (outputs[:, 1:] <= 1 - 0.6).all(axis=1),
        "one of two": lambda: (
            (outputs.max(axis=1) >= 0.6)
            & (np.sort(outputs, axis=1)[:, :2] <= 1 - 0.6).all(axis=1)
            & (outputs.argmax(axis=1) > 0)
        ),
        "between two": lambda: (
            (np.abs(outputs[:, [0, 2]] - 0.5) <= 0.2).all(axis=1) & (outputs[:, 1] <= 0.5 - 0.2)
        ),
        "interval": lambda: (a >= 0) & (a <= 0.2),
        "at least": lambda: b >= np.median(B),
        "at most": lambda: a <= -0.1,
        "near a number": lambda: np.abs(a - 0.1) <= 0.05,
        "given": lambda: (np.abs(samples[:, :3] - SAMPLES[0, :3]) <= 0.1).all(axis=1),
        "linear": lambda: (
            (np.abs(samples.sum(axis=1) - 3.5) <= 0.5) & (samples[:, 0] - samples[:, 1] >= 0.1)
        ),
        "range": lambda: ((samples >= 0.1) & (samples <= 0.9)).all(axis=1),
        "near": lambda: np.linalg.norm(samples - SAMPLES[1], axis=1) <= 0.5,
        "far": lambda: np.linalg.norm(samples[:, None] - SAMPLES[:3], axis=2).min(axis=1) >= 0.8,
        "near its start": lambda: np.linalg.norm(latents - STARTS, axis=1) <= 0.5,
        "near a latent": lambda: np.linalg.norm(latents - [0.5, 0, 0, 0], axis=1) <= 1,
        "likely": lambda: CODES.log_density(latents) >= CODES.quantile(0.4),
        "function": lambda: np.square(samples[:, :2]).sum(axis=1) <= 0.5,
        "convex": lambda: samples[:, 0] - samples[:, 1] <= 0.05 * np.sqrt(2),
        "term": lambda: np.square(samples - 0.5).mean(axis=1) <= 0.05,
    }
    return cases[name]()


@pytest.mark.parametrize("name", [n for n in REQUIREMENTS if n not in ("most", "all")])
def test_met_is_met_by_the_plain_definition(name: str) -> None:
    plan = planned(REQUIREMENTS[name])
    result = lso.optimize(plan.problem(STARTS), starts=STARTS, max_iterations=300)
    (reading,) = plan.readings(result)
    assert (reading.met == exactly(name, result.samples, result.latents)).all()


@pytest.mark.parametrize("optimizer", [lso.NormalizedGradientDescent(), lso.LevenbergMarquardt()])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_far_latent_comes_back_to_where_the_prior_is_dense(optimizer: Any, dtype: str) -> None:
    far = 100 * STARTS.astype(dtype)
    term = lso.Density(CODES, CODES.quantile(0.5))
    problem = lso.Problem(DECODER.astype(dtype), latent=[term])
    before = problem.evaluate(far)
    short = CODES.quantile(0.5) + 0.5 - CODES.log_density(far)
    assert_close(before.loss, np.square(short / 4), 1e-5 if dtype == "float32" else 1e-11)
    result = lso.optimize(problem, starts=far, optimizer=optimizer)
    assert result.success.all()
    exact = CODES.log_density(result.latents)
    assert (exact >= CODES.quantile(0.5) - 1e-5).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_interval_is_met_to_the_last_bit_of_the_decoder_s_precision(dtype: str) -> None:
    decoder, numbers = DECODER.astype(dtype), NUMBERS.astype(dtype)
    low = 0.1  # no number of either precision
    for high in (0.2, 0.1 + 1e-6):
        asked = lso.requirements.Quantities(numbers, ("a", "b"), np.ones(2)).within("a", low, high)
        plan = Plan(decoder, asked.parts)
        starts = STARTS.astype(dtype)
        result = lso.optimize(plan.problem(starts), starts=starts, max_iterations=2_000)
        (reading,) = plan.readings(result)
        inside = [low <= float(value) <= high for value in numbers(result.samples)[:, 0]]
        assert reading.met.tolist() == inside
        assert result.success.tolist() == inside
        assert any(inside)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_interval_without_a_number_inside_is_not_met_and_no_error(dtype: str) -> None:
    quantities = lso.requirements.Quantities(NUMBERS.astype(dtype), ("a", "b"), np.ones(2))
    plan = Plan(DECODER.astype(dtype), quantities.within("a", 0.1, 0.1).parts)
    starts = STARTS.astype(dtype)
    result = lso.optimize(plan.problem(starts), starts=starts, max_iterations=50)
    (reading,) = plan.readings(result)
    assert np.abs(reading.values - 0.1).min() < 1e-4
    assert reading.met.tolist() == (reading.values[:, 0] == 0.1).tolist()


def test_one_network_is_passed_once_for_all_that_is_asked_of_it() -> None:
    asked = READ.between(a=(0.0, 0.2), b=(-1.0, 1.0)) & READ.at_most(a=1.0) & is_class(0)
    problem = planned(asked & lso.InRange(0, 1)).problem(STARTS)
    assert [branch.head for branch in problem.branches] == [NUMBERS, CLASSIFIER, None]
    assert [len(branch.terms) for branch in problem.branches] == [3, 1, 1]


def test_a_requirement_may_make_its_network_anew_each_time() -> None:
    class Anew(lso.Requirement):
        name = "sum at least 3"

        def head(self, decoder: lso.network.Model) -> lso.network.Model:
            return lso.Linear(SUM, low=3.0).head(decoder)

        def term(self, starts: lso.requirements.Starts) -> lso.terms.Term:  # noqa: ARG002
            return lso.Interval(3.0, np.inf)

    plan = planned(is_class(0) & Anew() & READ.at_most(a=1.0))
    result = lso.optimize(plan.problem(STARTS), starts=STARTS, max_iterations=300)
    reading = plan.readings(result)[1]
    assert (reading.met == (result.samples.sum(axis=1) >= 3.0)).all()
    assert reading.met.any()


def test_operators_say_what_must_be_and_what_is_preferred() -> None:
    one, two, three = is_class(0), READ.at_most(a=1.0), lso.NearLatent(1.0)

    def told(asked: Combination) -> list[tuple[str, float, bool]]:
        return [(part.name, part.weight, part.hard) for part in asked.parts]

    assert told(one & two) == [("class 0", 1, True), ("a at most 1", 1, True)]
    assert told(one & 2 * two + 0.5 * three) == [
        ("class 0", 1, True),
        ("a at most 1", 2, True),
        ("latent within 1 of its start", 0.5, False),
    ]
    assert told(3 * (one & 2 * two)) == [("class 0", 3, True), ("a at most 1", 6, True)]
    assert told(one + (two & three)) == [
        ("class 0", 1, True),
        ("a at most 1", 1, False),
        ("latent within 1 of its start", 1, False),
    ]
    text = repr(one & 2 * two + 0.5 * three)
    assert text == "class 0 & 2 * a at most 1 + 0.5 * latent within 1 of its start"
    asked = planned(one & 2 * two + 0.5 * three).problem(STARTS).asked
    assert [each.hard for each in asked] == [True, True, False]


def test_an_error_weighs_the_same_in_any_unit() -> None:
    """Degrees and pixels, say: the errors of two numbers whose units differ a thousandfold pull alike."""
    large = NUMBERS.replace(
        np.concatenate([NUMBERS.parameters[:40], 1000 * NUMBERS.parameters[40:]])
    )
    assert_close(large(SAMPLES), 1000 * NUMBERS(SAMPLES), 1e-12)
    small, big = (
        Plan(
            DECODER,
            lso.requirements.Quantities(net, ("a", "b"), scale * np.ones(2))
            .within("a", 5.0 * scale, 6.0 * scale)
            .parts,
        )
        .problem(STARTS)
        .evaluate(STARTS)
        .loss
        for net, scale in ((NUMBERS, 1.0), (large, 1000.0))
    )
    assert_close(big, small, 1e-9)


@pytest.mark.extra
def test_torch_finds_the_gradient_of_a_condition() -> None:
    pytest.importorskip("torch")

    def pairs(values: Any) -> Any:
        return (values[:, 0] - values[:, 1]) ** 2 + values[:, 2] ** 4

    condition = lso.torch_condition(pairs, error=0.01)
    assert condition.name == "pairs"
    problem = planned(condition).problem(STARTS)

    def loss(flat: Array) -> float:
        return float(problem.evaluate(flat.reshape(STARTS.shape)).loss.sum())

    numerical = central_differences(loss, STARTS.ravel().copy(), 1e-6)
    assert_close(problem.evaluate(STARTS).gradient.ravel(), numerical, 1e-5)


def test_a_requirement_of_one_s_own_is_one_class() -> None:
    class Bright(lso.Requirement):
        @property
        def name(self) -> str:
            return "bright"

        def term(self, starts: Any) -> Any:  # noqa: ARG002
            return lso.Interval(0.5, np.inf)

    result = lso.generate(DECODER, Bright() & is_class(0), 5, prior=Normal(), random_state=0)
    bright = (result.samples >= 0.5).all(axis=1)
    assert result.requirements[0].name == "bright"
    assert (result.requirements[0].met == bright).all()


@pytest.mark.parametrize(
    ("call", "argument", "got"),
    [
        (lambda: READ.between(c=(0, 1)), "c", "no number of that name"),
        (lambda: READ.between(a=(1, 0)), "a", "(1, 0)"),
        (lambda: READ.between(a=(-np.inf, np.inf)), "a", "inf"),
        (lambda: READ.between(a=(np.nan, 1)), "a", "nan"),
        (lambda: READ.between(a=3), "a", "3"),  # type: ignore[arg-type]
        (lambda: READ.between((0, 1)), "value", "(0, 1)"),
        (lambda: READ.between(), "names", "none"),
        (lambda: READ.most("z"), "z", "no number"),
        (lambda: READ.near(a=1, within=-1), "within", "-1"),
        (lambda: is_class(0, certainty=0.5), "certainty", "0.5"),
        (lambda: BetweenClasses(CLASSIFIER, (1, 1), ("y", "y")), "labels", "y twice"),
        (lambda: lso.Given([np.nan] * 7, within=0.1), "values", "NaN everywhere"),
        (lambda: lso.Given([1.0, np.nan], within=0.0), "within", "0.0"),
        (lambda: lso.Given([1.0, np.inf], within=0.1), "values", "infinity"),
        (lambda: lso.Given([1.0, np.nan], within=[np.inf, 1.0]), "within", "inf"),
        (lambda: planned(lso.Given([1.0, 2.0], within=0.1)).problem(STARTS), "values", "2"),
        (lambda: lso.Linear([0.0, 0.0], low=1), "weights", "all zeros"),
        (lambda: lso.Linear(SUM), "low, high", "none"),
        (lambda: lso.Linear(SUM, low=2, high=1), "high", "1"),
        (lambda: planned(lso.Linear([1.0, 2.0], low=0)), "weights", "2"),
        (lambda: lso.Near(SAMPLES, within=1.0), "sample", "(40, 7)"),
        (lambda: lso.Near(SAMPLES[0], within=0.0), "within", "0"),
        (lambda: planned(lso.Near(SAMPLES[0, :3], within=1.0)).problem(STARTS), "sample", "3"),
        (lambda: lso.Far(SAMPLES, distance=-1.0), "distance", "-1"),
        (lambda: lso.Far(np.zeros((0, 7)), distance=1.0), "samples", "(0, 7)"),
        (lambda: planned(lso.Far(SAMPLES[:, :2], distance=1.0)).problem(STARTS), "samples", "2"),
        (lambda: lso.Likely(CODES, share=0.0), "share", "0"),
        (lambda: lso.Likely(Normal()), "prior", "Normal"),
        (lambda: lso.Density(CODES, np.nan).native(PLACE), "least", "nan"),
        (lambda: lso.Density(Normal(), 0.0).native(PLACE), "mixture", "None"),  # type: ignore[arg-type]
        (lambda: lso.Density(CODES, 0.0).native(PLACE._replace(n_values=3)), "mixture", "(3, 4)"),
        (lambda: lso.NearLatent(-1.0), "within", "-1"),
        (lambda: lso.Condition(3), "function", "3"),  # type: ignore[arg-type]
        (lambda: lso.convex_condition(3, within=1.0), "project", "3"),  # type: ignore[arg-type]
        (lambda: lso.convex_condition(rising, within=0.0), "within", "0"),
        (lambda: 0 * is_class(0), "weight", "0"),
        (lambda: Plan(CLASSIFIER, is_class(0).parts), "requirement", "7 features"),
        (lambda: Plan(DECODER.astype("float32"), is_class(0).parts), "requirement", "float64"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(call: Any, argument: str, got: str) -> None:
    assert_refused(call, argument, got)


@pytest.mark.parametrize("other", [3, "class 7", None])
def test_only_requirements_combine(other: Any) -> None:
    with pytest.raises(TypeError, match="unsupported operand"):
        is_class(0) & other


def test_a_part_is_what_it_is_of() -> None:
    part = Part(is_class(0))
    assert (part.name, part.weight, part.hard) == ("class 0", 1.0, True)

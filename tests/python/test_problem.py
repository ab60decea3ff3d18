"""Problems of several terms from Python: through heads, on the sample, on the latent, and by functions of one's own."""

from __future__ import annotations

import os
import signal
import threading
import time
from functools import partial
from typing import Any

import lso_native as lso
import numpy as np
import pytest
import reference
from checks import assert_close, assert_refused, assert_same_bits
from lso_native._typing import Array, FloatArray
from strategies import random_network, uniform

DECODER = random_network((4, 9, 7), seed=1)
CLASSIFIER = random_network((7, 8, 3), seed=2)
REGRESSOR = random_network((7, 5, 2), seed=3, activation=["tanh", "linear"])
STARTS = uniform((60, 4), seed=4, low=-4.0, high=4.0)
SAMPLE = DECODER(np.array([[0.5, -0.5, 0.2, 0.8]]))
CLASS, NUMBERS = CLASSIFIER(SAMPLE)[0], REGRESSOR(SAMPLE)[0]


def problem(**options: Any) -> lso.Problem:
    return lso.Problem(
        DECODER,
        lso.Branch(2.0 * lso.SquaredError(CLASS, mse=1e-4), head=CLASSIFIER),
        lso.Branch(lso.Interval([NUMBERS[0] - 0.02, -np.inf], NUMBERS + 0.02), head=REGRESSOR),
        **options,
    )


def test_a_result_tells_of_every_term_by_its_own_definition() -> None:
    asked = problem(latent=[lso.prefer(lso.Ball(2.0), 0.1)])
    result = lso.optimize(asked, starts=STARTS, max_iterations=4)
    is_class, between, ball = result.terms
    outputs, numbers = result.branches
    assert_same_bits(result.samples, DECODER(result.latents))
    assert_same_bits(outputs, CLASSIFIER(result.samples))
    assert_same_bits(numbers, REGRESSOR(result.samples))
    assert_close(is_class.mse, np.square(outputs - CLASS).mean(axis=1), 1e-9)
    assert_same_bits(is_class.met, is_class.mse <= 1e-4)
    low, high = np.array([NUMBERS[0] - 0.02, -np.inf]), NUMBERS + 0.02
    assert_same_bits(between.met, ((numbers >= low) & (numbers <= high)).all(axis=1))
    assert_same_bits(ball.met, np.linalg.norm(result.latents, axis=1) <= 2.0)
    assert_same_bits(result.success, is_class.met & between.met)
    assert 10 < result.success.sum() < 60
    assert (result.iterations[result.success] > 0).any()
    total = 2.0 * is_class.loss + between.loss + 0.1 * ball.loss
    assert_close(result.loss, total, 1e-12)


def test_an_evaluation_is_of_the_inputs_as_they_are() -> None:
    asked = problem(latent=[lso.prefer(lso.Ball(2.0), 0.1)])
    found = asked.evaluate(STARTS)
    looked_at = lso.optimize(asked, starts=STARTS, max_iterations=0)
    assert_close(found.loss, looked_at.loss, 1e-12)
    assert_same_bits(found.samples, looked_at.samples)
    assert_same_bits(found.met, looked_at.success)
    for i in range(4):
        moved = [STARTS + side * 1e-6 * np.eye(4)[i] for side in (1.0, -1.0)]
        above, below = (asked.evaluate(x).loss for x in moved)
        assert_close(found.gradient[:, i], (above - below) / 2e-6, 1e-6)
    assert_same_bits(asked.evaluate(STARTS, threads=2).gradient, found.gradient)
    assert_refused(lambda: asked.evaluate(STARTS[:, :2]), "x", "(60, 2)")


def test_a_float32_interval_is_met_in_float64() -> None:
    model = DECODER.astype("float32") >> REGRESSOR.astype("float32")
    low, high = NUMBERS - 0.01, NUMBERS + 0.01
    result = lso.optimize(model, lso.Interval(low, high), starts=STARTS)
    inside = result.outputs[result.success].astype(np.float64)
    assert len(inside) > 20
    assert (result.iterations[result.success] > 0).any()
    assert (inside >= low).all()
    assert (inside <= high).all()


def test_a_composition_is_a_trunk_and_a_head() -> None:
    target = lso.SquaredError(CLASS, mse=1e-4)
    branched = lso.optimize(
        lso.Problem(DECODER, lso.Branch(target, head=CLASSIFIER)), starts=STARTS
    )
    composed = lso.optimize(DECODER >> CLASSIFIER, CLASS, mse=1e-4, starts=STARTS)
    assert_same_bits(branched.latents, composed.latents)
    assert_same_bits(branched.samples, composed.samples)
    assert_same_bits(branched.outputs, composed.outputs)


# Rows of their own for each start, of every term that takes any.
TARGETS = CLASS + uniform((60, 3), seed=5, low=-0.1, high=0.1)
WEIGHTS = uniform((60, 3), seed=6, low=0.25, high=2.0)
LOW = NUMBERS + uniform((60, 2), seed=7, low=-0.3, high=-0.1)
HIGH = LOW + uniform((60, 2), seed=8, low=0.2, high=0.4)
CENTERS = uniform((60, 4), seed=9, low=-2.0, high=2.0)


def problem_of_rows(rows: slice) -> lso.Problem:
    is_class = lso.SquaredError(TARGETS[rows], weights=WEIGHTS[rows], mse=1e-3)
    between = lso.Interval(LOW[rows], HIGH[rows], margin=0.05)
    ball = lso.Ball(0.5, CENTERS[rows], margin=0.2)
    return lso.Problem(
        DECODER,
        lso.Branch(2.0 * is_class, head=CLASSIFIER),
        lso.Branch(between, head=REGRESSOR),
        latent=[lso.prefer(ball, 0.1)],
    )


def outside_by_hand(values: Array, rows: Any) -> Array:
    """The signed distances from the intervals, narrowed by 0.05."""
    below, above = LOW[rows] + 0.05 - values, values - HIGH[rows] + 0.05
    outside: Array = np.maximum(above, 0.0) - np.maximum(below, 0.0)
    return outside


def terms_by_hand(x: Array, rows: Any) -> list[tuple[Array, Array]]:
    """Each term's E (n,) and dE/dx (n, 4), of the starts `rows` at x (n, 4), by the paper's pseudo-code."""

    def through(head: lso.Network, miss: Any, slope: Any) -> tuple[Array, Array]:
        chain = [*reference.from_model(DECODER), *reference.from_model(head)]
        values = reference.forward(chain, x)
        error = miss(values[-1])
        return error, reference.backpropagate_nodes(chain, values, slope(values[-1]))[0]

    away = x - CENTERS[rows]
    distance = np.linalg.norm(away, axis=1)
    excess = np.maximum(distance - 0.4, 0.0)
    return [
        through(
            CLASSIFIER,
            lambda y: (WEIGHTS[rows] * np.square(y - TARGETS[rows])).sum(axis=1),
            lambda y: 2 * WEIGHTS[rows] * (y - TARGETS[rows]),
        ),
        through(
            REGRESSOR,
            lambda y: np.square(outside_by_hand(y, rows)).sum(axis=1),
            lambda y: 2 * outside_by_hand(y, rows),
        ),
        (excess**2, 2 * (excess / distance)[:, None] * away),
    ]


def total_by_hand(x: Array, rows: Any) -> tuple[Array, Array]:
    weighted = zip((2.0, 1.0, 0.1), terms_by_hand(x, rows), strict=True)
    parts = [(weight * error, weight * slope) for weight, (error, slope) in weighted]
    return sum(error for error, _ in parts), sum(slope for _, slope in parts)  # type: ignore[return-value]


def test_rows_of_their_own_for_each_start_step_as_by_hand() -> None:
    asked = problem_of_rows(slice(None))
    result = lso.optimize(asked, starts=STARTS, max_iterations=6, trajectory=True)
    assert result.trajectory is not None
    assert result.trajectory_loss is not None
    assert 3 < result.success.sum() < 60
    for start, points in enumerate(result.trajectory):
        error, slope = total_by_hand(points, np.full(len(points), start))
        assert_close(result.trajectory_loss[start], error, 1e-12)
        step = -(error / np.square(slope).sum(axis=1))[:, None] * slope
        assert_close(points[1:], (points + step)[:-1], 1e-10)


def test_terms_of_rows_are_told_as_by_hand() -> None:
    result = lso.optimize(problem_of_rows(slice(None)), starts=STARTS, max_iterations=6)
    by_hand = terms_by_hand(result.latents, slice(None))
    for term, (error, _) in zip(result.terms, by_hand, strict=True):
        assert_close(term.loss, error, 1e-10)
    is_class, between, ball = result.terms
    numbers = result.branches[1]
    assert_close(is_class.mse, is_class.loss / WEIGHTS.sum(axis=1), 1e-12)
    assert_same_bits(is_class.met, is_class.mse <= 1e-3)
    assert_same_bits(between.met, ((numbers >= LOW) & (numbers <= HIGH)).all(axis=1))
    assert_same_bits(ball.met, np.linalg.norm(result.latents - CENTERS, axis=1) <= 0.5)
    for term in result.terms:
        assert 0 < term.met.sum() < 60


@pytest.mark.parametrize("optimizer", [lso.NormalizedGradientDescent(), lso.LevenbergMarquardt()])
def test_a_start_takes_its_own_rows_wherever_it_stands(optimizer: Any) -> None:
    together = lso.optimize(problem_of_rows(slice(None)), starts=STARTS, optimizer=optimizer)
    for start in range(0, 60, 7):
        row = slice(start, start + 1)
        alone = lso.optimize(problem_of_rows(row), starts=STARTS[row], optimizer=optimizer)
        assert_same_bits(alone.latents[0], together.latents[start])
        assert alone.iterations[0] == together.iterations[start]
        for one, all_ in zip(alone.terms, together.terms, strict=True):
            assert one.loss[0] == all_.loss[start]
            assert one.met[0] == all_.met[start]


def mean_at_least(least: float) -> lso.Function:
    def function(values: FloatArray) -> tuple[Array, Array, Array]:
        miss = np.maximum(least + 0.01 - values.mean(axis=1), 0.0)
        slope = np.broadcast_to((-2 * miss / values.shape[1])[:, None], values.shape)
        return miss**2, slope, values.mean(axis=1) >= least

    return lso.Function(function)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_function_of_ones_own_with_a_head_beside_it(dtype: Any) -> None:
    asked = lso.Problem(
        DECODER.astype(dtype),
        lso.Branch(mean_at_least(0.5)),
        lso.Branch(lso.Interval(NUMBERS - 0.5, NUMBERS + 0.5), head=REGRESSOR.astype(dtype)),
    )
    result = lso.optimize(asked, starts=STARTS)
    assert_same_bits(result.terms[0].met, result.samples.mean(axis=1) >= 0.5)
    assert result.success.sum() > 20
    assert np.isnan(result.terms[0].mse).all()
    for threads in (2, 3):
        assert_same_bits(
            lso.optimize(asked, starts=STARTS, threads=threads).latents, result.latents
        )


def test_a_function_gives_the_steps_of_the_term_that_it_copies() -> None:
    def squared(values: FloatArray) -> tuple[Array, Array]:
        difference = values - CLASS
        return np.square(difference).sum(axis=1), 2 * difference

    model = DECODER >> CLASSIFIER
    mine = lso.optimize(model, lso.Function(squared), loss=3e-3, starts=STARTS, trajectory=True)
    theirs = lso.optimize(model, CLASS, mse=1e-3, starts=STARTS, trajectory=True)
    assert mine.iterations.tolist() == theirs.iterations.tolist()
    assert mine.trajectory is not None
    assert theirs.trajectory is not None
    for a, b in zip(mine.trajectory, theirs.trajectory, strict=True):
        assert_close(a, b, 1e-6)


def test_what_a_function_raises_goes_up() -> None:
    def fails(values: FloatArray) -> tuple[Array, Array]:
        raise LookupError(f"no simulator for {len(values)}")

    for threads in (1, 2):
        with pytest.raises(LookupError, match="no simulator"):
            lso.optimize(DECODER, lso.Function(fails), starts=STARTS, threads=threads)


@pytest.mark.parametrize(
    ("returns", "got"),
    [
        (lambda v: v, "ndarray"),
        (lambda v: (np.zeros(len(v)),), "tuple"),
        (lambda v: (np.zeros((len(v), 2)), v), "(48, 2)"),
        (lambda v: (np.zeros(len(v)), v[:, :2]), "(48, 2)"),
        (lambda v: (np.zeros(len(v)), v, np.zeros(1)), "(1,)"),
        (lambda v: (["a"] * len(v), v), "<U1"),
        (lambda v: (np.full(len(v), -1.0), v), "below"),
        (lambda v: (np.zeros(len(v)), v, np.full(len(v), np.nan)), "float64"),
    ],
)
def test_what_a_function_returns_is_checked(returns: Any, got: str) -> None:
    call = lambda: lso.optimize(DECODER, lso.Function(returns), starts=STARTS, threads=1)  # noqa: E731
    assert_refused(call, "function", got.replace("48", "60") if "48" in got else got)


def test_a_functions_error_that_is_not_finite_is_a_status() -> None:
    def nan(values: FloatArray) -> tuple[Array, Array]:
        return np.full(len(values), np.nan), values

    result = lso.optimize(DECODER, lso.Function(nan), starts=STARTS)
    assert set(result.status) == {"diverged"}


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("threads", [1, 2])
def test_ctrl_c_inside_a_function_keeps_what_was_reached(threads: int) -> None:
    def slow(values: FloatArray) -> tuple[Array, Array]:
        time.sleep(0.01)
        return np.ones(len(values)), values - 10.0

    def press() -> None:
        time.sleep(0.4)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    with pytest.raises(KeyboardInterrupt) as caught:
        lso.optimize(
            DECODER,
            lso.Function(slow),
            starts=STARTS,
            optimizer=lso.NormalizedGradientDescent(-1e-9),
            max_iterations=10**6,
            threads=threads,
        )
    thread.join()
    result = caught.value.result  # type: ignore[attr-defined]
    assert set(result.status) == {"interrupted"}
    assert result.iterations.max() > 3
    assert_same_bits(result.trunk_outputs, DECODER(result.latents))


def test_an_interruption_at_the_last_look_is_one() -> None:
    calls = 0

    def counts(values: FloatArray, last: int) -> tuple[Array, Array]:
        nonlocal calls
        calls += 1
        if calls == last:
            raise KeyboardInterrupt
        return np.square(values - 3.0).sum(axis=1), 2 * (values - 3.0)

    options: Any = {"starts": STARTS, "max_iterations": 3, "threads": 1}
    whole = lso.optimize(DECODER, lso.Function(partial(counts, last=0)), **options)
    total = calls
    for last in (1, total - 1, total):
        calls = 0
        with pytest.raises(KeyboardInterrupt) as caught:
            lso.optimize(DECODER, lso.Function(partial(counts, last=last)), **options)
        result = caught.value.result  # type: ignore[attr-defined]
        assert calls == last  # what may be slow is not asked again
        assert_same_bits(result.trunk_outputs, DECODER(result.latents))
        unknown = np.isnan(result.terms[0].loss)
        assert unknown.any()
        assert_close(result.terms[0].loss[~unknown], result.loss[~unknown], 1e-12)
    assert_same_bits(whole.trunk_outputs, DECODER(whole.latents))


def test_outputs_that_nobody_asks_for_change_nothing_under_levenberg_marquardt() -> None:
    options: Any = {"starts": STARTS[:9], "optimizer": lso.LevenbergMarquardt()}
    wide = np.full(7, np.nan)
    wide[:3] = SAMPLE[0, :3]
    asked = lso.optimize(DECODER, wide, **options)
    weighed = lso.SquaredError(SAMPLE[0], weights=[1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0])
    assert_same_bits(asked.latents, lso.optimize(DECODER, weighed, **options).latents)
    interval = lso.Interval(
        [*(SAMPLE[0, :3] - 0.01), *[-np.inf] * 4], [*(SAMPLE[0, :3] + 0.01), *[np.inf] * 4]
    )
    within = lso.optimize(DECODER, interval, **options)
    assert within.success.any()
    assert (np.abs(within.outputs - SAMPLE)[within.success, :3] <= 0.01).all()


def test_what_must_be_met_says_when_it_is() -> None:
    entropy = lso.BinaryCrossEntropy(CLASS)
    hard = lso.Problem(DECODER, lso.Branch(entropy, head=CLASSIFIER))
    assert_refused(lambda: lso.optimize(hard, starts=STARTS), "loss", "none")
    soft = lso.Problem(
        DECODER, lso.Branch(mean_at_least(0.5)), lso.Branch(lso.prefer(entropy), head=CLASSIFIER)
    )
    assert lso.optimize(soft, starts=STARTS).success.any()


def test_a_weighted_target_is_a_target() -> None:
    model = DECODER >> CLASSIFIER
    plain = lso.optimize(model, CLASS, starts=STARTS, mse=1e-4)
    weighted = lso.optimize(model, 4.0 * lso.SquaredError(CLASS), starts=STARTS, mse=1e-4)
    assert_close(weighted.loss, 4.0 * plain.loss, 1e-9)
    assert weighted.success.tolist() == plain.success.tolist()


@pytest.mark.parametrize(
    ("argument", "make"),
    [
        ("trunk", lambda: lso.Problem("decoder")),  # type: ignore[arg-type]
        ("head", lambda: lso.Problem(DECODER, lso.Branch(lso.Ball(1.0), head=DECODER))),
        ("head", lambda: lso.Branch(lso.Ball(1.0), head="classifier")),  # type: ignore[arg-type]
        (
            "head",
            lambda: lso.Problem(
                DECODER, lso.Branch(lso.Ball(1.0), head=CLASSIFIER.astype("float32"))
            ),
        ),
        ("branches", lambda: lso.Problem(DECODER, lso.Ball(1.0))),  # type: ignore[arg-type]
        ("terms", lambda: lso.Branch([0.0, 1.0])),  # type: ignore[arg-type]
        ("latent", lambda: lso.Problem(DECODER, latent=[3.0])),  # type: ignore[list-item]
        ("latent", lambda: lso.Problem(DECODER, latent=lso.Ball(1.0))),  # type: ignore[arg-type]
        ("weight", lambda: -1.0 * lso.Ball(1.0)),
        ("weight", lambda: lso.prefer(lso.Ball(1.0), 0.0)),
    ],
)
def test_what_does_not_fit_is_named(argument: str, make: Any) -> None:
    assert_refused(make, argument)


def test_an_interval_weighs_its_values() -> None:
    weights = np.array([2.0, 0.0])
    term = lso.Interval(LOW, HIGH, margin=0.0, weights=np.tile(weights, (60, 1)))
    asked = lso.Problem(DECODER, lso.Branch(term, head=REGRESSOR))
    numbers = REGRESSOR(DECODER(STARTS))
    miss = np.maximum(np.maximum(LOW - numbers, numbers - HIGH), 0.0)
    found = asked.evaluate(STARTS)
    assert_close(found.loss, (weights * miss**2).sum(axis=1), 1e-12)
    assert_same_bits(found.met, miss[:, 0] == 0)
    assert 0 < found.met.sum() < 60


def test_a_ball_may_have_an_inner_radius() -> None:
    shell = lso.Ball(np.inf, CENTERS, inner=1.0)
    asked = lso.Problem(DECODER, latent=[shell])
    result = lso.optimize(asked, starts=CENTERS + 0.1)
    distance = np.linalg.norm(result.latents - CENTERS, axis=1)
    assert result.success.all()
    assert_close(distance, np.full(60, 1.05), 0.05)
    assert_same_bits(result.terms[0].met, distance >= 1.0)


@pytest.mark.parametrize(
    ("argument", "term"),
    [
        ("radius", lso.Ball(0.0)),
        ("margin", lso.Ball(1.0, margin=1.0)),
        ("center", lso.Ball(1.0, center=[0.0, 1.0])),
        ("radius", lso.Ball(1.0, inner=1.0)),
        ("radius", lso.Ball(np.inf)),
        ("inner", lso.Ball(1.0, inner=-1.0)),
        ("weights", lso.Interval(0.0, 1.0, weights=np.zeros(4))),
        ("weights", lso.Interval(0.0, 1.0, weights=[1.0, -1.0, 1.0, 1.0])),
        ("weights", lso.Interval(0.0, 1.0, weights=[1.0, 1.0])),
        ("low", lso.Interval(np.zeros(5), np.ones(5))),
        ("high", lso.Interval(1.0, 0.0)),
        ("margin", lso.Interval(0.0, 1.0, margin=-1.0)),
        ("low", lso.Interval(np.inf, np.inf)),
        ("high", lso.Interval(-np.inf, -np.inf)),
        ("target", lso.SquaredError(np.zeros((3, 7)))),
        ("mse, squared_error", lso.SquaredError(np.zeros(7), mse=1.0, squared_error=1.0)),
        ("function", lso.Function("f")),  # type: ignore[arg-type]
        ("loss", lso.BinaryCrossEntropy(np.zeros(7), loss=-1.0)),
    ],
)
def test_a_term_that_does_not_fit_is_named(argument: str, term: lso.Term) -> None:
    call = lambda: lso.optimize(lso.Problem(DECODER, lso.Branch(term)), starts=STARTS)  # noqa: E731
    assert_refused(call, argument)


@pytest.mark.parametrize(
    ("argument", "term"),
    [
        ("weight", 1e39 * lso.Ball(1.0)),
        ("weight", 1e-39 * lso.Ball(1.0)),
        ("low", lso.Interval(1e39, np.inf)),
        ("high", lso.Interval(-np.inf, -1e39)),
    ],
)
def test_what_float32_cannot_hold_is_named(argument: str, term: Any) -> None:
    def call(dtype: Any) -> lso.OptimizeResult:
        asked = lso.Problem(DECODER.astype(dtype), lso.Branch(term))
        return lso.optimize(asked, starts=STARTS, max_iterations=1)

    assert_refused(lambda: call("float32"), argument, "e")
    assert np.isfinite(call("float64").loss).any()


def test_a_problem_takes_no_target_and_has_something_to_meet() -> None:
    assert_refused(lambda: lso.optimize(problem(), CLASS, starts=STARTS), "target")
    assert_refused(lambda: lso.optimize(problem(), starts=STARTS, mse=1e-3), "mse")
    soft = lso.Problem(DECODER, latent=[lso.prefer(lso.Ball(1.0))])
    assert_refused(lambda: lso.optimize(soft, starts=STARTS), "problem", "none")
    several = lso.optimize(problem(), starts=STARTS, max_iterations=0)
    assert_refused(lambda: several.outputs, "outputs", "2")
    assert_refused(lambda: several.mse, "mse", "2")


def test_an_interval_takes_no_tolerance() -> None:
    for name in ("mse", "squared_error", "loss"):
        options: dict[str, Any] = {name: 1e-3}
        interval = lso.Interval(0.0, 1.0)
        call = lambda options=options: lso.optimize(DECODER, interval, starts=STARTS, **options)  # noqa: E731, B023
        assert_refused(call, name)

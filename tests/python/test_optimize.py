"""Optimization of the input: the reference's steps, results, bounds, objectives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import lso_native as lso
import numpy as np
import pytest
import reference
import reference_loops as loops
from checks import assert_close, assert_refused, assert_same_bits
from lso_native._typing import Array
from strategies import random_network, uniform

GENTLE = lso.NormalizedGradientDescent(desired_change=-0.5)
STARTS = uniform((25, 6), seed=2)


def small(dtype: str = "float64", **options: Any) -> lso.Network:
    """Steep enough that the default threshold is not met at once."""
    network = random_network((6, 8, 2), seed=1, dtype=dtype, **options)
    return network.replace(3.0 * network.parameters)


def reachable(model: lso.Model) -> Array:
    """Targets (n_starts, n_outputs) of near points: in few steps rounding stays rounding."""
    return model(STARTS + uniform(STARTS.shape, seed=3, low=-0.4, high=0.4))


def reference_runs(
    model: lso.Model, starts: Array, objectives: Sequence[loops.Objective], **options: Any
) -> list[loops.Run]:
    chain = reference.from_model(model)
    pairs = zip(starts, objectives, strict=True)
    return [loops.optimize_one(chain, objective, start, **options) for start, objective in pairs]


def assert_equals_reference(result: lso.OptimizeResult, runs: list[loops.Run]) -> None:
    assert result.status.tolist() == [run.status for run in runs]
    assert result.iterations.tolist() == [run.iterations for run in runs]
    assert_close(result.latents, [run.latent for run in runs], 1e-9)
    assert_close(result.loss, [run.loss for run in runs], 1e-9)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "softplus", "silu"])
def test_convergence_equals_the_reference(activation: str) -> None:
    decoder = random_network((6, 8, 6), seed=1, activation=activation)
    model = decoder >> random_network((6, 7, 2), seed=2)
    targets = reachable(model)
    result = lso.optimize(model, targets, starts=STARTS, mse=1e-8, optimizer=GENTLE)
    objectives = [loops.squared_error(target) for target in targets]
    runs = reference_runs(model, STARTS, objectives, tolerance=2e-8, desired_change=-0.5)
    assert_equals_reference(result, runs)
    assert result.success.all()
    assert len(set(result.iterations.tolist())) > 3
    assert (result.mse <= 1e-8).all()


def test_no_step_is_longer_than_the_longest() -> None:
    targets = reachable(small())
    optimizer = lso.NormalizedGradientDescent(desired_change=-0.5, max_step=0.03)
    options: dict[str, Any] = {"max_iterations": 9}
    result = lso.optimize(
        *(small(), targets),
        starts=STARTS,
        mse=1e-8,
        optimizer=optimizer,
        trajectory=True,
        **options,
    )
    objectives = [loops.squared_error(target) for target in targets]
    runs = reference_runs(
        *(small(), STARTS, objectives),
        tolerance=2e-8,
        desired_change=-0.5,
        max_step=0.03,
        **options,
    )
    assert_equals_reference(result, runs)
    assert result.trajectory is not None
    steps = [np.linalg.norm(np.diff(points, axis=0), axis=1) for points in result.trajectory]
    assert max(step.max() for step in steps) == pytest.approx(0.03)
    assert min(step.min() for step in steps) < 0.029


@pytest.mark.parametrize("kind", [lso.NormalizedGradientDescent, lso.LevenbergMarquardt])
@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf, "1"])
def test_a_bad_longest_step_names_the_argument(kind: Any, value: Any) -> None:
    assert_refused(lambda: kind(max_step=value), "max_step")


def test_a_constant_desired_change_equals_the_reference() -> None:
    targets = reachable(small())
    optimizer = lso.NormalizedGradientDescent(desired_change=-2e-3, proportional=False)
    options: dict[str, Any] = {"max_iterations": 4}
    result = lso.optimize(
        small(), targets, starts=STARTS, squared_error=1e-3, optimizer=optimizer, **options
    )
    runs = reference_runs(
        small(),
        STARTS,
        [loops.squared_error(target) for target in targets],
        tolerance=1e-3,
        desired_change=-2e-3,
        proportional=False,
        **options,
    )
    assert_equals_reference(result, runs)
    assert set(result.status) == {"converged", "max_iterations"}


def test_result_shapes_and_units() -> None:
    starts = STARTS[:7]
    targets = reachable(small())[:7]
    result = lso.optimize(small("float32"), targets, starts=starts, mse=1e-4, max_iterations=2)
    assert result.latents.shape == result.starts.shape == (7, 6)
    assert result.latents.dtype == result.outputs.dtype == np.float32
    assert result.outputs.shape == (7, 2)
    assert result.mse.shape == result.loss.shape == result.status.shape == (7,)
    assert result.mse.dtype == result.loss.dtype == np.float64
    assert result.iterations.dtype == np.int64
    assert result.success.dtype == np.bool_
    assert result.trajectory is None
    assert result.trajectory_loss is None
    assert_same_bits(result.success, result.status == "converged")
    assert_same_bits(result.starts, starts.astype(np.float32))
    assert_same_bits(result.outputs, small("float32")(result.latents))
    assert_close(result.mse, ((result.outputs - targets) ** 2).mean(axis=1), 1e-4)
    assert_close(result.loss, result.mse * 2, 1e-12)


def test_mse_and_squared_error_are_one_threshold() -> None:
    targets = reachable(small())
    mean = lso.optimize(small(), targets, starts=STARTS, mse=1e-5)
    total = lso.optimize(small(), targets, starts=STARTS, squared_error=2e-5)
    loss = lso.optimize(small(), targets, starts=STARTS, loss=2e-5)
    default = lso.optimize(small(), targets, starts=STARTS)
    assert default.iterations.max() > 0
    assert_same_bits(mean.latents, total.latents)
    assert_same_bits(mean.latents, loss.latents)
    papers = lso.optimize(small(), targets, starts=STARTS, mse=1e-3)
    assert_same_bits(default.latents, papers.latents)


def test_max_iterations_keeps_the_best_point() -> None:
    # C = -5 E overshoots so far that the error grows: the last point is seldom the best
    model = small(activation="softplus")
    targets = reachable(model)
    result = lso.optimize(
        model,
        targets,
        starts=STARTS,
        optimizer=lso.NormalizedGradientDescent(desired_change=-5.0),
        mse=1e-9,
        max_iterations=5,
        trajectory=True,
    )
    objectives = [loops.squared_error(target) for target in targets]
    runs = reference_runs(
        model, STARTS, objectives, tolerance=2e-9, desired_change=-5.0, max_iterations=5
    )
    assert_equals_reference(result, runs)
    assert set(result.status) == {"max_iterations"}
    assert (result.iterations == 5).all()
    assert result.trajectory is not None
    assert result.trajectory_loss is not None
    moved_on = 0
    for i in range(len(STARTS)):
        best = int(np.argmin(result.trajectory_loss[i]))
        assert_same_bits(result.latents[i], result.trajectory[i][best])
        assert result.loss[i] == result.trajectory_loss[i][best]
        moved_on += best < 5
    assert moved_on > 10


LOW = np.array([0.0, 0.2, -0.5, -0.5, 0.0, -0.1])
HIGH = np.array([0.5, 0.9, 0.5, 0.5, 0.1, 0.0])


def test_bounds() -> None:
    network = small()
    targets = reachable(network)
    starts = np.clip(STARTS, LOW, HIGH)
    options: dict[str, Any] = {"bounds": (LOW, HIGH), "max_iterations": 20}
    result = lso.optimize(
        network, targets, starts=starts, optimizer=GENTLE, mse=1e-6, trajectory=True, **options
    )
    objectives = [loops.squared_error(target) for target in targets]
    runs = reference_runs(
        network, starts, objectives, tolerance=2e-6, desired_change=-0.5, **options
    )
    assert_equals_reference(result, runs)
    assert result.trajectory is not None
    points = np.concatenate(result.trajectory)
    assert (points >= LOW).all()
    assert (points <= HIGH).all()
    free = lso.optimize(network, targets, starts=starts, optimizer=GENTLE, mse=1e-6)
    assert ((free.latents < LOW) | (free.latents > HIGH)).any()


def test_a_start_held_in_a_corner_is_stationary() -> None:
    network = small(bias="standard")
    rising = network.replace(np.abs(network.parameters))
    result = lso.optimize(rising, [2.0, 2.0], starts=STARTS.clip(LOW, HIGH), bounds=(LOW, HIGH))
    assert set(result.status) == {"stationary"}
    assert_same_bits(result.latents, np.tile(HIGH, (25, 1)))


def test_starts_are_brought_into_the_bounds() -> None:
    starts = 3.0 * STARTS
    result = lso.optimize(
        small(), [0.5, 0.5], starts=starts, bounds=(LOW, HIGH), max_iterations=2, trajectory=True
    )
    assert result.trajectory is not None
    assert_same_bits(np.array([points[0] for points in result.trajectory]), starts.clip(LOW, HIGH))
    assert_same_bits(result.latents, result.latents.clip(LOW, HIGH))


def test_scalar_bounds_equal_arrays_of_them() -> None:
    starts = STARTS.clip(0, 1)
    options: dict[str, Any] = {"starts": starts, "max_iterations": 20}
    scalars = lso.optimize(small(), [0.5, 0.5], bounds=(0, 1), **options)
    arrays = lso.optimize(small(), [0.5, 0.5], bounds=([0] * 6, np.ones(6)), **options)
    free = lso.optimize(small(), [0.5, 0.5], **options)
    assert_same_bits(scalars.latents, arrays.latents)
    assert scalars.latents.tobytes() != free.latents.tobytes()


def test_trajectory() -> None:
    targets = reachable(small())
    options: dict[str, Any] = {"starts": STARTS, "mse": 1e-7, "optimizer": GENTLE}
    options["max_iterations"] = 40
    result = lso.optimize(small(), targets, trajectory=True, **options)
    assert_same_bits(result.latents, lso.optimize(small(), targets, **options).latents)
    assert result.trajectory is not None
    assert result.trajectory_loss is not None
    assert len(result.trajectory) == len(result.trajectory_loss) == 25
    objectives = [loops.squared_error(target) for target in targets]
    runs = reference_runs(
        small(), STARTS, objectives, tolerance=2e-7, desired_change=-0.5, max_iterations=40
    )
    for i, run in enumerate(runs):
        points, errors = result.trajectory[i], result.trajectory_loss[i]
        assert points.shape == (result.iterations[i] + 1, 6)
        assert errors.shape == (result.iterations[i] + 1,)
        assert_same_bits(points[0], STARTS[i])
        assert_close(points, run.trajectory, 1e-9)
        assert_close(errors, run.losses, 1e-9)


def test_one_target_for_all_or_one_each() -> None:
    target = reachable(small())[0]
    shared = lso.optimize(small(), target, starts=STARTS, max_iterations=20)
    each = lso.optimize(small(), np.tile(target, (25, 1)), starts=STARTS, max_iterations=20)
    assert_same_bits(shared.latents, each.latents)


def test_dont_care_outputs() -> None:
    network = random_network((6, 8, 4), seed=1)
    targets = reachable(network)
    targets[:, [1, 3]] = np.nan
    options: dict[str, Any] = {"starts": STARTS, "mse": 1e-8, "optimizer": GENTLE}
    result = lso.optimize(network, targets, **options)
    objectives = [loops.squared_error(target) for target in targets]
    runs = reference_runs(network, STARTS, objectives, tolerance=2e-8, desired_change=-0.5)
    assert_equals_reference(result, runs)
    assert result.success.all()
    assert_close(result.mse, result.loss / 2, 1e-12)
    zeros = lso.SquaredError(np.nan_to_num(targets, nan=9.0), weights=[1, 0, 1, 0])
    assert_same_bits(lso.optimize(network, zeros, **options).latents, result.latents)


def test_weights_scale_the_error() -> None:
    weights = [3.0, 0.5]
    targets = reachable(small())
    objective = lso.SquaredError(targets, weights=weights)
    result = lso.optimize(small(), objective, starts=STARTS, loss=1e-5, optimizer=GENTLE)
    objectives = [loops.squared_error(target, weights) for target in targets]
    runs = reference_runs(small(), STARTS, objectives, tolerance=1e-5, desired_change=-0.5)
    assert_equals_reference(result, runs)
    assert_close(result.mse, result.loss / 3.5, 1e-12)


def test_intervals() -> None:
    middle = reachable(small())
    low, high = middle - 0.01, middle + 0.02
    interval = lso.Interval(low, high, margin=0.002)
    result = lso.optimize(small(), interval, starts=STARTS, optimizer=GENTLE)
    assert result.success.all()
    assert (result.iterations > 0).any()
    assert (result.outputs >= low).all()
    assert (result.outputs <= high).all()
    narrowed = zip(low + 0.002, high - 0.002, strict=True)
    chain = reference.from_model(small())
    for i, ends in enumerate(narrowed):
        run = loops.optimize_one(
            chain, loops.interval(*ends), STARTS[i], tolerance=0.0, desired_change=-0.5,
            max_iterations=int(result.iterations[i]),
        )  # fmt: skip
        assert_close(result.latents[i], run.trajectory[-1], 1e-9)
        assert_close(result.loss[i], run.losses[-1], 1e-9, floor=1e-12)
        inside = [
            bool((low[i] <= y).all() and (y <= high[i]).all())
            for y in small()(np.stack(run.trajectory))
        ]
        assert inside == [False] * int(result.iterations[i]) + [True]


def test_an_interval_already_met_takes_no_step() -> None:
    outputs = small()(STARTS)
    result = lso.optimize(small(), lso.Interval(outputs - 0.1, outputs + 0.1), starts=STARTS)
    assert set(result.status) == {"converged"}
    assert (result.iterations == 0).all()
    assert (result.loss == 0.0).all()
    assert_same_bits(result.latents, STARTS)

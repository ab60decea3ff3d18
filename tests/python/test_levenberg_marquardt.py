"""Levenberg-Marquardt on the input: a plain loop's points, few steps, independence of the starts, refusals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import lso_native as lso
import numpy as np
import pytest
import reference
import reference_loops as loops
from checks import assert_close, assert_refused, assert_same_bits
from lso_native._typing import Array
from strategies import random_network, uniform

STARTS = uniform((25, 6), seed=2)
LOW = np.array([0.0, 0.2, -0.5, -0.5, 0.0, -0.1])
HIGH = np.array([0.5, 0.9, 0.5, 0.5, 0.1, 0.0])

# y (n_outputs,) -> (the residuals r, each one's derivative by its output)
Residuals = Callable[[Array], tuple[Array, Array]]


def squared(target: Array, weights: Any = 1.0) -> Residuals:
    root = np.where(np.isnan(target), 0.0, np.sqrt(weights))
    aim = np.nan_to_num(target)
    return lambda y: (root * (y - aim), root)


def residuals_of_interval(low: Array, high: Array) -> Residuals:
    return lambda y: (y - np.clip(y, low, high), np.where((y < low) | (y > high), 1.0, 0.0))


def jacobian(chain: reference.Chain, values: list[Array], slopes: Array) -> Array:
    rows = [
        reference.backpropagate_nodes(chain, values, row[None])[0][0] for row in np.diag(slopes)
    ]
    return np.array(rows)


def damped_step(model: Array, residual: Array, damping: float) -> Array:
    """The h that makes |r + J h|^2 + mu |h|^2 least, without the normal equations."""
    n = model.shape[1]
    left = np.concatenate([model, np.sqrt(damping) * np.eye(n)])
    right = np.concatenate([-residual, np.zeros(n)])
    step: Array = np.linalg.lstsq(left, right, rcond=None)[0]
    return step


def marquardt_one(
    chain: reference.Chain,
    residuals: Residuals,
    start: Array,
    *,
    tolerance: float,
    damping: float = 1e-3,
    max_step: float = np.inf,
    max_iterations: int = 1000,
    bounds: tuple[Array, Array] = (np.array(-np.inf), np.array(np.inf)),
) -> loops.Run:
    """Madsen, Nielsen and Tingleff 2004, Algorithm 3.16; an input at its bound that would leave it is held."""
    low, high = bounds
    point = start.clip(low, high)
    run = loops.Run("max_iterations", point, np.inf, 0)
    mu, factor, promised = 0.0, 2.0, 0.0
    residual, model = np.zeros(0), np.zeros((0, 0))
    while True:
        values = reference.forward(chain, point[None])
        found, slopes = residuals(values[-1][0])
        error = float(found @ found)
        run.trajectory.append(point)
        run.losses.append(error)
        if error < run.loss:
            if promised > 0:
                ratio = min((run.loss - error) / promised, 1.0)
                mu *= max(1 / 3, 1 - (2 * ratio - 1) ** 3)
            factor = 2.0
            run.latent, run.loss = point, error
            residual, model = found, jacobian(chain, values, slopes)
        else:
            mu *= factor
            factor *= 2.0
        if run.loss <= tolerance:
            run.status = "converged"
            return run
        if run.iterations == max_iterations:
            return run
        slope = model.T @ residual
        held = ((run.latent <= low) & (slope > 0)) | ((run.latent >= high) & (slope < 0))
        free = np.where(held, 0.0, model)
        mu = mu or damping * float((free**2).sum()) / min(free.shape)
        step = np.where(held, 0.0, damped_step(free, residual, mu))
        step *= min(1.0, max_step / (float(np.linalg.norm(step)) or 1.0))
        promised = float(residual @ residual - np.square(residual + free @ step).sum())
        point = (run.latent + step).clip(low, high)
        if np.array_equal(point, run.latent):
            run.status = "stationary"
            return run
        run.iterations += 1


def small(dtype: str = "float64", n_outputs: int = 2, **options: Any) -> lso.Network:
    """So steep that some steps fail."""
    network = random_network((6, 8, n_outputs), seed=1, dtype=dtype, **options)
    return network.replace(4.0 * network.parameters)


def reachable(model: lso.Model, reach: float = 0.8) -> Array:
    return model(STARTS + uniform(STARTS.shape, seed=3, low=-reach, high=reach))


def marquardt_runs(
    model: lso.Model, residuals: Sequence[Residuals], **options: Any
) -> list[loops.Run]:
    chain = reference.from_model(model)
    pairs = zip(STARTS, residuals, strict=True)
    return [marquardt_one(chain, each, start, **options) for start, each in pairs]


def assert_equals_reference(result: lso.OptimizeResult, runs: list[loops.Run]) -> None:
    assert result.status.tolist() == [run.status for run in runs]
    assert result.iterations.tolist() == [run.iterations for run in runs]
    assert_close(result.latents, [run.latent for run in runs], 1e-9)
    assert_close(result.loss, [run.loss for run in runs], 1e-9)
    assert result.trajectory is not None
    for points, run in zip(result.trajectory, runs, strict=True):
        assert_close(points, run.trajectory, 1e-9)


def optimize(model: lso.Model, target: Any, **options: Any) -> lso.OptimizeResult:
    arguments = {"starts": STARTS, "optimizer": lso.LevenbergMarquardt(), "trajectory": True}
    return lso.optimize(model, target, **{**arguments, **options})


@pytest.mark.parametrize("damping", [1e-3, 0.3])
@pytest.mark.parametrize("n_outputs", [1, 2, 6, 9])
def test_steps_equal_the_reference(n_outputs: int, damping: float) -> None:
    model = small(n_outputs=n_outputs)
    targets = reachable(model)
    result = optimize(
        model,
        targets,
        squared_error=1e-7,
        max_iterations=7,
        optimizer=lso.LevenbergMarquardt(damping=damping),
    )
    runs = marquardt_runs(
        model, list(map(squared, targets)), tolerance=1e-7, damping=damping, max_iterations=7
    )
    assert_equals_reference(result, runs)
    assert result.trajectory_loss is not None
    for errors, run in zip(result.trajectory_loss, runs, strict=True):
        assert_close(errors, run.losses, 1e-9)


@pytest.mark.parametrize("n_outputs", [2, 9])
def test_no_step_is_longer_than_the_longest(n_outputs: int) -> None:
    model = small(n_outputs=n_outputs)
    targets = reachable(model)
    optimizer = lso.LevenbergMarquardt(max_step=0.05)
    options: dict[str, Any] = {"squared_error": 1e-7, "max_iterations": 12}
    result = optimize(model, targets, optimizer=optimizer, **options)
    runs = marquardt_runs(
        model, list(map(squared, targets)), tolerance=1e-7, max_step=0.05, max_iterations=12
    )
    assert_equals_reference(result, runs)
    assert result.trajectory is not None
    lengths = [
        np.linalg.norm(np.diff(points, axis=0), axis=1).max() for points in result.trajectory
    ]
    assert max(lengths) == pytest.approx(0.05)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "softplus", "relu", "gelu"])
def test_convergence_equals_the_reference(activation: str) -> None:
    decoder = random_network((6, 8, 6), seed=1, activation=activation)
    model = decoder >> random_network((6, 7, 2), seed=2)
    targets = reachable(model, reach=0.4)
    # a start at a least error above 0 would be told apart by rounding alone
    result = optimize(model, targets, mse=1e-8, max_iterations=6)
    runs = marquardt_runs(model, list(map(squared, targets)), tolerance=2e-8, max_iterations=6)
    assert_equals_reference(result, runs)
    assert result.success.mean() > 0.7
    assert len(set(result.iterations.tolist())) > 1


def test_a_failed_step_is_taken_back() -> None:
    targets = reachable(small(), reach=2.0)
    result = optimize(small(), targets, mse=1e-8, max_iterations=12)
    runs = marquardt_runs(small(), list(map(squared, targets)), tolerance=2e-8, max_iterations=12)
    assert_equals_reference(result, runs)
    failures = [np.diff(run.losses) > 0 for run in runs]
    assert sum(failed.sum() for failed in failures) > 10
    assert any((failed[1:] & failed[:-1]).any() for failed in failures)


def test_a_trajectory_has_a_point_for_each_step_and_holds_the_best() -> None:
    result = optimize(small(), reachable(small(), reach=2.0), mse=1e-8, max_iterations=12)
    assert result.trajectory is not None
    assert result.trajectory_loss is not None
    assert set(result.status) >= {"converged", "max_iterations"}
    for i, (points, errors) in enumerate(
        zip(result.trajectory, result.trajectory_loss, strict=True)
    ):
        assert points.shape == (result.iterations[i] + 1, 6)
        assert errors.shape == (result.iterations[i] + 1,)
        best = int(np.argmin(errors))
        assert_same_bits(points[0], STARTS[i])
        assert_same_bits(points[best], result.latents[i])
        assert errors[best] == result.loss[i]
    plain = optimize(
        small(), reachable(small(), reach=2.0), mse=1e-8, max_iterations=12, trajectory=False
    )
    assert_same_bits(plain.latents, result.latents)
    assert plain.trajectory is None


def test_far_fewer_steps_than_algorithm_3() -> None:
    decoder, classifier = random_network((6, 20, 30), seed=1), random_network((30, 12, 4), seed=2)
    model = decoder.replace(3.0 * decoder.parameters) >> classifier.replace(
        3.0 * classifier.parameters
    )
    targets = reachable(model)
    options: dict[str, Any] = {"mse": 1e-7, "max_iterations": 2000, "trajectory": False}
    marquardt = optimize(model, targets, **options)
    descent = optimize(model, targets, optimizer=lso.NormalizedGradientDescent(), **options)
    assert marquardt.success.sum() >= max(20, descent.success.sum())
    assert 4 * np.median(marquardt.iterations) < np.median(descent.iterations)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_start_does_not_depend_on_its_company(dtype: str) -> None:
    decoder = random_network((5, 30, 33), seed=1, dtype=dtype)
    model = decoder >> random_network((33, 17, 4), seed=2, dtype=dtype)
    starts = uniform((150, 5), seed=2)
    targets = model(starts + uniform((150, 5), seed=3, low=-2.0, high=2.0))

    def run(rows: Any, threads: int) -> lso.OptimizeResult:
        return optimize(
            model, targets[rows], starts=starts[rows], threads=threads, mse=1e-9, max_iterations=30
        )

    whole = run(slice(None), 1)
    assert len(set(whole.iterations.tolist())) > 3  # lanes end at different times
    order = np.random.default_rng(4).permutation(150)
    subsets: list[tuple[Any, int]] = [
        (slice(None), 2),
        (slice(None), 5),
        (order, 1),
        (slice(20, 53), 1),
        ([7], 1),
        ([93], 3),
        ([149, 0], 2),
    ]
    for rows, threads in subsets:
        part = run(rows, threads)
        for name in ("latents", "samples", "outputs", "mse", "loss", "iterations", "status"):
            assert_same_bits(getattr(part, name), getattr(whole, name)[rows])
        assert part.trajectory is not None
        assert whole.trajectory is not None
        assert_same_bits(part.trajectory[0], whole.trajectory[np.arange(150)[rows][0]])


def test_bounds() -> None:
    targets = reachable(small())
    options: dict[str, Any] = {"bounds": (LOW, HIGH), "max_iterations": 4}
    result = optimize(small(), targets, mse=1e-6, **options)
    runs = marquardt_runs(small(), list(map(squared, targets)), tolerance=2e-6, **options)
    assert_equals_reference(result, runs)
    assert result.trajectory is not None
    points = np.concatenate(result.trajectory)
    assert (points >= LOW).all()
    assert (points <= HIGH).all()
    assert ((points == LOW) | (points == HIGH)).any()
    free = optimize(small(), targets, mse=1e-6)
    assert ((free.latents < LOW) | (free.latents > HIGH)).any()


def test_a_start_held_in_a_corner_is_stationary() -> None:
    network = random_network((6, 8, 2), seed=1, bias="standard")
    rising = network.replace(np.abs(network.parameters))
    result = optimize(rising, [2.0, 2.0], bounds=(LOW, HIGH))
    assert set(result.status) == {"stationary"}
    assert_same_bits(result.latents, np.tile(HIGH, (25, 1)))


def test_weights() -> None:
    weights = [3.0, 0.0, 0.5]
    model = small(n_outputs=3)
    targets = reachable(model)
    objective = lso.SquaredError(targets, weights=weights)
    result = optimize(model, objective, loss=1e-6, max_iterations=10)
    residuals = [squared(target, weights) for target in targets]
    assert_equals_reference(
        result, marquardt_runs(model, residuals, tolerance=1e-6, max_iterations=10)
    )
    assert_close(result.mse, result.loss / 3.5, 1e-12)
    errors = ((result.outputs - targets) ** 2 * weights).sum(axis=1)
    assert_close(result.loss, errors, 1e-9)


def test_dont_care_outputs() -> None:
    model = small(n_outputs=4)
    targets = reachable(model)
    targets[::2, [1, 3]] = np.nan
    result = optimize(model, targets, loss=1e-6, max_iterations=10)
    residuals = list(map(squared, targets))
    assert_equals_reference(
        result, marquardt_runs(model, residuals, tolerance=1e-6, max_iterations=10)
    )
    weights = np.where(np.isnan(targets), 0.0, 1.0)
    zeros = lso.SquaredError(np.nan_to_num(targets, nan=9.0), weights=weights)
    same = optimize(model, zeros, loss=1e-6, max_iterations=10)
    assert_same_bits(same.latents, result.latents)


def test_intervals() -> None:
    middle = reachable(small())
    low, high = middle - 0.01, middle + 0.02
    interval = lso.Interval(low, high, margin=0.002)
    result = optimize(small(), interval, max_iterations=10)
    met = result.outputs[result.success]
    assert len(met) > 10
    assert (met >= low[result.success]).all()
    assert (met <= high[result.success]).all()
    chain, taken = reference.from_model(small()), 0
    for i in np.flatnonzero(result.success & (result.iterations > 0)):
        ends = residuals_of_interval(low[i] + 0.002, high[i] - 0.002)
        run = marquardt_one(
            chain, ends, STARTS[i], tolerance=0.0, max_iterations=int(result.iterations[i])
        )
        assert result.trajectory is not None
        assert_close(result.trajectory[i], run.trajectory, 1e-9)
        taken += 1
    assert taken > 5


def test_what_is_met_already_takes_no_step() -> None:
    outputs = small()(STARTS)
    for target in (outputs, lso.Interval(outputs - 0.1, outputs + 0.1)):
        result = optimize(small(), target)
        assert set(result.status) == {"converged"}
        assert (result.iterations == 0).all()
        assert_same_bits(result.latents, STARTS)


def test_without_iterations_the_starts_are_only_looked_at() -> None:
    result = optimize(small(), [0.2, 0.8], mse=1e-9, max_iterations=0)
    assert set(result.status) == {"max_iterations"}
    assert_same_bits(result.latents, STARTS)
    assert_close(result.mse, ((small()(STARTS) - [0.2, 0.8]) ** 2).mean(axis=1), 1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_out_of_reach_is_stationary_or_out_of_iterations(dtype: str) -> None:
    model = small(dtype, activation="linear", n_outputs=9)
    targets = uniform((9,), seed=5)
    result = optimize(model, targets, max_iterations=300)
    assert set(result.status) == {"stationary"}
    assert (result.iterations > 0).all()
    # a linear model: all starts come to one least error
    assert_close(result.loss, np.full(25, result.loss.min()), 1e-4 if dtype == "float32" else 1e-10)
    assert set(optimize(model, targets, max_iterations=1).status) == {"max_iterations"}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_vanishing_gradient_is_stationary(dtype: str) -> None:
    network = random_network((3, 8, 2), seed=1, activation="relu", bias="standard", dtype=dtype)
    dead = network.replace(-np.abs(network.parameters))
    starts = uniform((20, 3), seed=2, low=0.5, high=1.0)
    result = optimize(dead, [0.5, 0.5], starts=starts)
    assert result.status.tolist() == ["stationary"] * 20
    assert (result.iterations == 0).all()
    assert_same_bits(result.latents, starts.astype(dtype))


def test_single_precision_meets_the_target() -> None:
    targets = reachable(small(), reach=0.4)
    result = optimize(small("float32"), targets, mse=1e-6)
    assert result.latents.dtype == np.float32
    assert result.success.mean() > 0.7
    assert_close(result.mse, ((result.outputs - targets) ** 2).mean(axis=1), 1e-3)
    assert (result.mse[result.success] <= 1e-6).all()


@pytest.mark.parametrize("kind", [lso.BinaryCrossEntropy, lso.CategoricalCrossEntropy])
def test_a_cross_entropy_is_refused(kind: Any) -> None:
    call = partial(optimize, small(), kind([0.0, 1.0]), loss=0.1)
    with pytest.raises(ValueError, match=r"^optimizer: "):
        call()
    assert_refused(call, "optimizer", "sum of squares", "LevenbergMarquardt")


def test_training_refuses_it() -> None:
    optimizer: Any = lso.LevenbergMarquardt()
    call = partial(lso.train, small(), STARTS, np.zeros((25, 2)), optimizer=optimizer, epochs=1)
    with pytest.raises(TypeError, match=r"^optimizer: "):
        call()
    assert_refused(call, "optimizer", "LevenbergMarquardt")


@pytest.mark.parametrize("value", [0, 0.0, -1e-3, float("nan"), float("inf"), "x", None])
def test_bad_damping_names_the_argument(value: Any) -> None:
    assert_refused(lambda: lso.LevenbergMarquardt(damping=value), "damping")

"""Measures of walks, on walks drawn by hand and on those of the optimizer."""

from __future__ import annotations

import json
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from lso_native._typing import Array
from lso_native.irregularity import _common, walk_irregularity
from strategies import random_network, uniform

INFINITY = 2.0**52


def dense(weights: Any, *, activation: Any = "linear") -> lso.Network:
    """One layer without biases, ``weights`` (n_out, n_in)."""
    matrix = np.atleast_2d(np.asarray(weights, np.float64))
    network = lso.Network(
        matrix.shape[::-1], activation=activation, bias=[False, False], dtype="float64"
    )
    return network.replace(matrix.ravel())


# E = (z0 - t)^2 and ||D||^2 = 4 (z0 - t)^2; the sample is 3 z0, and z1 moves nothing.
PLAIN = dense([[3.0, 0.0]]) >> dense([[1 / 3]])


def along(z0: Any, z1: Any = 0.0) -> Array:
    return np.stack(np.broadcast_arrays(np.asarray(z0, float), z1), axis=1)


def test_the_largest_jump_of_a_walk_and_of_all() -> None:
    first = along([20.0, 19.0, 18.0, 17.0, 10.0])  # jumps 1, 1, 1, 7
    second = along([4.0, 4.0, 8.0, 8.0], [0.0, 3.0, 6.0, 2.0])  # 3, 5, 4; in z0 alone 0, 4, 0
    found = walk_irregularity(PLAIN, [first, second], [0.0])
    assert [jumps.tolist() for jumps in found.latent_jumps] == [[1, 1, 1, 7], [3, 5, 4]]
    assert np.concatenate(found.sample_jumps) == pytest.approx([3, 3, 3, 21, 0, 12, 0])
    assert found.latent_jump_ratio == pytest.approx([7, 1.25])
    assert found.sample_jump_ratio == pytest.approx([7, INFINITY])  # the median is zero
    summary = found.summary()
    assert summary["latent_jump_ratio"] == pytest.approx(7 / 3)
    assert summary["sample_jump_ratio"] == pytest.approx(21 / 3)
    assert summary["latent_jump_ratio_of_walk_max"] == pytest.approx(7)
    assert summary["latent_jump_ratio_of_walk_median"] == pytest.approx(4.125)
    assert (summary["walks"], summary["steps"]) == (2, 7)


def test_loss_and_gradient_along_a_walk() -> None:
    found = walk_irregularity(PLAIN, [along([5.0, 2.0]), along([1.0, -3.0, 4.0])], [[1.0], [2.0]])
    assert np.concatenate(found.loss) == pytest.approx([16, 1, 1, 25, 4])
    assert np.concatenate(found.squared_gradient) == pytest.approx([64, 4, 4, 100, 16])
    assert [len(values) for values in found.loss] == [2, 3]
    assert found.rise_share == pytest.approx(1 / 3)


def test_vanishing_gradients_are_counted_and_a_met_target_is_not_flat() -> None:
    walks = [along([10.0, 9.0, 0.5, 0.0]), along([-10.0, 10.0, -0.9])]  # squared over 4: median 81
    found = walk_irregularity(PLAIN, walks, [0.0])
    assert found.vanishing_share == pytest.approx(3 / 7)
    assert walk_irregularity(PLAIN, walks, [0.0], vanishing=0.005).vanishing_share == 2 / 7
    assert walk_irregularity(PLAIN, walks, [0.0], vanishing=0).vanishing_share == 1 / 7
    assert found.flat_share == 0  # ||D||^2 / E is 4 everywhere


def test_at_the_fraction_counts_as_vanishing() -> None:
    walks = [along([16.0, 16.0, 16.0, 4.0])]
    model = dense([[1.0, 0.0]])  # 4 * 256 is the median, 4 * 16 a sixteenth of it, both exact
    assert walk_irregularity(model, walks, [0.0], vanishing=1 / 16).vanishing_share == 0.25
    assert walk_irregularity(model, walks, [0.0], vanishing=0.0624).vanishing_share == 0


def test_zero_gradients_vanish_even_where_most_are_zero() -> None:
    found = walk_irregularity(dense([[1.0]]), [[[0.0], [0.0], [0.0], [5.0]]], [0.0])
    assert found.vanishing_share == 0.75
    assert found.flat_share == 0  # of the one point where the target is not met
    met = walk_irregularity(dense([[1.0]]), [[[0.0], [0.0]]], [0.0])
    assert (met.vanishing_share, met.flat_share) == (1, 0)
    json.dumps(met.summary(), allow_nan=False)


def test_a_plateau_is_flat() -> None:
    z = np.array([0.0, 0.1, -0.1, 0.2, -20.0, 0.0, -15.0, 0.3])
    found = walk_irregularity(dense([[1.0]], activation="sigmoid"), [z[:, None]], [1.0])
    y = 1 / (1 + np.exp(-z))
    assert found.loss[0] == pytest.approx((1 - y) ** 2, rel=1e-12)
    assert found.squared_gradient[0] == pytest.approx((2 * (1 - y) * y * (1 - y)) ** 2, rel=1e-12)
    assert found.vanishing_share == 2 / 8
    assert found.flat_share == 2 / 8


def test_outputs_without_a_target_are_left_out() -> None:
    model = dense(np.eye(2))
    walk = [[1.0, 2.0], [3.0, 4.0]]
    one = walk_irregularity(model, [walk], [0.0, np.nan])
    assert one.loss[0].tolist() == [1, 9]
    assert one.squared_gradient[0].tolist() == [4, 36]


def test_a_walk_without_a_step_has_no_jump() -> None:
    found = walk_irregularity(PLAIN, [along([5.0]), along([0.0, 1.0, 3.0])], [0.0])
    assert found.latent_jumps[0].shape == (0,)
    assert found.latent_jump_ratio == pytest.approx([1, 2 / 1.5])


def test_a_step_of_algorithm_3_is_as_long_as_the_loss_over_the_gradient() -> None:
    decoder = random_network((3, 12, 8), 0)
    model = decoder >> random_network((8, 6, 2), 1)
    target = [0.9, 0.1]
    result = lso.optimize(
        model, target, starts=uniform((20, 3), 2), trajectory=True, max_iterations=5
    )
    assert result.trajectory is not None
    assert result.trajectory_loss is not None
    found = walk_irregularity(model, result.trajectory, target)
    assert sum(jumps.size for jumps in found.latent_jumps) > 20
    for i, path in enumerate(result.trajectory):
        assert found.loss[i] == pytest.approx(result.trajectory_loss[i], rel=1e-9)
        steps = found.loss[i][:-1] / np.sqrt(found.squared_gradient[i][:-1])
        assert found.latent_jumps[i] == pytest.approx(steps, rel=1e-6)
        distances = np.linalg.norm(np.diff(decoder(path), axis=0), axis=1)
        assert found.sample_jumps[i] == pytest.approx(distances, rel=1e-9, abs=1e-12)


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    model = random_network((3, 12, 8), 0) >> random_network((8, 6, 2), 1)
    walks = [uniform((n, 3), n) for n in (5, 1, 9, 30, 2)]
    whole = walk_irregularity(model, walks, [0.9, 0.1])
    monkeypatch.setattr(_common, "BLOCK", 40)  # 3 points at once
    pieces = walk_irregularity(model, walks, [0.9, 0.1])
    for name in ("loss", "squared_gradient", "latent_jumps", "sample_jumps"):
        for one, other in zip(getattr(whole, name), getattr(pieces, name), strict=True):
            assert one == pytest.approx(other, rel=1e-12)


def test_the_summary_is_plain_floats() -> None:
    summary = walk_irregularity(PLAIN, [along([5.0, 2.0])], [0.0]).summary()
    assert all(type(value) is float for value in summary.values())
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary


def test_walks_far_apart_are_no_jump() -> None:
    far = [[[1e308], [1e308]], [[-1e308], [-1e308]]]
    found = walk_irregularity(dense([[0.0]]), far, [0.0])
    assert np.concatenate(found.latent_jumps).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("walks", "message"),
    [
        ([], "^walks: expected at least one step, got none in 0 walks"),
        ([along([1.0])], "^walks: expected at least one step, got none in 1 walks"),
        (along([1.0, 2.0]), r"^walks\[0\]: expected .* got shape \(2,\)"),
        ([np.ones((3, 5))], r"^walks\[0\]: expected .*\(n_samples, 2\), got shape \(3, 5\)"),
        ([along([1.0, 2.0]), np.ones((0, 2))], r"^walks\[1\]: expected at least one sample"),
        ([along([1.0, np.inf])], r"^walks\[0\]: expected finite .* got inf at \(1, 0\)"),
        ([along([1.0, 1e200])], "^walks: expected points where the model is finite"),
    ],
)
def test_bad_walks(walks: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        walk_irregularity(PLAIN, walks, [0.0])


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ([0.0, 1.0], r"^target: expected .*\(1,\) or \(3, 1\), got shape \(2,\)"),
        ([[0.0], [1.0]], r"^target: expected .*\(1,\) or \(3, 1\), got shape \(2, 1\)"),
        ([np.inf], "^target: expected finite numbers or NaN, got infinity"),
        ([[0.0], [np.nan], [1.0]], "^target: expected at least one number in every row"),
    ],
)
def test_bad_targets(target: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        walk_irregularity(PLAIN, [along([1.0, 2.0])] * 3, target)


@pytest.mark.parametrize("fraction", [-0.1, np.nan])
def test_bad_fractions(fraction: float) -> None:
    with pytest.raises(ValueError, match=r"^vanishing: expected a (finite )?number"):
        walk_irregularity(PLAIN, [along([1.0, 2.0])], [0.0], vanishing=fraction)


@pytest.mark.parametrize(
    ("model", "walks", "target", "message"),
    [
        (None, [along([1.0, 2.0])], [0.0], "^model: expected a Network or Composition"),
        (PLAIN, None, [0.0], "^walks: expected a sequence of arrays .* got NoneType"),
        (PLAIN, [along([1.0, 2.0])], ["a"], "^target: expected an array of real numbers"),
    ],
)
def test_bad_types(model: Any, walks: Any, target: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        walk_irregularity(model, walks, target)

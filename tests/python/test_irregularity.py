"""Measures of latent spaces, where their values are known."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from checks import assert_close, assert_same_bits
from hypothesis import given
from hypothesis import strategies as st
from lso_native._typing import Array
from lso_native.irregularity import (
    _common,
    feasible_share,
    irregularity,
    jacobian,
    latent_geometry,
    path_curvature,
    round_trip,
)
from strategies import models, random_network, samples, uniform

INFINITY = 2.0**52  # what a ratio with zero below is floored to
SMOOTH = ("linear", "sigmoid", "tanh", "softplus", "silu", "gelu", "softmax", "log_softmax")
Model = lso.Network | lso.Composition


def dense(weights: Any, *, activation: Any = "linear") -> lso.Network:
    """One layer without biases, ``weights`` (n_out, n_in)."""
    matrix = np.atleast_2d(np.asarray(weights, np.float64))
    network = lso.Network(
        matrix.shape[::-1], activation=activation, bias=[False, False], dtype="float64"
    )
    return network.replace(matrix.ravel())


def stack(*layers: lso.Network) -> lso.Composition:
    return lso.compose(*layers)


def orthogonal(n_out: int, n_in: int, seed: int) -> Array:
    """(n_out, n_in) with orthonormal columns."""
    columns: Array = np.linalg.qr(uniform((n_out, n_in), seed))[0]
    return columns


def with_singular_values(n_out: int, s: list[float]) -> Array:
    matrix: Array = orthogonal(n_out, len(s), 1) * s @ orthogonal(len(s), len(s), 2).T
    return matrix


def by_backpropagation(model: Model, x: Array) -> Array:
    """Exact and slow: a backward pass for each output."""
    n, m = len(x), model.n_outputs
    each = model.input_gradient(np.repeat(x, m, axis=0), np.tile(np.eye(m), (n, 1)))
    return each.reshape(n, m, model.n_inputs)


def by_differences(model: Model, x: Array, h: float = 1e-5) -> Array:
    columns = [(model(x + e) - model(x - e)) / (2 * h) for e in h * np.eye(model.n_inputs)]
    return np.stack(columns, axis=2)


# ---- Jacobians


@given(st.data())
def test_jacobian_meets_central_differences(data: st.DataObject) -> None:
    model = data.draw(models(max_width=12, max_layers=3, activations=SMOOTH))
    x = data.draw(samples(model.n_inputs, max_samples=5))
    floor = 1e-3 * float(np.abs(model(x)).max())  # below it a difference sees rounding alone
    assert_close(jacobian(model, x), by_differences(model, x), 1e-6, floor=floor)


@given(st.data())
def test_jacobian_meets_backpropagation(data: st.DataObject) -> None:
    model = data.draw(models(max_width=12, max_layers=3))
    x = data.draw(samples(model.n_inputs, max_samples=5))
    assert_close(jacobian(model, x), by_backpropagation(model, x), 1e-11, floor=1e-3)


def test_jacobian_is_nearer_to_backpropagation_than_differences_are() -> None:
    decoder, x = random_network((4, 16, 30), 0), uniform((10, 4), 1)
    exact = by_backpropagation(decoder, x)
    by_chain_rule = np.abs(jacobian(decoder, x) - exact).max()
    assert by_chain_rule < 1e-14 < 1e-13 < np.abs(by_differences(decoder, x) - exact).max()


def test_jacobian_of_a_float32_network_is_that_of_its_float64_copy() -> None:
    single = random_network((4, 16, 30), 0, dtype="float32")
    double = random_network((4, 16, 30), 0).replace(single.parameters)
    x = uniform((10, 4), 1)
    assert_same_bits(jacobian(single, x), jacobian(double, x))
    assert jacobian(single, x.astype(np.float32)).dtype == np.float64


def test_jacobian_of_one_sigmoid() -> None:
    z = np.array([[-3.0], [0.0], [0.5]])
    y = 1 / (1 + np.exp(-2 * z))
    decoder = dense([[2.0]], activation="sigmoid")
    assert jacobian(decoder, z)[:, :, 0] == pytest.approx(2 * y * (1 - y), rel=1e-14)
    found = latent_geometry(decoder, z)
    assert found.singular_values == pytest.approx(2 * y * (1 - y), rel=1e-14)
    assert found.condition.tolist() == [1, 1, 1]
    assert found.effective_rank.tolist() == [1, 1, 1]


# ---- condition and rank


def test_a_linear_decoder_has_its_singular_values_everywhere() -> None:
    s = [3.0, 2.0, 0.5]
    decoder = dense(with_singular_values(6, s))
    found = latent_geometry(decoder, uniform((7, 3), 0, -100, 100))
    assert found.singular_values == pytest.approx(np.tile(s, (7, 1)), rel=1e-13)
    assert found.condition == pytest.approx(np.full(7, 6.0), rel=1e-13)
    rank = (9 + 4 + 0.25) ** 2 / (81 + 16 + 0.0625)
    assert found.effective_rank == pytest.approx(np.full(7, rank), rel=1e-13)
    summary = found.summary()
    assert summary["condition_max"] == pytest.approx(6)
    assert summary["gain_median"] == pytest.approx(3)
    assert summary["effective_rank_q05"] == pytest.approx(rank)


def test_orthogonal_weights_have_condition_one() -> None:
    decoder = stack(dense(orthogonal(5, 3, 1)), dense(orthogonal(9, 5, 2)))
    found = latent_geometry(decoder, uniform((4, 3), 0))
    assert found.condition == pytest.approx(np.ones(4), rel=1e-13)
    assert found.effective_rank == pytest.approx(np.full(4, 3.0), rel=1e-13)


def test_condition_differs_where_the_decoder_bends() -> None:
    decoder = dense(np.eye(2), activation="sigmoid")
    found = latent_geometry(decoder, [[0.0, 0.0], [0.0, 3.0], [3.0, 0.0]])
    y = 1 / (1 + np.exp(-3.0))
    steep = 0.25 / (y * (1 - y))
    assert found.condition == pytest.approx([1, steep, steep], rel=1e-13)
    assert found.summary()["condition_median"] == pytest.approx(steep)


def test_a_dead_latent_has_the_floored_condition() -> None:
    weights = orthogonal(6, 3, 1)
    weights[:, 1] = 0.0
    found = latent_geometry(dense(weights), uniform((4, 3), 0))
    assert found.condition.tolist() == [INFINITY / 6] * 4
    assert found.effective_rank == pytest.approx(np.full(4, 2.0))


def test_a_decoder_of_zeros_has_no_rank() -> None:
    found = latent_geometry(dense(np.zeros((6, 3))), uniform((4, 3), 0))
    assert found.condition.tolist() == [INFINITY / 6] * 4
    assert found.effective_rank.tolist() == [0.0] * 4
    assert not found.singular_values.any()


def test_tiny_weights_change_neither_condition_nor_rank() -> None:
    weights = with_singular_values(4, [2.0, 1.0])
    tiny = latent_geometry(dense(1e-200 * weights), [[0.0, 0.0]])
    assert tiny.condition[0] == pytest.approx(2)
    assert tiny.effective_rank[0] == pytest.approx(25 / 17)


def test_fewer_outputs_than_latents_leave_that_many_singular_values() -> None:
    found = latent_geometry(dense([[3.0, 0.0, 0.0], [0.0, 4.0, 0.0]]), uniform((2, 3), 0))
    assert found.singular_values == pytest.approx(np.tile([4.0, 3.0], (2, 1)))
    assert found.condition == pytest.approx([4 / 3, 4 / 3])


# ---- straight lines


def test_straight_lines_stay_straight_in_a_linear_decoder() -> None:
    decoder = dense(with_singular_values(6, [30.0, 2.0, 0.5]))
    starts, ends = uniform((50, 3), 0), uniform((50, 3), 1)
    found = path_curvature(decoder, starts, ends)
    assert found.ratio.min() >= 1
    assert found.ratio == pytest.approx(np.ones(50), abs=1e-13)
    chord = np.linalg.norm(decoder(ends) - decoder(starts), axis=1)
    assert found.chord == pytest.approx(chord, rel=1e-12)
    assert found.summary()["ratio_max"] == found.ratio.max()


def test_one_output_that_rises_has_a_straight_path() -> None:
    found = path_curvature(dense([[2.0]], activation="sigmoid"), [[-4.0]], [[5.0]])
    assert found.ratio[0] == pytest.approx(1, abs=1e-14)
    assert found.path[0] == pytest.approx(1 / (1 + np.exp(-10)) - 1 / (1 + np.exp(8)))


def test_a_corner_and_a_way_back() -> None:
    corner = dense([[1.0], [-1.0]], activation="relu")  # (z, 0) or (0, -z)
    found = path_curvature(corner, [[-1.0], [-3.0], [1.0]], [[1.0], [1.0], [2.0]], steps=4)
    assert found.path == pytest.approx([2, 4, 1])
    assert found.chord == pytest.approx([np.sqrt(2), np.sqrt(10), 1])
    assert found.ratio == pytest.approx([np.sqrt(2), 4 / np.sqrt(10), 1])
    there_and_back = stack(corner, dense([[1.0, 1.0]]))  # |z|
    returned = path_curvature(there_and_back, [[-1.0]], [[1.0]], steps=4)
    assert returned.path[0] == pytest.approx(2)
    assert returned.ratio[0] == INFINITY


def test_more_pieces_see_more_of_the_path() -> None:
    decoder = random_network((2, 16, 8), 0, activation=["tanh", "linear"])
    starts, ends = uniform((20, 2), 0, -4, 4), uniform((20, 2), 1, -4, 4)
    lengths = [path_curvature(decoder, starts, ends, steps=n).path for n in (1, 4, 16)]
    assert (lengths[0] < lengths[1]).all()
    assert (lengths[1] < lengths[2]).all()


def test_a_line_of_no_length_is_straight() -> None:
    assert path_curvature(dense([[2.0]]), [[1.0]], [[1.0]]).ratio.tolist() == [1.0]


@pytest.mark.parametrize("scale", [1.0, 1e-3, 1e3])
@pytest.mark.parametrize("steps", [1, 2, 7, 32])
def test_a_line_of_no_length_stands_still_whatever_rounding_does(scale: float, steps: int) -> None:
    points = scale * np.random.default_rng(0).normal(size=(20, 3))
    found = path_curvature(random_network((3, 8, 16), 1), points, points, steps=steps)
    np.testing.assert_array_equal(found.ratio, 1.0)
    np.testing.assert_array_equal(found.path, 0.0)


def test_a_latent_that_two_points_share_does_not_move() -> None:
    first = np.random.default_rng(0).normal(size=(20, 2))
    last = np.column_stack([first[:, 0], first[:, 1] + 1.0])
    found = path_curvature(dense([[1.0, 0.0]]), first, last)  # sees the shared latent alone
    np.testing.assert_array_equal(found.path, 0.0)


def test_a_latent_that_is_there_twice_does_not_rule_the_summary() -> None:
    decoder, points = random_network((3, 8, 16), 1), np.random.default_rng(0).normal(size=(20, 3))
    doubled = np.vstack([points, points[-1:]])
    once = irregularity(decoder, points).summary()["paths"]
    assert irregularity(decoder, doubled).summary()["paths"]["ratio_max"] == pytest.approx(
        once["ratio_max"]
    )


# ---- feasible points


def test_feasible_points_are_confident_and_inside() -> None:
    decoder = dense([[1.0], [-1.0]])
    latents = np.array([[-0.9], [-0.2], [0.4], [0.5], [0.6], [0.8]])
    found = feasible_share(latents, decoder, lambda x: x, lambda x: x[:, 0] < 0.7, confidence=0.5)
    assert found.confidence == pytest.approx(np.abs(latents[:, 0]))
    assert found.confident.tolist() == [True, False, False, False, True, True]  # above, not at
    assert found.inside.tolist() == [True, True, True, True, True, False]
    assert found.feasible.tolist() == [True, False, False, False, True, False]
    assert found.share == pytest.approx(1 / 3)
    assert found.summary() == pytest.approx(
        {
            "feasible_share": 1 / 3,
            "confident_share": 1 / 2,
            "inside_share": 5 / 6,
            "confidence_median": 0.55,
        }
    )


def test_the_manifold_may_be_answers_and_the_judge_one_number() -> None:
    latents, inside = [[0.1], [0.9], [0.8]], np.array([True, True, False])
    found = feasible_share(latents, dense([[1.0]]), lambda x: x[:, 0], inside)
    assert found.feasible.tolist() == [False, True, False]


def test_the_judge_may_be_a_network_of_the_decoders_precision() -> None:
    decoder = random_network((3, 8), 0, dtype="float32")
    judge = random_network((8, 4), 1, dtype="float32")
    latents = uniform((5, 3), 2).astype(np.float32)
    found = feasible_share(latents, decoder, judge, np.ones(5, bool))
    assert found.confidence == pytest.approx((decoder >> judge)(latents).max(axis=1), abs=1e-6)


# ---- round trips


def test_a_round_trip_through_an_inverse_ends_where_it_began() -> None:
    weights = orthogonal(6, 3, 1)
    latents = uniform((20, 3), 0)
    found = round_trip(dense(weights), dense(weights.T), latents)
    assert found.distance.max() < 1e-14
    assert found.summary()["error_max"] < 1e-14


def test_a_round_trip_through_a_stretch() -> None:
    latents = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 2.0], [0.0, -2.0]])
    found = round_trip(dense(np.eye(2)), dense(1.5 * np.eye(2)), latents)
    assert found.distance == pytest.approx([0.5, 0.5, 1.0, 1.0])
    assert found.spread == pytest.approx(np.sqrt(2.5))
    assert found.error == pytest.approx(found.distance / np.sqrt(2.5))


def test_an_encoder_that_answers_with_the_mean_has_an_error_of_one() -> None:
    latents = uniform((30, 2), 0, 3, 9)
    encoder = lso.Network([4, 2], activation="linear", bias=[False, True], dtype="float64")
    mean = encoder.replace(np.concatenate([np.zeros(8), latents.mean(axis=0)]))
    found = round_trip(random_network((2, 4), 1), mean, latents)
    assert found.summary()["error_rms"] == pytest.approx(1, rel=1e-13)


# ---- all of it


def test_all_measures_in_one_call() -> None:
    decoder, encoder = random_network((3, 8, 6), 0), random_network((6, 8, 3), 1)
    latents = uniform((9, 3), 2)
    inside = latents[:, 0] > 0
    found = irregularity(
        decoder, latents, encoder=encoder, judge=lambda x: x, in_manifold=inside, confidence=0.1
    )
    assert found.round_trip is not None
    assert found.feasible is not None
    assert_same_bits(found.geometry.condition, latent_geometry(decoder, latents).condition)
    closed = path_curvature(decoder, latents, [*latents[1:], latents[0]])
    assert_same_bits(found.paths.ratio, closed.ratio)
    assert_same_bits(found.round_trip.error, round_trip(decoder, encoder, latents).error)
    assert found.feasible.summary()["inside_share"] == inside.mean()
    summary = found.summary()
    assert list(summary) == ["geometry", "paths", "round_trip", "feasible"]
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    assert all(type(value) is float for part in summary.values() for value in part.values())


def test_what_is_not_asked_is_not_there() -> None:
    found = irregularity(dense(np.zeros((4, 2))), [[0.0, 0.0], [1.0, 1.0]])
    assert found.round_trip is None
    assert found.feasible is None
    assert list(found.summary()) == ["geometry", "paths"]
    json.dumps(found.summary(), allow_nan=False)  # zeros below a ratio included


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    decoder, encoder = random_network((3, 8, 6), 0), random_network((6, 8, 3), 1)
    latents, sizes = uniform((50, 3), 2), []

    def judge(x: Array) -> Array:
        sizes.append(len(x))
        return x

    def measure() -> list[Array]:
        every = irregularity(
            decoder, latents, encoder=encoder, judge=judge, in_manifold=lambda x: x[:, 0] > 0.5
        )
        assert every.round_trip is not None
        assert every.feasible is not None
        return [
            every.geometry.singular_values,
            every.paths.ratio,
            every.round_trip.error,
            every.feasible.confidence,
            every.feasible.inside,
        ]

    whole = measure()
    monkeypatch.setattr(_common, "BLOCK", 100)  # 12 rows for the judge, 4 Jacobians, 1 line
    for one, other in zip(whole, measure(), strict=True):
        assert one == pytest.approx(other, rel=1e-12)
    assert sizes == [50, 12, 12, 12, 12, 2]


# ---- misuse

DECODER, LATENTS = dense(np.ones((4, 2))), np.array([[0.0, 1.0], [1.0, 0.0]])


@pytest.mark.parametrize(
    "call",
    [
        lambda z: jacobian(DECODER, z),
        lambda z: latent_geometry(DECODER, z),
        lambda z: round_trip(DECODER, dense(np.ones((2, 4))), z),
        lambda z: feasible_share(z, DECODER, lambda x: x, lambda x: x[:, 0] > 0),
        lambda z: irregularity(DECODER, z),
    ],
    ids=["jacobian", "latent_geometry", "round_trip", "feasible_share", "irregularity"],
)
@pytest.mark.parametrize(
    ("latents", "message"),
    [
        (
            np.zeros(2),
            r"^latents: expected an array of shape \(n_samples, n_features\), got .*\(2,\)",
        ),
        (np.zeros((0, 2)), r"^latents: expected at least one sample .* got shape \(0, 2\)"),
        (np.zeros((3, 5)), r"^latents: expected .*\(n_samples, 2\), got shape \(3, 5\)"),
        ([[0.0, 1.0], [np.nan, 0.0]], r"^latents: expected finite .* got nan at \(1, 0\)"),
        ([[0.0, np.inf]], r"^latents: expected finite .* got inf at \(0, 1\)"),
    ],
)
def test_bad_latents(call: Callable[[Any], object], latents: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call(latents)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: path_curvature(DECODER, LATENTS, LATENTS[:1]),
            r"^ends: expected an array of shape \(2, 2\), got shape \(1, 2\)",
        ),
        (
            lambda: path_curvature(DECODER, LATENTS[:, :1], LATENTS),
            r"^starts: expected .*\(n_samples, 2\), got shape \(2, 1\)",
        ),
        (
            lambda: path_curvature(DECODER, LATENTS, LATENTS, steps=0),
            "^steps: expected an integer of at least 1, got 0",
        ),
        (
            lambda: irregularity(DECODER, LATENTS[:1]),
            r"^latents: expected at least 2 points, got shape \(1, 2\)",
        ),
        (
            lambda: round_trip(DECODER, dense(np.ones((3, 4))), LATENTS),
            "^encoder: expected 4 inputs and 2 outputs, got 4 and 3",
        ),
        (
            lambda: round_trip(DECODER, dense(np.ones((2, 4))), np.full((3, 2), 0.1)),
            "^latents: expected points that differ, got 3 alike",
        ),
        (
            lambda: irregularity(DECODER, LATENTS, judge=lambda x: x),
            "^in_manifold: expected .* got None",
        ),
        (
            lambda: irregularity(DECODER, LATENTS, in_manifold=np.ones(2, bool)),
            "^judge: expected .* got None",
        ),
        (
            lambda: feasible_share(LATENTS, DECODER, lambda x: x[:1], np.ones(2, bool)),
            r"^judge: expected .*\(2,\) or \(2, n_classes\), got shape \(1, 4\)",
        ),
        (
            lambda: feasible_share(LATENTS, DECODER, lambda x: x * np.nan, np.ones(2, bool)),
            "^judge: expected finite confidences, got NaN",
        ),
        (
            lambda: feasible_share(LATENTS, DECODER, lambda x: x, np.ones(3, bool)),
            r"^in_manifold: expected bool of shape \(2,\), got shape \(3,\)",
        ),
        (
            lambda: feasible_share(LATENTS, DECODER, lambda x: x, lambda x: x > 0),
            r"^in_manifold: expected bool of shape \(2,\), got shape \(2, 4\)",
        ),
        (
            lambda: feasible_share(
                LATENTS, DECODER, lambda x: x, np.ones(2, bool), confidence=np.nan
            ),
            "^confidence: expected a finite number, got nan",
        ),
    ],
)
def test_bad_values(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda d: jacobian(d, [[1e300]]),
        lambda d: latent_geometry(d, [[1e300]]),
        lambda d: path_curvature(d, [[0.0]], [[1e300]]),
        lambda d: round_trip(d, dense([[1.0]]), [[0.0], [1e300]]),
        lambda d: feasible_share([[1e300]], d, lambda x: x, lambda x: x[:, 0] > 0),
    ],
)
@pytest.mark.parametrize("layers", [1, 2])
def test_overflow_is_one_error(call: Callable[[Any], object], layers: int) -> None:
    huge = dense([[1e200]])
    decoder = huge if layers == 1 else stack(huge, dense([[1.0]]))
    with pytest.raises(ValueError, match=r"^(latents|starts, ends): expected points where"):
        call(decoder)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: jacobian(None, LATENTS), "^decoder: expected a Network"),  # type: ignore[arg-type]
        (lambda: feasible_share(DECODER, LATENTS, None, None), "^decoder: expected a Network"),  # type: ignore[arg-type]
        (lambda: round_trip(DECODER, np.ones(3), LATENTS), "^encoder: expected a Network"),  # type: ignore[arg-type]
        (lambda: latent_geometry(DECODER, [["a", "b"]]), "^latents: expected .* real numbers"),
        (
            lambda: feasible_share(LATENTS, DECODER, np.ones(2), np.ones(2, bool)),  # type: ignore[arg-type]
            "^judge: expected a function of samples",
        ),
        (
            lambda: feasible_share(LATENTS, DECODER, lambda x: x, np.ones(2)),
            "^in_manifold: expected bool, got dtype float64",
        ),
        (
            lambda: feasible_share(LATENTS, DECODER, lambda x: x.astype(str), np.ones(2, bool)),
            "^judge: expected an array of real numbers",
        ),
    ],
)
def test_bad_types(call: Callable[[], object], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        call()

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from lso_native._typing import BoolArray, Float64Array
from lso_native.metrics import _distances, density_coverage, in_manifold, precision_recall

MEASURES: list[Callable[..., Any]] = [precision_recall, density_coverage, in_manifold]


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(0)


def radius(samples: Float64Array, i: int, k: int) -> float:
    return sorted(math.dist(samples[i], x) for j, x in enumerate(samples) if j != i)[k - 1]


def inside(samples: Float64Array, points: Float64Array, k: int) -> list[list[bool]]:
    """By the definition, in plain loops: for each point whether it is in each sample's ball."""
    radii = [radius(samples, i, k) for i in range(len(samples))]
    return [
        [math.dist(point, x) <= r for x, r in zip(samples, radii, strict=True)] for point in points
    ]


@pytest.mark.parametrize(
    ("n", "m", "d", "k"),
    [(7, 12, 1, 6), (30, 20, 2, 1), (25, 40, 8, 3), (25, 40, 8, 6), (300, 30, 2, 20)],
)
@pytest.mark.parametrize("block", [_distances.BLOCK, 50])
def test_definition(
    n: int,
    m: int,
    d: int,
    k: int,
    block: int,
    monkeypatch: pytest.MonkeyPatch,
    random: np.random.Generator,
) -> None:
    monkeypatch.setattr(_distances, "BLOCK", block)
    real, generated = random.normal(size=(n, d)), random.normal(0.7, 3.0, (m, d))
    by_generated, by_real = inside(real, generated, k), inside(generated, real, k)
    expected = [any(balls) for balls in by_generated]
    assert 0 < sum(expected) < m  # or nothing would be tested
    assert in_manifold(real, generated, neighbours=k).tolist() == expected
    found = precision_recall(real, generated, neighbours=k)
    assert found.precision == pytest.approx(sum(expected) / m)
    assert found.recall == pytest.approx(sum(any(balls) for balls in by_real) / n)
    balls = density_coverage(real, generated, neighbours=k)
    assert balls.density == pytest.approx(sum(map(sum, by_generated)) / (k * m))
    assert balls.coverage == pytest.approx(sum(map(any, zip(*by_generated, strict=True))) / n)


def test_by_hand() -> None:
    # Balls of one neighbour: 0 and 1 reach 1 far, 3 reaches 2, 10 reaches 7.
    real, generated = [[0.0], [1.0], [3.0], [10.0]], [[-1.0], [-1.5], [3.5], [4.0]]
    assert in_manifold(real, generated, neighbours=1).tolist() == [True, False, True, True]
    # -1 is in the ball of 0, at its border; 3.5 and 4 are in those of 3 and of 10.
    assert density_coverage(real, generated, neighbours=1) == (5 / 4, 3 / 4)
    # All generated ones reach 0.5 far: 3 is at the border of the ball of 3.5.
    assert precision_recall(real, generated, neighbours=1) == (3 / 4, 1 / 4)


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_the_same_samples(offset: float, random: np.random.Generator) -> None:
    real = offset + random.uniform(size=(300, 20))
    for copies in (real, real[::-1]):
        assert precision_recall(real, copies) == (1.0, 1.0)
        assert density_coverage(real, copies).coverage == 1.0
        # Each closed ball holds its centre and five others.
        assert density_coverage(real, copies).density == pytest.approx(6 / 5)


def test_samples_of_one_distribution(random: np.random.Generator) -> None:
    n, m, k, repeats = 60, 40, 5, 100
    found = [
        density_coverage(*np.split(random.normal(size=(n + m, 6)), [n])) for _ in range(repeats)
    ]
    # Missed where the k nearest of all other samples are real (Naeem et al., lemma 2).
    missed = math.perm(n - 1, k) / math.perm(n + m - 1, k)
    assert np.mean([x.coverage for x in found]) == pytest.approx(1 - missed, abs=0.01)
    assert np.mean([x.density for x in found]) == pytest.approx(1.0, abs=0.03)


def test_samples_far_away(random: np.random.Generator) -> None:
    real = random.normal(size=(200, 5))
    assert precision_recall(real, real + 100.0) == (0.0, 0.0)
    assert density_coverage(real, real + 100.0) == (0.0, 0.0)


def test_a_small_shift_costs_some_of_each(random: np.random.Generator) -> None:
    real, others = random.normal(size=(2, 400, 3))
    near, far = others + 0.1, others + 1.5
    for measure in (precision_recall, density_coverage):
        assert all(
            a > b + 0.1 for a, b in zip(measure(real, near), measure(real, far), strict=True)
        )


def test_one_repeated_image_is_precise_and_recalls_next_to_nothing(
    random: np.random.Generator,
) -> None:
    real = random.normal(size=(500, 10))
    repeated = np.repeat(real[:1], 500, axis=0)
    assert precision_recall(real, repeated) == (1.0, 1 / 500)
    assert density_coverage(real, repeated).coverage < 0.05


def test_noise_about_real_samples(random: np.random.Generator) -> None:
    real = random.normal(size=(300, 1)) * np.ones(40)  # on a line
    assert precision_recall(real, random.normal(size=(300, 40))).precision < 0.1
    assert density_coverage(real, random.normal(size=(300, 40))).density < 0.1


def test_copies_of_repeated_samples_are_inside(random: np.random.Generator) -> None:
    # The balls about the first 5 have no extent, and rounding must not keep their like out.
    real = np.concatenate([np.repeat(random.normal(size=(1, 33)), 5, axis=0), np.eye(33)])
    assert in_manifold(real, real[:1])[0]
    assert not in_manifold(real[:5], real[:1] + 1e-6)[0]


def by_definition(points: Float64Array, centres: Float64Array, k: int) -> BoolArray:
    """(n_points, n_centres) whether a point lies in a centre's closed ball, by differences."""

    def distances(a: Float64Array, b: Float64Array) -> Float64Array:
        return np.asarray(np.sqrt(np.square(a[:, None] - b[None]).sum(axis=-1)))

    radii = np.sort(distances(centres, centres), axis=1)[:, k]
    return np.asarray(distances(points, centres) <= radii * (1 + 1e-15))


FAR: dict[str, Callable[[Float64Array], Any]] = {
    "one": lambda x: x.__setitem__(0, 1e10),
    "one, not so far": lambda x: x.__setitem__(0, 1e6),
    "one, of one feature": lambda x: x.__setitem__((0, 3), -1e9),
    "some in all directions": lambda x: x.__setitem__(slice(9), 1e9 * x[:9]),
    "half": lambda x: x.__setitem__(slice(30), x[:30] + 1e8),
    "two groups": lambda x: x.__setitem__(slice(0, None, 2), x[::2] * 1e9),
}


@pytest.mark.parametrize("far", FAR)
@pytest.mark.parametrize("side", [0, 1, 2])
def test_samples_that_are_far_from_the_others(
    far: str, side: int, random: np.random.Generator
) -> None:
    real, generated = random.normal(size=(60, 8)), random.normal(size=(60, 8)) + 1.2
    for samples in (real, generated)[slice(None) if side == 2 else slice(side, side + 1)]:
        FAR[far](samples)
    for k in (1, 3):
        inside = by_definition(generated, real, k)
        assert precision_recall(real, generated, neighbours=k) == (
            inside.any(axis=1).mean(),
            by_definition(real, generated, k).any(axis=1).mean(),
        )
        found = density_coverage(real, generated, neighbours=k)
        assert found.density == pytest.approx(inside.sum() / (k * 60))
        assert found.coverage == inside.any(axis=0).mean()
        np.testing.assert_array_equal(
            in_manifold(real, generated, neighbours=k), inside.any(axis=1)
        )


def test_an_outlier_among_the_generated(random: np.random.Generator) -> None:
    # Its ball takes in everything: recall is blown up, coverage is not.
    real, generated = random.normal(size=(100, 4)), random.normal(10.0, 0.1, (100, 4))
    generated[0] = -1000.0
    assert precision_recall(real, generated).recall == 1.0
    assert density_coverage(real, generated).coverage == 0.0


X = np.random.default_rng(0).normal(size=(10, 4))


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize(
    ("real", "generated", "neighbours", "message"),
    [
        (X[:3], X, 3, "real: expected at least 4 samples for 3 neighbours, got 3"),
        (X, X[:0], 3, r"generated: expected at least one sample .*, got shape \(0, 4\)"),
        (X, X[:, :3], 3, r"generated: expected an array of shape \(n_samples, 4\), got"),
        (
            X[0],
            X,
            3,
            r"real: expected an array of shape \(n_samples, n_features\), got shape \(4,\)",
        ),
        (np.full((10, 4), np.inf), X, 3, r"real: expected finite .*, got inf at \(0, 0\)"),
        (X, X * 1e101, 3, r"generated: expected numbers from -1e\+100 to 1e\+100, got"),
        (X, X, 0, "neighbours: expected an integer of at least 1, got 0"),
        (X, X, 2.0, "neighbours: expected an integer, got 2.0"),
    ],
)
def test_misuse(
    measure: Callable[..., Any], real: Any, generated: Any, neighbours: Any, message: str
) -> None:
    with pytest.raises((ValueError, TypeError), match=f"^{message}"):
        measure(real, generated, neighbours=neighbours)


def test_only_recall_asks_for_several_generated_samples() -> None:
    assert in_manifold(X, X[:1]).tolist() == [True]
    assert density_coverage(X, X[:1]).density > 0
    message = "^generated: expected at least 4 samples for 3 neighbours, got 3"
    with pytest.raises(ValueError, match=message):
        precision_recall(X, X[:3])

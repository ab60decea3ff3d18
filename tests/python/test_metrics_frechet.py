from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from lso_native._typing import Float64Array
from lso_native.metrics import frechet_distance


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(0)


def standard(random: np.random.Generator, n: int, d: int) -> Float64Array:
    """Rows of mean 0 and covariance 1, exactly but for rounding."""
    rows = random.normal(size=(n, d))
    return np.linalg.qr(rows - rows.mean(axis=0)).Q * math.sqrt(n - 1)


def rotation(random: np.random.Generator, d: int) -> Float64Array:
    return np.linalg.qr(random.normal(size=(d, d))).Q


def test_one_feature(random: np.random.Generator) -> None:
    real, generated = 1.0 + 2.0 * standard(random, 50, 1), 4.0 + 0.5 * standard(random, 80, 1)
    found = frechet_distance(real, generated)
    assert found.distance == pytest.approx((4 - 1) ** 2 + (2 - 0.5) ** 2, rel=1e-12)
    assert (found.n_real, found.n_generated) == (50, 80)


def test_two_values_of_one_feature() -> None:
    # Means 1 and 5, unbiased variances 2 and 8.
    assert frechet_distance([[0], [2]], [[3], [7]]).distance == pytest.approx(16 + 2)


def test_commuting_covariances(random: np.random.Generator) -> None:
    turn, mean = rotation(random, 6), random.normal(size=6)
    a, b = random.uniform(0.1, 3.0, (2, 6))
    real, generated = standard(random, 40, 6) * a @ turn, mean + standard(random, 70, 6) * b @ turn
    expected = np.square(mean).sum() + np.square(a - b).sum()
    assert frechet_distance(real, generated).distance == pytest.approx(expected, rel=1e-12)


def test_any_covariances_against_the_root_of_a_matrix(random: np.random.Generator) -> None:
    linalg = pytest.importorskip("scipy.linalg")
    real = random.normal(size=(60, 5)) @ random.normal(size=(5, 5))
    generated = random.normal(1.0, 1.0, (90, 5)) @ random.normal(size=(5, 5))
    ours, theirs = np.cov(real.T), np.cov(generated.T)
    expected = np.square(real.mean(axis=0) - generated.mean(axis=0)).sum() + np.trace(
        ours + theirs - 2 * linalg.sqrtm(ours @ theirs).real
    )
    assert frechet_distance(real, generated).distance == pytest.approx(expected, rel=1e-9)
    assert frechet_distance(generated, real).distance == pytest.approx(expected, rel=1e-9)


def test_fewer_samples_than_features(random: np.random.Generator) -> None:
    # Covariances of rank 3 in 20 features, commuting, that share the first of three directions.
    directions, x = rotation(random, 20), standard(random, 4, 3)
    real = x * [3.0, 2.0, 1.0] @ directions[:3]
    generated = x * [1.0, 2.0, 2.0] @ directions[[0, 3, 4]]
    found = frechet_distance(real, generated).distance
    assert found == pytest.approx((3 - 1) ** 2 + (4 + 1) + (4 + 4), rel=1e-12)


def test_without_spread_only_the_means_differ() -> None:
    real, generated = np.zeros((3, 4)), np.full((5, 4), 2.0)
    assert frechet_distance(real, generated).distance == 16.0


@pytest.mark.parametrize("n", [5, 500])
def test_the_same_samples_in_any_order_are_no_distance_apart(
    n: int, random: np.random.Generator
) -> None:
    real = 100.0 + random.normal(size=(n, 30)) @ random.normal(size=(30, 30))
    assert 0.0 <= frechet_distance(real, real[::-1]).distance < 1e-10
    shift = np.linspace(-1.0, 1.0, 30)
    moved = frechet_distance(real, real + shift).distance
    assert moved == pytest.approx(np.square(shift).sum(), rel=1e-9)


def test_it_does_not_depend_on_the_place_nor_on_the_order_of_features(
    random: np.random.Generator,
) -> None:
    real, generated = random.normal(size=(40, 6)), random.uniform(size=(30, 6)) ** 2
    expected = frechet_distance(real, generated).distance
    turn = rotation(random, 6)
    rotated = frechet_distance(real @ turn + 7.0, generated @ turn + 7.0).distance
    assert rotated == pytest.approx(expected, rel=1e-10)
    assert frechet_distance(3 * real, 3 * generated).distance == pytest.approx(9 * expected)


def test_large_and_small_numbers(random: np.random.Generator) -> None:
    real, generated = 2.0 * standard(random, 30, 3), standard(random, 30, 3)
    for scale in (1e90, 1e-90):
        found = frechet_distance(scale * real, scale * generated).distance
        assert found == pytest.approx(3.0 * scale**2, rel=1e-9)


X = np.random.default_rng(0).normal(size=(10, 4))


@pytest.mark.parametrize(
    ("real", "generated", "message"),
    [
        (X[:1], X, "real: expected at least 2 samples, got 1"),
        (X, X[:1], "generated: expected at least 2 samples, got 1"),
        (X[:0], X, r"real: expected at least one sample and one feature, got shape \(0, 4\)"),
        (
            X,
            X[:, :3],
            r"generated: expected an array of shape \(n_samples, 4\), got shape \(10, 3\)",
        ),
        (X[0], X, r"real: expected an array of shape \(n_samples, n_features\), got shape \(4,\)"),
        (
            X,
            np.where(X[2, 1] == X, np.nan, X),
            r"generated: expected finite .*, got nan at \(2, 1\)",
        ),
        (X * 1e101, X, r"real: expected numbers from -1e\+100 to 1e\+100, got .*e\+101"),
        (X, X.astype(str), "generated: expected an array of real numbers"),
    ],
)
def test_misuse(real: Any, generated: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=f"^{message}"):
        frechet_distance(real, generated)

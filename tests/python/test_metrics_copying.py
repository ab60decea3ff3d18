from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from lso_native.metrics import _distances, copying, nearest_distance


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.mark.parametrize("exclude_self", [False, True])
@pytest.mark.parametrize("block", [_distances.BLOCK, 100, 1])
def test_definition(
    exclude_self: bool, block: int, monkeypatch: pytest.MonkeyPatch, random: np.random.Generator
) -> None:
    monkeypatch.setattr(_distances, "BLOCK", block)
    training = random.normal(size=(30, 6))
    samples = training if exclude_self else random.normal(size=(50, 6))
    found = nearest_distance(samples, training, exclude_self=exclude_self)
    for i, sample in enumerate(samples):
        distances = [
            math.inf if exclude_self and i == j else math.dist(sample, image)
            for j, image in enumerate(training)
        ]
        assert found.distance[i] == pytest.approx(min(distances), rel=1e-12)
        assert found.row[i] == distances.index(min(distances))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_copies_are_at_no_distance_from_their_originals(
    dtype: Any, offset: float, random: np.random.Generator
) -> None:
    training = (offset + random.uniform(size=(400, 196))).astype(dtype)
    order = random.permutation(400)
    distance, row = nearest_distance(training[order], training)
    assert (distance == 0.0).all()
    np.testing.assert_array_equal(row, order)
    noisy = nearest_distance(training + random.normal(0, 0.01, training.shape), training)
    np.testing.assert_array_equal(noisy.row, np.arange(400))
    assert noisy.distance == pytest.approx(0.01 * math.sqrt(196), rel=0.4)


def test_a_copy_is_told_from_images_nearer_than_rounding(random: np.random.Generator) -> None:
    # Nearer than the squares of their norms can resolve.
    training = random.uniform(size=64) + random.normal(0.0, 1e-11, (50, 64))
    training = np.concatenate([training, -training])
    distance, row = nearest_distance(training, training)
    assert (distance == 0.0).all()
    np.testing.assert_array_equal(row, np.arange(100))


def test_one_repeated_image(random: np.random.Generator) -> None:
    training = random.uniform(size=(50, 9))
    distance, row = nearest_distance(np.repeat(training[7:8], 20, axis=0), training)
    assert distance.tolist() == [0.0] * 20
    assert row.tolist() == [7] * 20


def test_of_equally_near_images_the_first(random: np.random.Generator) -> None:
    image = random.uniform(size=(1, 12))
    training = np.concatenate([image + 1.0, image, image])
    assert nearest_distance(image, training).row.tolist() == [1]
    among = nearest_distance(training, training, exclude_self=True)
    assert among.distance.tolist() == [pytest.approx(math.sqrt(12)), 0.0, 0.0]
    assert among.row.tolist() == [1, 2, 1]


def test_new_samples_are_as_far_as_the_training_images_from_each_other(
    random: np.random.Generator,
) -> None:
    training, fresh = random.uniform(size=(2, 300, 10))
    among = np.median(nearest_distance(training, training, exclude_self=True).distance)
    assert np.median(nearest_distance(fresh, training).distance) == pytest.approx(among, rel=0.1)
    assert nearest_distance(training, training).distance.max() == 0.0


X = np.random.default_rng(0).normal(size=(10, 4))


@pytest.mark.parametrize(
    ("samples", "training", "exclude_self", "message"),
    [
        (X[:0], X, False, r"samples: expected at least one sample .*, got shape \(0, 4\)"),
        (X, X[:0], False, r"training: expected at least one sample .*, got shape \(0, 4\)"),
        (X[:, 1:], X, False, r"samples: expected an array of shape \(n_samples, 4\), got"),
        (X.reshape(5, 2, 4), X, False, r"samples: expected .*, got shape \(5, 2, 4\)"),
        (X, np.full((10, 4), np.nan), False, r"training: expected finite .*, got nan at \(0, 0\)"),
        (X * 1e101, X, False, r"samples: expected numbers from -1e\+100 to 1e\+100, got"),
        (X[:9], X, True, r"samples: expected the training images .* \(10, 4\), got shape \(9, 4\)"),
        (X[:1], X[:1], True, "training: expected at least 2 samples, got 1"),
    ],
)
def test_misuse(samples: Any, training: Any, exclude_self: bool, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        nearest_distance(samples, training, exclude_self=exclude_self)


def test_copies_among_samples_are_counted(random: np.random.Generator) -> None:
    training, held_out, new = (random.normal(size=(n, 20)) for n in (300, 200, 100))
    found = copying(np.concatenate([new, training[:25]]), training, held_out)
    nearest = nearest_distance(held_out, training).distance
    limit = np.quantile(nearest, 0.01)
    among_new = int((nearest_distance(new, training).distance < limit).sum())
    assert (found.near.successes, found.near.n) == (25 + among_new, 125)
    assert among_new <= 5
    assert found.held_out == np.median(nearest)
    assert found.nearest < found.held_out
    assert copying(held_out, training, held_out).near.share == 0.01

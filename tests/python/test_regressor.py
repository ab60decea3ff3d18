"""The regressor: what it learns, in which units, and what it refuses."""

from typing import Any

import lso_native as lso
import numpy as np
import pytest
from estimator_data import assert_same_estimator

RNG = np.random.default_rng(0)
X = RNG.uniform(-1, 1, (200, 3))
LENGTH = 170 + 12 * X[:, 0] - 5 * X[:, 1] ** 2
SHARE = 1e-3 * (X[:, 2] + 0.5 * X[:, 0])
BOTH = np.stack([LENGTH, SHARE], axis=1)


def small(**params: Any) -> lso.Regressor:
    return lso.Regressor(**{"hidden": (16,), "epochs": 200, "random_state": 0, **params})


@pytest.fixture(scope="module")
def fitted() -> lso.Regressor:
    return small().fit(X, BOTH)


def test_each_target_is_learned_whatever_its_unit(fitted: lso.Regressor) -> None:
    predicted = fitted.predict(X)
    assert predicted.shape == BOTH.shape
    for column in range(2):
        left = np.square(predicted[:, column] - BOTH[:, column]).mean()
        assert left < 0.02 * BOTH[:, column].var()
    assert fitted.score(X, BOTH) > 0.98


def test_the_network_returns_targets_in_their_units(fitted: lso.Regressor) -> None:
    np.testing.assert_array_equal(fitted.network_(X), fitted.predict(X))
    expected = np.square(fitted.network_(X).astype(float) - BOTH).mean()
    assert fitted.mse_ == pytest.approx(expected, rel=1e-4)
    assert fitted.mean_squared_error(X, BOTH) == pytest.approx(expected, rel=1e-4)
    # The history is in standard deviations: what predicts the mean has an error of 1.
    standardized = (fitted.network_(X) - BOTH) / BOTH.std(axis=0)
    last = fitted.history_["train_mse"][-1]
    assert last == pytest.approx(np.square(standardized).mean(), rel=1e-2)


def test_one_target_comes_back_as_it_was_given() -> None:
    flat, column = small(epochs=3).fit(X, LENGTH), small(epochs=3).fit(X, LENGTH[:, None])
    assert flat.predict(X).shape == (200,)
    np.testing.assert_array_equal(column.predict(X), flat.predict(X)[:, None])


def test_units_change_nothing_but_the_units() -> None:
    metres, inches = small(epochs=20, dtype="float64"), small(epochs=20, dtype="float64")
    factor = 39.37
    np.testing.assert_allclose(
        inches.fit(X, factor * LENGTH).predict(X), factor * metres.fit(X, LENGTH).predict(X)
    )


def test_the_score_is_that_of_scikit_learn(fitted: lso.Regressor) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    weight = RNG.uniform(0, 2, 200)
    for other in (BOTH, BOTH * [1, 0], BOTH - np.ones(2)):
        expected = metrics.r2_score(other, fitted.predict(X), sample_weight=weight)
        assert fitted.score(X, other, sample_weight=weight) == pytest.approx(expected)


@pytest.mark.parametrize("bias", ["paper", "standard"])
@pytest.mark.parametrize("output", ["linear", "softplus"])
def test_bias_and_output_activation(bias: Any, output: Any) -> None:
    model = small(bias=bias, output_activation=output, epochs=300, optimizer=lso.Adam(0.03))
    target = 1 + X[:, 0]
    assert model.fit(X, target).score(X, target) > 0.9
    assert model.network_.activations[-1] == output
    if output == "softplus":
        assert (model.predict(X) >= 0).all()


def test_it_goes_on_from_what_it_learned() -> None:
    model = small(epochs=30, warm_start=True).fit(X, BOTH)
    before = model.score(X, BOTH)
    assert model.fit(X, BOTH).score(X, BOTH) > before
    assert (model.n_epochs_, model.history_["epoch"][-1]) == (60, 60)


def test_a_saved_one_comes_back_whole(tmp_path: Any) -> None:
    for target in (LENGTH, BOTH):
        model = small(epochs=2).fit(X, target)
        lso.save(model, tmp_path / "model.safetensors")
        loaded: Any = lso.load(tmp_path / "model.safetensors")
        assert_same_estimator(loaded, model)
        np.testing.assert_array_equal(loaded.predict(X), model.predict(X))


def test_a_constant_target_is_learned() -> None:
    model = small(epochs=50).fit(X, np.full(200, 5.0))
    np.testing.assert_allclose(model.predict(X), 5, atol=0.3)
    assert model.score(X, np.full(200, 5.0)) == 0.0


def test_latent_space_optimization_asks_for_a_number() -> None:
    decoder = lso.Autoencoder(2, output_activation="linear", epochs=60, random_state=0).fit(X)
    result = lso.optimize(
        decoder >> small().fit(X, LENGTH),
        [168.0],
        starts=decoder.sample_latent(10, random_state=0),
        mse=0.01,
        optimizer=lso.LevenbergMarquardt(),
    )
    assert result.success.all()
    np.testing.assert_allclose(result.outputs, 168, atol=0.1)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (LENGTH[:10], r"targets of shape \(200,\) or \(200, n_targets\), got shape \(10,\)"),
        (BOTH[:, :0], r"targets of shape .*, got shape \(200, 0\)"),
        (np.where(LENGTH > 170, np.nan, LENGTH), "finite numbers in -3.40282e"),
        (LENGTH.astype(str), "an array of real numbers, got dtype <U"),
        (None, "one entry a sample, got None"),
    ],
)
def test_bad_targets(target: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=f"^y: expected {message}"):
        small().fit(X, target)


def test_targets_that_the_output_cannot_return() -> None:
    with pytest.raises(ValueError, match=r"^y: expected finite numbers in 0\.\.1, .*got 15"):
        small(output_activation="sigmoid").fit(X, LENGTH)
    with pytest.raises(
        ValueError, match=r"^y: expected targets of shape \(200, 2\), got shape \(200,\)"
    ):
        small(epochs=1).fit(X, BOTH).score(X, LENGTH)

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
        (np.where(LENGTH > 170, np.nan, LENGTH), "finite numbers, got nan in row"),
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


def table(**fields: Any) -> Any:
    """A structured array."""
    made = np.empty(200, [(name, values.dtype) for name, values in fields.items()])
    for name, values in fields.items():
        made[name] = values
    return made


NAMED = table(length=LENGTH, share=SHARE)
FRAMES = {
    "structured": lambda **fields: table(**fields),
    "pandas": lambda **fields: pytest.importorskip("pandas").DataFrame(fields),
}


@pytest.mark.parametrize("kind", FRAMES)
def test_targets_have_the_names_that_they_came_with(kind: str, tmp_path: Any) -> None:
    y = FRAMES[kind](length=LENGTH, share=SHARE)
    model, plain = small(epochs=3).fit(X, y), small(epochs=3).fit(X, BOTH)
    assert model.target_names_.tolist() == ["length", "share"]
    assert plain.target_names_.tolist() == ["y0", "y1"]
    np.testing.assert_array_equal(model.predict(X), plain.predict(X))
    assert model.score(X, y) == plain.score(X, BOTH) == model.score(X, BOTH) == plain.score(X, y)
    assert model.quantities.names == ("length", "share")
    lso.save(model, tmp_path / "model.safetensors")
    loaded: Any = lso.load(tmp_path / "model.safetensors")
    assert_same_estimator(loaded, model)


def test_fields_of_any_number_are_targets() -> None:
    y = table(count=np.arange(200), flag=LENGTH > 170, length=LENGTH.astype(np.float32))
    model = small(epochs=1).fit(X, y[["flag", "count"]])
    assert model.target_names_.tolist() == ["flag", "count"]
    assert model.target_mean_.tolist() == pytest.approx([(LENGTH > 170).mean(), 99.5])
    one = small(epochs=1).fit(X, y[["count"]])
    assert one.predict(X).shape == (200, 1)


def test_a_column_of_a_table_has_a_name_too() -> None:
    pandas = pytest.importorskip("pandas")
    model = small(epochs=1).fit(X, pandas.Series(LENGTH, name="length"))
    assert model.target_names_.tolist() == ["length"]
    assert model.predict(X).shape == (200,)
    assert small(epochs=1).fit(X, pandas.Series(LENGTH)).target_names_.tolist() == ["y0"]


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (
            table(length=LENGTH, share=np.where(SHARE > 0, np.nan, SHARE)),
            r"y\['share'\]: .*got nan",
        ),
        (
            table(length=LENGTH.astype("<U9"), share=SHARE),
            r"y\['length'\]: expected an array of rea",
        ),
        (np.zeros(200, [("pair", float, 2)]), r"y\['pair'\]: expected numbers of shape \(200,\)"),
        (NAMED[:9], r"y\['length'\]: expected numbers of shape \(200,\), got shape \(9,\)"),
    ],
)
def test_a_bad_field_is_named(y: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=f"^{message}"):
        small().fit(X, y)


def test_a_field_that_the_output_cannot_return_is_named() -> None:
    y = table(share=(SHARE > 0).astype(float), length=LENGTH)
    with pytest.raises(ValueError, match=r"^y\['length'\]: expected finite numbers in 0\.\.1"):
        small(output_activation="sigmoid").fit(X, y)


def test_targets_of_other_names_are_refused() -> None:
    model = small(epochs=1, warm_start=True).fit(X, NAMED)
    other = NAMED[["share", "length"]]
    for method in (model.fit, model.partial_fit, model.score, model.mean_squared_error):
        with pytest.raises(ValueError, match=r"^y: expected the targets \['length', 'share'\], in"):
            method(X, other)
    with pytest.raises(ValueError, match=r"^validation\[1\]: expected the targets"):
        small().fit(X, NAMED, validation=(X, other))
    assert small(epochs=1).fit(X, NAMED, validation=(X, NAMED)).n_epochs_ == 1
    assert model.partial_fit(X, BOTH).target_names_.tolist() == ["length", "share"]


@pytest.mark.parametrize("output", ["linear", "sigmoid", "softplus"])
def test_the_spread_is_the_deviation_whatever_the_output(output: Any) -> None:
    y = np.stack([0.5 + 100 * SHARE, np.full(200, 0.3)], axis=1)
    weight = np.linspace(0, 1, 200)
    model = small(epochs=1, output_activation=output).fit(X, y, sample_weight=weight)
    mean = np.average(y[:, 0], weights=weight)
    deviation = np.sqrt(np.average((y[:, 0] - mean) ** 2, weights=weight))
    np.testing.assert_allclose(model.target_spread_, [deviation, 1])
    np.testing.assert_array_equal(model.partial_fit(X[:1], y[:1]).target_spread_[1], 1)
    assert model.target_spread_[0] == pytest.approx(deviation)


def test_a_file_without_names_and_spread_loads(tmp_path: Any, monkeypatch: Any) -> None:
    model = small(epochs=1).fit(X, NAMED)
    for name in ("target_names_", "target_spread_"):
        monkeypatch.delattr(model, name)
    lso.save(model, tmp_path / "model.safetensors")
    loaded: Any = lso.load(tmp_path / "model.safetensors")
    assert loaded.target_names_.tolist() == ["y0", "y1"]
    np.testing.assert_array_equal(loaded.target_spread_, loaded.target_scale_)
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))


def test_a_regressor_of_the_attributes_of_digits() -> None:
    images = lso.data.load().train.images[:300]
    found = lso.data.attributes(images)[["slant", "thickness"]]
    model = lso.Regressor(epochs=40, random_state=0).fit(images, found)
    assert model.target_names_.tolist() == ["slant", "thickness"]
    assert model.score(images, found) > 0.9

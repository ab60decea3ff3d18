import copy
import math
import pickle
from pathlib import Path
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from estimator_data import N_FEATURES, N_SAMPLES, assert_same_estimator, patterns
from lso_native.models.base import NotFittedError

X, LABELS = patterns()


def small(**params: Any) -> lso.Autoencoder:
    return lso.Autoencoder(
        **{"latent": 3, "hidden": (8,), "epochs": 5, "random_state": 0, **params}
    )


@pytest.fixture(scope="module")
def fitted() -> lso.Autoencoder:
    return small(epochs=200).fit(X)


def test_parameters_are_stored_as_given_and_shown_where_changed() -> None:
    hidden = [16, 8]
    model = lso.Autoencoder(5, hidden=hidden, random_state=1)
    assert model.get_params()["hidden"] is hidden
    assert model.get_params()["latent"] == 5
    assert repr(model) == "Autoencoder(latent=5, hidden=[16, 8], random_state=1)"
    assert repr(lso.Autoencoder()) == "Autoencoder()"


def test_set_params_returns_self_and_changes_nothing_where_a_name_is_unknown() -> None:
    model = small()
    assert model.set_params(latent=4, epochs=7) is model
    assert (model.latent, model.epochs) == (4, 7)
    with pytest.raises(
        ValueError, match="latents: expected a parameter of Autoencoder, one of latent,"
    ):
        model.set_params(epochs=1, latents=2)
    assert model.epochs == 7


def test_a_new_one_of_the_same_parameters_keeps_their_identity(fitted: lso.Autoencoder) -> None:
    again = type(fitted)(**fitted.get_params(deep=False))
    for name, value in fitted.get_params().items():
        assert again.get_params()[name] is value
    assert not hasattr(again, "network_")


def test_scikit_learn_clones_and_pipelines(fitted: lso.Autoencoder) -> None:
    base = pytest.importorskip("sklearn.base")
    pipeline = pytest.importorskip("sklearn.pipeline")
    copied = base.clone(fitted)
    assert copied.get_params() == fitted.get_params()
    assert not hasattr(copied, "network_")
    codes = pipeline.make_pipeline(small()).fit_transform(X)
    np.testing.assert_array_equal(codes, small().fit_transform(X))


def test_fit_learns(fitted: lso.Autoencoder) -> None:
    assert fitted.n_features_in_ == N_FEATURES
    assert fitted.network_.sizes == (N_FEATURES, 8, 3, 8, N_FEATURES)
    assert fitted.n_epochs_ == 200
    assert fitted.status_ == "max_epochs"
    assert fitted.history_["train_mse"].shape == (200,)
    # Returning the mean of each feature is what a network that learned nothing does at best.
    assert fitted.mse_ < 0.2 * X.var(axis=0).mean()


def test_decoding_a_code_equals_the_whole_network_bit_for_bit(fitted: lso.Autoencoder) -> None:
    codes = fitted.transform(X)
    assert codes.shape == (N_SAMPLES, 3)
    whole = fitted.network_(X)
    np.testing.assert_array_equal(fitted.decoder_(codes), whole)
    np.testing.assert_array_equal(fitted.inverse_transform(codes), whole)
    np.testing.assert_array_equal(fitted.reconstruct(X), whole)
    assert fitted.encoder_ >> fitted.decoder_ == lso.compose(*fitted.network_.split(2))


@pytest.mark.parametrize("bias", ["paper", "standard"])
@pytest.mark.parametrize(("hidden", "latent_layer"), [((), 1), ((8,), 2), ((9, 7), 3)])
def test_the_split_is_at_the_latent_layer(
    hidden: tuple[int, ...], latent_layer: int, bias: str
) -> None:
    model = small(hidden=hidden, bias=bias).fit(X)
    assert model.encoder_.sizes == (N_FEATURES, *hidden, 3)
    assert model.decoder_.sizes == (3, *hidden[::-1], N_FEATURES)
    assert (model.encoder_, model.decoder_) == model.network_.split(latent_layer)
    np.testing.assert_array_equal(model.decoder_(model.transform(X)), model.network_(X))


def test_activations_land_on_their_layers() -> None:
    model = small(
        hidden=(8, 6), activation="tanh", latent_activation="linear", output_activation="softplus"
    ).fit(X)
    assert model.network_.activations == ("tanh", "tanh", "linear", "tanh", "tanh", "softplus")


def test_mse_and_score_are_the_reconstruction_error(fitted: lso.Autoencoder) -> None:
    samples = X.astype(np.float32)
    expected = np.mean((fitted.network_(samples).astype(float) - samples) ** 2)
    assert fitted.mse_ == pytest.approx(expected, rel=1e-5)
    assert fitted.mean_squared_error(X) == pytest.approx(expected, rel=1e-5)
    assert fitted.score(X) == -fitted.mean_squared_error(X)


def test_one_seed_gives_the_same_model_and_another_seed_another() -> None:
    assert_same_estimator(small().fit(X), small().fit(X))
    assert small().fit(X).network_ != small(random_state=1).fit(X).network_
    assert small(random_state=None).fit(X).network_ != small(random_state=None).fit(X).network_


def test_a_second_fit_starts_afresh() -> None:
    model = small().fit(X)
    again = small().fit(X[:30, :5]).fit(X)
    assert_same_estimator(again, model)


@pytest.mark.parametrize("dtype", ["float32", "float64", np.float64])
def test_dtype(dtype: Any) -> None:
    model = small(dtype=dtype).fit(X)
    assert model.network_.dtype == np.dtype(dtype)
    assert model.transform(X).dtype == np.dtype(dtype)
    assert model.sample_latent(4, random_state=0).dtype == np.dtype(dtype)


@pytest.mark.parametrize(("activation", "low", "high"), [("sigmoid", 0, 1), ("tanh", -1, 1)])
def test_sample_latent_fills_the_range_of_the_activation(
    activation: str, low: float, high: float
) -> None:
    model = small(latent_activation=activation).fit(X)
    np.testing.assert_array_equal(model.latent_range_, [[low] * 3, [high] * 3])
    codes = model.sample_latent(2000, random_state=3)
    assert codes.shape == (2000, 3)
    assert codes.min() >= low
    assert codes.max() <= high
    # The mean of 2,000 uniform draws: standard error 0.0065 of the range.
    np.testing.assert_allclose(codes.mean(axis=0), (low + high) / 2, atol=0.04 * (high - low))
    np.testing.assert_array_equal(codes, model.sample_latent(2000, random_state=3))
    assert not np.array_equal(codes, model.sample_latent(2000, random_state=4))


def test_sample_latent_of_an_unbounded_layer_keeps_to_the_codes_seen() -> None:
    model = small(latent_activation="linear").fit(X)
    codes = model.transform(X)
    np.testing.assert_array_equal(model.latent_range_, [codes.min(axis=0), codes.max(axis=0)])
    drawn = model.sample_latent(500, random_state=0)
    assert np.all(drawn >= codes.min(axis=0))
    assert np.all(drawn <= codes.max(axis=0))


def test_training_stops_at_the_mse_asked_for() -> None:
    model = small(epochs=500, mse=0.02).fit(X)
    assert model.status_ == "reached_mse"
    assert model.n_epochs_ < 500
    assert model.mse_ == pytest.approx(model.history_["train_mse"][-1], rel=1e-4)
    assert model.history_["train_mse"][-1] <= 0.02 < model.history_["train_mse"][-2]


def test_a_share_is_held_out_for_validation() -> None:
    watched = small(validation_fraction=0.25).fit(X)
    assert watched.history_["validation_mse"].shape == (5,)
    assert "validation_mse" not in small().fit(X).history_
    assert_same_estimator(watched, small(validation_fraction=0.25).fit(X))


def test_validation_data_are_watched_and_the_best_model_kept() -> None:
    # A target out of reach: validation soon gets worse while training goes on getting better.
    model = small(epochs=400, patience=3).fit(X[:6], validation=1.0 - X[6:12])
    assert model.status_ == "early_stopped"
    best = model.history_["validation_mse"].min()
    assert model.mean_squared_error(1.0 - X[6:12]) == pytest.approx(best, rel=1e-4)


def test_sample_weights_count() -> None:
    wanted = LABELS == 0
    model = small(epochs=100).fit(X, sample_weight=wanted)
    assert model.mean_squared_error(X[wanted]) < 0.25 * model.mean_squared_error(X[~wanted])
    assert small().fit(X, sample_weight=np.ones(N_SAMPLES)).network_ == small().fit(X).network_


def test_the_callback_sees_each_epoch_and_can_stop() -> None:
    seen: list[int] = []

    def watch(progress: Any) -> bool:
        seen.append(progress.epoch)
        return len(seen) == 3

    model = small(epochs=10).fit(X, callback=watch)
    assert len(seen) == 3
    assert (model.status_, model.n_epochs_) == ("stopped", 3)


def test_ctrl_c_keeps_what_was_learned() -> None:
    model = small(epochs=10)

    def interrupt(progress: Any) -> None:
        if progress.epoch >= 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.fit(X, callback=interrupt)
    assert model.status_ == "interrupted"
    assert model.transform(X).shape == (N_SAMPLES, 3)


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))]
)
def test_copies_and_pickles_are_equal(again: Any, fitted: lso.Autoencoder) -> None:
    assert_same_estimator(again(fitted), fitted)
    assert again(small()).get_params() == small().get_params()


@pytest.mark.parametrize(
    "call",
    [
        lambda model: model.transform(X),
        lambda model: model.inverse_transform(X),
        lambda model: model.reconstruct(X),
        lambda model: model.score(X),
        lambda model: model.mean_squared_error(X),
        lambda model: model.sample_latent(3),
        lambda model: lso.save(model, "never-written"),
    ],
)
def test_not_fitted(call: Any) -> None:
    with pytest.raises(NotFittedError, match="Autoencoder is not fitted: call fit first"):
        call(small())
    assert not Path("never-written").exists()


BAD_SAMPLES = [
    (
        np.where(np.arange(24).reshape(2, 12) == 14, np.nan, 0.5),
        r"expected finite float32 numbers, got nan at \(1, 2\)",
    ),
    (np.full((2, 12), np.inf), r"expected finite float32 numbers, got inf at \(0, 0\)"),
    (X[0], r"expected an array of shape \(n_samples, n_features\), got shape \(12,\)"),
    (X[None], r"expected an array of shape \(n_samples, n_features\), got shape \(1, 60, 12\)"),
    (X[:0], r"expected at least one sample .* got shape \(0, 12\)"),
    (X[:, :0], r"expected at least one sample and one feature, got shape \(60, 0\)"),
    (X.astype(str), "expected an array of real numbers, got dtype <U"),
    (X + 1j, "expected an array of real numbers, got dtype complex128"),
    ([[0.1, 0.2], [0.3]], "expected an array of real numbers, got a ragged sequence"),
]


@pytest.mark.parametrize(("bad", "message"), BAD_SAMPLES)
def test_bad_samples(bad: Any, message: str, fitted: lso.Autoencoder) -> None:
    for call in (small().fit, fitted.transform, fitted.reconstruct):
        with pytest.raises((ValueError, TypeError), match=f"^X: {message}"):
            call(bad)
    with pytest.raises((ValueError, TypeError), match=f"^validation: {message}"):
        small().fit(X, validation=bad)


def test_wrong_width(fitted: lso.Autoencoder) -> None:
    for call in (fitted.transform, fitted.reconstruct, fitted.score):
        with pytest.raises(
            ValueError,
            match=r"^X: expected an array of shape \(n_samples, 12\), got shape \(60, 11\)",
        ):
            call(X[:, 1:])
    with pytest.raises(
        ValueError, match=r"^X: expected an array of shape \(n_samples, 3\), got shape \(60, 12\)"
    ):
        fitted.inverse_transform(X)
    with pytest.raises(
        ValueError, match=r"^validation: expected an array of shape \(n_samples, 12\), got"
    ):
        small().fit(X, validation=X[:, 1:])


def test_samples_that_the_output_cannot_return() -> None:
    with pytest.raises(
        ValueError, match=r"^X: expected values in 0\.\.1, .*'sigmoid'.* got .*\.\.255"
    ):
        small().fit(X * 255 / X.max())
    with pytest.raises(ValueError, match=r"^validation: expected values in 0\.\.1"):
        small().fit(X, validation=X - 1)
    assert math.isfinite(small(output_activation="linear").fit(X * 255).mse_)


def test_a_value_too_large_for_the_dtype() -> None:
    with pytest.raises(ValueError, match="expected finite float32 numbers"):
        small(output_activation="linear").fit(X * 1e300)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"latent": 0}, "latent"),
        ({"latent": 2.5}, "latent"),
        ({"hidden": 64}, "hidden: expected a sequence of layer sizes, got 64"),
        ({"hidden": "64"}, "hidden: expected a sequence of layer sizes, got '64'"),
        ({"hidden": (8, -1)}, "hidden"),
        ({"activation": "swish"}, "activation"),
        ({"latent_activation": "softmax"}, "latent_activation"),
        ({"output_activation": "sinh"}, "output_activation"),
        ({"bias": "none"}, "bias"),
        ({"optimizer": "adam"}, "optimizer"),
        ({"batch_size": 0}, "batch_size"),
        ({"epochs": 0}, "epochs"),
        ({"mse": -1.0}, "mse"),
        ({"dtype": "float16"}, "dtype: expected float32 or float64, got 'float16'"),
        ({"dtype": None}, "dtype: expected float32 or float64, got None"),
        ({"random_state": -1}, "random_state"),
        ({"patience": 3}, "patience: expected validation data to measure by"),
        ({"validation_fraction": 1.0}, "validation_fraction: expected a number below 1, got 1"),
        (
            {"validation_fraction": -0.1},
            "validation_fraction: expected a number of at least 0, got -0.1",
        ),
        ({"validation_fraction": 0.999}, "validation_fraction: expected a sample to train on and"),
        ({"validation_fraction": "half"}, "validation_fraction: expected a number, got 'half'"),
    ],
)
def test_bad_parameters(params: dict[str, Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=f"^{message}"):
        small(**params).fit(X)


def test_validation_twice() -> None:
    with pytest.raises(ValueError, match=r"^validation_fraction: expected 0 .*, got 0\.1"):
        small(validation_fraction=0.1).fit(X, validation=X)


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (np.ones(59), r"expected an array of shape \(60,\), got shape \(59,\)"),
        (np.ones((60, 1)), r"expected an array of shape \(60,\)"),
        (np.full(60, -1.0), "expected finite numbers of at least 0"),
        (np.full(60, np.nan), "expected finite numbers of at least 0"),
        (np.zeros(60), "expected finite numbers of at least 0, one of them above zero"),
    ],
)
def test_bad_sample_weights(weight: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"^sample_weight: {message}"):
        small().fit(X, sample_weight=weight)


def test_a_fit_that_fails_leaves_the_earlier_one() -> None:
    model = small().fit(X)
    network = model.network_
    with pytest.raises(ValueError, match=r"^X: "):
        model.fit(X[0])
    assert model.network_ is network


@pytest.mark.parametrize("n", [0, -1, 1.5])
def test_sample_latent_of_a_bad_number(n: Any, fitted: lso.Autoencoder) -> None:
    with pytest.raises((ValueError, TypeError), match=r"^n\b"):
        fitted.sample_latent(n)

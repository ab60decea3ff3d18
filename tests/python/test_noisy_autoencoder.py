"""The autoencoder with noise on its latent: its derivatives, what it learns, and how it ends."""

from typing import Any

import lso_native as lso
import numpy as np
import pytest
from checks import assert_gradients_of_training
from estimator_data import patterns
from lso_native.models.noisy_autoencoder import _Training
from lso_native.models.training import Batch

X, LABELS = patterns()


def small(**params: Any) -> lso.NoisyAutoencoder:
    chosen = {"latent": 3, "hidden": (16,), "epochs": 3, "batch_size": 20, "random_state": 0}
    return lso.NoisyAutoencoder(**{**chosen, **params})


@pytest.fixture(scope="module")
def fitted() -> lso.NoisyAutoencoder:
    return small(epochs=200, optimizer=lso.Adam(1e-2), average=0.9).fit(X)


@pytest.mark.parametrize("weight", [None, [[2.0], [0.5], [0.5], [1.0], [1.0], [1.5], [0.5]]])
def test_derivatives_are_those_of_the_loss(weight: Any) -> None:
    x = lso.uniform((7, 5), random_state=0, dtype="float64")
    noise = lso.normal((7, 2), random_state=1, dtype="float64")
    networks = [
        lso.Network([5, 4, 2], activation=["tanh", "linear"], dtype="float64", random_state=2),
        lso.Network([2, 4, 5], activation=["tanh", "sigmoid"], dtype="float64", random_state=3),
    ]

    def run(encoder: lso.Network, decoder: lso.Network) -> tuple[float, list[lso.Learner]]:
        training = _Training(lso.Learner(encoder), lso.Learner(decoder), 0.3)
        training.encoder.step = training.decoder.step = lambda: True  # type: ignore[method-assign]
        scores = training.step(Batch(x, noise, weight=weight and np.array(weight)))
        assert scores is not None
        return scores[0] * x.shape[1], [
            training.encoder,
            training.decoder,
        ]  # the squared error of a sample

    assert_gradients_of_training(run, networks)


def test_it_learns_to_reconstruct(fitted: lso.NoisyAutoencoder) -> None:
    assert (fitted.status_, fitted.n_epochs_) == ("max_epochs", 200)
    spread = float(np.square(X - X.mean(axis=0)).mean())
    assert fitted.mse_ < 0.25 * spread
    difference = fitted.reconstruct(X) - X.astype(np.float32)
    assert fitted.mse_ == float(np.square(difference).mean(dtype=np.float64))
    assert fitted.mse_ < fitted.history_["mse"][-1]  # which has the noise
    assert fitted.history_["mse"][-1] < fitted.history_["mse"][0]


def test_codes_of_the_training_samples_have_mean_0_and_variance_1(
    fitted: lso.NoisyAutoencoder,
) -> None:
    codes = fitted.transform(X)
    np.testing.assert_allclose(codes.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(codes.std(axis=0), 1, atol=1e-3)
    latents = fitted.sample_latent(5, random_state=7)
    np.testing.assert_array_equal(fitted.sample(5, random_state=7), fitted.decoder_(latents))


def test_the_noise_makes_the_decoder_even(fitted: lso.NoisyAutoencoder) -> None:
    plain = small(epochs=200, optimizer=lso.Adam(1e-2), average=0.9, latent_noise=0.0).fit(X)

    def change(model: lso.NoisyAutoencoder) -> float:
        codes = model.transform(X)
        moved = codes + 0.3 * lso.normal(codes.shape, random_state=1)
        return float(np.square(model.inverse_transform(moved) - model.decoder_(codes)).mean())

    assert change(fitted) < 0.8 * change(plain)


@pytest.mark.filterwarnings("ignore:NoisyAutoencoder diverged:RuntimeWarning")
@pytest.mark.parametrize("exponent", range(6, 38, 4))
def test_no_rate_is_an_error(exponent: int) -> None:
    model = small(optimizer=lso.Adam(10.0**exponent), epochs=20).fit(X)
    assert model.status_ in ("max_epochs", "diverged")
    assert np.isfinite(model.decoder_.parameters).all()
    assert np.isfinite(model.encoder_.parameters).all()


def test_a_minibatch_of_one_sample_is_no_error() -> None:
    assert small(batch_size=len(X) - 1, epochs=1).fit(X).status_ == "max_epochs"


def test_bad_input_is_named(fitted: lso.NoisyAutoencoder) -> None:
    with pytest.raises(ValueError, match="latent_noise: expected a number of at least 0"):
        small(latent_noise=-0.1).fit(X)
    with pytest.raises(ValueError, match="latent: expected an integer of at least 1"):
        small(latent=0).fit(X)
    with pytest.raises(ValueError, match=r"X: expected values in 0\.\.1"):
        small().fit(X * 3)
    with pytest.raises(ValueError, match="X: expected"):
        fitted.transform(X[:, :2])
    with pytest.raises(lso.NotFittedError, match="NoisyAutoencoder is not fitted"):
        small().transform(X)

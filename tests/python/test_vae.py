"""The variational autoencoder: its derivatives, what it learns, and how it ends."""

from typing import Any

import lso_native as lso
import numpy as np
import pytest
from checks import assert_gradients_of_training
from estimator_data import N_FEATURES, patterns
from lso_native.models.training import Batch
from lso_native.models.vae import _Training

X, LABELS = patterns()


def small(**params: Any) -> lso.VAE:
    chosen = {"latent": 3, "hidden": (16,), "epochs": 3, "batch_size": 20, "random_state": 0}
    return lso.VAE(**{**chosen, **params})


@pytest.fixture(scope="module")
def fitted() -> lso.VAE:
    return small(epochs=200, optimizer=lso.Adam(1e-2), average=0.9).fit(X)


@pytest.mark.parametrize("weight", [None, [[2.0], [0.5], [0.5], [1.0], [1.0], [1.5], [0.5]]])
@pytest.mark.parametrize("likelihood", ["gaussian", "bernoulli"])
def test_derivatives_are_those_of_the_loss(likelihood: str, weight: Any) -> None:
    x = lso.uniform((7, 5), random_state=0, dtype="float64")
    noise = lso.normal((7, 2), random_state=1, dtype="float64")
    networks = [
        lso.Network([5, 4, 4], activation=["tanh", "linear"], dtype="float64", random_state=2),
        lso.Network([2, 4, 5], activation=["tanh", "sigmoid"], dtype="float64", random_state=3),
    ]

    def run(encoder: lso.Network, decoder: lso.Network) -> tuple[float, list[lso.Learner]]:
        learners = lso.Learner(encoder), lso.Learner(decoder)
        training = _Training(*learners, 2, likelihood, 0.7)  # type: ignore[arg-type]
        training.encoder.step = training.decoder.step = lambda: True  # type: ignore[method-assign]
        scores = training.step(Batch(x, noise, weight=weight and np.array(weight)))
        assert scores is not None
        return scores[0], [training.encoder, training.decoder]

    assert_gradients_of_training(run, networks)


def test_it_learns_to_reconstruct(fitted: lso.VAE) -> None:
    assert fitted.status_ == "max_epochs"
    assert fitted.n_epochs_ == 200
    spread = float(np.square(X - X.mean(axis=0)).mean())
    assert fitted.mse_ < 0.25 * spread
    assert fitted.mse_ == pytest.approx(
        float(np.square(fitted.reconstruct(X) - X).mean()), rel=1e-4
    )
    assert fitted.mse_ < fitted.variance_ < 0.25 * spread  # draws of a code lie about its mean
    assert fitted.history_["loss"][-1] < fitted.history_["loss"][0]
    assert 1 <= fitted.active_latents_ <= 3


def test_draws_follow_the_posterior(fitted: lso.VAE) -> None:
    one = np.repeat(X[:1], 4000, axis=0)
    draws = fitted.sample_posterior(one, random_state=3)
    mean = fitted.transform(X[:1])[0]
    deviation = np.exp(fitted.log_variance_encoder_(X[:1])[0] / 2)
    assert np.abs(draws.mean(axis=0) - mean).max() < 5 * deviation.max() / np.sqrt(4000)
    np.testing.assert_allclose(draws.std(axis=0), deviation, rtol=0.08)


def test_samples_are_decoded_prior_draws(fitted: lso.VAE) -> None:
    latents = fitted.sample_latent(5, random_state=7)
    np.testing.assert_array_equal(fitted.sample(5, random_state=7), fitted.decoder_(latents))
    assert fitted.sample(5, random_state=7).shape == (5, N_FEATURES)


def test_a_large_divergence_weight_empties_the_latents() -> None:
    emptied = small(epochs=60, kl_weight=1000.0, average=0.0).fit(X)
    assert emptied.history_["divergence"][-1] < 0.05


def test_latent_space_optimization_runs_through_it(fitted: lso.VAE) -> None:
    classifier = lso.Classifier(hidden=(8,), epochs=400, random_state=0).fit(X, LABELS)
    target = np.eye(len(classifier.classes_))[0]
    result = lso.optimize(
        fitted.decoder_ >> classifier.network_,
        target,
        starts=fitted.sample_latent(10, random_state=0),
        mse=0.02,
        optimizer=lso.NormalizedGradientDescent(-0.1),
        bounds=(-3.0, 3.0),
    )
    assert result.success.any()


def test_the_callback_sees_scores_and_stops() -> None:
    seen: list[Any] = []

    def stop(progress: Any) -> bool:
        seen.append(progress)
        return len(seen) == 2

    stopped = small(epochs=9).fit(X, callback=stop)
    assert stopped.status_ == "stopped"
    assert [p.epoch for p in seen] == [1, 2]
    assert seen[1].scores["loss"] == stopped.history_["loss"][1]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"latent": 0}, "latent: expected an integer of at least 1, got 0"),
        ({"hidden": (0,)}, "hidden: expected an integer of at least 1, got 0"),
        ({"likelihood": "poisson"}, "likelihood: expected one of gaussian, bernoulli"),
        ({"kl_weight": -1.0}, "kl_weight: expected a number of at least 0, got -1"),
        ({"dtype": "int32"}, "dtype: expected float32 or float64, got 'int32'"),
        ({"average": 1.0}, "average: expected a number below 1"),
    ],
)
def test_bad_parameters_are_named(params: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        small(**params).fit(X)


def test_bad_samples_and_order_are_named() -> None:
    with pytest.raises(
        ValueError, match=r"X: expected values in 0\.\.1, what output_activation='sigmoid' can"
    ):
        small().fit(X * 3)
    with pytest.raises(lso.NotFittedError, match="VAE is not fitted"):
        small().sample(3)

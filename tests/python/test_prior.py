"""What decoders know of where their codes are: ``prior_``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from checks import assert_same_bits
from estimator_data import assert_same_estimator, patterns

X, LABELS = patterns()
DATA = Path(__file__).parent / "data"
ENCODING = (lso.Autoencoder, lso.NoisyAutoencoder, lso.VAE)


def made(kind: Any, **params: Any) -> Any:
    return kind(2, **{"hidden": (8,), "epochs": 20, "random_state": 0, "threads": 1, **params})


@pytest.mark.parametrize("kind", ENCODING)
def test_a_prior_is_where_the_codes_are(kind: Any) -> None:
    model = made(kind).fit(X)
    codes = model.transform(X)
    density = model.prior_.log_density(codes)
    assert (density >= model.prior_.quantile(0)).mean() > 0.9
    beyond = codes.mean(axis=0) + 10 * np.ptp(codes, axis=0)
    assert model.prior_.log_density(beyond[None])[0] < density.min()
    drawn = model.prior_.sample(500, random_state=0)
    np.testing.assert_allclose(
        drawn.mean(axis=0), codes.mean(axis=0), atol=0.5 * codes.std(axis=0).max()
    )


def test_a_variational_prior_is_as_wide_as_the_draws_that_the_decoder_saw() -> None:
    model = made(lso.VAE, epochs=300, average=0.9).fit(X)
    seen = np.var([model.sample_posterior(X, random_state=s) for s in range(50)], axis=(0, 1))
    means = model.transform(X).var(axis=0)
    assert (means < 0.9 * seen).any()  # else there is nothing to tell apart
    drawn = model.prior_.sample(4000, random_state=0).var(axis=0)
    assert (np.abs(drawn - seen) < 0.35 * seen).all()


def test_samples_of_weight_0_are_not_in_it() -> None:
    weight = (LABELS != 2).astype(float)
    weighted = made(lso.Autoencoder).fit(X, sample_weight=weight)
    alone = made(lso.Autoencoder).fit(X[LABELS != 2])
    assert_same_estimator(weighted.prior_, alone.prior_)


def test_a_generators_prior_is_what_its_latents_are_drawn_from() -> None:
    model = made(lso.GAN, epochs=1)
    with pytest.raises(lso.NotFittedError, match="GAN is not fitted"):
        _ = model.prior_
    prior = model.fit(X).prior_
    points = model.sample_latent(50, random_state=0).astype(np.float64)
    expected = -0.5 * np.square(points).sum(axis=1) - np.log(2 * np.pi)
    np.testing.assert_allclose(prior.log_density(points), expected, rtol=1e-12)
    # of two latents the log density lies an exponential draw below its most
    assert prior.quantile(0.05) == pytest.approx(np.log(0.05 / (2 * np.pi)), abs=0.05)


@pytest.mark.parametrize("kind", ENCODING)
def test_going_on_fits_it_anew(kind: Any) -> None:
    model = made(kind, warm_start=True).fit(X)
    for go_on in (model.fit, model.partial_fit):
        before = model.prior_
        go_on(X)
        assert model.prior_ is not before
        density = model.prior_.log_density(model.transform(X))
        assert (density >= model.prior_.quantile(0)).mean() > 0.9


@pytest.mark.parametrize("kind", ENCODING)
def test_a_file_keeps_it(kind: Any, tmp_path: Path) -> None:
    model = made(kind).fit(X)
    lso.save(model, tmp_path / "model.safetensors")
    loaded: Any = lso.load(tmp_path / "model.safetensors")
    assert_same_estimator(loaded.prior_, model.prior_)
    first, second = (each.prior_.sample(5, random_state=1) for each in (model, loaded))
    assert_same_bits(first, second)


def test_a_file_whose_prior_does_not_fit_its_decoder_is_refused(tmp_path: Path) -> None:
    model = made(lso.Autoencoder).fit(X)
    model.prior_ = lso.Mixture(1, random_state=0).fit(X)
    lso.save(model, tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match="prior"):
        lso.load(tmp_path / "model.safetensors")


@pytest.mark.parametrize("name", ["autoencoder", "noisy_autoencoder", "vae"])
def test_a_file_from_before_priors_has_none_and_says_so(name: str) -> None:
    model: Any = lso.load(DATA / f"{name}.safetensors")
    assert getattr(model, "prior_", None) is None
    with pytest.raises(AttributeError, match="prior_"):
        _ = model.prior_


def test_no_prior_where_codes_are_no_numbers() -> None:
    model = made(lso.VAE, optimizer=lso.Adam(learning_rate=1e30))
    with pytest.warns(RuntimeWarning, match="diverged"):
        model.fit(X)
    with np.errstate(over="ignore"):
        codes = model.transform(X)
    assert hasattr(model, "prior_") == bool(np.isfinite(codes).all())


@pytest.mark.parametrize("kind", ENCODING)
def test_threads_change_no_bit_of_it(kind: Any) -> None:
    one, two = (made(kind, threads=threads).fit(X) for threads in (1, 3))
    assert_same_estimator(one.prior_, two.prior_)

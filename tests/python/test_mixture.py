"""Mixtures of Gaussians: densities against scikit-learn's, slopes against differences, draws by their counts."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from checks import assert_refused, assert_same_bits
from estimator_data import assert_same_estimator
from lso_native._typing import Float64Array, IntArray
from lso_native.models.expectation import fit_gaussians
from lso_native.models.gaussians import Gaussians
from reference import central_differences
from sklearn.base import clone
from sklearn.mixture import GaussianMixture

RANDOM = np.random.default_rng(0)
CENTRES = np.array([[0.0, 0.0, 0.0], [6.0, 1.0, -2.0], [-4.0, 5.0, 3.0]])
LABELS: IntArray = np.arange(600) % 3
X: Float64Array = CENTRES[LABELS] + RANDOM.normal(size=(600, 3)) @ np.diag([1.0, 0.5, 2.0])
NAMES = np.array(["oak", "ash", "elm"])[LABELS]


def fitted(**params: Any) -> lso.Mixture:
    return lso.Mixture(**{"n_components": 4, "random_state": 0, **params}).fit(X)


def theirs(mixture: lso.Mixture, **params: Any) -> GaussianMixture:
    """scikit-learn's mixture with the same parameters."""
    made = GaussianMixture(len(mixture.weights_), **params)
    made.weights_, made.means_ = mixture.weights_, mixture.means_
    made.covariances_ = mixture.covariances_
    made.precisions_ = np.linalg.inv(mixture.covariances_)
    made.precisions_cholesky_ = np.linalg.cholesky(made.precisions_)
    return made


def test_the_density_is_scikit_learns() -> None:
    mixture = fitted()
    points = np.concatenate([X, 100 * X[:50]])
    expected = theirs(mixture).score_samples(points)
    np.testing.assert_allclose(mixture.log_density(points), expected, rtol=1e-9, atol=1e-9)
    assert mixture.score(X) == pytest.approx(expected[:600].mean(), abs=1e-9)


def test_em_comes_to_scikit_learns_likelihood_from_the_same_start() -> None:
    # two clusters that overlap, so that it takes a while
    x = np.concatenate([X[LABELS == 0], X[:300:3] + np.array([2.0, 0.5, 0.0])])
    means = x[[0, 250]]
    their = GaussianMixture(
        2,
        means_init=means,
        weights_init=[0.5, 0.5],
        precisions_init=np.stack([np.eye(3)] * 2),
        reg_covar=0,
        tol=1e-9,
        max_iter=2000,
    ).fit(x)
    start = Gaussians(np.full(2, 0.5), means, np.stack([np.eye(3)] * 2))
    ours = fit_gaussians(
        x, np.ones(len(x)), 2, shrinkage=0, tol=1e-9, max_iter=2000, seed=0, start=start
    )
    assert ours.n_iter > 20
    assert ours.bound == pytest.approx(their.score(x), abs=1e-5)
    np.testing.assert_allclose(ours.found.means, their.means_, atol=0.02)


@pytest.mark.parametrize("shrinkage", [0.0, 1.0, 30.0])
def test_no_iteration_lowers_the_bound(shrinkage: float) -> None:
    options: dict[str, Any] = {"n_components": 6, "shrinkage": shrinkage, "tol": 0}
    bounds = [fitted(max_iter=n, **options).lower_bound_ for n in range(1, 40)]
    assert (np.diff(bounds) >= -1e-12).all()
    assert bounds[-1] > bounds[0] + 0.01
    if shrinkage == 0:  # then it is the mean log density, whatever the unit
        assert bounds[-1] == pytest.approx(fitted(max_iter=39, **options).score(X), abs=1e-9)


def test_shrinkage_mixes_in_samples_that_scatter_as_all_do() -> None:
    mixture = lso.Mixture(1, shrinkage=300, random_state=0).fit(X)
    np.testing.assert_allclose(mixture.covariances_[0], np.cov(X.T, bias=True), rtol=1e-5)
    two = lso.Mixture(3, shrinkage=1e9, random_state=0).fit(X)
    for covariance in two.covariances_:  # the whole's, over 3 ** (2 / 3)
        np.testing.assert_allclose(covariance, np.cov(X.T, bias=True) / 3 ** (2 / 3), rtol=1e-4)


def test_clusters_are_found_and_the_unit_does_not_matter() -> None:
    mixture = lso.Mixture(3, shrinkage=1, random_state=0).fit(X)
    assert mixture.converged_
    order = np.argsort(mixture.means_[:, 0])
    np.testing.assert_allclose(mixture.means_[order], CENTRES[[2, 0, 1]], atol=0.5)
    np.testing.assert_allclose(mixture.weights_, 1 / 3, atol=0.01)
    scaled = lso.Mixture(3, shrinkage=1, random_state=0).fit(X * [1e-3, 1e5, 1] + 1e3)
    np.testing.assert_allclose(scaled.weights_, mixture.weights_, rtol=1e-6)


def test_a_weight_is_as_many_samples() -> None:
    weight = RANDOM.integers(0, 4, len(X))
    weighted = lso.Mixture(3, random_state=0, tol=1e-8).fit(X, sample_weight=weight)
    repeated = lso.Mixture(3, random_state=0, tol=1e-8).fit(np.repeat(X, weight, axis=0))
    order = [np.argsort(each.means_[:, 0]) for each in (weighted, repeated)]
    for name in ("weights_", "means_", "covariances_"):
        a, b = (getattr(each, name)[o] for each, o in zip((weighted, repeated), order, strict=True))
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)
    assert weighted.quantile(0.2) == pytest.approx(repeated.quantile(0.2), abs=0.05)


def test_the_gradient_is_the_slope_of_the_density() -> None:
    mixture = fitted()
    for point in (*X[:3], np.array([2.0, 3.0, 0.0]), np.array([60.0, -80.0, 50.0])):
        numerical = central_differences(
            lambda at: float(mixture.log_density(at[None])[0]), point, 1e-5
        )
        np.testing.assert_allclose(
            mixture.gradient(point[None])[0], numerical, rtol=1e-5, atol=1e-6
        )


def test_far_away_the_gradient_still_points_back() -> None:
    far = np.array([[1e8, -1e8, 1e8]])
    mixture = fitted()
    assert np.isfinite(mixture.log_density(far)).all()
    assert (mixture.gradient(far) * far < 0).all()


def test_memory_is_looked_at_in_blocks_that_change_no_value() -> None:
    mixture = fitted()
    many = np.tile(X, (60, 1))
    assert_same_bits(mixture.log_density(many)[:600], mixture.log_density(many)[600:1200])
    np.testing.assert_allclose(mixture.log_density(many)[:600], mixture.log_density(X), rtol=1e-12)
    assert mixture.gradient(many).shape == many.shape


def test_a_quantile_is_what_that_share_lies_below() -> None:
    mixture = fitted()
    density = mixture.log_density(X)
    for share in (0.01, 0.05, 0.5, 0.9):
        assert (density < mixture.quantile(share)).mean() == pytest.approx(share, abs=0.004)
    assert mixture.quantile(0) == density.min()
    assert mixture.quantile(1) == density.max()


def test_each_component_gets_its_share_of_stratified_draws() -> None:
    far = 1e6 * np.arange(5)[:, None] * np.ones(2)
    weights = np.array([0.05, 0.35, 0.2, 0.25, 0.15])
    mixture = lso.Mixture.from_parameters(weights, far, np.stack([np.eye(2)] * 5))
    for n in (1, 7, 100, 1001):
        drawn = mixture.sample(n, random_state=n)
        counts = np.bincount(np.rint(drawn[:, 0] / 1e6).astype(int), minlength=5)
        assert (np.abs(counts - n * weights) < 1).all()
    # in each feature one draw in each part of equal chance
    own = np.sort(drawn[np.rint(drawn[:, 0] / 1e6) == 1] - 1e6, axis=0)
    chance = 0.5 * (1 + np.vectorize(math.erf)(own / math.sqrt(2)))
    np.testing.assert_array_equal(
        np.floor(chance * len(own)), np.repeat(np.arange(len(own))[:, None], 2, axis=1)
    )
    # and in no order
    assert np.abs(np.corrcoef(np.arange(1001), drawn[:, 0])[0, 1]) < 0.1


@pytest.mark.parametrize("stratified", [True, False])
def test_draws_have_the_mixtures_moments(stratified: bool) -> None:
    mixture = fitted(n_components=3, shrinkage=0)
    drawn = mixture.sample(20_000, random_state=1, stratified=stratified)
    mean = mixture.weights_ @ mixture.means_
    np.testing.assert_allclose(drawn.mean(axis=0), mean, atol=0.01 if stratified else 0.1)
    second = mixture.covariances_ + np.einsum("ki,kj->kij", mixture.means_, mixture.means_)
    covariance = np.einsum("k,kij->ij", mixture.weights_, second) - np.outer(mean, mean)
    np.testing.assert_allclose(np.cov(drawn.T, bias=True), covariance, atol=0.3)
    assert (mixture.log_density(drawn) < mixture.quantile(0.1)).mean() == pytest.approx(
        0.1, abs=0.02
    )


def test_stratified_draws_err_less() -> None:
    mixture = fitted()
    mean = mixture.weights_ @ mixture.means_
    errors = {
        stratified: np.mean(
            [
                np.abs(mixture.sample(100, random_state=s, stratified=stratified).mean(0) - mean)
                for s in range(20)
            ]
        )
        for stratified in (True, False)
    }
    assert errors[True] < errors[False] / 5


def test_spread_widens_draws_about_their_component() -> None:
    mixture = lso.Mixture.from_parameters([1], [[1.0, -2.0]], [[[4.0, 1.0], [1.0, 2.0]]])
    narrow, plain = (mixture.sample(50, random_state=3, spread=s) for s in (0.5, 1.0))
    np.testing.assert_allclose(narrow - [1, -2], (plain - [1, -2]) / 2, atol=1e-12)
    np.testing.assert_array_equal(mixture.sample(5, spread=0), [[1, -2]] * 5)


def test_a_seed_gives_the_same_bits() -> None:
    first, second = fitted(), fitted()
    assert_same_estimator(first, second)
    assert_same_bits(first.sample(9, random_state=1), second.sample(9, random_state=1))
    assert (first.sample(9, random_state=1) != first.sample(9, random_state=2)).all()
    assert not np.array_equal(fitted(random_state=1).means_, first.means_)


def test_each_class_has_a_mixture_of_its_own() -> None:
    weight = np.where(NAMES == "oak", 3.0, 1.0)
    whole = lso.Mixture(2, random_state=0).fit(X, NAMES, sample_weight=weight)
    assert whole.classes_.tolist() == ["ash", "elm", "oak"]
    assert sorted(whole.component_classes_) == ["ash", "ash", "elm", "elm", "oak", "oak"]
    assert whole.weights_[whole.component_classes_ == "oak"].sum() == pytest.approx(0.6)
    densities = [whole.of(name).log_density(X) for name in ("ash", "elm", "oak")]
    together = np.log(np.exp(densities).T @ [0.2, 0.2, 0.6])
    np.testing.assert_allclose(whole.log_density(X), together, rtol=1e-9)
    oak = whole.of("oak")
    assert not hasattr(oak, "classes_")
    assert np.linalg.norm(oak.sample(200, random_state=0).mean(axis=0) - CENTRES[0]) < 0.3
    own = oak.log_density(X[NAMES == "oak"])
    assert (own < oak.quantile(0.1)).mean() == pytest.approx(0.1, abs=0.01)
    with pytest.raises(ValueError, match="label: expected labels among"):
        whole.of("fir")
    with pytest.raises(ValueError, match="label: expected a mixture that was fitted with labels"):
        fitted().of("oak")


@pytest.mark.parametrize(
    ("samples", "components"),
    [
        (np.ones((50, 3)), 1),
        (np.full((50, 3), 1e9 / 3), 1),
        (np.repeat(X[:2], 20, axis=0), 2),
        (X[:5], 5),
        (X[:1], 1),
        (np.column_stack([X, np.full(600, 7.0)]), 30),
        (np.column_stack([X, X.sum(axis=1)]), 30),
    ],
    ids=["same", "same and large", "two", "few", "one", "constant feature", "dependent"],
)
def test_samples_that_span_no_volume(samples: Float64Array, components: int) -> None:
    mixture = lso.Mixture(random_state=0).fit(samples)
    assert len(mixture.weights_) == components
    assert np.linalg.eigvalsh(mixture.covariances_).min() > 0
    drawn = mixture.sample(100, random_state=0)
    scale = 0.1 * np.abs(samples).max() + 3 * np.ptp(samples, axis=0)
    assert (np.abs(drawn - samples.mean(axis=0)) < scale).all()
    assert np.isfinite(mixture.log_density(samples)).all()
    assert np.isfinite(mixture.quantile(0.01))


def test_without_shrinkage_they_are_refused() -> None:
    flat = np.column_stack([X, X[:, 0]])
    flat[:, 3] = 0
    assert_refused(lambda: lso.Mixture(400, shrinkage=0, random_state=0).fit(X), "shrinkage", "0")


def test_going_on_begins_with_what_was_learned() -> None:
    mixture = fitted(n_components=6, max_iter=5, tol=0, warm_start=True)
    mixture.fit(X)
    assert mixture.lower_bound_ == pytest.approx(
        fitted(n_components=6, max_iter=10, tol=0).lower_bound_
    )
    labelled = lso.Mixture(2, max_iter=5, tol=0, warm_start=True, random_state=0).fit(X, NAMES)
    before = labelled.lower_bound_
    assert labelled.fit(X, NAMES).lower_bound_ >= before
    assert labelled.fit(X[:, :2], NAMES).n_features_in_ == 2


def test_given_parameters() -> None:
    mixture = lso.Mixture.from_parameters([1, 3], [[0.0], [4.0]], [[[1.0]], [[0.25]]])
    np.testing.assert_array_equal(mixture.weights_, [0.25, 0.75])
    drawn = mixture.sample(20_000, random_state=0)
    assert (mixture.log_density(drawn) < mixture.quantile(0.05)).mean() == pytest.approx(
        0.05, abs=0.01
    )


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (([1.0], [0.0], [[[1.0]]]), "means"),
        (([1.0, 1.0], [[0.0]], [[[1.0]]]), "weights"),
        (([1.0], [[0.0]], [[1.0]]), "covariances"),
        (([-1.0], [[0.0]], [[[1.0]]]), "weights"),
        (([1.0], [[math.nan]], [[[1.0]]]), "means"),
        (([1.0], [[0.0]], [[[-1.0]]]), "covariances"),
        (([1.0], [[0.0, 0.0]], [[[1.0, 0.5], [0.0, 1.0]]]), "covariances"),
    ],
)
def test_parameters_that_are_none(arguments: Any, name: str) -> None:
    assert_refused(lambda: lso.Mixture.from_parameters(*arguments), name)


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"n_components": 0}, "n_components"),
        ({"shrinkage": -1}, "shrinkage"),
        ({"tol": math.inf}, "tol"),
        ({"max_iter": 1.5}, "max_iter"),
        ({"warm_start": 1}, "warm_start"),
        ({"random_state": -1}, "random_state"),
    ],
)
def test_settings_that_are_none(params: Any, name: str) -> None:
    assert_refused(lambda: fitted(**params), name)


def test_arguments_that_are_none() -> None:
    mixture = fitted()
    assert_refused(lambda: mixture.fit([[math.nan]]), "X")
    assert_refused(lambda: mixture.fit([[1e200], [0.0]]), "X")
    assert_refused(lambda: mixture.fit(X, NAMES[:5]), "y")
    assert_refused(lambda: mixture.fit(X, sample_weight=-np.ones(600)), "sample_weight")
    assert_refused(lambda: mixture.log_density(X[:, :2]), "X")
    assert_refused(lambda: mixture.gradient(X[0]), "X")
    assert_refused(lambda: mixture.sample(0), "n")
    assert_refused(lambda: mixture.sample(1, spread=-1), "spread")
    assert_refused(lambda: mixture.sample(1, stratified=2), "stratified")  # type: ignore[arg-type]
    assert_refused(lambda: mixture.quantile(1.5), "share")
    with pytest.raises(lso.NotFittedError, match="Mixture is not fitted"):
        lso.Mixture().sample(3)
    assert_same_estimator(mixture, fitted())  # what failed changed nothing


def test_a_mixture_is_an_estimator(tmp_path: Path) -> None:
    plain = fitted()
    labelled = lso.Mixture(2, random_state=0).fit(X, NAMES)
    for mixture in (plain, labelled, lso.Mixture.from_parameters([1], [[0.0]], [[[1.0]]])):
        lso.save(mixture, tmp_path / "mixture.safetensors")
        assert_same_estimator(lso.load(tmp_path / "mixture.safetensors"), mixture)
    assert clone(plain).get_params() == plain.get_params()
    assert repr(plain) == "Mixture(n_components=4, random_state=0)"


def test_a_forged_file_is_refused(tmp_path: Path) -> None:
    for name, value in (
        ("weights_", -np.ones(4)),
        ("covariances_", -np.ones((4, 3, 3))),
        ("log_density_quantiles_", np.zeros((1, 3))),
    ):
        mixture = fitted()
        setattr(mixture, name, value)
        lso.save(mixture, tmp_path / "mixture.safetensors")
        with pytest.raises(ValueError, match=r"mixture.safetensors: .*expected"):
            lso.load(tmp_path / "mixture.safetensors")


def test_the_density_of_a_row_does_not_depend_on_its_neighbours() -> None:
    x = np.asarray(lso.normal((203, 5), random_state=0), np.float64)
    mixture = lso.Mixture(3, random_state=0).fit(x)
    whole = mixture.log_density(x)
    for size in (1, 2, 7, 64):
        parts = [mixture.log_density(x[begin : begin + size]) for begin in range(0, 203, size)]
        assert np.concatenate(parts).tobytes() == whole.tobytes()

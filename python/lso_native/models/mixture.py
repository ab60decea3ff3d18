"""A mixture of Gaussians: where latents are dense, and draws from there."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt

from lso_native._checks import (
    as_numbers,
    check_flag,
    check_int,
    check_labels,
    check_number,
    check_sample_weight,
    resolve_seed,
    shown,
)
from lso_native._typing import Array, Float64Array, IntArray, RandomState
from lso_native.errors import ArgumentError, briefly
from lso_native.models.base import Fittable
from lso_native.models.classes import class_numbers
from lso_native.models.expectation import Outcome, fit_gaussians
from lso_native.models.gaussians import Gaussians, joined
from lso_native.models.inputs import check_columns, check_x, column_names
from lso_native.models.restored import check_numbers, check_sorted, check_texts
from lso_native.models.settings import estimator, learned, setting
from lso_native.random import subseed

__all__ = ["Mixture"]

_LEVELS = np.concatenate(
    [[0, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.007], np.linspace(0.01, 1, 100)]
)
_LARGEST = 1e100  # beyond it a square is no number
_MEASURED = 10_000  # draws that tell the quantiles of a mixture that no samples were fitted to


@estimator
class Mixture(Fittable):
    """A mixture of Gaussians with full covariances: a density that can be drawn from, and descended on.

    Fitted by expectation maximization (Dempster, Laird and Rubin 1977) in float64, from k-means++ (Arthur and
    Vassilvitskii 2007). Fitted with labels it has Gaussians for each class, and ``of(label)`` is the mixture of one
    class alone.

    >>> import lso_native as lso
    >>> codes = lso.normal((1000, 2), random_state=0)
    >>> mixture = lso.Mixture(3, random_state=0).fit(codes)
    >>> mixture.sample(5, random_state=0).shape
    (5, 2)
    """

    _estimator_type = "density_estimator"
    _optional = frozenset({"classes_", "component_classes_", "feature_names_in_"})

    n_components: int = setting(
        default=30,
        kw_only=False,
        doc="Gaussians, of each class where there are labels; at most as many as there are different samples.",
    )
    shrinkage: float = setting(
        default=10.0,
        doc="how many samples' worth of the whole data's covariance, over n_components^(2 / n_features), goes into "
        "each component's, which keeps those of few samples from collapsing (Fraley and Raftery 2007, section 3). 0: "
        "the likelihood alone.",
    )
    tol: float = setting(
        default=1e-3, doc="an iteration that adds less to ``lower_bound_`` is the last one."
    )
    max_iter: int = setting(default=100, doc="iterations, at most.")
    warm_start: bool = setting(
        default=False,
        doc="whether another ``fit`` goes on from the components that the last one learned.",
    )
    random_state: RandomState = setting(
        default=None,
        doc="seed (>= 0) of the start, something to draw one from, or None for a new one.",
    )

    weights_: Float64Array = learned(doc="the components' shares (n,), which add up to 1.")
    means_: Float64Array = learned(doc="(n, n_features).")
    covariances_: Float64Array = learned(doc="(n, n_features, n_features).")
    lower_bound_: float = learned(
        doc="the mean over samples, by their weights, of the log density within their class, and of the shrinkage's "
        "share: what no iteration lowers."
    )
    n_iter_: int = learned(doc="iterations; of the class that took the most.")
    converged_: bool = learned(doc="whether ``tol`` was reached, for every class.")
    log_density_quantiles_: Float64Array = learned(
        doc="what ``quantile`` reads off: of all samples, and then of each class under its own mixture."
    )
    classes_: Array = learned(doc="the labels, sorted, where there were some.")
    component_classes_: Array = learned(
        doc="the label of each component (n,), where there were some."
    )
    n_features_in_: int = learned(doc="features of a sample.", saved=False)
    feature_names_in_: Array = learned(
        doc="the names of the columns (n_features,), where the samples came as a table that names them."
    )

    @classmethod
    def from_parameters(
        cls, weights: npt.ArrayLike, means: npt.ArrayLike, covariances: npt.ArrayLike
    ) -> Self:
        """The mixture of these components: ``weights`` (n,), at least 0, of which only the ratios count, ``means`` (n,
        n_features), and ``covariances`` (n, n_features, n_features). Its quantiles are those of draws from it.

        Raises ValueError where shapes do not fit, or a covariance is not symmetric and positive definite.
        """
        arrays = [
            as_numbers(name, value).astype(np.float64)
            for name, value in (
                ("weights", weights),
                ("means", means),
                ("covariances", covariances),
            )
        ]
        given = Gaussians(*arrays)
        given.check()
        mixture = cls(len(given.weights))
        mixture._take(given.take(np.arange(len(given.weights))))
        mixture.n_iter_, mixture.converged_ = 0, True
        gaussians = mixture._gaussians
        drawn = gaussians.draw(_MEASURED, 0, stratified=True, spread=1.0)
        density = gaussians.log_density(drawn)
        mixture.lower_bound_ = float(density.mean())
        mixture.log_density_quantiles_ = np.quantile(density, _LEVELS)[None]
        return mixture

    @briefly
    def fit(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike | None = None,
        *,
        sample_weight: npt.ArrayLike | None = None,
    ) -> Self:
        """Fit to ``X`` (n_samples, n_features), for each label apart where there are labels ``y`` (n_samples,), and
        return self. ``sample_weight``: (n_samples,), at least 0, how much each sample counts.

        Raises ValueError or TypeError where an argument or a setting is not what it should be.
        """
        self._check_settings()
        columns = column_names(X)
        x = self._check_x(X, None)
        labels = None if y is None else check_labels("y", y, len(x))
        weight = check_sample_weight(sample_weight, len(x))
        weight = np.ones(len(x)) if weight is None else weight
        there = weight > 0
        x, weight = x[there], weight[there]
        seed = resolve_seed(self.random_state)
        classes, numbers = None, np.zeros(len(x), np.int64)
        if labels is not None:
            classes, numbers = np.unique(labels[there], return_inverse=True)
        parts = self._fit_each(x, weight, numbers, seed, classes)
        shares = np.bincount(numbers, weight) / weight.sum()
        for name in ("classes_", "component_classes_", "feature_names_in_"):
            vars(self).pop(name, None)
        self._take(joined([part.found for part in parts], shares))
        self.n_iter_ = max(part.n_iter for part in parts)
        self.converged_ = all(part.converged for part in parts)
        self.lower_bound_ = float(shares @ [part.bound for part in parts])
        if columns is not None:
            self.feature_names_in_ = columns
        quantiles = [_quantiles(self._gaussians.log_density(x), weight)]
        if classes is not None:
            self.classes_ = classes
            self.component_classes_ = classes.repeat([len(part.found.weights) for part in parts])
            for number, label in enumerate(classes):
                own = numbers == number
                density = self._part(label)._gaussians.log_density(x[own])
                quantiles.append(_quantiles(density, weight[own]))
        self.log_density_quantiles_ = np.stack(quantiles)
        return self

    def of(self, label: Any) -> Mixture:
        """The mixture of the samples of class ``label`` alone. Raises ValueError where there was no such label."""
        self._check_fitted()
        if not hasattr(self, "classes_"):
            raise ArgumentError("label", "a mixture that was fitted with labels", "one without")
        (number,) = class_numbers("label", check_labels("label", [label], 1), self.classes_)
        part = self._part(self.classes_[number])
        part.log_density_quantiles_ = self.log_density_quantiles_[[1 + number]]
        part.n_iter_, part.converged_ = self.n_iter_, self.converged_
        part.lower_bound_ = self.lower_bound_
        return part

    def log_density(self, X: npt.ArrayLike) -> Float64Array:
        """The natural logarithm of the density at ``X`` (n_samples, n_features), (n_samples,). A row's does not depend
        on its neighbours, bit for bit."""
        x = self._checked(X)
        return self._gaussians.log_density_by_row(x)

    def gradient(self, X: npt.ArrayLike) -> Float64Array:
        """The derivatives of ``log_density`` by ``X`` (n_samples, n_features), of its shape."""
        x = self._checked(X)
        return self._gaussians.gradient(x)

    def score(self, X: npt.ArrayLike, y: object = None) -> float:  # noqa: ARG002
        """The mean log density of ``X`` (n_samples, n_features): greater is better, as model selection expects.

        y : ignored.
        """
        return float(self.log_density(X).mean())

    def quantile(self, share: float) -> float:
        """The log density below which a ``share``, 0..1, of the samples fitted to lies."""
        self._check_fitted()
        at = check_number("share", share, minimum=0.0, maximum=1.0)
        return float(np.interp(at, _LEVELS, self.log_density_quantiles_[0]))

    def sample(
        self,
        n: int,
        *,
        random_state: RandomState = None,
        stratified: bool = True,
        spread: float = 1.0,
    ) -> Float64Array:
        """Return ``n`` draws (n, n_features), in random order.

        stratified : every component gets its share of them, up to one (systematic resampling), and its draws are a
            Latin hypercube of normal quantiles (McKay, Beckman and Conover 1979): means over draws then err far less.
            Else each draw is independent of the others.
        spread : of the draws about their component's mean, of its standard deviation; at least 0.
        random_state : seed of what is drawn (>= 0), something to draw one from, or None for a new one.
        """
        self._check_fitted()
        return self._gaussians.draw(
            check_int("n", n),
            resolve_seed(random_state),
            stratified=check_flag("stratified", stratified),
            spread=check_number("spread", spread, minimum=0.0),
        )

    def _check_settings(self) -> None:
        check_int("n_components", self.n_components)
        check_number("shrinkage", self.shrinkage, minimum=0.0)
        check_number("tol", self.tol, minimum=0.0)
        check_int("max_iter", self.max_iter)
        check_flag("warm_start", self.warm_start)

    def _check_x(self, X: Any, n_features: int | None) -> Float64Array:
        samples = check_x("Mixture", "X", X, dtype=np.float64, n_features=n_features)
        if np.abs(samples).max() > _LARGEST:
            raise ArgumentError("X", f"numbers within {_LARGEST:g}", f"{np.abs(samples).max():g}")
        return samples

    def _checked(self, X: Any) -> Float64Array:
        self._check_fitted()
        check_columns("X", X, getattr(self, "feature_names_in_", None))
        return self._check_x(X, self.n_features_in_)

    def _fit_each(
        self,
        x: Float64Array,
        weight: Float64Array,
        numbers: IntArray,
        seed: int,
        classes: Array | None,
    ) -> list[Outcome]:
        """EM for each class."""
        outcomes = []
        for number in range(numbers.max() + 1):
            own = numbers == number
            try:
                outcomes.append(
                    fit_gaussians(
                        x[own],
                        weight[own],
                        min(self.n_components, int(own.sum())),
                        shrinkage=self.shrinkage,
                        tol=self.tol,
                        max_iter=self.max_iter,
                        seed=subseed(seed, "start", number),
                        start=self._before(
                            x.shape[1], None if classes is None else classes[number]
                        ),
                    )
                )
            except np.linalg.LinAlgError:
                expected = "a number above 0 where samples lie in fewer dimensions than they have"
                raise ArgumentError("shrinkage", expected, f"{self.shrinkage:g}") from None
        return outcomes

    def _before(self, n_features: int, label: Any) -> Gaussians | None:
        """The components to go on from, if there are any that fit."""
        if not (self.warm_start and self._is_fitted() and n_features == self.n_features_in_):
            return None
        known = list(getattr(self, "classes_", [None]))
        if label not in known:
            return None
        return (self if label is None else self._part(label))._gaussians

    @property
    def _gaussians(self) -> Gaussians:
        return Gaussians(self.weights_, self.means_, self.covariances_)

    def _take(self, found: Gaussians) -> None:
        self.weights_, self.means_ = found.weights, found.means
        self.covariances_ = found.covariances
        self.n_features_in_ = self.means_.shape[1]

    def _part(self, label: Any) -> Mixture:
        """The components of a class, without quantiles."""
        part = Mixture(**self.get_params(deep=False))
        part._take(self._gaussians.take(self.component_classes_ == label))
        if hasattr(self, "feature_names_in_"):
            part.feature_names_in_ = self.feature_names_in_
        return part

    def _is_fitted(self) -> bool:
        return hasattr(self, "log_density_quantiles_")

    def _restore(self) -> None:
        self._check_settings()
        resolve_seed(self.random_state)
        check_int("n_iter_", self.n_iter_, minimum=0)
        check_number("lower_bound_", self.lower_bound_)
        self._gaussians.check()
        n_groups = 1
        if hasattr(self, "classes_"):
            check_sorted(self, "classes_", self.classes_.size)
            n_groups += len(self.classes_)
            of = getattr(self, "component_classes_", self.classes_[:0])
            if of.shape != self.weights_.shape or not np.array_equal(np.unique(of), self.classes_):
                raise ArgumentError("component_classes_", "the class of each component", shown(of))
        check_numbers(self, "log_density_quantiles_", (n_groups, len(_LEVELS)))
        self.n_features_in_ = self.means_.shape[1]
        if hasattr(self, "feature_names_in_"):
            check_texts(self, "feature_names_in_", self.n_features_in_)
            self.feature_names_in_ = self.feature_names_in_.astype(object)


def _quantiles(density: Float64Array, weight: Float64Array) -> Float64Array:
    """At ``_LEVELS``, of log densities (n,) by the samples' weights."""
    order = np.argsort(density, kind="stable")
    below = np.cumsum(weight[order]) - weight[order] / 2
    return np.asarray(np.interp(_LEVELS * weight.sum(), below, density[order]))

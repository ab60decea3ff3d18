"""What may be asked of the values at one place of a problem, and when it is met."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import ArrayLike

from lso_native import _core
from lso_native._checks import as_array, as_numbers, check_int, check_number
from lso_native._typing import Array, Float32Array, Float64Array, FloatArray
from lso_native.errors import ArgumentError, ArgumentTypeError

__all__ = [
    "Asked",
    "Ball",
    "BinaryCrossEntropy",
    "CategoricalCrossEntropy",
    "Density",
    "Function",
    "Interval",
    "SquaredError",
    "Term",
    "one_hot",
    "prefer",
]

DEFAULT_TOLERANCE = _core.Tolerance()  # the paper's, section 5.1


def one_hot(labels: ArrayLike, n_classes: int) -> Float32Array:
    """Target with a 1 at each label: shape (n_classes,) for one label, (n, n_classes) for n.

    Raises ValueError when a label is outside 0 .. n_classes - 1, TypeError when it is not an integer.

    labels : one, or (n,), integers.
    """
    n_classes = check_int("n_classes", n_classes)
    indices = as_array("labels", labels, "integers")
    if indices.dtype.kind not in "iu":
        raise ArgumentTypeError("labels", "integers", str(indices.dtype))
    if indices.ndim > 1:
        raise ArgumentError("labels", "one label or shape (n,)", f"shape {indices.shape}")
    wrong = indices[(indices < 0) | (indices >= n_classes)]
    if wrong.size:
        raise ArgumentError("labels", f"0 to {n_classes - 1}", str(wrong.flat[0]))
    rows: Float32Array = np.zeros((*indices.shape, n_classes), np.float32)
    np.put_along_axis(rows, indices[..., None].astype(np.intp), 1.0, axis=-1)
    return rows


class Place(NamedTuple):
    """Where a term stands: how many values there are, of how many samples, in which precision."""

    n_values: int
    n_samples: int
    dtype: np.dtype[Any]
    name: str = "target"  # of the argument that a target comes from

    def native(self, kind: str, *arguments: Any, **named: Any) -> Any:
        """The engine's class ``kind`` of this precision, called."""
        return getattr(_core, f"{kind}{8 * self.dtype.itemsize}")(*arguments, **named)


class Term:
    """An error E for each sample, its derivative by the values, and whether what is asked is met.

    ``weight * term`` makes it count so much beside others; ``prefer(term, weight)`` makes it a preference, which need
    not be met.
    """

    by_sample: ClassVar[tuple[str, ...]] = ()
    """Fields that may have a row for each sample."""

    def of_rows(self, rows: slice) -> Self:
        """What is asked of some of the samples; a single row is everyone's.

        rows : a slice of them.
        """
        fields = {name: getattr(self, name) for name in self.by_sample}
        cut = {
            name: as_numbers(name, value)[rows]
            for name, value in fields.items()
            if np.ndim(value) == 2 and len(value) > 1
        }
        return dataclasses.replace(self, **cut) if cut else self  # type: ignore[type-var]

    def native(self, place: Place) -> Any:
        """The engine's term. Raises ValueError or TypeError where it does not fit the place."""
        raise ArgumentTypeError("term", "a kind of Term", f"a {type(self).__name__} for {place}")

    def within(self, tolerance: Mapping[str, float]) -> Term:
        """This term, met within another tolerance: {"mse": x}, {"squared_error": x} or {"loss": x}, or none given.

        Raises ValueError for a tolerance that it does not take.
        """
        for name, value in tolerance.items():
            kind = type(self).__name__
            raise ArgumentError(name, f"none under {kind}, which is met to the letter", f"{value}")
        return self

    def __rmul__(self, weight: float) -> Asked:
        return Asked(self, weight)


@dataclass(frozen=True, eq=False)
class Asked:
    """A term, how much its E counts, and whether it must be met (hard) or is a preference (soft).

    weight : above 0.
    """

    term: Term
    weight: float = 1.0
    hard: bool = True

    def __post_init__(self) -> None:
        if not isinstance(self.term, Term):
            raise ArgumentTypeError("term", "a Term", type(self.term).__name__)
        check_number("weight", self.weight, above=0.0)

    def __rmul__(self, weight: float) -> Asked:
        return dataclasses.replace(self, weight=weight * self.weight)

    def of_rows(self, rows: slice) -> Asked:
        """What is asked of some of the samples, the ``rows`` of a slice."""
        return dataclasses.replace(self, term=self.term.of_rows(rows))

    def native(self, place: Place) -> Any:
        """The engine's struct, for the dtype and the sizes of ``place``."""
        term = self.term.within({}) if self.hard else self.term  # what must be met says when it is
        return place.native("Asked", term.native(place), float(self.weight), self.hard)


def prefer(term: Term, weight: float = 1.0) -> Asked:
    """``term`` as a preference: E counts ``weight`` times, and a sample is done without it."""
    return Asked(term, weight, hard=False)


@dataclass(frozen=True, eq=False)
class SquaredError(Term):
    """E = sum of weights * (y - target)**2 over a sample's values, no 1/2: the paper's "total squared error".

    target, weights : (n_values,) for every sample, or (n_samples, n_values). A NaN in the target is "don't care".
    mse, squared_error : when it is met, one of: E over the sum of the weights, or E, at most this much. Default:
        mse=1e-3, the paper's (section 5.1).
    """

    by_sample: ClassVar[tuple[str, ...]] = ("target", "weights")
    target: ArrayLike
    weights: ArrayLike | None = None
    mse: float | None = None
    squared_error: float | None = None

    def within(self, tolerance: Mapping[str, float]) -> Self:
        """This term, met within another tolerance; "loss" is another name of the squared error."""
        return self.of(self.target, tolerance, self.weights) if tolerance else self

    @classmethod
    def of(
        cls, target: ArrayLike, tolerance: Mapping[str, float], weights: ArrayLike | None = None
    ) -> Self:
        """The term of a target, met within a tolerance as ``within`` takes it.

        weights : as of ``SquaredError``.
        """
        squared_error = tolerance.get("squared_error", tolerance.get("loss"))
        return cls(target, weights, tolerance.get("mse"), squared_error)

    def native(self, place: Place) -> Any:
        """The engine's term."""
        target = as_numbers(place.name, self.target).astype(np.float64)
        weights = _checked_weights(self.weights, place.dtype)
        ignored = np.isnan(target)
        if ignored.any():
            given = np.ones(1) if weights is None else weights
            target, given = _broadcast("weights", target, given)
            weights = np.where(ignored, 0.0, given)
            target = np.where(ignored, 0.0, target)
        if weights is not None and not (np.atleast_2d(weights).sum(axis=1) > 0).all():
            expected = "at least one output with a weight above 0 and a target in every row"
            raise ArgumentError(place.name, expected, "none")
        sizes = (place.n_values, place.n_samples)
        return place.native(
            "SquaredError", target, weights, *sizes, self._tolerance(), name=place.name
        )

    def _tolerance(self) -> Any:
        if self.mse is not None and self.squared_error is not None:
            raise ArgumentError("mse, squared_error", "at most one", "mse and squared_error")
        if self.squared_error is not None:
            return _core.Tolerance(
                check_number("squared_error", self.squared_error, above=0), False
            )
        if self.mse is not None:
            return _core.Tolerance(check_number("mse", self.mse, above=0.0), True)
        return DEFAULT_TOLERANCE


@dataclass(frozen=True, eq=False)
class Interval(Term):
    """Every value within [low, high], its ends included: met where it is, to the letter, in the model's precision.

    E = sum of squared distances of the values from the interval narrowed by a margin, since descent comes from outside
    and would never quite reach the interval's own border.

    low, high : one number, (n_values,) for every sample, or (n_samples, n_values); -inf or inf for no end.
    margin : in the values' own units, at most half the width. None: a twentieth of the width, or a thousandth of the
        size of the only end, at least of 1.
    weights : of the squared distances, (n_values,) or (n_samples, n_values), at least 0; 0 is "don't care".
    """

    by_sample: ClassVar[tuple[str, ...]] = ("low", "high", "weights")
    low: ArrayLike
    high: ArrayLike
    margin: float | None = None
    weights: ArrayLike | None = None

    def native(self, place: Place) -> Any:
        """The engine's term."""
        low = as_numbers("low", self.low).astype(np.float64)
        high = as_numbers("high", self.high).astype(np.float64)
        for name, side in (("low", low), ("high", high)):
            if np.isnan(side).any():
                raise ArgumentError(name, "numbers", "NaN")
        low, high = _broadcast("high", low, high)
        if low.ndim == 0:
            low, high = np.full(place.n_values, low), np.full(place.n_values, high)
        # rounded inwards: what is met in the model's precision is met
        ends = (
            inward("low", low, place.dtype, up=True),
            inward("high", high, place.dtype, up=False),
        )
        if not (ends[0] <= ends[1]).all():
            wrong = np.argwhere(~(ends[0] <= ends[1]))[0]
            got = f"{high[tuple(wrong)]:g} below or too close to {low[tuple(wrong)]:g}"
            raise ArgumentError("high", f"numbers of at least low in {place.dtype}", got)
        margin = math.nan if self.margin is None else check_number("margin", self.margin, minimum=0)
        weights = _checked_weights(self.weights, place.dtype)
        if weights is not None and not (np.atleast_2d(weights).sum(axis=1) > 0).all():
            raise ArgumentError("weights", "at least one above 0 in every row", "all zeros")
        return place.native("Interval", *ends, weights, place.n_values, place.n_samples, margin)


@dataclass(frozen=True, eq=False)
class BinaryCrossEntropy(Term):
    """E = -sum of t log y + (1 - t) log(1 - y), of values in 0..1; met where E is at most ``loss``.

    target : in 0..1, (n_values,) for every sample, or (n_samples, n_values).
    """

    by_sample: ClassVar[tuple[str, ...]] = ("target",)
    target: ArrayLike
    loss: float | None = None

    def within(self, tolerance: Mapping[str, float]) -> Self:
        """This term, met within another loss; it takes no other tolerance, and needs one."""
        if list(tolerance) == ["loss"]:
            return dataclasses.replace(self, loss=tolerance["loss"])
        if tolerance or self.loss is None:
            got = ", ".join(tolerance) or "none"
            raise ArgumentError("loss", f"a threshold for {type(self).__name__}", got)
        return self

    def native(self, place: Place) -> Any:
        """The engine's term."""
        target = as_numbers(place.name, self.target).astype(np.float64)
        inside = (target >= 0) & (target <= 1)
        if not inside.all():
            got = f"{target[~inside][0]:g}"
            raise ArgumentError(place.name, "numbers in 0..1 under a cross-entropy", got)
        loss = 0.0 if self.loss is None else check_number("loss", self.loss, above=0.0)
        sizes = (place.n_values, place.n_samples)
        return place.native(type(self).__name__, target, None, *sizes, loss, name=place.name)


@dataclass(frozen=True, eq=False)
class CategoricalCrossEntropy(BinaryCrossEntropy):
    """E = -sum of t log y, of values that are probabilities; met where E is at most ``loss``.

    target : in 0..1, (n_values,) for every sample, or (n_samples, n_values).
    """


@dataclass(frozen=True, eq=False)
class Ball(Term):
    """The values, as a point, at most ``radius`` from ``center``, and at least ``inner``: keeps a latent where codes
    are, or a sample away from another.

    E = squared distance from the ball, or shell, narrowed by ``margin``, a share of its radii.

    radius : inf for no end, where there is an ``inner``.
    center : (n_values,) for every sample, (n_samples, n_values), or one number.
    """

    by_sample: ClassVar[tuple[str, ...]] = ("center",)
    radius: float
    center: ArrayLike = 0.0
    margin: float = 0.05
    inner: float = 0.0

    def native(self, place: Place) -> Any:
        """The engine's term."""
        center = as_numbers("center", self.center).astype(np.float64)
        if center.ndim == 0:
            center = np.full(place.n_values, center)
        inner = check_number("inner", self.inner, minimum=0.0)
        endless = inner > 0 and self.radius == math.inf
        radius = math.inf if endless else check_number("radius", self.radius, above=inner)
        margin = check_number("margin", self.margin, minimum=0.0, below=1.0)
        return place.native("Ball", center, place.n_values, place.n_samples, radius, margin, inner)


class Gaussians(Protocol):
    """A mixture of Gaussians, such as Mixture, or scikit-learn's GaussianMixture of full covariances."""

    weights_: Float64Array
    """(k,)"""
    means_: Float64Array
    """(k, n_values)"""
    covariances_: Float64Array
    """(k, n_values, n_values)"""


@dataclass(frozen=True, eq=False)
class Density(Term):
    """The log density of the values under a mixture of Gaussians at least ``least``, in nats: keeps a latent where
    codes are.

    E = ((least + margin - log density) / n_values)**2 where that is not above.

    margin : in nats, since descent comes from outside.
    """

    mixture: Gaussians
    least: float
    margin: float = 0.5

    def native(self, place: Place) -> Any:
        """The engine's term."""
        arrays = []
        n = place.n_values
        for name, shape in (("weights_", ()), ("means_", (n,)), ("covariances_", (n, n))):
            array = as_numbers("mixture", getattr(self.mixture, name, None)).astype(np.float64)
            if array.ndim != 1 + len(shape) or array.shape[1:] != shape:
                got = f"{name} of shape {array.shape}"
                raise ArgumentError(
                    "mixture", f"Gaussians of {n} values with full covariances", got
                )
            arrays.append(array)
        least = check_number("least", self.least)
        margin = check_number("margin", self.margin, minimum=0.0)
        return place.native("Density", *arrays, least, margin)


@dataclass(frozen=True, eq=False)
class Function(Term):
    """A term of your own: ``function(values)`` of an array (n, n_values) returns E (n,) and dE/dy (n, n_values), and,
    as a third, whether it is met (n,); without that it is met where E is at most ``loss``.

    It is called once for some 50 starts and iteration, from the engine's threads in turn. What it raises ends the run
    and goes up; Ctrl-C inside it keeps what was reached.
    """

    function: Callable[[FloatArray], tuple[ArrayLike, ...]]
    loss: float = 0.0

    def within(self, tolerance: Mapping[str, float]) -> Self:
        """This term, met within another loss."""
        if tolerance and list(tolerance) != ["loss"]:
            raise ArgumentError("loss", "the tolerance of a Function", ", ".join(tolerance))
        return dataclasses.replace(self, loss=tolerance["loss"]) if tolerance else self

    def native(self, place: Place) -> Any:
        """The engine's term."""
        if not callable(self.function):
            raise ArgumentTypeError("function", "a function of values", repr(self.function))
        loss = check_number("loss", self.loss, minimum=0.0)
        return place.native("Function", self.function, place.n_values, loss)


def inward(name: str, ends: Array, dtype: np.dtype[Any], *, up: bool) -> Array:
    """Ends of intervals in ``dtype``, none beyond where it was: the nearest numbers above (``up``) or below.

    Raises ValueError, of the argument ``name``, where no finite number is inside.
    """
    with np.errstate(over="ignore"):
        rounded = ends.astype(dtype)
    beyond = rounded < ends if up else rounded > ends
    limit = dtype.type(np.inf if up else -np.inf)
    inside = np.where(beyond, np.nextafter(rounded, limit), rounded)
    if (inside == limit).any():
        expected = f"ends with finite numbers of {dtype} inside"
        raise ArgumentError(name, expected, f"{ends[inside == limit][0]:g}")
    return inside


def _broadcast(name: str, first: Array, second: Array) -> tuple[Array, Array]:
    """Both in one shape; `name` is the second."""
    try:
        shape = np.broadcast_shapes(first.shape, second.shape)
    except ValueError:
        expected = f"a shape that goes with {first.shape}"
        raise ArgumentError(name, expected, str(second.shape)) from None
    return np.broadcast_to(first, shape), np.broadcast_to(second, shape)


def _checked_weights(given: ArrayLike | None, dtype: np.dtype[Any]) -> Float64Array | None:
    """Weights of values, of any shape. Raises ValueError for one that is not finite, in ``dtype``, and at least 0."""
    if given is None:
        return None
    weights = as_numbers("weights", given).astype(np.float64)
    with np.errstate(over="ignore"):
        kept = weights.astype(dtype)
    wrong = ~np.isfinite(kept) | (weights < 0) | ((weights > 0) & (kept == 0))
    if wrong.any():
        expected = f"finite numbers of at least 0 in the range of {dtype}"
        raise ArgumentError("weights", expected, f"{weights[wrong][0]:g}")
    return weights

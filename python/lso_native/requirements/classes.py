"""Requirements on what a classifier says of a sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lso_native._checks import check_flag, check_labels, check_number, shown, stranger
from lso_native._typing import Array, Float64Array
from lso_native.errors import ArgumentError, ArgumentTypeError
from lso_native.network import Model, Network
from lso_native.outcome import TermResult
from lso_native.requirements.base import Reading, Requirement, Starts, distance_from
from lso_native.terms import Interval

DEFAULT_CERTAINTY = 0.8
"""A target of 1, or 1e-3 from it, tilts samples towards what the classifier is surest of, and away from what the data
are like."""
DEFAULT_WITHIN = 0.15
_ROUNDING = 1e-3  # how far probabilities, of half precision even, are from 0..1 and from a sum of 1
_PROBES = 16


@dataclass(frozen=True, eq=False, repr=False)
class IsClass(Requirement):
    """That a classifier sees one of some classes: its output at least ``certainty``, all others at most what is left.

    network : one output a class, in 0..1.
    wanted : the outputs of the classes that will do; the one that is nearest at a start is what it goes for.
    labels : what to call these.
    member : which one of several classifiers this is, in words.
    """

    network: Model
    wanted: tuple[int, ...]
    labels: tuple[Any, ...]
    certainty: float = DEFAULT_CERTAINTY
    member: str = ""

    def __post_init__(self) -> None:
        check_number("certainty", self.certainty, above=0.5, below=1.0)

    @property
    def name(self) -> str:
        """As in "class 7"."""
        return _named(f"class {' or '.join(map(str, self.labels))}", self.member)

    def head(self, decoder: Model) -> Model:  # noqa: ARG002
        """The network."""
        return self.network

    def _ends(self, chosen: Array) -> tuple[Float64Array, Float64Array]:
        """The interval of each output (n, n_classes), for classes chosen (n,)."""
        shape = (len(chosen), self.network.n_outputs)
        low, high = np.full(shape, -np.inf), np.full(shape, 1 - self.certainty)
        rows = np.arange(len(chosen))
        low[rows, chosen], high[rows, chosen] = self.certainty, np.inf
        return low, high

    def term(self, starts: Starts) -> Interval:
        """An interval of each output."""
        wanted = np.array(self.wanted)
        if len(wanted) == 1:
            low, high = self._ends(wanted)
            return Interval(low[0], high[0])
        nearest = starts.values(self.network)[:, wanted].argmax(axis=1)
        return Interval(*self._ends(wanted[nearest]))

    def read(self, values: Array, told: TermResult) -> Reading:  # noqa: ARG002
        """The output of the wanted class that comes nearest; the miss is that of the output that is furthest off."""
        outputs = values.astype(np.float64)
        misses = []
        for place in self.wanted:
            low, high = self._ends(np.array([place]))
            misses.append(distance_from(outputs, low, high).max(axis=1))
        miss = np.min(misses, axis=0)
        best = np.array(self.wanted)[np.argmin(misses, axis=0)]
        return Reading(outputs[np.arange(len(outputs)), best][:, None], miss, miss == 0)


@dataclass(frozen=True, eq=False, repr=False)
class BetweenClasses(Requirement):
    """That a classifier cannot tell two classes: both outputs in .5 ± ``within``, all others below both.

    network : one output a class, in 0..1.
    member : which one of several classifiers this is, in words.
    places : of the two classes among the outputs.
    labels : of all classes, in the order of the outputs.
    """

    network: Model
    places: tuple[int, int]
    labels: tuple[Any, Any]
    within: float = DEFAULT_WITHIN
    member: str = ""

    def __post_init__(self) -> None:
        check_number("within", self.within, above=0.0, below=0.5)
        if self.places[0] == self.places[1]:
            raise ArgumentError("labels", "two different classes", f"{self.labels[0]} twice")

    @property
    def name(self) -> str:
        """As in "between class 3 and 8"."""
        return _named(f"between class {self.labels[0]} and {self.labels[1]}", self.member)

    def head(self, decoder: Model) -> Model:  # noqa: ARG002
        """The network."""
        return self.network

    def _ends(self) -> tuple[Float64Array, Float64Array]:
        n = self.network.n_outputs
        low, high = np.full(n, -np.inf), np.full(n, 0.5 - self.within)
        low[list(self.places)], high[list(self.places)] = 0.5 - self.within, 0.5 + self.within
        return low, high

    def term(self, starts: Starts) -> Interval:  # noqa: ARG002
        """An interval of each output."""
        return Interval(*self._ends())

    def read(self, values: Array, told: TermResult) -> Reading:  # noqa: ARG002
        """Both outputs."""
        outputs = values.astype(np.float64)
        miss = distance_from(outputs, *self._ends()).max(axis=1)
        return Reading(outputs[:, list(self.places)], miss, miss == 0)


class Classes:
    """A model of any kind that tells classes, of which one can be required.

    Parameters
    ----------
    model : one output a class.
    classes : labels of its outputs, in their order; None for 0, 1, 2, ...
    logits : whether the outputs are logits, or logarithms of probabilities, of which a softmax makes probabilities;
        else they are in 0..1.

    Attributes
    ----------
    model : of probabilities, whatever the one that was handed in returns: ``decoder >> classes.model`` is what
        ``lso.optimize`` can bring near a ``one_hot``.
    classes : the labels (n_classes,).

    Raises ValueError where there is not one label an output, or one twice; where there is but one output, as
    classifiers of two classes often have: then it is a number, of which ``Values`` asks; and where 16 random rows show
    that the outputs are no probabilities, or, with ``logits``, that they are.

    >>> import lso_native as lso
    >>> logits = lso.Network([196, 32, 10], activation=["tanh", "linear"], random_state=0)
    >>> lso.Classes(logits, logits=True).requires(7).name
    'class 7'
    """

    def __init__(
        self, model: Model, classes: ArrayLike | None = None, *, logits: bool = False
    ) -> None:
        if not isinstance(model, Model):
            raise ArgumentTypeError("model", "a model of samples", stranger(model))
        n = model.n_outputs
        _check_outputs(model, logits=check_flag("logits", logits))
        self.classes = np.arange(n) if classes is None else check_labels("classes", classes, n)
        if len(np.unique(self.classes)) < n:
            raise ArgumentError("classes", "labels that differ", shown(self.classes.tolist()))
        self.model = model >> _softmax(n, model.dtype) if logits else model

    def __repr__(self) -> str:
        return f"Classes({shown(self.classes.tolist())} by {shown(self.model)})"

    def requires(self, *labels: Any, certainty: float = DEFAULT_CERTAINTY) -> IsClass:
        """That a sample is of the class ``labels`` or, of several, of one of them: its output at least ``certainty``,
        all others at most 1 - ``certainty``. Raises ValueError for a label that is none of ``classes``."""
        return IsClass(self.model, places(labels, self.classes), labels, certainty)

    def between(self, first: Any, second: Any, *, within: float = DEFAULT_WITHIN) -> BetweenClasses:
        """That a sample is half one class, half another: both outputs in .5 ± ``within``, all others below
        both.

        first, second : their labels.
        """
        one, other = places((first, second), self.classes)
        return BetweenClasses(self.model, (one, other), (first, second), within)


def _check_outputs(model: Model, *, logits: bool) -> None:
    """Raise ValueError where it shows that the outputs of ``model`` are not what ``logits`` says."""
    if model.n_outputs < 2:
        expected = "a model of at least two classes, one output each"
        got = "one of a lone output: ask lso.Values for at_least or at_most of it"
        raise ArgumentError("model", expected, got)
    rows = np.random.default_rng(0).standard_normal((_PROBES, model.n_inputs)).astype(model.dtype)
    with np.errstate(over="ignore"):
        outputs = np.asarray(model(rows), np.float64)
    outputs = outputs[np.isfinite(outputs).all(axis=1)]
    if not outputs.size:
        return
    least, greatest = outputs.min(), outputs.max()
    shares = least >= -_ROUNDING and greatest <= 1 + _ROUNDING
    if not logits and not shares:
        expected = "outputs in 0..1, or logits=True where it returns logits"
        raise ArgumentError("model", expected, f"some of {least:.3g} to {greatest:.3g}")
    if logits and shares and np.allclose(outputs.sum(axis=1), 1, rtol=0, atol=_ROUNDING):
        raise ArgumentError("logits", "False for a model of probabilities", "True")


def _softmax(n: int, dtype: Any) -> Network:
    """Of n logits."""
    flags = {"bias": [False, False], "dtype": dtype}
    return Network([n, n], activation="softmax", **flags).replace(np.eye(n).ravel())


def places(labels: Sequence[Any], classes: Array) -> tuple[int, ...]:
    """Where ``labels`` stand among ``classes``. Raises ValueError for one that is not there, or none."""
    if not labels:
        raise ArgumentError("labels", "at least one class", "none")
    found = []
    for label in labels:
        where = np.flatnonzero(classes == label)
        if where.size != 1:
            raise ArgumentError("labels", f"classes among {classes.tolist()}", repr(label))
        found.append(int(where[0]))
    return tuple(found)


def _named(what: str, member: str) -> str:
    return f"{what} ({member})" if member else what

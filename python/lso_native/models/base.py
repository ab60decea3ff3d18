"""What all estimators share: settings, what is learned, and checks."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from lso_native._architecture import check_activation, check_dtype
from lso_native._checks import (
    check_choice,
    check_flag,
    check_int,
    check_number,
    check_threads,
    resolve_seed,
    shown,
)
from lso_native._typing import Array, Float64Array, RandomState
from lso_native.errors import ArgumentError, ArgumentTypeError
from lso_native.models.dataset import Dataset
from lso_native.models.inputs import check_columns, check_x, range_of, warn_beyond
from lso_native.models.restored import check_ends, check_texts
from lso_native.models.settings import Settings, estimator, learned, setting
from lso_native.models.training import STATUSES, History, Training
from lso_native.network import ActivationName, BiasConvention, Network
from lso_native.optimizers import Adam, TrainOptimizer, check_optimizer

__all__ = ["DEFAULT_OPTIMIZER", "Estimator", "NotFittedError"]

# On 14x14 digits half this rate trains less in as many epochs, twice of it varies with the seed.
DEFAULT_OPTIMIZER: TrainOptimizer = Adam(learning_rate=1e-2)


class NotFittedError(ValueError, AttributeError):
    """Raised when a method that needs a fitted estimator is called before ``fit``."""


def not_fitted(message: str) -> NotFittedError:
    """The error; one that scikit-learn's users know too, where scikit-learn is in use."""
    theirs = sys.modules.get("sklearn.exceptions")
    if theirs is None:
        return NotFittedError(message)
    kind = type("NotFittedError", (NotFittedError, theirs.NotFittedError), {})
    error: NotFittedError = kind(message)
    return error


class Fittable(Settings, ABC):
    """Settings, and what ``fit`` learns: what a file keeps."""

    _parts: ClassVar[tuple[str, ...]] = ()
    """The networks that a file keeps, in its order."""
    _learned: ClassVar[tuple[str, ...]]
    """All that a file keeps of what was learned."""
    _optional: ClassVar[frozenset[str]] = frozenset()
    """What may be missing of that."""
    _unsaved: ClassVar[frozenset[str]] = frozenset()
    """Settings that no file keeps."""

    @abstractmethod
    def _is_fitted(self) -> bool:
        """Whether there is anything learned."""

    def _check_kept(self) -> None:
        """Raise ValueError where a setting that a file tells with what was learned has been changed since."""

    @abstractmethod
    def _restore(self) -> None:
        """Work out what follows from what a file keeps; ValueError where it is no model."""

    def __sklearn_is_fitted__(self) -> bool:
        return self._is_fitted()

    def _check_fitted(self) -> None:
        if not self._is_fitted():
            raise not_fitted(f"{type(self).__name__} is not fitted: call fit first")


@estimator
class Estimator(Fittable):
    """An estimator in scikit-learn's manner."""

    # Files of version 0.1.0, or unnamed columns, leave these out.
    _optional: ClassVar[frozenset[str]] = frozenset({"feature_names_in_", "data_range_"})

    hidden: Sequence[int] = setting(
        default=(64,),
        doc="sizes of the hidden layers, the one nearest the input first; may be empty.",
    )
    activation: ActivationName = setting(default="sigmoid", doc="of the hidden layers.")
    optimizer: TrainOptimizer = setting(
        default=DEFAULT_OPTIMIZER,
        doc="``Adam`` or, for a single network, ``NormalizedGradientDescent``.",
    )
    batch_size: int = setting(default=50, doc="samples a step.")
    epochs: int = setting(default=100, doc="passes over the samples, at most.")
    average: float = setting(
        default=0.0,
        doc="share of the averaged parameters that a step keeps; what is learned are the averages. 0: the last.",
    )
    validation_fraction: float = setting(
        default=0.0,
        doc="share of the samples, of each class if there are some, drawn at random and held out for validation.",
    )
    patience: int | None = setting(
        default=None,
        doc="stop after this many epochs without a lower validation loss. With or without it, what is learned is "
        "that of the epoch of the lowest one, if there is any.",
    )
    warm_start: bool = setting(
        default=False, doc="whether another ``fit`` goes on from what the last one learned."
    )
    threads: int | None = setting(
        default=None, doc="None for all processors. No result depends on it, bit for bit."
    )
    dtype: npt.DTypeLike = setting(default="float32", doc='"float32" or "float64".')
    random_state: RandomState = setting(
        default=None,
        doc="seed (>= 0) of all that is drawn, a ``numpy.random`` RandomState or Generator to draw one from, or None "
        "for a new one at each fit.",
    )

    history_: History = learned(
        doc="arrays by name, one entry an epoch: ``epoch``, the scores of the kind and, with validation, "
        "``validation_loss``."
    )
    status_: str = learned(
        doc='how training ended: "max_epochs", "reached_mse", "early_stopped", "stationary" (no gradient in a whole '
        'epoch), "diverged" (a loss or step was not finite; the networks are the last finite ones), "collapsed", '
        '"interrupted", or "stopped" by the callback. "diverged" and "collapsed" warn, and say what to change.'
    )
    n_epochs_: int = learned(doc="epochs that were finished, those of earlier calls included.")
    n_features_in_: int = learned(doc="features of a sample.", saved=False)
    feature_names_in_: Array = learned(
        doc="the names of the columns (n_features,), where the samples came as a table that names them."
    )
    data_range_: Float64Array = learned(
        doc="the lowest and highest value among the samples, (2,). Samples far beyond it, or ten and more in a small "
        "part of it, are most likely in another unit: a warning says so once."
    )

    # What a kind is made of.

    _optimizers: ClassVar[Any] = TrainOptimizer
    """What may be its optimizer: a class or a union of some."""

    @abstractmethod
    def _check_settings(self) -> None:
        """Raise ValueError or TypeError naming a setting of this kind that is wrong."""

    def _hidden(self) -> Sequence[tuple[str, Sequence[int], Network]]:
        """Settings of hidden layers by name, the sizes they stand for, and the network that was made of them."""
        return ()

    @abstractmethod
    def _begin(self, data: Dataset, seed: int, *, go_on: bool) -> Training:
        """Networks to train on ``data``: those learned before, to ``go_on`` from, or new ones."""

    def _take(self, training: Any, data: Dataset) -> None:  # noqa: ARG002
        """Learn what ``training`` on ``data`` came to, beside what all kinds learn."""
        self.n_features_in_ = data.x.shape[1]

    @property
    @abstractmethod
    def _learned_dtype(self) -> np.dtype[Any]:
        """The dtype of what was learned; ``dtype`` may have been changed since."""

    @abstractmethod
    def _pair(self, validation: Any) -> tuple[Any, Any]:
        """Samples, and what is to be known of them, from the argument of ``fit``."""

    def _check_x(self, name: str, X: Any, n_features: int | None) -> Array:
        """Samples (n_samples, n_features) that the networks can be trained on."""
        owner = type(self).__name__
        return check_x(owner, name, X, dtype=self._check_dtype(), n_features=n_features)

    def _check_y(self, name: str, y: Any, n_samples: int) -> Array | None:  # noqa: ARG002
        """What is to be known of the samples; nothing."""
        return None

    def _encode(self, name: str, data: Dataset, classes: Array | None) -> Dataset:  # noqa: ARG002
        """``data`` with labels as numbers, of ``classes`` if these are known."""
        return data

    def _judge(self, status: str) -> str:
        """The status, or what is wrong with what was learned."""
        return status

    def _network(
        self,
        sizes: Sequence[int],
        activations: Sequence[ActivationName],
        bias: BiasConvention,
        seed: int,
        before: Network | None,
    ) -> Network:
        """A new network, or the one learned ``before``, which must be of the same layers."""
        dtype = self._check_dtype().name
        try:
            network = Network(
                sizes, activation=activations, bias=bias, dtype=dtype, random_state=seed
            )
        except ArgumentError as error:
            if error.argument != "activation":
                raise
            # Only groups of a softmax depend on the sizes; the names were checked before.
            raise ArgumentError("output_activation", error.expected, error.got) from None
        if before is None:
            return network
        if before.architecture() != network.architecture():
            raise ArgumentError(
                "warm_start",
                f"settings of the network that was learned, {before}",
                f"those of {network}",
            )
        return before

    def _check_kept(self) -> None:
        for name, sizes, network in self._hidden():
            if tuple(sizes) != network.sizes[1:-1]:
                expected = f"the layers that were learned, {shown(network.sizes[1:-1])}"
                raise ArgumentError(name, expected, shown(getattr(self, name)))

    def _restore(self) -> None:
        self._check_common()
        self._check_settings()
        resolve_seed(self.random_state)
        check_choice("status_", self.status_, STATUSES)
        check_int("n_epochs_", self.n_epochs_, minimum=0)
        lengths = {name: len(values) for name, values in self.history_.items()}
        if set(lengths.values()) - {self.n_epochs_}:
            raise ArgumentError("history_", f"{self.n_epochs_} entries a series", shown(lengths))
        if hasattr(self, "feature_names_in_"):
            check_texts(self, "feature_names_in_", self.n_features_in_)
            self.feature_names_in_ = self.feature_names_in_.astype(object)
        if hasattr(self, "data_range_"):
            check_ends(self, "data_range_", ())
        networks = [getattr(self, name) for name in self._parts]
        if len({network.dtype for network in networks}) > 1 or not self._fits():
            sizes = [network.sizes for network in networks]
            raise ValueError(
                f"expected the networks of a {type(self).__name__}, got {shown(sizes)}"
            )
        self._check_kept()

    def _fits(self) -> bool:
        """Whether the networks fit each other."""
        return True

    # Checks.

    def _is_fitted(self) -> bool:
        return hasattr(self, "status_")

    def _check_samples(self, X: Any) -> Array:
        """Samples like those learned from (n_samples, n_features), in the networks' dtype."""
        self._check_fitted()
        check_columns("X", X, getattr(self, "feature_names_in_", None))
        owner, dtype = type(self).__name__, self._learned_dtype
        samples = check_x(owner, "X", X, dtype=dtype, n_features=self.n_features_in_)
        warn_beyond(self, range_of(samples), len(samples))
        return samples

    def _check_common(self) -> None:
        check_activation("activation", self.activation)
        for name in ("batch_size", "epochs"):
            check_int(name, getattr(self, name))
        if self.patience is not None:
            check_int("patience", self.patience)
        check_number("average", self.average, minimum=0.0, below=1.0)
        check_number("validation_fraction", self.validation_fraction, minimum=0.0, below=1.0)
        check_flag("warm_start", self.warm_start)
        check_optimizer(self.optimizer, DEFAULT_OPTIMIZER, self._optimizers)
        check_threads(self.threads)
        self._check_sizes("hidden")
        self._check_dtype()

    def _check_dtype(self) -> np.dtype[Any]:
        return check_dtype(self.dtype)

    def _check_sizes(self, name: str) -> list[int]:
        given: Any = getattr(self, name)
        if isinstance(given, str) or not np.iterable(given):
            raise ArgumentTypeError(name, "a sequence of layer sizes", shown(given))
        return [check_int(name, size) for size in given]

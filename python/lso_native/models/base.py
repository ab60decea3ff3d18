"""What the estimators share: parameters in scikit-learn's manner, and one way to train.

scikit-learn is not needed. Where it is installed its tools (clone, pipelines, cross-validation)
work on these classes.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from lso_native._checks import (
    check_choice,
    check_int,
    check_number,
    check_sample_weight,
    check_threads,
    resolve_seed,
)
from lso_native.network import ActivationName, BiasConvention, Network
from lso_native.optimizers import Adam
from lso_native.random import permutation
from lso_native.training import LossName, Optimizer, TrainProgress, TrainResult, train

__all__ = ["DEFAULT_OPTIMIZER", "Estimator", "NetworkEstimator", "NotFittedError"]

Array = npt.NDArray[Any]
Callback = Callable[[TrainProgress], bool | None]

# On 14x14 digits half this rate trains less in as many epochs, twice of it varies with the seed.
DEFAULT_OPTIMIZER: Optimizer = Adam(learning_rate=1e-2)


_STATUSES = (
    *("max_epochs", "reached_mse", "early_stopped", "stationary", "diverged", "interrupted"),
    *("stopped", "collapsed"),
)


class NotFittedError(ValueError, AttributeError):
    """Raised when a method that needs a fitted estimator is called before ``fit``."""


class Estimator:
    """Parameters by name: ``__init__`` stores each argument unchanged under its own name."""

    _estimator_type: str
    _learned: ClassVar[tuple[str, ...]] = ("status_", "n_epochs_", "history_")
    """What ``fit`` finds out and a file keeps; its networks are a file's parts, in their order."""
    _unsaved: ClassVar[frozenset[str]] = frozenset()
    """Settings that no file keeps."""
    dtype: npt.DTypeLike
    status_: str
    n_epochs_: int
    history_: dict[str, npt.NDArray[np.float64]]

    def _check_fitted(self) -> None:
        """Raise NotFittedError before ``fit``."""
        if not hasattr(self, self._learned[0]):
            raise NotFittedError(f"{type(self).__name__} is not fitted: call fit first")

    def _restore(self) -> None:
        """Work out what follows from ``_learned``, read from a file; ValueError where it is no model."""
        check_choice("status_", self.status_, _STATUSES)
        check_int("n_epochs_", self.n_epochs_, minimum=0)
        check_threads(getattr(self, "threads", None))

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
        return {parameter.name: parameter.default for parameter in parameters}

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002
        """Return the constructor's arguments by name. ``deep`` changes nothing: none is nested."""
        return {name: getattr(self, name) for name in self._defaults()}

    def set_params(self, **params: Any) -> Self:
        """Change constructor arguments by name and return self; ``fit`` checks their values.

        Raises ValueError, and changes nothing, where a name is unknown.
        """
        known = self._defaults()
        for name in params:
            if name not in known:
                raise ValueError(
                    f"{name}: expected a parameter of {type(self).__name__}, "
                    f"one of {', '.join(known)}"
                )
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        """Show the parameters that are not at their defaults."""
        defaults = self._defaults()
        changed = {k: v for k, v in self.get_params().items() if not _same(v, defaults[k])}
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in changed.items())})"

    def _check_dtype(self) -> np.dtype[Any]:
        given: Any = self.dtype
        for dtype in (np.dtype(np.float32), np.dtype(np.float64)):
            if given is not None and dtype == given:  # NumPy takes None for float64
                return dtype
        raise ValueError(f"dtype: expected float32 or float64, got {given!r}")

    def _check_sizes(self, name: str) -> list[int]:
        given: Any = getattr(self, name)
        if isinstance(given, str) or not np.iterable(given):
            raise TypeError(f"{name}: expected a sequence of layer sizes, got {given!r}")
        return [check_int(name, size) for size in given]

    def __sklearn_tags__(self) -> Any:
        # Called by scikit-learn alone, so that it is there to import.
        utils = importlib.import_module("sklearn.utils")
        classifies = self._estimator_type == "classifier"
        return utils.Tags(
            estimator_type=self._estimator_type,
            target_tags=utils.TargetTags(required=classifies),
            classifier_tags=utils.ClassifierTags() if classifies else None,
            transformer_tags=None if classifies else utils.TransformerTags(),
        )


def _same(value: Any, default: Any) -> bool:
    return type(value) is type(default) and bool(np.all(value == default))


class NetworkEstimator(Estimator):
    """An estimator that is one trained ``Network``.

    After ``fit`` it has ``network_``; ``history_``, a dict of arrays with one entry an epoch;
    ``status_`` and ``n_epochs_``, how training ended and after how many epochs; ``mse_``, the mean
    squared error of ``network_`` over the samples and outputs it was trained on (after Ctrl-C, as of
    the last whole epoch); and
    ``n_features_in_``. Training that does not set ``optimizer`` and ``epochs`` takes
    ``DEFAULT_OPTIMIZER`` and the engine's ``DEFAULT_EPOCHS``.
    """

    hidden: Sequence[int]
    bias: BiasConvention
    optimizer: Optimizer
    batch_size: int
    epochs: int
    mse: float | None
    validation_fraction: float
    patience: int | None
    random_state: int | None

    _learned = ("network_", *Estimator._learned, "mse_")

    network_: Network
    mse_: float
    n_features_in_: int

    def _restore(self) -> None:
        super()._restore()
        self.n_features_in_ = self.network_.n_inputs

    def _held_out(self, n_samples: int, validation: Any) -> int:
        """Return how many samples to hold out for validation."""
        fraction = check_number("validation_fraction", self.validation_fraction, minimum=0.0)
        if fraction >= 1:
            raise ValueError(f"validation_fraction: expected a number below 1, got {fraction:g}")
        if fraction and validation is not None:
            raise ValueError(
                f"validation_fraction: expected 0 beside validation in fit, got {fraction:g}"
            )
        if self.patience is not None and not fraction and validation is None:
            raise ValueError(
                "patience: expected validation data to measure by (validation_fraction, or "
                "validation in fit), got none"
            )
        held = max(1, round(fraction * n_samples)) if fraction else 0
        if held >= n_samples:
            raise ValueError(
                "validation_fraction: expected a sample left to train on, "
                f"got {fraction:g} of {n_samples}"
            )
        return held

    def _train(
        self,
        x: Array,
        y: Array,
        *,
        sizes: Sequence[int],
        activation: Sequence[ActivationName],
        objective: LossName,
        sample_weight: npt.ArrayLike | None,
        validation: tuple[Array, Array] | None,
        callback: Callback | None,
        learned: Mapping[str, Any] = MappingProxyType({}),
    ) -> Self:
        """Train a network of ``sizes`` to turn ``x`` into ``y``; learn it, and ``learned`` with it.

        Training that Ctrl-C stops is learned too before ``KeyboardInterrupt`` goes on to the caller.
        """
        seed = resolve_seed(self.random_state)
        weight = check_sample_weight(sample_weight, len(x))
        held = self._held_out(len(x), validation)
        if held:
            order = permutation(len(x), random_state=seed)
            out, kept = order[:held], order[held:]
            validation = (x[out], y[out])
            x, y = x[kept], y[kept]
            weight = None if weight is None else weight[kept]
        network = Network(
            sizes, activation=activation, bias=self.bias, dtype=x.dtype.name, random_state=seed
        )
        try:
            result = train(
                network,
                x,
                y,
                objective=objective,
                optimizer=self.optimizer,
                batch_size=self.batch_size,
                epochs=self.epochs,
                mse=self.mse,
                sample_weight=weight,
                validation=validation,
                patience=self.patience,
                random_state=seed,
                callback=callback,
            )
        except KeyboardInterrupt as stop:
            if isinstance(partial := getattr(stop, "result", None), TrainResult):
                self._learn(partial, x, y, learned)
            raise
        self._learn(result, x, y, learned)
        return self

    def _learn(self, result: TrainResult, x: Array, y: Array, learned: Mapping[str, Any]) -> None:
        network = result.model
        assert isinstance(network, Network)
        self.network_ = network
        self.n_features_in_ = network.n_inputs
        self.history_ = dict(result.history)
        self.status_ = result.status
        self.n_epochs_ = result.epochs
        self.mse_ = self._final_mse(result, x, y)
        for name, value in learned.items():
            setattr(self, name, value)

    def _final_mse(self, result: TrainResult, x: Array, y: Array) -> float:
        if result.status != "interrupted":
            return mean_squared_error(self.network_(x), y)
        # Whoever pressed Ctrl-C does not wait for another look at all samples.
        scores = result.history["train_mse"]
        return float(scores[-1]) if scores.size else float("nan")


def mean_squared_error(outputs: Array, targets: Array) -> float:
    """Return the mean over samples and outputs of (outputs - targets)²."""
    return float(np.square(outputs - targets).mean(dtype=np.float64))

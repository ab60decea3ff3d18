"""Minibatch training of a model, whole or in part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lso_native import _core
from lso_native._checks import (
    as_numbers,
    check_callback,
    check_choice,
    check_flag,
    check_int,
    check_number,
    check_threads,
    resolve_seed,
)
from lso_native.errors import ArgumentError, ArgumentTypeError, interrupted
from lso_native.network import Composition, Model, Network
from lso_native.objectives import BinaryCrossEntropy, CategoricalCrossEntropy, SquaredError
from lso_native.optimizers import Adam, NormalizedGradientDescent, native_optimizer

LossName = Literal["squared_error", "binary_cross_entropy", "categorical_cross_entropy"]
Optimizer = Adam | NormalizedGradientDescent
DEFAULT_BATCH_SIZE = _core.DEFAULT_BATCH_SIZE
DEFAULT_EPOCHS = _core.DEFAULT_EPOCHS
_OBJECTIVES = {
    "squared_error": SquaredError,
    "binary_cross_entropy": BinaryCrossEntropy,
    "categorical_cross_entropy": CategoricalCrossEntropy,
}
_SCORES = ("train_loss", "train_mse", "validation_loss", "validation_mse")


class TrainProgress(NamedTuple):
    """What an epoch ended with."""

    epoch: int
    epochs: int
    scores: dict[str, float]
    """By the names of the history. ``train`` tells train_loss and train_mse, means over samples and, of the mse,
    outputs, and with validation data validation_loss and validation_mse; estimators tell those of their kind."""


@dataclass(frozen=True, eq=False)
class TrainResult:
    """A new model and how it came about."""

    model: Model
    history: dict[str, NDArray[np.float64]]
    """(n_scores,) each: epoch, train_loss, train_mse and, with validation data, validation_loss, validation_mse."""
    epochs: int
    """Epochs that were finished."""
    status: str
    """max_epochs, reached_mse, early_stopped, stationary (no gradient in a whole epoch), diverged (an error or a step
    was not finite; the model is that of the last finite epoch with a score), interrupted, or stopped (by the
    callback)."""

    def __repr__(self) -> str:
        mse = self.history["train_mse"]
        last = f", training MSE {mse[-1]:.4g}" if mse.size else ""
        return f"TrainResult({self.status} after {self.epochs} epochs{last})"


def train(
    model: Model,
    x: ArrayLike,
    y: ArrayLike,
    *,
    objective: LossName = "squared_error",
    optimizer: Optimizer | None = None,
    batch_size: int = DEFAULT_BATCH_SIZE,
    epochs: int = DEFAULT_EPOCHS,
    score_every: int = 1,
    mse: float | None = None,
    sample_weight: ArrayLike | None = None,
    validation: tuple[ArrayLike, ArrayLike] | None = None,
    patience: int | None = None,
    shuffle: bool = True,
    trainable: Sequence[bool] | None = None,
    random_state: int | None = None,
    threads: int | None = None,
    callback: Callable[[TrainProgress], bool | None] | None = None,
) -> TrainResult:
    """Train a copy of ``model`` on samples ``x`` (n, n_inputs) and targets ``y`` (n, n_outputs) (the paper, Algorithms
    1 to 3).

    Parameters
    ----------
    objective : squared_error, binary_cross_entropy or categorical_cross_entropy. A minibatch's error is the mean of
        its samples' errors, each summed over outputs.
    optimizer : Adam(), or NormalizedGradientDescent for the paper's Algorithm 3.
    batch_size, epochs : samples a step; passes over the data.
    score_every : epochs between scores. A score is a pass over all samples; only an epoch that has one can be the last
        (by ``mse``, ``patience`` or ``callback``), and the last of ``epochs`` always has one.
    mse : stop after the first epoch whose training MSE (mean over samples and outputs) is at most this.
    sample_weight : (n,) at least 0: how much each sample counts.
    validation : (x, y). The model of the epoch with the lowest validation loss is returned.
    patience : stop after so many epochs without a lower validation loss.
    shuffle : a new order each epoch, keyed by ``random_state``.
    trainable : one flag for each part of a composition; the others stay as they are, bit for bit.
    threads : None for the processors that this process may use; at most 64, or 4 a processor. Used for scores and steps
        large enough to gain by it. The result does not depend on it, bit for bit.
    callback : called with TrainProgress after each score; a true value stops.

    Raises ValueError or TypeError naming a bad argument; diverging is a status in the result.
    Ctrl-C raises a KeyboardInterrupt whose ``result`` holds the model so far.
    """
    if not isinstance(model, Model):
        raise ArgumentTypeError("model", "a Network or Composition", type(model).__name__)
    kind = _OBJECTIVES[check_choice("objective", objective, _OBJECTIVES)]
    name, options = native_optimizer(optimizer, Adam(), (Adam, NormalizedGradientDescent))
    if patience is not None and validation is None:
        raise ArgumentError("patience", "validation data to measure by", "none")
    validation_x, validation_y = _check_pair(validation)
    check_callback("callback", callback, "TrainProgress")
    total = check_int("epochs", epochs)

    names = _SCORES if validation is not None else _SCORES[:2]

    def on_epoch(epoch: int, *scores: float) -> bool:
        named = dict(zip(names, scores, strict=False))
        return bool(callback and callback(TrainProgress(epoch, total, named)))

    parts, history, epochs_done, status = _core.train(
        model._chain,
        x,
        kind(_rows("y", y))._native(),
        sample_weight=_check_weights(sample_weight),
        validation_x=validation_x,
        validation_objective=None
        if validation is None
        else kind(_rows("validation", validation_y))._native(),
        optimizer=name,
        options=options,
        batch_size=check_int("batch_size", batch_size),
        epochs=total,
        score_every=check_int("score_every", score_every),
        stop_at_mse=None if mse is None else check_number("mse", mse, above=0.0),
        patience=0 if patience is None else check_int("patience", patience),
        shuffle=check_flag("shuffle", shuffle),
        seed=resolve_seed(random_state),
        trainable=_check_trainable(trainable, model),
        threads=check_threads(threads),
        on_epoch=on_epoch if callback is not None else None,
    )
    result = TrainResult(_rewrap(model, parts), _history(history, names), epochs_done, status)
    if status == "interrupted":
        raise interrupted(f"train: interrupted after {result.epochs} of {total} epochs", result)
    return result


def _rows(name: str, values: ArrayLike) -> NDArray[Any]:
    """Targets are one row a sample here: a single shared row would be a mistake."""
    array = as_numbers(name, values)
    if array.ndim != 2:
        raise ArgumentError(
            name, "an array of shape (n_samples, n_outputs)", f"shape {array.shape}"
        )
    return array


def _check_pair(validation: Any) -> tuple[Any, Any]:
    if validation is None:
        return None, None
    try:
        x, y = validation
    except (TypeError, ValueError):
        raise ArgumentError("validation", "a pair (x, y)", type(validation).__name__) from None
    return x, y


def _check_weights(sample_weight: ArrayLike | None) -> NDArray[Any] | None:
    if sample_weight is None:
        return None
    weights = as_numbers("sample_weight", sample_weight)
    if (weights < 0).any() or not weights.any():
        raise ArgumentError(
            "sample_weight",
            "numbers of at least 0, one of them above it",
            weights.min() if weights.size else "none",
        )
    return weights


def _check_trainable(trainable: Sequence[bool] | None, model: Model) -> list[bool]:
    if trainable is None:
        return []
    flags = [bool(flag) for flag in trainable]
    if len(flags) != len(model.parts) or not any(flags):
        raise ArgumentError(
            "trainable", f"{len(model.parts)} flags, one a part, one of them true", flags
        )
    return flags


def _rewrap(model: Model, parts: list[Any]) -> Model:
    networks = [Network._wrap(part) for part in parts]
    return networks[0] if isinstance(model, Network) else Composition(networks)


def _history(
    rows: list[tuple[float, ...]], names: tuple[str, ...]
) -> dict[str, NDArray[np.float64]]:
    columns = np.array(rows, dtype=np.float64).reshape(-1, 1 + len(_SCORES)).T
    return dict(zip(("epoch", *names), columns, strict=False))

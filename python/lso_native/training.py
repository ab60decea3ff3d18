"""Minibatch training of a model, whole or in part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from lso_native import _core
from lso_native._checks import (
    as_numbers,
    check_callback,
    check_choice,
    check_flag,
    check_int,
    check_number,
    check_sample_weight,
    check_samples,
    check_threads,
    resolve_seed,
)
from lso_native._typing import Float64Array
from lso_native.display import Curves, Shown, Table, View
from lso_native.errors import ArgumentError, ArgumentTypeError, briefly, interrupted
from lso_native.network import Composition, Model, Network
from lso_native.optimizers import Adam, TrainOptimizer, check_optimizer
from lso_native.terms import (
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Place,
    SquaredError,
    Term,
)

LossName = Literal["squared_error", "binary_cross_entropy", "categorical_cross_entropy"]
DEFAULT_BATCH_SIZE = _core.TrainSettings().batch_size
DEFAULT_EPOCHS = _core.TrainSettings().epochs
_OBJECTIVES: dict[str, Callable[[Any], Term]] = {
    "squared_error": SquaredError,
    "binary_cross_entropy": BinaryCrossEntropy,
    "categorical_cross_entropy": CategoricalCrossEntropy,
}
_SCORES = ("train_loss", "train_mse", "validation_loss", "validation_mse")


class TrainProgress(NamedTuple):
    """What an epoch ended with.

    Attributes
    ----------
    scores : by the names of the history. ``train`` tells train_loss and train_mse, means over samples and, of the mse,
        outputs, and with validation data validation_loss and validation_mse; estimators tell those of their kind.
    epoch, epochs : the one that has ended, from 1, and how many there will be at most.
    """

    epoch: int
    epochs: int
    scores: dict[str, float]

    @property
    def share(self) -> float:
        """How much is done, of 1, if no epoch before the last ends it."""
        return self.epoch / self.epochs

    def __str__(self) -> str:
        scores = [f"{name.replace('_', ' ')} {score:.4g}" for name, score in self.scores.items()]
        return ", ".join([f"epoch {self.epoch:,} of {self.epochs:,}", *scores])


@dataclass(frozen=True, eq=False)
class TrainResult(Shown):
    """A new model and how it came about.

    Attributes
    ----------
    history : (n_scores,) each: epoch, train_loss, train_mse and, with validation data, validation_loss, validation_mse.
    epochs : epochs that were finished.
    status : max_epochs, reached_mse, early_stopped, stationary (no gradient in a whole epoch), diverged (an error or a
        step was not finite; the model is that of the last finite epoch with a score), interrupted, or stopped (by the
        callback).
    """

    model: Model
    history: dict[str, Float64Array]
    epochs: int
    status: str

    def __repr__(self) -> str:
        mse = self.history["train_mse"]
        last = f", training MSE {mse[-1]:.4g}" if mse.size else ""
        return f"TrainResult({self.status} after {self.epochs} epochs{last})"

    def _view(self) -> View:
        """The losses over the epochs, and the last scores."""
        scores = {name: values for name, values in self.history.items() if name != "epoch"}
        losses = {name: values for name, values in scores.items() if name.endswith("loss")}
        rows = [(name, f"{values[-1]:.4g}") for name, values in scores.items() if len(values)]
        line = f"{self.status} after {self.epochs} epochs"
        scored = Table(("score", "last"), rows)
        layers = self.model._view().blocks
        return View(type(self).__name__, line, (scored, Curves(losses), *layers))


@briefly
def train(
    model: Model,
    x: ArrayLike,
    y: ArrayLike,
    *,
    objective: LossName = "squared_error",
    optimizer: TrainOptimizer | None = None,
    batch_size: int = DEFAULT_BATCH_SIZE,
    epochs: int = DEFAULT_EPOCHS,
    score_every: int = 1,
    mse: float | None = None,
    sample_weight: ArrayLike | None = None,
    validation: tuple[ArrayLike | None, ...] | None = None,
    patience: int | None = None,
    average: float = 0.0,
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
    sample_weight : (n,) at least 0: how much each sample counts, beside the others.
    validation : (x, y), or (x, y, sample_weight). The model of the epoch with the lowest validation loss is returned.
    patience : stop after so many epochs without a lower validation loss.
    average : share of the averaged parameters that a step keeps, below 1 (Polyak and Juditsky 1992, with the weights of
        an exponential moving average); the averages are scored and returned. 0 for the parameters themselves.
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
    check_callback("callback", callback, "TrainProgress")
    kind = _OBJECTIVES[check_choice("objective", objective, _OBJECTIVES)]
    if patience is not None and validation is None:
        raise ArgumentError("patience", "validation data to measure by", "none")
    settings = _core.TrainSettings(
        optimizer=check_optimizer(optimizer, Adam(), TrainOptimizer).native(),
        batch_size=check_int("batch_size", batch_size),
        epochs=check_int("epochs", epochs),
        score_every=check_int("score_every", score_every),
        patience=0 if patience is None else check_int("patience", patience),
        average=check_number("average", average, minimum=0.0, below=1.0),
        shuffle=check_flag("shuffle", shuffle),
        seed=resolve_seed(random_state),
        trainable=_check_trainable(trainable, model),
        threads=check_threads(threads),
    )
    if mse is not None:
        settings.stop_at_mse = check_number("mse", mse, above=0.0)

    held_out = None if validation is None else _check_validation(validation)

    def tell(report: Any) -> TrainProgress:
        return TrainProgress(report.epoch, settings.epochs, _scores(report, held_out is not None))

    raw = _core.train(
        model._chain,
        _samples(model, kind, x, y, sample_weight),
        None if held_out is None else _samples(model, kind, *held_out, prefix="validation "),
        settings,
        None if callback is None else lambda report: bool(callback(tell(report))),
    )
    history = _history([tell(report) for report in raw.history], held_out is not None)
    result = TrainResult(_rewrap(model, raw.parts), history, raw.epochs, raw.status)
    if raw.status == "interrupted":
        done = f"{result.epochs} of {settings.epochs} epochs"
        raise interrupted(f"train: interrupted after {done}", result)
    return result


def _samples(
    model: Model,
    kind: Callable[[Any], Term],
    x: Any,
    y: Any,
    sample_weight: Any,
    prefix: str = "",
) -> Any:
    """The engine's samples. One row a sample: a single shared target would be a mistake."""
    samples = check_samples(prefix + "x", x, dtype=model.dtype, n_features=model.n_inputs)
    n = len(samples)
    target = as_numbers(prefix + "y", y)
    if target.ndim != 2:
        expected = "an array of shape (n_samples, n_outputs)"
        raise ArgumentError(prefix + "y", expected, f"shape {target.shape}")
    place = Place(model.n_outputs, n, model.dtype, prefix + "y")
    weight = relative_weight(sample_weight, n, prefix)
    chain = model._chain
    return place.native("Samples", chain, samples, kind(target).native(place), weight, prefix)


def relative_weight(
    sample_weight: ArrayLike | None, n: int, prefix: str = ""
) -> Float64Array | None:
    """Weights (n,) by a power of two so that the largest is near 1: any common factor leaves the result alone."""
    weight = check_sample_weight(sample_weight, n, prefix)
    if weight is None:
        return None
    _, exponent = np.frexp(weight.max())
    return np.ldexp(weight, -int(exponent))


def _check_validation(validation: Any) -> tuple[Any, Any, Any]:
    try:
        x, y, *weight = validation
        (sample_weight,) = weight or (None,)
    except (TypeError, ValueError):
        expected = "a pair (x, y), or (x, y, sample_weight)"
        raise ArgumentError("validation", expected, type(validation).__name__) from None
    return x, y, sample_weight


def _check_trainable(trainable: Sequence[bool] | None, model: Model) -> list[bool]:
    if trainable is None:
        return []
    flags = [check_flag("trainable", flag) for flag in trainable]
    if len(flags) != len(model.parts) or not any(flags):
        expected = f"{len(model.parts)} flags, one a part, one of them true"
        raise ArgumentError("trainable", expected, str(flags))
    return flags


def _rewrap(model: Model, parts: list[Any]) -> Model:
    networks = [Network._wrap(part) for part in parts]
    return networks[0] if isinstance(model, Network) else Composition(networks)


def _scores(report: Any, validated: bool) -> dict[str, float]:
    named = {"train_loss": report.train.loss, "train_mse": report.train.mse}
    if validated:
        held_out = report.validation
        named |= {"validation_loss": held_out.loss, "validation_mse": held_out.mse}
    return named


def _history(epochs: list[TrainProgress], validated: bool) -> dict[str, Float64Array]:
    names = _SCORES if validated else _SCORES[:2]
    columns = {name: [each.scores[name] for each in epochs] for name in names}
    columns = {"epoch": [each.epoch for each in epochs], **columns}
    return {name: np.array(column, np.float64) for name, column in columns.items()}

"""What a judge, a classifier that no generator was guided by, sees in samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lso_native._checks import check_labels, check_samples
from lso_native._typing import BoolArray, Float64Array, FloatArray
from lso_native.errors import ArgumentError, ArgumentTypeError
from lso_native.models.base import NotFittedError
from lso_native.models.classifier import Classifier

from .rates import Rate

__all__ = ["Recognition", "features", "recognition"]

_NONE = -1  # a judge's class for "no digit"; as a label asked for, "any digit"
_CONFIDENT = 0.5


@dataclass(frozen=True, eq=False)
class Recognition:
    """Which of n images the judge takes for what they were to be.

    Attributes
    ----------
    recognised : (n,)
    confidence : (n,) the judge's output for the label asked for; the greatest of all digits' where that is any.
    """

    recognised: BoolArray
    confidence: Float64Array

    @property
    def rate(self) -> Rate:
        """The share recognised, with its interval."""
        return Rate.of(self.recognised)

    @property
    def mean_confidence(self) -> float:
        """The mean confidence in what was asked for, recognised or not."""
        return float(self.confidence.mean())

    def summary(self) -> dict[str, float]:
        """The share, the ends of its 95% Wilson interval, and the mean confidence."""
        low, high = self.rate.interval
        return {
            "recognised": self.rate.share,
            "recognised_low": low,
            "recognised_high": high,
            "mean_confidence": self.mean_confidence,
        }


def recognition(judge: Classifier, images: npt.ArrayLike, labels: npt.ArrayLike) -> Recognition:
    """What ``judge`` sees in ``images`` (n, n_features) that were to show ``labels`` (n,).

    judge: a fitted classifier of integer labels, with softmax outputs if confidences are to be
      probabilities. Its class -1, where it has one, means that an image shows no digit.
    labels: classes of the judge. An image is recognised when the judge's greatest output is that of
      its label. -1 asks for any digit: recognised when the greatest output is that of a digit, and
      above 0.5.

    Raises ValueError naming an argument that is empty, of another shape, not finite, a label that
    the judge does not know, or a judge that is not fitted; TypeError for another judge or dtype.
    """
    given = check_samples("images", images, **_inputs(judge))
    classes = judge.classes_
    if classes.dtype.kind not in "iu":
        raise ArgumentError("judge", "a classifier of integers", f"classes {classes.tolist()}")
    asked = check_labels("labels", labels, len(given))
    if asked.dtype.kind not in "iu":
        raise ArgumentTypeError("labels", "integers", f"dtype {asked.dtype}")
    unknown = asked[(asked != _NONE) & ~np.isin(asked, classes)]
    if unknown.size:
        raise ArgumentError("labels", f"-1 or one of {classes.tolist()}", unknown[0])
    outputs = judge.network_(given).astype(np.float64)
    seen = classes[outputs.argmax(axis=1)]
    best = outputs[:, classes != _NONE].max(axis=1)
    places = np.searchsorted(classes, asked).clip(max=len(classes) - 1)
    confidence = np.where(asked == _NONE, best, outputs[np.arange(len(asked)), places])
    any_digit = (seen != _NONE) & (best > _CONFIDENT)
    return Recognition(np.where(asked == _NONE, any_digit, seen == asked), confidence)


def features(judge: Classifier, images: npt.ArrayLike) -> FloatArray:
    """What ``judge`` makes of ``images`` (n, n_features) before it names them: (n, nodes), in the judge's dtype.

    They are the values of its last hidden layer, a space in which to compare samples. Raises
    ValueError naming an argument for a judge that is not fitted or has no hidden layer, and images
    that are empty, of another shape or not finite; TypeError for another judge or dtype.
    """
    given = check_samples("images", images, **_inputs(judge))
    last_hidden = len(judge.network_.sizes) - 2
    if last_hidden < 1:
        raise ArgumentError("judge", "a classifier with a hidden layer", judge.network_)
    front, _ = judge.network_.split(last_hidden)
    return front(given)


def _inputs(judge: Any) -> dict[str, Any]:
    """What samples must be for ``judge``, which must be fitted."""
    if not isinstance(judge, Classifier):
        raise ArgumentTypeError("judge", "a Classifier", type(judge).__name__)
    if not hasattr(judge, "network_"):
        raise NotFittedError("judge: expected a fitted Classifier, got one that is not")
    return {"dtype": judge.network_.dtype, "n_features": judge.n_features_in_}

"""Checks of samples, labels and weights: one clear error that names the argument."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["check_labels", "check_sample_weight", "check_samples"]


def check_samples(
    name: str, value: npt.ArrayLike, *, dtype: npt.DTypeLike, n_features: int | None = None
) -> npt.NDArray[Any]:
    """Return ``value`` as a C-contiguous array (n_samples, n_features) of ``dtype``.

    Raises ValueError naming it unless it is a finite, non-empty 2-D array of ``n_features`` columns
    (any number of them where None), TypeError when it is not numbers.
    """
    try:
        given = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name}: expected rows of one length, got a ragged sequence") from None
    if given.dtype.kind not in "biuf":
        raise TypeError(f"{name}: expected an array of real numbers, got dtype {given.dtype}")
    if given.ndim != 2:
        raise ValueError(
            f"{name}: expected an array of shape (n_samples, n_features), got shape {given.shape}"
        )
    if 0 in given.shape:
        raise ValueError(
            f"{name}: expected at least one sample and one feature, got shape {given.shape}"
        )
    if n_features is not None and given.shape[1] != n_features:
        raise ValueError(
            f"{name}: expected an array of shape (n_samples, {n_features}), got shape {given.shape}"
        )
    with np.errstate(over="ignore"):  # a value too large for dtype turns infinite: reported below
        samples = np.ascontiguousarray(given, dtype=dtype)
    _check_finite(name, given, samples)
    return samples


def _check_finite(name: str, given: npt.NDArray[Any], converted: npt.NDArray[Any]) -> None:
    finite = np.isfinite(converted)
    if not finite.all():
        where = tuple(int(i) for i in np.argwhere(~finite)[0])
        raise ValueError(
            f"{name}: expected finite {converted.dtype} numbers, got {given[where]} at {where}"
        )


def check_labels(name: str, value: npt.ArrayLike, n_samples: int) -> npt.NDArray[Any]:
    """Return ``value`` as an array (n_samples,) of bool, integer or str.

    Floats that are whole numbers are taken as integers. Raises ValueError naming it for another
    shape, TypeError for another dtype.
    """
    try:
        labels = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name}: expected one label a sample, got a ragged sequence") from None
    if labels.shape != (n_samples,):
        raise ValueError(
            f"{name}: expected labels of shape ({n_samples},), got shape {labels.shape}"
        )
    if labels.dtype.kind in "biu":
        return labels
    if (
        labels.dtype.kind == "f"
        and np.all(labels == np.floor(labels))
        and np.all(np.abs(labels) < 2**53)  # above it floats skip integers
    ):
        return labels.astype(np.int64)
    # From the elements and not from the array, where ["a", 1] has already become ["a", "1"].
    elements = labels.tolist() if isinstance(value, np.ndarray) else list(value)  # type: ignore[arg-type]
    if labels.dtype.kind in "UTO" and all(isinstance(element, str) for element in elements):
        return labels.astype(np.str_)
    raise TypeError(f"{name}: expected integer or string labels, got dtype {labels.dtype}")


def check_sample_weight(value: npt.ArrayLike | None, n_samples: int) -> npt.NDArray[Any] | None:
    """Return ``value`` as float64 (n_samples,), or None where it is None.

    Raises ValueError unless the weights are finite, not negative, not all zero, and one a sample,
    TypeError when they are not numbers.
    """
    if value is None:
        return None
    weight = np.asarray(value)
    if weight.dtype.kind not in "biuf":
        raise TypeError(
            f"sample_weight: expected an array of real numbers, got dtype {weight.dtype}"
        )
    if weight.shape != (n_samples,):
        raise ValueError(
            f"sample_weight: expected an array of shape ({n_samples},), got shape {weight.shape}"
        )
    weight = weight.astype(np.float64)
    if not np.isfinite(weight).all() or weight.min() < 0 or not weight.any():
        raise ValueError(
            "sample_weight: expected finite numbers of at least 0, one of them above it, "
            f"got values from {weight.min()} to {weight.max()}"
        )
    return weight

"""Balanced draws: sets of real images with as many of each label as some samples have."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lso_native._checks import check_flag, check_int, resolve_seed
from lso_native._typing import IndexArray, IntArray
from lso_native.errors import ArgumentError, ArgumentTypeError
from lso_native.random import permutation

__all__ = ["balanced_draws"]

ANY = -1  # the label of a sample that was asked for none


def balanced_draws(
    labels: npt.ArrayLike,
    like: npt.ArrayLike,
    *,
    draws: int,
    whole: bool = False,
    random_state: int | None = 0,
) -> list[IndexArray]:
    """``draws`` sets of rows of ``labels`` (m,), each with labels in the shares that ``like`` (n,) has.

    like: the labels of samples. Where one of them is -1, "any", every label counts alike.
    whole: make each draw as large as can be while no two share a row. Otherwise each has as many rows
      of a label as ``like``, or as there are; rows are used again only when all have been drawn.
    random_state: seed of the order in which rows are drawn; None takes a fresh one.

    Raises ValueError naming labels that are empty, or of which ``labels`` has fewer than ``draws``;
    TypeError for those that are not integers.
    """
    check_flag("whole", whole)
    known, asked = check_integers("labels", labels), check_integers("like", like)
    n_draws, seed = check_int("draws", draws), resolve_seed(random_state)
    kinds, counts = np.unique(asked, return_counts=True)
    if ANY in kinds:
        kinds = np.unique(known)
        counts = np.bincount(np.arange(len(asked)) % len(kinds), minlength=len(kinds))
        kinds, counts = kinds[counts > 0], counts[counts > 0]
    order = permutation(len(known), random_state=seed)
    rows = [order[known[order] == kind] for kind in kinds]
    supply = np.array([len(each) for each in rows])
    if (supply < n_draws).any():
        short = int(supply.argmin())
        expected = f"at least {n_draws} of each label, for as many draws"
        raise ArgumentError("labels", expected, f"{supply[short]} of {kinds[short]}")
    takes = np.minimum(counts, supply)
    if whole:
        takes = np.maximum(1, (counts * (supply // n_draws / counts).min()).astype(int))
    return [
        np.concatenate(
            [
                each[(draw * take + np.arange(take)) % len(each)]
                for each, take in zip(rows, takes, strict=True)
            ]
        )
        for draw in range(n_draws)
    ]


def check_integers(name: str, value: npt.ArrayLike) -> IntArray:
    """``value`` as labels (n,) that are integers, n >= 1."""
    given = np.asarray(value)
    if given.ndim != 1 or not given.size:
        raise ArgumentError(name, "labels of shape (n,), n >= 1", f"shape {given.shape}")
    if given.dtype.kind not in "iu":
        raise ArgumentTypeError(name, "integers", f"dtype {given.dtype}")
    return given.astype(np.int64)

"""Latent walks: straight lines from code to code, decoded."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lso_native._checks import check_int
from lso_native._typing import FloatArray
from lso_native.data import Part
from lso_native.errors import ArgumentError
from lso_native.models.decoding import EncoderDecoder
from lso_native.network import Model

STEPS = 12


def walk(decoder: Model, points: FloatArray, *, steps: int = STEPS) -> FloatArray:
    """Decode the closed way through ``points`` (n, latent), ``steps`` images from each to the next:
    (n * steps, n_outputs)."""
    check_int("steps", steps)
    shares = (np.arange(steps) / steps).astype(points.dtype)[:, None]
    following = np.roll(points, -1, axis=0)
    way = [here + shares * (there - here) for here, there in zip(points, following, strict=True)]
    return decoder(np.concatenate(way))


def through_digits(
    autoencoder: EncoderDecoder,
    part: Part,
    *,
    digits: Sequence[int] = range(10),
    steps: int = STEPS,
) -> FloatArray:
    """A walk through the code of the first image of each of ``digits``.

    Raises ValueError where ``part`` shows no such digit.
    """
    missing = [digit for digit in digits if digit not in part.labels]
    if missing:
        raise ArgumentError("digits", "digits of 0 to 9", missing[0])
    first = [int(np.flatnonzero(part.labels == digit)[0]) for digit in digits]
    return walk(autoencoder.decoder_, autoencoder.transform(part.images[first]), steps=steps)

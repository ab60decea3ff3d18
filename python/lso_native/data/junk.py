"""Images that show no digit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lso_native._checks import check_int, check_labels, shown
from lso_native._typing import Array, Float32Array, Float64Array, FloatArray, IntArray, RandomState
from lso_native.errors import ArgumentError, ArgumentTypeError
from lso_native.random import normal

from .draws import Draws
from .pictures import check_pictures

__all__ = ["junk"]

_BANDS = 4  # that an image is cut into, each way, to be scrambled
_CONTRAST = 8.0  # of noise, at most
_BLOT = 5  # pixels, the side of what is averaged
_FAR = 3.0  # standard deviations of the latents that a decoder is used to
_MANY = 4096  # latents, to know these by


def junk(
    images: npt.ArrayLike,
    labels: npt.ArrayLike,
    n: int,
    *,
    decoder: Any = None,
    random_state: RandomState = None,
) -> Float32Array:
    """`n` images (n, side * side) in 0..1 that show no digit, made of `images` that show one.

    A classifier that learns them as "none of these" (`Classifier(none_label=...)`) is harder to
    fool. They are in random order, as many as can be of each kind:

    - halves: one part of an image and, beyond a straight cut in the middle third, the other part
      of one with another label;
    - averages of two images with different labels, each with a third at least;
    - scrambled: the rows of an image, and then its columns, cut into four bands in another order;
    - strewn: the pixels of an image in any order;
    - noise: uniform pixels about 0.5, each image with a contrast from 1 to 8, cut to 0..1;
    - blots: the means of 5x5 uniform pixels around each, stretched to 0..1;
    - with a `decoder` (any object with `decoder_` and `sample_latent`, such as a fitted VAE), what
      it makes of latents from N(m, (3 s)²), m and s the mean and the standard deviation of what it
      samples, cut to 0..1.

    `images`: (m, side * side) in 0..1; `labels`: (m,), two or more different ones. A few halves,
    and more of what is decoded, show a digit after all.
    Raises ValueError or TypeError naming an argument that is anything else.

    random_state : seed of all that is drawn.
    """
    pixels, side = check_pictures("images", images)
    known = check_labels("labels", labels, len(pixels))
    if (known == known[0]).all():
        raise ArgumentError(
            "labels", "at least 2 different ones", f"{shown(known[0].item())} alone"
        )
    count = check_int("n", n)
    draws = Draws(random_state)
    scrap = _Scrap(pixels.reshape(-1, side, side), known, draws)
    kinds = [scrap.halves, scrap.averages, scrap.scrambled, scrap.strewn, scrap.noise, scrap.blots]
    if decoder is not None:
        kinds.append(_Far(decoder, pixels.shape[1], draws).decoded)
    ends = np.arange(len(kinds) + 1) * count // len(kinds)
    made = [kind(k).reshape(k, -1) for kind, k in zip(kinds, np.diff(ends), strict=True) if k]
    order = draws.orders(1, count)[0]
    return np.asarray(np.concatenate(made)[order], dtype=np.float32)


@dataclass(frozen=True, eq=False)
class _Scrap:
    """Images (m, side, side) with their labels (m,), and what can be made of them: k of a kind, (k, side, side)."""

    images: FloatArray
    labels: Array
    draws: Draws

    @property
    def side(self) -> int:
        return int(self.images.shape[1])

    def halves(self, k: int) -> Array:
        first, second = self._pairs(k)
        cuts = np.ceil(self.draws.uniform(k, low=self.side / 3, high=self.side * 2 / 3))
        above = np.arange(self.side) < cuts[:, None]
        upright = (self.draws.uniform(k) < 0.5)[:, None, None]
        return np.where(np.where(upright, above[:, None, :], above[:, :, None]), first, second)

    def averages(self, k: int) -> Array:
        first, second = self._pairs(k)
        share = self.draws.uniform(k, 1, 1, low=1 / 3, high=2 / 3)
        return np.asarray(share * first + (1 - share) * second)

    def scrambled(self, k: int) -> Array:
        made = self._any(k)
        for axis in (1, 2):
            order = self._bands(k).reshape(k, *((-1, 1) if axis == 1 else (1, -1)))
            made = np.take_along_axis(made, np.broadcast_to(order, made.shape), axis)
        return made

    def strewn(self, k: int) -> Array:
        flat = self._any(k).reshape(k, -1)
        return np.take_along_axis(flat, self.draws.orders(*flat.shape), 1)

    def noise(self, k: int) -> Array:
        contrast = self.draws.uniform(k, 1, 1, low=1.0, high=_CONTRAST)
        pixels = self.draws.uniform(k, self.side, self.side, low=-0.5, high=0.5)
        return (0.5 + contrast * pixels).clip(0, 1)

    def blots(self, k: int) -> Array:
        side = self.side
        sums = self.draws.uniform(k, side + _BLOT - 1, side + _BLOT - 1)
        for axis in (1, 2):
            moved = [np.take(sums, range(i, i + side), axis) for i in range(_BLOT)]
            sums = np.sum(moved, axis=0)
        low, high = (end(sums, axis=(1, 2), keepdims=True) for end in (np.min, np.max))
        return np.asarray((sums - low) / np.maximum(high - low, np.finfo(float).tiny))

    def _any(self, k: int) -> FloatArray:
        return self.images[self.draws.below(len(self.images), k)]

    def _pairs(self, k: int) -> tuple[FloatArray, FloatArray]:
        """Images (k, side, side), and for each one with another label, every pair of these as likely."""
        order = np.argsort(self.labels, kind="stable")
        _, begins, counts = np.unique(self.labels[order], return_index=True, return_counts=True)
        one = self.draws.below(len(order), k)
        place = np.searchsorted(begins, one, side="right") - 1
        other = self.draws.below(len(order) - counts[place], k)
        other += np.where(other >= begins[place], counts[place], 0)  # past those of the same label
        return self.images[order[one]], self.images[order[other]]

    def _bands(self, k: int) -> IntArray:
        """Orders (k, side) of an image's lines: bands of them, not as they were where there are two lines or more."""
        bands = min(_BANDS, self.side)
        orders = self.draws.orders(k, bands)
        same = (orders == np.arange(bands)).all(axis=1)
        orders[same] = orders[same, ::-1]
        band = np.arange(self.side) * bands // self.side
        return np.argsort(np.argsort(orders, axis=1)[:, band], axis=1, kind="stable")


@dataclass(frozen=True, eq=False)
class _Far:
    """A decoder of samples of ``n_features``, used far from what it knows."""

    decoder: Any
    n_features: int
    draws: Draws

    def decoded(self, k: int) -> Float64Array:
        network = getattr(self.decoder, "decoder_", None)
        sample = getattr(self.decoder, "sample_latent", None)
        if network is None or not callable(sample):
            got = type(self.decoder).__name__
            raise ArgumentTypeError("decoder", "an object with decoder_ and sample_latent", got)
        usual = np.asarray(sample(_MANY, random_state=self.draws.seed()), dtype=np.float64)
        found = usual.shape[1], network.n_outputs
        if found != (network.n_inputs, self.n_features):
            expected = f"{network.n_inputs} latents to {self.n_features} pixels"
            raise ArgumentError("decoder", f"one of {expected}", f"{found[0]} to {found[1]}")
        unit = normal((k, found[0]), random_state=self.draws.seed(), dtype="float64")
        far = usual.mean(axis=0) + _FAR * usual.std(axis=0) * unit
        return np.asarray(network(far.astype(network.dtype)), dtype=np.float64).clip(0, 1)

"""What is learned once, for all targets: a decoder of airfoils, and networks that stand in for the simulator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lso_native._typing import Array, Float64Array, FloatArray
from lso_native.airfoils.data import Airfoils, varied
from lso_native.airfoils.shapes import SMOOTH, gaps, heights_of, mapped, sound
from lso_native.models.black_box import BlackBox
from lso_native.models.mixture import Mixture
from lso_native.models.regressor import Regressor
from lso_native.models.vae import VAE
from lso_native.network import Model, Network
from lso_native.optimizers import Adam
from lso_native.random import subseed
from lso_native.requirements.sample import Linear
from lso_native.requirements.values import Quantities, Readable

__all__ = [
    "DecoderSettings",
    "Shapes",
    "Surrogate",
    "SurrogateSettings",
    "learn_shapes",
    "learn_surrogate",
]

Simulator = Callable[[FloatArray], Any]
_MODES = 18  # in which smooth outlines differ: as many as there are CST parameters


@dataclass(frozen=True)
class DecoderSettings:
    """How the decoder learns.

    Attributes
    ----------
    copies : changed copies beside the real airfoils.
    latent, hidden, epochs : of the VAE, as there.
    """

    copies: int = 8_000
    latent: int = 12
    hidden: tuple[int, ...] = (256, 128)
    epochs: int = 60


@dataclass(frozen=True, eq=False)
class Shapes:
    """A decoder of airfoils and what it learned from."""

    vae: VAE
    """Of heights less ``mean``, over ``spread``."""
    mean: Float64Array
    """(100,)"""
    spread: Float64Array
    """(100,)"""
    gap: Float64Array
    """(50,) how far the sides of real airfoils are apart, the median at each place."""

    @cached_property
    def decoder(self) -> Model:
        """From latents to heights (n, 100): the VAE's decoder and a layer that gives its outputs their units and takes
        them to the nearest ones that CST parameters outline, so that the simulator sees the very shape."""
        return self.vae.decoder_ >> affine(SMOOTH * self.spread, SMOOTH @ self.mean)

    @property
    def prior(self) -> Mixture:
        """Of the codes of what it learned from."""
        return self.vae.prior_

    def draw(self, n: int, seed: int) -> FloatArray:
        """Heights (n, 100) of ``n`` draws from the prior."""
        return self.decoder(self.prior.sample(n, random_state=seed).astype(np.float32))

    def apart(self, share: float) -> Linear:
        """The requirement that the sides are ``share`` of ``gap`` apart everywhere but at the ends."""
        near = np.diag(1 / self.gap[:-1])
        zero = np.zeros((len(near), 1))
        return Linear(
            np.concatenate([near, zero, -near, zero], axis=1), low=share, label="sides apart"
        )


def learn_shapes(
    settings: DecoderSettings, known: Airfoils, seed: int, threads: int | None = None
) -> Shapes:
    """A decoder of ``known`` and of changed copies of it."""
    copies = varied(known.heights, settings.copies, random_state=subseed(seed, "copies"))
    heights = np.concatenate([known.heights, copies])
    mean, spread = heights.mean(axis=0), heights.std(axis=0)
    vae = VAE(
        settings.latent,
        hidden=settings.hidden,
        output_activation="linear",
        epochs=settings.epochs,
        random_state=subseed(seed, "decoder"),
        threads=threads,
    ).fit(((heights - mean) / spread).astype(np.float32))
    return Shapes(vae, mean, spread, np.median(gaps(known.heights), axis=0))


@dataclass(frozen=True)
class SurrogateSettings:
    """How a network learns what a simulator says.

    Attributes
    ----------
    draws : of the decoder, that the simulator is asked about.
    hidden, epochs, learning_rate : of the regressor and its optimizer, as there.
    """

    draws: int = 40_000
    hidden: tuple[int, ...] = (96, 96, 96)
    epochs: int = 60
    learning_rate: float = 0.002


@dataclass(frozen=True, eq=False)
class Surrogate(Readable):
    """Numbers that a network reads off heights; where there is a box, it has the last word."""

    regressor: Regressor
    """Of whitened heights: heights less ``mean``, along the ``_MODES`` directions in which they differ most, each in
    units of its spread. Heights themselves are so much alike that a network learns little from them."""
    mean: Float64Array
    """(100,)"""
    modes: Float64Array
    """(n_modes, 100)"""
    box: Callable[[FloatArray], Float64Array] | None = None

    @cached_property
    def quantities(self) -> Quantities:
        """The numbers, by name."""
        known = self.regressor.quantities
        network = affine(self.modes, -self.modes @ self.mean) >> known.network
        return Quantities(network, known.names, known.spread, self.box, self.box is not None)

    def checked_by(self, simulator: Simulator) -> Surrogate:
        """The same, with ``simulator`` to have the last word. It may fail, and is not asked about a row that is no
        sound shape, which counts as if it had."""
        names = self.quantities.names
        box = BlackBox(
            simulator, surrogate=self.regressor, names=names, may_fail=True, called="simulator"
        )

        def last_word(heights: FloatArray) -> Float64Array:
            said, whole = np.full((len(heights), len(names)), np.nan), sound(heights)
            if whole.any():
                said[whole] = box.predict(heights[whole])
            return said

        return Surrogate(self.regressor, self.mean, self.modes, last_word)


def learn_surrogate(
    settings: SurrogateSettings,
    heights: ArrayLike,
    said: Array,
    seed: int,
    threads: int | None = None,
) -> Surrogate:
    """A network that tells what was ``said`` (n,), by name, of ``heights`` (n, 100)."""
    rows = heights_of("heights", heights)
    mean = rows.mean(axis=0)
    away = rows - mean
    variances, directions = np.linalg.eigh(np.einsum("ni,nj->ij", away, away) / len(rows))
    modes = (directions[:, -_MODES:] / np.sqrt(variances[-_MODES:])).T
    regressor = Regressor(
        hidden=settings.hidden,
        activation="silu",
        optimizer=Adam(learning_rate=settings.learning_rate),
        average=0.999,
        epochs=settings.epochs,
        random_state=subseed(seed, "surrogate"),
        threads=threads,
    ).fit(mapped(modes, away).astype(np.float32), said)
    return Surrogate(regressor, mean, modes)


def affine(matrix: Array, offset: Array) -> Network:
    """A network of one layer: x -> matrix x + offset."""
    n_outputs, n_inputs = matrix.shape
    plain = Network([n_inputs, n_outputs], activation="linear", bias="standard", random_state=0)
    return plain.replace(np.concatenate([matrix.ravel(), offset]).astype(np.float32))

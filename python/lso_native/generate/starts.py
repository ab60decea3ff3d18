"""Where descents start: draws from the decoder's prior, the best of some for each sample."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lso_native._checks import shown, stranger
from lso_native._typing import Array, FloatArray
from lso_native.errors import ArgumentError, ArgumentTypeError
from lso_native.generate.plan import Plan
from lso_native.models.base import Fittable
from lso_native.network import Model
from lso_native.random import subseed

_BLOCK = 8_192  # candidates looked at together: memory does not grow with n
_ROOM = 1.5  # codes of ordinary samples lie in latent_range_; rare ones somewhat beyond


@dataclass(frozen=True, eq=False)
class Draws:
    """Draws latents."""

    draw: Callable[[int, int], Array]
    """Of how many and a seed: latents (n, latent)."""
    best_of: int
    """Draws for each start."""
    threads: int | None = 1

    def take(
        self, n: int, plan: Plan, seed: int, wanted: slice = slice(0, sys.maxsize)
    ) -> FloatArray:
        """``n`` starts (n, latent), or those ``wanted`` of them: of each ``best_of`` draws the one that ``plan`` finds
        least wrong."""
        kept = []
        block = max(1, _BLOCK // self.best_of)
        first = wanted.start // block * block
        for begin in range(first, min(n, wanted.stop), block):
            count = min(block, n - begin)
            many = count * self.best_of
            candidates = self.drawn(many, subseed(seed, "draw", begin), plan.decoder)
            if self.best_of > 1:
                loss = plan.problem(candidates).evaluate(candidates, threads=self.threads).loss
                best = loss.reshape(count, self.best_of).argmin(axis=1)
                candidates = candidates[np.arange(count) * self.best_of + best]
            kept.append(candidates)
        return np.concatenate(kept)[wanted.start - first : wanted.stop - first]

    def drawn(self, n: int, seed: int, decoder: Model) -> FloatArray:
        """``n`` latents for ``decoder``. Raises ValueError where the prior is one of others."""
        latents = np.ascontiguousarray(self.draw(n, seed), dtype=decoder.dtype)
        if latents.shape != (n, decoder.n_inputs):
            expected = f"draws of shape {(n, decoder.n_inputs)}"
            raise ArgumentError("prior", expected, f"shape {latents.shape}")
        return latents


def prior_of(prior: Any, decoder: Any) -> Any:
    """``prior`` or, without one, the decoder's own; None where there is none, but for a ``sample_latent``."""
    known = getattr(decoder, "prior_", None) if prior is None else prior
    if known is not None and not callable(getattr(known, "sample", None)):
        raise ArgumentTypeError("prior", "a Mixture, or anything with sample()", shown(prior))
    if known is None and not callable(getattr(decoder, "sample_latent", None)):
        raise ArgumentError("prior", "one to draw latents from, which a network has not", "None")
    return known


def drawing(prior: Any, decoder: Any) -> Callable[[int, int], Array]:
    """What draws latents: ``prior`` or, without one, the decoder's ``sample_latent``."""
    draw = decoder.sample_latent if prior is None else prior.sample
    return lambda n, seed: np.asarray(draw(n, random_state=seed))


def decoder_of(decoder: Any) -> Model:
    """The network of ``decoder``, an estimator or a network."""
    network = decoder if isinstance(decoder, Model) else getattr(decoder, "decoder_", None)
    if not isinstance(network, Model):
        unfitted = isinstance(decoder, Fittable) and not decoder.__sklearn_is_fitted__()
        got = stranger(decoder, f", which {'is not fitted' if unfitted else 'has no decoder'}")
        raise ArgumentTypeError("decoder", "a fitted decoder, or a network of latents", got)
    if hasattr(decoder, "classes_"):
        got = f"a {type(decoder).__name__}, whose decoder takes a class as well"
        raise ArgumentTypeError("decoder", "a decoder of latents alone", got)
    return network


def box_of(decoder: Any) -> tuple[FloatArray, FloatArray] | None:
    """Where latents may go: half as far again from the middle of ``latent_range_`` as its ends; None without one."""
    known = getattr(decoder, "latent_range_", None)
    if known is None:
        return None
    low, high = np.asarray(known, np.float64)
    middle, half = (low + high) / 2, (high - low) / 2
    return middle - _ROOM * half, middle + _ROOM * half

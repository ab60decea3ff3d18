"""Weighted retraining: models that learn from what they were asked for, so that the next samples can go further."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lso_native._checks import (
    check_callback,
    check_int,
    check_number,
    check_samples,
    check_threads,
    resolve_seed,
    shown,
)
from lso_native._typing import FloatArray, RandomState
from lso_native.errors import ArgumentError, ArgumentTypeError, briefly
from lso_native.models.black_box import BlackBox
from lso_native.retraining.loop import Loop, Schedule
from lso_native.retraining.result import RetrainingProgress, RetrainingResult
from lso_native.retraining.search import Believed, Known, LookedUp, Search
from lso_native.retraining.weights import rank_weights

__all__ = [
    "Believed",
    "Known",
    "LookedUp",
    "RetrainingProgress",
    "RetrainingResult",
    "Search",
    "rank_weights",
    "weighted_retraining",
]

DEFAULTS = Schedule()


@briefly
def weighted_retraining(
    decoder: Any,
    objective: Callable[[FloatArray], Any],
    X: ArrayLike,
    y: ArrayLike | None = None,
    *,
    queries: int = DEFAULTS.queries,
    every: int = DEFAULTS.every,
    k: float = DEFAULTS.k,
    epochs: float = DEFAULTS.epochs,
    first: float = DEFAULTS.first,
    search: Search | None = None,
    finish: Callable[[FloatArray], FloatArray] | None = None,
    random_state: RandomState = None,
    threads: int | None = None,
    callback: Callable[[RetrainingProgress], object] | None = None,
) -> RetrainingResult:
    """As much as possible of ``objective``, beyond what any sample of ``X`` has (Tripp, Daxberger and Hernández-Lobato
    2020, arXiv:2006.09191, Algorithm 1).

    A round retrains the decoder on draws from all that is known, the better a sample the more often drawn; searches its
    latent space; asks the objective about the ``every`` most promising samples that are new; and adds what it
    answered. So the latent space fills with what is good, and at its borders is what is better.

    Parameters
    ----------
    decoder : an estimator with ``decoder_`` after ``fit``, and the settings ``warm_start``, ``epochs`` and
        ``random_state``: a VAE, NoisyAutoencoder, Autoencoder, GAN. Where it is not fitted yet it first learns ``X`` as
        it is set. It is copied, and never changed.
    objective : of samples (n, n_features) it says n numbers, the more the better; any program or simulator. Where it
        raises, or returns what is not finite, that sample counts as asked about, is told in the result and not
        learned from. What it raises goes up where it does so of every sample before it has answered any.
    X, y : samples (n, n_features) to begin with, and what the objective says of them. y None: it is asked, which does
        not count.
    queries : samples that it is asked about, at most: fewer where a whole round finds nothing new.
    every : of these, between one retraining and the next.
    k : how much the best count: ``rank_weights``. inf: all samples alike.
    epochs : draws in a retraining, as a share of the samples; 0: none, so that the decoder stays as the first one
        leaves it.
    first : the same in the first retraining.
    search : what chooses latents. None: ``Believed()``, regressors that learn the objective; ``LookedUp()`` where it
        costs nothing; or a ``Search`` of your own.
    finish : what makes of decoded samples (n, n_features) those that are asked about and learned, as ``np.round``.
    random_state : seed. The result depends on it, not on threads.
    callback : called with RetrainingProgress after each round.

    Raises ValueError or TypeError naming a bad argument. What stops it, Ctrl-C or an error, carries what was there by
    then in its attribute ``result``.

    >>> import lso_native as lso
    >>> X = lso.uniform((200, 4), high=0.5, random_state=0)
    >>> vae = lso.VAE(latent=2, epochs=5, random_state=0)
    >>> result = lso.weighted_retraining(vae, lambda x: x.sum(axis=1), X, queries=20, every=10, random_state=0)
    >>> result.values.shape, len(result.X)
    ((20,), 220)
    """
    check_callback("callback", callback, "RetrainingProgress")
    if search is not None and not isinstance(search, Search):
        raise ArgumentTypeError("search", "a Search, as Believed() is", shown(search))
    if finish is not None and not callable(finish):
        raise ArgumentTypeError("finish", "a function of samples", shown(finish))
    for name in ("fit", "set_params", "get_params"):
        if not hasattr(decoder, name):
            raise ArgumentTypeError("decoder", f"an estimator with {name}", shown(decoder))
    schedule = Schedule(
        queries=check_int("queries", queries),
        every=check_int("every", every),
        k=k if k == np.inf else check_number("k", k, above=0.0),
        epochs=check_number("epochs", epochs, minimum=0.0),
        first=check_number("first", first, minimum=0.0),
        seed=resolve_seed(random_state),
    )
    check_threads(threads)
    samples = check_samples("X", X, dtype=decoder.get_params().get("dtype", "float32"))
    box = BlackBox(objective, may_fail=True, called="objective")
    loop = Loop(decoder, box, schedule, search or Believed(), finish, threads, callback)
    return loop.run(samples, None if y is None else _values(y, len(samples)))


def _values(y: ArrayLike, n: int) -> Any:
    """``y`` as finite float64 (n,)."""
    given = np.asarray(y)
    if given.shape != (n,):
        raise ArgumentError("y", f"one number a sample, of shape ({n},)", f"shape {given.shape}")
    return check_samples("y", given[:, None], dtype=np.float64).ravel()

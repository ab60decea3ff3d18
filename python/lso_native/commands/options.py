"""Options that more than one subcommand reads."""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, TypeVar

from lso_native._checks import shown
from lso_native._typing import Array, FloatArray
from lso_native.distributed import open_executor
from lso_native.errors import ArgumentError
from lso_native.files.native import load
from lso_native.models.classifier import Classifier
from lso_native.models.decoding import Decoder
from lso_native.models.gan import ConditionalGAN
from lso_native.models.regressor import Regressor
from lso_native.network import Model
from lso_native.random import normal, uniform

Number = TypeVar("Number", int, float)
DECODER, CLASSIFIER, REGRESSOR = "decoder", "classifier", "regressor"
"""The options that name a model's file."""
_DECODER = "a decoder of latents: an autoencoder, a VAE, a GAN, a conditional one with a digit, or a network"


def numbers(name: str, text: str, kind: Callable[[str], Number]) -> list[Number]:
    """The numbers of a list like ``1,2,3``; ValueError naming the option otherwise."""
    try:
        return [kind(part) for part in text.split(",")]
    except ValueError:
        raise ArgumentError(name, "numbers with commas between", shown(text)) from None


def load_decoder(path: str, label: str | None = None) -> tuple[Model, Decoder | None]:
    """The decoder in a file, and the estimator that it belongs to, if that is what the file holds: of a conditional GAN
    that of class ``label``."""
    saved = load_file(DECODER, path)
    if isinstance(saved, Model):
        return saved, None
    if isinstance(saved, ConditionalGAN) and label is not None:
        of_class = saved.of({str(each): each for each in saved.classes_}.get(label, label))
        return of_class.decoder_, of_class
    # Otherwise a conditional one takes more than latents.
    if isinstance(saved, Decoder) and saved.sample_latent(1).shape[1] == saved.decoder_.n_inputs:
        return saved.decoder_, saved
    raise _another_kind(DECODER, _DECODER, path, saved)


def load_classifier(path: str) -> tuple[Model, Classifier | None]:
    """The classifier's network in a file, and the classifier, if that is what the file holds."""
    saved = load_file(CLASSIFIER, path)
    if isinstance(saved, Model):
        return saved, None
    if not isinstance(saved, Classifier):
        raise _another_kind(CLASSIFIER, "a classifier or a network", path, saved)
    return saved.network_, saved


def load_regressor(path: str) -> Regressor:
    """The regressor in a file."""
    saved = load_file(REGRESSOR, path)
    if not isinstance(saved, Regressor):
        raise _another_kind(REGRESSOR, "a regressor", path, saved)
    return saved


def load_file(option: str, path: str) -> object:
    """What ``lso train`` or ``lso.save`` wrote to ``path``; ValueError naming the option where there is no file."""
    if not os.path.isfile(path):  # noqa: PTH113 - a str is all that is known
        raise ArgumentError(option, "a file that lso train wrote", missing(path))
    return load(path)


def missing(path: str) -> str:
    """What there is in place of a file."""
    return f"a folder: {path}" if os.path.isdir(path) else f"no such file: {path}"  # noqa: PTH112


def _another_kind(option: str, expected: str, path: str, saved: object) -> ArgumentError:
    kind = type(saved).__name__
    article = "an" if kind[0] in "AEIOU" else "a"
    return ArgumentError(option, expected, f"{article} {kind} in {path}")


@dataclass(frozen=True)
class PlainPrior:
    """Latents of a network of which no more is known: independent, all alike."""

    latent: int
    draw: Callable[..., Array]
    dtype: str

    def sample(self, n: int, *, random_state: Any = None) -> Array:
        """(n, latent)"""
        return self.draw((n, self.latent), random_state=random_state, dtype=self.dtype)


PRIORS: dict[str, Callable[..., Array]] = {"normal": normal, "uniform": uniform}
"""What latents of a plain network may follow: N(0, 1), or all of 0..1 alike."""


def random_latents(
    decoder: Model, source: Decoder | None, n: int, *, random_state: int
) -> FloatArray:
    """``n`` latents (n, latent) of the kind that ``source`` was trained on, uniform in 0..1 without one."""
    if source is not None:
        return source.sample_latent(n, random_state=random_state)
    return uniform((n, decoder.n_inputs), random_state=random_state, dtype=decoder.dtype.name)


@contextlib.contextmanager
def workers_of(arguments: argparse.Namespace) -> Iterator[Executor | None]:
    """The executor of ``--workers`` or ``--dask``, None where neither is given."""
    if arguments.workers is None and arguments.dask is None:
        yield None
        return
    with open_executor(workers=arguments.workers, dask=arguments.dask) as executor:
        yield executor

"""Options that more than one subcommand reads."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

from lso_native._checks import shown
from lso_native._typing import FloatArray
from lso_native.errors import ArgumentError
from lso_native.files.native import load
from lso_native.models.classifier import Classifier
from lso_native.models.decoding import Decoder
from lso_native.network import Model
from lso_native.random import uniform

Number = TypeVar("Number", int, float)


def numbers(name: str, text: str, kind: Callable[[str], Number]) -> list[Number]:
    """The numbers of a list like ``1,2,3``; ValueError naming the option otherwise."""
    try:
        return [kind(part) for part in text.split(",")]
    except ValueError:
        raise ArgumentError(name, "numbers with commas between", shown(text)) from None


def load_decoder(path: str) -> tuple[Model, Decoder | None]:
    """The decoder in a file, and the estimator that it belongs to, if that is what the file holds."""
    saved = _load("decoder", path)
    if isinstance(saved, Model):
        return saved, None
    # A conditional one takes more than latents.
    if isinstance(saved, Decoder) and saved.sample_latent(1).shape[1] == saved.decoder_.n_inputs:
        return saved.decoder_, saved
    raise ArgumentError("decoder", f"a decoder of latents in {path}", type(saved).__name__)


def load_classifier(path: str) -> tuple[Model, Classifier | None]:
    """The classifier's network in a file, and the classifier, if that is what the file holds."""
    saved = _load("classifier", path)
    if isinstance(saved, Model):
        return saved, None
    if not isinstance(saved, Classifier):
        raise ArgumentError(
            "classifier", f"a classifier or a network in {path}", type(saved).__name__
        )
    return saved.network_, saved


def random_latents(
    decoder: Model, source: Decoder | None, n: int, *, random_state: int
) -> FloatArray:
    """``n`` latents (n, latent) of the kind that ``source`` was trained on, uniform in 0..1 without one."""
    if source is not None:
        return source.sample_latent(n, random_state=random_state)
    return uniform((n, decoder.n_inputs), random_state=random_state, dtype=decoder.dtype.name)


def _load(option: str, path: str) -> object:
    if not os.path.isfile(path):  # noqa: PTH113 - a str is all that is known
        raise ArgumentError(option, "a file that lso train wrote", path)
    return load(path)

"""Options that more than one subcommand reads."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

from lso_native.files.native import load
from lso_native.models.autoencoder import Autoencoder
from lso_native.models.classifier import Classifier
from lso_native.network import Model

Number = TypeVar("Number", int, float)


def numbers(name: str, text: str, kind: Callable[[str], Number]) -> list[Number]:
    """The numbers of a list like ``1,2,3``; ValueError naming the option otherwise."""
    try:
        return [kind(part) for part in text.split(",")]
    except ValueError:
        raise ValueError(f"{name}: expected numbers with commas between, got {text!r}") from None


def load_decoder(path: str) -> tuple[Model, Autoencoder | None]:
    """The decoder in a file, and the autoencoder that it belongs to, if that is what the file holds."""
    saved = _load("--decoder", path)
    if isinstance(saved, Autoencoder):
        return saved.decoder_, saved
    if isinstance(saved, Model):
        return saved, None
    raise ValueError(f"--decoder: expected an autoencoder or a network in {path}, got a classifier")


def load_classifier(path: str) -> tuple[Model, Classifier | None]:
    """The classifier's network in a file, and the classifier, if that is what the file holds."""
    saved = _load("--classifier", path)
    if isinstance(saved, Classifier):
        return saved.network_, saved
    if isinstance(saved, Model):
        return saved, None
    raise ValueError(
        f"--classifier: expected a classifier or a network in {path}, got an autoencoder"
    )


def _load(option: str, path: str) -> object:
    if not os.path.isfile(path):  # noqa: PTH113 - a str is all that is known
        raise ValueError(f"{option}: expected a file that lso train wrote, got {path}")
    return load(path)

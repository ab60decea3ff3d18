"""``lso explore``."""

from __future__ import annotations

import argparse
import webbrowser
from functools import partial
from pathlib import Path
from typing import Any

from lso_native._checks import check_threads
from lso_native.commands.options import (
    CLASSIFIER,
    DECODER,
    REGRESSOR,
    load_file,
    load_regressor,
)
from lso_native.commands.ready import Ready
from lso_native.data.download import cache_dir
from lso_native.display import Progress as Display
from lso_native.display import image_side, say
from lso_native.errors import ArgumentError
from lso_native.explore import Digits, Settings, check_free, serve
from lso_native.explore.digits import Files
from lso_native.explore.shelf import Book, Shelf
from lso_native.explore.world import World
from lso_native.models.classifier import Classifier
from lso_native.models.decoding import Decoder
from lso_native.study.progress import Progress

_AIRFOILS = "airfoils"


def explore(arguments: argparse.Namespace) -> None:
    """Make the models of digits, serve the page, and open it."""
    check_threads(arguments.threads)
    settings = Settings(port=arguments.port)
    check_free(settings.port)  # before the training, which may be long
    with Display() as display:
        digits = _digits(arguments, display)
    folder = Path(arguments.airfoils) if arguments.airfoils else cache_dir() / _AIRFOILS
    books = {
        "digits": Book("Digits", lambda _: digits),
        _AIRFOILS: Book("Airfoils", partial(_airfoils, folder, arguments.threads)),
    }

    def ready(address: str) -> None:
        say(f"the page is at {address}\nCtrl-C ends it")
        if arguments.browser:
            webbrowser.open(address)

    serve(Shelf(books), settings, ready=ready)
    say("ended")


def _airfoils(folder: Path, threads: int | None, progress: Progress) -> World:
    """What was learned of airfoils, learned when somebody first asks for it."""
    from lso_native.airfoils import kept_models
    from lso_native.explore.wings import Wings

    models = kept_models(folder, progress=progress, threads=threads)
    return Wings(models, folder.resolve())


def _digits(arguments: argparse.Namespace, progress: Progress) -> Digits:
    """By the models that the options name, and ready ones for the others."""
    given = {
        kind: path
        for kind in (DECODER, CLASSIFIER, REGRESSOR)
        if (path := getattr(arguments, kind)) is not None
    }
    load = {DECODER: _load_decoder, CLASSIFIER: _load_classifier, REGRESSOR: load_regressor}
    models: dict[str, Any] = {kind: load[kind](path) for kind, path in given.items()}
    side = _side(models, given, arguments.size)
    ready = Ready(arguments.dataset, arguments.data_dir, side, arguments.threads, progress)
    files = {kind: str(Path(path).resolve()) for kind, path in given.items()}
    for kind in load.keys() - models.keys():
        if side not in (14, 28):
            got = f"none, and nothing to train one of images of {side}x{side} pixels"
            raise ArgumentError(kind, "a file", got)
        models[kind] = ready.model(kind)
        files[kind] = str(ready.path(kind))
    return Digits(models[DECODER], models[CLASSIFIER], models[REGRESSOR], Files(**files))


def _side(models: dict[str, Any], given: dict[str, str], size: int | None) -> int:
    """Of all images. Raises ValueError where they are of different sizes."""
    side = size
    for kind, model in models.items():
        pixels = model.decoder_.n_outputs if kind == DECODER else model.network_.n_inputs
        mine = image_side(pixels)
        if side not in (None, mine):
            expected = f"one of images of {side}x{side} pixels, as the others are"
            raise ArgumentError(kind, expected, f"{mine}x{mine} in {given[kind]}")
        side = mine
    return side or 28


def _load_decoder(path: str) -> Decoder:
    saved = load_file(DECODER, path)
    # A conditional one takes more than latents; a network does not know its own.
    if (
        isinstance(saved, Decoder)
        and saved.sample_latent(1).shape[1] == saved.decoder_.n_inputs
        and not hasattr(saved, "classes_")
    ):
        return saved
    what = type(saved).__name__
    raise ArgumentError(DECODER, "an autoencoder, a VAE or a GAN", f"a {what} in {path}")


def _load_classifier(path: str) -> Classifier:
    saved = load_file(CLASSIFIER, path)
    if not isinstance(saved, Classifier):
        raise ArgumentError(CLASSIFIER, "a classifier", f"a {type(saved).__name__} in {path}")
    return saved

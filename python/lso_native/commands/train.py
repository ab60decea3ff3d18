"""``lso train``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from lso_native._checks import check_int
from lso_native.commands.display import Display, say
from lso_native.commands.options import numbers
from lso_native.data import Digits, load
from lso_native.errors import ArgumentError
from lso_native.experiments.models import AutoencoderSettings
from lso_native.files import check_writable_dir
from lso_native.files.native import save
from lso_native.models.autoencoder import Autoencoder
from lso_native.models.base import DEFAULT_OPTIMIZER
from lso_native.models.classifier import Classifier
from lso_native.training import TrainProgress


def train(arguments: argparse.Namespace) -> None:
    """Fit an autoencoder or a classifier on the training part, and save it."""
    if arguments.kind == "classifier" and arguments.latent is not None:
        raise ArgumentError("latent", "with an autoencoder only", arguments.latent)
    out = Path(arguments.out)
    if out.is_dir():
        raise ArgumentError("out", "a file to write", f"the folder {out}")
    check_writable_dir(out.parent)
    digits = load(
        arguments.dataset, data_dir=arguments.data_dir, random_state=arguments.random_state
    )
    count = _count(arguments.images, digits)
    images, labels = digits.train.images[:count], digits.train.labels[:count]
    options: dict[str, Any] = {
        "hidden": tuple(numbers("hidden", arguments.hidden, int)),
        "optimizer": DEFAULT_OPTIMIZER
        if arguments.optimizer == "adam"
        else AutoencoderSettings.optimizer,
        "epochs": arguments.epochs,
        "mse": arguments.mse,
        "random_state": arguments.random_state,
    }
    with Display() as display:

        def tell(epoch: TrainProgress) -> None:
            display.update(epoch.epoch, f"MSE {epoch.scores['train_mse']:.4f}")

        display.start(f"{arguments.kind}: {len(images):,} images", arguments.epochs)
        if arguments.kind == "autoencoder":
            if arguments.latent is not None:
                options["latent"] = arguments.latent
            autoencoder = Autoencoder(**options).fit(images, callback=tell)
            test = f"test MSE {autoencoder.mean_squared_error(digits.test.images):.4f}"
            display.finish(f"MSE {autoencoder.mse_:.4f}, {test}")
            save(autoencoder, out)
        else:
            classifier = Classifier(**options).fit(images, labels, callback=tell)
            accuracy = classifier.score(digits.test.images, digits.test.labels)
            display.finish(f"MSE {classifier.mse_:.4f}, tells {accuracy:.1%} of the test images")
            save(classifier, out)
    say(f"wrote {out}")


def _count(images: int | None, digits: Digits) -> int:
    """How many images to train on."""
    there = len(digits.train)
    if images is None:
        return there
    if check_int("images", images) > there:
        raise ArgumentError(
            "images", f"at most {there}, all that {digits.name} has for training", images
        )
    return images

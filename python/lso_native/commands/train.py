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
from lso_native.models.training import Callback
from lso_native.training import TrainProgress


def train(arguments: argparse.Namespace) -> None:
    """Fit an autoencoder or a classifier on the training part, and save it."""
    out = Path(arguments.out)
    if out.is_dir():
        raise ArgumentError("out", "a file to write", f"the folder {out}")
    check_writable_dir(out.parent, create=False)  # before the work
    kind = _autoencoder if arguments.kind == "autoencoder" else _classifier
    digits = load(
        arguments.dataset, data_dir=arguments.data_dir, random_state=arguments.random_state
    )
    there = len(digits.train)
    count = there
    if arguments.images is not None:
        count = check_int("images", arguments.images, maximum=there)
    with Display() as display:

        def tell(epoch: TrainProgress) -> None:
            display.update(epoch.epoch, f"MSE {epoch.scores['train_mse']:.4f}")

        display.start(f"{arguments.kind}: {count:,} images", arguments.epochs)
        model, test = kind(arguments, digits, count, tell)
        display.finish(f"MSE {model.mse_:.4f}, {test}")
    check_writable_dir(out.parent)
    save(model, out)
    say(f"wrote {out}")


def _autoencoder(
    arguments: argparse.Namespace, digits: Digits, count: int, tell: Callback
) -> tuple[Autoencoder, str]:
    """An autoencoder of the first ``count`` images, and what it does on the test images."""
    model = Autoencoder(**_settings(arguments))
    if arguments.latent is not None:
        model.set_params(latent=arguments.latent)
    model.fit(digits.train.images[:count], callback=tell)
    return model, f"test MSE {model.mean_squared_error(digits.test.images):.4f}"


def _classifier(
    arguments: argparse.Namespace, digits: Digits, count: int, tell: Callback
) -> tuple[Classifier, str]:
    if arguments.latent is not None:
        raise ArgumentError("latent", "with an autoencoder only", arguments.latent)
    model = Classifier(**_settings(arguments))
    model.fit(digits.train.images[:count], digits.train.labels[:count], callback=tell)
    accuracy = model.score(digits.test.images, digits.test.labels)
    return model, f"tells {accuracy:.1%} of the test images"


def _settings(arguments: argparse.Namespace) -> dict[str, Any]:
    optimizers = (DEFAULT_OPTIMIZER, AutoencoderSettings.optimizer)
    return {
        "hidden": tuple(numbers("hidden", arguments.hidden, int)),
        "optimizer": next(each for each in optimizers if each.option() == arguments.optimizer),
        "epochs": arguments.epochs,
        "mse": arguments.mse,
        "random_state": arguments.random_state,
    }

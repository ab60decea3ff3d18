"""``lso train``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, get_args

from lso_native._checks import check_int
from lso_native.commands.lessons import LESSONS, Lesson
from lso_native.commands.settings import default_of, settings_of
from lso_native.data import Part, load
from lso_native.display import Progress, say
from lso_native.errors import ArgumentError
from lso_native.files import check_writable_dir
from lso_native.files.native import save
from lso_native.models.settings import ESTIMATORS
from lso_native.optimizers import TrainOptimizer
from lso_native.study.autoencoder import AutoencoderSettings
from lso_native.training import TrainProgress


def train(arguments: argparse.Namespace) -> None:
    """Fit an estimator on the training part, and save it; what Ctrl-C leaves of it too."""
    out = Path(arguments.out)
    if out.is_dir():
        raise ArgumentError("out", "a file to write", f"the folder {out}")
    check_writable_dir(out.parent, create=False)  # before the work
    lesson, model, given = _prepare(arguments)
    with Progress() as display:

        def tell(epoch: TrainProgress) -> None:
            name, score = _score(epoch.scores)
            display.update(epoch.epoch, f"{name} {score:.4f}")

        display.start(f"{arguments.kind}: {len(given[0]):,} images", model.epochs)
        try:
            model.fit(*given, callback=tell)
        except KeyboardInterrupt:
            if getattr(model, "n_epochs_", 0) > 0:
                check_writable_dir(out.parent)
                save(model, out)
                arguments.kept = f"; {out} has what was learned in {model.n_epochs_} epochs"
            raise
        display.finish(lesson.told(model))
    check_writable_dir(out.parent)
    save(model, out)
    say(f"wrote {out}")


def _prepare(arguments: argparse.Namespace) -> tuple[Lesson, Any, tuple[Any, ...]]:
    """What is taught, to whom, and what ``fit`` is given for it."""
    kind = ESTIMATORS[arguments.kind.replace("-", "_")]
    digits = load(
        arguments.dataset,
        size=arguments.size,
        data_dir=arguments.data_dir,
        random_state=arguments.random_state,
    )
    count = there = len(digits.train)
    if arguments.images is not None:
        count = check_int("images", arguments.images, maximum=there)
    part = Part(digits.train.images[:count], digits.train.labels[:count])
    lesson = LESSONS.get(kind, Lesson)(arguments, digits, part)
    settings = settings_of(arguments, kind)
    if "optimizer" in settings:
        settings["optimizer"] = _optimizer(settings["optimizer"], default_of(kind, "optimizer"))
    given = lesson.given(settings)
    model = kind(**settings)
    if "learning_rate" in arguments:
        if not hasattr(model.optimizer, "learning_rate"):
            expected = "with an optimizer that has one"
            raise ArgumentError("learning_rate", expected, model.optimizer.option())
        model.set_params(optimizer__learning_rate=arguments.learning_rate)
    return lesson, model, given


def _optimizer(name: str, default: TrainOptimizer) -> TrainOptimizer:
    """That of the kind, the one that trains the paper's autoencoders, or any at its defaults."""
    plain = [kind() for kind in get_args(TrainOptimizer)]
    known: dict[str, TrainOptimizer] = {
        each.option(): each for each in (*plain, AutoencoderSettings.optimizer, default)
    }
    return known[name]


def _score(scores: dict[str, float]) -> tuple[str, float]:
    """What to show of an epoch."""
    if "train_mse" in scores:
        return "MSE", scores["train_mse"]
    name = next(iter(scores))
    return name.replace("_", " "), scores[name]

"""``lso generate``."""

from __future__ import annotations

import argparse

import numpy as np

from lso_native._checks import check_int, shown
from lso_native._typing import Array
from lso_native.commands.display import Display, say
from lso_native.commands.options import load_classifier, load_decoder, numbers, random_latents
from lso_native.display import image_side
from lso_native.errors import ArgumentError
from lso_native.experiments.results import optimized_arrays, write_samples
from lso_native.figures import contact_sheet, write_png
from lso_native.files import check_writable_dir
from lso_native.models.classifier import Classifier
from lso_native.network import Model
from lso_native.optimize import OptimizeProgress, optimize
from lso_native.optimizers import NormalizedGradientDescent


def generate(arguments: argparse.Namespace) -> None:
    """Optimize from random starts; write every sample, met or not, and a sheet of them."""
    check_writable_dir(arguments.out, create=False)  # before the work, which may be long
    check_int("n", arguments.n)
    decoder, source = load_decoder(arguments.decoder)
    network, classifier = load_classifier(arguments.classifier)
    image_side(decoder.n_outputs)
    target, label = _target(arguments, network, classifier)
    starts = random_latents(decoder, source, arguments.n, random_state=arguments.random_state)
    with Display() as display:

        def tell(state: OptimizeProgress) -> None:
            display.update(state.finished)

        display.start(f"{arguments.n:,} samples", arguments.n)
        result = optimize(
            decoder >> network if classifier is None else (source or decoder) >> classifier,
            target,
            starts=starts,
            mse=arguments.mse,
            optimizer=NormalizedGradientDescent(desired_change=arguments.desired_change),
            bounds=_bounds(arguments.bounds),
            max_iterations=arguments.max_iterations,
            threads=arguments.threads,
            callback=tell,
        )
        done = f"{int(result.success.sum()):,} of {arguments.n:,} meet the target"
        display.finish(done)
    folder = check_writable_dir(arguments.out)
    labels = np.full(arguments.n, label, dtype=np.int64)
    write_samples(folder / "samples.npz", optimized_arrays(result.samples, result, labels))
    asked = arguments.digit if arguments.digit is not None else f"target {arguments.target}"
    title = f"asked for: {asked}"
    sheet = contact_sheet(
        result.samples, labels, result.success, title=title, subtitle=done, lines=10
    )
    write_png(folder / "samples.png", sheet)
    say(f"{done}\nwrote {folder}: samples.npz, samples.png")


def _target(
    arguments: argparse.Namespace, network: Model, classifier: Classifier | None
) -> tuple[Array, int]:
    """The output asked for, and the digit it stands for, -1 for none."""
    if arguments.target is not None:
        values = np.array(numbers("target", arguments.target, float))
        if len(values) != network.n_outputs:
            raise ArgumentError(
                "target", f"{network.n_outputs} numbers, one an output", len(values)
            )
        return values, -1
    names = (
        [str(i) for i in range(network.n_outputs)]
        if classifier is None
        else [str(name) for name in classifier.classes_]
    )
    if arguments.digit not in names:
        raise ArgumentError("digit", f"one of {', '.join(names)}", arguments.digit)
    index = names.index(arguments.digit)
    label = int(arguments.digit) if arguments.digit.lstrip("-").isdigit() else -1
    return np.eye(network.n_outputs)[index], label


def _bounds(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    values = numbers("bounds", text, float)
    if len(values) != 2:
        raise ArgumentError("bounds", "low,high", shown(text))
    return values[0], values[1]

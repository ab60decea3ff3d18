"""``lso walk``."""

from __future__ import annotations

import argparse

from lso_native._checks import check_int
from lso_native.commands.options import load_decoder, numbers
from lso_native.data import load
from lso_native.experiments import walks
from lso_native.figures import image_side, walk_sheet, write_gif, write_png
from lso_native.files import check_writable_dir
from lso_native.random import uniform

MOST_STEPS = 200  # a GIF of more is no picture any more


def walk(arguments: argparse.Namespace) -> None:
    """Decode the way through random points or through real digits' codes."""
    check_writable_dir(arguments.out, create=False)
    decoder, autoencoder = load_decoder(arguments.decoder)
    image_side(decoder.n_outputs)
    steps = walks.STEPS if arguments.steps is None else check_int("--steps", arguments.steps)
    if steps > MOST_STEPS:
        raise ValueError(f"--steps: expected at most {MOST_STEPS}, got {steps}")
    if arguments.digits is not None:
        if autoencoder is None:
            raise ValueError(
                f"--digits: expected a saved autoencoder, to encode them, got {arguments.decoder}"
            )
        digits = load(
            arguments.dataset, data_dir=arguments.data_dir, random_state=arguments.random_state
        )
        asked = numbers("--digits", arguments.digits, int)
        images = walks.through_digits(autoencoder, digits.test, digits=asked, steps=steps)
        title = f"through the codes of {arguments.digits}"
    else:
        shape = (check_int("--points", arguments.points, minimum=2), decoder.n_inputs)
        points = uniform(shape, random_state=arguments.random_state, dtype=decoder.dtype.name)
        images = walks.walk(decoder, points, steps=steps)
        title = f"through {arguments.points} random points"
    folder = check_writable_dir(arguments.out)
    write_png(folder / "walk.png", walk_sheet(images, title=f"A walk {title}", columns=steps))
    write_gif(folder / "walk.gif", images)
    print(f"wrote {folder}: walk.png, walk.gif")

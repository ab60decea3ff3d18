"""``lso walk``."""

from __future__ import annotations

import argparse

from lso_native._checks import check_int
from lso_native._typing import FloatArray
from lso_native.commands.options import load_decoder, numbers, random_latents
from lso_native.data import load
from lso_native.display import Progress, image_side, say
from lso_native.errors import ArgumentError
from lso_native.figures import walk_sheet, write_gif, write_png
from lso_native.files import check_writable_dir
from lso_native.models.decoding import Decoder, EncoderDecoder
from lso_native.network import Model
from lso_native.study import walks

MOST_STEPS = 200  # a GIF of more is no picture any more
MOST_IMAGES = 10_000  # some 15 seconds, and 50 MB


def walk(arguments: argparse.Namespace) -> None:
    """Decode the way through random points or through real digits' codes."""
    check_writable_dir(arguments.out, create=False)  # before the work
    decoder, source = load_decoder(arguments.decoder)
    image_side(decoder.n_outputs)
    steps = walks.STEPS
    if arguments.steps is not None:
        steps = check_int("steps", arguments.steps, maximum=MOST_STEPS)
    if arguments.digits is not None:
        images = _through_digits(arguments, source, steps)
        title = f"A walk through the codes of {arguments.digits}"
    else:
        images = _through_points(arguments, decoder, source, steps)
        title = f"A walk through {arguments.points} random points"
    folder = check_writable_dir(arguments.out)
    with Progress() as display:
        display.start(f"{len(images):,} images", len(images))
        write_png(folder / "walk.png", walk_sheet(images, title=title, columns=steps))
        write_gif(folder / "walk.gif", images, progress=display.update)
        display.finish("drawn")
    say(f"wrote {folder}: walk.png, walk.gif")


def _through_digits(
    arguments: argparse.Namespace, source: Decoder | None, steps: int
) -> FloatArray:
    if not isinstance(source, EncoderDecoder):
        held = "a network" if source is None else type(source).__name__
        raise ArgumentError("digits", "a saved autoencoder, to encode them", held)
    asked = numbers("digits", arguments.digits, int)
    if len(asked) * steps > MOST_IMAGES:
        raise ArgumentError("digits", f"at most {MOST_IMAGES // steps} of them", len(asked))
    digits = load(
        arguments.dataset,
        size=28 if source.decoder_.n_outputs == 28 * 28 else 14,
        data_dir=arguments.data_dir,
        random_state=arguments.random_state,
    )
    return walks.through_digits(source, digits.test, digits=asked, steps=steps)


def _through_points(
    arguments: argparse.Namespace, decoder: Model, source: Decoder | None, steps: int
) -> FloatArray:
    n = check_int("points", arguments.points, minimum=2, maximum=MOST_IMAGES // steps)
    points = random_latents(decoder, source, n, random_state=arguments.random_state)
    return walks.walk(decoder, points, steps=steps)

"""What ``lso generate`` may be asked."""

from __future__ import annotations

import argparse
import inspect
from dataclasses import dataclass
from typing import get_args

from lso_native.generate import generate
from lso_native.optimizers import InputOptimizer, NormalizedGradientDescent
from lso_native.requirements.classes import DEFAULT_CERTAINTY

DEFAULT_COUNT = 20
SIDES = ("left", "right", "top", "bottom")


@dataclass(frozen=True)
class Tolerance:
    """How near to a number is near enough, unless --within says otherwise."""

    amount: float
    share: bool = False
    """Of the number asked for."""

    def around(self, value: float) -> float:
        """In the number's own units."""
        return abs(value) * self.amount if self.share else self.amount

    def __str__(self) -> str:
        return f"{self.amount:.0%}" if self.share else f"{self.amount:g}"


ATTRIBUTES = {
    "slant": ("degrees, to the right", Tolerance(5)),
    "thickness": ("pixels", Tolerance(0.1, share=True)),
    "width": ("pixels", Tolerance(0.1, share=True)),
    "height": ("pixels", Tolerance(0.1, share=True)),
    "ink": ("pixels", Tolerance(0.1, share=True)),
    "holes": ("a count", Tolerance(0.5)),
}
"""Unit and tolerance of what ``lso_native.data.attributes`` measures."""
KEPT = 0.3  # of a pixel, in 0..1
NEAR = 0.2  # root mean squared, of a pixel


def add_options(parser: argparse.ArgumentParser) -> None:
    """All but those that other subcommands have too."""
    for add in (_add_models, _add_classes, _add_numbers, _add_images, _add_search):
        add(parser)


def _add_models(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "models", "Those that are not given are trained once and kept in the cache folder."
    )
    group.add_argument("--decoder", metavar="FILE", help="a saved generator, or decoder network")
    group.add_argument("--classifier", metavar="FILE", help="a saved classifier, or a network")
    group.add_argument(
        "--regressor", metavar="FILE", help="of attributes, which the formulas check; or of others"
    )
    group.add_argument(
        "--prior",
        metavar="KIND",
        help="what latents are drawn from: normal, uniform (in 0..1; what a plain network has if nothing is said)",
    )


def _add_classes(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what the classifier must say")
    one = group.add_mutually_exclusive_group()
    one.add_argument("--digit", metavar="D", help="one of its classes")
    one.add_argument("--one-of", metavar="D,D,...", help="one of some of its classes")
    one.add_argument("--target", metavar="v,v,...", help="an output vector; nan: any value")
    group.add_argument(
        "--certainty",
        type=float,
        metavar="P",
        help=f"output of the class at least P, of others at most 1 - P; default: {DEFAULT_CERTAINTY}",
    )
    group.add_argument(
        "--mse",
        type=float,
        metavar="X",
        help="outputs within this mean squared error of the target, instead; the paper's is .001",
    )


def _add_numbers(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "what the image must look like",
        f"NAME is one of {', '.join(ATTRIBUTES)}; with a regressor of other numbers, one of these.",
    )
    for name, (unit, tolerance) in ATTRIBUTES.items():
        group.add_argument(
            f"--{name}",
            type=float,
            metavar="X",
            help=f"{unit}; within {tolerance} of X".replace("%", "%%"),
        )
    for option, metavar, told in (
        ("--between", "NAME=LOW:HIGH", "in an interval"),
        ("--at-least", "NAME=X", "at least X"),
        ("--at-most", "NAME=X", "at most X"),
        ("--most", "NAME", "as much as can be had"),
        ("--least", "NAME", "as little as can be had"),
    ):
        group.add_argument(option, action="append", default=[], metavar=metavar, help=told)


def _add_images(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("nearness to an image, white on black")
    group.add_argument("--near", metavar="FILE", help="be like this image")
    group.add_argument("--image", metavar="FILE", help="of which --keep keeps a part")
    group.add_argument(
        "--keep",
        metavar="PART",
        help=f"{', '.join(SIDES)}, or a mask: an image that is white where --image is kept",
    )
    group.add_argument(
        "--within",
        action="append",
        default=[],
        metavar="D",
        help="how near is near enough: of a lone number in its unit; of --near the root of the sum "
        f"of squared differences (default: {NEAR} times the root of the pixels); of each pixel "
        f"that is kept (default: {KEPT}). NAME=D, near=D or keep=D where several are asked for",
    )


def _add_search(parser: argparse.ArgumentParser) -> None:
    defaults = {each.name: each.default for each in inspect.signature(generate).parameters.values()}
    group = parser.add_argument_group("the search")
    group.add_argument(
        "-n", type=int, default=DEFAULT_COUNT, metavar="N", help="samples; default: %(default)s"
    )
    for option, told in (
        ("attempts", "starts tried for a sample, at most"),
        ("best_of", "draws that a start is the best of"),
        ("max_iterations", "steps from a start"),
    ):
        group.add_argument(
            f"--{option.replace('_', '-')}",
            type=int,
            default=defaults[option],
            metavar="N",
            help=f"{told}; default: %(default)s",
        )
    group.add_argument(
        "--optimizer",
        choices=[kind.option() for kind in get_args(InputOptimizer)],
        help="default: levenberg_marquardt where residuals are few",
    )
    group.add_argument(
        "--desired-change",
        type=float,
        metavar="C",
        help="of normalized_gradient_descent, in units of E; default: "
        f"{NormalizedGradientDescent.desired_change:g}, the paper's",
    )
    group.add_argument(
        "--bounds", metavar="low,high", help="of the latents; default: where the decoder's are"
    )

"""The command ``lso``: reproduce the paper, or train, generate and walk one step at a time."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from lso_native import __version__
from lso_native.commands.generate_parser import add_options as add_generate_options
from lso_native.commands.settings import add_settings
from lso_native.commands.shared_options import (
    add_data,
    add_out,
    add_run,
    add_seed,
    add_size,
    add_size_of_models,
    add_workers,
)
from lso_native.display import say
from lso_native.errors import BadArgument
from lso_native.models.base import Estimator
from lso_native.models.settings import ESTIMATORS

EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
INSTALL = "install the extra 'experiments', as in pip install 'lso_native[experiments]'"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0, 2 for misuse, 130 after Ctrl-C."""
    arguments = _parser().parse_args(argv)
    try:
        command: Callable[[argparse.Namespace], None] = arguments.command
        command(arguments)
        return 0
    except KeyboardInterrupt:
        say(f"lso: interrupted{arguments.kept}", aside=True)
        return EXIT_INTERRUPTED
    except (ValueError, TypeError, ImportError, MemoryError, OSError) as error:
        say(f"lso: {_printable(' '.join(_told(error, arguments).split()))}", aside=True)
        return EXIT_USAGE


def _told(error: Exception, arguments: argparse.Namespace) -> str:
    """What went wrong; the argument ``max_iterations`` goes by the name ``--max-iterations`` here."""
    if isinstance(error, BadArgument) and hasattr(arguments, name := error.argument):
        option = ("-" if len(name) == 1 else "--") + name.replace("_", "-")
        return f"{option}: expected {error.expected}, got {error.got}"
    if isinstance(error, ModuleNotFoundError):
        return f"{error.name} is needed here: {INSTALL}"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error) or "not enough memory"


def _printable(text: str) -> str:
    """``text`` without what a terminal would obey, which names in files of strangers may hold."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


class _Parser(argparse.ArgumentParser):
    """Tells misuse in one line, as the commands do; the subcommands' parsers are of this class too."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # Else "-1,1" and "-1e-3" would be taken for options.
        self._negative_number_matcher = re.compile(r"-\.?\d")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Refuses the others here, where it is known which command was to take them."""
        found, others = super().parse_known_args(args, namespace)
        if others:
            self.error(f"unrecognized arguments: {' '.join(others)}")
        return found, others

    def error(self, message: str) -> NoReturn:
        self.exit(EXIT_USAGE, f"{self.prog}: {message}; see {self.prog} --help\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="lso", description="Generate samples that meet stated requirements.")
    parser.add_argument("--version", action="version", version=f"lso {__version__}")
    parser.set_defaults(kept="; nothing was written", command=lambda _: parser.print_help())
    commands = parser.add_subparsers(metavar="command")
    _add_reproduce(commands)
    _add_requests(commands)
    _add_airfoils(commands)
    _add_shapes(commands)
    _add_train(commands)
    _add_generate(commands)
    _add_merge(commands)
    _add_walk(commands)
    _add_explore(commands)
    return parser


Commands = argparse._SubParsersAction  # argparse has no public name for it


def _add_reproduce(commands: Commands[_Parser]) -> None:
    parser = commands.add_parser(
        "reproduce",
        help="the paper's experiment, with its figures beside ours",
        description="Train the paper's models and a judge, generate digits with each system, and "
        "write results.json, report.html, samples, figures and models.",
    )
    add_data(parser)
    add_size(parser)
    add_out(parser)
    parser.add_argument(
        "--samples", type=int, default=100, metavar="N", help="digits a system; default: 100"
    )
    parser.add_argument("--systems", metavar="a,b,...", help="default: all of them")
    parser.add_argument(
        "--fresh",
        action="store_true",
        help="do again what an earlier run of the same settings left in DIR, instead of keeping it",
    )
    parser.add_argument(
        "--sensitivity",
        action="store_true",
        help="also try a gentler C, bounds and a better-trained decoder",
    )
    parser.add_argument(
        "--ablations",
        action="store_true",
        help="also run the project's recipe, lso, without each of its parts",
    )
    add_run(parser)
    add_workers(parser)
    parser.set_defaults(command=_reproduce, kept="; what was finished is in the output folder")


def _add_requests(commands: Commands[_Parser]) -> None:
    parser = commands.add_parser(
        "requests",
        help="the study of rare and held-out requests",
        description="Ask for digits of a slant and a stroke thickness that are rare, or that no model ever saw; "
        "write results.json, requests.md, samples, figures and models, which the next run reads.",
    )
    add_data(parser)
    parser.add_argument("--out", default="lso-requests", metavar="DIR", help="default: %(default)s")
    for name, default, what in (
        ("requests", 50, "requests a group"),
        ("samples", 20, "samples a request"),
        ("pool", 30_000, "images of a digit that rejection draws, at most"),
        ("repeats", 1, "runs, each with the next seed"),
    ):
        parser.add_argument(
            f"--{name}", type=int, default=default, metavar="N", help=f"{what}; default: {default}"
        )
    parser.add_argument(
        "--ablations", action="store_true", help="also leave out one thing after the other"
    )
    add_run(parser)
    parser.set_defaults(command=_requests, kept="; trained models are in the output folder")


def _add_airfoils(commands: Commands[_Parser]) -> None:
    parser = commands.add_parser(
        "airfoils",
        help="the study of airfoils with prescribed lift, drag, moment and thickness",
        description="Learn what airfoils look like and what NeuralFoil says of them; design some for each of six "
        "targets, beside other ways to them. Write results.json, airfoils.md, samples and figures. What is finished "
        "stays in DIR, where the next run finds it.",
    )
    parser.add_argument("--out", default="lso-airfoils", metavar="DIR", help="default: %(default)s")
    for name, default, what in (
        ("designs", 100, "designs a target"),
        ("repeats", 1, "runs, each with the next seed"),
        ("rival-designs", 10, "designs a target by each other way"),
        ("rival-calls", 2_000, "calls of the simulator that another way has for a design"),
    ):
        parser.add_argument(
            f"--{name}", type=int, default=default, metavar="N", help=f"{what}; default: {default}"
        )
    parser.add_argument(
        "--rivals",
        default="all",
        metavar="a,b,...",
        help="of real, draws, best, cma-cst, cma-latent and gradient, or none; default: %(default)s",
    )
    add_run(parser)
    add_workers(parser)
    parser.set_defaults(command=_airfoils, kept="; what was finished is in the output folder")


def _add_shapes(commands: Commands[_Parser]) -> None:
    parser = commands.add_parser(
        "shapes",
        help="the study of weighted retraining, on images of one square",
        description="Ask for images of more and more area with a decoder of squares, with and without weights and "
        "retraining; write results.json, shapes.md, shapes.png and steps, which the next run reads.",
    )
    parser.add_argument("--out", default="lso-shapes", metavar="DIR", help="default: %(default)s")
    parser.add_argument(
        "--repeats",
        type=int,
        default=5,
        metavar="N",
        help="runs, each with the next seed; default: 5",
    )
    add_run(parser)
    add_workers(parser)
    parser.set_defaults(command=_shapes, kept="; what was finished is in the output folder")


def _add_train(commands: Commands[_Parser]) -> None:
    parser = commands.add_parser(
        "train", help="train one model and save it", description="Train one model and save it."
    )
    kinds = parser.add_subparsers(metavar="kind", dest="kind", required=True)
    for name, kind in ESTIMATORS.items():
        ours = kind.__module__.startswith(
            f"{__package__}."
        )  # others know best how they are trained
        if ours and issubclass(
            kind, Estimator
        ):  # a mixture is of latents, and comes with a decoder
            _add_kind(kinds, name.replace("_", "-"), kind)


def _add_kind(kinds: Commands[_Parser], name: str, kind: Any) -> None:
    told = kind.__doc__.partition("\n\n")[0].replace("``", "").replace("%", "%%")
    brief = re.split(r" \(|, ", told)[0]
    parser = kinds.add_parser(name, help=brief, description=told)
    parser.add_argument("--out", required=True, metavar="FILE", help="a .safetensors file")
    add_data(parser)
    add_size(parser)
    parser.add_argument("--images", type=int, metavar="N", help="training images; default: all")
    if name in _OWN_OPTIONS:
        _OWN_OPTIONS[name](parser)
    add_seed(parser)
    add_settings(parser, kind)
    parser.set_defaults(command=_train)


def _add_none(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--none",
        action="store_true",
        help="also learn images that show no digit, half as many, as none of the classes; the "
        "objective is then binary_cross_entropy unless another is given",
    )
    parser.add_argument(
        "--decoder",
        metavar="FILE",
        help="with --none: a saved generator, which makes some of these from latents far off",
    )


def _add_attributes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--attributes",
        default="slant,thickness",
        metavar="a,b,...",
        help="of slant, thickness, width, height, ink and holes; default: %(default)s",
    )
    parser.add_argument(
        "--copies",
        type=int,
        default=2,
        metavar="N",
        help="of each image, in other styles, to learn from too; default: %(default)s",
    )


_OWN_OPTIONS: dict[str, Callable[[argparse.ArgumentParser], None]] = {
    "classifier": _add_none,
    "regressor": _add_attributes,
}


def _add_generate(commands: Commands[_Parser]) -> None:
    parser = commands.add_parser(
        "generate",
        help="generate samples that are as asked",
        description="Generate samples that are as asked: draw latents, descend, check, try again what failed. Write "
        "samples.npz, sheet.png and result.json. Which samples are as asked is told in each of them.",
    )
    add_generate_options(parser)
    add_out(parser)
    add_data(parser)
    add_size_of_models(parser, 14)
    parser.add_argument(
        "--shard",
        metavar="i/k",
        help="make only the i-th of k parts, with --attempts 1; lso merge puts all of them together",
    )
    add_run(parser)
    add_workers(parser)
    parser.set_defaults(command=_generate)


def _add_merge(commands: Commands[_Parser]) -> None:
    parser = commands.add_parser(
        "merge",
        help="put the shards of lso generate --shard together",
        description="Write what lso generate without --shard would have written: samples.npz, sheet.png and "
        "result.json, from the shards in one or more folders.",
    )
    parser.add_argument("folders", nargs="+", metavar="DIR", help="where shards are")
    add_out(parser)
    parser.set_defaults(command=_merge)


def _add_walk(commands: Commands[_Parser]) -> None:
    parser = commands.add_parser(
        "walk",
        help="decode the way between points of a latent space",
        description="Decode a closed walk through random latent points, or through the codes of "
        "real digits; write walk.png and walk.gif.",
    )
    parser.add_argument(
        "--decoder", required=True, metavar="FILE", help="a saved generator, or decoder network"
    )
    parser.add_argument(
        "--digits",
        metavar="d,d,...",
        help="walk through these digits' codes (needs an encoder too)",
    )
    add_data(parser)
    parser.add_argument(
        "--points", type=int, default=5, metavar="N", help="random points; default: %(default)s"
    )
    parser.add_argument(
        "--steps",
        type=int,
        metavar="N",
        help="images from point to point; default: 12, at most 200",
    )
    add_out(parser)
    add_seed(parser)
    parser.set_defaults(command=_walk)


def _add_explore(commands: Commands[_Parser]) -> None:
    parser = commands.add_parser(
        "explore",
        help="a page on this machine to play with models",
        description="Serve a page, for this machine alone: ask for digits or airfoils and watch walks find them, drag "
        "the latent by hand, lock pixels, draw, keep what you like. Models that are not given are trained once and "
        "kept in the cache folder.",
    )
    for option, what in (
        ("decoder", "a saved autoencoder, VAE or GAN of square images"),
        ("classifier", "a saved classifier"),
        ("regressor", "a saved regressor of attributes"),
    ):
        parser.add_argument(f"--{option}", metavar="FILE", help=what)
    add_data(parser)
    add_size_of_models(parser, 28)
    parser.add_argument(
        "--airfoils",
        metavar="DIR",
        help="what lso airfoils --out wrote; default: learned once, and kept in the cache folder",
    )
    parser.add_argument(
        "--port", type=int, default=0, metavar="P", help="default: one that is free"
    )
    parser.add_argument(
        "--no-browser", action="store_false", dest="browser", help="only tell the address"
    )
    parser.add_argument("--threads", type=int, metavar="T", help="default: all processors")
    parser.set_defaults(command=_explore)


# The commands import what they need, so that `lso --help` does not wait for it.


def _reproduce(arguments: argparse.Namespace) -> None:
    from lso_native.commands.reproduce import reproduce

    reproduce(arguments)


def _requests(arguments: argparse.Namespace) -> None:
    from lso_native.commands.requests import requests

    requests(arguments)


def _airfoils(arguments: argparse.Namespace) -> None:
    from lso_native.commands.airfoils import airfoils

    airfoils(arguments)


def _shapes(arguments: argparse.Namespace) -> None:
    from lso_native.commands.shapes import run_shapes

    run_shapes(arguments)


def _train(arguments: argparse.Namespace) -> None:
    from lso_native.commands.train import train

    train(arguments)


def _generate(arguments: argparse.Namespace) -> None:
    from lso_native.commands.generate import generate

    generate(arguments)


def _merge(arguments: argparse.Namespace) -> None:
    from lso_native.commands.merge import merge

    merge(arguments)


def _walk(arguments: argparse.Namespace) -> None:
    from lso_native.commands.walk import walk

    walk(arguments)


def _explore(arguments: argparse.Namespace) -> None:
    from lso_native.commands.explore import explore

    explore(arguments)

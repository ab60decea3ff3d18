"""Options that several subcommands have, as they stand on the command line."""

from __future__ import annotations

import argparse


def add_data(parser: argparse.ArgumentParser) -> None:
    """Which digits, and where they are."""
    parser.add_argument(
        "--dataset", choices=("mnist5k", "mnist"), default="mnist5k", help="default: %(default)s"
    )
    parser.add_argument(
        "--data-dir", metavar="DIR", help="the four IDX files of mnist; default: cache or download"
    )


def add_size(parser: argparse.ArgumentParser) -> None:
    """Of images that are trained on."""
    parser.add_argument(
        "--size", type=int, choices=(14, 28), default=14, help="of an image; default: %(default)s"
    )


def add_run(parser: argparse.ArgumentParser) -> None:
    """Seed and threads."""
    add_seed(parser)
    parser.add_argument("--threads", type=int, metavar="T", help="default: all processors")


def add_workers(parser: argparse.ArgumentParser) -> None:
    """Who else works."""
    parser.add_argument(
        "--workers", type=int, metavar="N", help="that many processes here, a thread each"
    )
    parser.add_argument(
        "--dask",
        metavar="ADDRESS",
        help="workers of the Dask scheduler there, which see the folders that are named",
    )


def add_seed(parser: argparse.ArgumentParser) -> None:
    """The seed."""
    parser.add_argument(
        "--random-state", type=int, default=0, metavar="S", help="default: %(default)s"
    )


def add_size_of_models(parser: argparse.ArgumentParser, otherwise: int) -> None:
    """Of images; that of the models, or ``otherwise`` where none is given."""
    what = f"pixels of a side; default: the models', else {otherwise}"
    parser.add_argument("--size", type=int, choices=(14, 28), help=what)


def add_out(parser: argparse.ArgumentParser) -> None:
    """The folder that is written."""
    parser.add_argument("--out", default="lso-output", metavar="DIR", help="default: %(default)s")

"""``python -m benchmarks``."""

from __future__ import annotations

import argparse
import sys

from benchmarks.driver import SETTINGS, Settings, run
from benchmarks.peers import MODULES
from benchmarks.workloads import WORKLOADS


def parse(arguments: list[str] | None = None) -> Settings:
    """The settings of a command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="less of everything, under two minutes"
    )
    parser.add_argument(
        "--workloads",
        type=_names,
        default=Settings.workloads,
        metavar="W1,W2",
        help=", ".join(WORKLOADS),
    )
    parser.add_argument("--peers", type=_names, metavar="numpy,jax", help=", ".join(MODULES))
    parser.add_argument("--threads", choices=tuple(SETTINGS), default=Settings.threads)
    parser.add_argument(
        "--simd",
        help="instruction set of the engine: baseline, avx2, avx512, neon; avx2 holds the peers to it too",
    )
    parser.add_argument("--out", default=Settings.out, metavar="DIR")
    parser.add_argument(
        "--add",
        action="store_true",
        help="keep what DIR has of earlier runs, so that workloads can be measured one by one",
    )
    parser.add_argument("--data-dir", metavar="DIR", help="MNIST's IDX files, for W7 to W10")
    settings = Settings(**vars(parser.parse_args(arguments)))
    for option, given, known in (
        ("--workloads", settings.workloads, WORKLOADS),
        ("--peers", settings.peers or (), MODULES),
    ):
        unknown = [name for name in given if name not in known]
        if unknown:
            parser.error(f"{option}: expected some of {', '.join(known)}, got {', '.join(unknown)}")
    return settings


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in text.split(",") if name)


if __name__ == "__main__":
    sys.exit(run(parse()))

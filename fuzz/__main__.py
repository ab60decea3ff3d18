"""``python -m fuzz``: README.md."""

from __future__ import annotations

import argparse
import importlib.util
import math
import os
import sys
from pathlib import Path

from fuzz.judge import replayed
from fuzz.target import names, target
from fuzz.watch import Run, watch
from fuzz.work import ENGINES


def main(arguments: list[str] | None = None) -> int:
    """Fuzz, or replay: 1 where something was found."""
    parser = argparse.ArgumentParser(
        prog="python -m fuzz",
        description="Look for inputs that break what a target promises: fuzz/README.md.",
    )
    parser.add_argument("target", choices=names())
    parser.add_argument("--seconds", type=float, default=math.inf, help="how long, at most")
    parser.add_argument("--inputs", type=int, default=Run.inputs, help="how many, at most")
    parser.add_argument("--seed", type=int, default=0, help="of the inputs")
    parser.add_argument("--engine", choices=tuple(ENGINES), default=_engine())
    parser.add_argument(
        "--findings", type=Path, default=Run.findings, metavar="DIR", help="where inputs are kept"
    )
    parser.add_argument("--keep-going", action="store_true", help="after a finding too")
    parser.add_argument(
        "--replay", type=Path, nargs="+", metavar="FILE", help="look at these alone"
    )
    given = parser.parse_args(arguments)
    if given.replay:
        for path in given.replay:
            print(f"{path}: {replayed(target(given.target), path.read_bytes()) or 'valid'}")
        return 0
    options = {name: value for name, value in vars(given).items() if name != "replay"}
    return min(watch(Run(**options)), 1)


def _engine() -> str:
    """atheris where it is installed, but under a sanitizer, whose runtime is not the one that atheris is made for."""
    sanitized = "asan" in os.environ.get("LD_PRELOAD", "")
    return "plain" if sanitized or importlib.util.find_spec("atheris") is None else "atheris"


if __name__ == "__main__":
    sys.exit(main())

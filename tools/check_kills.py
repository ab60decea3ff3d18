"""A run of `lso reproduce` that is killed again and again, beside one that is not: the same bytes in every file.

    python tools/check_kills.py --kills 60 [options of lso reproduce]

Each kill (SIGKILL) comes at a random moment; the run then begins again in the same folder, and at last goes to its end.
What may differ are seconds: in results.json, and in steps/*/seconds.json.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

COMMAND = [sys.executable, "-c", "import sys; from lso_native.cli import main; sys.exit(main())"]


def started(options: Sequence[str], out: Path) -> subprocess.Popen[bytes]:
    """``lso reproduce`` in ``out``, in a process of its own."""
    command = [*COMMAND, "reproduce", *options, "--out", str(out)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def without_seconds(value: Any) -> Any:
    """What JSON holds, but for how long things took."""
    if isinstance(value, dict):
        return {k: without_seconds(v) for k, v in value.items() if not k.endswith("seconds")}
    if isinstance(value, list):
        return [without_seconds(each) for each in value]
    return value


def contents(folder: Path) -> dict[str, Any]:
    """What every file holds, by its path."""
    return {
        str(path.relative_to(folder)): without_seconds(json.loads(path.read_bytes()))
        if path.suffix == ".json"
        else path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def killed(options: Sequence[str], out: Path, kills: int, longest: float) -> int:
    """Kill that many runs, and give how many were still going when their time came."""
    moments, struck = random.Random(0), 0
    for number in range(kills):
        run = started(options, out)
        try:
            run.wait(moments.uniform(0.1, longest))
        except subprocess.TimeoutExpired:
            run.kill()
            run.wait()
            struck += 1
        print(f"\r{number + 1} of {kills} runs, {struck} killed", end="", flush=True)
    print()
    return struck


def main() -> None:
    """Both runs, and what differs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--longest", type=float, default=4.0, help="seconds before a kill, at most")
    arguments, options = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as folder:
        whole, torn = Path(folder, "whole"), Path(folder, "torn")
        begin = time.monotonic()
        if started(options, whole).wait() != 0:
            raise SystemExit("the run failed")
        print(f"a whole run: {time.monotonic() - begin:.0f} s")
        struck = killed(options, torn, arguments.kills, arguments.longest)
        if started(options, torn).wait() != 0:
            raise SystemExit("the run that goes on failed")
        one, other = contents(whole), contents(torn)
    differ = sorted(path for path in {*one, *other} if one.get(path) != other.get(path))
    print(f"{len(one)} files, {struck} kills: {len(differ)} differ", *differ, sep="\n  ")
    raise SystemExit(bool(differ))


if __name__ == "__main__":
    main()

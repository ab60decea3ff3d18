"""The commands that are killed and run out of disk, small ones of their kind, and what they leave in a folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ENTRY = "import sys; from lso_native.cli import main; sys.exit(main())"
# The models and judges of the tests, which are hardly trained: a run of many steps, each shorter than a kill comes.
_SMALL = f"""
import sys
from functools import partial
sys.path.insert(0, {str(Path(__file__).parents[1] / "tests/python")!r})
import small_run
from lso_native.commands import reproduce
reproduce.ReproduceSettings = partial(reproduce.ReproduceSettings, **small_run.OPTIONS)
"""


@dataclass(frozen=True)
class Command:
    """A line of ``lso``, which writes in ``{out}``, beside ``{models}``.

    ``other`` is what is added for other results, which stand in the folder before; None where it goes on from what it
    left there.
    """

    name: str
    line: str
    other: str | None
    setup: str = ""  # lines of Python before it

    def start(self, out: Path, *, before: str = "", **how: Any) -> subprocess.Popen[str]:
        """It, in a process of its own, after some lines of Python."""
        line = [each.format(out=out, models=out.parent / "models") for each in self.line.split()]
        command = [sys.executable, "-c", before + self.setup + ENTRY, *line]
        how = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True} | how
        return subprocess.Popen(command, **how)

    def run(self, out: Path) -> float:
        """It, to its end: how much processor time that takes."""
        with self.start(out) as process:
            used = used_at_end(process)
            assert process.stderr is not None
            if process.returncode:
                raise SystemExit(f"{self.name} failed: {process.stderr.read()}")
        return used

    def fresh(self, folder: Path, name: str) -> Path:
        """The folder ``name`` in ``folder`` as it is before the command."""
        out, old = folder / name, folder / f"old {self.name}"
        if out.exists():
            shutil.rmtree(out)
        if self.other is None:
            out.mkdir()
            return out
        if not old.exists():
            Command(self.name, f"{self.line} {self.other}", None).run(old)
        return Path(shutil.copytree(old, out))


TRAIN = Command(
    "train",
    "train vae --hidden 64 --epochs 2 --images 500 --threads 1 --out {out}/vae.safetensors",
    "--random-state 1",
)
GENERATE = Command(
    "generate",
    "generate --decoder {models}/vae.safetensors --classifier {models}/classifier.safetensors --digit 7 -n 20"
    " --attempts 3 --max-iterations 300 --threads 1 --out {out}",
    "--random-state 1",
)
REPRODUCE = Command(
    "reproduce",
    "reproduce --systems lso-1,input-optimization,vae --samples 20 --threads 1 --out {out}",
    None,
    _SMALL,
)
COMMANDS = (REPRODUCE, TRAIN, GENERATE)


def prepare(folder: Path) -> None:
    """The models that ``generate`` is given."""
    models = folder / "models"
    for kind in ("vae", "classifier"):
        line = f"train {kind} --hidden 64 --epochs 20 --threads 1 --out {{out}}/{kind}.safetensors"
        Command(kind, line, None).run(models)


def clock(process: subprocess.Popen[str]) -> float:
    """The processor time of another process, of all its threads, in seconds: Linux alone tells it."""
    return time.clock_gettime((~process.pid << 3) | 2)


def used_at_end(process: subprocess.Popen[str], most: float = float("inf")) -> float:
    """Wait until it is over, or has used ``most`` seconds of processor time."""
    used = 0.0
    while not _is_over(process) and used < most:
        used = clock(process)
        time.sleep(0.002)
    if used < most:
        process.wait()
    return used


def _is_over(process: subprocess.Popen[str]) -> bool:
    flags = os.WEXITED | os.WNOHANG | os.WNOWAIT  # it stays there, so that its clock does
    return process.returncode is not None or os.waitid(os.P_PID, process.pid, flags) is not None


def without_seconds(value: Any) -> Any:
    """What JSON holds, but for how long things took."""
    if isinstance(value, dict):
        return {k: without_seconds(v) for k, v in value.items() if not k.endswith("seconds")}
    if isinstance(value, list):
        return [without_seconds(each) for each in value]
    return value


def contents(folder: Path) -> dict[str, Any]:
    """What every file holds, by its place, but for what a killed process was about to write beside it."""
    return {
        path.relative_to(folder).as_posix(): without_seconds(json.loads(path.read_bytes()))
        if path.suffix == ".json"
        else path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(part.startswith((".tmp-", ".lock-")) for part in path.parts)
    }

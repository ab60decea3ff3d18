"""Starts a process for each setting of threads and puts together what they found."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import child, report
from benchmarks.machine import environment
from benchmarks.peers import MODULES
from benchmarks.rows import Json
from benchmarks.workloads import ONE_THREAD_ONLY, WORKLOADS

SETTINGS = {"1": ("1",), "all": ("all",), "both": ("1", "all")}


@dataclass(frozen=True)
class Settings:
    """Of one run of the command."""

    workloads: tuple[str, ...] = tuple(WORKLOADS)
    peers: tuple[str, ...] | None = None
    threads: str = "both"
    simd: str | None = None
    quick: bool = False
    out: str = "benchmarks-out"
    data_dir: str | None = None
    add: bool = False


def run(settings: Settings) -> int:
    """Measure and report. 0, or 1 where numbers differ, or 130 after Ctrl-C with what was measured."""
    out = Path(settings.out)
    out.mkdir(parents=True, exist_ok=True)
    names, missing = _peers(settings)
    code, children = 0, _before(out) if settings.add else {}
    for threads in SETTINGS[settings.threads]:
        workloads = [w for w in settings.workloads if threads == "1" or w not in ONE_THREAD_ONLY]
        if settings.threads == "all":
            workloads = list(settings.workloads)
        path = out / f"threads-{threads}.json"
        path.unlink(missing_ok=True)
        request = {
            "workloads": workloads,
            "peers": names,
            "missing": missing,
            "threads": 1 if threads == "1" else None,
            "quick": settings.quick,
            "data_dir": settings.data_dir,
            "out": str(path),
        }
        ended = _spawn(request, environment(threads, settings.simd)) if workloads else 0
        if path.is_file():
            found = json.loads(path.read_text())
            children[threads] = merged(children[threads], found) if threads in children else found
        code = code or ended
        if ended == 130:
            break
    if children:
        result = {"settings": _plain(settings), "children": children}
        child.write_json(out / "results.json", result)
        report.write(out, result)
    return code


def merged(before: Json, now: Json) -> Json:
    """A setting's rows of an earlier run and those of this one, which count where both have a row.

    Raises ValueError where the two were not measured on the same machine with the same versions.
    """
    machine = _both(before["machine"], now["machine"])
    machine["versions"] = _both(before["machine"]["versions"], now["machine"]["versions"])
    failures = {name: why for name, why in before["failures"].items() if name not in now["seconds"]}
    return {
        "machine": machine,
        "missing": now["missing"],
        "peaks": before["peaks"] + now["peaks"],
        "failures": failures | now["failures"],
        **{part: before[part] | now[part] for part in ("rows", "seconds")},
    }


def _both(before: Json, now: Json) -> Json:
    for name in sorted({*before} & {*now} - {"versions"}):
        if before[name] != now[name]:
            raise ValueError(
                f"--add: expected rows of {name} {now[name]}, got some of {before[name]}"
            )
    return before | now


def _before(out: Path) -> Json:
    """What earlier runs left in ``out``, by settings of threads."""
    path = out / "results.json"
    children: Json = json.loads(path.read_text())["children"] if path.is_file() else {}
    return children


def _peers(settings: Settings) -> tuple[list[str], dict[str, str]]:
    """Those to load, and those that a quick run leaves out."""
    if settings.peers is not None:
        return list(settings.peers), {}
    missing = {}
    if settings.quick:
        missing["torch-compile"] = "compiling takes longer than a quick run (name it in --peers)"
    return [name for name in MODULES if name not in missing], missing


def _spawn(request: dict[str, Any], environment: dict[str, str]) -> int:
    command = [sys.executable, "-m", "benchmarks.child", json.dumps(request)]
    process = subprocess.Popen(command, env=environment)
    try:
        return process.wait()
    except KeyboardInterrupt:  # the child had it too, and ends by itself
        process.wait()
        return 130


def _plain(settings: Settings) -> dict[str, Any]:
    plain = asdict(settings)
    plain["data_dir"] = None if settings.data_dir is None else "given"
    del plain["out"], plain["add"]
    return plain

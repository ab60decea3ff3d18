"""A run's folder of a stranger: a page in which nothing runs, and products of steps, or one error that names a file.

An input is JSON: by the place in the folder what is there, ``{"json": value}``, ``{"hex": bytes}`` or
``{"link": place}``. What stands in ``steps/facts`` and ``steps/samples`` is moved to where the store has these steps,
and signed.
"""

from __future__ import annotations

import io
import json
import os
import random
import re
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from lso_native.errors import ArgumentError
from lso_native.files.foreign import check_folders
from lso_native.report import page, read_results, text_report
from lso_native.report.folder import RunFolder
from lso_native.study.arrays import ArraysStep
from lso_native.study.sealed import digest
from lso_native.study.step import Facts, FactsStep, Work
from lso_native.study.store import Store
from lso_native.study.view import _read_manifest

from fuzz.judge import told
from fuzz.mutate import changed, mutated
from fuzz.target import Target

_SECRET = b"GIF89a of somebody else"
_LINKS = ("../outside.gif", "../elsewhere", "samples", "..", "results.json", "loop", "/dev/zero")
_NAMES = (
    "../../outside",
    "/etc/passwd",
    "<script>",
    "a\x1b[2J",
    "$\\frac{$",
    "lso-2",
    "lso-vae",
    "x" * 99,
)
_PAGES, _CHARTS = 32, 1024  # of so many inputs one has its pictures drawn, one its charts


@dataclass(frozen=True)
class _Told(FactsStep):
    name: str = "facts"

    def make(self, work: Work) -> Facts:  # noqa: ARG002
        return {}


@dataclass(frozen=True)
class _Made(ArraysStep):
    name: str = "samples"

    def make(self, work: Work) -> dict[str, Any]:  # noqa: ARG002
        return {}


_STEPS: tuple[_Told | _Made, ...] = (_Told(), _Made())


def check(data: bytes) -> str:
    """Read what is in the folder, say and draw it."""
    shared = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=shared) as place:
        around = Path(place)
        (around / "elsewhere").mkdir()
        (around / "outside.gif").write_bytes(_SECRET)
        folder = around / "run"
        folder.mkdir()
        _write(folder, _contents(data))
        outcome = _store(folder) if (folder / "steps").exists() else ""
        outcome += _page(folder, zlib.crc32(data))
        assert (around / "outside.gif").read_bytes() == _SECRET
        assert {path.name for path in around.iterdir()} == {"elsewhere", "outside.gif", "run"}
        assert not list((around / "elsewhere").iterdir())
        return outcome


def _page(folder: Path, number: int) -> str:
    try:
        run = RunFolder(folder, read_results(folder))
        run.digest()
        content = page._said(run) | {name: [] for name in _DRAWN}
        assert len(run.samples) + len(run.walks) + len(run.real or ()) < 1000
        if not number % _PAGES:
            content |= page._shown(run)
        if not number % _CHARTS:
            content |= page._charted(run)
        text_report(run.results, 80)
        drawn = page._template(page._source()).render(content)
    except ArgumentError as error:
        return told(error, (ArgumentError,))
    except OSError as error:
        return f"expected a file that can be read, got {type(error).__name__}"
    drawn.encode()
    assert not re.search(r"<script|<iframe|<[^>]*\son\w+\s*=[^>]*>", drawn), "something may run"
    return ""


_DRAWN = (
    "sheets",
    "animations",
    "success",
    "walks",
    "irregularity",
    "changes",
    "starts",
    "latents",
    "training",
)


def _store(folder: Path) -> str:
    try:
        check_folders(folder)
        store = Store(folder / "steps")
        _read_manifest(store.path / "view.json")
        store.running()
        for step in _STEPS:
            if store.has(step):
                store.load(step)
                store.seconds(step)
            store.forget(step)
    except ArgumentError as error:
        return told(error, (ArgumentError,))
    except OSError as error:
        return f"expected a store, got {type(error).__name__}"
    return ""


def _contents(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return {"results.json": {"hex": data.hex()}}
    return found if isinstance(found, dict) else {}


def _write(folder: Path, contents: dict[str, Any]) -> None:
    for name, each in contents.items():
        parts = name.split("/")
        if (
            not isinstance(each, dict)
            or {"", ".", ".."} & set(parts)
            or not re.fullmatch(r"[ -~]{1,80}", name)
        ):
            continue
        if parts[0] == "steps" and len(parts) > 2:
            parts[1:2] = [f"{step.name}-{step.key}" for step in _STEPS if step.name == parts[1]]
        place = folder.joinpath(*parts)
        try:
            if place.parent.resolve().is_relative_to(folder.resolve()):
                place.parent.mkdir(parents=True, exist_ok=True)
                _put(place, each)
        except (OSError, ValueError, RuntimeError, TypeError):
            continue  # a file where a folder should be, a name twice
    for step in _STEPS:
        place = folder / "steps" / f"{step.name}-{step.key}"
        if place.is_dir() and not place.is_symlink() and not os.path.lexists(place / "step.json"):
            files = {path.name: digest(path) for path in place.iterdir() if path.is_file()}
            (place / "step.json").write_text(json.dumps({"files": files}))
            (place / "seconds.json").write_text('{"seconds": 1}')


def _put(place: Path, each: dict[str, Any]) -> None:
    if "json" in each:
        place.write_text(json.dumps(each["json"]), encoding="utf-8", errors="surrogatepass")
    elif "hex" in each:
        place.write_bytes(bytes.fromhex(each["hex"]))
    elif "link" in each:
        place.symlink_to(each["link"])


def mutate(data: bytes, draw: random.Random) -> bytes:
    """Mostly a value of results.json is another; else a name, an array, a file or a link."""
    try:
        contents = json.loads(data)
        kinds: list[Callable[[dict[str, Any], random.Random], None]]
        kinds = [_value] * 12 + [_name] * 2 + [_arrays] * 3 + [_bytes, _link]
        for _ in range(1 + int(draw.expovariate(1.0))):
            draw.choice(kinds)(contents, draw)
        return json.dumps(contents).encode()
    except Exception:  # noqa: BLE001 - it is no folder of ours any more
        return mutated(data, draw)


def _value(contents: dict[str, Any], draw: random.Random) -> None:
    told = [each for each in contents.values() if "json" in each]
    chosen = draw.choice(told)
    chosen["json"] = changed(chosen["json"], draw)


def _name(contents: dict[str, Any], draw: random.Random) -> None:
    """A system, or a model, by another name."""
    results = contents["results.json"]["json"]
    part = results[draw.choice(("systems", "latent_spaces", "histories", "models"))]
    part[draw.choice(_NAMES)] = part.pop(draw.choice(list(part)))


def _arrays(contents: dict[str, Any], draw: random.Random) -> None:
    place = draw.choice([name for name in contents if name.endswith(".npz")])
    with np.load(io.BytesIO(bytes.fromhex(contents[place]["hex"])), allow_pickle=False) as file:
        arrays = dict(file)
    name, kind = draw.choice(list(arrays)), draw.randrange(5)
    array = arrays[name]
    if kind == 0:
        del arrays[name]
    elif kind == 1:
        arrays[name] = array[: draw.randrange(len(array) + 1)]
    elif kind == 2:
        arrays[name] = array.astype(draw.choice(("f2", "f8", "i1", "u8", "?", "U3", "c8")))
    elif kind == 3:
        arrays[name] = array.reshape(draw.choice(((-1,), (1, -1), (*array.shape, 1), (-1, 4))))
    else:
        arrays[name] = array * np.asarray(draw.choice((-1, 0, 2**40, np.nan, 1e30)))
    buffer = io.BytesIO()
    draw.choice((np.savez, np.savez_compressed))(buffer, **arrays)
    contents[place] = {"hex": buffer.getvalue().hex()}


def _bytes(contents: dict[str, Any], draw: random.Random) -> None:
    place = draw.choice([name for name, each in contents.items() if "hex" in each])
    contents[place] = {"hex": mutated(bytes.fromhex(contents[place]["hex"]), draw).hex()}


def _link(contents: dict[str, Any], draw: random.Random) -> None:
    new = (
        "samples",
        "steps",
        "steps/.lock-x",
        "steps/.tmp-x",
        "figures/walk-lso-1.gif",
        "steps/view.json",
    )
    contents[draw.choice((*contents, *new))] = {"link": draw.choice(_LINKS)}


TARGET = Target(check, mutate, memory=(2**28, 64))

"""Parts of one run of ``lso generate``, each a file: what they are of, and what is in them."""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import lso_native
from lso_native._checks import shown
from lso_native._typing import Array, IntArray
from lso_native.commands.models import GenerateModels
from lso_native.commands.written import About
from lso_native.errors import ArgumentError
from lso_native.files import check_writable_dir
from lso_native.files.form import Flag, Label, Named, Number, Record, Rows, Scalar
from lso_native.files.plain_json import parse_json
from lso_native.generate import GenerateResult, RequirementResult
from lso_native.requirements.base import All, Asks, Part
from lso_native.study.results import read_samples, write_samples
from lso_native.terms import Ball

_LARGEST = np.finfo(np.float32).max
_LONGEST = 2**20  # characters of what a shard tells
_COUNT, _SOME = Number(0, 2**53, whole=True), Number(1, 10**9, whole=True)
_TOLD = Record(
    {
        "shard": Record({"number": _SOME, "count": _SOME}),
        "run": Record({"lso_native": Label(100)}),
        "about": Record(
            {
                "asked": Label(),
                "captions": Rows(Rows(Scalar(), 2, 2)),
                "random_state": Number(0, 2**64, whole=True),
                "dataset": Label(),
                "side": Number(1, 1_000, whole=True),
                "models": Named(Label()),
            }
        ),
        "names": Rows(Label(), 1, 1_000),
        "hard": Rows(Flag(), 1, 1_000),
        "conflict": Rows(Label()),
        "least": Number(),
        "costs": Record(
            {
                **dict.fromkeys(("decoded", "box_calls", "box_failures"), _COUNT),
                "conflict_cost": Rows(_COUNT, 2, 2),
            }
        ),
    }
)
PATTERN = "shard-*.npz"
_ROWS = ("samples", "success", "latents", "starts", "iterations", "attempts", "calls")
_COSTS = ("decoded", "box_calls", "box_failures", "conflict_cost")
_ELSEWHERE = {"out", "shard", "threads", "workers", "dask", "data_dir", "command", "kept"}
"""Options that do not change the samples."""
_FILES = ("decoder", "classifier", "regressor", "near", "image", "keep")
"""Options that may name a file, of which the content counts."""


@dataclass(frozen=True)
class Shard:
    """Which part of how many."""

    number: int
    count: int

    def rows(self, n: int) -> slice:
        """Of n samples."""
        return slice((self.number - 1) * n // self.count, self.number * n // self.count)

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


@dataclass(frozen=True, eq=False)
class Stored:
    """A shard as it was read."""

    path: Path
    shard: Shard
    run: dict[str, Any]
    """What makes the run that it is a part of."""
    about: About
    labels: IntArray
    result: GenerateResult


def shard_of(arguments: argparse.Namespace) -> Shard | None:
    """That of ``--shard``, which goes with one attempt."""
    if arguments.shard is None:
        return None
    found = re.fullmatch(r"(\d{1,9})/(\d{1,9})", arguments.shard)
    shard = Shard(int(found[1]), int(found[2])) if found else None
    if shard is None or not 1 <= shard.number <= shard.count:
        raise ArgumentError("shard", "i/k with i of 1 to k, such as 2/10", shown(arguments.shard))
    if shard.count > arguments.n:
        expected = f"at most as many as there are samples, {arguments.n}"
        raise ArgumentError("shard", expected, shown(arguments.shard))
    if arguments.attempts != 1:
        expected = "1 beside --shard, since later ones depend on all samples"
        raise ArgumentError("attempts", expected, arguments.attempts)
    return shard


def write_shard(
    shard: Shard,
    arguments: argparse.Namespace,
    models: GenerateModels,
    about: About,
    labels: IntArray,
    result: GenerateResult,
) -> Path:
    """One file, whole."""
    told = {
        "shard": dataclasses.asdict(shard),
        "run": _run(arguments, models),
        "about": dataclasses.asdict(about),
        "names": [each.name for each in result.requirements],
        "hard": [each.part.hard for each in result.requirements],
        "conflict": result.conflict,
        "least": result.least,
        "costs": {name: getattr(result, name) for name in _COSTS},
    }
    arrays: dict[str, Array] = {name: getattr(result, name) for name in _ROWS} | {"labels": labels}
    for place, each in enumerate(result.requirements):
        named = {"values": each.values, "miss": each.miss, "met": each.met}
        arrays |= {f"{name} {place}": array for name, array in named.items()}
    path = check_writable_dir(arguments.out) / f"shard-{shard.number}-of-{shard.count}.npz"
    write_samples(path, {"told": np.array(json.dumps(told), dtype=np.str_)} | arrays)
    return path


def read_shard(path: Path) -> Stored:
    """Raise ValueError where it is none, cut, damaged, of another form or of another version."""
    arrays = read_samples(path)
    try:
        if arrays is None:
            raise ValueError
        told = parse_json(path, str(arrays["told"])[:_LONGEST])
        _TOLD("told", told)
        run, costs = told["run"], told["costs"]
        if run["lso_native"] != lso_native.__version__:
            expected = f"shards of lso {lso_native.__version__}, as this one is"
            raise ArgumentError("merge", expected, f"one of {run['lso_native']}: {path}")
        parts = [
            # of a requirement only its name, and whether it must be met, are told
            Part(Asks(Ball(1.0), label=name), hard=hard)
            for name, hard in zip(told["names"], told["hard"], strict=True)
        ]
        requirements = tuple(
            RequirementResult(
                part, *(arrays[f"{name} {place}"] for name in ("values", "miss", "met"))
            )
            for place, part in enumerate(parts)
        )
        rows: dict[str, Any] = {name: arrays[name] for name in _ROWS}
        costs["conflict_cost"] = tuple(costs["conflict_cost"])
        result = GenerateResult(
            requirement=All(*parts),
            requirements=requirements,
            conflict=tuple(told["conflict"]),
            least=told["least"],
            **rows,
            **costs,
        )
        _check_arrays(arrays, len(parts), told["about"]["side"])
        about = told["about"] | {"captions": tuple(map(tuple, told["about"]["captions"]))}
        shard = Shard(**told["shard"])
        if shard.number > shard.count:
            raise ValueError
        return Stored(path, shard, run, About(**about), arrays["labels"], result)
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, ArgumentError) and error.argument == "merge":
            raise
        expected = "whole files of lso generate --shard"
        raise ArgumentError("merge", expected, f"a damaged one, to be made again: {path}") from None


def _check_arrays(arrays: dict[str, Array], parts: int, side: int) -> None:
    """Raise KeyError or ValueError unless they are of n samples of ``side``² finite values, each of ``parts``
    requirements, and what is counted is whole and not negative."""
    n = len(arrays["labels"])
    each = [f"{name} {place}" for name in ("miss", "met") for place in range(parts)]
    of_one = ("labels", "success", "iterations", "attempts", "calls", *each)
    rows = ("samples", "latents", "starts", *(f"values {place}" for place in range(parts)))
    right = n > 0 and all(arrays[name].shape == (n,) for name in of_one)
    right &= all(arrays[name].ndim == 2 and arrays[name].shape[1] for name in rows)
    right &= all(len(arrays[name]) == n for name in rows)
    right &= all(arrays[name].dtype.kind in "fiu" for name in rows)
    right &= all(arrays[name].dtype.kind == "b" for name in of_one if name[:3] in ("suc", "met"))
    right &= all(arrays[name].dtype.kind in "fiub" for name in of_one)
    counts = [arrays[name] for name in ("labels", "iterations", "attempts", "calls")]
    right = right and all(each.dtype.kind in "iu" and each.min() >= 0 for each in counts)
    points = [arrays[name] for name in rows[:3]]
    right = right and all((np.abs(each) <= _LARGEST).all() for each in points)
    if not right or arrays["samples"].shape[1] != side**2:
        raise ValueError


def _run(arguments: argparse.Namespace, models: GenerateModels) -> dict[str, Any]:
    """What makes the samples: options, the content of files, versions, and the instruction set."""
    options = {name: value for name, value in vars(arguments).items() if name not in _ELSEWHERE}
    for name in _FILES:
        path = Path(options[name] or "")
        if path.is_file():
            options[name] = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    network = getattr(models.decoder, "decoder_", models.decoder)
    weights = b"".join(np.array(part.parameters).tobytes() for part in network.parts)
    return {
        "lso_native": lso_native.__version__,
        "numpy": np.__version__,
        "instruction set": lso_native.simd,
        **options,
        "weights of the decoder": hashlib.sha256(weights).hexdigest()[:16],
    }

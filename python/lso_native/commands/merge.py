"""``lso merge``."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from lso_native.commands.shards import PATTERN, Shard, Stored, read_shard
from lso_native.commands.written import tell, write
from lso_native.errors import ArgumentError
from lso_native.files import check_writable_dir
from lso_native.generate import GenerateResult, RequirementResult
from lso_native.generate.distinct import repeats

_SHOWN = 5  # missing shards that are named


def merge(arguments: argparse.Namespace) -> None:
    """Write what a run without shards would have written."""
    check_writable_dir(arguments.out, create=False)
    paths = [path for folder in arguments.folders for path in _paths(Path(folder))]
    shards = [read_shard(path) for path in paths]
    _check_one_run(shards)
    shards = _in_order(shards)
    result = _joined([each.result for each in shards])
    labels = np.concatenate([each.labels for each in shards])
    tell(write(arguments.out, shards[0].about, labels, result), result)


def _paths(folder: Path) -> list[Path]:
    found = sorted(folder.glob(PATTERN))
    if not found:
        got = f"none in {folder}" if folder.is_dir() else f"no such folder: {folder}"
        raise ArgumentError("merge", "folders with shards of lso generate --shard", got)
    return found


def _check_one_run(shards: Sequence[Stored]) -> None:
    first = shards[0]
    for other in shards[1:]:
        for name in first.run | other.run:
            one, another = first.run.get(name), other.run.get(name)
            if one != another:
                got = f"{name} {one} in {first.path}, and {another} in {other.path}"
                raise ArgumentError("merge", "shards of one run", got)
        if _form(other.result) != _form(first.result):
            got = f"samples of two kinds in {first.path} and {other.path}"
            raise ArgumentError("merge", "shards of one run", got)
        if other.shard.count != first.shard.count:
            got = f"{first.shard} in {first.path}, and {other.shard} in {other.path}"
            raise ArgumentError("merge", "shards of one run", got)


def _form(result: GenerateResult) -> list[object]:
    """What shards of one run have in common."""
    each = [(one.name, one.part.hard, one.values.shape[1]) for one in result.requirements]
    return [*each, result.samples.shape[1], result.latents.shape[1], result.starts.shape[1]]


def _in_order(shards: Sequence[Stored]) -> list[Stored]:
    """All of them, each once."""
    by_number: dict[int, Stored] = {}
    for each in shards:
        if each.shard.number in by_number:
            got = f"{each.shard} in {by_number[each.shard.number].path} and in {each.path}"
            raise ArgumentError("merge", "each shard once", got)
        by_number[each.shard.number] = each
    count = shards[0].shard.count
    if missing := count - len(by_number):
        lacking = (number for number in range(1, count + 1) if number not in by_number)
        named = ", ".join(str(Shard(number, count)) for number in islice(lacking, _SHOWN))
        more = f" and {missing - _SHOWN} more" if missing > _SHOWN else ""
        raise ArgumentError("merge", f"all {count} shards", f"none of {named}{more}")
    return [by_number[number] for number in sorted(by_number)]


def _joined(results: Sequence[GenerateResult]) -> GenerateResult:
    """As of the whole run: what is too much like an earlier sample does not count as found."""

    def rows(name: str) -> Any:
        return np.concatenate([getattr(each, name) for each in results])

    first, success = results[0], rows("success")
    samples = rows("samples")
    found = np.flatnonzero(success)
    success[found[repeats(samples[found], first.least)]] = False
    requirements = []
    for place, one in enumerate(first.requirements):
        parts = zip(*(each.requirements[place][1:] for each in results), strict=True)
        requirements.append(RequirementResult(one.part, *map(np.concatenate, parts)))
    # What cannot be met together was looked for by each shard that found none; the whole run does so once, or not.
    costs = np.array([each.conflict_cost for each in results])
    once = 0 if found.size else costs[0]
    decoded, box_calls = (
        np.array([(each.decoded, each.box_calls) for each in results]) - costs
    ).sum(axis=0) + once
    return dataclasses.replace(
        first,
        samples=samples,
        success=success,
        requirements=tuple(requirements),
        **{name: rows(name) for name in ("latents", "starts", "iterations", "attempts", "calls")},
        decoded=int(decoded),
        box_calls=int(box_calls),
        box_failures=sum(each.box_failures for each in results),
        conflict=() if found.size else first.conflict,
    )

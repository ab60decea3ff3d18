"""``lso generate``."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any, get_args

import numpy as np

import lso_native
from lso_native._checks import check_int, check_threads, resolve_seed, shown
from lso_native._typing import Array, IntArray
from lso_native.commands.asks import Ask, OfClass
from lso_native.commands.display import Display, say
from lso_native.commands.models import GenerateModels
from lso_native.commands.options import numbers
from lso_native.commands.question import read_question
from lso_native.display import text_table
from lso_native.display.samples import Samples
from lso_native.errors import ArgumentError
from lso_native.figures import write_png
from lso_native.files import atomic_write_bytes, check_writable_dir
from lso_native.generate import GenerateProgress, GenerateResult, RequirementResult
from lso_native.optimizers import InputOptimizer, NormalizedGradientDescent
from lso_native.requirements.base import All, Combination
from lso_native.study.results import write_samples

_SHOWN, _COLUMNS = 20, 5
_FILES = "samples.npz, sheet.png, result.json"


def generate(arguments: argparse.Namespace) -> None:
    """Generate what is asked for; write samples, a sheet and counts, and say what is in the way of the missing ones."""
    check_writable_dir(arguments.out, create=False)  # before the work, which may be long
    for option in ("n", "attempts", "best_of"):
        check_int(option, getattr(arguments, option))
    check_int("max_iterations", arguments.max_iterations, minimum=0)
    check_threads(arguments.threads)
    resolve_seed(arguments.random_state)
    optimizer, bounds = _optimizer(arguments), _bounds(arguments.bounds)
    asks = read_question(arguments)
    with Display() as display:
        models = GenerateModels(arguments, display)
        models.check_there({ask.needs for ask in asks if ask.needs})
        for ask in asks:
            ask.check(models)
        decoder, asked = models.decoder, _combined(asks, models)
        display.start(f"{arguments.n:,} samples", arguments.n)
        display.update(0)  # the first attempt may be long

        def tell(state: GenerateProgress) -> None:
            display.update(state.found, f"attempt {state.attempt}")

        try:
            result = lso_native.generate(
                decoder,
                asked,
                arguments.n,
                attempts=arguments.attempts,
                best_of=arguments.best_of,
                prior=models.prior([name for ask in asks for name in ask.classes]),
                bounds=bounds,
                optimizer=optimizer,
                max_iterations=arguments.max_iterations,
                random_state=arguments.random_state,
                threads=arguments.threads,
                callback=tell,
            )
        except (Exception, KeyboardInterrupt) as stop:
            partial = getattr(stop, "result", None)
            if isinstance(partial, GenerateResult) and partial.success.any():
                folder = _write(arguments, asks, models, partial)
                arguments.kept = f"; {_count(partial)} are in {folder}: {_FILES}"
            raise
        display.finish(_count(result))
    folder = _write(arguments, asks, models, result)
    say(_table(result))
    say(f"\n{_summary(result)}\nwrote {folder}: {_FILES}")
    if not result.success.all():
        say(f"lso: {_in_the_way(result)}", aside=True)


def _combined(asks: list[Ask], models: GenerateModels) -> Combination:
    """All of it, the preferences last."""
    parts = [
        dataclasses.replace(part, hard=ask.hard)
        for ask in asks
        for part in ask.requirement(models).parts
    ]
    return All(*parts)


def _optimizer(arguments: argparse.Namespace) -> InputOptimizer | None:
    change, name = arguments.desired_change, arguments.optimizer
    if change is not None:
        if name != NormalizedGradientDescent.option():
            expected = f"--optimizer {NormalizedGradientDescent.option()} beside it"
            raise ArgumentError("desired_change", expected, name or "none")
        return NormalizedGradientDescent(change)
    kinds = {kind.option(): kind for kind in get_args(InputOptimizer)}
    return None if name is None else kinds[name]()


def _bounds(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    values = numbers("bounds", text, float)
    if len(values) != 2:
        raise ArgumentError("bounds", "low,high", shown(text))
    if not values[0] <= values[1]:
        raise ArgumentError("bounds", "low at most high", shown(text))
    return values[0], values[1]


def _write(
    arguments: argparse.Namespace, asks: list[Ask], models: GenerateModels, result: GenerateResult
) -> Path:
    """The three files, each whole."""
    folder = check_writable_dir(arguments.out)
    each = result.requirements
    arrays: dict[str, Array] = {
        "images": result.samples.astype(np.float32),
        "labels": _labels(asks, models, result),
        "success": result.success,
        "latents": result.latents,
        "starts": result.starts,
        "iterations": result.iterations,
        "attempts": result.attempts,
        "requirements": np.array([one.name for one in each], dtype=np.str_),
        "met": result.met,
        "readings": np.stack([one.values[:, 0] for one in each], axis=1),
        "misses": np.stack([one.miss for one in each], axis=1),
    }
    write_samples(folder / "samples.npz", arrays)
    write_png(folder / "sheet.png", _sheet(asks, models.side, result))
    text = json.dumps(_facts(arguments, models, result), indent=2, allow_nan=False) + "\n"
    atomic_write_bytes(folder / "result.json", text.encode())
    return folder


def _labels(asks: list[Ask], models: GenerateModels, result: GenerateResult) -> IntArray:
    """(n,) the class asked for, of several the one that each is most; -1 where none was, or none that is a number."""
    labels = np.full(len(result.success), -1, np.int64)
    for ask in asks:
        if isinstance(ask, OfClass) and all(name.lstrip("-").isdigit() for name in ask.wanted):
            outputs = models.network(result.samples)[:, ask.places(models)]
            labels = np.array([int(name) for name in ask.classes])[outputs.argmax(axis=1)]
    return labels


def _sheet(asks: list[Ask], side: int, result: GenerateResult) -> Any:
    """Twenty, what was found first, with readings below."""
    rows = np.argsort(~result.success, kind="stable")[:_SHOWN]
    captions = []
    for row in rows:
        lines = [
            f"{ask.caption} {one.values[row, 0]:.3g}"
            for ask, one in zip(
                asks, result.requirements, strict=False
            )  # that the latent is likely comes last
            if ask.caption and not (ask.hard and np.isnan(one.miss[row]))  # of it nobody was asked
        ]
        captions.append("\n".join(lines))
    drawn = Samples(result.samples[rows], missed=~result.success[rows])
    sheet = drawn.sheet(
        (side, side), columns=_COLUMNS, most=_SHOWN, captions=captions, scale=max(1, 84 // side)
    )
    framed = "" if result.success[rows].all() else "; framed: not as asked"
    note = f"{result.requirement!r}: {_count(result)}{framed}"
    return dataclasses.replace(sheet, note=note).image()


def _facts(
    arguments: argparse.Namespace, models: GenerateModels, result: GenerateResult
) -> dict[str, Any]:
    """What result.json holds."""
    n = len(result.success)
    return {
        "lso_native": lso_native.__version__,
        "asked": repr(result.requirement),
        "n": n,
        "found": int(result.success.sum()),
        "requirements": [
            {
                "name": one.name,
                "hard": one.part.hard,
                "met": int(one.met.sum()) if one.part.hard else None,
                "median_reading": _finite(np.median(one.values[:, 0])),
                "median_miss": _finite(np.median(one.miss)),
            }
            for one in result.requirements
        ],
        "attempts": int(result.attempts.sum()),
        "decoded": result.decoded,
        "box_calls": result.box_calls,
        "without_a_step": result.unmoved,
        "spread": _finite(result.spread),
        "conflict": list(result.conflict),
        "interrupted": result.interrupted,
        "random_state": arguments.random_state,
        "dataset": arguments.dataset,
        "size": models.side,
        "models": models.files,
    }


def _finite(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None


def _count(result: GenerateResult) -> str:
    return f"{int(result.success.sum()):,} of {len(result.success):,} found"


def _table(result: GenerateResult) -> str:
    """By requirement: how many met it, and what it typically reads and misses by."""
    head = ("requirement", "met by", "median reading", "median miss")
    rows = [
        (
            one.name,
            f"{int(one.met.sum()):,}" if one.part.hard else "preferred",
            f"{np.median(one.values[:, 0]):.3g}",
            _missed(one),
        )
        for one in result.requirements
    ]
    return text_table(head, rows)


def _missed(one: RequirementResult) -> str:
    """Of those that miss."""
    missed = one.miss[~one.met & np.isfinite(one.miss)]
    return f"{np.median(missed):.3g}" if missed.size and one.part.hard else "-"


def _summary(result: GenerateResult) -> str:
    text = f"{_count(result)}, {int(result.attempts.sum()):,} attempts, {result.decoded:,} images decoded"
    return text if not result.box_calls else f"{text}, {result.box_calls:,} measured"


def _in_the_way(result: GenerateResult) -> str:
    """What keeps the others from being found."""
    if result.conflict:
        what = "not together" if len(result.conflict) > 1 else "cannot be met, as far as was tried"
        return f"{what}: {', '.join(result.conflict)}"
    missing = ~result.success
    hard = [one for one in result.requirements if one.part.hard]
    # of a sample that is far from being as asked no formula was asked: its miss is NaN
    known = {one.name: int((missing & (one.miss > 0)).sum()) for one in hard}
    unmet = known if any(known.values()) else {one.name: int((~one.met).sum()) for one in hard}
    name = max(unmet, key=lambda each: unmet[each])
    if unmet[name]:
        failed = int(missing.sum())
        return f"in the way: {name}, not met by {unmet[name]:,} of {failed:,} that failed"
    return (
        "in the way: samples that are as asked are too much alike; more --attempts may find others"
    )

"""What ``lso generate`` and ``lso merge`` write and print of samples."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import lso_native
from lso_native._typing import Array, IntArray
from lso_native.display import say, text_table
from lso_native.display.samples import Samples
from lso_native.figures import write_png
from lso_native.files import atomic_write_bytes, check_writable_dir
from lso_native.generate import GenerateResult, RequirementResult
from lso_native.study.results import write_samples

_SHOWN, _COLUMNS = 20, 5
FILES = "samples.npz, sheet.png, result.json"


@dataclass(frozen=True)
class About:
    """What is told of samples beside what became of them."""

    asked: str
    captions: tuple[tuple[str, bool], ...]
    """Of the first requirements, what their readings are called, and whether they must be met."""
    random_state: int
    dataset: str
    side: int
    """Of an image, in pixels."""
    models: dict[str, str]
    """Files by kind."""


def write(out: str, about: About, labels: IntArray, result: GenerateResult) -> Path:
    """The three files, each whole."""
    folder = check_writable_dir(out)
    each = result.requirements
    arrays: dict[str, Array] = {
        "images": result.samples.astype(np.float32),
        "labels": labels,
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
    write_png(folder / "sheet.png", _sheet(about, result))
    text = json.dumps(_facts(about, result), indent=2, allow_nan=False) + "\n"
    atomic_write_bytes(folder / "result.json", text.encode())
    return folder


def _sheet(about: About, result: GenerateResult) -> Any:
    """Twenty, what was found first, with readings below."""
    rows = np.argsort(~result.success, kind="stable")[:_SHOWN]
    captions = []
    for row in rows:
        lines = [
            f"{caption} {one.values[row, 0]:.3g}"
            for (caption, hard), one in zip(
                about.captions, result.requirements, strict=False
            )  # that the latent is likely comes last
            if caption and not (hard and np.isnan(one.miss[row]))  # of it nobody was asked
        ]
        captions.append("\n".join(lines))
    drawn = Samples(result.samples[rows], missed=~result.success[rows])
    sheet = drawn.sheet(
        (about.side, about.side),
        columns=_COLUMNS,
        most=_SHOWN,
        captions=captions,
        scale=max(1, 84 // about.side),
    )
    framed = "" if result.success[rows].all() else "; framed: not as asked"
    note = f"{about.asked}: {count(result)}{framed}"
    return dataclasses.replace(sheet, note=note).image()


def _facts(about: About, result: GenerateResult) -> dict[str, Any]:
    """What result.json holds."""
    n = len(result.success)
    return {
        "lso_native": lso_native.__version__,
        "asked": about.asked,
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
        "random_state": about.random_state,
        "dataset": about.dataset,
        "size": about.side,
        "models": about.models,
    }


def _finite(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None


def count(result: GenerateResult) -> str:
    """How many were found."""
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
    text = f"{count(result)}, {int(result.attempts.sum()):,} attempts, {result.decoded:,} images decoded"
    return text if not result.box_calls else f"{text}, {result.box_calls:,} measured"


def tell(folder: Path, result: GenerateResult) -> None:
    """Print it."""
    say(_table(result))
    say(f"\n{_summary(result)}\nwrote {folder}: {FILES}")
    if not result.success.all():
        say(f"lso: {_in_the_way(result)}", aside=True)


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

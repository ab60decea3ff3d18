"""The tables of the study of requests, in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

NONE = "–"
Trials = Sequence[Mapping[str, Any]]


def requests_report(results: Mapping[str, Any]) -> str:
    """All tables; of several trials each cell is their mean."""
    trials = results["trials"]
    parts = [
        "## Rare requests",
        _table(("requests", *_OURS, *_RIVALS), _rows(trials, "joint")),
        "## The formulas as a black box",
        f"Trained on {_mean(trials, lambda t: t['box']['training_calls']):,.0f} calls of the box.",
        _table(("requests", *_OURS), _rows(trials, "box", rivals=False)),
        "## Held out",
        _table(("held out", *_OURS, *_RIVALS), _rows(trials, "held_out")),
        "## Different ones",
        _table(("requests", "with enough real images", "spread", "least"), _different(trials)),
        "## Looks",
        _table(("images", "number", "pale", "blurred", "jagged"), _looks(trials)),
        "## The jury",
        _table(("test images", "number", "recognised"), _jury(trials)),
    ]
    if worth := trials[0].get("worth"):
        parts += ["## What each is worth", _table(("", *trials[0]["joint"]), _worth(worth))]
    return "\n\n".join(parts) + "\n"


_OURS = ("met", "met and recognised", "by each judge", "decoded", "calls of the formulas")
_RIVALS = ("GAN", "times as many", "clusters", "times as many", "training images")


def _rows(trials: Trials, part: str, *, rivals: bool = True) -> list[list[str]]:
    rows = []
    for name in trials[0][part]:
        if name == "training_calls":
            continue
        each = [trial[part][name] for trial in trials]
        judges = np.mean([facts["by_judge"] for facts in each], axis=0)
        row = [
            name,
            _share(_mean(each, lambda facts: facts["met"])),
            _both(each),
            ", ".join(f"{100 * share:.1f}" for share in judges),
            f"{_mean(each, lambda facts: facts['decoded']):.0f}",
            f"{_mean(each, lambda facts: facts['box_calls']):.1f}",
        ]
        if rivals:
            for rival in ("gan", "clusters"):
                told = [facts[rival] for facts in each]
                row += [_share(_mean(told, lambda facts: facts["success"])), _times(told)]
            row.append(_share(_mean(each, lambda facts: facts["retrieval"])))
        rows.append(row)
    return rows


def _both(each: Trials) -> str:
    """The share, with the trials' own where there are several."""
    shares = [facts["success"] for facts in each]
    if len(shares) == 1:
        low, high = each[0]["interval"]
        return f"{_share(shares[0])} [{100 * low:.1f}, {100 * high:.1f}]"
    return f"{_share(float(np.mean(shares)))} ({', '.join(f'{100 * s:.1f}' for s in shares)})"


def _times(each: Trials) -> str:
    """How many times as many images rejection decodes for the same; the least of the trials."""
    if any(facts["times"] is None for facts in each):
        return f"> {min(facts['times'] or facts['more_than'] for facts in each):.0f}"
    return f"{_mean(each, lambda facts: facts['times']):.1f}"


def _different(trials: Trials) -> list[list[str]]:
    rows = []
    for name in trials[0]["different"]:
        each = [
            trial["different"][name] for trial in trials if trial["different"][name]["requests"]
        ]
        if each:
            rows.append(
                [
                    name,
                    str(sum(facts["requests"] for facts in each)),
                    _share(_mean(each, lambda facts: facts["share"])),
                    _share(min(facts["least"] for facts in each)),
                ]
            )
    return rows


def _looks(trials: Trials) -> list[list[str]]:
    rows = []
    for name in trials[0]["looks"]:
        each = [trial["looks"][name] for trial in trials]
        total = {kind: sum(facts[kind] for facts in each) for kind in each[0]}
        shares = [
            f"{total[kind]:,} ({_share(total[kind] / total['n'])})"
            for kind in ("pale", "blurred", "jagged")
            if total["n"]
        ]
        rows.append([name, f"{total['n']:,}", *(shares or [NONE] * 3)])
    return rows


def _worth(worth: Mapping[str, Any]) -> list[list[str]]:
    return [
        [name, *(_share(facts["success"]) for facts in groups.values())]
        for name, groups in worth.items()
    ]


def _jury(trials: Trials) -> list[list[str]]:
    rows = []
    for name in trials[0]["jury"]:
        each = [trial["jury"][name] for trial in trials if trial["jury"][name]["n"]]
        if each:
            shares = _mean(each, lambda facts: facts["recognised"])
            rows.append([name, f"{sum(facts['n'] for facts in each):,}", _share(shares)])
    return rows


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """As Markdown."""
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))


def _mean(each: Trials, value: Callable[[Mapping[str, Any]], float]) -> float:
    return float(np.mean([value(facts) for facts in each]))


def _share(value: float) -> str:
    return f"{100 * value:.1f}%"

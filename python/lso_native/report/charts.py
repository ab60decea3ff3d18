"""The charts of the report, each from the part of results.json that it shows; none where there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from lso_native.display import thinned

from .svg import MUTED, SERIES, Chart, Panel, chart

Facts = Mapping[str, Any]
IRREGULARITY = {
    "condition": "condition number of the Jacobian",
    "effective_rank": "effective rank of the Jacobian",
    "gain": "gain: sample change for latent change",
    "path_ratio": "path / chord",
    "feasible_share": "feasible share",
    "confident_share": "share that the judge is sure of",
    "inside_share": "share inside the real manifold",
    "round_trip_error": "round-trip error",
    "vanishing_share": "share of near-vanishing gradients",
    "flat_share": "share of flat points on walks",
    "rise_share": "share of steps that raise E",
    "latent_jump_ratio": "largest latent jump / median",
    "sample_jump_ratio": "largest sample jump / median",
}
OUTCOMES = {"walk_success_rate": "arrival", "walk_recognised": "recognition"}
_FROM_ONE = {"condition", "path_ratio", "latent_jump_ratio", "sample_jump_ratio"}  # log scale
_MET = "meets the target"  # success is a system's, of its own attempts
_FEWEST = 3  # decoders that a scatter plot needs


def success_charts(systems: Facts, samples: Facts) -> list[Chart]:
    """The share of attempts that have met the target, against the iterations they took."""
    shown = [
        name for name, facts in systems.items() if "desired_change" in facts and name in samples
    ]
    if not shown:
        return []
    description = "Share of attempts that meet the target after so many iterations: " + ", ".join(
        shown
    )
    with chart("Success against iterations", description, height=3.4) as (panel, charts):
        longest = max(int(samples[name]["iterations"].max()) for name in shown)
        for series, name in enumerate(shown):
            success, took = samples[name]["success"], samples[name]["iterations"]
            at = np.sort(np.maximum(took[success], 1))
            at, count = np.unique(at, return_counts=True)
            share = np.cumsum(count) / len(took)
            x, y = [1, *at, max(longest, 2)], [0, *share, share[-1] if len(share) else 0]
            panel.line(x, y, name, series, step=True)
        panel.ticks([10**power for power in range(len(str(longest)))])
        panel.axes.set_xlabel("iterations (log scale)")
        panel.shares("attempts that have met the target")
    return charts


def walk_charts(spaces: Facts, threshold: float = 1e-3) -> list[Chart]:
    """The error along the descent, one panel a decoder: median and bands over walks."""
    found = []
    for series, (name, facts) in enumerate(spaces.items()):
        if not (walk := facts.get("walk_mse")):
            continue
        x = np.maximum(walk["iterations"], 0.5)  # the start, on a logarithmic axis
        mse = np.maximum(np.asarray(walk["mse"], dtype=float), 1e-12)
        description = (
            f"MSE along walks through the latent space of {name}: median and quantile bands"
        )
        with chart(name, description, height=2.5) as (panel, charts):
            middle = mse.shape[1] // 2
            for i in range(middle):
                panel.band(x, mse[:, i], mse[:, -1 - i], series, strength=0.18 + 0.12 * i)
            panel.line(x, mse[:, middle], name, series)
            panel.axes.axhline(threshold, color=MUTED, linewidth=1, linestyle=":")
            panel.axes.set(xscale="log", yscale="log", xlabel="iterations", ylabel="MSE")
        found += charts
    return found


def irregularity_charts(results: Facts) -> list[Chart]:
    """Each figure of irregularity against how many walks arrive and are recognised, a point a decoder."""
    named = dict(results["latent_spaces"])
    rows = [(f"{row['kind']} {row['latent']}", row) for row in results["sweeps"]["latent"]]
    decoders = [*named.items(), *rows]
    return [
        replace(charts[0], caption=_correlation(results, key))
        for key, title in IRREGULARITY.items()
        if (charts := _scatter(decoders, key, title))
    ]


def _scatter(decoders: list[tuple[str, Any]], key: str, title: str) -> list[Chart]:
    points = [
        (facts[key], *(facts[outcome] for outcome in OUTCOMES))
        for _, facts in decoders
        if facts.get(key) is not None and all(facts.get(each) is not None for each in OUTCOMES)
    ]
    if len(points) < _FEWEST:
        return []
    x, *outcomes = np.array(points, dtype=float).T
    description = (
        f"{title} against the walks that arrive and are recognised, {len(points)} decoders"
    )
    with chart(title, description, height=2.6) as (panel, charts):
        for low, high, at in zip(*outcomes, x, strict=True):
            panel.axes.plot([at, at], [low, high], color=MUTED, linewidth=0.8, alpha=0.5)
        for series, (name, y) in enumerate(zip(OUTCOMES.values(), outcomes, strict=True)):
            panel.points(x, y, name, series, joined=False)
        if key in _FROM_ONE and x.min() > 0 and x.max() > 10 * x.min():
            panel.axes.set_xscale("log")
        panel.shares("share of walks")
    return charts


def _correlation(results: Facts, key: str) -> str:
    said = [
        f"ρ with {OUTCOMES[row['with']]} {_signed(row['rho'])}"
        + (f" [{_signed(limits[0])}, {_signed(limits[1])}]" if (limits := row["interval"]) else "")
        for row in results.get("correlations", [])
        if row["figure"] == key and row["with"] in OUTCOMES and row["rho"] is not None
    ]
    return "; ".join(said)


def _signed(value: float | None) -> str:
    return "?" if value is None else f"{value:+.2f}".replace("-", "−")


def change_charts(rows: list[Any]) -> list[Chart]:
    """How often the target is met, and recognition, against the step's size, one panel a system."""
    found = []
    for system in dict.fromkeys(row["system"] for row in rows):
        own = sorted(
            (row for row in rows if row["system"] == system),
            key=lambda row: abs(row["desired_change"]),
        )
        x = [abs(row["desired_change"]) for row in own]
        description = f"How often {system} meets the target, and is recognised, by the change of E a step asks for"
        with chart(system, description, height=2.6) as (panel, charts):
            _outcomes(panel, x, own)
            panel.ticks(x)
            panel.axes.set_xlabel("−C / E")
        found += charts
    return found


def start_charts(rows: list[Any]) -> list[Chart]:
    """How often the target is met, and recognition, by where the descent starts, one panel a system."""
    found = []
    for system in dict.fromkeys(row["system"] for row in rows):
        own = [row for row in rows if row["system"] == system][::-1]
        description = (
            f"How often {system} meets the target, and is recognised, by the kind of start"
        )
        with chart(system, description, height=1.4 + 0.32 * len(own)) as (panel, charts):
            places = np.arange(len(own))
            for series, key in enumerate(("success_rate", "recognised")):
                panel.axes.plot(
                    [row[key] for row in own],
                    places + (0.1 if series == 0 else -0.1),
                    "os"[series],
                    color=SERIES[series],
                    markersize=5,
                    label=(_MET, "recognised")[series],
                )
                panel.named += 1
            panel.axes.set_yticks(places, [row["start"] for row in own])
            panel.axes.set_ylim(-0.6, len(own) - 0.4)
            panel.axes.set_xlim(-0.03, 1.03)
            panel.axes.set_xticks([0, 0.5, 1], ["0%", "50%", "100%"])
        found += charts
    return found


def latent_charts(rows: list[Any]) -> list[Chart]:
    """How often the target is met, recognition and error against the latent size, a line a kind of decoder."""
    wanted = {
        "success_rate": _MET,
        "recognised": "recognised",
        "test_mse": "MSE on test images",
    }
    found = []
    for key, title in wanted.items():
        known = [row for row in rows if row.get(key) is not None]
        if not known:
            continue
        description = f"{title} of LSO through decoders of several latent sizes"
        with chart(title, description, height=2.7) as (panel, charts):
            for series, kind in enumerate(dict.fromkeys(row["kind"] for row in known)):
                own = sorted((r for r in known if r["kind"] == kind), key=lambda r: r["latent"])
                rates = key == "success_rate"
                limits = [row["success_interval"] for row in own] if rates else None
                x = [row["latent"] for row in own]
                panel.points(x, [row[key] for row in own], kind, series, limits)
            panel.ticks(sorted({row["latent"] for row in known}))
            panel.axes.set_xlabel("latent size")
            if key == "test_mse":
                panel.axes.set_ylim(bottom=0)
            else:
                panel.shares("share of attempts")
        found += charts
    return found


def training_charts(histories: Facts) -> list[Chart]:
    """What each model's training came through, a line a curve."""
    found = []
    for model, curves in histories.items():
        known = {name: values for name, values in curves.items() if len(values) > 1}
        if not known:
            continue
        description = f"Training of {model}: {', '.join(known)} after every epoch"
        with chart(model, description, height=2.4) as (panel, charts):
            for series, (name, values) in enumerate(known.items()):
                panel.line(*thinned(values), name.replace("_", " "), series)
            every = np.concatenate([np.asarray(values, dtype=float) for values in known.values()])
            if every.min() > 0 and every.max() > 30 * every.min():
                panel.axes.set_yscale("log")
            panel.axes.set_xlabel("epochs")
            if panel.named == 1:
                panel.axes.set_ylabel(next(iter(known)).replace("_", " "))
        found += charts
    return found


def _outcomes(panel: Panel, x: list[float], rows: list[Any]) -> None:
    limits = [row["success_interval"] for row in rows]
    panel.points(x, [row["success_rate"] for row in rows], _MET, 0, limits)
    panel.points(x, [row["recognised"] for row in rows], "recognised", 1)
    panel.shares("share of attempts")

"""The plots: times against ours, and cost and memory by the number of starts."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from benchmarks.goals import GOALS
from benchmarks.measure import ratio
from benchmarks.rows import Json, rows_of


def write(out: Path, result: Json) -> None:
    """``out``/ratios.png and ``out``/scaling.png, as far as there are rows for them."""
    children = result["children"]
    panels = {
        threads: [child["rows"][name] for name in GOALS if name in child["rows"]]
        for threads, child in children.items()
    }
    panels = {threads: rows for threads, rows in panels.items() if rows}
    if panels:
        _ratios(out / "ratios.png", panels)
    scaling = rows_of(children, "scaling/")
    if scaling:
        _scaling(out / "scaling.png", scaling)


def _ratios(path: Path, panels: dict[str, list[Json]]) -> None:
    tallest = max(map(len, panels.values()))
    figure, axes = plt.subplots(
        1, len(panels), figsize=(7 * len(panels), 2 + 0.45 * tallest), squeeze=False
    )
    for axis, (threads, rows) in zip(axes[0], panels.items(), strict=True):
        sides = sorted({s for row in rows for s in row["times"] if not s.startswith("ours")})
        for i, side in enumerate(sides):
            marks = [
                (ratio(row["times"][side], row["times"][row["ours"]]), place)
                for place, row in enumerate(rows)
                if side in row["times"]
            ]
            axis.plot(*zip(*marks, strict=True), "osD^vPX*"[i % 8], label=side, alpha=0.8)
        axis.axvline(1, color="black", linewidth=1)
        axis.set_yticks(range(len(rows)), [row["name"] for row in rows])
        axis.invert_yaxis()
        axis.set_xscale("log")
        axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axis.xaxis.set_minor_locator(NullLocator())
        axis.set_xlabel("time over ours (log scale): right of the line we are faster")
        axis.set_title("one thread" if threads == "1" else "all threads")
        axis.grid(alpha=0.3)
    axes[0][-1].legend(fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))
    _save(figure, path)


def _scaling(path: Path, rows: list[Json]) -> None:
    figure, (cost, memory) = plt.subplots(1, 2, figsize=(11, 4))
    for side in rows[0]["times"]:
        present = [row for row in rows if side in row["times"]]
        starts = [row["facts"]["starts"] for row in present]
        times = [statistics.median(row["times"][side]) * 1e6 for row in present]
        cost.plot(starts, times, "o-", label=side)
        memory.plot(starts, [row["facts"]["peak_mib"][side] for row in present], "o-", label=side)
    for axis, label in ((cost, "µs per start and iteration"), (memory, "peak memory, MiB")):
        axis.set_xscale("log")
        axis.set_yscale("log")
        axis.set_xlabel("starts")
        axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axis.yaxis.set_minor_locator(NullLocator())
        axis.set_ylabel(label)
        axis.grid(alpha=0.3)
    cost.legend()
    _save(figure, path)


def _save(figure: Any, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    plt.close(figure)

"""The table in Markdown."""

from __future__ import annotations

import importlib.util
import statistics
import sys
from collections.abc import Iterable
from pathlib import Path

from benchmarks.goals import GOALS, Verdict, judge
from benchmarks.measure import ratio
from benchmarks.peers.base import OURS
from benchmarks.rows import ONE_THREAD, Json, rows_of

TILED = "jax tiled"
NAMES = {
    "jax": "best JAX",
    "jax_tiled": "JAX tiled",
    "torch": "PyTorch eager",
    "peak": "peak",
    "threads": "threads",
    "single": "threads=1",
    "seconds": "at most",
}


def write(out: Path, result: Json) -> None:
    """``out``/table.md and, where matplotlib is installed, the plots."""
    (out / "table.md").write_text(markdown(result))
    if importlib.util.find_spec("matplotlib") is not None:
        from benchmarks import plots

        plots.write(out, result)
    else:
        print("no plots: matplotlib is not installed", file=sys.stderr)


def markdown(result: Json) -> str:
    """Everything there is to say of a run."""
    children: Json = result["children"]
    first = next(iter(children.values()))
    lines = ["# Benchmarks", "", *_machine(first["machine"])]
    for threads, child in children.items():
        lines += ["", f"## {'One thread' if threads == '1' else 'All threads'}", ""]
        if child["peaks"]:
            peak = max(child["peaks"]) / 1e9
            lines += [
                f"Peak of fused multiply-adds: {peak:,.1f} GFLOP/s, the highest of those taken before each workload.",
                "",
            ]
        lines += [f"- {side} is left out: {why}" for side, why in child["missing"].items()]
        lines += [f"- **{name} failed**: {why}" for name, why in child["failures"].items()]
        lines += ["", *_table(child, children)]
    lines += _scaling(children)
    lines += _calls(children)
    return "\n".join(lines) + "\n"


def measured(row: Json, children: Json, peaks: list[float]) -> dict[str, float | None]:
    """A row's figures, by the names of the goals; ``peaks`` in FLOP/s, of its own setting."""
    times = row["times"]
    ours = times[row["ours"]]

    def best(names: Iterable[str]) -> float | None:
        return min((ratio(times[name], ours) for name in names), default=None)

    peak = max(peaks, default=0.0)
    share = row["flop"] / statistics.median(ours) / peak if peak and row["flop"] else None
    jax = [name for name in times if name.startswith("jax")]
    return {
        "jax": best(name for name in jax if not name.startswith(TILED)),
        "jax_tiled": best(name for name in jax if name.startswith(TILED)),
        "torch": best(name for name in times if name == "torch eager"),
        "peak": share,
        "threads": _gain(row["name"], children),
        "single": best(name for name in times if name == ONE_THREAD),
        "seconds": statistics.median(ours),
    }


def _gain(name: str, children: Json) -> float | None:
    """One thread's time over that of all: known where there are two or more cores, and both ran."""
    rows = [children.get(threads, {}).get("rows", {}).get(name) for threads in ("1", "all")]
    if None in rows or children["all"]["machine"]["cores"] < 2:
        return None
    # The best optimizer may be another with more threads: the gain is that of one.
    one, many = (statistics.median(row["times"][rows[0]["ours"]]) for row in rows)
    return float(one / many)


def _machine(machine: Json) -> list[str]:
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return [f"{machine['processor']}, {machine['simd']}, {machine['platform']}. {versions}."]


def _table(child: Json, children: Json) -> list[str]:
    rows = {name: child["rows"][name] for name in GOALS if name in child["rows"]}
    if not rows:
        return []
    every = dict.fromkeys(_column(side) for row in rows.values() for side in row["times"])
    sides = [side for side in every if side != OURS]
    lines = [
        "Microseconds a unit, medians; the ratios are medians of pairs from one round, peer over ours. Of JAX's ways",
        "the fastest is shown, and named.",
        "",
        f"| | unit | {OURS} | "
        + " | ".join(sides)
        + " | best JAX / ours | PyTorch eager / ours | peak | goals |",
        "| --- | --- |" + " ---: |" * (len(sides) + 4) + " --- |",
    ]
    for name, row in rows.items():
        figures = measured(row, children, child["peaks"])
        cells = [f"{name} {row['title']}", row["unit"], _time(row["times"][row["ours"]])]
        cells += [_fastest(row["times"], side) for side in sides]
        cells += [_ratio(figures["jax"]), _ratio(figures["torch"]), _share(figures["peak"])]
        cells.append(_goals(judge(name, figures)))
        lines.append("| " + " | ".join(cells) + " |")
    return [
        *lines,
        "",
        *(f"- {name}: {text}" for name, row in rows.items() for text in _notes(row)),
    ]


def _column(side: str) -> str:
    """JAX has two, what is tiled by hand apart."""
    named = (name for name in (OURS, TILED, "jax") if side.startswith(name))
    return next(named, side)


def _fastest(times: Json, column: str) -> str:
    """The least time of a column's sides, and which it is of where there are several."""
    ways = {side: each for side, each in times.items() if _column(side) == column}
    if not ways:
        return ""
    side = min(ways, key=lambda each: statistics.median(ways[each]))
    return f"{_time(ways[side])} {side.removeprefix(column).strip()}".strip()


def _notes(row: Json) -> list[str]:
    """What the table has no column for."""
    notes = list(row["notes"])
    others = [s for s in row["times"] if s.startswith(OURS) and s != row["ours"]]
    notes += [f"{side}: {_time(row['times'][side])} µs" for side in others]
    for fact, text in (("success_share", "{:.1%}"), ("mse", "{:.4f}")):
        if fact in row["facts"]:
            values = (f"{side} {text.format(v)}" for side, v in row["facts"][fact].items())
            notes.append(f"{fact.replace('_', ' ')}: {', '.join(values)}")
    return notes


def _goals(found: list[Verdict]) -> str:
    return "; ".join(
        f"{'met' if each.met else '**missed**'} {NAMES[each.name]} {_goal(each, each.goal)}"
        + ("" if each.met else f" ({_goal(each, each.value)})")
        for each in found
    )


def _goal(verdict: Verdict, value: float) -> str:
    if verdict.name == "seconds":
        return f"{value:.3g} s"
    return f"{value:.0%}" if verdict.name == "peak" else f"{value:.3g}x"


def _scaling(children: Json) -> list[str]:
    rows = rows_of(children, "scaling/")
    if not rows:
        return []
    lines = [
        "",
        "## Starts",
        "",
        "One thread, each cell a process of its own: µs per start and iteration; peak resident memory in MiB, in",
        "brackets what of it came after imports and data.",
        "",
    ]
    sides = list(rows[0]["times"])
    lines += ["| | " + " | ".join(sides) + " |", "| ---: |" + " ---: |" * len(sides)]
    for row in rows:
        cells = []
        for side in sides:
            if side not in row["times"]:
                cells.append("")
                continue
            memory = row["facts"]
            cells.append(
                f"{row['times'][side][0] * 1e6:.3g}; {memory['peak_mib'][side]:,.0f} "
                f"({memory['growth_mib'][side]:,.0f})"
            )
        lines.append(f"| {row['facts']['starts']:,} | " + " | ".join(cells) + " |")
    return lines


def _calls(children: Json) -> list[str]:
    rows = rows_of(children, "calls/")
    if not rows:
        return []
    lines = ["", "## Calls", ""]
    for row in rows:
        times = ", ".join(f"{side} {_time(t)} µs" for side, t in row["times"].items())
        lines.append(f"- {row['title']}: {times}")
        if "package_bytes" in row["facts"]:
            lines.append(f"- the package: {row['facts']['package_bytes'] / 2**20:.1f} MiB")
    return lines


def _time(times: list[float] | None) -> str:
    if times is None:
        return ""
    value = statistics.median(times) * 1e6
    return f"{value:,.2f}" if value < 100 else f"{value:,.0f}"


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}x"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"

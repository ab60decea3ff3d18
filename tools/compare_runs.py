"""Tables over some runs of `lso reproduce` that differ in their random state, as Markdown.

    python tools/compare_runs.py run-0 run-1 run-2

Each cell is the mean over the runs and the half-width of its 95% interval (Student's t). Below stand the rank
correlations, over all decoders of all runs, of a latent space's figures with how the descent fared in it.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lso_native.study.correlations import correlations

Facts = dict[str, Any]
Column = tuple[str, str, Callable[[float, float], str]]
STUDENT = {
    2: 12.706,
    3: 4.303,
    4: 3.182,
    5: 2.776,
    6: 2.571,
    7: 2.447,
    8: 2.365,
    9: 2.306,
    10: 2.262,
}


def share(mean: float, half: float) -> str:
    """Percent."""
    return f"{100 * mean:.1f}% ± {100 * half:.1f}"


def number(mean: float, half: float) -> str:
    """Two decimals, or a power of ten."""
    return f"{mean:.2f} ± {half:.2f}" if mean < 1e5 else f"{mean:.1e} ± {half:.1e}"


def error(mean: float, half: float) -> str:
    """Four decimals."""
    return f"{mean:.4f} ± {half:.4f}"


SYSTEMS: list[Column] = [
    ("success", "success_rate", share),
    ("recognised", "recognised", share),
    ("Fréchet", "frechet_distance", number),
    ("above real", "frechet_above_real", number),
    ("precision", "precision", number),
    ("recall", "recall", number),
    ("density", "density", number),
    ("coverage", "coverage", number),
    ("nearest", "nearest_training", number),
    ("teaches", "accuracy_score", share),
    ("beside real", "accuracy_score_with_real", share),
]
SPACES: list[Column] = [
    ("condition", "condition", number),
    ("rank", "effective_rank", number),
    ("path / chord", "path_ratio", number),
    ("feasible", "feasible_share", share),
    ("round trip", "round_trip_error", number),
    ("flat", "flat_share", share),
    ("rises", "rise_share", share),
    ("latent jump", "latent_jump_ratio", number),
    ("sample jump", "sample_jump_ratio", number),
    ("success", "walk_success_rate", share),
    ("recognised", "walk_recognised", share),
]
OUTCOMES: list[Column] = [
    ("success", "success_rate", share),
    ("recognised", "recognised", share),
]
SIZES: list[Column] = [("test MSE", "test_mse", error), *SPACES[:4], SPACES[5], *OUTCOMES]
SWEEPS = {
    "desired_change": ("system", "desired_change"),
    "start": ("system", "start"),
    "latent": ("kind", "latent"),
}


def cell(values: Sequence[float | None], show: Callable[[float, float], str]) -> str:
    """Mean and half-width, or a dash where a run has no such figure."""
    found = [value for value in values if value is not None]
    if len(found) < len(values):
        return "–"
    half = STUDENT[len(found)] * statistics.stdev(found) / math.sqrt(len(found))
    return show(statistics.fmean(found), half)


def table(head: str, rows: dict[str, list[Facts]], columns: list[Column]) -> str:
    """One row a name, from the facts of each run."""
    lines = [
        f"| {head} | " + " | ".join(title for title, _, _ in columns) + " |",
        "| --- |" + " ---: |" * len(columns),
    ]
    for name, runs in rows.items():
        cells = [cell([facts.get(key) for facts in runs], show) for _, key, show in columns]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def correlation_table(decoders: list[Facts]) -> str:
    """How each figure of a latent space goes with success and recognition."""
    lines = ["| of a latent space | with success | with recognition |", "| --- | ---: | ---: |"]
    rows = correlations(decoders)
    for figure in dict.fromkeys(row["figure"] for row in rows):
        cells = [
            "–"
            if row["interval"] is None
            else f"{row['rho']:+.2f} [{row['interval'][0]:+.2f}, {row['interval'][1]:+.2f}]"
            for row in rows
            if row["figure"] == figure
        ]
        lines.append(f"| {figure.replace('_', ' ')} | {' | '.join(cells)} |")
    return "\n".join(lines)


def sweep_tables(runs: list[Facts]) -> list[str]:
    """C, start and the latent's size, a row a choice."""
    tables = []
    for sweep, names in SWEEPS.items():
        rows: dict[str, list[Facts]] = {}
        for run in runs:
            for row in run["sweeps"][sweep]:
                key = ", ".join(
                    f"{row[n]:g}" if isinstance(row[n], float) else str(row[n]) for n in names
                )
                rows.setdefault(key, []).append(row)
        if rows:
            columns = SIZES if sweep == "latent" else OUTCOMES
            tables.append(table(", ".join(names).replace("_", " "), rows, columns))
    return tables


def main() -> int:
    """Print the tables; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folders", nargs="+", help=f"2 to {max(STUDENT)} folders of runs")
    folders = parser.parse_args().folders
    if not 2 <= len(folders) <= max(STUDENT):
        parser.error(f"expected 2 to {max(STUDENT)} folders of runs, got {len(folders)}")
    runs = [json.loads((Path(folder) / "results.json").read_text()) for folder in folders]
    systems = {"real images": [run["real"] for run in runs]}
    for name in runs[0]["systems"]:
        systems[name] = [run["systems"][name] for run in runs]
    spaces = {
        name: [run["latent_spaces"][name] for run in runs] for name in runs[0]["latent_spaces"]
    }
    parts = [table("system", systems, SYSTEMS), table("latent space of", spaces, SPACES)]
    sizes = [row for run in runs for row in run["sweeps"]["latent"]]
    parts.append(correlation_table([*(f for each in spaces.values() for f in each), *sizes]))
    parts += sweep_tables(runs)
    sys.stdout.write("\n\n".join(parts) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

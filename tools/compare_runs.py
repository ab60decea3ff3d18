"""Tables over some runs of `lso reproduce` that differ in their random state, as Markdown.

    python tools/compare_runs.py run-0 run-1 run-2

Each cell is the mean over the runs and the half-width of its 95% interval (Student's t). Below stand the rank
correlations, over all decoders of all runs, of a latent space's figures with how the descent fared in it.
"""

from __future__ import annotations

import json
import math
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

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
    """Two decimals."""
    return f"{mean:.2f} ± {half:.2f}"


SYSTEMS: list[Column] = [
    ("success", "success_rate", share),
    ("recognised", "recognised", share),
    ("Fréchet", "frechet_distance", number),
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
PREDICTORS = (
    "condition",
    "effective_rank",
    "path_ratio",
    "feasible_share",
    "flat_share",
    "latent_jump_ratio",
)


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


def rank_correlation(x: Sequence[float], y: Sequence[float]) -> tuple[float, float, float]:
    """Spearman's, with its 95% interval by Fisher's z (variance 1.06 / (n - 3); Fieller et al. 1957)."""
    ranks = [np.argsort(np.argsort(values)) for values in (x, y)]
    found = float(np.corrcoef(ranks[0], ranks[1])[0, 1])
    z, half = math.atanh(min(max(found, -0.999), 0.999)), 1.96 * math.sqrt(1.06 / (len(x) - 3))
    return found, math.tanh(z - half), math.tanh(z + half)


def correlations(spaces: list[Facts]) -> str:
    """How each figure of a latent space goes with success and recognition."""
    lines = ["| of a latent space | with success | with recognition |", "| --- | ---: | ---: |"]
    for name in PREDICTORS:
        cells = []
        for outcome in ("walk_success_rate", "walk_recognised"):
            found, low, high = rank_correlation(
                [facts[name] for facts in spaces], [facts[outcome] for facts in spaces]
            )
            cells.append(f"{found:+.2f} [{low:+.2f}, {high:+.2f}]")
        lines.append(f"| {name.replace('_', ' ')} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main(folders: list[str]) -> int:
    """Print the tables; return the exit code."""
    if not 2 <= len(folders) <= max(STUDENT):
        sys.stderr.write(f"expected 2 to {max(STUDENT)} folders of runs, got {len(folders)}\n")
        return 2
    runs = [json.loads((Path(folder) / "results.json").read_text()) for folder in folders]
    systems = {"real images": [run["real"] for run in runs]}
    for name in runs[0]["systems"]:
        systems[name] = [run["systems"][name] for run in runs]
    spaces = {
        name: [run["latent_spaces"][name] for run in runs] for name in runs[0]["latent_spaces"]
    }
    parts = [table("system", systems, SYSTEMS), table("latent space of", spaces, SPACES)]
    parts.append(correlations([facts for each in spaces.values() for facts in each]))
    sys.stdout.write("\n\n".join(parts) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

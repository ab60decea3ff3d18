"""The shapes task as a table, and as one picture: how far each way came, and what the best images look like."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np

from lso_native._typing import FloatArray
from lso_native.metrics.intervals import student_quantile

_COLOURS = ("#8a8a94", "#8a6d00", "#a8488a", "#0072b2", "#c44e00")
_LARGEST = 400  # the largest square of the data


def shapes_report(results: Mapping[str, Any]) -> str:
    """As Markdown: by way the mean of the best areas with its 95% interval, each, and what was published."""
    lines = [
        f"| way | best area of {results['queries']} queries, mean of {results['seeds']} runs | each run | published |"
        " seconds a run |",
        "| --- | ---: | --- | ---: | ---: |",
    ]
    for name, facts in results["ways"].items():
        each = ", ".join(f"{best:.0f}" for best in facts["best"])
        published = "–" if facts["published"] is None else f"{facts['published']:.0f}"
        mean = f"{facts['mean']:.0f}{_interval(facts['best'])}"
        lines.append(f"| {name} | {mean} | {each} | {published} | {facts['seconds']:.0f} |")
    return "\n".join(lines)


def _interval(values: list[float]) -> str:
    """Half of a 95% interval of the mean, where there are several."""
    n = len(values)
    if n < 2:
        return ""
    half = student_quantile(0.95, n - 1) * float(np.std(values, ddof=1)) / np.sqrt(n)
    return f" ± {half:.0f}"


def shapes_picture(results: Mapping[str, Any], images: Mapping[str, FloatArray]) -> bytes:
    """A PNG: at the left the best area so far by way, at the right of each way ``images`` (n, side²). Raises
    ImportError where matplotlib is missing."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 4.2), dpi=100, layout="constrained")
    parts = figure.subfigures(1, 2, width_ratios=(5, 7))
    assert isinstance(parts, np.ndarray)
    left, right = parts
    axes = left.subplots()
    for colour, (name, facts) in zip(_COLOURS, results["ways"].items(), strict=False):
        queries = np.arange(1, len(facts["curve"]) + 1)
        axes.plot(queries, facts["curve"], color=colour, label=name)
        if facts["published"] is not None:
            axes.plot(
                len(queries), facts["published"], "x", color=colour, markersize=8, clip_on=False
            )
    axes.axhline(_LARGEST, color="#c4c4cc", linewidth=1, linestyle=":")
    axes.set(xlabel="queries", ylabel="best area so far (crosses: published)")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=9)
    columns = max(len(rows) for rows in images.values())
    grid = right.subplots(len(images), columns, squeeze=False)
    for line, colour, (name, rows) in zip(grid, _COLOURS, images.items(), strict=False):
        for place in line:
            place.set_axis_off()
        for place, image in zip(line, rows, strict=False):
            side = round(len(image) ** 0.5)
            place.imshow(image.reshape(side, side), cmap="gray", vmin=0, vmax=1)
            place.set_title(f"{image.sum():.0f}", fontsize=8, pad=2)
        line[0].text(
            -0.1,
            0.5,
            name,
            color=colour,
            ha="right",
            va="center",
            transform=line[0].transAxes,
            fontsize=9,
        )
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()

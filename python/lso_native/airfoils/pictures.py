"""Pictures of designs: what an engineer looks at, and the walk from a start to an answer."""

from __future__ import annotations

import importlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from lso_native._typing import Float64Array
from lso_native.airfoils.data import real, wanted
from lso_native.airfoils.shapes import PLACES, X, coordinates, heights_of
from lso_native.airfoils.simulator import NAMES, NeuralFoil
from lso_native.airfoils.target import Target
from lso_native.errors import ArgumentError

__all__ = ["designs_picture", "gif", "rivals_picture", "walk_frames"]

_SHOWN = 20
_COLUMNS = 4
_ANGLES = np.arange(-4.0, 12.1, 0.5)
_BLUE, _ORANGE, _GREY, _INK = "#0072b2", "#d55e00", "#9a9aa2", "#1d1d24"
_LINES = ("#0072b2", "#767676", "#d55e00", "#009e73", "#a8488a", "#8a6d00", "#56b4e9")
_STYLE = {
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": _GREY,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6e6ea",
    "grid.linewidth": 0.6,
    "text.color": _INK,
    "legend.frameon": False,
    "legend.fontsize": 8,
}
_LABELS = {
    "lift": "lift coefficient",
    "ratio": "lift over drag",
    "moment": "moment coefficient",
    "thickness": "thickness / chord",
}


def designs_picture(
    target: Target, heights: ArrayLike, judge: NeuralFoil | None = None
) -> Image.Image:
    """The first twenty of ``heights`` (n, 100), how they differ, and their polars by ``judge`` beside ``target``.

    Dashed: the real airfoil that comes nearest to it. Raises ImportError without matplotlib, ValueError for no rows.
    """
    rows = heights_of("heights", heights)[:_SHOWN]
    if not len(rows):
        raise ArgumentError("heights", "at least one row", "none")
    judge = judge or NeuralFoil("large")
    known = real()
    nearest = int(np.nan_to_num(target.miss(judge(known.heights)), nan=np.inf).max(axis=1).argmin())
    other = known.heights[nearest : nearest + 1]
    lines, dashed = judge.polar(rows, _ANGLES), judge.polar(other, _ANGLES)[0]
    with _drawing(11, 7.6) as figure:
        grid = figure.add_gridspec(
            2, 6, hspace=0.34, wspace=1.1, left=0.07, right=0.98, top=0.87, bottom=0.08
        )
        _shapes(figure.add_subplot(grid[0, :4]), rows)
        _spread(figure.add_subplot(grid[0, 4:]), rows, other[0])
        panels = [figure.add_subplot(grid[1, at : at + 2]) for at in (0, 2, 4)]
        _polars(panels, target, judge, lines, dashed)
        panels[0].plot(
            [], [], "--", color=_ORANGE, label=f"nearest real airfoil, {known.names[nearest]}"
        )
        panels[0].plot([], [], color=_BLUE, label="the designs")
        panels[0].legend(loc="lower right", handlelength=2.4)
        asked = ", ".join(
            f"{_LABELS[name]} {getattr(target, name):g} ± {getattr(target.within, name):g}"
            for name in NAMES
        ).replace("-", "−")
        figure.text(0.07, 0.96, target.name, fontsize=13, weight="bold")
        figure.text(0.07, 0.923, asked, fontsize=9)
        where = f"{judge.angle:g}°, Reynolds number {judge.reynolds:,.0f}, NeuralFoil {judge.size}"
        figure.text(0.98, 0.96, where, fontsize=9, color="#55555f", ha="right")
        return _image(figure)


def rivals_picture(shares: Mapping[str, Mapping[str, float]], highlighted: str) -> Image.Image:
    """Of each way the share of designs that are met (by number of calls a design), one line each, ``highlighted`` above
    the others."""
    with _drawing(7.2, 4.2) as figure:
        axes = figure.add_subplot()
        for place, (way, found) in enumerate(shares.items()):
            calls = [float(most) for most in found]
            mine = way == highlighted
            axes.step(
                calls,
                [100 * share for share in found.values()],
                where="post",
                color=_LINES[place % len(_LINES)],
                linewidth=3 if mine else 1.5,
                label=way,
                zorder=3 if mine else 2,
            )
        axes.set(
            xscale="log",
            ylim=(-2, 102),
            xlabel="calls of the simulator that a design may take (log scale)",
        )
        axes.set_ylabel("designs that meet the target, %")
        axes.set_xticks([1, 3, 10, 30, 100, 300, 1_000])
        axes.set_xticklabels(["1", "3", "10", "30", "100", "300", "1,000"])
        axes.minorticks_off()
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        figure.subplots_adjust(left=0.09, right=0.66, top=0.95, bottom=0.13)
        return _image(figure)


def walk_frames(target: Target, path: ArrayLike, simulator: NeuralFoil) -> list[Image.Image]:
    """A picture of each shape of a ``path`` (n, 100): its outline above that of the first, and its numbers beside the
    target's. Raises ImportError without matplotlib."""
    rows = heights_of("path", path)
    said = simulator(rows)
    outlines = coordinates(rows)
    frames = []
    ends = {
        name: _ends(np.append(said[name], [getattr(target, name)]), getattr(target.within, name))
        for name in NAMES
    }
    reach = float(np.abs(outlines[..., 1]).max()) * 1.15
    for step in range(len(rows)):
        with _drawing(7.2, 2.9) as figure:
            axes = figure.add_axes((0.02, 0.06, 0.55, 0.8))
            axes.fill(*outlines[0].T, color="#ececf0")
            axes.plot(*outlines[0].T, color=_GREY, linewidth=1)
            axes.plot(*outlines[step].T, color=_BLUE, linewidth=2)
            axes.set(xlim=(-0.02, 1.02), ylim=(-reach, reach), aspect="equal")
            axes.axis("off")
            met = bool(target.met(said[step : step + 1])[0])
            told = f"{target.name}: {'all four are met' if met else 'on the way'}"
            figure.text(0.03, 0.9, told, weight="bold", fontsize=11)
            for line, name in enumerate(NAMES):
                _gauge(figure, line, target, name, float(said[name][step]), ends[name])
            frames.append(_image(figure, dots=80))
    return frames


def _shapes(axes: Any, rows: Float64Array) -> None:
    """All of them, four in a row."""
    apart = max(float(np.ptp(rows, axis=1).max()) * 1.3, 0.42)
    for at, outline in enumerate(coordinates(rows)):
        x, y = 1.15 * (at % _COLUMNS), -apart * (at // _COLUMNS)
        axes.fill(outline[:, 0] + x, outline[:, 1] + y, fc="#d9e8f3", ec=_BLUE, lw=1.1)
    count = "Twenty" if len(rows) == _SHOWN else str(len(rows))
    axes.set(aspect="equal", anchor="NW", title=f"{count} shapes that meet it")
    axes.axis("off")


def _spread(axes: Any, rows: Float64Array, other: Float64Array) -> None:
    """All on top of each other, heights stretched, and the nearest real airfoil."""
    for row in rows:
        for side in (row[:PLACES], row[PLACES:]):
            axes.plot([0, *X], [0, *side], color=_BLUE, linewidth=0.8, alpha=0.5)
    for side in (other[:PLACES], other[PLACES:]):
        axes.plot([0, *X], [0, *side], "--", color=_ORANGE, linewidth=1.4)
    axes.set(
        title="How they differ", xlabel="place along the chord", ylabel="height / chord, stretched"
    )


def _polars(
    panels: Any, target: Target, judge: NeuralFoil, lines: Float64Array, dashed: Float64Array
) -> None:
    """Lift against drag, lift over drag and moment against the angle, with what is asked."""
    drag, ratio, moment = panels
    within = target.within
    for each, style in [(line, {"color": _BLUE, "lw": 0.8, "alpha": 0.5}) for line in lines] + [
        (dashed, {"color": _ORANGE, "lw": 1.4, "ls": "--"})
    ]:
        lift = each[:, 0]
        drag.plot(1e4 * each[:, 1], lift, **style)
        ratio.plot(_ANGLES, lift / each[:, 1], **style)
        moment.plot(_ANGLES, each[:, 2], **style)
    low, high = target.lift - within.lift, target.lift + within.lift
    corners = [
        (1e4 * lift / (target.ratio + sign * within.ratio), lift)
        for lift, sign in ((low, 1), (low, -1), (high, -1), (high, 1))
    ]
    box = {"facecolor": "#f0c24b", "edgecolor": _INK, "alpha": 0.9, "zorder": 3, "lw": 0.9}
    drag.fill(*np.array(corners).T, **box)
    for axes, name in ((ratio, "ratio"), (moment, "moment")):
        at, reach = getattr(target, name), getattr(within, name)
        axes.fill_between([judge.angle - 0.25, judge.angle + 0.25], at - reach, at + reach, **box)
        axes.set(xlabel="angle of attack, degrees", title=f"{_LABELS[name].capitalize()}")
    drag.set(
        title="Lift against drag",
        xlabel="drag coefficient × 10,000",
        ylabel="lift coefficient",
        xlim=(0, float(np.quantile(1e4 * lines[..., 1], 0.97))),
    )
    drag.set_ylim(bottom=float(lines[:, :, 0].min()) - 0.35)


def _gauge(
    figure: Any, line: int, target: Target, name: str, value: float, ends: tuple[float, float]
) -> None:
    """A number on its scale, above the band that is asked for."""
    axes = figure.add_axes((0.62, 0.74 - 0.21 * line, 0.35, 0.07))
    at, reach = getattr(target, name), getattr(target.within, name)
    inside = at - reach <= value <= at + reach
    axes.axvspan(at - reach, at + reach, color="#f0c24b")
    axes.plot([value], [0.5], "o", color=_BLUE if inside else _ORANGE, markersize=9)
    axes.set(xlim=ends, ylim=(0, 1), yticks=[])
    axes.grid(visible=False)
    axes.spines["left"].set_visible(False)
    axes.tick_params(labelsize=7)
    told = f"{value:.{1 if name == 'ratio' else 3}f}".replace("-", "−")
    axes.set_title(f"{_LABELS[name]} {told}", fontsize=8.5, pad=3)


def _ends(values: Float64Array, reach: float) -> tuple[float, float]:
    low, high = float(values.min()) - 2 * reach, float(values.max()) + 2 * reach
    return low, high


@dataclass
class _drawing:  # noqa: N801 - a context manager
    """A figure of so many inches, in the style of these pictures."""

    width: float
    height: float

    def __enter__(self) -> Any:
        wanted("matplotlib")
        matplotlib: Any = importlib.import_module("matplotlib")
        self._style = matplotlib.rc_context(_STYLE)
        self._style.__enter__()
        figure: Any = importlib.import_module("matplotlib.figure")
        return figure.Figure(figsize=(self.width, self.height))

    def __exit__(self, *error: Any) -> None:
        self._style.__exit__(*error)


def _image(figure: Any, dots: int = 100) -> Image.Image:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dots, metadata={"Software": None})
    return Image.open(buffer).convert("RGB")


def gif(frames: list[Image.Image]) -> bytes:
    """An endless animation of ``frames``, which stays at both ends for a while."""
    whole = Image.new("RGB", (frames[0].width, frames[0].height * 3))
    for place, frame in enumerate((frames[0], frames[len(frames) // 2], frames[-1])):
        whole.paste(frame, (0, place * frame.height))
    palette = whole.quantize(64, dither=Image.Dither.NONE)
    pressed = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    buffer = io.BytesIO()
    durations = [1_000, *[90] * (len(frames) - 2), 2_500][: len(frames)]
    pressed[0].save(
        buffer, "GIF", save_all=True, append_images=pressed[1:], duration=durations, loop=0
    )
    return buffer.getvalue()

"""Small charts as SVG whose colours are the page's, so that they follow its light or dark scheme."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

INK, MUTED, GRID = "#010101", "#020202", "#030303"
SERIES = tuple(f"#0{i}0{i}0{i}" for i in range(4, 10))
DASHES = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (6, 1.5, 1.5, 1.5)), (0, (2.5, 1.2)), "-")
MARKERS = "osD^vP"
_VARIABLES = {INK: "ink", MUTED: "muted", GRID: "grid"} | {
    colour: f"series-{i}" for i, colour in enumerate(SERIES, 1)
}
_SHORT = 11  # letters of a name, three of which stand side by side
_WIDTH, _HEIGHT = 3.6, 2.9  # inches; at 100 a pixel wide enough for text on a phone
_STYLE = {
    "svg.fonttype": "none",
    "text.parse_math": False,  # names are what they are
    "font.family": "sans-serif",
    "font.size": 8.5,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.titlecolor": INK,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "text.color": INK,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "lines.linewidth": 1.6,
}


@dataclass(frozen=True)
class Chart:
    """An SVG, and a line of text to stand under it."""

    svg: str
    caption: str = ""


class Panel:
    """What a chart is drawn on; series take their colour, dash and marker by their number."""

    def __init__(self, axes: Any) -> None:
        self.axes = axes
        self.named = 0

    def line(self, x: Any, y: Any, name: str, series: int, *, step: bool = False) -> None:
        """A line; ``step`` holds each value until the next."""
        style = "steps-post" if step else "default"
        self.axes.plot(
            x, y, label=name, drawstyle=style, color=_colour(series), linestyle=_dash(series)
        )
        self.named += 1

    def points(
        self, x: Any, y: Any, name: str, series: int, intervals: Any = None, *, joined: bool = True
    ) -> None:
        """Points, joined by a line, with intervals (n, 2) if there are some."""
        spread = None
        if intervals is not None:
            centre, limits = np.asarray(y, dtype=float), np.asarray(intervals, dtype=float)
            spread = np.maximum([centre - limits[:, 0], limits[:, 1] - centre], 0)
        self.axes.errorbar(
            x,
            y,
            yerr=spread,
            label=name,
            color=_colour(series),
            linestyle=_dash(series) if joined else "none",
            marker=MARKERS[series % len(MARKERS)],
            markersize=4.5,
            capsize=2,
            linewidth=1.4,
        )
        self.named += 1

    def band(self, x: Any, low: Any, high: Any, series: int, *, strength: float) -> None:
        """A filled band."""
        self.axes.fill_between(x, low, high, color=_colour(series), alpha=strength, linewidth=0)

    def shares(self, label: str) -> None:
        """The upright axis holds shares, 0 to 100%."""
        self.axes.set_ylim(-0.03, 1.03)
        self.axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0%", "25%", "50%", "75%", "100%"])
        self.axes.set_ylabel(label)

    def ticks(self, values: Sequence[float]) -> None:
        """Mark just these values on a logarithmic x axis, in plain numbers."""
        self.axes.set_xscale("log")
        self.axes.set_xticks(values, [f"{value:g}" for value in values])
        self.axes.set_xticks([], minor=True)


@contextmanager
def chart(title: str, name: str, *, height: float = _HEIGHT) -> Iterator[tuple[Panel, list[Chart]]]:
    """A panel to draw on; the chart lies in the list when the block ends.

    name: says what is seen, to who cannot see it; it also keys the SVG's ids.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    done: list[Chart] = []
    with mpl.rc_context({**_STYLE, "svg.hashsalt": name}):
        figure = Figure(figsize=(_WIDTH, height), layout="constrained")
        panel = Panel(figure.add_subplot())
        panel.axes.set_title(title)
        yield panel, done
        if panel.named > 1:
            _, names = panel.axes.get_legend_handles_labels()
            columns = 3 if panel.named > 2 and max(map(len, names)) <= _SHORT else 2
            figure.legend(loc="outside lower left", ncols=columns, handlelength=2.2)
        done.append(Chart(_svg(figure, name)))


def _svg(figure: Any, name: str) -> str:
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    for patch in (figure.patch, *(axes.patch for axes in figure.axes)):
        patch.set(facecolor="none", edgecolor="none")
    buffer = io.StringIO()
    blank = {"Date": None, "Creator": None, "Format": None, "Type": None}
    # Drawing lays out, once; savefig would draw before it draws.
    FigureCanvasSVG(figure).print_svg(buffer, metadata=blank)
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->\n?", "", text, flags=re.DOTALL)
    text = re.sub(r' xmlns(?::\w+)?="[^"]*"', "", text)
    text = text.replace("xlink:href", "href")
    text = re.sub(r'<g id="[^"]*"', "<g", text)  # matplotlib numbers them alike in every file
    head, _, rest = text.partition(">")
    head = re.sub(r' (width|height|version)="[^"]*"', "", head)
    rest = re.sub(r"<[^>]*>", lambda tag: _plainer(tag[0]), rest)
    return f'{head} role="img" aria-label="{html.escape(name)}">{rest}'


def _plainer(tag: str) -> str:
    """Two digits of each number, the page's fonts and colours. Text, which may be a stranger's, stays as it is."""
    for colour, variable in _VARIABLES.items():
        tag = tag.replace(colour, f"var(--{variable})")
    tag = re.sub(r"(\d+\.\d\d)\d+", r"\1", tag)
    return re.sub(r"('[^']*', |[A-Z][\w ]*, )*sans-serif[^;\"]*", "system-ui, sans-serif", tag)


def _colour(series: int) -> str:
    return SERIES[series % len(SERIES)]


def _dash(series: int) -> Any:
    return DASHES[series % len(DASHES)]

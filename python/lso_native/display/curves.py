"""Curves over epochs as a small SVG."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lso_native._typing import Array, Float64Array

# Each can be seen on white and on black (a contrast above 3).
_COLOURS = ("#0072b2", "#c44e00", "#007a5a", "#a8488a", "#8a6d00", "#767676")
_DASHES = ("none", "6 2", "2 2", "8 2 2 2", "4 2", "none")
_WIDTH, _HEIGHT = 420, 150
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 8, 8, 24  # margins for the numbers beside the axes
_WIDE = 30  # the largest over the smallest value, beyond which the axis is logarithmic


@dataclass(frozen=True, eq=False)
class Curves:
    """Values after each epoch, a line a name; what is not finite is left out."""

    values: Mapping[str, ArrayLike]

    def text(self) -> str:
        """Nothing: it is a picture."""
        return ""

    def html(self) -> str:
        """An SVG and the names of its lines; nothing where no line has two points."""
        lines = {}
        for name, values in self.values.items():
            at, found = thinned(np.asarray(values, np.float64))
            finite = np.isfinite(found)
            if finite.sum() > 1:
                lines[name] = at[finite], found[finite]
        return _svg(lines) + _names(lines) if lines else ""

    def png(self) -> bytes | None:
        """None: it is drawn by the page."""
        return None


def thinned(values: Sequence[float] | Array, most: int = 200) -> tuple[Array, Float64Array]:
    """At most about ``most`` of the values, the last among them, and their places from 1."""
    every = max(1, -(-len(values) // most))
    places = np.arange(0, len(values), every)
    if len(values):
        places = np.unique([*places, len(values) - 1])
    return places + 1, np.asarray(values, dtype=np.float64)[places]


def _svg(lines: Mapping[str, tuple[Array, Array]]) -> str:
    every = np.concatenate([values for _, values in lines.values()])
    low, high, last = every.min(), every.max(), max(at[-1] for at, _ in lines.values())
    log = bool(low > 0 and high / _WIDE > low)
    base = _HEIGHT - _BOTTOM

    def height(values: Array) -> Array:
        bottom, top, here = (np.log(v) if log else v for v in (low, high, values))
        share = (here - bottom) / (top - bottom) if high > low else np.full(len(values), 0.5)
        return np.asarray(base - share * (base - _TOP))

    def across(at: Array) -> Array:
        return np.asarray(_LEFT + (at - 1) / (last - 1) * (_WIDTH - _LEFT - _RIGHT))

    drawn = []
    for i, (at, values) in enumerate(lines.values()):
        points = " ".join(
            f"{x:.1f},{y:.1f}" for x, y in zip(across(at), height(values), strict=True)
        )
        drawn.append(f'<polyline points="{points}" fill="none" {_stroke(i)}/>')
    texts = (
        (_LEFT - 6, _TOP + 8, "end", f"{high:.3g}"),
        (_LEFT - 6, base, "end", f"{low:.3g}"),
        (_LEFT, _HEIGHT - 6, "start", "1"),
        (_WIDTH - _RIGHT, _HEIGHT - 6, "end", f"{last:,}"),
        ((_LEFT + _WIDTH) / 2, _HEIGHT - 6, "middle", f"epochs{', log scale' if log else ''}"),
    )
    drawn += [
        f'<text x="{x:g}" y="{y:g}" text-anchor="{side}" fill="currentColor">{text}</text>'
        for x, y, side, text in texts
    ]
    axis = f'<path d="M{_LEFT} {_TOP}V{base}H{_WIDTH - _RIGHT}" fill="none" stroke="currentColor" opacity=".4"/>'
    name = html.escape(f"{', '.join(lines)} after each epoch")
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" font-size="11" role="img" aria-label="{name}">'
        f"{axis}{''.join(drawn)}</svg>"
    )


def _names(lines: Mapping[str, object]) -> str:
    samples = "".join(
        f'<span style="display:inline-block;margin-right:1em"><svg viewBox="0 0 22 8" width="22" '
        f'style="display:inline-block"><path d="M0 4H22" {_stroke(i)}/></svg> '
        f"{html.escape(name.replace('_', ' '))}</span>"
        for i, name in enumerate(lines)
    )
    return f"<p><small>{samples}</small></p>"


def _stroke(series: int) -> str:
    i = series % len(_COLOURS)
    return f'stroke="{_COLOURS[i]}" stroke-width="1.6" stroke-dasharray="{_DASHES[i]}"'

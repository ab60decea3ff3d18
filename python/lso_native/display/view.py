"""What something shows of itself: a title, a line, and blocks below."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Protocol

# currentColor and transparency alone, so that it goes with a page of any scheme.
_STYLE = """
.lso-view { line-height: 1.4; } .lso-view > p { margin: .3em 0; } .lso-view small { opacity: .75; }
.lso-view table { border-collapse: collapse; margin: .6em 0; font-variant-numeric: tabular-nums; }
.lso-view th, .lso-view td { padding: .15em .7em; text-align: right; border-bottom: 1px solid
  color-mix(in srgb, currentColor 25%, transparent); background: none; color: inherit; }
.lso-view th:first-child, .lso-view td:first-child { text-align: left; padding-left: 0; }
.lso-view .words td, .lso-view .words th { text-align: left; } .lso-view .words td + td { overflow-wrap: anywhere; }
.lso-view img { max-width: 100%; height: auto; margin: .4em 0; } .lso-view svg { display: block; max-width: 100%; }
"""


class Block(Protocol):
    """A part of a view."""

    def text(self) -> str:
        """As lines for a terminal; empty for what only a picture can show."""

    def html(self) -> str:
        """As elements of a page, escaped, that fetch nothing."""

    def png(self) -> bytes | None:
        """As a picture, if it is one."""


@dataclass(frozen=True)
class View:
    """A title, a line under it, and blocks."""

    title: str
    line: str = ""
    blocks: tuple[Block, ...] = ()

    def text(self) -> str:
        """For a terminal."""
        head = f"{self.title}: {self.line}" if self.line else self.title
        return "\n\n".join(filter(None, (head, *(block.text() for block in self.blocks))))

    def html(self) -> str:
        """For a notebook: one element, which goes with light and dark pages."""
        line = f"<p>{html.escape(self.line)}</p>" if self.line else ""
        inside = "".join(block.html() for block in self.blocks)
        title = f"<p><strong>{html.escape(self.title)}</strong></p>"
        return f'<div class="lso-view"><style>{_STYLE}</style>{title}{line}{inside}</div>'

    def png(self) -> bytes | None:
        """The first block that is a picture, None where there is none."""
        return next(filter(None, (block.png() for block in self.blocks)), None)


class Shown:
    """Draws itself in a notebook, by its ``_view``."""

    __slots__ = ()

    def _view(self) -> View:
        raise NotImplementedError

    def _repr_html_(self) -> str:
        return self._view().html()

    def _repr_png_(self) -> bytes | None:
        return self._view().png()

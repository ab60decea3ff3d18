"""One line that changes in place: in a terminal, in a notebook; elsewhere only what stays is written."""

from __future__ import annotations

import html
import importlib
import os
import shutil
import sys
import textwrap
import unicodedata
from dataclasses import dataclass, field
from typing import Any, Protocol, TextIO

_BAR = 12  # characters of a bar
_NARROW = 70  # columns, below which there is no room for one
_LEAST = 24  # columns that say what runs, where there is more to say
_STRUCK = 2  # columns beside it, where a terminal shows ^C
_KEPT = 3  # lines below the one that changes, in a notebook
# Each a character, so that no line grows.
PLAIN = str.maketrans({"−": "-", "–": "-", "×": "x", "±": "~", "…": "~", "≥": ">", "é": "e"})


@dataclass(frozen=True)
class Bar:
    """How far something is.

    Attributes
    ----------
    share : of 1, where that is known; else below 0.
    left : how long it still takes, in words.
    what, more : what runs, and how far that is.
    """

    share: float = -1.0
    left: str = ""
    what: str = ""
    more: str = ""

    def text(self, width: int, *, plain: bool = False) -> str:
        """At most ``width`` columns; ``plain``: of ASCII alone, as far as the words are."""
        wide, head = width >= _NARROW, ""
        if self.share >= 0:
            done = round(self.share * _BAR)
            full, empty = "#-" if plain else "━┄"
            bar = f"{full * done}{empty * (_BAR - done)} " if wide else ""
            head = f"{bar}{percent(self.share)}  "
        if self.left:
            head += f"{self.left if wide else self.left.removeprefix('about ')}  "
        more = f" {self.more}" if self.more else ""
        room = max(width - _columns(head) - _columns(more), _LEAST if wide else _LEAST // 2)
        cut = _cut(f"{head}{_cut(self.what, room)}{more}", width)
        return cut.translate(PLAIN) if plain else cut

    def html(self) -> str:
        """An element of a page."""
        known = f' value="{self.share:.4f}"' if self.share >= 0 else ""
        words = [percent(self.share).strip()] if self.share >= 0 else []
        words += filter(None, (self.left, f"{self.what} {self.more}".strip()))
        told = html.escape(" · ".join(words))
        return f'<progress{known} style="width:12em;vertical-align:middle"></progress> {told}'


class Line(Protocol):
    """Where bars are seen."""

    def begin(self, what: str) -> None:
        """Something that may be long has begun."""

    def show(self, bar: Bar) -> None:
        """In place of what was shown before."""

    def say(self, text: str, page: str | None = None) -> None:
        """A line that stays; ``page``: the same in HTML."""

    def close(self, stay: str = "") -> None:
        """What changed goes; ``stay`` is in its place, a line that stays."""


def open_line() -> Line:
    """In a notebook an output of the cell, else on standard error."""
    # Asked of IPython only where it is loaded: nobody else has a kernel.
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if hasattr(shell, "kernel"):
        return Notebook()
    stream = sys.stderr
    if stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb":
        return Terminal(stream)
    return Lines()


def say(text: str, *, aside: bool = False) -> None:
    """Print a line, ``aside`` on standard error: where a service has closed the stream, or a pipe has, to nobody."""
    write(f"{text}\n", "stderr" if aside else "stdout")


def write(text: str, name: str) -> None:
    """``text`` as it is on the stream ``name`` of sys, in characters that it has."""
    stream = getattr(sys, name)
    if stream is None:
        return
    try:
        stream.write(encodable(text, stream))
        stream.flush()
    except (OSError, ValueError):
        setattr(sys, name, None)  # else Python tries it again at its end


def encodable(text: str, stream: TextIO) -> str:
    """``text`` in characters that ``stream`` can encode."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(PLAIN).encode(encoding, "replace").decode(encoding)
    return text


def width_of(name: str) -> int:
    """Columns of the terminal that the stream ``name`` of sys is, 0 where it is none."""
    stream = getattr(sys, name)
    if stream is None or not stream.isatty():
        return 0
    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        columns = 0
    return columns or shutil.get_terminal_size().columns


def percent(share: float) -> str:
    """``share`` in four characters; never 100% before all is done."""
    return f"{100 if share >= 1 else min(int(share * 100), 99):3d}%"


@dataclass
class Terminal:
    """Its last line. By carriage return and blanks alone, so that whatever is a terminal can show it."""

    stream: TextIO
    _shown: int = field(default=0, init=False)

    def begin(self, what: str) -> None:
        """Nothing: a bar will tell."""

    def show(self, bar: Bar) -> None:
        """Write over what was there."""
        plain = encodable("━┄…", self.stream) != "━┄…"
        text = bar.text(max(width_of("stderr") - 1 - _STRUCK, 20), plain=plain)
        columns = _columns(text)
        write(f"\r{text}{' ' * (self._shown - columns)}", "stderr")
        self._shown = columns

    def say(self, text: str, page: str | None = None) -> None:  # noqa: ARG002 - for a page
        """Above it, broken between words."""
        self.close()
        width = max(width_of("stderr") - 1, 20)
        lines = textwrap.wrap(
            _printable(text), width, subsequent_indent="      ", break_long_words=False
        )
        say("\n".join(lines), aside=True)

    def close(self, stay: str = "") -> None:
        """Leave the line empty, or to what stays."""
        if self._shown:
            write(f"\r{' ' * (self._shown + _STRUCK)}\r", "stderr")
        self._shown = 0
        if stay:
            self.say(stay)


class Lines:
    """No terminal: what stays, a line each."""

    def begin(self, what: str) -> None:
        """A line."""
        self.say(f"{what} ...")

    def show(self, bar: Bar) -> None:
        """Nothing."""

    def say(self, text: str, page: str | None = None) -> None:  # noqa: ARG002 - for a page
        """A line."""
        say(_printable(text), aside=True)

    def close(self, stay: str = "") -> None:
        """What stays."""
        if stay:
            self.say(stay)


class Notebook:
    """An output of a notebook's cell, which is updated."""

    def __init__(self) -> None:
        self._display = importlib.import_module("IPython.display").display
        self._handle: Any = None
        self._bar: Bar | None = None
        self._said: list[tuple[str, str]] = []

    def begin(self, what: str) -> None:
        """Nothing: a bar will tell."""

    def show(self, bar: Bar) -> None:
        """The bar, and the last lines below."""
        self._bar = bar
        self._draw()

    def say(self, text: str, page: str | None = None) -> None:
        """Below it; the last few stay."""
        self._said = [*self._said, (text, page or html.escape(text))][-_KEPT:]
        self._draw()

    def close(self, stay: str = "") -> None:
        """Only lines stay, in this cell; the next thing has an output of its own."""
        if stay:
            self._said = [*self._said, (stay, html.escape(stay))][-_KEPT:]
        if stay or self._bar is not None:
            self._bar = None
            self._draw()
        self._handle, self._said = None, []

    def _draw(self) -> None:
        bar = [] if self._bar is None else [(self._bar.text(79), self._bar.html())]
        lines = [*bar, *self._said]
        page = "".join(f'<div style="line-height:1.5">{page}</div>' for _, page in lines)
        data = {
            "text/plain": "\n".join(text for text, _ in lines),
            "text/html": f"<div>{page}</div>",
        }
        if self._handle is None:
            self._handle = self._display(data, raw=True, display_id=True)
        else:
            self._handle.update(data, raw=True)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def _columns(text: str) -> int:
    """That ``text`` takes in a terminal."""
    return sum(_column(c) for c in text)


def _column(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _cut(text: str, width: int) -> str:
    """The beginning of ``text``, where it is too long."""
    text = _printable(text)
    if _columns(text) <= width:
        return text
    while text and _columns(text) > width - 1:
        text = text[:-1]
    return f"{text.rstrip()}…" if width > 1 else ""

"""Tables, as text, as HTML, and as columns of numbers."""

from __future__ import annotations

import html
import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lso_native._typing import Array, BoolArray

NONE = "–"
_BETWEEN = "  "  # columns
Columns = dict[str, Array]
"""Arrays (n,) by the names of a table's columns."""


@dataclass(frozen=True)
class Table:
    """Cells of text under a head; the first column to the left, the others to the right."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""
    """a line below"""
    words: bool = False
    """whether a page puts all columns to the left"""

    def text(self) -> str:
        """Columns of plain text, the note below."""
        if not self.rows:
            return self.note
        return "\n".join(filter(None, (text_table(self.head, self.rows), self.note)))

    def html(self) -> str:
        """A table element."""
        note = f"<p><small>{html.escape(self.note)}</small></p>" if self.note else ""
        if not self.rows:
            return note
        head, *rows = (
            "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in line)
            for tag, line in (("th", self.head), *(("td", row) for row in self.rows))
        )
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        kind = ' class="words"' if self.words else ""
        return f"<table{kind}><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}"

    def png(self) -> bytes | None:
        """None: it is no picture."""
        return None


def text_table(head: Sequence[str], rows: Sequence[Sequence[str]], width: int = 0) -> str:
    """Columns of plain text, the first to the left, the others to the right. What is beyond ``width`` columns of
    characters, if that is not 0, stands below, beside the first column once more."""
    widths = [max(len(line[i]) for line in (head, *rows)) for i in range(len(head))]
    parts: list[list[int]] = [[0]]
    for i in range(1, len(head)):
        taken = sum(widths[j] + len(_BETWEEN) for j in parts[-1])
        if width and len(parts[-1]) > 1 and taken + widths[i] > width:
            parts.append([0])
        parts[-1].append(i)
    return "\n\n".join(_columns(head, rows, widths, part) for part in parts)


def _columns(
    head: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int], part: list[int]
) -> str:
    lines = [
        _BETWEEN.join(
            line[i].ljust(widths[i]) if i == 0 else line[i].rjust(widths[i]) for i in part
        ).rstrip()
        for line in (head, tuple("-" * width for width in widths), *rows)
    ]
    return "\n".join(lines)


def miss(missed: BoolArray, loss: Array, mse: Array) -> str:
    """By how much the ``missed`` ones (n,) typically miss, a median: the root of the mean squared distance a value, in
    the values' units, or where there is none (a NaN ``mse``) E."""
    of, errors = "rms", np.sqrt(mse[missed])
    if np.isnan(errors).all():
        of, errors = "E", loss[missed]
    return f"{of} {typical(errors)}" if not np.isnan(errors).all() else NONE


def typical(values: Array) -> str:
    """The median of those that are numbers."""
    known = values[~np.isnan(values)]
    return f"{np.median(known):.3g}" if known.size else NONE


def frame(columns: Columns, caller: str, arrays: str) -> Any:
    """A pandas.DataFrame of ``columns``; ImportError where pandas is missing, saying what ``caller`` needs, and which
    method has the ``arrays``."""
    try:
        pandas = importlib.import_module("pandas")
    except ImportError as error:
        raise ImportError(
            f"{caller} needs pandas: pip install pandas, or take the arrays of {arrays}"
        ) from error
    return pandas.DataFrame(columns)

"""Progress on a terminal: a bar a stage; elsewhere a line a stage."""

from __future__ import annotations

import importlib.util
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress


def say(text: str, *, aside: bool = False) -> None:
    """Print a line, ``aside`` on standard error: where a service has closed the stream, or a pipe has, to nobody."""
    name = "stderr" if aside else "stdout"
    stream = getattr(sys, name)
    if stream is None:  # print would take the other one
        return
    try:
        print(text, file=stream, flush=True)
    except (OSError, ValueError):
        setattr(sys, name, None)  # else Python tries it again at its end


class Display:
    """Shows the stages of an experiment on stderr (``study.progress.Progress``).

    Bars need a terminal, and rich; without either there are lines.
    """

    def __init__(self) -> None:
        terminal = sys.stderr is not None and sys.stderr.isatty()
        self._bars = _bars() if terminal and importlib.util.find_spec("rich") else None
        self._stage, self._said = "", False
        self._begin = 0.0

    def __enter__(self) -> Self:
        if self._bars is not None:
            self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bars is not None:
            self._bars.stop()

    def start(self, stage: str, total: int) -> None:
        """Begin a stage of ``total`` steps; it shows once its first step is done."""
        self._stage, self._said = stage, False
        self._begin = time.monotonic()
        if self._bars is not None:
            self._bars.reset(
                self._bars.task_ids[0], total=total, description=stage, visible=True, note=""
            )

    def update(self, done: int, note: str = "") -> None:
        """Move the bar."""
        if self._bars is not None:
            self._bars.update(self._bars.task_ids[0], completed=done, note=note)
        elif not self._said:
            self._line(f"{self._stage} ...")
            self._said = True

    def finish(self, note: str) -> None:
        """Leave a line in the bar's place."""
        if self._bars is not None:
            self._bars.update(self._bars.task_ids[0], visible=False)
        seconds = time.monotonic() - self._begin
        self._line(f"{'  ' if self._said else self._stage + ': '}{note} ({seconds:.1f} s)")

    def note(self, text: str) -> None:
        """Print a line of its own."""
        self._line(f"note: {text}")

    def _line(self, text: str) -> None:
        if self._bars is not None:
            self._bars.console.print(text, highlight=False, markup=False, soft_wrap=True)
        else:
            say(text, aside=True)


def _bars() -> Progress:
    from rich import progress
    from rich.console import Console
    from rich.table import Column

    def text(what: str, most: int) -> progress.TextColumn:
        # What is too long is cut: else it would leave the bar a single character.
        return progress.TextColumn(what, table_column=Column(no_wrap=True, max_width=most))

    console, bar, share, left, note = Console(file=sys.stderr), 14, 4, 5, 25
    bars = progress.Progress(
        text("{task.description}", max(10, console.width - (bar + share + left + note + 4))),
        progress.BarColumn(bar_width=bar),
        text("{task.percentage:>3.0f}%", share),
        progress.TimeRemainingColumn(compact=True, table_column=Column(width=left)),
        text("{task.fields[note]}", note),
        console=console,
        transient=True,
    )
    bars.add_task("", visible=False, note="")
    return bars

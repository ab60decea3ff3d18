"""Progress on a terminal: a bar a stage; elsewhere a line a stage."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


class Display:
    """Shows the stages of an experiment on stderr (``experiments.progress.Progress``)."""

    def __init__(self) -> None:
        self._console = Console(file=sys.stderr, highlight=False, soft_wrap=True)
        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._bars.add_task("", start=False, visible=False, note="")
        self._stage = ""

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def start(self, stage: str, total: int) -> None:
        """Open a bar of ``total`` steps."""
        self._stage = stage
        if self._console.is_terminal:
            self._bars.reset(self._task, total=total, description=stage, visible=True, note="")
        else:
            self._console.print(f"{stage} ...")

    def update(self, done: int, note: str = "") -> None:
        """Move the bar."""
        self._bars.update(self._task, completed=done, note=note)

    def finish(self, note: str) -> None:
        """Leave a line in the bar's place."""
        seconds = self._bars.tasks[0].elapsed
        took = f" ({seconds:.1f} s)" if seconds is not None and self._console.is_terminal else ""
        self._bars.update(self._task, visible=False)
        mark = f"{self._stage}: " if self._console.is_terminal else "  "
        self._console.print(f"{mark}{note}{took}")

    def note(self, text: str) -> None:
        """Print a line of its own."""
        self._console.print(f"note: {text}")

"""What an experiment tells whoever watches it: ``lso.Progress`` is one who does."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from lso_native.display import Whole


class Progress(Protocol):
    """Hears of one stage after the other; ``update`` may stay away or end before ``total``."""

    def start(self, stage: str, total: int) -> None:
        """``stage`` begins; it will take ``total`` steps at most."""

    def update(self, done: int, note: str = "") -> None:
        """``done`` steps are over."""

    def finish(self, note: str) -> None:
        """The stage is over."""

    def note(self, text: str) -> None:
        """Something worth a line of its own."""

    def whole(self, whole: Whole) -> None:
        """How far the run is that the stages belong to."""

    def over(self, folder: Path) -> None:
        """The run is over: what there is to look at is in ``folder``."""


class Silent:
    """Tells nobody."""

    def start(self, stage: str, total: int) -> None:
        """Nothing."""

    def update(self, done: int, note: str = "") -> None:
        """Nothing."""

    def finish(self, note: str) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""

    def whole(self, whole: Whole) -> None:
        """Nothing."""

    def over(self, folder: Path) -> None:
        """Nothing."""


class PassedOn:
    """Passes on what it hears to ``progress``."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def start(self, stage: str, total: int) -> None:
        """The same."""
        self._progress.start(stage, total)

    def update(self, done: int, note: str = "") -> None:
        """The same."""
        self._progress.update(done, note)

    def finish(self, note: str) -> None:
        """The same."""
        self._progress.finish(note)

    def note(self, text: str) -> None:
        """The same."""
        self._progress.note(text)

    def whole(self, whole: Whole) -> None:
        """The same."""
        self._progress.whole(whole)

    def over(self, folder: Path) -> None:
        """The same."""
        self._progress.over(folder)

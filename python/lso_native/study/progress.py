"""What an experiment tells whoever watches it."""

from __future__ import annotations

from typing import Protocol


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

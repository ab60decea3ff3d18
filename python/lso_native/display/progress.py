"""How far something is, for whoever watches it."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Protocol, Self

from .line import Bar, open_line, percent
from .link import anchor

__all__ = ["Progress", "Whole", "duration"]

_EVERY = 0.1  # seconds between two drawings
_SHORT = 0.05  # seconds that are not worth telling
_TELLING = 0.5  # seconds, above which the pace is known


class Told(Protocol):
    """What a callback is told; its ``str`` says it in words."""

    @property
    def share(self) -> float:
        """How much is done, of 1."""


class Whole(NamedTuple):
    """How far a run of many steps is.

    Attributes
    ----------
    made, steps : how many there are, those that an earlier run made among them, of how many.
    share : how much of the work is done, of 1.
    left : seconds that the rest takes, about.
    running : what is being made, if something is.
    """

    made: int
    steps: int
    share: float
    left: float
    running: str = ""

    def __str__(self) -> str:
        return f"{self.made:,} of {self.steps:,} steps"


class Progress:
    """Shows how far something is: ``callback=lso.Progress()`` of ``fit``, ``train``, ``optimize``, ``generate`` and
    ``weighted_retraining``, and ``progress=lso.Progress()`` of a study's ``run``.

    In a terminal it is a bar in the last line, with about how long the rest takes; in a notebook an output of the cell,
    which changes; elsewhere a line when something is done. All but the notebook's goes to standard error.

    Parameters
    ----------
    title : what to say before the words of each call.

    >>> from lso_native.optimize import OptimizeProgress
    >>> Progress()(OptimizeProgress(5, 20))
    """

    def __init__(self, title: str = "") -> None:
        self._title = title
        self._share, self._stay = 1.0, ""  # of the call that is watched: 1 and nothing between two
        self._stage, self._total, self._begun = "", 1, False
        self._whole: Whole | None = None
        self._first = self._begin = time.monotonic()
        self._from = 0.0  # the share that there was when it began
        self._drawn = 0.0
        self._bar = Bar()
        self._line = open_line()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_line"):  # else it never was
            self.close()

    def __call__(self, told: Told) -> None:
        """What a callback does; asks nobody to stop."""
        share, words = told.share, f"{self._title}: {told}" if self._title else str(told)
        if share < self._share:
            self.close()
            self._begin, self._from = time.monotonic(), share
        self._share, self._stay = share, words
        if share >= 1:
            self.close()
        else:
            self._show(Bar(share, self._rest(share), words))

    def close(self) -> None:
        """Nothing more comes: what a call said last stays."""
        self._line.close(self._stay)
        self._share, self._stay = 1.0, ""

    def start(self, stage: str, total: int) -> None:
        """``stage`` begins; it will take ``total`` steps at most."""
        self._stage, self._total, self._begun = stage, total, False
        self._begin, self._from = time.monotonic(), 0.0
        self._show(replace(self._bar, what=stage, more=""), at_once=True)

    def update(self, done: int, note: str = "") -> None:
        """``done`` of the stage's steps are over.

        note : what is said beside it.
        """
        share = done / self._total
        if self._whole is None:
            if not self._begun:
                self._line.begin(self._stage)
            self._begun = True
            self._show(Bar(share, self._rest(share), self._stage, note))
        else:
            self._show(replace(self._bar, more=f"{percent(share).strip()} {note}".rstrip()))

    def finish(self, note: str) -> None:
        """The stage is over.

        note : the last words of the line.
        """
        seconds = time.monotonic() - self._begin
        took = f" ({duration(seconds)})" if seconds >= _SHORT else ""
        self._say(f"{self._stage}: {note}{took}")
        self._stage, self._bar = "", replace(self._bar, what="", more="")
        if self._whole is None:
            self._bar = Bar()
            self._line.close()

    def note(self, text: str) -> None:
        """A ``text`` worth a line of its own."""
        self._say(text)

    def whole(self, whole: Whole) -> None:
        """How far the run is, the ``whole`` of it."""
        left = f"about {duration(whole.left)} left"
        if self._whole is None:
            self._first = time.monotonic()
            self._say(f"{whole}, {left}")
        self._whole = whole
        if whole.made < whole.steps:
            what = self._stage or whole.running
            self._show(replace(self._bar, share=whole.share, left=left, what=what))

    def over(self, folder: Path) -> None:
        """The run is: what there is to look at is in ``folder``."""
        if self._whole is not None:
            seconds = time.monotonic() - self._first
            self._say(f"{self._whole} in {duration(seconds)}")
        self._line.say(f"results are in {folder}", f"results are in {anchor(folder)}")
        self._whole, self._bar = None, Bar()
        self._line.close()

    def _say(self, text: str) -> None:
        """A line, after how far the whole is."""
        share = f"{percent(self._whole.share)}  " if self._whole else ""
        self._line.say(share + text)
        self._drawn = 0.0  # it may have taken the bar's place

    def _show(self, bar: Bar, *, at_once: bool = False) -> None:
        self._bar, now = bar, time.monotonic()
        if at_once or now - self._drawn > _EVERY:
            self._line.show(bar)
            self._drawn = now

    def _rest(self, share: float) -> str:
        """How long what began takes, by how long it took since; nothing where that is too short to tell by."""
        passed, done = time.monotonic() - self._begin, share - self._from
        if passed < _TELLING or done <= 0:
            return ""
        return f"about {duration(passed * (1 - share) / done)} left"


def duration(seconds: float) -> str:
    """In words, of a precision that it deserves."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 300:
        minutes, rest = divmod(round(seconds, -1), 60)
        return f"{minutes:.0f} min {rest:.0f} s" if rest else f"{minutes:.0f} min"
    minutes = round(seconds / 60)
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes // 60:.0f} h {minutes % 60:.0f} min"

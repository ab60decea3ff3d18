"""A command beside one that nothing happened to: what is gone, half there, or other than it should be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trust.commands import Command, contents


class Trial:
    """A command in a folder of its own; ``wrong`` says what was found, of so many files that were ``compared``."""

    def __init__(self, command: Command, folder: Path) -> None:
        self.command = command
        self._folder = folder
        self._old = contents(command.fresh(folder, "whole"))
        self.length = command.run(folder / "whole")
        self._whole = contents(folder / "whole")
        self.compared = 0
        self.wrong: list[str] = []
        self.begin()

    def begin(self) -> Path:
        """The folder as it is before the command."""
        self.out = self.command.fresh(self._folder, "torn")
        self._before = contents(self.out)
        return self.out

    def look_at(self) -> None:
        """After a run that ended early: nothing is gone, and nothing there that is neither old nor new."""
        now = contents(self.out)
        self.compared += len(now)
        self.wrong += [f"{name} is gone" for name in self._before if name not in now]
        if self.command.other is not None:
            known = (self._old, self._whole)
            odd = [n for n in now if all(now[n] != each.get(n) for each in known)]
            self.wrong += [f"{name} is neither the old nor the new one" for name in odd]
        self._before = now

    def compare(self) -> None:
        """After one that came to its end: the same bytes in every file."""
        now: dict[str, Any] = contents(self.out)
        self.compared += len(now)
        names = sorted({*now, *self._whole})
        self.wrong += [
            f"{name} differs" for name in names if now.get(name) != self._whole.get(name)
        ]

    def finish(self) -> None:
        """Run it to its end, and compare."""
        self.command.run(self.out)
        self.compare()

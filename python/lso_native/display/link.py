"""What was written, as a link that opens."""

from __future__ import annotations

import html
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

__all__ = ["Link"]


@dataclass(frozen=True, repr=False)
class Link(os.PathLike[str]):
    """A file that was written: goes wherever a path goes, prints as one, and is a link in a notebook."""

    path: Path

    def __fspath__(self) -> str:
        return str(self.path)

    def __str__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        return self.address

    @property
    def address(self) -> str:
        """Its URL, which terminals open."""
        return self.path.resolve().as_uri()

    def _repr_html_(self) -> str:
        return f"{anchor(self.path)} in {anchor(self.path.parent)}"


def anchor(path: Path) -> str:
    """An element of a page: a link relative to the working folder, since pages that a server sends may not open files;
    what lies elsewhere by its URL."""
    whole = path.resolve()
    try:
        target, text = quote(whole.relative_to(Path.cwd()).as_posix()), str(path)
    except ValueError:
        target, text = whole.as_uri(), str(whole)
    return f'<a href="{html.escape(target or ".")}" target="_blank">{html.escape(text)}</a>'

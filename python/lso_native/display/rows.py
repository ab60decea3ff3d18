"""Results of many rows: as a table, as columns, as pictures."""

from __future__ import annotations

from typing import Any

import numpy as np

from lso_native._typing import Array, BoolArray, FloatArray

from .samples import Samples
from .tables import Columns, Table, frame
from .view import Shown


class Rows(Shown):
    """What prints as a table and has columns, a row a start or sample."""

    latents: FloatArray

    def _columns(self) -> Columns:
        raise NotImplementedError

    def _samples(self) -> Samples:
        raise NotImplementedError

    def columns(self, *, latents: bool = False) -> Columns:
        """Arrays (n,) by name: what became of each row, whether each thing asked for is ``met``, by how much it was
        missed and, if asked for, each of the ``latents``."""
        more = {f"latent {i}": column for i, column in enumerate(self.latents.T)} if latents else {}
        return self._columns() | more

    def to_frame(self, *, latents: bool = False) -> Any:
        """``columns`` as a pandas.DataFrame.

        Raises ImportError where pandas is missing.

        latents : whether each of them is a column too.
        """
        return frame(self.columns(latents=latents), "to_frame", "columns()")

    def __repr__(self) -> str:
        return self._view().text()


def counts(head: str, names: Array, iterations: Array) -> Table:
    """How many rows there are of each name (n,), and the iterations (n,) they took."""
    rows = []
    for name in np.unique(names).tolist():
        steps = iterations[names == name]
        spread = f"{steps.min():,} to {steps.max():,}"
        rows.append((name, f"{len(steps):,}", f"{np.median(steps):,g}", spread))
    return Table((head, "rows", "median iterations", "from, to"), rows)


def share(met: BoolArray) -> tuple[str, str]:
    """Cells: how many, of how many."""
    return f"{int(met.sum()):,}", f"{len(met):,}"


def numbered(names: list[str]) -> list[str]:
    """The names, with a number where there are several of one."""
    return [
        name if names.count(name) == 1 else f"{name} {names[: i + 1].count(name)}"
        for i, name in enumerate(names)
    ]

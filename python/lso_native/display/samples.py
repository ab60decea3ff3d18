"""Samples, drawn as images where they look like images, else listed by their values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lso_native._typing import Array, BoolArray

from .sheet import Sheet, image_shape
from .tables import Table

_TILE = 56  # pixels that an image's side is drawn with, or near it
_LISTED, _VALUES = 6, 8  # samples in a table, and values of each
_LOOKED_AT = 1_000  # samples that tell whether they are images


@dataclass(frozen=True, eq=False)
class Samples:
    """Rows to be shown: a block of a view, or by themselves."""

    values: Array
    """(n, d)"""
    missed: BoolArray | None = None
    """(n,) those that are not what was asked for: framed"""
    labels: Array | None = None
    """(n,) a row of the sheet for each label"""
    what: str = "samples"
    """what they are called"""

    def sheet(
        self,
        shape: tuple[int, int],
        *,
        columns: int = 10,
        most: int = 30,
        captions: Sequence[str] | None = None,
        scale: int | None = None,
    ) -> Sheet:
        """The first ones as images of ``shape`` (height, width): at most ``most``, or of each label a row."""
        names = None
        if self.labels is None or captions is not None:
            shown = np.arange(min(most, len(self.values)))
            columns = min(columns, max(1, len(shown)))
            rows = -(-len(shown) // columns)
            places = np.pad(shown, (0, rows * columns - len(shown)), constant_values=-1)
            places = places.reshape(rows, columns)
        else:
            classes = np.unique(self.labels)[: max(1, most // columns)]
            names = [str(label) for label in classes.tolist()]
            places = np.full((len(names), columns), -1)
            for row, label in zip(places, classes, strict=True):
                members = np.flatnonzero(self.labels == label)[:columns]
                row[: len(members)] = members
            places = places[:, : max(1, (places >= 0).sum(axis=1).max(initial=0))]
        scale = scale or max(1, round(_TILE / max(shape)))
        note = self._note(int((places >= 0).sum()))
        if self.missed is not None and self.missed[places[places >= 0]].any():
            note += "; framed: not what was asked for"
        return Sheet(self.values, shape, places, scale, captions, names, self.missed, note)

    def _note(self, n_shown: int) -> str:
        return f"{n_shown:,} of {len(self.values):,} {self.what}"

    def _block(self) -> Sheet | Table:
        shape = image_shape(self.values[:_LOOKED_AT])
        if shape is not None and len(self.values):
            return self.sheet(shape, most=30 if self.labels is None else 100)
        rows = self.values[:_LISTED, :_VALUES]
        more = ["..."] * (rows.shape[1] < self.values.shape[1])
        head = ["", *map(str, range(rows.shape[1])), *more]
        cells = [[str(i), *(f"{x:.3g}" for x in row), *more] for i, row in enumerate(rows)]
        return Table(head, cells, self._note(len(rows)))

    def text(self) -> str:
        """A table of the first values; nothing for images."""
        return self._block().text()

    def html(self) -> str:
        """A picture, or a table of the first values."""
        return self._block().html()

    def png(self) -> bytes | None:
        """A picture, None for what are no images."""
        return self._block().png()

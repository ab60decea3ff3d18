"""How things draw themselves: as text in a terminal, as HTML or PNG in a notebook. Needs NumPy and Pillow alone.

What shows itself is a ``Shown``: its ``_view()`` is a title and blocks (``Table``, ``Curves``, ``Samples``).
"""

from .curves import Curves, thinned
from .rows import Rows, counts, numbered, share
from .samples import Samples
from .sheet import FAIL, INK, PAPER, Sheet, data_uri, image_shape, image_side, png, tile
from .tables import NONE, Columns, Table, miss, text_table, typical
from .view import Shown, View

__all__ = [
    "FAIL",
    "INK",
    "NONE",
    "PAPER",
    "Columns",
    "Curves",
    "Rows",
    "Samples",
    "Sheet",
    "Shown",
    "Table",
    "View",
    "counts",
    "data_uri",
    "image_shape",
    "image_side",
    "miss",
    "numbered",
    "png",
    "share",
    "text_table",
    "thinned",
    "tile",
    "typical",
]

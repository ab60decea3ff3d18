"""How things draw themselves: as text in a terminal, as HTML or PNG in a notebook. Needs NumPy and Pillow alone.

What shows itself is a ``Shown``: its ``_view()`` is a title and blocks (``Table``, ``Curves``, ``Samples``).
"""

from .curves import Curves, thinned
from .samples import Samples
from .sheet import FAIL, INK, PAPER, Sheet, data_uri, image_shape, image_side, png, tile
from .tables import Columns, Table, frame, miss, text_table
from .view import Shown, View

__all__ = [
    "FAIL",
    "INK",
    "PAPER",
    "Columns",
    "Curves",
    "Samples",
    "Sheet",
    "Shown",
    "Table",
    "View",
    "data_uri",
    "frame",
    "image_shape",
    "image_side",
    "miss",
    "png",
    "text_table",
    "thinned",
    "tile",
]

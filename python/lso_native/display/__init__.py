"""How things draw themselves: as text in a terminal, as HTML or PNG in a notebook. Needs NumPy and Pillow alone.

What shows itself is a ``Shown``: its ``_view()`` is a title and blocks (``Table``, ``Curves``, ``Samples``).
"""

from .curves import Curves, thinned
from .line import Bar, encodable, open_line, say, width_of
from .link import Link, anchor
from .progress import Progress, Whole, duration
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
    "Bar",
    "Columns",
    "Curves",
    "Link",
    "Progress",
    "Rows",
    "Samples",
    "Sheet",
    "Shown",
    "Table",
    "View",
    "Whole",
    "anchor",
    "counts",
    "data_uri",
    "duration",
    "encodable",
    "image_shape",
    "image_side",
    "miss",
    "numbered",
    "open_line",
    "png",
    "say",
    "share",
    "text_table",
    "thinned",
    "tile",
    "typical",
    "width_of",
]

"""Handwritten digits: 5,000 of them embedded, or the full MNIST set; and squares, the shapes task."""

from .attributes import attributes
from .digits import Digits, Part, load
from .idx import read_idx
from .junk import junk
from .mnist import Mnist, read_mnist
from .resize import half
from .shapes import shapes
from .variation import varied

__all__ = [
    "Digits",
    "Mnist",
    "Part",
    "attributes",
    "half",
    "junk",
    "load",
    "read_idx",
    "read_mnist",
    "shapes",
    "varied",
]

"""``show``: a picture of samples, in a notebook or as a file."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from lso_native._atomic import atomic
from lso_native._checks import as_numbers, check_int, check_path, resolve_seed, shown
from lso_native._typing import Array, RandomState
from lso_native.display import Samples, image_side, png
from lso_native.errors import ArgumentError, ArgumentTypeError
from lso_native.models.decoding import Decoder

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["Picture", "show"]

Captions = Sequence[object] | Array | Mapping[str, ArrayLike]


@dataclass(frozen=True, eq=False, repr=False)
class Picture:
    """Draws itself in a notebook; in a script, ``save`` it or take its ``image``.

    Attributes
    ----------
    image : the picture, RGB
    note : what is on it, in a line
    """

    image: Image.Image
    note: str = ""

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture to the file ``path``, whole or not at all, in the format that its suffix says.

        Raises ValueError for a suffix that Pillow does not know, OSError where the file cannot be written.
        """
        from PIL import Image

        file = check_path("path", path)
        known = Image.registered_extensions()
        if known.get(file.suffix.lower()) not in Image.SAVE:
            raise ArgumentError(
                "path", "a name that ends in .png or another picture's suffix", shown(str(file))
            )
        with atomic(file) as beside:
            self.image.save(beside, known[file.suffix.lower()])

    def _repr_png_(self) -> bytes:
        return png(self.image)

    def __repr__(self) -> str:
        return f"Picture({self.note}, {self.image.width}x{self.image.height} pixels: save it by .save('name.png'))"


def show(
    samples: Any,
    *,
    captions: Captions | None = None,
    columns: int = 10,
    most: int = 100,
    shape: tuple[int, int] | None = None,
    scale: int | None = None,
    random_state: RandomState = 0,
) -> Picture:
    """Draw samples as images of values in 0..1, 1 being white; what is beyond is cut, and NaN is red.

    samples : (n, d), (n, height, width) or, as PyTorch has them, (n, 1, height, width); or a result of ``optimize``
        (those that missed are framed in red); digits or a part of them (a row a digit); or a decoder, of which ``most``
        are drawn.
    captions : what stands under each, one a sample; or readings by name, ``{"slant": values}``, (n,) each.
    columns, most : images in a row, and at all: the first ones are shown, and a line says of how many.
    shape : (height, width) of an image. Default: a square.
    scale : pixels a value, each way. Default: what makes an image some 56 pixels high.
    random_state : of what a decoder draws.

    Raises ValueError or TypeError naming an argument that does not fit, ``shape`` where samples are not square.
    """
    columns, most = check_int("columns", columns), check_int("most", most)
    given, own_shape = _given(samples, most, random_state)
    sheet = given.sheet(
        _shape(given.values, shape if shape is not None else own_shape),
        columns=columns,
        most=most,
        captions=None if captions is None else _captions(captions, len(given.values)),
        scale=None if scale is None else check_int("scale", scale, maximum=100),
    )
    return Picture(sheet.image(), sheet.note)


def _given(samples: Any, most: int, random_state: RandomState) -> tuple[Samples, Any]:
    """What is to be drawn, and the shape of an image if it has one of its own."""
    if hasattr(samples, "_draw"):
        return samples._draw(most, random_state), None
    if isinstance(samples, Decoder):
        latents = samples.sample_latent(most, random_state=resolve_seed(random_state))
        return Samples(samples.decoder_(latents), what="samples drawn"), None
    if hasattr(samples, "_samples"):
        return samples._samples(), None
    values = as_numbers("samples", samples)
    if values.ndim == 4 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim == 3:
        return Samples(values.reshape(len(values), -1)), values.shape[1:]
    if values.ndim != 2:
        expected = "an array (n, d), (n, height, width) or (n, 1, height, width), a result, digits or a decoder"
        raise ArgumentError("samples", expected, f"shape {values.shape}")
    return Samples(values), None


def _shape(values: Array, shape: Any) -> tuple[int, int]:
    n_values = values.shape[1]
    if shape is None:
        try:
            return (image_side(n_values),) * 2
        except ArgumentError:
            expected = f"(height, width) of samples of {n_values} values, which are no square"
            raise ArgumentError("shape", expected, "none") from None
    try:
        height, width = shape
    except (TypeError, ValueError):
        raise ArgumentTypeError("shape", "a pair (height, width)", shown(shape)) from None
    height, width = check_int("shape", height), check_int("shape", width)
    if height * width != n_values:
        raise ArgumentError("shape", f"height * width = {n_values}", f"{height} * {width}")
    return height, width


def _captions(captions: Any, n: int) -> list[str]:
    if isinstance(captions, str):
        raise ArgumentTypeError("captions", "one a sample, or readings by name", "one text")
    readings = captions if isinstance(captions, Mapping) else {"": captions}
    columns = []
    for name, values in readings.items():
        column = [f"{name} {_told(value)}".strip() for value in values]
        if len(column) != n:
            raise ArgumentError("captions", f"{n}, one a sample", len(column))
        columns.append(column)
    return ["\n".join(each) for each in zip(*columns, strict=True)]


def _told(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float | np.floating) else str(value)

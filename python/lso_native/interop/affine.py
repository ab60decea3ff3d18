"""What multiplies and shifts each node by itself, and how it goes into a dense layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lso_native._typing import Float64Array


@dataclass(frozen=True)
class Affine:
    """(x - center) * scale + offset, each (n_nodes,) or None for what changes nothing."""

    center: Float64Array | None = None
    scale: Float64Array | None = None
    offset: Float64Array | None = None

    def after(self, x: Float64Array | None) -> Float64Array | None:
        """What becomes of a vector, None standing for zeros."""
        if self.center is not None:
            x = -self.center if x is None else x - self.center
        if self.scale is not None and x is not None:
            x = x * self.scale
        if self.offset is not None:
            x = self.offset if x is None else x + self.offset
        return x

    def then(self, other: Affine) -> Affine:
        """Both, as one."""
        scale = self.scale if other.scale is None else other.scale
        if self.scale is not None and other.scale is not None:
            scale = self.scale * other.scale
        return Affine(self.center, scale, other.after(self.offset))

    def of(self, n_nodes: int) -> Affine:
        """The same with a value for each node."""
        vectors = (self.center, self.scale, self.offset)
        return Affine(*(None if v is None else np.broadcast_to(v, (n_nodes,)) for v in vectors))

    def rows(self, weight: Float64Array) -> Float64Array:
        """The weights of a layer that it follows."""
        return weight if self.scale is None else self.scale[:, None] * weight

    def columns(self, weight: Float64Array) -> Float64Array:
        """The weights of a layer that follows it."""
        return weight if self.scale is None else weight * self.scale

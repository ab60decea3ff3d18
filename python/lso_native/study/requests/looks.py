"""Images that a judge may accept and an eye would not: pale, blurred and jagged ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lso_native._typing import Float64Array, FloatArray

_SHARE = 0.01


@dataclass(frozen=True)
class Looks:
    """What is beyond all but 1% of real images."""

    palest: float
    smoothest: float
    roughest: float

    @classmethod
    def of(cls, real: FloatArray) -> Looks:
        """As ``real`` (n, side²) look."""
        rough = roughness(real)
        return cls(
            float(np.quantile(real.max(axis=1), _SHARE)),
            float(np.quantile(rough, _SHARE)),
            float(np.quantile(rough, 1 - _SHARE)),
        )

    def count(self, images: FloatArray) -> dict[str, int]:
        """Of how many ``images`` are paler at their darkest, more blurred, and more jagged."""
        rough = roughness(images)
        return {
            "n": len(images),
            "pale": int((images.max(axis=1, initial=0) < self.palest).sum()),
            "blurred": int((rough < self.smoothest).sum()),
            "jagged": int((rough > self.roughest).sum()),
        }


def roughness(images: FloatArray) -> Float64Array:
    """The total variation of ``images`` (n, side²) over that of the means of 3x3 pixels, (n,): 1 for what is smooth."""
    side = round(images.shape[1] ** 0.5)
    pixels = images.reshape(-1, side, side).astype(np.float64)
    around = np.pad(pixels, ((0, 0), (1, 1), (1, 1)))
    near = [around[:, y : y + side, x : x + side] for y, x in np.ndindex(3, 3)]
    smooth = np.mean(near, axis=0)
    return np.asarray(_variation(pixels) / _variation(smooth))


def _variation(pixels: Float64Array) -> Float64Array:
    around = np.pad(pixels, ((0, 0), (1, 1), (1, 1)))
    down, across = np.diff(around, axis=1)[:, :, :-1], np.diff(around, axis=2)[:, :-1]
    return np.asarray(np.hypot(down, across).sum(axis=(1, 2)))

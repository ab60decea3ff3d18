"""What a page hears of looks and walks."""

from __future__ import annotations

import numpy as np

from lso_native.explore.messages import frame
from lso_native.explore.world import Look, World
from lso_native.generate import Descended, GenerateResult

__all__ = ["found_frame", "look_frame", "walk_frame"]


def look_frame(
    number: int | None, world: World, look: Look, with_map: bool, with_more: bool
) -> bytes:
    """A look: the latent, the sample and, ``with_map``, those over the pad."""
    header = {
        "is": "look",
        "id": number,
        "error": look.error if np.isfinite(look.error) else None,
        "readings": look.readings,
        "numbers": look.numbers,
        "classes": look.classes,
        "more": world.more(look.sample) if with_more else {},
    }
    numbers = [look.latent, look.sample]
    if with_map:
        numbers.append(world.map(look.latent).ravel())
    return frame(header, np.concatenate(numbers))


def walk_frame(number: int, world: World, descended: Descended) -> bytes:
    """Paths one after the other: the errors of all points, then their samples."""
    lengths = [len(path) for path in descended.paths]
    samples = world.network(np.concatenate(descended.paths), threads=1)
    errors = np.minimum(np.concatenate(descended.losses), np.finfo(np.float32).max)
    header = {
        "is": "walk",
        "id": number,
        "rows": descended.rows.tolist(),
        "lengths": lengths,
    }
    return frame(header, np.concatenate([errors, samples.ravel()]))


def found_frame(number: int, result: GenerateResult) -> bytes:
    """Latents, then samples."""
    header = {
        "is": "found",
        "id": number,
        "n": len(result.success),
        "success": result.success.tolist(),
        "status": result.status.tolist(),
        "attempts": result.attempts.tolist(),
        "iterations": result.iterations.tolist(),
        "conflict": result.conflict,
    }
    return frame(header, np.concatenate([result.latents.ravel(), result.samples.ravel()]))

"""What a visitor keeps, and the files that it becomes: a picture, arrays, and the lines that make it again."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lso_native import __version__
from lso_native._typing import Array
from lso_native.display import png
from lso_native.errors import ArgumentError
from lso_native.explore.recipe import Recipe, by_hand
from lso_native.explore.world import World

__all__ = ["FILES", "Kept", "Tray"]

MOST = 60
FILES = {"png": "image/png", "npz": "application/octet-stream", "lines": "text/x-python"}
"""Kinds of files and their types."""


@dataclass(frozen=True, eq=False)
class Kept:
    """A sample."""

    world: World
    latent: Array
    sample: Array
    recipe: Recipe | None = None
    """How it was found; None by hand."""
    row: int = 0
    """Which of the recipe's."""


class Tray:
    """Samples in the order in which they were kept."""

    def __init__(self) -> None:
        self._kept: dict[int, Kept] = {}
        self._next = 0

    def put(self, kept: Kept) -> int:
        """The number by which it can be taken out again. Raises ValueError where the tray is full."""
        if len(self._kept) >= MOST:
            raise ArgumentError("keep", f"at most {MOST} samples, some of which go first", "more")
        self._next += 1
        self._kept[self._next] = kept
        return self._next

    def drop(self, number: int) -> None:
        """Take it out; nothing where it is not there."""
        self._kept.pop(number, None)

    def file(self, kind: str, world: World) -> tuple[str, bytes]:
        """A name and the content of a file of ``FILES``: those of ``world``. Raises ValueError where there are none."""
        groups = list(self._groups(world))
        if not groups:
            raise ArgumentError("download", "something that is kept", "an empty tray")
        kept = [each for group in groups for each in group]
        samples = np.stack([each.sample for each in kept])
        if kind == "png":
            return f"{world.name}.png", png(world.picture(samples))
        if kind == "lines":
            return "again.py", _lines(world, groups).encode()
        buffer = io.BytesIO()
        np.savez(buffer, samples=samples, latents=np.stack([each.latent for each in kept]))
        return f"{world.name}.npz", buffer.getvalue()

    def _groups(self, world: World) -> Iterator[list[Kept]]:
        """Those of each recipe together, in the order of the files."""
        groups: dict[int, list[Kept]] = {}
        for kept in self._kept.values():
            if kept.world is world:
                groups.setdefault(id(kept.recipe), []).append(kept)
        yield from groups.values()


def _lines(world: World, groups: list[list[Kept]]) -> str:
    """Python that writes the samples of ``groups`` again, bit for bit."""
    recipes = [group[0].recipe for group in groups]
    questions = [recipe.question for recipe in recipes if recipe is not None]
    body, names = [], []
    for place, (recipe, group) in enumerate(zip(recipes, groups, strict=True)):
        names.append(name := "samples" if len(groups) == 1 else f"samples_{place + 1}")
        if recipe is None:
            body += by_hand(world, np.stack([each.latent for each in group]), name)
        else:
            body += recipe.lines([each.row for each in group], name)
    priors = sorted(set().union(*(recipe.imports for recipe in recipes if recipe is not None)))
    together = names[0] if len(names) == 1 else f"np.concatenate([{', '.join(names)}])"
    head = [
        f"# by lso_native {__version__}: the same samples, bit for bit, on the machine that made them",
        *world.lines_imports(),
        *([f"from lso_native.explore import {', '.join(priors)}"] if priors else []),
        "import lso_native as lso",
        "import numpy as np",
        "",
        *world.lines_models(questions),
    ]
    return "\n".join([*head, *body, f'np.savez("again.npz", samples={together})', ""])

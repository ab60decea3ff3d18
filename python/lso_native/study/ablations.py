"""What each part of the project's recipe is worth: the recipe without it, from the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lso_native.study.cells import Cell, Grid
from lso_native.study.frame import Frame
from lso_native.study.measures import Measure
from lso_native.study.recipe import RecipeSettings
from lso_native.study.results import plain
from lso_native.study.systems import OwnRecipe


def _changes(recipe: RecipeSettings) -> dict[str, dict[str, Any]]:
    """By what is changed, the settings that differ."""
    return {
        "as it is": {},
        "no descent": {"max_iterations": 0},
        "draws that are not stratified": {"stratified": False},
        "draws with a spread of 1": {"spread": 1.0},
        "one classifier": {"guides": recipe.guides[:1]},
        "the paper's classifier": {"guides": ()},
        "5 Gaussians a digit": {"components": 5},
        "Gaussians of all digits, best of 16": {"labelled": False, "best_of": 16},
        "starts from N(0, 1)": {"start": "normal"},
        "less certain: 0.8": {"certainty": 0.8},
        "any step": {"max_step": None},
        "any density": {"keep": None},
        "any step, any density": {"max_step": None, "keep": None},
    }


_FAR = (
    "as it is",
    "less certain: 0.8",
    "any step",
    "any density",
    "any step, any density",
    "starts from N(0, 1)",
)


_PLAIN: dict[str, Any] = {"max_step": None, "keep": None, "desired_change": -1.0, "bounds": None}


def changed(near: RecipeSettings, far: RecipeSettings) -> Iterator[tuple[str, str, RecipeSettings]]:
    """System, what is changed, and the settings that this makes; those from far away are about what keeps the
    latent."""
    for what, by in _changes(near).items():
        yield "lso", what, replace(near, **by)
    changes = _changes(far)
    for what in _FAR:
        yield "lso-far", what, replace(far, **changes[what])
    yield "lso-far", "plain: C = -E, no bounds, any step, any density", replace(far, **_PLAIN)


def ablations(near: OwnRecipe, far: OwnRecipe, measure: Measure, frame: Frame) -> Grid:
    """All rows."""
    cells = [
        Cell(
            f"{system}, {what}",
            {"system": system, "what": what, "settings": plain(recipe)},
            near.by(recipe, frame),
            frame.panel,
            (measure,),
        )
        for system, what, recipe in changed(near.recipe, far.recipe)
    ]
    return Grid("ablations", tuple(cells))

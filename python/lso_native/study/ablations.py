"""What each part of the project's recipe is worth: the recipe without it, from the same seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from lso_native.metrics import Panel
from lso_native.study.generation import Generated
from lso_native.study.recipe import RecipeSettings
from lso_native.study.results import plain


@dataclass(frozen=True)
class Ablation:
    """One row: a system, what is changed, and the settings that this makes."""

    system: str
    what: str
    settings: RecipeSettings


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


def ablations(near: RecipeSettings, far: RecipeSettings) -> list[Ablation]:
    """All rows; those from far away are about what keeps the latent."""
    rows = [Ablation("lso", what, replace(near, **by)) for what, by in _changes(near).items()]
    changes = _changes(far)
    rows += [Ablation("lso-far", what, replace(far, **changes[what])) for what in _FAR]
    plain_descent: dict[str, Any] = {
        "max_step": None,
        "keep": None,
        "desired_change": -1.0,
        "bounds": None,
    }
    rows.append(
        Ablation(
            "lso-far",
            "plain: C = -E, no bounds, any step, any density",
            replace(far, **plain_descent),
        )
    )
    return rows


def run_ablations(
    asked: list[Ablation],
    make: Callable[[str, RecipeSettings], Generated],
    panel: Panel,
    on_row: Callable[[dict[str, Any]], None],
) -> None:
    """``make`` digits by each row's settings, and tell ``on_row`` what results.json has of them."""
    for each in asked:
        generated = make(f"{each.system}, {each.what}", each.settings)
        measured = panel.measure(generated.samples, generated.labels).summary()
        facts = {**generated.facts(), **measured}
        on_row(
            {"system": each.system, "what": each.what, "settings": plain(each.settings), **facts}
        )

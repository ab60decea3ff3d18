"""The project's own recipe, lso of ``lso reproduce``: what it asks, where it starts, and each part left out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from lso_native.report.ablations import HEAD, rows
from lso_native.study.ablations import changed
from lso_native.study.memory import Memory
from lso_native.study.recipe import Recipe, RecipeSettings
from lso_native.study.run import run
from lso_native.study.step import Work
from small_run import SMALL_RECIPE, arrays_of, model_of, results_of, small_study


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("recipe")
    run(small_study(ablations=True), out, systems=("lso", "lso-far"))
    return out


def guides_of(folder: Path) -> list[lso.Network]:
    return [model_of(folder, f"guide-{n}").network_ for n in (1, 2)]


def made(folder: Path, **changes: Any) -> Recipe:
    settings = replace(RecipeSettings(guides=(), components=2), **changes)
    decoder = model_of(folder, "wide-vae").decoder_
    return Recipe(settings, decoder, guides_of(folder), model_of(folder, "mixture"), 0)


def test_success_is_what_every_classifier_and_the_density_say(done: Path) -> None:
    mixture = model_of(done, "mixture")
    for name in ("lso", "lso-far"):
        found = arrays_of(done, name)
        outputs = [guide(found["images"]) for guide in guides_of(done)]
        own = np.eye(10, dtype=bool)[found["labels"]]
        met = np.all(
            [(y[own] >= 0.99) & (y[~own].reshape(-1, 9).max(axis=1) <= 0.01) for y in outputs],
            axis=0,
        )
        for digit in range(10):
            of = mixture.of(digit)
            rows = found["labels"] == digit
            met[rows] &= of.log_density(found["latents"][rows]) >= of.quantile(0.001)
        np.testing.assert_array_equal(found["success"], met)


def test_starts_are_those_of_the_digit_of_another_or_of_none() -> None:
    where = np.repeat(np.arange(10), 50)
    codes = 10.0 * where[:, None] + lso.normal((500, 2), random_state=0)
    mixture = lso.Mixture(1, random_state=0).fit(codes, where)
    decoder, guide = lso.Network([2, 4], random_state=0), lso.Network([4, 10], random_state=0)
    digits = np.repeat(np.arange(10), 20)

    def nearest(start: str) -> Any:
        recipe = Recipe(RecipeSettings(start=start), decoder, [guide], mixture, 0)
        return np.rint(recipe._starts(digits).mean(axis=1) / 10)

    np.testing.assert_array_equal(nearest("own"), digits)
    other = nearest("other")
    assert (other != digits).all()
    assert set(other) == set(range(10))
    assert (np.abs(nearest("normal")) <= 1).all()


def test_no_step_is_longer_than_allowed_and_none_leaves_the_bounds(done: Path) -> None:
    def nothing(_: Any) -> Any:
        raise KeyError

    one = made(done, start="other", max_iterations=1)
    found = one.run("one step", 20, Work(done, nothing, Memory(1)))
    assert found.starts is not None
    assert found.latents is not None
    assert np.linalg.norm(found.latents - found.starts, axis=1).max() <= 0.5 + 1e-5
    assert np.abs(arrays_of(done, "lso-far")["latents"]).max() <= 4.5


def test_best_of_some_draws_is_nearer_to_the_digit_asked_for(done: Path) -> None:
    digits = np.repeat(np.arange(10), 20)
    everywhere = lso.Mixture(2, random_state=0).fit(lso.normal((400, 3), random_state=0))
    errors = []
    for many in (1, 8):
        recipe = replace(made(done, labelled=False, best_of=many), mixture=everywhere)
        errors.append(recipe._mse(recipe.decoder(recipe._starts(digits)), digits).mean())
    assert errors[1] < errors[0]


def test_facts_say_how_far_samples_moved(done: Path) -> None:
    for name in ("lso", "lso-far"):
        facts, found = results_of(done)["systems"][name], arrays_of(done, name)
        moved = np.linalg.norm(found["latents"] - found["starts"], axis=1)
        assert facts["unmoved"] == np.mean(found["iterations"] == 0)
        assert facts["median_move"] == pytest.approx(np.median(moved), rel=1e-5)
        assert facts["longest_move"] == pytest.approx(moved.max(), rel=1e-5)
        assert (moved[found["iterations"] == 0] == 0).all()


def test_ablations_have_a_row_each(done: Path) -> None:
    results = results_of(done)
    asked = list(changed(SMALL_RECIPE, replace(SMALL_RECIPE, start="other")))
    told = results["ablations"]
    assert [(row["system"], row["what"]) for row in told] == [each[:2] for each in asked]
    assert len({(system, recipe) for system, _, recipe in asked}) == len(asked) == 13 + 7
    by_what = {row["what"]: row for row in told if row["system"] == "lso"}
    assert by_what["no descent"]["median_move"] == 0
    assert by_what["as it is"]["recognised"] == results["systems"]["lso"]["recognised"]
    assert by_what["as it is"]["precision"] == results["systems"]["lso"]["precision"]
    assert all(len(row) == len(HEAD) for row in rows(results))


def test_models_are_kept(done: Path) -> None:
    guide, mixture = (model_of(done, name) for name in ("guide-1", "mixture"))
    assert isinstance(guide, lso.Classifier)
    assert guide.none_label == -1
    assert isinstance(mixture, lso.Mixture)
    assert mixture.classes_.tolist() == list(range(10))
    assert len(mixture.of(0).weights_) == 2

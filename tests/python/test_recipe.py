"""The project's own recipe, lso of ``lso reproduce``: what it asks, where it starts, and each part left out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from lso_native.report.ablations import HEAD, rows
from lso_native.study.ablations import ablations
from lso_native.study.progress import Silent
from lso_native.study.recipe import Recipe, RecipeSettings
from lso_native.study.reproduce import Run, run
from small_run import small_settings, use_small_systems


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Run:
    out = tmp_path_factory.mktemp("recipe")
    with pytest.MonkeyPatch.context() as patch:
        use_small_systems(patch)
        return run(small_settings(out, systems=("lso", "lso-far"), ablations=True))


def samples_of(run: Run, name: str) -> dict[str, Any]:
    with np.load(run.folder / "samples" / f"{name}.npz") as arrays:
        return dict(arrays)


def made(run: Run, **changes: Any) -> Recipe:
    models = run.models
    settings = replace(RecipeSettings(guides=(), components=2), **changes)
    mixture = run.mixtures[2, settings.labelled]
    guides = [models[f"guide-{n}"].estimator.network_ for n in (1, 2)]
    return Recipe(settings, models["wide-vae"].estimator.decoder_, guides, mixture, 0, 1)


def test_success_is_what_every_classifier_and_the_density_say(done: Run) -> None:
    for name in ("lso", "lso-far"):
        found = samples_of(done, name)
        outputs = [done.models[f"guide-{n}"].estimator.network_(found["images"]) for n in (1, 2)]
        own = np.eye(10, dtype=bool)[found["labels"]]
        met = np.all(
            [(y[own] >= 0.99) & (y[~own].reshape(-1, 9).max(axis=1) <= 0.01) for y in outputs],
            axis=0,
        )
        for digit in range(10):
            of = done.mixtures[2, True].of(digit)
            rows = found["labels"] == digit
            met[rows] &= of.log_density(found["latents"][rows]) >= of.quantile(0.001)
        np.testing.assert_array_equal(found["success"], met)


def test_starts_are_those_of_the_digit_of_another_or_of_none() -> None:
    where = np.repeat(np.arange(10), 50)
    codes = 10.0 * where[:, None] + lso.normal((500, 2), random_state=0)
    mixture = lso.Mixture(1, random_state=0).fit(codes, where)
    decoder = lso.Network([2, 4], random_state=0)
    digits = np.repeat(np.arange(10), 20)

    def nearest(start: str) -> Any:
        recipe = Recipe(RecipeSettings(start=start), decoder, [], mixture, 0, 1)
        return np.rint(recipe._starts(digits).mean(axis=1) / 10)

    np.testing.assert_array_equal(nearest("own"), digits)
    other = nearest("other")
    assert (other != digits).all()
    assert set(other) == set(range(10))
    assert (np.abs(nearest("normal")) <= 1).all()


def test_no_step_is_longer_than_allowed_and_none_leaves_the_bounds(done: Run) -> None:
    one = made(done, start="other", max_iterations=1)
    found = one.run("one step", 20, done.quality.panel, Silent())
    assert found.starts is not None
    assert found.latents is not None
    assert np.linalg.norm(found.latents - found.starts, axis=1).max() <= 0.5 + 1e-5
    assert np.abs(samples_of(done, "lso-far")["latents"]).max() <= 4.5


def test_best_of_some_draws_is_nearer_to_the_digit_asked_for(done: Run) -> None:
    digits = np.repeat(np.arange(10), 20)
    errors = []
    for many in (1, 8):
        recipe = made(done, labelled=False, best_of=many)
        errors.append(recipe._mse(recipe.decoder(recipe._starts(digits)), digits).mean())
    assert errors[1] < errors[0]


def test_facts_say_how_far_samples_moved(done: Run) -> None:
    for name in ("lso", "lso-far"):
        facts, found = done.results["systems"][name], samples_of(done, name)
        moved = np.linalg.norm(found["latents"] - found["starts"], axis=1)
        assert facts["unmoved"] == np.mean(found["iterations"] == 0)
        assert facts["median_move"] == pytest.approx(np.median(moved), rel=1e-5)
        assert facts["longest_move"] == pytest.approx(moved.max(), rel=1e-5)
        assert (moved[found["iterations"] == 0] == 0).all()


def test_ablations_have_a_row_each(done: Run) -> None:
    near, far = RecipeSettings(), RecipeSettings(start="other")
    asked = ablations(near, far)
    told = done.results["ablations"]
    assert [(row["system"], row["what"]) for row in told] == [(a.system, a.what) for a in asked]
    assert len({(a.system, a.settings) for a in asked}) == len(asked)
    by_what = {row["what"]: row for row in told if row["system"] == "lso"}
    assert by_what["no descent"]["median_move"] == 0
    assert by_what["as it is"]["recognised"] == done.results["systems"]["lso"]["recognised"]
    assert all(len(row) == len(HEAD) for row in rows(done.results))


def test_models_are_kept(done: Run) -> None:
    folder = done.folder / "models"
    guide, mixture = (lso.load(folder / f"{name}.safetensors") for name in ("guide-1", "mixture"))
    assert isinstance(guide, lso.Classifier)
    assert guide.none_label == -1
    assert isinstance(mixture, lso.Mixture)
    assert mixture.classes_.tolist() == list(range(10))

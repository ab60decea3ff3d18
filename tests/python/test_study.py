"""The paper's experiment end to end, small: its files, its figures and its repeatability."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import lso_native as lso
import numpy as np
import pytest
from lso_native import metrics
from lso_native.metrics import wilson_interval
from lso_native.random import subseed
from lso_native.study import judges, walks
from lso_native.study.attempts import NO_LABEL, asked_labels
from lso_native.study.data import DigitsData
from lso_native.study.descent import DescentSettings
from lso_native.study.fit import Trained
from lso_native.study.run import run
from lso_native.study.step import Facts
from lso_native.study.store import Store
from lso_native.study.systems import SYSTEMS as PAPERS
from small_run import (
    GENERATORS,
    NAMES,
    SYSTEMS,
    Listener,
    arrays_of,
    contents,
    model_of,
    results_of,
    small_study,
)

JUDGES = ("judge", "judge-2")
UNASKED = ("gan", "vae")  # they cannot be asked for a digit
OPTIMIZING = ("lso-1", "lso-2", "input-optimization", "lso-vae", "lso-gan", "lso-noisy")
N = 20
MEASURES = subseed(0, "measures")


@dataclass
class Whole:
    """One run with everything on."""

    folder: Path
    results: Facts
    listener: Listener
    digits: lso.data.Digits


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    folder, listener = tmp_path_factory.mktemp("whole"), Listener()
    results = run(small_study(sensitivity=True), folder, threads=1, progress=listener)
    return Whole(folder, results, listener, lso.data.load(random_state=0))


def judges_of(whole: Whole) -> list[lso.Classifier]:
    found = [model_of(whole.folder, name) for name in JUDGES]
    assert all(isinstance(judge, lso.Classifier) for judge in found)
    return found


def test_results_are_on_disk_as_returned(whole: Whole) -> None:
    written = results_of(whole.folder)
    assert written == whole.results
    assert list(written["systems"]) == list(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_figures_of_a_system_follow_from_its_samples(whole: Whole, name: str) -> None:
    facts, samples = whole.results["systems"][name], arrays_of(whole.folder, name)
    assert samples["images"].shape == (N, 196)
    assert samples["images"].dtype == np.float32
    assert samples["labels"].dtype == np.int64
    assert samples["success"].dtype == np.bool_
    assert np.issubdtype(samples["mse"].dtype, np.floating)
    assert np.issubdtype(samples["iterations"].dtype, np.integer)
    if name in OPTIMIZING:
        assert samples["starts"].shape == samples["latents"].shape
        np.testing.assert_array_equal(samples["success"], samples["mse"] <= 0.08)
    asked = samples["labels"] >= 0
    if asked.any():
        np.testing.assert_array_equal(np.bincount(samples["labels"]), np.full(10, N // 10))
    else:
        assert name in UNASKED
        assert np.isnan(samples["mse"]).all()

    judges = judges_of(whole)
    seen = np.array([judge.predict(samples["images"]) for judge in judges])
    np.testing.assert_array_equal(samples["recognised_as"], seen[0])
    assert facts["n"] == N
    assert facts["successes"] == samples["success"].sum()
    if name in UNASKED:
        assert facts["success_rate"] is None
        outputs = np.array([judge.decision_function(samples["images"]) for judge in judges])
        by_judge = (seen >= 0) & (outputs[:, :, 1:].max(axis=2) > 0.5)  # 0 is no digit
    else:
        assert facts["success_rate"] == facts["successes"] / N
        assert tuple(facts["success_interval"]) == wilson_interval(facts["successes"], N)
        by_judge = seen == samples["labels"]
    assert facts["recognised"] == np.mean(by_judge)
    np.testing.assert_array_equal(samples["recognised"], by_judge.all(axis=0))  # most of two
    assert facts["median_iterations"] == int(np.median(samples["iterations"]))
    assert facts["generate_seconds"] > 0


def test_some_succeed_and_some_do_not(whole: Whole) -> None:
    # Else the tests above would say little.
    facts = whole.results["systems"].values()
    assert any(0 < each["successes"] < each["n"] for each in facts)


@pytest.mark.parametrize("name", ["lso-1", "lso-2"])
def test_saved_models_decode_the_latents_to_the_images(whole: Whole, name: str) -> None:
    autoencoder, samples = model_of(whole.folder, name), arrays_of(whole.folder, name)
    assert isinstance(autoencoder, lso.Autoencoder)
    decoded = autoencoder.decoder_(samples["latents"])
    np.testing.assert_allclose(decoded, samples["images"], rtol=0, atol=1e-6)
    facts = whole.results["systems"][name]
    assert facts["train_mse"] == autoencoder.mse_
    assert facts["train_seconds"] > 0


@pytest.mark.parametrize("name", NAMES)
def test_quality_is_measured_by_the_metrics_own_rules(whole: Whole, name: str) -> None:
    facts, samples = whole.results["systems"][name], arrays_of(whole.folder, name)
    test, train, images = whole.digits.test, whole.digits.train, samples["images"]
    panel = metrics.Panel(
        judges_of(whole), test.images, test.labels, draws=2, directions=8, random_state=MEASURES
    )
    found = panel.measure(images, samples["labels"])
    told = {key: facts[key] for key in found.summary()}
    assert told == found.summary()
    assert facts["recognised_by_judge"] == found.recognised.values.mean(axis=1).tolist()
    real = panel.measure_real(train.images, train.labels, like=asked_labels(N, 10))
    above = found.frechet_distance - real.frechet_distance
    assert facts["frechet_above_real"] == above.mean
    assert facts["frechet_above_real_interval"] == list(above.interval)
    assert facts["frechet_images"] == [250, N]  # half the test images in each draw
    held_out = test.images[lso.permutation(500, random_state=MEASURES)[:100]]
    near = metrics.copying(images, train.images, held_out)
    assert facts["nearest_training"] == near.nearest
    assert facts["near_training_share"] == near.near.share
    assert (facts["accuracy_score"] is None) == (name in UNASKED)


def test_latent_spaces_are_measured_once_for_each_decoder(whole: Whole) -> None:
    spaces = whole.results["latent_spaces"]
    assert list(spaces) == ["lso-1", "lso-2", "gan", "vae", "noisy", "wide-vae"]
    for name, facts in spaces.items():
        assert facts["condition"] >= 1
        assert facts["path_ratio"] >= 1
        assert 1 <= facts["effective_rank"] <= whole.results["models"][name]["latent"]
        assert ("round_trip_error" in facts) == (name != "gan")
        assert 0 <= facts["feasible_share"] <= min(facts["confident_share"], facts["inside_share"])


def test_real_images_are_the_floor(whole: Whole) -> None:
    real, noise = whole.results["real"], whole.results["systems"]["input-optimization"]
    assert real["frechet_distance"] < noise["frechet_distance"]
    assert real["nearest_training"] < noise["nearest_training"]
    assert (real["n"], real["draws"], real["frechet_images"]) == (N, 2, [250, N])
    low, high = real["frechet_distance_interval"]
    assert low <= real["frechet_distance"] <= high
    assert real["frechet_distance_spread"] > 0


def test_real_samples_to_look_at_are_of_the_test_part(whole: Whole) -> None:
    with np.load(whole.folder / "real.npz") as real:
        np.testing.assert_array_equal(real["labels"], np.repeat(np.arange(10), 10))
        test = whole.digits.test
        for image, label in zip(real["images"][::10], range(10), strict=True):
            np.testing.assert_array_equal(image, test.images[test.labels == label][0])


def test_systems_share_the_model_they_have_in_common(whole: Whole) -> None:
    stages = whole.listener.stages
    trained = [stage.split(":")[0] for stage in stages if stage.endswith(" images")]
    assert [name for name in trained if name in GENERATORS] == list(GENERATORS)
    for name, model in {"lso-vae": "vae", "lso-gan": "gan", "lso-noisy": "noisy"}.items():
        assert whole.results["systems"][name]["model"] == model
        samples = arrays_of(whole.folder, name)
        decoded = model_of(whole.folder, model).decoder_(samples["latents"])
        np.testing.assert_allclose(decoded, samples["images"], rtol=0, atol=1e-6)


def test_a_guide_changes_what_a_conditional_gan_learns(whole: Whole) -> None:
    guided, free = (model_of(whole.folder, name).generator_ for name in ("guided-gan", "cgan"))
    assert guided.sizes == free.sizes
    assert not np.array_equal(guided.parameters, free.parameters)


def test_input_optimization_keeps_to_its_bounds(whole: Whole) -> None:
    samples = arrays_of(whole.folder, "input-optimization")
    assert samples["images"].min() >= 0
    assert samples["images"].max() <= 1
    np.testing.assert_array_equal(samples["images"], samples["latents"])


def test_classifier_figures_are_those_of_the_test_part(whole: Whole) -> None:
    classifier = model_of(whole.folder, "classifier")
    assert isinstance(classifier, lso.Classifier)
    facts, test = whole.results["models"]["classifier"], whole.digits.test
    targets = lso.one_hot(test.labels, 10)
    outputs = classifier.network_(test.images)
    assert facts["test_accuracy"] == np.mean(outputs.argmax(axis=1) == test.labels)
    assert facts["test_mse"] == pytest.approx(np.mean((outputs - targets) ** 2), rel=1e-5)
    assert facts["train_images"] == 1_000


def test_sensitivity_has_a_row_for_each_combination(whole: Whole) -> None:
    rows = whole.results["sensitivity"]
    kinds = ("system", "decoder", "classifier_epochs", "desired_change", "bounds")
    seen = {tuple(str(row[kind]) for kind in kinds) for row in rows}
    # Two C times two bounds, with two decoders for two systems and none for the third; then another
    # classifier for each.
    assert len(rows) == len(seen) == 2 * 2 * (2 + 2 + 1) + 3
    assert all(row["n"] == 10 for row in rows)
    accuracies = {(row["classifier_epochs"], row["classifier_accuracy"]) for row in rows}
    assert len(accuracies) == 2
    errors = {(row["system"], row["decoder"]): row["train_mse"] for row in rows}
    assert errors["input-optimization", "none"] is None
    for name in ("lso-1", "lso-2"):
        assert errors[name, "better trained"] != errors[name, "as the paper"]
        assert errors[name, "as the paper"] == whole.results["systems"][name]["train_mse"]


def test_what_the_data_cannot_give_is_said(whole: Whole) -> None:
    (note,) = whole.listener.notes
    assert whole.results["notes"] == [note]
    assert "lso-2 trains on 3,000 images" in note
    assert whole.results["systems"]["lso-2"]["train_images"] == 3_000


def test_every_stage_that_starts_ends(whole: Whole) -> None:
    stages = whole.listener.stages
    assert len(stages) == len(whole.listener.ended)
    assert any("judge" in stage for stage in stages)
    assert any("input-optimization" in stage for stage in stages)


def test_settings_and_environment_name_no_place(whole: Whole) -> None:
    settings, environment = whole.results["settings"], whole.results["environment"]
    assert settings["samples"] == N
    assert settings["systems"] == list(NAMES)
    assert [judge["part"] for judge in settings["judges"]] == [[0, 1], [1, 2]]
    assert settings["system_settings"]["lso-1"]["autoencoder"]["latent"] == 3
    assert environment["cores"] >= 1
    assert environment["processor"]
    assert str(whole.folder) not in json.dumps(whole.results)


def test_a_system_tells_what_it_does_and_what_the_paper_came_to(whole: Whole) -> None:
    facts, (system, *_) = whole.results["systems"]["lso-1"], SYSTEMS
    assert (facts["says"], facts["paper"]) == (system.says, system.paper)
    assert not {"says", "paper"} & set(whole.results["systems"]["lso-2"])


def test_threads_and_other_systems_change_no_bit(whole: Whole, tmp_path: Path) -> None:
    run(small_study(), tmp_path, systems=("lso-2", "lso-far", "cgan"), threads=2)
    made, known = contents(tmp_path), contents(whole.folder)
    for name in ("results.json", "steps/view.json"):
        del made[name]
    assert {"samples/lso-far.npz", "models/guide-1.safetensors"} <= set(made)
    assert {name for name in made if made[name] != known.get(name)} == set()


def test_another_random_state_gives_other_samples(whole: Whole, tmp_path: Path) -> None:
    name = "input-optimization"
    run(small_study(random_state=1), tmp_path, systems=(name,))
    one, other = (arrays_of(folder, name)["starts"] for folder in (tmp_path, whole.folder))
    assert not np.array_equal(one, other)


def test_misuse_is_told_before_anything_is_made(tmp_path: Path) -> None:
    listener, study = Listener(), small_study()
    with pytest.raises(ValueError, match=r"systems: expected some of lso-1, .*got 'lso-3'"):
        run(study, tmp_path, systems=("lso-1", "lso-3"), progress=listener)
    with pytest.raises(ValueError, match=r"systems: expected some of lso-1, .*got none"):
        run(study, tmp_path, systems=(), progress=listener)
    with pytest.raises(TypeError, match="systems: expected names, got the string 'lso-1'"):
        run(study, tmp_path, systems="lso-1", progress=listener)
    with pytest.raises(ValueError, match="threads: expected"):
        run(study, tmp_path, threads=0, progress=listener)
    with pytest.raises(ValueError, match="samples: expected an integer of at least 1, got 0"):
        small_study(samples=0)
    with pytest.raises(ValueError, match="random_state"):
        small_study(random_state=-1)
    twice = (SYSTEMS[0], SYSTEMS[0])
    with pytest.raises(ValueError, match=r"systems: expected a name of its own .*two of 'lso-1'"):
        small_study(systems=twice)
    with pytest.raises(ValueError, match=r"systems: expected names of letters, .*got '\.\./x'"):
        small_study(systems=(replace(SYSTEMS[0], name="../x"),))
    with pytest.raises(ValueError, match=r"a name of its own for each model, got two of 'judge'"):
        small_study(systems=(replace(SYSTEMS[0], name="judge"),))
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(OSError, match="file"):
        run(study, file, progress=listener)
    assert listener.stages == []
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("n", [1, 7, 10, 25])
def test_asked_labels_are_spread_evenly(n: int) -> None:
    labels = asked_labels(n, 10)
    counts = np.bincount(labels, minlength=10)
    assert len(labels) == n
    assert counts.max() - counts.min() <= 1
    assert np.all(np.diff(labels) >= 0)


def test_shifted_images_are_the_image_and_its_eight_moves() -> None:
    image = np.zeros((1, 12), np.float32)
    image[0, 5] = 1  # within a frame of 3x4
    moved = judges.shifted(image, (3, 4))
    assert moved[0].tolist() == image[0].tolist()
    assert sorted(moved.argmax(axis=1)) == [0, 1, 2, 4, 5, 6, 8, 9, 10]
    assert np.all(moved.sum(axis=1) == 1)


def test_shifted_drops_what_leaves_the_image() -> None:
    corner = np.array([[1, 0, 0, 0]], np.float32)
    assert sorted(judges.shifted(corner, (2, 2)).sum(axis=1)) == [0] * 5 + [1] * 4


def test_walk_starts_at_each_point_and_ends_near_the_first() -> None:
    decoder = lso.Network([2, 4], activation="linear", dtype="float64", random_state=0)
    points = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    way = walks.walk(decoder, points, steps=4)
    assert way.shape == (12, 4)
    np.testing.assert_array_equal(way[::4], decoder(points))
    np.testing.assert_allclose(way[6], decoder(np.array([[0.5, 0.5]]))[0])
    np.testing.assert_allclose(way[11], decoder(np.array([[0.0, 0.25]]))[0])


def test_walk_through_digits_passes_their_reconstructions(whole: Whole) -> None:
    autoencoder, test = model_of(whole.folder, "lso-2"), whole.digits.test
    way = walks.through_digits(autoencoder, test, digits=[3, 8], steps=5)
    first = [int(np.flatnonzero(test.labels == digit)[0]) for digit in (3, 8)]
    expected = autoencoder.reconstruct(test.images[first])
    np.testing.assert_allclose(way[[0, 5]], expected, rtol=0, atol=1e-6)
    with pytest.raises(ValueError, match="digits: expected digits of 0 to 9, got 12"):
        walks.through_digits(autoencoder, test, digits=[12])


def test_the_paper_is_the_default() -> None:
    faithful = DescentSettings()
    assert faithful == replace(faithful, mse=1e-3, desired_change=-1.0, bounds=None)
    by_name = {system.name: system for system in PAPERS}
    assert by_name["lso-1"].descent == by_name["lso-2"].descent == faithful  # type: ignore[attr-defined]


def judged(settings: judges.JudgeSettings, store: Store) -> Trained:
    return store.get(judges.FitJudge("judge", DigitsData(), 0, settings))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(tmp_path_factory.mktemp("judges"))


def test_the_judge_tells_digits_and_may_see_none(store: Store) -> None:
    judge = judged(judges.JudgeSettings(epochs=1, least_samples=60_000), store)
    assert judge.facts["test_accuracy"] > 0.9
    # noise of other contrasts and another seed than it learned from
    for contrast in (1.5, 20.0):
        seen = judge.estimator.predict(judges.noise(200, 196, contrast, seed=99))
        assert (seen == NO_LABEL).mean() > 0.99


def test_judges_of_a_panel_learn_from_halves_that_share_no_image(store: Store) -> None:
    few = judges.JudgeSettings((8,), epochs=1, least_samples=1)
    for last in (0, 2):
        trained = [judged(replace(few, part=(i, 2), last_epochs=last), store) for i in (0, 1)]
        assert [each.facts["train_images"] for each in trained] == [750, 750]
        for each in trained:
            assert each.facts["train_epochs"] == len(each.estimator.history_["epoch"]) == 1 + last
            assert each.estimator.optimizer == few.optimizer
            assert not each.estimator.warm_start
        networks = [each.estimator.network_ for each in trained]
        assert not np.array_equal(networks[0].parameters, networks[1].parameters)


def test_the_panel_differs_in_all_that_was_chosen() -> None:
    panel = judges.PANEL
    assert len({(each.hidden, each.activation, each.part) for each in panel}) == len(panel) == 5
    assert {each.part for each in panel} == {(0, 1), (0, 2), (1, 2)}
    assert len({each.activation for each in panel}) == 3

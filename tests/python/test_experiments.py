"""The paper's experiment end to end, small: its files, its figures and its repeatability."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import lso_native as lso
import numpy as np
import pytest
from lso_native import metrics
from lso_native.metrics import wilson_interval
from lso_native.study import generation, models, walks
from lso_native.study.generation import NO_DIGIT
from lso_native.study.progress import Silent
from lso_native.study.reproduce import Run, run
from lso_native.study.systems import GENERATORS
from small_run import SMALL_SYSTEMS, small_settings, use_small_systems


class Listener(Silent):
    """Keeps what an experiment tells."""

    def __init__(self) -> None:
        self.stages: list[str] = []
        self.ended: list[str] = []
        self.notes: list[str] = []

    def start(self, stage: str, total: int) -> None:
        assert total > 0
        self.stages.append(stage)

    def finish(self, note: str) -> None:
        self.ended.append(note)

    def note(self, text: str) -> None:
        self.notes.append(text)


@pytest.fixture(scope="module")
def patch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        use_small_systems(patch)
        yield patch


@pytest.fixture(scope="module")
def listener() -> Listener:
    return Listener()


@pytest.fixture(scope="module")
def whole(
    tmp_path_factory: pytest.TempPathFactory, patch: pytest.MonkeyPatch, listener: Listener
) -> Run:
    """One whole run with everything on."""
    del patch  # only has to be in place
    out = tmp_path_factory.mktemp("whole")
    return run(small_settings(out, sensitivity=True, threads=1), progress=listener)


def test_results_are_on_disk_as_returned(whole: Run) -> None:
    written = json.loads((whole.folder / "results.json").read_text())
    assert written == whole.results
    assert list(written["systems"]) == list(SMALL_SYSTEMS)


def judges_of(run: Run) -> list[lso.Classifier]:
    judges = [lso.load(run.folder / "models" / f"{name}.safetensors") for name in JUDGES]
    assert all(isinstance(judge, lso.Classifier) for judge in judges)
    return judges  # type: ignore[return-value]


JUDGES = ("judge", "judge-2")
UNASKED = ("gan", "vae")  # they cannot be asked for a digit


@pytest.mark.parametrize("name", SMALL_SYSTEMS)
def test_figures_of_a_system_follow_from_its_samples(whole: Run, name: str) -> None:
    facts = whole.results["systems"][name]
    with np.load(whole.folder / "samples" / f"{name}.npz") as file:
        samples = dict(file)
    n = whole.settings.samples
    assert samples["images"].shape == (n, 196)
    assert samples["images"].dtype == np.float32
    assert samples["labels"].dtype == np.int64
    assert samples["success"].dtype == np.bool_
    assert np.issubdtype(samples["mse"].dtype, np.floating)
    assert np.issubdtype(samples["iterations"].dtype, np.integer)
    if SMALL_SYSTEMS[name].generation is not None:
        assert samples["starts"].shape == samples["latents"].shape
        np.testing.assert_array_equal(samples["success"], samples["mse"] <= 0.08)
    asked = samples["labels"] >= 0
    if asked.any():
        np.testing.assert_array_equal(np.bincount(samples["labels"]), np.full(10, n // 10))
    else:
        assert name in UNASKED
        assert np.isnan(samples["mse"]).all()

    judges = judges_of(whole)
    seen = np.array([judge.predict(samples["images"]) for judge in judges])
    np.testing.assert_array_equal(samples["recognised_as"], seen[0])
    assert facts["n"] == n
    assert facts["successes"] == samples["success"].sum()
    if name in UNASKED:
        assert facts["success_rate"] is None
        outputs = np.array([judge.decision_function(samples["images"]) for judge in judges])
        sure = outputs[:, :, 1:].max(axis=2) > 0.5  # 0 is no digit
        assert facts["recognised"] == np.mean((seen >= 0) & sure)
    else:
        assert facts["success_rate"] == facts["successes"] / n
        assert tuple(facts["success_interval"]) == wilson_interval(facts["successes"], n)
        assert facts["recognised"] == np.mean(seen == samples["labels"])
    assert facts["median_iterations"] == int(np.median(samples["iterations"]))
    assert facts["generate_seconds"] > 0


def test_some_succeed_and_some_do_not(whole: Run) -> None:
    # Else the tests above would say little.
    facts = whole.results["systems"].values()
    assert any(0 < each["successes"] < each["n"] for each in facts)


@pytest.mark.parametrize("name", ["lso-1", "lso-2"])
def test_saved_models_decode_the_latents_to_the_images(whole: Run, name: str) -> None:
    autoencoder = lso.load(whole.folder / "models" / f"{name}.safetensors")
    assert isinstance(autoencoder, lso.Autoencoder)
    with np.load(whole.folder / "samples" / f"{name}.npz") as samples:
        decoded = autoencoder.decoder_(samples["latents"])
        np.testing.assert_allclose(decoded, samples["images"], rtol=0, atol=1e-6)
    facts = whole.results["systems"][name]
    assert facts["train_mse"] == autoencoder.mse_
    assert facts["train_seconds"] > 0


@pytest.mark.parametrize("name", SMALL_SYSTEMS)
def test_quality_is_measured_by_the_metrics_own_rules(whole: Run, name: str) -> None:
    facts, test = whole.results["systems"][name], whole.digits.test
    panel = metrics.Panel(
        judges_of(whole), test.images, test.labels, draws=2, directions=8, random_state=5
    )
    with np.load(whole.folder / "samples" / f"{name}.npz") as file:
        images, labels = file["images"], file["labels"]
    found = panel.measure(images, labels)
    told = {key: facts[key] for key in found.summary()}
    assert told == found.summary()
    assert facts["recognised_by_judge"] == found.recognised.values.mean(axis=1).tolist()
    train = whole.digits.train
    real = panel.measure_real(train.images, train.labels, like=generation.asked_digits(20))
    above = found.frechet_distance - real.frechet_distance
    assert facts["frechet_above_real"] == above.mean
    assert facts["frechet_above_real_interval"] == list(above.interval)
    assert facts["frechet_images"] == [250, 20]  # half the test images in each draw
    held_out = test.images[lso.permutation(500, random_state=5)[:100]]
    near = metrics.copying(images, whole.digits.train.images, held_out)
    assert facts["nearest_training"] == near.nearest
    assert facts["near_training_share"] == near.near.share
    assert (facts["accuracy_score"] is None) == (name in UNASKED)


def test_latent_spaces_are_measured_once_for_each_decoder(whole: Run) -> None:
    spaces = whole.results["latent_spaces"]
    assert list(spaces) == ["lso-1", "lso-2", "gan", "vae", "noisy", "wide-vae"]
    for name, facts in spaces.items():
        assert facts["condition"] >= 1
        assert facts["path_ratio"] >= 1
        assert 1 <= facts["effective_rank"] <= whole.models[name].facts["latent"]
        assert ("round_trip_error" in facts) == (name != "gan")
        assert 0 <= facts["feasible_share"] <= min(facts["confident_share"], facts["inside_share"])


def test_real_images_are_the_floor(whole: Run) -> None:
    real, noise = whole.results["real"], whole.results["systems"]["input-optimization"]
    assert real["frechet_distance"] < noise["frechet_distance"]
    assert real["nearest_training"] < noise["nearest_training"]
    assert (real["n"], real["draws"], real["frechet_images"]) == (20, 2, [250, 20])
    low, high = real["frechet_distance_interval"]
    assert low <= real["frechet_distance"] <= high
    assert real["frechet_distance_spread"] > 0


def test_systems_share_the_model_they_have_in_common(whole: Run, listener: Listener) -> None:
    trained = [stage.split(":")[0] for stage in listener.stages if stage.endswith(" images")]
    made = [name for name in trained if name in GENERATORS]
    assert made == ["gan", "cgan", "guided-gan", "vae", "noisy", "wide-vae"]
    for name, model in {"lso-vae": "vae", "lso-gan": "gan", "lso-noisy": "noisy"}.items():
        loaded = lso.load(whole.folder / "models" / f"{model}.safetensors")
        assert isinstance(loaded, lso.VAE | lso.GAN | lso.NoisyAutoencoder)
        decoder = loaded.decoder_
        with np.load(whole.folder / "samples" / f"{name}.npz") as samples:
            decoded = decoder(samples["latents"])
            np.testing.assert_allclose(decoded, samples["images"], rtol=0, atol=1e-6)


def test_a_guide_changes_what_a_conditional_gan_learns(whole: Run) -> None:
    guided, free = (whole.models[name].estimator.generator_ for name in ("guided-gan", "cgan"))
    assert guided.sizes == free.sizes
    assert not np.array_equal(guided.parameters, free.parameters)


def test_input_optimization_keeps_to_its_bounds(whole: Run) -> None:
    with np.load(whole.folder / "samples" / "input-optimization.npz") as samples:
        assert samples["images"].min() >= 0
        assert samples["images"].max() <= 1
        np.testing.assert_array_equal(samples["images"], samples["latents"])


def test_classifier_figures_are_those_of_the_test_part(whole: Run) -> None:
    classifier = lso.load(whole.folder / "models" / "classifier.safetensors")
    assert isinstance(classifier, lso.Classifier)
    facts, test = whole.results["models"]["classifier"], whole.digits.test
    targets = lso.one_hot(test.labels, 10)
    outputs = classifier.network_(test.images)
    assert facts["test_accuracy"] == np.mean(outputs.argmax(axis=1) == test.labels)
    assert facts["test_mse"] == pytest.approx(np.mean((outputs - targets) ** 2), rel=1e-5)
    assert facts["train_images"] == 1_000


def test_sensitivity_has_a_row_for_each_combination(whole: Run) -> None:
    rows = whole.results["sensitivity"]
    kinds = ("system", "decoder", "classifier_epochs", "desired_change", "bounds")
    seen = {tuple(str(row[kind]) for kind in kinds) for row in rows}
    # Two C times two bounds, with two decoders for two systems and none for the third; then another
    # classifier for each.
    assert len(rows) == len(seen) == 2 * 2 * (2 + 2 + 1) + 3
    assert all(row["n"] == 10 for row in rows)


def test_what_the_data_cannot_give_is_said(whole: Run, listener: Listener) -> None:
    assert listener.notes == whole.results["notes"]
    assert len(listener.notes) == 1
    assert "lso-2 trains on 3,000 images" in listener.notes[0]
    assert whole.results["systems"]["lso-2"]["train_images"] == 3_000


def test_every_stage_that_starts_ends(whole: Run, listener: Listener) -> None:
    assert len(listener.stages) == len(listener.ended)
    assert any("judge" in stage for stage in listener.stages)
    assert any("input-optimization" in stage for stage in listener.stages)
    assert whole.results["systems"]


def test_settings_and_environment_name_no_place(whole: Run) -> None:
    settings, environment = whole.results["settings"], whole.results["environment"]
    assert settings["samples"] == 20
    assert [judge["part"] for judge in settings["judges"]] == [[0, 1], [1, 2]]
    assert settings["system_settings"]["lso-1"]["autoencoder"]["latent"] == 3
    assert environment["cores"] >= 1
    assert environment["processor"]
    assert str(whole.folder) not in json.dumps(whole.results)


def test_threads_other_systems_and_repetition_change_no_bit(whole: Run, tmp_path: Path) -> None:
    for threads, names in ((2, tuple(SMALL_SYSTEMS)), (1, ("lso-2",))):
        out = tmp_path / str(threads)
        run(small_settings(out, systems=names, threads=threads))
        for name in names:
            file = Path("samples") / f"{name}.npz"
            assert (out / file).read_bytes() == (whole.folder / file).read_bytes()


def test_another_random_state_gives_other_samples(whole: Run, tmp_path: Path) -> None:
    other = run(small_settings(tmp_path, systems=("input-optimization",), random_state=1))
    name = "input-optimization"
    results = [each.generated[name].result for each in (other, whole)]
    assert results[0] is not None
    assert results[1] is not None
    assert not np.array_equal(results[0].starts, results[1].starts)


def test_a_stopped_run_keeps_the_systems_it_finished(
    tmp_path: Path, patch: pytest.MonkeyPatch
) -> None:
    del patch

    def stop(state: Run, name: str) -> None:
        assert name in state.results["systems"]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(small_settings(tmp_path), on_system=stop)
    assert list(json.loads((tmp_path / "results.json").read_text())["systems"]) == ["lso-1"]
    assert sorted(file.name for file in (tmp_path / "samples").iterdir()) == ["lso-1.npz"]
    assert not list(tmp_path.rglob(".tmp-*"))


def test_misuse_is_told_before_anything_is_trained(tmp_path: Path) -> None:
    listener = Listener()
    with pytest.raises(ValueError, match=r"systems: expected some of lso-1, .*got 'lso-3'"):
        run(small_settings(tmp_path, systems=("lso-1", "lso-3")), progress=listener)
    with pytest.raises(ValueError, match="samples: expected an integer of at least 1, got 0"):
        run(small_settings(tmp_path, samples=0), progress=listener)
    with pytest.raises(ValueError, match="random_state"):
        run(small_settings(tmp_path, random_state=-1), progress=listener)
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(OSError, match="file"):
        run(small_settings(file), progress=listener)
    assert listener.stages == []


@pytest.mark.parametrize("n", [1, 7, 10, 25])
def test_asked_digits_are_spread_evenly(n: int) -> None:
    labels = generation.asked_digits(n)
    counts = np.bincount(labels, minlength=10)
    assert len(labels) == n
    assert counts.max() - counts.min() <= 1
    assert np.all(np.diff(labels) >= 0)


def test_shifted_images_are_the_image_and_its_eight_moves() -> None:
    image = np.zeros((1, 9), np.float32)
    image[0, 4] = 1  # the centre of 3x3
    moved = models.shifted(image, 3)
    assert moved[0].tolist() == image[0].tolist()
    assert sorted(moved.argmax(axis=1)) == list(range(9))
    assert np.all(moved.sum(axis=1) == 1)


def test_shifted_drops_what_leaves_the_image() -> None:
    corner = np.array([[1, 0, 0, 0]], np.float32)
    assert sorted(models.shifted(corner, 2).sum(axis=1)) == [0] * 5 + [1] * 4


def test_walk_starts_at_each_point_and_ends_near_the_first() -> None:
    decoder = lso.Network([2, 4], activation="linear", dtype="float64", random_state=0)
    points = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    way = walks.walk(decoder, points, steps=4)
    assert way.shape == (12, 4)
    np.testing.assert_array_equal(way[::4], decoder(points))
    np.testing.assert_allclose(way[6], decoder(np.array([[0.5, 0.5]]))[0])
    np.testing.assert_allclose(way[11], decoder(np.array([[0.0, 0.25]]))[0])


def test_walk_through_digits_passes_their_reconstructions(whole: Run) -> None:
    autoencoder, test = whole.models["lso-2"].estimator, whole.digits.test
    way = walks.through_digits(autoencoder, test, digits=[3, 8], steps=5)
    first = [int(np.flatnonzero(test.labels == digit)[0]) for digit in (3, 8)]
    expected = autoencoder.reconstruct(test.images[first])
    np.testing.assert_allclose(way[[0, 5]], expected, rtol=0, atol=1e-6)
    with pytest.raises(ValueError, match="digits: expected digits of 0 to 9, got 12"):
        walks.through_digits(autoencoder, test, digits=[12])


def test_the_paper_is_the_default() -> None:
    faithful = generation.GenerationSettings()
    assert faithful == replace(faithful, mse=1e-3, desired_change=-1.0, bounds=None)


def test_the_judge_tells_digits_and_may_see_none() -> None:
    digits = lso.data.load(random_state=0)
    judge = models.train_judge(
        models.JudgeSettings(epochs=1, least_samples=60_000), digits, 0, Silent()
    )
    assert judge.facts["test_accuracy"] > 0.9
    # noise of other contrasts and another seed than it learned from
    for contrast in (1.5, 20.0):
        seen = judge.estimator.predict(models.noise(200, 196, contrast, seed=99))
        assert (seen == NO_DIGIT).mean() > 0.99


def test_judges_of_a_panel_learn_from_halves_that_share_no_image() -> None:
    digits = lso.data.load(random_state=0)
    few = models.JudgeSettings((8,), epochs=1, least_samples=1)
    for last in (0, 2):
        trained = [
            models.train_judge(replace(few, part=(i, 2), last_epochs=last), digits, 0, Silent())
            for i in (0, 1)
        ]
        assert [each.facts["train_images"] for each in trained] == [750, 750]
        for each in trained:
            assert each.facts["train_epochs"] == len(each.estimator.history_["epoch"]) == 1 + last
            assert each.estimator.optimizer == few.optimizer
            assert not each.estimator.warm_start
        networks = [each.estimator.network_ for each in trained]
        assert not np.array_equal(networks[0].parameters, networks[1].parameters)


def test_the_panel_differs_in_all_that_was_chosen() -> None:
    panel = models.PANEL
    assert len({(each.hidden, each.activation, each.part) for each in panel}) == len(panel) == 5
    assert {each.part for each in panel} == {(0, 1), (0, 2), (1, 2)}
    assert len({each.activation for each in panel}) == 3

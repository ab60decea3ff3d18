"""What a run tells beside its systems: sensitivity, correlations, curves."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from lso_native.study.correlations import correlations, rank_correlation
from lso_native.study.latent_spaces import errors_along
from lso_native.study.run import run
from lso_native.study.step import Facts
from small_run import SWEEPS, results_of, small_study

SYSTEMS = ("lso-2", "input-optimization", "lso-noisy", "vae")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run")
    run(small_study(), out, systems=SYSTEMS)
    return out


@pytest.fixture(scope="module")
def results(folder: Path) -> Facts:
    return results_of(folder)


def test_each_system_that_optimizes_has_a_row_for_each_change(results: Facts) -> None:
    rows = results["sweeps"]["desired_change"]
    optimizing = [name for name in SYSTEMS if name != "vae"]
    expected = [(name, change) for name in optimizing for change in SWEEPS.desired_changes]
    assert [(row["system"], row["desired_change"]) for row in rows] == expected
    assert all(row["n"] == SWEEPS.samples for row in rows)


def test_decoders_are_started_from_everywhere(results: Facts) -> None:
    rows = results["sweeps"]["start"]
    assert {row["system"] for row in rows} == {"lso-2", "lso-noisy"}
    starts = {row["start"] for row in rows if row["system"] == "lso-2"}
    assert starts == {
        "uniform 0..1",
        "uniform -1..1",
        "normal, sd 1",
        "normal, sd 0.1",
        "codes of images",
    }


def test_the_size_is_tried_for_each_kind_of_autoencoder(results: Facts) -> None:
    rows = results["sweeps"]["latent"]
    expected = [(kind, latent) for kind in SWEEPS.kinds for latent in SWEEPS.latents]
    assert [(row["kind"], row["latent"]) for row in rows] == expected
    for row in rows:
        assert row["success_rate"] == row["successes"] / row["n"]
        assert 1 <= row["effective_rank"] <= row["latent"]


def test_every_model_has_its_curves(results: Facts) -> None:
    histories = results["histories"]
    assert set(histories) == {"judge", "judge-2", "classifier", "lso-2", "noisy", "vae"}
    assert set(histories["vae"]) == {"loss", "reconstruction", "divergence"}
    epochs = results["models"]["classifier"]["train_epochs"]
    assert len(histories["classifier"]["mse"]) == epochs
    assert histories["lso-2"] == {}  # one epoch is no curve


def test_correlations_are_over_all_decoders(results: Facts) -> None:
    rows = results["correlations"]
    assert {row["n"] for row in rows if row["figure"] == "condition"} == {3 + 6}
    assert all(row["rho"] is None or -1 <= row["rho"] <= 1 for row in rows)


def test_rank_correlation_is_spearmans() -> None:
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(0)
    x = rng.integers(0, 5, 30).astype(float)  # with ties
    y = x + rng.normal(0, 2, 30)
    found = rank_correlation(x, y)
    assert found.rho == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-12)
    assert found.low < found.rho < found.high


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    truth = 6 / math.pi * math.asin(0.6 / 2)  # Spearman's, of normal pairs of correlation .6
    held = []
    for _ in range(1_000):
        x, e = rng.normal(size=(2, 20))
        found = rank_correlation(x, 0.6 * x + 0.8 * e)
        held.append(found.low < truth < found.high)
    assert 0.92 < np.mean(held) < 0.98


def test_a_correlation_without_pairs_or_change_has_no_interval() -> None:
    assert math.isnan(rank_correlation([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]).rho)
    assert math.isnan(rank_correlation([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]).low)
    rows = correlations([{"condition": 1.0, "walk_recognised": 0.5}] * 3)
    assert rows == [
        {"figure": "condition", "with": "walk_recognised", "rho": None, "interval": None, "n": 3}
    ]
    assert correlations([{"condition": 1.0, "walk_recognised": 0.5}] * 2) == []


def test_a_walk_that_has_ended_keeps_its_last_error() -> None:
    found = errors_along([np.array([4.0, 1.0]), np.array([8.0, 6.0, 5.0])])
    assert found["iterations"] == [0, 1, 2]
    middle = [row[found["quantiles"].index(0.5)] for row in found["mse"]]
    assert middle == [6.0, 3.5, 3.0]

"""A panel of judges: balanced draws, figures with intervals, and what they are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from lso_native import metrics
from lso_native.metrics import Figure, Panel, Share, balanced_draws, student_quantile

RNG = np.random.default_rng(0)
LABELS = np.arange(300) % 3
IMAGES = (RNG.uniform(0.2, 0.8, (3, 6))[LABELS] + RNG.normal(0, 0.08, (300, 6))).astype(np.float32)
REAL, REAL_LABELS = IMAGES[150:], LABELS[150:]


def judge(hidden: tuple[int, ...], activation: Any, seed: int) -> lso.Classifier:
    kind = lso.Classifier(hidden=hidden, activation=activation, bias="standard", random_state=seed)
    return kind.set_params(epochs=30).fit(IMAGES[:150], LABELS[:150])


@pytest.fixture(scope="module")
def judges() -> list[lso.Classifier]:
    return [judge((8,), "relu", 0), judge((6,), "tanh", 1), judge((9, 7), "silu", 2)]


@pytest.fixture(scope="module")
def panel(judges: list[lso.Classifier]) -> Panel:
    return Panel(judges, REAL, REAL_LABELS, draws=2, directions=5, random_state=3)


# Draws.


def test_draws_have_the_labels_of_the_samples() -> None:
    like = np.array([2, 0, 2, 1, 2, 0])
    draws = balanced_draws(LABELS, like, draws=10, random_state=1)
    for rows in draws:
        np.testing.assert_array_equal(np.bincount(LABELS[rows]), [2, 1, 3])
    together = np.concatenate(draws)
    assert len(np.unique(together)) == len(together) == 60  # no row twice
    assert not np.array_equal(draws[0], balanced_draws(LABELS, like, draws=1, random_state=2)[0])


def test_whole_draws_use_all_that_the_scarcest_label_allows() -> None:
    labels = np.repeat([0, 1], [50, 30])
    draws = balanced_draws(labels, [0, 0, 1], draws=2, whole=True)
    assert [np.bincount(labels[rows]).tolist() for rows in draws] == [[25, 12]] * 2
    assert len(np.unique(np.concatenate(draws))) == 2 * 37


def test_labels_that_were_not_asked_for_are_drawn_alike() -> None:
    (rows,) = balanced_draws(LABELS, [-1] * 12, draws=1)
    np.testing.assert_array_equal(np.bincount(LABELS[rows]), [4, 4, 4])


def test_too_few_rows_are_used_again_but_never_twice_in_a_draw() -> None:
    draws = balanced_draws(LABELS, np.zeros(80, int), draws=3)
    assert [len(np.unique(rows)) for rows in draws] == [80] * 3
    assert len(np.unique(np.concatenate(draws))) == 100
    (all_there_are,) = balanced_draws(LABELS, np.zeros(500, int), draws=1)
    assert sorted(all_there_are) == np.flatnonzero(LABELS == 0).tolist()


# Figures.


def test_a_figure_by_hand() -> None:
    figure = Figure(np.array([[1.0, 2.0, 3.0], [2.0, 3.0, 4.0]]))
    assert figure.mean == 2.5
    assert figure.spread == 1.0  # of 1.5, 2.5, 3.5
    # Judges' means 2, 3: variance .5, of the mean .25; draws' 1, of the mean 1/3.
    variance = 0.25 + 1 / 3
    freedom = variance**2 / (0.25**2 / 1 + (1 / 3) ** 2 / 2)
    half = student_quantile(0.95, freedom) * variance**0.5
    assert figure.interval == pytest.approx((2.5 - half, 2.5 + half))
    assert Figure(figure.values, (2.0, 3.0)).interval == (2.0, 3.0)
    assert figure.summary("x") == {"x": 2.5, "x_interval": list(figure.interval)}
    assert repr(figure).startswith("2.5 [")


def test_what_judges_have_in_common_drops_out_of_a_difference() -> None:
    scales = np.array([[1.0], [2.0], [4.0]])
    first, second = Figure(scales + np.array([[0.0, 0.1]])), Figure(scales + np.ones((1, 2)))
    assert first.interval[0] < 0 < first.interval[1]
    difference = second - first
    assert difference.mean == pytest.approx(0.95)
    assert 0 < difference.interval[0] < difference.interval[1]
    with pytest.raises(
        ValueError, match=r"^other: expected values of shape \(3, 2\), got \(3, 1\)"
    ):
        _ = first - Figure(scales)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    rng, hits = np.random.default_rng(5), 0
    for _ in range(400):
        judges, draws = rng.normal(0, 2, (5, 1)), rng.normal(0, 1, (1, 4))
        low, high = Figure(7 + judges + draws + rng.normal(0, 0.3, (5, 4))).interval
        hits += low <= 7 <= high
    assert 0.93 <= hits / 400 <= 0.99


def test_a_share_of_judges_that_agree_is_wilsons() -> None:
    seen = np.tile(np.arange(20) < 17, (3, 1)).astype(float)
    assert Share(seen, (0.0, 1.0)).interval == pytest.approx(metrics.wilson_interval(17, 20))
    assert Share(np.ones((3, 20)), (0.0, 1.0)).interval == pytest.approx(
        metrics.wilson_interval(20, 20)
    )


def test_judges_that_differ_widen_a_share() -> None:
    seen = np.array([np.arange(1000) < 900, np.arange(1000) < 920, np.arange(1000) < 880])
    share = Share(seen.astype(float), (0.0, 1.0))
    low, high = metrics.wilson_interval(900, 1000)
    student = student_quantile(0.95, 2) * 0.02 / 3**0.5
    assert share.interval == pytest.approx(
        (0.9 - np.hypot(0.9 - low, student), 0.9 + np.hypot(high - 0.9, student))
    )


@pytest.mark.parametrize(
    ("freedom", "t"), [(1, 12.7062), (2, 4.30265), (4, 2.77645), (30, 2.04227)]
)
def test_students_table(freedom: int, t: float) -> None:
    assert student_quantile(0.95, freedom) == pytest.approx(t, rel=1e-5)
    assert student_quantile(0.95, freedom + 0.5) < t


# The panel.


def test_figures_are_those_of_each_judge_and_draw(panel: Panel) -> None:
    samples, labels = IMAGES[:60], LABELS[:60]
    found = panel.measure(samples, labels)
    draws = panel.real_draws(labels)
    assert [len(rows) for rows in draws] == [75, 75]
    assert (found.n_samples, found.n_real) == (60, 75)
    for i, each in enumerate(panel.judges):
        seen = metrics.recognition(each, samples, labels)
        np.testing.assert_array_equal(found.recognised.values[i], seen.recognised)
        np.testing.assert_array_equal(found.mean_confidence.values[i], seen.confidence)
        real = metrics.features(each, REAL).astype(np.float64)
        _, axes = np.linalg.eigh(np.cov(real.T))
        axes = axes[:, ::-1][:, :5]
        scale = ((real - real.mean(axis=0)) @ axes).std(axis=0, ddof=1)
        made = (metrics.features(each, samples) - real.mean(axis=0)) @ axes / scale
        real = (real - real.mean(axis=0)) @ axes / scale
        for j, rows in enumerate(draws):
            distance = metrics.frechet_distance(real[rows], made).distance
            assert found.frechet_distance.values[i, j] == pytest.approx(distance, rel=1e-3)
            manifold = (
                *metrics.precision_recall(real[rows], made),
                *metrics.density_coverage(real[rows], made),
            )
            figures = (found.precision, found.recall, found.density, found.coverage)
            assert [each.values[i, j] for each in figures] == pytest.approx(manifold)


def test_all_judges_measure_on_one_scale(panel: Panel, judges: list[lso.Classifier]) -> None:
    found = panel.measure_real(IMAGES[:150], LABELS[:150], like=LABELS[:60])
    distances = found.frechet_distance.values.mean(axis=1)
    plain = [
        metrics.frechet_distance(
            metrics.features(each, REAL), metrics.features(each, IMAGES[:60])
        ).distance
        for each in judges
    ]
    assert distances.max() / distances.min() < 1.5
    assert max(plain) / min(plain) > 3
    assert found.n_samples == 60
    assert found.recognised.values.shape == (3, 120)


def test_a_direction_stands_on_sixteen_images(judges: list[lso.Classifier]) -> None:
    few = Panel(judges, REAL[:50], REAL_LABELS[:50], draws=2)
    spread = few.measure(REAL[:50], REAL_LABELS[:50]).frechet_distance.mean
    three = Panel(judges, REAL[:50], REAL_LABELS[:50], draws=2, directions=3)
    assert spread == three.measure(REAL[:50], REAL_LABELS[:50]).frechet_distance.mean


def test_any_label_counts_all_alike(panel: Panel) -> None:
    found = panel.measure(IMAGES[:60], np.full(60, -1))
    assert found.n_real == 75
    assert found.recognised.mean > 0.5


def test_summary_has_each_figure_and_its_interval(panel: Panel) -> None:
    found = panel.measure(IMAGES[:60], LABELS[:60])
    summary = found.summary()
    assert list(found.figures()) == [name for name in summary if not name.endswith("_interval")]
    assert summary["recall"] == found.recall.mean
    assert summary["recall_interval"] == list(found.recall.interval)


def test_the_same_seed_measures_the_same(panel: Panel, judges: list[lso.Classifier]) -> None:
    other = Panel(judges, REAL, REAL_LABELS, draws=2, directions=5, random_state=3)
    samples = IMAGES[:30], LABELS[:30]
    assert other.measure(*samples).summary() == panel.measure(*samples).summary()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"judges": []}, "judges: expected at least 2, got 0"),
        ({"judges": 3}, "judges: expected a sequence of Classifiers, got int"),
        ({"judges": [lso.Classifier()] * 2}, "judge: expected a fitted Classifier"),
        ({"labels": REAL_LABELS[1:]}, r"labels: expected labels of shape \(150,\)"),
        ({"labels": REAL_LABELS + 0.5}, "labels: expected integer"),
        ({"images": REAL[:, 1:]}, "images: expected an array of shape"),
        ({"images": np.zeros_like(REAL)}, "images: expected images that judges tell apart"),
        ({"draws": 1}, "draws: expected an integer of at least 2"),
        ({"directions": 0}, "directions: expected"),
    ],
)
def test_bad_panels(judges: list[lso.Classifier], change: dict[str, Any], message: str) -> None:
    given: dict[str, Any] = {"judges": judges, "images": REAL, "labels": REAL_LABELS}
    given |= change
    with pytest.raises((ValueError, TypeError), match=f"^{message}"):
        Panel(given.pop("judges"), given.pop("images"), given.pop("labels"), **given)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: balanced_draws(LABELS, [7], draws=1),
            "labels: expected at least 1 of each .* 0 of 7",
        ),
        (lambda: balanced_draws([], [1], draws=1), r"labels: expected labels of shape \(n,\)"),
        (
            lambda: balanced_draws(LABELS, [0.5], draws=1),
            "like: expected integers, got dtype float",
        ),
        (lambda: balanced_draws(LABELS, [1], draws=0), "draws: expected"),
        (lambda: student_quantile(1.0, 3), "confidence: expected"),
        (lambda: student_quantile(0.5, 0.5), "freedom: expected"),
    ],
)
def test_bad_arguments(call: Callable[[], object], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=f"^{message}"):
        call()

"""The ruler orders known distortions of real digits rightly; by quickly trained judges."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import lso_native as lso
import numpy as np
import pytest
from lso_native import metrics
from lso_native.metrics import Figure, Panel, PanelFigures
from lso_native.study.data import DigitsData
from lso_native.study.judges import PANEL

N, SEED = 500, 0
TOOL = Path(__file__).parents[2] / "tools" / "check_ruler.py"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location(TOOL.stem, TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def digits() -> lso.data.Digits:
    return lso.data.load(random_state=SEED)


@pytest.fixture(scope="module")
def panel(tool: ModuleType, digits: lso.data.Digits) -> Panel:
    quick = [
        replace(
            each,
            hidden=tuple(size // 2 for size in each.hidden),
            epochs=4,
            least_samples=1,
            last_epochs=1,
        )
        for each in PANEL
    ]
    judges = tool.trained(quick, DigitsData(random_state=SEED), SEED)
    return Panel(judges, digits.test.images, digits.test.labels, random_state=SEED)


@pytest.fixture(scope="module")
def found(tool: ModuleType, panel: Panel, digits: lso.data.Digits) -> dict[str, PanelFigures]:
    training, source = tool.halves(digits.train)
    made = tool.distortions(source, training, N, SEED)
    return {name: panel.measure(*samples) for name, samples in made}


def above(more: Figure, less: Figure) -> bool:
    """Whether ``more`` is above ``less``, by the mean of all judges and by each of them."""
    difference = more - less
    return difference.interval[0] > 0 and bool((difference.values.mean(axis=1) > 0).all())


@pytest.mark.parametrize(
    "worse_and_worse",
    [
        ("real", "blur 0.5", "blur 0.8"),
        ("real", "noise 0.1", "noise 0.2"),
        ("real", "upright half"),
        ("real", "thin half"),
        ("real", "a fifth, five times"),
    ],
    ids=lambda names: names[1],
)
def test_frechet_distance_grows(
    found: dict[str, PanelFigures], worse_and_worse: tuple[str, ...]
) -> None:
    for less, more in pairwise(worse_and_worse):
        assert above(found[more].frechet_distance, found[less].frechet_distance), more


@pytest.mark.parametrize(
    "name", ["blur 0.5", "upright half", "thin half", "a fifth, five times", "noise 0.1"]
)
def test_recall_falls_where_styles_are_missing(found: dict[str, PanelFigures], name: str) -> None:
    assert above(found["real"].recall, found[name].recall)


def test_recall_orders_blur_and_noise(found: dict[str, PanelFigures]) -> None:
    assert above(found["blur 0.5"].recall, found["blur 0.8"].recall)
    assert above(found["noise 0.1"].recall, found["noise 0.2"].recall)


def test_precision_density_and_recognition_fall_under_noise(
    found: dict[str, PanelFigures],
) -> None:
    for less, more in (("real", "noise 0.1"), ("noise 0.1", "noise 0.2")):
        for figure in ("density", "recognised", "mean_confidence"):
            better, worse = (getattr(found[name], figure) for name in (less, more))
            assert above(better, worse), (figure, more)
    assert above(found["real"].precision, found["noise 0.2"].precision)


def test_coverage_falls_with_the_number_of_different_images(
    found: dict[str, PanelFigures],
) -> None:
    assert above(found["real"].coverage, found["a fifth, five times"].coverage)


def test_real_images_are_like_real_images(
    panel: Panel, digits: lso.data.Digits, found: dict[str, PanelFigures]
) -> None:
    real = found["real"]
    draws = panel.measure_real(digits.train.images, digits.train.labels, like=np.arange(200) % 10)
    assert 0.9 < draws.density.mean < 1.15
    assert abs(draws.precision.mean - draws.recall.mean) < 0.12
    assert draws.recognised.mean == pytest.approx(real.recognised.mean, abs=0.03)


def test_copies_are_seen_by_their_distance_alone(
    tool: ModuleType, digits: lso.data.Digits, found: dict[str, PanelFigures]
) -> None:
    training, source = tool.halves(digits.train)
    samples = dict(tool.distortions(source, training, N, SEED))
    share = {
        name: metrics.copying(samples[name].images, training.images, digits.test.images).near
        for name in ("real", "half of them copies", "blur 0.5")
    }
    assert share["half of them copies"].interval[0] > 0.4
    assert share["real"].interval[1] < 0.05
    assert share["blur 0.5"].interval[1] < 0.05
    # Nothing else tells a copy from a new image.
    copies, real = found["half of them copies"], found["real"]
    assert not above(copies.frechet_distance, real.frechet_distance)


def test_the_table_has_a_row_for_each(
    tool: ModuleType, panel: Panel, digits: lso.data.Digits
) -> None:
    lines = list(tool.table(digits, panel, 100, SEED))
    assert len(lines) == 2 + 9
    assert len({line.count("|") for line in lines}) == 1

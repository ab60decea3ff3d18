"""The shapes data, one square an image, and the study of weighted retraining on them."""

from __future__ import annotations

import dataclasses
import io
import json
from pathlib import Path
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from lso_native.report.shapes import shapes_picture, shapes_report
from lso_native.study.progress import Silent
from lso_native.study.shapes import ShapesSettings, Squares, Way, run
from lso_native.study.store import Store
from PIL import Image


def test_there_is_one_of_each_square_ten_times() -> None:
    images = lso.data.shapes()
    assert images.shape == (10_900, 4_096)
    assert images.dtype == np.float32
    areas = images.sum(axis=1)
    widths = np.sqrt(areas)
    assert all((widths == w).sum() == 10 * (64 - w + 1) for w in range(1, 21))
    assert len({image.tobytes() for image in images}) == 1_090


@pytest.mark.parametrize("row", range(0, 40, 7))
def test_a_square_is_a_square_at_its_column(row: int) -> None:
    image = lso.data.shapes(side=9, largest=4, column=3, copies=2)[row].reshape(9, 9)
    rows, columns = np.nonzero(image)
    width = int(np.sqrt(image.sum()))
    assert columns.min() == 3
    assert np.ptp(rows) == width - 1
    assert np.ptp(columns) == width - 1
    assert set(np.unique(image)) == {0.0, 1.0}


@pytest.mark.parametrize(
    ("options", "argument"),
    [({"largest": 33}, "largest"), ({"column": 64}, "column"), ({"copies": 0}, "copies")],
)
def test_misuse_names_the_argument(options: dict[str, Any], argument: str) -> None:
    with pytest.raises(ValueError, match=argument):
        lso.data.shapes(**options)


# The study


SMALL = ShapesSettings(
    seeds=2,
    images=Squares(side=24, largest=7, copies=10),
    queries=40,
    ways=(Way("neither", None, 40, epochs=0.0), Way("both", 1e-3, 10, published=30.0)),
    threads=1,
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[ShapesSettings, dict[str, Any]]:
    settings = dataclasses.replace(SMALL, out=str(tmp_path_factory.mktemp("shapes")))
    return settings, dict(run(settings, Silent()))


def test_a_way_is_its_runs(made: tuple[ShapesSettings, dict[str, Any]]) -> None:
    settings, results = made
    store = Store(Path(settings.out) / "steps")
    assert json.loads((Path(settings.out) / "results.json").read_text()) == results
    for name, steps in settings.steps().items():
        facts = results["ways"][name]
        queried = [store.load(step) for step in steps]
        assert [step.decoder.seed for step in steps] == [0, 1]
        assert facts["best"] == [each.values.max() for each in queried]
        assert facts["mean"] == np.mean(facts["best"])
        assert facts["curve"][-1] == facts["mean"]
        assert len(facts["curve"]) == 40
        for each in queried:
            assert set(np.unique(each.images)) <= {0.0, 1.0}
            assert each.images.sum(axis=1).max() == each.best[-1]
        assert [len(each.values) for each in queried] == [40, 40]


def test_what_is_there_is_not_made_again(made: tuple[ShapesSettings, dict[str, Any]]) -> None:
    settings, results = made
    before = {path: path.stat().st_mtime_ns for path in Path(settings.out).rglob("*.npz")}
    assert run(settings, Silent()) == results
    assert before == {path: path.stat().st_mtime_ns for path in Path(settings.out).rglob("*.npz")}
    assert len(before) == 4


def test_the_ways_of_a_seed_begin_with_one_decoder() -> None:
    decoders = {step.decoder.key for runs in SMALL.steps().values() for step in runs}
    assert len(decoders) == 2


def test_the_table_and_the_picture(made: tuple[ShapesSettings, dict[str, Any]]) -> None:
    settings, results = made
    rows = shapes_report(results).splitlines()
    low, high = results["ways"]["both"]["best"]
    assert f"{low:.0f}, {high:.0f} | 30 |" in rows[3]
    assert rows[3].startswith(f"| both | {(low + high) / 2:.0f} ± ")
    store = Store(Path(settings.out) / "steps")
    images = {name: store.load(runs[0]).images for name, runs in settings.steps().items()}
    picture = Image.open(io.BytesIO(shapes_picture(results, images)))
    assert picture.size == (1200, 420)
    assert len(np.unique(np.asarray(picture.convert("L")))) > 10

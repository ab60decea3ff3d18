"""A study of one's own: data, a system, a measure and a grid from outside the package, on a table of numbers."""

from __future__ import annotations

import re
import shutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import lso_native as lso
import numpy as np
import pytest
from lso_native._typing import IntArray
from lso_native.data import Part
from lso_native.report import text_report, write_report
from lso_native.study.attempts import Attempts, Generated, Way, asked_labels, held_to_target
from lso_native.study.cells import Cell, Figure, Grid
from lso_native.study.data import DataSet
from lso_native.study.fit import Fit, Trained
from lso_native.study.frame import Frame
from lso_native.study.generators import VAESettings
from lso_native.study.measures import Measure
from lso_native.study.run import run
from lso_native.study.step import Facts, Step, Work
from lso_native.study.store import Store
from lso_native.study.study import Study, study_on
from lso_native.study.systems import (
    Drawn,
    FromClusters,
    Generator,
    System,
    ThroughGenerator,
)
from small_run import (
    FEW,
    LSO_1,
    OPTIONS,
    Listener,
    arrays_of,
    contents,
    model_of,
    results_of,
    without_seconds,
)

CLASSES, FEATURES = 3, 7


class Parts(NamedTuple):
    """Three of them."""

    name: str
    train: Part
    judge: Part
    test: Part


@dataclass(frozen=True)
class Blobs(DataSet):
    """Points about a centre for each class: a table, no pictures."""

    n: int = 150
    spread: float = 0.1
    seed: int = 0

    @property
    def classes(self) -> int:
        return CLASSES

    def load(self) -> Parts:
        rng = np.random.default_rng(self.seed)
        centres = rng.uniform(0.2, 0.8, (CLASSES, FEATURES))

        def part(n: int) -> Part:
            labels = np.arange(n) % CLASSES
            points = centres[labels] + self.spread * rng.normal(size=(n, FEATURES))
            return Part(np.clip(points, 0, 1).astype(np.float32), labels)

        return Parts("blobs", part(self.n), part(self.n), part(self.n // 2))


@dataclass(frozen=True)
class Pictures(Blobs):
    """The same as pictures of 3x3, two pixels of which are always dark."""

    @property
    def shape(self) -> tuple[int, int]:
        return 3, 3

    def load(self) -> Parts:
        name, *parts = super().load()
        dark = ((0, 0), (0, 2))
        return Parts(name, *(Part(np.pad(part.images, dark), part.labels) for part in parts))


@dataclass(frozen=True)
class Centres:
    """An estimator that is no estimator of the package."""

    means: Any


@dataclass(frozen=True)
class FitCentres(Fit):
    """The mean of each class."""

    def make(self, work: Work) -> Trained:
        train = work.data(self.data).train
        means = [train.images[train.labels == i].mean(axis=0) for i in range(self.data.classes)]
        work.progress.start("centres", 1)
        work.progress.finish("found")
        return Trained(Centres(np.array(means)), {"train_images": len(train)})

    def save(self, made: Trained, folder: Path) -> None:
        np.savez(folder / "centres.npz", means=made.estimator.means, n=made.facts["train_images"])

    def load(self, folder: Path) -> Trained:
        with np.load(folder / "centres.npz") as file:
            return Trained(Centres(file["means"]), {"train_images": int(file["n"])})


@dataclass(frozen=True)
class About(Way):
    """Samples about the mean of the class asked for."""

    centres: FitCentres
    classifier: Step[Trained]
    n: int
    spread: float
    seed: int

    @property
    def model(self) -> FitCentres:
        return self.centres

    def run(self, name: str, work: Work) -> Generated:
        del name
        means = work.get(self.centres).estimator.means
        labels = asked_labels(self.n, len(means))
        noise = lso.normal((self.n, FEATURES), std=self.spread, random_state=self.seed)
        samples = means[labels] + noise
        classifier = work.get(self.classifier).estimator.network_
        return held_to_target(samples.astype(np.float32), labels, classifier, mse=0.1)


@dataclass(frozen=True, kw_only=True)
class AboutCentres(System):
    spread: float = 0.05

    def way(self, frame: Frame) -> About:
        centres = FitCentres("centres", frame.data, frame.seed("centres"))
        seed = frame.seed(self.name)
        return About(centres, frame.classifier, frame.samples, self.spread, seed)


@dataclass(frozen=True)
class Scatter(Measure):
    """The mean standard deviation within a class."""

    data: DataSet
    times: float = 1.0

    def of(self, generated: Generated, work: Work) -> Facts:
        del work
        return self._facts(generated.samples, generated.labels)

    def of_real(self, like: IntArray, work: Work) -> Facts:
        train = work.data(self.data).train
        return self._facts(train.images, train.labels) | {"scatter_n": len(like)}

    def _facts(self, points: Any, labels: Any) -> Facts:
        within = [points[labels == i].std(axis=0).mean() for i in np.unique(labels)]
        return {"scatter": self.times * float(np.mean(within))}


SMALL: dict[str, Any] = {"latent": 2, "images": 150, "samples": 1_500, "hidden": (8,)}
VAE = Generator("vae", VAESettings(**SMALL))
SYSTEMS: tuple[System, ...] = (
    AboutCentres("centres"),
    replace(LSO_1, name="through"),
    Drawn("vae", generator=VAE),
    FromClusters("clusters", generator=VAE),
    ThroughGenerator("lso-vae", generator=VAE, descent=FEW),
)


def grids(study: Study, names: tuple[str, ...]) -> list[Grid]:
    """How far from the centres."""
    if "centres" not in names:
        return []
    way = study.steps["centres"].attempts.way
    assert isinstance(way, About)
    cells = [
        Cell(
            f"spread {spread:g}",
            {"spread": spread},
            replace(way, spread=spread),
            study.frame.panel,
            (Scatter(study.frame.data),),
            {"learned_from": Figure(way.centres, "train_images")},
        )
        for spread in (0.01, 0.2)
    ]
    return [Grid("spreads", tuple(cells))]


def own(data: DataSet | None = None, **more: Any) -> Study:
    parts = {name: OPTIONS[name] for name in ("classifier", "judges", "quality")}
    data = data or Blobs()
    return study_on(
        data,
        more.pop("systems", SYSTEMS),
        measures=[Scatter(data, **more.pop("scatter", {}))],
        samples=30,
        spaces=OPTIONS["latent_spaces"],
        grids=grids,
        settings={"dataset": "blobs"},
        **parts,
        **more,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("own")
    run(own(), out, threads=1)
    return out


def test_its_figures_follow_from_its_samples(folder: Path) -> None:
    results = results_of(folder)
    assert list(results["systems"]) == [system.name for system in SYSTEMS]
    facts, samples = results["systems"]["centres"], arrays_of(folder, "centres")
    assert samples["images"].shape == (30, FEATURES)
    np.testing.assert_array_equal(np.bincount(samples["labels"]), [10, 10, 10])
    assert facts["train_images"] == 150
    assert facts["model"] == "centres"
    within = [samples["images"][samples["labels"] == i].std(axis=0).mean() for i in range(3)]
    assert facts["scatter"] == pytest.approx(np.mean(within))
    assert results["real"]["scatter_n"] == 30
    assert 0.05 < results["real"]["scatter"] < 0.11
    assert results["systems"]["clusters"]["success_rate"] is not None
    assert set(results["latent_spaces"]) == {"through", "vae"}


def test_its_grid_has_its_rows(folder: Path) -> None:
    rows = results_of(folder)["spreads"]
    assert [(row["spread"], row["learned_from"], row["n"]) for row in rows] == [
        (0.01, 150, 30),
        (0.2, 150, 30),
    ]
    assert rows[0]["scatter"] < rows[1]["scatter"]


def test_without_pictures_there_are_none(folder: Path) -> None:
    assert not (folder / "figures").exists()
    assert {file.name for file in (folder / "models").iterdir()} == {
        f"{name}.safetensors" for name in ("judge", "judge-2", "classifier", "through", "vae")
    }
    assert isinstance(model_of(folder, "through"), lso.Autoencoder)
    with np.load(folder / "real.npz") as real:
        assert real["images"].shape == (30, FEATURES)


def test_its_tables_and_its_page_are_written(folder: Path) -> None:
    results = results_of(folder)
    assert results["own_figures"] == ["scatter"]
    for name, facts in results["systems"].items():
        assert re.search(rf"^{name} +{facts['scatter']:.4g}$", text_report(results), re.MULTILINE)
    page = write_report(folder).path.read_text(encoding="utf-8")
    (folder / "report.html").unlink()
    assert "centres" in page
    assert "<h1>Latent space optimization of " in page
    assert "digit" not in page.split("<footer")[0].lower()
    assert f"<td>{results['systems']['centres']['scatter']:.4g}</td>" in page
    assert "<img" not in page


def test_nothing_is_made_twice_and_workers_make_the_same(folder: Path, tmp_path: Path) -> None:
    listener = Listener()
    run(own(), folder, threads=1, progress=listener)
    assert listener.stages == []
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        run(own(), tmp_path, threads=1, executor=executor)
    assert contents(tmp_path) == contents(folder)


@pytest.mark.parametrize(
    ("change", "again"),
    [
        ({"scatter": {"times": 2.0}}, []),  # which tells no stages
        ({"systems": (AboutCentres("centres", spread=0.1), *SYSTEMS[1:])}, []),
        ({"data": Blobs(seed=1)}, ["centres", "judge", "through"]),
    ],
    ids=["measure", "system", "data"],
)
def test_what_changes_is_made_anew(
    folder: Path, tmp_path: Path, change: dict[str, Any], again: list[str]
) -> None:
    out, listener = Path(shutil.copytree(folder, tmp_path / "out")), Listener()
    before = results_of(out)["systems"]["centres"]
    results = run(own(**change), out, threads=1, progress=listener)
    after = without_seconds(results["systems"]["centres"])
    assert after != without_seconds(before)
    stages = " ".join(listener.stages)
    assert all(name in stages for name in again)
    assert bool(again) == ("judge" in stages)


def test_other_pictures_than_digits_have_sheets_and_walks(tmp_path: Path) -> None:
    results = run(own(Pictures(), systems=(replace(LSO_1, name="through"),)), tmp_path)
    assert list(results["systems"]) == ["through"]
    drawn = {file.name for file in (tmp_path / "figures").iterdir()}
    assert drawn == {"through.png", "walk-through.png", "walk-through.gif"}
    page = write_report(tmp_path).path.read_text(encoding="utf-8")
    assert ">real images<" in page
    assert "walk-through" in page or 'alt="' in page


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"data": "mnist5k"}, "data: expected an object of a class like DataSet, got 'mnist5k'"),
        (
            {"systems": ("lso-1",)},
            "systems: expected an object of a class like System, got 'lso-1'",
        ),
        ({"measures": (Scatter,)}, "measures: expected an object of a class like Measure, got"),
        ({"systems": ()}, "systems: expected at least one, got none"),
    ],
    ids=["data", "name", "class", "none"],
)
def test_what_is_handed_in_are_objects(change: dict[str, Any], said: str) -> None:
    given: dict[str, Any] = {"data": Blobs(), "systems": SYSTEMS, **change}
    with pytest.raises((TypeError, ValueError), match=said):
        study_on(**given)


@dataclass(frozen=True)
class Twice(Measure):
    """Tells a figure that a study has."""

    def of(self, generated: Generated, work: Work) -> dict[str, Any]:  # noqa: ARG002
        return {"successes": 1}


@dataclass(frozen=True)
class Short(Way):
    """Gives something else than samples that match."""

    what: str

    def run(self, name: str, work: Work) -> Any:  # noqa: ARG002
        if self.what == "nothing":
            return None
        n = 5 if self.what == "fewer" else 4
        samples = np.full((4, 3), np.nan if self.what == "nan" else 0.5, np.float32)
        ones = np.ones(n)
        return Generated(samples, ones.astype(int), ones > 0, ones, ones.astype(int))


def test_a_figure_that_there_is_already_is_told(tmp_path: Path) -> None:
    study = own(systems=[AboutCentres("centres")])
    study = replace(study, measures=(*study.measures, Twice()))
    with pytest.raises(ValueError, match=r"^measures: .*got 'successes' of centres samples twice"):
        run(study, tmp_path, threads=1)


@pytest.mark.parametrize(
    ("what", "match"),
    [
        ("nothing", r"^Short.run: expected Generated, got NoneType"),
        ("fewer", r"^Short.run: expected \(n, n_features\) samples, .*\(4, 3\), 5 labels"),
        ("nan", r"^Short.run: expected samples that are finite"),
    ],
)
def test_what_is_no_samples_is_told(tmp_path: Path, what: str, match: str) -> None:
    with pytest.raises((TypeError, ValueError), match=match):
        Store(tmp_path).get(Attempts("short", Short(what)))

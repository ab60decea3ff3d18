"""Airfoils by the simulator: designs, rivals, the study."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from checks import assert_refused
from lso_native._typing import Array
from lso_native.airfoils import (
    DecoderSettings,
    Designer,
    DesignSettings,
    NeuralFoil,
    SurrogateSettings,
    Target,
    Tolerance,
    designs_picture,
    real,
)
from lso_native.airfoils.report import airfoils_report
from lso_native.airfoils.rivals import Asked, Rival, Task
from lso_native.airfoils.run import run
from lso_native.airfoils.shapes import bends, coordinates, sound
from lso_native.airfoils.steps import Designed
from lso_native.airfoils.study import JUDGE, RIVALS, AirfoilsSettings
from lso_native.airfoils.told import figures
from lso_native.airfoils.walk import walk
from lso_native.cli import main
from PIL import Image

asb = pytest.importorskip("aerosandbox")
neuralfoil = pytest.importorskip("neuralfoil")
pytest.importorskip("cma")
pytest.importorskip("matplotlib")
pytestmark = pytest.mark.extra

SMALL: dict[str, Any] = {
    "decoder": DecoderSettings(copies=1_000, epochs=10, hidden=(64,), latent=8),
    "surrogate": SurrogateSettings(draws=3_000, hidden=(32, 32), epochs=20),
}
WIDE = Target(0.75, 90, -0.06, 0.11, "wide", Tolerance(0.15, 25, 0.05, 0.02))


def small(simulator: Any = None, **options: Any) -> Designer:
    return Designer(simulator or NeuralFoil(), random_state=0, threads=1, **SMALL, **options)


@pytest.fixture(scope="module")
def designer() -> Designer:
    return small().fit()


def test_the_real_airfoils_are_sound() -> None:
    known = real()
    assert len(known.names) == len(known.heights) > 2_000
    assert len(set(known.names)) == len(known.names)
    assert sound(known.heights).all()
    naca = known.heights[known.names.tolist().index("naca0012")]
    theirs = asb.Airfoil("naca0012").local_thickness(np.array([0.3]))
    assert abs(theirs[0] - 0.12) < 1e-3
    assert abs((naca[:50] - naca[50:]).max() - 0.12) < 1e-3
    assert np.abs(naca[:50] + naca[50:]).max() < 1e-3  # it has no camber
    assert (bends(known.heights) <= 5).mean() == 1


def test_neuralfoil_says_what_it_says_of_the_outline() -> None:
    rows = real().heights[::400]
    said = NeuralFoil("medium", angle=2.0, reynolds=5e5)(rows)
    polar = NeuralFoil("medium", reynolds=5e5).polar(rows, [2.0, 6.0])
    for row, ours, lines in zip(rows, said, polar, strict=True):
        outline = coordinates(row[None])[0]
        for at, angle in enumerate((2.0, 6.0)):
            theirs = neuralfoil.get_aero_from_coordinates(outline, angle, 5e5, model_size="medium")
            expected = [theirs[name][0] for name in ("CL", "CD", "CM")]
            np.testing.assert_allclose(lines[at], expected, rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(ours["lift"], lines[0, 0])
        np.testing.assert_allclose(ours["ratio"], lines[0, 0] / lines[0, 1])
        np.testing.assert_allclose(ours["moment"], lines[0, 2])


def test_designs_are_as_asked_by_the_simulators_word(designer: Designer) -> None:
    result = designer.design(WIDE, 12, calls=2, random_state=0)
    assert result.success.mean() > 0.8
    found = result.samples[result.success]
    assert (WIDE.miss(NeuralFoil()(found)) <= designer.designs.share + 1e-6).all()
    assert sound(found).all()
    assert result.calls.max() <= 2
    again = small().fit().design(WIDE, 12, calls=2, random_state=0)
    assert (again.samples == result.samples).all()


class Moody:
    """NeuralFoil, which fails on thick shapes: it raises, or says NaN."""

    def __init__(self, raises: bool) -> None:
        self.raises = raises

    def __call__(self, heights: Array) -> Array:
        said = NeuralFoil()(heights)
        bad = said["thickness"] > 0.15
        if self.raises and bad.any():
            raise RuntimeError("did not converge")
        said["ratio"][bad] = np.nan
        return said


@pytest.mark.parametrize("raises", [False, True])
def test_a_simulator_that_fails_on_some_shapes_loses_nothing(raises: bool) -> None:
    surrogate = SurrogateSettings(draws=600, hidden=(32,), epochs=20)
    moody = Designer(
        Moody(raises), None, SMALL["decoder"], surrogate, random_state=0, threads=1
    ).fit()
    assert 60 < moody.failures_ < 540
    result = moody.design(WIDE, 6, random_state=0)
    assert result.success.any()
    thick = Target(0.75, 90, -0.06, 0.16, within=Tolerance(0.3, 50, 0.1, 0.02))
    result = moody.design(thick, 6, random_state=0)
    assert result.box_failures > 0
    assert len(result.samples) == 6


def test_misuse_is_refused(designer: Designer) -> None:
    target: Any = "thin"
    assert_refused(lambda: designer.design(target), "target", "'thin'")
    assert_refused(lambda: designer.design(WIDE, 0), "n", "0")
    assert_refused(lambda: designer.design(WIDE, calls=0), "calls", "0")
    simulator: Any = 3
    assert_refused(lambda: Designer(simulator).fit(), "simulator", "3")
    with pytest.raises(ValueError, match="not fitted"):
        Designer().design(WIDE)

    def lacks(heights: Array) -> Array:
        return NeuralFoil()(heights)[["lift", "ratio"]]

    assert_refused(lambda: small(lacks).fit(), "simulator", "no column 'moment'")

    def never(heights: Array) -> Array:
        said = NeuralFoil()(heights)
        said["lift"] = np.nan
        return said

    assert_refused(lambda: small(never).fit(), "simulator", "failures on all")


@pytest.mark.parametrize("rival", RIVALS.values(), ids=lambda rival: str(rival.name))
def test_what_a_rival_calls_a_design_is_one(rival: Rival, designer: Designer) -> None:
    asked = Asked(NeuralFoil(), WIDE, rival.share)
    found = rival.run(Task(asked, designer.models_, real(), 4, 60, 0))
    assert ((found.calls >= 1) | ~found.success).all()
    assert found.calls.max() <= 60
    rows = found.heights[found.success]
    assert (WIDE.miss(NeuralFoil()(rows)) <= rival.share).all()
    assert sound(rows).all()
    assert found.success.any() or rival.name == "draws"
    again = rival.run(Task(asked, designer.models_, real(), 4, 60, 0))
    assert (again.heights == found.heights).all()


def test_figures_are_the_judges() -> None:
    rows = real().heights[:40]
    met = WIDE.met(JUDGE(rows))
    calls = np.arange(1, 41)
    made = Designed(rows, np.zeros(40, bool), calls, rows)
    told = figures(WIDE, [made])
    assert told["met"] == met.mean() > 0
    assert told["met_within_calls"]["3"] == (met & (calls <= 3)).mean()
    assert told["calls_a_met_design"] == calls.sum() / met.sum()
    assert told["unsound_of_met"] == 0
    crossed = rows.copy()
    crossed[:, 50:][met] = crossed[:, :50][met]  # a flat line has no thickness
    worse = figures(WIDE, [made, Designed(crossed, np.zeros(40, bool), calls, rows)])
    assert worse["met_lowest"] < worse["met"] < told["met"]


def test_a_walk_ends_where_the_target_is_met(designer: Designer) -> None:
    path = walk(designer.models_, WIDE, NeuralFoil(), 0, designer.designs)
    said = NeuralFoil()(path)
    assert WIDE.met(said)[-1]
    misses = WIDE.miss(said).max(axis=1)
    assert misses[-1] < misses[0]
    steps = np.abs(np.diff(path, axis=0)).max(axis=1)
    assert steps.max() < np.abs(path[-1] - path[0]).max()


def test_a_picture_shows_the_first_twenty() -> None:
    pictures = [designs_picture(WIDE, real().heights[:n]) for n in (20, 25, 3)]
    assert pictures[0].size == pictures[2].size == (1_100, 760)
    assert pictures[0].tobytes() == pictures[1].tobytes() != pictures[2].tobytes()
    assert_refused(lambda: designs_picture(WIDE, np.zeros((0, 100))), "heights", "none")


def settings(folder: Path, **options: Any) -> AirfoilsSettings:
    targets = (WIDE,)
    few: dict[str, Any] = {"designs": 5, "rival_designs": 2, "rival_calls": 30, "threads": 1}
    design = DesignSettings(attempts=2)
    return AirfoilsSettings(str(folder), targets=targets, design=design, **few, **SMALL, **options)


def test_a_study_goes_on_where_it_was(tmp_path: Path) -> None:
    results = run(settings(tmp_path))
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "steps").rglob("*.npz")}
    told = (tmp_path / "results.json").read_bytes()
    assert json.loads(told) == results
    facts = results["targets"]["wide"]
    assert set(facts) == {"lso 1", "lso 2", "lso 3", *(rival.name for rival in RIVALS.values())}
    assert "wide" in airfoils_report(results)
    with np.load(tmp_path / "samples" / "seed-0" / "wide.npz") as arrays:
        assert arrays["coordinates"].shape == (5, 101, 2)
        assert (arrays["judge_lift"] == JUDGE(arrays["heights"])["lift"]).all()
    figures = {path.name: path.read_bytes() for path in (tmp_path / "figures").iterdir()}
    assert set(figures) == {"calls.png", "wide.png", "walk-wide.gif"}
    with Image.open(tmp_path / "figures" / "walk-wide.gif") as animation:
        assert animation.n_frames > 1  # type: ignore[attr-defined]
    (tmp_path / "results.json").unlink()
    (tmp_path / "figures" / "wide.png").unlink()
    run(settings(tmp_path))
    assert figures == {path.name: path.read_bytes() for path in (tmp_path / "figures").iterdir()}
    assert (tmp_path / "results.json").read_bytes() == told
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "steps").rglob("*.npz")}


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--designs", "0"),
        ("--rival-calls", "-1"),
        ("--random-state", "-3"),
        ("--rivals", "draws,genetic"),
    ],
)
def test_the_command_tells_misuse_in_a_line(
    option: str, value: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["airfoils", "--out", str(tmp_path / "x"), option, value]) == 2
    assert f"{option}: expected" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()

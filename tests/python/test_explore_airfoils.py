"""Airfoils on the page of ``lso explore``: what is learned once, what a look reads, and the lines."""

from __future__ import annotations

import functools
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("websockets")
pytest.importorskip("aerosandbox")
pytest.importorskip("neuralfoil")
from checks import assert_same_bits
from exploring import Visitor, served
from lso_native import airfoils
from lso_native.airfoils import NeuralFoil
from lso_native.airfoils.learning import DecoderSettings, SurrogateSettings
from lso_native.airfoils.study import AirfoilsSettings
from lso_native.explore.wings import Wings
from lso_native.study.progress import Silent

pytestmark = pytest.mark.extra

SMALL = AirfoilsSettings(
    decoder=DecoderSettings(copies=1_000, epochs=10, hidden=(64,), latent=8),
    surrogate=SurrogateSettings(draws=3_000, hidden=(32, 32), epochs=20),
    threads=1,
)
QUESTION = {"numbers": {"lift": [0.8, 0.1], "thickness": [0.12, 0.02]}}


class Heard(Silent):
    """Progress, as it was told."""

    def __init__(self) -> None:
        self.stages: list[str] = []

    def start(self, stage: str, total: int) -> None:
        self.stages.append(f"{stage}, {total}")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("airfoils")


@pytest.fixture(scope="module")
def wings(folder: Path) -> Wings:
    return Wings(airfoils.kept_models(folder, settings=SMALL, threads=1), folder)


@pytest.fixture(scope="module")
def visitor(wings: Wings) -> Iterator[Visitor]:
    with served(wings) as port, Visitor(port) as visitor:
        yield visitor


def test_what_was_learned_is_kept(wings: Wings, folder: Path, tmp_path: Path) -> None:
    heard = Heard()
    again = airfoils.kept_models(folder, settings=SMALL, progress=heard)
    assert heard.stages == []
    latents = np.zeros((1, 8), np.float32)
    assert_same_bits(again.shapes.decoder(latents), wings.network(latents))
    with pytest.raises(OSError, match="file"):
        airfoils.kept_models(_file(tmp_path), settings=SMALL, progress=heard)


def _file(folder: Path) -> Path:
    path = folder / "file"
    path.write_text("no folder")
    return path


def test_a_look_reads_the_simulator_and_has_a_polar(visitor: Visitor) -> None:
    told = visitor.enter("airfoils")
    look = {"do": "look", "latent": told["center"], "ask": QUESTION, "more": True}
    frame = visitor.ask("look", **look)
    sample = frame.numbers[8:108]
    said = NeuralFoil()(sample[None].astype(np.float64))[0]
    for name in airfoils.NAMES:
        assert frame.header["numbers"][name] == pytest.approx(said[name])
    polar = np.array(frame.header["more"]["polar"])
    assert polar.shape == (len(told["angles"]), 3)
    here = polar[told["angles"].index(told["angle"])]
    np.testing.assert_allclose(here[[0, 2]], [said["lift"], said["moment"]], rtol=1e-9)
    then = visitor.ask("look", **{**look, "follow": True})
    assert abs(then.header["numbers"]["lift"] - 0.8) <= 0.1
    assert abs(then.header["numbers"]["thickness"] - 0.12) <= 0.02


def test_nothing_can_be_drawn_or_locked(visitor: Visitor) -> None:
    told = visitor.enter("airfoils")
    visitor.say(do="look", ask={}, drawn=[0.5] * 100)
    assert visitor.hear().header["text"].startswith("drawn: expected no drawing of airfoils")
    ask: dict[str, Any] = {"locked": [0.5] * 100}
    visitor.say(do="look", ask=ask, latent=told["center"])
    assert visitor.hear().header["text"].startswith("locked: expected no pixels here")


def test_the_lines_make_sections_again(
    visitor: Visitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.enter("airfoils")
    frames, found = visitor.walk(1, ask=QUESTION, n=4)
    assert sum(found.header["success"]) >= 3
    assert frames
    for row in (2, 0):
        visitor.ask("kept", do="keep", walk=1, row=row)
    files = {
        what: visitor.ask("file", do="download", what=what).body for what in ("npz", "lines", "png")
    }
    assert files["png"].startswith(b"\x89PNG")
    for name in ("npz", "lines"):
        (tmp_path / name).write_bytes(files[name])
    monkeypatch.chdir(tmp_path)
    small = functools.partial(airfoils.kept_models, settings=SMALL)
    monkeypatch.setattr(airfoils, "kept_models", small)
    runpy.run_path("lines")
    with np.load("npz") as kept, np.load("again.npz") as again:
        assert_same_bits(again["samples"], kept["samples"])

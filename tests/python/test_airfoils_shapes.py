"""Airfoils as rows of heights: what needs neither AeroSandbox nor NeuralFoil."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from checks import assert_refused
from lso_native.airfoils import TARGETS, NeuralFoil, Target, Tolerance, data, varied
from lso_native.airfoils.shapes import (
    BASIS,
    PLACES,
    X,
    bends,
    coordinates,
    crosses,
    cst,
    smooth,
    sound,
    thickness,
)
from lso_native.cli import main

RNG = np.random.default_rng(0)
PARAMETERS = np.concatenate(
    [RNG.uniform(0.1, 0.3, (5, 8)), RNG.uniform(-0.2, 0.05, (5, 8)), RNG.uniform(0, 0.01, (5, 2))],
    axis=1,
)
HEIGHTS = PARAMETERS @ BASIS.T


def sides(upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    return np.concatenate([upper, lower])[None]


def test_parameters_come_back() -> None:
    np.testing.assert_allclose(cst(HEIGHTS), PARAMETERS, atol=1e-9)
    np.testing.assert_allclose(smooth(HEIGHTS), HEIGHTS, atol=1e-12)
    rough = HEIGHTS + RNG.normal(0, 1e-3, HEIGHTS.shape)
    near = smooth(rough)
    np.testing.assert_allclose(smooth(near), near, atol=1e-12)
    assert (np.abs(near - HEIGHTS).max(axis=1) < 3e-3).all()


def test_no_trailing_edge_is_thinner_than_nothing() -> None:
    crossed = HEIGHTS.copy()
    crossed[:, :PLACES] -= 0.02 * X
    assert (cst(crossed)[:, -1] == 0).all()
    misses = np.square(cst(crossed) @ BASIS.T - crossed).sum(axis=1)
    for nudge in np.eye(18)[:17] * 1e-4:  # the best of those with none
        for sign in (1, -1):
            moved = cst(crossed) + sign * nudge
            assert (np.square(moved @ BASIS.T - crossed).sum(axis=1) >= misses).all()


def test_outlines_go_round() -> None:
    outline = coordinates(HEIGHTS)[0]
    assert outline.shape == (2 * PLACES + 1, 2)
    assert outline[PLACES].tolist() == [0, 0]
    assert outline[0, 0] == outline[-1, 0] == 1
    assert outline[0, 1] == HEIGHTS[0, PLACES - 1]
    assert outline[-1, 1] == HEIGHTS[0, -1]
    assert (np.diff(outline[: PLACES + 1, 0]) < 0).all()


def test_what_a_shape_is() -> None:
    round_side = np.sqrt(X) * (1 - X)
    plain = sides(0.2 * round_side, -0.1 * round_side)
    assert sound(plain).all()
    assert bends(plain).tolist() == [0]
    np.testing.assert_allclose(thickness(plain), [0.3 * round_side.max()])
    assert crosses(sides(0.2 * round_side, 0.2 * round_side + 0.01 * (X > 0.9) * (X < 1))).all()
    wave = 0.02 * np.sin(6 * np.pi * X)  # turns at 1/6, ..., 5/6, and at neither end
    assert bends(sides(wave, -0.2 * round_side)).tolist() == [5]
    assert bends(sides(-0.2 * round_side, wave)).tolist() == [5]
    thick = 0.2 * round_side + wave / 20
    assert bends(sides(thick, -thick)).max() <= 5
    wavy = 0.2 * round_side + 0.004 * (1 - X) * np.sin(16 * np.pi * X)
    assert bends(sides(wavy, -0.2 * round_side)).min() > 5
    assert not crosses(sides(wavy, -0.2 * round_side)).any()
    assert not sound(sides(wavy, -0.2 * round_side)).any()


def test_copies_vary_in_thickness_and_camber() -> None:
    copies = varied(HEIGHTS, 4_000, random_state=0)
    assert copies.shape == (4_000, 100)
    known = thickness(HEIGHTS)
    changed = np.abs(thickness(copies)[:, None] - known).min(axis=1) > 1e-9
    assert 0.77 < changed.mean() < 0.83
    assert thickness(copies)[changed].min() >= 0.04
    assert thickness(copies)[changed].max() <= 0.25
    assert (varied(HEIGHTS, 10, random_state=0) == copies[:10]).all()
    assert (varied(HEIGHTS, 10, random_state=1) != copies[:10]).any()


def test_a_target_is_met_within_its_tolerances() -> None:
    target = Target(0.5, 100, -0.05, 0.1)
    said = np.zeros(4, [(name, float) for name in ("lift", "ratio", "moment", "thickness")])
    said["lift"] = [0.5, 0.53, 0.5301, np.nan]
    said["ratio"], said["moment"], said["thickness"] = 95, -0.05, 0.104
    assert target.met(said).tolist() == [True, True, False, False]
    np.testing.assert_allclose(target.miss(said)[1], [1, 1, 0, 1])
    np.testing.assert_allclose(target.miss(said)[0, 0], 0)
    assert len({each.name for each in TARGETS}) == 6


@pytest.mark.parametrize(
    ("make", "name", "got"),
    [
        (lambda: Target(np.nan, 100, 0, 0.1), "lift", "nan"),
        (lambda: Target(1, 100, 0, 0), "thickness", "0"),
        (lambda: Tolerance(ratio=0), "ratio", "0"),
        (lambda: cst(np.zeros((3, 99))), "heights", "(3, 99)"),
        (lambda: varied(HEIGHTS, 0), "n", "0"),
    ],
)
def test_misuse_is_refused(make: Callable[[], object], name: str, got: str) -> None:
    assert_refused(make, name, got)


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ImportError, match="airfoils need aerosandbox: install the extra"):
        data.real.__wrapped__()
    with pytest.raises(ImportError, match="airfoils need neuralfoil"):
        NeuralFoil()(HEIGHTS)


def test_the_command_tells_what_is_missing_before_it_begins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = importlib.util.find_spec

    def without_cma(name: str, package: str | None = None) -> Any:
        known = {"aerosandbox", "neuralfoil", "matplotlib"}
        return True if name in known else None if name == "cma" else there(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", without_cma)
    assert main(["airfoils", "--out", str(tmp_path / "x")]) == 2
    assert "airfoils need cma: install the extra 'airfoils'" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()

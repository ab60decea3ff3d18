"""Real airfoils, and changed copies of them."""

from __future__ import annotations

import functools
import importlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lso_native._checks import check_int, resolve_seed
from lso_native._typing import Float64Array, RandomState, StringArray
from lso_native.airfoils.shapes import PLACES, X, heights_of, smooth, sound, thickness
from lso_native.random import uniform

__all__ = ["Airfoils", "real", "varied"]

INSTALL = "install the extra 'airfoils', as in pip install 'lso_native[airfoils]'"
_THICKNESS = (0.03, 0.25)  # real ones outside are no wings
_NEAR = 0.01  # chords that CST parameters may miss a real outline by, at most
_VARIED = 0.8  # share of the copies whose thickness is another; of the camber likewise
_NEW_THICKNESS, _NEW_CAMBER = (0.04, 0.25), (0.2, 2.0)


@dataclass(frozen=True, eq=False)
class Airfoils:
    """n airfoils.

    Attributes
    ----------
    names : (n,)
    heights : (n, 100)
    """

    names: StringArray
    heights: Float64Array


@functools.cache
def real() -> Airfoils:
    """The airfoils whose coordinates AeroSandbox carries (those of the UIUC database), those that are sound, as CST
    parameters outline them: some 2,050 of 2,174.

    Raises ImportError without the extra ``airfoils``.
    """
    wanted("aerosandbox")
    aerosandbox: Any = importlib.import_module("aerosandbox")
    folder = Path(aerosandbox.__file__).parent / "geometry" / "airfoil" / "airfoil_database"
    names, rows = [], []
    for path in sorted(folder.glob("*.dat")):
        airfoil = aerosandbox.Airfoil(name=path.stem, coordinates=path)
        if airfoil.coordinates is None:
            continue
        row = _at_places(airfoil.normalize().coordinates)
        if np.isfinite(row).all():
            names.append(path.stem)
            rows.append(row)
    found = np.array(rows)
    outlined = smooth(found)
    deep = thickness(outlined)
    kept = sound(outlined) & (np.abs(outlined - found).max(axis=1) < _NEAR)
    kept &= (deep > _THICKNESS[0]) & (deep < _THICKNESS[1])
    return Airfoils(np.array(names)[kept], outlined[kept])


def varied(heights: ArrayLike, n: int, *, random_state: RandomState = None) -> Float64Array:
    """``n`` changed copies (n, 100) of rows drawn from ``heights`` (m, 100): four in five have another thickness, .04
    to .25, four in five .2 to 2 times the camber.

    random_state : seed of what is drawn (>= 0), something to draw one from, or None for a new one.
    """
    rows = heights_of("heights", heights)
    drawn = uniform((check_int("n", n), 5), random_state=resolve_seed(random_state))
    which = np.minimum((drawn[:, 0] * len(rows)).astype(np.int64), len(rows) - 1)
    upper, lower = rows[which, :PLACES], rows[which, PLACES:]
    camber, half = (upper + lower) / 2, (upper - lower) / 2
    new = _between(drawn[:, 2], _NEW_THICKNESS) / (2 * half.max(axis=1))
    half *= np.where(drawn[:, 1] < _VARIED, new, 1.0)[:, None]
    camber *= np.where(drawn[:, 3] < _VARIED, _between(drawn[:, 4], _NEW_CAMBER), 1.0)[:, None]
    return np.concatenate([camber + half, camber - half], axis=1)


def wanted(package: str) -> None:
    """Raise ImportError, which tells what to install, where ``package`` is missing."""
    if importlib.util.find_spec(package) is None:
        raise ImportError(f"airfoils need {package}: {INSTALL}")


def _between(share: Any, ends: tuple[float, float]) -> Float64Array:
    return np.asarray(ends[0] + (ends[1] - ends[0]) * share.astype(np.float64))


def _at_places(outline: Float64Array) -> Float64Array:
    """The heights (100,) of an outline (m, 2) of chord 1, each side read by a cubic spline over the angle that the
    places are even in; NaN where an outline is none."""
    interpolate: Any = importlib.import_module("scipy.interpolate")
    nose = int(outline[:, 0].argmin())
    row = []
    for side in (outline[: nose + 1][::-1], outline[nose:]):
        angle = np.arccos(np.clip(1 - 2 * side[:, 0], -1, 1))
        ahead = np.concatenate([[True], np.diff(np.maximum.accumulate(angle)) > 1e-4])
        if ahead.sum() < 4:
            return np.full(2 * PLACES, np.nan)
        spline = interpolate.CubicSpline(angle[ahead], side[ahead, 1])
        places = np.arccos(1 - 2 * X)
        row.append(spline(np.minimum(places, angle[ahead][-1])))
    return np.concatenate(row)

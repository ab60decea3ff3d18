"""What has been learned of airfoils, from a folder that keeps it."""

from __future__ import annotations

import os
from pathlib import Path

from lso_native.airfoils.data import wanted
from lso_native.airfoils.designer import Models
from lso_native.airfoils.steps import Learned, Simulations, TheShapes
from lso_native.airfoils.study import AirfoilsSettings, Study
from lso_native.study.progress import Progress, Silent
from lso_native.study.runner import missing
from lso_native.study.store import Store

__all__ = ["kept_models"]

_WHAT = {
    TheShapes: "what their shapes are like",
    Simulations: "what a simulator says of some",
    Learned: "to say as much without it",
}


def kept_models(
    folder: str | os.PathLike[str],
    *,
    settings: AirfoilsSettings | None = None,
    progress: Progress | None = None,
    threads: int | None = None,
) -> Models:
    """The models of the first run in ``folder``, as ``lso airfoils --out`` leaves them; what is missing is learned and
    kept there, in some 15 seconds of one core for all of it.

    Raises ImportError without the extra ``airfoils``, OSError where the folder cannot be written.
    """
    for package in ("aerosandbox", "neuralfoil"):
        wanted(package)
    chosen = settings or AirfoilsSettings()
    surrogate, doubt = Study(chosen).learned(chosen.random_state)
    store = Store(Path(folder) / "steps")
    tell, steps = progress or Silent(), (surrogate, doubt)
    if total := len(missing(store, steps)):
        tell.start("learning airfoils, once, in half a minute", total)
        for done, step in enumerate(missing(store, steps)):
            tell.update(done, _WHAT[type(step)])
            store.get(step, threads=threads)
        tell.finish(f"kept in {store.path}")
    simulations = surrogate.simulations
    return Models(
        store.load(simulations.shapes),
        store.load(surrogate).checked_by(simulations.simulator),
        store.load(doubt),
    )

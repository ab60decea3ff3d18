"""Running the study: what is missing is made, and what a folder shows is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lso_native.airfoils.data import wanted
from lso_native.airfoils.pictures import rivals_picture
from lso_native.airfoils.study import CALLS, AirfoilsSettings, Study, slug
from lso_native.airfoils.told import OURS, arrays_of, results_of, within_calls
from lso_native.display import png
from lso_native.files import atomic_write_bytes
from lso_native.files.foreign import check_folders
from lso_native.study.progress import Progress, Silent
from lso_native.study.results import write_results, write_samples
from lso_native.study.runner import run_steps
from lso_native.study.step import Step
from lso_native.study.store import Store

__all__ = ["run"]


def run(
    settings: AirfoilsSettings, progress: Progress | None = None, *, executor: Any = None
) -> dict[str, Any]:
    """Make what is missing in ``settings.out``, here or by the workers of an ``executor`` (``study.run_steps``); write
    results.json, samples and figures. Returns the results.

    Raises ImportError where a package is missing, at once. What is finished stays where the run is stopped.
    """
    study = Study(settings)
    for package in (
        "aerosandbox",
        "neuralfoil",
        "matplotlib",
        *(n for r in study.rivals for n in r.needs),
    ):
        wanted(package)
    folder = Path(settings.out)
    check_folders(folder)
    store = Store(folder / "steps")
    pictures = study.pictures()
    steps: list[Step[Any]] = [step for seed in study.seeds for step in study.learned(seed)]
    steps += [step for target in settings.targets for step in study.designs(target)]
    steps += pictures.values()
    run_steps(store, steps, executor=executor, threads=settings.threads, progress=progress)
    results = results_of(study, store)
    write_results(folder, results)
    for target in settings.targets:
        for seed in study.seeds:
            made = store.load(study.lso(seed, target, CALLS[-1]))
            path = folder / "samples" / f"seed-{seed}" / f"{slug(target.name)}.npz"
            write_samples(path, arrays_of(made))
    drawn = {name: store.load(picture) for name, picture in pictures.items()}
    drawn["calls.png"] = png(rivals_picture(within_calls(results), OURS))
    (folder / "figures").mkdir(exist_ok=True)
    for name, picture in drawn.items():
        if picture:
            atomic_write_bytes(folder / "figures" / name, picture)
    (progress or Silent()).over(folder)
    return results

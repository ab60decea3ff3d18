"""The paper's experiment, the systems that it compares with and the project's own, on real digits: one study."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from lso_native.data.digits import DatasetName
from lso_native.study.ablations import ablations
from lso_native.study.cells import Grid
from lso_native.study.classifier import ClassifierSettings
from lso_native.study.data import DigitsData
from lso_native.study.judges import PANEL, JudgeSettings
from lso_native.study.latent_spaces import LatentSpaceSettings
from lso_native.study.quality import QualitySettings
from lso_native.study.results import plain
from lso_native.study.sensitivity import SensitivitySettings, sensitivity
from lso_native.study.study import Study, study_on
from lso_native.study.sweeps import SweepSettings, sizes, starts, step_sizes
from lso_native.study.systems import SYSTEMS, OwnRecipe, System

__all__ = ["ReproduceSettings", "reproduction"]


@dataclass(frozen=True)
class ReproduceSettings:
    """What ``lso reproduce`` runs."""

    dataset: DatasetName = "mnist5k"
    size: int = 14
    data_dir: str | None = None
    samples: int = 100
    sensitivity: bool = False
    """Whether to try what the paper leaves open."""
    ablations: bool = False
    """Whether to run the recipe without each of its parts."""
    random_state: int = 0
    systems: tuple[System, ...] = SYSTEMS
    judges: tuple[JudgeSettings, ...] = PANEL
    classifier: ClassifierSettings = field(default_factory=ClassifierSettings)
    quality: QualitySettings = field(default_factory=QualitySettings)
    latent_spaces: LatentSpaceSettings = field(default_factory=LatentSpaceSettings)
    sweeps: SweepSettings = field(default_factory=SweepSettings)
    variations: SensitivitySettings = field(default_factory=SensitivitySettings)


def reproduction(settings: ReproduceSettings) -> Study:
    """The study; ``run`` makes it. Raises what ``lso.data.load`` does, since it looks at the data, and ValueError for
    settings that are out of range."""
    data = DigitsData(
        settings.dataset,
        settings.size,
        settings.random_state,
        data_dir=_found(settings.data_dir),
    )
    n_train = len(data.load().train)
    told = {name: value for name, value in plain(settings).items() if name != "systems"}
    own = {system.name: system for system in settings.systems if isinstance(system, OwnRecipe)}

    def grids(study: Study, names: tuple[str, ...]) -> Iterable[Grid]:
        ways = {name: study.steps[name].attempts.way for name in names}
        frame = study.frame
        yield step_sizes(settings.sweeps, ways, frame)
        yield starts(settings.sweeps, ways, frame)
        if "lso-2" in names:  # the paper's larger one
            yield sizes(settings.sweeps, frame)
        if settings.sensitivity:
            yield sensitivity(settings.variations, settings.classifier, ways, n_train, frame)
        if settings.ablations and {"lso", "lso-far"} <= set(own):
            yield ablations(own["lso"], own["lso-far"], study.measures[0], frame)

    def notes(names: tuple[str, ...]) -> Iterable[str]:
        for system in settings.systems:
            wanted = system.wanted_images()
            if system.name in names and wanted is not None and wanted > n_train:
                yield (
                    f"{system.name} trains on {n_train:,} images, all that the training part of "
                    f"{data.name} holds; the paper's had {wanted:,}"
                )

    return study_on(
        data,
        settings.systems,
        samples=settings.samples,
        random_state=settings.random_state,
        classifier=settings.classifier,
        judges=settings.judges,
        quality=settings.quality,
        spaces=settings.latent_spaces,
        grids=grids,
        title="Latent space optimization, reproduced",
        settings=told | {"data_dir": None if settings.data_dir is None else "given"},
        notes=notes,
    )


def _found(folder: str | None) -> str | None:
    """For workers that stand elsewhere; one that is not there is told as it was given."""
    if folder is None or not Path(folder).is_dir():
        return folder
    return str(Path(folder).resolve())

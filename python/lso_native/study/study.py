"""A study: systems on one data set, measured by the same rules, as steps in a store."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from lso_native._checks import check_int, resolve_seed, shown
from lso_native._typing import Array
from lso_native.errors import ArgumentError, ArgumentTypeError
from lso_native.random import subseed
from lso_native.study.attempts import Attempts, asked_labels
from lso_native.study.autoencoder import FitAutoencoder
from lso_native.study.cells import Grid
from lso_native.study.classifier import ClassifierSettings, FitClassifier
from lso_native.study.data import DataSet
from lso_native.study.fit import Fit, Trained
from lso_native.study.frame import Frame
from lso_native.study.judged import Judged, Recognised
from lso_native.study.judges import PANEL, FitJudge, JudgeSettings, PanelOf
from lso_native.study.latent_spaces import LatentSpace, LatentSpaceSettings
from lso_native.study.measures import Measure, Measured, MeasuredReal
from lso_native.study.pictures import Picture, RealSamples, Sheet, Walk
from lso_native.study.quality import HeldOut, QualitySettings, quality_measures
from lso_native.study.step import Facts, Step
from lso_native.study.systems import System

__all__ = ["Study", "SystemSteps", "study_on"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")  # it names files


@dataclass(frozen=True)
class SystemSteps:
    """What is made for one system."""

    system: System
    attempts: Attempts
    recognised: Step[Facts]
    judged: Step[dict[str, Array]]
    measured: tuple[Measured, ...]
    model: Fit | None
    space: Step[Facts] | None
    pictures: tuple[Picture, ...]

    def __iter__(self) -> Iterator[Step[Any]]:
        found: list[Step[Any]] = [self.attempts, self.recognised, self.judged, *self.measured]
        found += self.pictures
        yield from found if self.space is None else [*found, self.space]


@dataclass(frozen=True, eq=False)
class Study:
    """Systems, what is measured of them, and grids in which something is varied.

    ``study_on`` puts one together with the usual parts.

    Attributes
    ----------
    systems : all that it knows, in the order of its tables; a run may be asked for some.
    grids : those to be run with the systems of some names.
    settings : for results.json.
    title : of the page; by default it names the data.
    notes : what there is to say beforehand of the systems of some names.
    """

    frame: Frame
    systems: tuple[System, ...]
    measures: tuple[Measure, ...]
    spaces: LatentSpaceSettings = field(default_factory=LatentSpaceSettings)
    grids: Callable[[Study, tuple[str, ...]], Iterable[Grid]] = lambda study, names: ()  # noqa: ARG005
    settings: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""
    notes: Callable[[tuple[str, ...]], Iterable[str]] = lambda names: ()  # noqa: ARG005

    def __post_init__(self) -> None:
        _check_kind("systems", self.systems, System)
        _check_kind("measures", self.measures, Measure)
        if not self.systems:
            raise ArgumentError("systems", "at least one", "none")
        names = [system.name for system in self.systems]
        for name in names:
            if not _NAME.fullmatch(name):
                raise ArgumentError(
                    "systems", "names of letters, digits, '-', '_' and '.'", shown(name)
                )
            if names.count(name) > 1:
                raise ArgumentError(
                    "systems", "a name of its own for each", f"two of {shown(name)}"
                )
        self._check_models()

    def _check_models(self) -> None:
        """Their names are those of files."""
        frame, known = self.frame, dict[str, str]()
        every: list[Step[Any]] = [frame.classifier, *frame.panel.judges]
        for each in self.steps.values():
            every += each.attempts.needed()
        for fit in every:
            if isinstance(fit, Fit) and known.setdefault(fit.name, fit.key) != fit.key:
                raise ArgumentError(
                    "systems", "a name of its own for each model", f"two of {shown(fit.name)}"
                )

    @cached_property
    def steps(self) -> dict[str, SystemSteps]:
        """By the names of systems, what is made for each."""
        return {system.name: self._steps(system) for system in self.systems}

    @cached_property
    def real(self) -> tuple[Step[Facts], ...]:
        """The measures of real samples."""
        like = asked_labels(self.frame.samples, self.frame.data.classes)
        return tuple(MeasuredReal(measure, like) for measure in self.measures)

    @cached_property
    def real_samples(self) -> RealSamples:
        """Some to look at."""
        return RealSamples(self.frame.data)

    def asked(self, names: tuple[str, ...]) -> list[Step[Any]]:
        """Everything to be made for the systems of these names."""
        found: list[Step[Any]] = [*self.frame.panel.judges, *self.real, self.real_samples]
        found.append(self.frame.classifier)
        for name in names:
            found += self.steps[name]
        for grid in self.grids(self, names):
            found += grid.cells
        return found

    def names(self, systems: Iterable[str] | None) -> tuple[str, ...]:
        """``systems`` each once, or all; raises ValueError for unknown ones."""
        if isinstance(systems, str):
            raise ArgumentTypeError("systems", "names", f"the string {systems!r}")
        names = tuple(self.steps) if systems is None else tuple(dict.fromkeys(systems))
        unknown = [name for name in names if name not in self.steps]
        if unknown or not names:
            known = f"some of {', '.join(self.steps)}"
            raise ArgumentError("systems", known, ", ".join(map(repr, unknown)) or "none")
        return names

    def _steps(self, system: System) -> SystemSteps:
        frame, name = self.frame, system.name
        attempts = Attempts(name, system.way(frame))
        recognised, judged = Recognised(attempts, frame.panel), Judged(attempts, frame.panel)
        model = attempts.way.model
        fit = model if isinstance(model, Fit) else None
        return SystemSteps(
            system,
            attempts,
            recognised,
            judged,
            tuple(Measured(attempts, measure) for measure in self.measures),
            fit,
            self._space(fit),
            tuple(self._pictures(name, judged, recognised, fit)),
        )

    def _space(self, model: Fit | None) -> LatentSpace | None:
        if model is None or not model.has_latent_space:
            return None
        frame = self.frame
        seed = frame.seed(model.name, "latent space")
        return LatentSpace(model, frame.classifier, frame.panel, frame.held_out, self.spaces, seed)

    def _pictures(
        self,
        name: str,
        judged: Step[dict[str, Array]],
        recognised: Step[Facts],
        model: Step[Trained] | None,
    ) -> Iterator[Picture]:
        data = self.frame.data
        if not data.is_square:
            return
        yield Sheet(name, data.title, judged, recognised)
        if isinstance(model, FitAutoencoder):
            yield Walk(name, data.title, model, data)


def study_on(
    data: DataSet,
    systems: Iterable[System],
    *,
    measures: Iterable[Measure] = (),
    samples: int = 100,
    random_state: int = 0,
    classifier: ClassifierSettings | None = None,
    judges: Iterable[JudgeSettings] = PANEL,
    quality: QualitySettings | None = None,
    **more: Any,
) -> Study:
    """A study of ``systems`` on ``data``, by the usual measures and ``measures`` beside them.

    samples: how many a system makes. random_state: of everything; the seed of each step follows from it.
    more: as ``Study`` takes it.

    Raises ValueError and TypeError naming an argument that is out of its range.
    """
    _check_kind("data", (data,), DataSet)
    check_int("samples", samples)
    seed = resolve_seed(random_state)
    quality, measuring = quality or QualitySettings(), subseed(seed, "measures")
    panel = PanelOf(
        tuple(_judges(data, tuple(judges), seed)),
        data,
        quality.draws,
        quality.directions,
        measuring,
    )
    held_out = HeldOut(data, quality.real, measuring)
    frame = Frame(
        data,
        FitClassifier(
            "classifier", data, subseed(seed, "classifier"), classifier or ClassifierSettings()
        ),
        panel,
        held_out,
        samples,
        seed,
    )
    usual = quality_measures(quality, panel, held_out, samples, measuring)
    return Study(frame, tuple(systems), (*usual, *measures), **more)


def _check_kind(name: str, values: Iterable[Any], kind: type[Any]) -> None:
    """What is handed in are objects, neither names nor classes."""
    for value in values:
        if not isinstance(value, kind):
            raise ArgumentTypeError(
                name, f"an object of a class like {kind.__name__}", shown(value)
            )


def _judges(data: DataSet, judges: tuple[JudgeSettings, ...], seed: int) -> Iterator[FitJudge]:
    for number, settings in enumerate(judges, 1):
        name = "judge" if number == 1 else f"judge-{number}"
        yield FitJudge(name, data, subseed(seed, name), settings)

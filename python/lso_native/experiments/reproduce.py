"""The paper's own experiment: LSO-1, LSO-2 and simple input optimization on real digits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lso_native._validation import check_int, check_threads, resolve_seed
from lso_native.data import Digits, load
from lso_native.data.digits import DatasetName
from lso_native.experiments.generation import Generated, GenerationSettings, generate
from lso_native.experiments.models import (
    AutoencoderSettings,
    ClassifierSettings,
    JudgeSettings,
    Trained,
    train_autoencoder,
    train_classifier,
    train_judge,
)
from lso_native.experiments.progress import Progress, Silent
from lso_native.experiments.results import environment, plain, write_results, write_samples
from lso_native.experiments.sensitivity import Sensitivity, SensitivitySettings
from lso_native.files import check_writable_dir
from lso_native.serialization import save


@dataclass(frozen=True)
class SystemSettings:
    """How a system generates, and the autoencoder that it needs, if any."""

    generation: GenerationSettings = field(default_factory=GenerationSettings)
    autoencoder: AutoencoderSettings | None = None


# Input optimization from C = -E ends where the classifier's nodes saturate; gentle steps on pixels
# kept in 0..1 are what lets it succeed.
SYSTEMS: dict[str, SystemSettings] = {
    "lso-1": SystemSettings(autoencoder=AutoencoderSettings(latent=5, images=1_000, mse=0.0239)),
    "lso-2": SystemSettings(autoencoder=AutoencoderSettings(latent=20, images=10_000, mse=0.0203)),
    "input-optimization": SystemSettings(
        generation=GenerationSettings(desired_change=-0.1, bounds=(0.0, 1.0), max_iterations=5_000)
    ),
}

# The paper, sections 5 and 5.1: MSE of the autoencoder, and successes among 100.
PAPER: dict[str, dict[str, Any]] = {
    "lso-1": {"train_mse": 0.0239, "successes": 64, "n": 100, "train_images": 1_000},
    "lso-2": {"train_mse": 0.0203, "successes": 82, "n": 100, "train_images": 10_000},
}


@dataclass(frozen=True)
class ReproduceSettings:
    """One run of ``lso reproduce``."""

    dataset: DatasetName = "mnist5k"
    data_dir: str | None = None
    out: str = "lso-output"
    samples: int = 100
    systems: tuple[str, ...] = tuple(SYSTEMS)
    sensitivity: bool = False
    random_state: int = 0
    threads: int | None = None
    judge: JudgeSettings = field(default_factory=JudgeSettings)
    classifier: ClassifierSettings = field(default_factory=ClassifierSettings)
    variations: SensitivitySettings = field(default_factory=SensitivitySettings)


@dataclass
class Run:
    """What a run has so far; every finished part is on disk already."""

    settings: ReproduceSettings
    folder: Path
    digits: Digits
    models: dict[str, Trained]
    generated: dict[str, Generated]
    results: dict[str, Any]


OnSystem = Callable[[Run, str], None]


def run(
    settings: ReproduceSettings,
    *,
    progress: Progress | None = None,
    on_system: OnSystem | None = None,
) -> Run:
    """Train, generate and judge; ``on_system`` is called when a system's files are written.

    Raises ValueError for bad settings and OSError for an output folder that cannot be written, both
    before anything is trained.
    """
    progress = progress or Silent()
    state = _prepare(settings)
    for text in state.results["notes"]:
        progress.note(text)
    judge = train_judge(settings.judge, state.digits, _seed(settings, 1), progress)
    _keep_model(state, "judge", judge)
    classifier = train_classifier(settings.classifier, state.digits, _seed(settings, 2), progress)
    _keep_model(state, "classifier", classifier)
    for name in settings.systems:
        _run_system(state, name, progress)
        if on_system is not None:
            on_system(state, name)
    if settings.sensitivity:
        choices = Sensitivity(
            settings.variations,
            settings.classifier,
            state.models,
            state.digits,
            _seed(settings, 4),
            settings.threads,
            progress,
            on_row=lambda: write_results(state.folder, state.results),
        )
        state.results["sensitivity"] = choices.rows
        choices.run({name: SYSTEMS[name].autoencoder for name in settings.systems})
    return state


def _prepare(settings: ReproduceSettings) -> Run:
    check_int("samples", settings.samples)
    check_threads(settings.threads)
    resolve_seed(settings.random_state)
    unknown = [name for name in settings.systems if name not in SYSTEMS]
    if unknown or not settings.systems:
        raise ValueError(
            f"systems: expected some of {', '.join(SYSTEMS)}, got {', '.join(map(repr, unknown)) or 'none'}"
        )
    folder = check_writable_dir(settings.out)
    digits = load(settings.dataset, data_dir=settings.data_dir, random_state=settings.random_state)
    results = {
        "settings": {
            **{name: value for name, value in plain(settings).items() if name != "out"},
            "data_dir": None if settings.data_dir is None else "given",
            "system_settings": {name: plain(SYSTEMS[name]) for name in settings.systems},
        },
        "environment": environment(),
        "notes": _notes(settings, digits),
        "models": {},
        "systems": {},
    }
    return Run(settings, folder, digits, {}, {}, results)


def _notes(settings: ReproduceSettings, digits: Digits) -> list[str]:
    """Where the data holds fewer images than the paper had."""
    notes = []
    for name in settings.systems:
        wanted = SYSTEMS[name].autoencoder
        if wanted is not None and wanted.images > len(digits.train):
            notes.append(
                f"{name} trains on {len(digits.train):,} images, all that the training part of "
                f"{digits.name} holds; the paper's had {wanted.images:,}"
            )
    return notes


def _run_system(state: Run, name: str, progress: Progress) -> None:
    system = SYSTEMS[name]
    model = state.models["classifier"].estimator.network_
    facts: dict[str, Any] = {}
    if system.autoencoder is not None:
        # One seed for all autoencoders: systems do not depend on which others are run.
        trained = train_autoencoder(
            name, system.autoencoder, state.digits, _seed(state.settings, 3), progress
        )
        _keep_model(state, name, trained)
        facts = trained.facts
        model = trained.estimator.decoder_ >> model
    generated = generate(
        name,
        model,
        state.models["judge"].estimator,
        system.generation,
        samples=state.settings.samples,
        seed=_seed(state.settings, 4),
        threads=state.settings.threads,
        progress=progress,
    )
    path = state.folder / "samples" / f"{name}.npz"
    write_samples(path, generated.result, generated.labels, recognised_as=generated.seen)
    state.generated[name] = generated
    state.results["systems"][name] = {**generated.facts(), **facts}
    write_results(state.folder, state.results)


def _keep_model(state: Run, name: str, trained: Trained) -> None:
    state.models[name] = trained
    state.results["models"][name] = trained.facts
    folder = state.folder / "models"
    folder.mkdir(exist_ok=True)
    save(trained.estimator, folder / f"{name}.safetensors")
    write_results(state.folder, state.results)


def _seed(settings: ReproduceSettings, purpose: int) -> int:
    """Another seed for each purpose of one ``random_state``."""
    return (settings.random_state * 5 + purpose) % 2**64

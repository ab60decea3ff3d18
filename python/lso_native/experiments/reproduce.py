"""The paper's experiment and the systems that it compares with, on real digits."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lso_native._validation import check_int, check_threads, resolve_seed
from lso_native.autoencoder import Autoencoder
from lso_native.data import Digits, Part, load
from lso_native.data.digits import DatasetName
from lso_native.experiments.generation import (
    Generated,
    GenerationSettings,
    generate,
    judge_samples,
)
from lso_native.experiments.generators import (
    sample,
    sample_clusters,
    train_generator,
)
from lso_native.experiments.latent_spaces import LatentSpaceSettings, measure_latent_space
from lso_native.experiments.models import (
    ClassifierSettings,
    JudgeSettings,
    Trained,
    train_autoencoder,
    train_classifier,
    train_judge,
)
from lso_native.experiments.progress import Progress, Silent
from lso_native.experiments.quality import Quality, QualitySettings
from lso_native.experiments.results import environment, plain, write_results, write_samples
from lso_native.experiments.resume import carry_over, kept_model
from lso_native.experiments.sensitivity import Sensitivity, SensitivitySettings
from lso_native.experiments.systems import GENERATORS, SYSTEMS, described
from lso_native.files import check_writable_dir
from lso_native.gan import GAN
from lso_native.generative import GenerativeEstimator, subseed
from lso_native.serialization import save
from lso_native.vae import VAE


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
    fresh: bool = False
    """Do again what an earlier run of the same settings left in ``out``."""
    judge: JudgeSettings = field(default_factory=JudgeSettings)
    classifier: ClassifierSettings = field(default_factory=ClassifierSettings)
    quality: QualitySettings = field(default_factory=QualitySettings)
    latent_spaces: LatentSpaceSettings = field(default_factory=LatentSpaceSettings)
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
    judge = _kept(state, "judge", progress)
    if judge is None:
        judge = train_judge(settings.judge, state.digits, _seed(settings, 1), progress)
        _keep_model(state, "judge", judge)
    quality = Quality(settings.quality, state.digits, judge.estimator, _seed(settings, 5))
    if "real" not in state.results:
        state.results["real"] = quality.of_real(settings.samples)
    if _kept(state, "classifier", progress) is None:
        seed = _seed(settings, 2)
        classifier = train_classifier(settings.classifier, state.digits, seed, progress)
        _keep_model(state, "classifier", classifier)
    for name in settings.systems:
        if name in state.results["systems"]:
            progress.note(f"{name}: kept from an earlier run in this folder")
            continue
        _run_system(state, name, quality, progress)
        if on_system is not None:
            on_system(state, name)
    if settings.sensitivity:
        _try_other_choices(state, progress)
    return state


def _try_other_choices(state: Run, progress: Progress) -> None:
    settings = state.settings
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
    autoencoders = {}
    for name in settings.systems:
        system = SYSTEMS[name]
        if system.generator is None:
            autoencoders[name] = system.autoencoder
        if system.autoencoder is not None and name not in state.models:
            _model_of(state, name, progress)  # its samples were kept, so that it was not asked for
    choices.run(autoencoders)


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
    results: dict[str, Any] = {
        "settings": {
            **{name: value for name, value in plain(settings).items() if name != "out"},
            "data_dir": None if settings.data_dir is None else "given",
            "system_settings": {},
        },
        "environment": environment(),
        "notes": _notes(settings, digits),
        "models": {},
        "systems": {},
        "latent_spaces": {},
    }
    all_systems = {name: described(name) for name in SYSTEMS}
    if not settings.fresh:
        carry_over(folder, results, all_systems)
    wanted = {*settings.systems, *results["systems"]}
    shown = {name: facts for name, facts in all_systems.items() if name in wanted}
    results["settings"]["systems"] = list(shown)
    results["settings"]["system_settings"] = shown
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


def _run_system(state: Run, name: str, quality: Quality, progress: Progress) -> None:
    system = SYSTEMS[name]
    trained = _model_of(state, name, progress)
    if system.generation is None:
        assert trained is not None
        generated = _sampled(state, name, trained.estimator, progress)
    else:
        generated = _optimized(state, name, system.generation, trained, progress)
    write_samples(state.folder / "samples" / f"{name}.npz", generated.arrays())
    state.generated[name] = generated
    facts = {} if trained is None else trained.facts
    if trained is not None:
        _measure_latent_space(state, SYSTEMS[name].generator or name, trained.estimator, quality)
    systems = state.results["systems"]
    systems[name] = {**generated.facts(), **facts, **quality.of(generated)}
    state.results["systems"] = {known: systems[known] for known in SYSTEMS if known in systems}
    write_results(state.folder, state.results)


def _model_of(state: Run, name: str, progress: Progress) -> Trained | None:
    """The model that a system needs, if any; one that another system has trained is not trained again."""
    system, settings = SYSTEMS[name], state.settings
    if system.autoencoder is not None:
        # One seed for all autoencoders: systems do not depend on which others are run.
        if (kept := _kept(state, name, progress)) is not None:
            return kept
        seed = _seed(settings, 3)
        trained = train_autoencoder(name, system.autoencoder, state.digits, seed, progress)
        _keep_model(state, name, trained)
        return trained
    if system.generator is None:
        return None
    if system.generator not in state.models:
        trained = train_generator(
            system.generator,
            GENERATORS[system.generator],
            state.digits,
            state.models["classifier"].estimator.network_,
            subseed(settings.random_state, system.generator),
            settings.threads,
            progress,
        )
        _keep_model(state, system.generator, trained)
    return state.models[system.generator]


def _optimized(
    state: Run,
    name: str,
    generation: GenerationSettings,
    trained: Trained | None,
    progress: Progress,
) -> Generated:
    model, starts, seed = (
        state.models["classifier"].estimator.network_,
        None,
        _seed(state.settings, 4),
    )
    if trained is not None:
        if SYSTEMS[name].generator is not None:
            starts = trained.estimator.sample_latent(state.settings.samples, random_state=seed)
        model = trained.estimator.decoder_ >> model
    return generate(
        name,
        model,
        state.models["judge"].estimator,
        generation,
        samples=state.settings.samples,
        seed=seed,
        threads=state.settings.threads,
        progress=progress,
        starts=starts,
    )


def _sampled(state: Run, name: str, model: Any, progress: Progress) -> Generated:
    clusters, n = SYSTEMS[name].clusters, state.settings.samples
    seed = subseed(state.settings.random_state, name, "samples")
    progress.start(f"{name}: {n:,} digits", n)
    begin = time.perf_counter()
    if clusters is None:
        images, labels = sample(model, n, seed)
    else:
        settings = GENERATORS[str(SYSTEMS[name].generator)]
        train = state.digits.train
        part = Part(train.images[: settings.images], train.labels[: settings.images])
        images, labels = sample_clusters(model, part, clusters, n, seed)
    seconds = time.perf_counter() - begin
    classifier, judge = (state.models[m].estimator for m in ("classifier", "judge"))
    generated = judge_samples(images, labels, classifier.network_, judge, seconds=seconds)
    progress.finish(f"{generated.recognised.mean():.0%} are recognised")
    return generated


def _measure_latent_space(state: Run, name: str, model: Any, quality: Quality) -> None:
    """Once for each decoder whose inputs are latents alone."""
    spaces = state.results["latent_spaces"]
    if name in spaces or not isinstance(model, Autoencoder | VAE | GAN):
        return
    classifier, judge = (state.models[m].estimator for m in ("classifier", "judge"))
    spaces[name] = measure_latent_space(
        state.settings.latent_spaces,
        model,
        classifier.network_,
        judge,
        quality.real,
        subseed(state.settings.random_state, name, "latent space"),
    )


def _kept(state: Run, name: str, progress: Progress) -> Trained | None:
    """A model that an earlier run in this folder trained."""
    trained = kept_model(state.folder, state.results, name)
    if trained is not None:
        state.models[name] = trained
        progress.note(f"{name}: its model is kept from an earlier run in this folder")
    return trained


def _keep_model(state: Run, name: str, trained: Trained) -> None:
    state.models[name] = trained
    state.results["models"][name] = trained.facts
    folder = state.folder / "models"
    folder.mkdir(exist_ok=True)
    estimator = trained.estimator
    kept = estimator.decoder_ if isinstance(estimator, GenerativeEstimator) else estimator
    save(kept, folder / f"{name}.safetensors")
    write_results(state.folder, state.results)


def _seed(settings: ReproduceSettings, purpose: int) -> int:
    """Another seed for each purpose of one ``random_state``."""
    return (settings.random_state * 5 + purpose) % 2**64

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
    ClusterSettings,
    GANSettings,
    GeneratorSettings,
    VAESettings,
    sample,
    sample_clusters,
    train_generator,
)
from lso_native.experiments.latent_spaces import LatentSpaceSettings, measure_latent_space
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
from lso_native.experiments.quality import Quality, QualitySettings
from lso_native.experiments.results import environment, plain, write_results, write_samples
from lso_native.experiments.sensitivity import Sensitivity, SensitivitySettings
from lso_native.files import check_writable_dir
from lso_native.gan import GAN
from lso_native.generative import GenerativeEstimator, subseed
from lso_native.serialization import save
from lso_native.vae import VAE


@dataclass(frozen=True)
class SystemSettings:
    """How a system makes digits: by optimization (``generation``), or by sampling its model."""

    generation: GenerationSettings | None = field(default_factory=GenerationSettings)
    autoencoder: AutoencoderSettings | None = None
    generator: str | None = None
    """Which of ``GENERATORS``: systems share one model."""
    clusters: ClusterSettings | None = None


GENERATORS: dict[str, GeneratorSettings] = {
    "vae": VAESettings(),
    "gan": GANSettings(),
    "cgan": GANSettings(conditional=True),
    "guided-gan": GANSettings(conditional=True, guide_weight=0.1),
}

# Input optimization from C = -E ends where the classifier's nodes saturate; gentle steps on pixels
# kept in 0..1 are what lets it succeed. Latents of a VAE or GAN start from their prior and stay
# where that has its mass.
_GENTLE = GenerationSettings(desired_change=-0.1, bounds=(-3.0, 3.0))
SYSTEMS: dict[str, SystemSettings] = {
    "lso-1": SystemSettings(autoencoder=AutoencoderSettings(latent=5, images=1_000, mse=0.0239)),
    "lso-2": SystemSettings(autoencoder=AutoencoderSettings(latent=20, images=10_000, mse=0.0203)),
    "input-optimization": SystemSettings(
        generation=GenerationSettings(desired_change=-0.1, bounds=(0.0, 1.0), max_iterations=5_000)
    ),
    "gan": SystemSettings(None, generator="gan"),
    "cgan": SystemSettings(None, generator="cgan"),
    "guided-gan": SystemSettings(None, generator="guided-gan"),
    "vae": SystemSettings(None, generator="vae"),
    "vae-clusters": SystemSettings(None, generator="vae", clusters=ClusterSettings()),
    "lso-vae": SystemSettings(_GENTLE, generator="vae"),
    "lso-gan": SystemSettings(_GENTLE, generator="gan"),
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
    judge = train_judge(settings.judge, state.digits, _seed(settings, 1), progress)
    _keep_model(state, "judge", judge)
    quality = Quality(settings.quality, state.digits, judge.estimator, _seed(settings, 5))
    state.results["real"] = quality.of_real(settings.samples)
    classifier = train_classifier(settings.classifier, state.digits, _seed(settings, 2), progress)
    _keep_model(state, "classifier", classifier)
    for name in settings.systems:
        _run_system(state, name, quality, progress)
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
        own = (name for name in settings.systems if SYSTEMS[name].generator is None)
        choices.run({name: SYSTEMS[name].autoencoder for name in own})
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
            "generator_settings": {
                name: plain(GENERATORS[name])
                for name in dict.fromkeys(SYSTEMS[s].generator for s in settings.systems)
                if name is not None
            },
        },
        "environment": environment(),
        "notes": _notes(settings, digits),
        "models": {},
        "systems": {},
        "latent_spaces": {},
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
    state.results["systems"][name] = {
        **generated.facts(),
        **facts,
        **quality.of(generated),
    }
    write_results(state.folder, state.results)


def _model_of(state: Run, name: str, progress: Progress) -> Trained | None:
    """The model that a system needs, if any; one that another system has trained is not trained again."""
    system, settings = SYSTEMS[name], state.settings
    if system.autoencoder is not None:
        # One seed for all autoencoders: systems do not depend on which others are run.
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

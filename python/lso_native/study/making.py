"""A run's state, and what its systems are made of: models, samples, figures of latent spaces."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lso_native.data import Digits, Part
from lso_native.data.digits import DatasetName
from lso_native.files.native import save
from lso_native.metrics import Panel
from lso_native.models.gan import ConditionalGAN
from lso_native.models.mixture import Mixture
from lso_native.models.training import subseed
from lso_native.study.generation import (
    Generated,
    GenerationSettings,
    generate,
    judge_samples,
)
from lso_native.study.generators import (
    sample,
    sample_clusters,
    train_generator,
)
from lso_native.study.latent_spaces import LatentSpaceSettings, measure_latent_space
from lso_native.study.models import (
    PANEL,
    ClassifierSettings,
    JudgeSettings,
    Trained,
    train_autoencoder,
    train_judge,
)
from lso_native.study.progress import Progress
from lso_native.study.quality import Quality, QualitySettings
from lso_native.study.recipe import Recipe, RecipeSettings, fit_mixture, train_guide
from lso_native.study.results import write_results
from lso_native.study.resume import kept_model
from lso_native.study.sensitivity import SensitivitySettings
from lso_native.study.sweeps import SweepSettings
from lso_native.study.systems import GENERATORS, SYSTEMS


@dataclass(frozen=True)
class ReproduceSettings:
    """One run of ``lso reproduce``."""

    dataset: DatasetName = "mnist5k"
    size: int = 14
    data_dir: str | None = None
    out: str = "lso-output"
    samples: int = 100
    systems: tuple[str, ...] = tuple(SYSTEMS)
    sensitivity: bool = False
    ablations: bool = False
    """Whether to run the recipe without each of its parts."""
    random_state: int = 0
    threads: int | None = None
    fresh: bool = False
    """Do again what an earlier run of the same settings left in ``out``."""
    judges: tuple[JudgeSettings, ...] = PANEL
    classifier: ClassifierSettings = field(default_factory=ClassifierSettings)
    quality: QualitySettings = field(default_factory=QualitySettings)
    latent_spaces: LatentSpaceSettings = field(default_factory=LatentSpaceSettings)
    sweeps: SweepSettings = field(default_factory=SweepSettings)
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
    mixtures: dict[tuple[int, bool], Mixture] = field(default_factory=dict)
    """Over the codes of the recipe's decoder, by their number of Gaussians and whether digits have their own."""
    quality: Quality = field(init=False)
    """There as soon as there are judges."""


def measure_by_panel(state: Run, progress: Progress) -> None:
    """Train the judges that an earlier run has not left in the folder, and measure real images by them."""
    settings, digits, judges = state.settings, state.digits, []
    for number, each in enumerate(settings.judges, 1):
        name = "judge" if number == 1 else f"judge-{number}"
        judge = kept(state, name, progress)
        if judge is None:
            first = seed_for(settings, 1)
            seed = first if number == 1 else subseed(first, name)
            judge = train_judge(each, digits, seed, progress, name=name)
            keep_model(state, name, judge)
        judges.append(judge.estimator)
    panel = Panel(
        judges,
        digits.test.images,
        digits.test.labels,
        draws=settings.quality.draws,
        directions=settings.quality.directions,
        random_state=seed_for(settings, 5),
    )
    seed = seed_for(settings, 5)
    state.quality = Quality(settings.quality, digits, panel, settings.samples, seed)
    if "real" not in state.results:
        state.results["real"] = state.quality.of_real()


def model_of(state: Run, name: str, progress: Progress) -> Trained | None:
    """The model that a system needs, if any; one that another system has trained is not trained again."""
    system, settings = SYSTEMS[name], state.settings
    if name in state.models:
        return state.models[name]
    if system.autoencoder is not None:
        # One seed for all autoencoders: systems do not depend on which others are run.
        if (before := kept(state, name, progress)) is not None:
            return before
        seed = seed_for(settings, 3)
        trained = train_autoencoder(name, system.autoencoder, state.digits, seed, progress)
        keep_model(state, name, trained)
        return trained
    if system.generator is None:
        return None
    generator = system.generator
    if generator not in state.models and kept(state, generator, progress) is None:
        trained = train_generator(
            generator,
            GENERATORS[generator],
            state.digits,
            state.models["classifier"].estimator.network_,
            subseed(settings.random_state, generator),
            settings.threads,
            progress,
        )
        keep_model(state, generator, trained)
    return state.models[generator]


def optimized(
    state: Run,
    name: str,
    generation: GenerationSettings,
    trained: Trained | None,
    progress: Progress,
) -> Generated:
    """Samples by optimization, from where the system's starts come from."""
    model, starts, seed = (
        state.models["classifier"].estimator.network_,
        None,
        seed_for(state.settings, 4),
    )
    if trained is not None:
        if SYSTEMS[name].generator is not None:
            starts = trained.estimator.sample_latent(state.settings.samples, random_state=seed)
        model = trained.estimator.decoder_ >> model
    return generate(
        name,
        model,
        state.quality.panel,
        generation,
        samples=state.settings.samples,
        seed=seed,
        threads=state.settings.threads,
        progress=progress,
        starts=starts,
    )


def sampled(state: Run, name: str, model: Any, progress: Progress) -> Generated:
    """Samples of a system's model by itself."""
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
    classifier = state.models["classifier"].estimator.network_
    panel = state.quality.panel
    generated = judge_samples(images, labels, classifier, panel, seconds=seconds)
    progress.finish(f"{generated.recognition.mean:.0%} are recognised")
    return generated


def by_recipe(
    state: Run, name: str, settings: RecipeSettings, decoder: Any, progress: Progress
) -> Generated:
    """Samples by the project's own recipe, through the decoder of a VAE."""
    classifier = state.models["classifier"].estimator
    return Recipe(
        settings,
        decoder.decoder_,
        [guide.network_ for guide in _guides(state, settings, decoder, progress) or [classifier]],
        _mixture(state, settings, decoder),
        subseed(state.settings.random_state, "lso"),
        state.settings.threads,
    ).run(name, state.settings.samples, state.quality.panel, progress)


def _guides(state: Run, settings: RecipeSettings, decoder: Any, progress: Progress) -> list[Any]:
    guides = []
    for number, each in enumerate(settings.guides, 1):
        name = f"guide-{number}"
        if name not in state.models and kept(state, name, progress) is None:
            seed = subseed(state.settings.random_state, name)
            keep_model(state, name, train_guide(name, each, state.digits, decoder, seed, progress))
        guides.append(state.models[name].estimator)
    return guides


def _mixture(state: Run, settings: RecipeSettings, decoder: Any) -> Mixture:
    """Fitted once; the recipe's own is saved beside the other models."""
    key = (settings.components, settings.labelled)
    if key not in state.mixtures:
        seed = state.settings.random_state
        state.mixtures[key] = fit_mixture(settings, decoder, state.digits.train, seed)
        own = SYSTEMS["lso"].recipe
        if own is not None and key == (own.components, own.labelled):
            save(state.mixtures[key], state.folder / "models" / "mixture.safetensors")
    return state.mixtures[key]


def measure_space(state: Run, name: str, model: Any) -> None:
    """Once for each decoder whose inputs are latents alone."""
    spaces = state.results["latent_spaces"]
    if name in spaces or isinstance(model, ConditionalGAN):
        return
    spaces[name] = measure_latent_space(
        state.settings.latent_spaces,
        model,
        state.models["classifier"].estimator.network_,
        state.quality.panel,
        state.quality.real,
        subseed(state.settings.random_state, name, "latent space"),
    )


def kept(state: Run, name: str, progress: Progress) -> Trained | None:
    """A model that an earlier run in this folder trained."""
    trained = kept_model(state.folder, state.results, name)
    if trained is not None:
        state.models[name] = trained
        progress.note(f"{name}: its model is kept from an earlier run in this folder")
    return trained


def keep_model(state: Run, name: str, trained: Trained) -> None:
    """Keep a model with its figures and its curves, on disk as well."""
    state.models[name] = trained
    state.results["models"][name] = trained.facts
    if "advice" in trained.facts:
        state.results["notes"].append(trained.facts["advice"])
    folder = state.folder / "models"
    folder.mkdir(exist_ok=True)
    save(trained.estimator, folder / f"{name}.safetensors")
    state.results["histories"][name] = _curves(trained.estimator)
    write_results(state.folder, state.results)


def _curves(estimator: Any) -> dict[str, list[float]]:
    """What training came through, epoch by epoch, six digits of it; without what was never another number."""
    history = estimator.history_
    known = {"mse": history["train_mse"]} if "train_mse" in history else dict(history)
    known.pop("epoch", None)
    return {
        name: [float(f"{value:.6g}") for value in values]
        for name, values in known.items()
        if np.isfinite(values).all() and np.ptp(values) > 0
    }


def seed_for(settings: ReproduceSettings, purpose: int) -> int:
    """Another seed for each purpose of one ``random_state``."""
    return (settings.random_state * 5 + purpose) % 2**64

"""The paper's experiment and the systems that it compares with, on real digits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lso_native._checks import check_int, check_threads, resolve_seed
from lso_native.data import Digits, load
from lso_native.errors import ArgumentError
from lso_native.files import check_writable_dir
from lso_native.study.ablations import ablations, run_ablations
from lso_native.study.correlations import correlations
from lso_native.study.making import (
    ReproduceSettings,
    Run,
    by_recipe,
    keep_model,
    kept,
    measure_by_panel,
    measure_space,
    model_of,
    optimized,
    sampled,
    seed_for,
)
from lso_native.study.models import train_classifier
from lso_native.study.progress import Progress, Silent
from lso_native.study.results import environment, plain, write_results, write_samples
from lso_native.study.resume import carry_over
from lso_native.study.sensitivity import Sensitivity
from lso_native.study.sweeps import Subject, Sweeps
from lso_native.study.systems import SYSTEMS, described

__all__ = ["ReproduceSettings", "Run", "run"]

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
    measure_by_panel(state, progress)
    if kept(state, "classifier", progress) is None:
        seed = seed_for(settings, 2)
        classifier = train_classifier(settings.classifier, state.digits, seed, progress)
        keep_model(state, "classifier", classifier)
    for name in settings.systems:
        if name in state.results["systems"]:
            progress.note(f"{name}: kept from an earlier run in this folder")
            continue
        _run_system(state, name, progress)
        if on_system is not None:
            on_system(state, name)
    _sweep(state, progress)
    spaces, sizes = state.results["latent_spaces"], state.results["sweeps"]["latent"]
    state.results["correlations"] = correlations([*spaces.values(), *sizes])
    write_results(state.folder, state.results)
    if settings.sensitivity:
        _try_other_choices(state, progress)
    if settings.ablations:
        _leave_out(state, progress)
    return state


def _sweep(state: Run, progress: Progress) -> None:
    """C and start for every system that optimizes, the latent's size where the paper's larger one is asked for."""
    settings = state.settings
    sweeps = Sweeps(
        settings.sweeps,
        state.digits,
        state.models["classifier"],
        state.quality,
        seed_for(settings, 4),
        settings.threads,
        progress,
        on_row=lambda: write_results(state.folder, state.results),
        rows=state.results["sweeps"],
    )
    subjects = {}
    for name in settings.systems:
        generation = SYSTEMS[name].generation
        if generation is not None:
            trained = model_of(state, name, progress)
            model = None if trained is None else trained.estimator
            subjects[name] = Subject(generation, model)
    sweeps.run(subjects, sizes="lso-2" in settings.systems)


def _try_other_choices(state: Run, progress: Progress) -> None:
    settings = state.settings
    choices = Sensitivity(
        settings.variations,
        settings.classifier,
        state.models,
        state.quality.panel,
        state.digits,
        seed_for(settings, 4),
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
    choices.run(autoencoders)


def _leave_out(state: Run, progress: Progress) -> None:
    """The recipe without each of its parts."""
    near, far = (SYSTEMS[name].recipe for name in ("lso", "lso-far"))
    trained = model_of(state, "lso", progress)
    assert near is not None
    assert far is not None
    assert trained is not None
    rows = state.results["ablations"] = []

    def keep(row: dict[str, Any]) -> None:
        rows.append(row)
        write_results(state.folder, state.results)

    run_ablations(
        ablations(near, far),
        lambda name, recipe: by_recipe(state, name, recipe, trained.estimator, progress),
        state.quality.panel,
        keep,
    )


def _prepare(settings: ReproduceSettings) -> Run:
    check_int("samples", settings.samples)
    check_threads(settings.threads)
    resolve_seed(settings.random_state)
    unknown = [name for name in settings.systems if name not in SYSTEMS]
    if unknown or not settings.systems:
        raise ArgumentError(
            "systems", f"some of {', '.join(SYSTEMS)}", ", ".join(map(repr, unknown)) or "none"
        )
    check_writable_dir(settings.out, create=False)  # before a download
    digits = load(
        settings.dataset,
        size=settings.size,
        data_dir=settings.data_dir,
        random_state=settings.random_state,
    )
    folder = check_writable_dir(settings.out)
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
        "histories": {},
        "sweeps": {"desired_change": [], "start": [], "latent": []},
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


def _run_system(state: Run, name: str, progress: Progress) -> None:
    system = SYSTEMS[name]
    trained = model_of(state, name, progress)
    if system.recipe is not None:
        assert trained is not None
        generated = by_recipe(state, name, system.recipe, trained.estimator, progress)
    elif system.generation is None:
        assert trained is not None
        generated = sampled(state, name, trained.estimator, progress)
    else:
        generated = optimized(state, name, system.generation, trained, progress)
    write_samples(state.folder / "samples" / f"{name}.npz", generated.arrays())
    state.generated[name] = generated
    facts = {} if trained is None else trained.facts
    if trained is not None:
        measure_space(state, SYSTEMS[name].generator or name, trained.estimator)
    systems = state.results["systems"]
    systems[name] = {**generated.facts(), **facts, **state.quality.of(generated)}
    state.results["systems"] = {known: systems[known] for known in SYSTEMS if known in systems}
    write_results(state.folder, state.results)

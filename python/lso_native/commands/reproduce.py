"""``lso reproduce``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from lso_native.commands.display import Display, say
from lso_native.figures import contact_sheet, walk_sheet, write_gif, write_png
from lso_native.report import check_installed, rate, text_report, write_report
from lso_native.study import walks
from lso_native.study.reproduce import ReproduceSettings, Run, run
from lso_native.study.systems import SYSTEMS


def reproduce(arguments: argparse.Namespace) -> None:
    """Run the experiment, draw each system as it is finished, and print the table."""
    asked = SYSTEMS if arguments.systems is None else arguments.systems.split(",")
    names = tuple(dict.fromkeys(name.strip() for name in asked))  # each once
    settings = ReproduceSettings(
        dataset=arguments.dataset,
        data_dir=arguments.data_dir,
        size=arguments.size,
        out=arguments.out,
        samples=arguments.samples,
        systems=names,
        sensitivity=arguments.sensitivity,
        ablations=arguments.ablations,
        random_state=arguments.random_state,
        threads=arguments.threads,
        fresh=arguments.fresh,
    )
    check_installed()  # before the long run, not after it
    with Display() as display:
        state = run(settings, progress=display, on_system=draw)
    write_report(state.folder, real=state.digits.test)
    say(text_report(state.results))
    say(f"\nwrote {state.folder}: results.json, report.html, samples, figures, models")


def draw(state: Run, name: str) -> None:
    """The sheet of a finished system and, if it has a decoder, a walk through its latent space."""
    generated, facts = state.generated[name], state.results["systems"][name]
    title, subtitle = f"{name} on {state.digits.name}", summary(facts)
    if facts["success_rate"] is None:  # it cannot be asked for a digit
        sheet = contact_sheet(
            generated.samples,
            generated.labels,
            generated.recognised,
            title=title,
            subtitle=subtitle,
            legend="framed in red: the judge is sure of no digit",
            lines=10,
        )
    else:
        sheet = contact_sheet(
            generated.samples,
            generated.labels,
            generated.success,
            title=title,
            subtitle=subtitle,
        )
    write_png(sheet_path(state.folder, name), sheet)
    if name not in state.models or SYSTEMS[name].autoencoder is None:
        return
    walk = walks.through_digits(state.models[name].estimator, state.digits.test)
    title = f"{name}: a walk through the codes of real digits, 0 to 9"
    write_png(
        walk_path(state.folder, name, "png"), walk_sheet(walk, title=title, columns=walks.STEPS)
    )
    write_gif(walk_path(state.folder, name, "gif"), walk)


def summary(facts: dict[str, Any]) -> str:
    """A line for a system's sheet."""
    recognised = f"{facts['recognised']:.0%} are recognised by the judge"
    if facts["success_rate"] is None:
        return f"{recognised}, as any digit"
    share = rate(facts["successes"], facts["n"], facts["success_interval"])
    return f"{share} of {facts['n']:,} meet the target, {recognised}"


def sheet_path(folder: Path, name: str) -> Path:
    """Where a system's contact sheet lies."""
    return folder / "figures" / f"{name}.png"


def walk_path(folder: Path, name: str, suffix: str) -> Path:
    """Where a system's walk lies."""
    return folder / "figures" / f"walk-{name}.{suffix}"

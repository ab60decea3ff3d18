"""``lso airfoils``."""

from __future__ import annotations

import argparse
from pathlib import Path

from lso_native.airfoils.report import airfoils_report
from lso_native.airfoils.run import run
from lso_native.airfoils.study import RIVALS, AirfoilsSettings
from lso_native.commands.options import workers_of
from lso_native.display import Link, Progress, say
from lso_native.files import atomic_write_bytes


def airfoils(arguments: argparse.Namespace) -> None:
    """Run the study, draw it, and print the tables."""
    asked = {"all": tuple(RIVALS), "none": ()}.get(arguments.rivals)
    settings = AirfoilsSettings(
        out=arguments.out,
        designs=arguments.designs,
        repeats=arguments.repeats,
        rivals=tuple(arguments.rivals.split(",")) if asked is None else asked,
        rival_designs=arguments.rival_designs,
        rival_calls=arguments.rival_calls,
        random_state=arguments.random_state,
        threads=arguments.threads,
    )
    folder = Path(settings.out)
    with Progress() as display, workers_of(arguments) as executor:
        results = run(settings, display, executor=executor)
    text = airfoils_report(results)
    atomic_write_bytes(folder / "airfoils.md", text.encode())
    say(text)
    say(f"wrote {folder}: results.json, airfoils.md, samples, figures")
    say(Link(folder / "airfoils.md").address)

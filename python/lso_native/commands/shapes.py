"""``lso shapes``."""

from __future__ import annotations

import argparse
from pathlib import Path

from lso_native.commands.options import workers_of
from lso_native.display import Link, Progress, say
from lso_native.files import atomic_write_bytes
from lso_native.report.shapes import shapes_picture, shapes_report
from lso_native.study.shapes import ShapesSettings, run
from lso_native.study.store import Store


def run_shapes(arguments: argparse.Namespace) -> None:
    """Run the task, draw the best images, and print the table."""
    settings = ShapesSettings(
        out=arguments.out,
        seeds=arguments.repeats,
        random_state=arguments.random_state,
        threads=arguments.threads,
    )
    with Progress() as display, workers_of(arguments) as executor:
        results = run(settings, display, executor=executor)
    folder = Path(settings.out)
    store = Store(folder / "steps")
    images = {name: store.load(runs[0]).images for name, runs in settings.steps().items()}
    text = shapes_report(results)
    atomic_write_bytes(folder / "shapes.png", shapes_picture(results, images))
    atomic_write_bytes(folder / "shapes.md", f"{text}\n".encode())
    say(text)
    say(f"wrote {folder}: results.json, shapes.md, shapes.png, steps")
    say(Link(folder / "shapes.md").address)

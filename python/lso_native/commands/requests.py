"""``lso requests``."""

from __future__ import annotations

import argparse
from pathlib import Path

from lso_native.display import Link, Progress, say
from lso_native.figures import rows_sheet, write_png
from lso_native.files import atomic_write_bytes
from lso_native.report.requests import requests_report
from lso_native.study.requests.study import RequestsSettings, run
from lso_native.study.results import read_samples

_ROWS, _COLUMNS = 10, 10


def requests(arguments: argparse.Namespace) -> None:
    """Run the study, draw what was asked for, and print the tables."""
    settings = RequestsSettings(
        dataset=arguments.dataset,
        data_dir=arguments.data_dir,
        out=arguments.out,
        requests=arguments.requests,
        samples=arguments.samples,
        pool=arguments.pool,
        ablations=arguments.ablations,
        repeats=arguments.repeats,
        random_state=arguments.random_state,
        threads=arguments.threads,
    )
    with Progress() as display:
        results = run(settings, display)
    folder = Path(settings.out)
    draw(folder, settings.random_state)
    text = requests_report(results)
    atomic_write_bytes(folder / "requests.md", text.encode())
    say(text)
    say(f"wrote {folder}: results.json, requests.md, samples, figures; models are in steps")
    say(Link(folder / "requests.md").address)


def draw(folder: Path, seed: int) -> None:
    """Slanted thick sevens, and held-out combinations beside the nearest real images."""
    samples = folder / "samples" / f"seed-{seed}"
    sevens = read_samples(samples / "thick-slanted-sevens.npz")
    if sevens is not None:
        images = sevens["images"][0]
        rows = [images[i : i + _COLUMNS] for i in range(0, len(images), _COLUMNS)]
        write_png(folder / "figures" / "sevens.png", rows_sheet(rows))
    for name in ("both", "sevens-and-fours"):
        found, real = (read_samples(samples / f"{name}{part}.npz") for part in ("", "-nearest"))
        if found is not None and real is not None:
            rows = [images[:_COLUMNS] for images in found["images"][:_ROWS]]
            sheet = rows_sheet(rows, list(real["images"][:_ROWS]))
            write_png(folder / "figures" / f"held-out-{name}.png", sheet)

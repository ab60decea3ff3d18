"""report.html: one file with everything inside it, written from a run's folder."""

from __future__ import annotations

import importlib.util
import json
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lso_native.experiments.hypotheses import answers
from lso_native.experiments.results import read_samples
from lso_native.files import atomic_write_bytes

from . import charts, sheets, tables

if TYPE_CHECKING:
    from lso_native.data import Part

_NEEDED = ("jinja2", "matplotlib")


def check_installed() -> None:
    """Raise ImportError, saying what to install, where the page's libraries are missing."""
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise ImportError(
            f"report.html needs {' and '.join(missing)}: install the extra 'experiments', as in "
            "pip install '.[experiments]'"
        )


def write_report(folder: str | Path, *, real: Part | None = None) -> Path:
    """Write ``folder``/report.html from the results.json, samples and figures there; give its path.

    real: real images to stand beside the samples. A part that the run did not have is left out.

    Raises ImportError where jinja2 or matplotlib is missing, OSError where there is no results.json.
    """
    check_installed()
    import jinja2

    folder = Path(folder)
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    source = files(__package__).joinpath("template.html.j2").read_text(encoding="utf-8")
    page = environment.from_string(source).render(_content(folder, results, real))
    path = folder / "report.html"
    atomic_write_bytes(path, page.encode())
    return path


def _content(folder: Path, results: dict[str, Any], real: Part | None) -> dict[str, Any]:
    samples = _samples(folder, results)
    sweeps = results["sweeps"]
    return {
        "settings": results["settings"],
        "environment": results["environment"],
        "notes": results["notes"],
        "answers": answers(results),
        "sheets": _sheets(results, samples, real),
        "systems": (tables.SYSTEM_HEAD, tables.system_rows(results)),
        "models": tables.model_lines(results),
        "quality": (tables.QUALITY_HEAD, tables.quality_rows(results)),
        "latent": (tables.LATENT_HEAD, tables.latent_rows(results)),
        "choices": (tables.SENSITIVITY_HEAD, tables.sensitivity_rows(results)),
        "success": charts.success_charts(results["systems"], samples),
        "walks": charts.walk_charts(results["latent_spaces"]),
        "animations": _animations(folder, results),
        "irregularity": charts.irregularity_charts(results),
        "changes": charts.change_charts(sweeps["desired_change"]),
        "starts": charts.start_charts(sweeps["start"]),
        "latents": charts.latent_charts(sweeps["latent"]),
        "training": charts.training_charts(results["histories"]),
        "details": json.dumps(results["settings"], indent=2),
    }


def _samples(folder: Path, results: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = {}
    for name in results["systems"]:
        arrays = read_samples(folder / "samples" / f"{name}.npz")
        if arrays is not None:
            kept = ("images", "labels", "success", "iterations")
            found[name] = {key: arrays[key] for key in kept}
    return found


def _sheets(
    results: dict[str, Any], samples: dict[str, dict[str, Any]], real: Part | None
) -> list[dict[str, str]]:
    shown = []
    if real is not None and samples:
        shown.append(
            {
                "name": "real images",
                "uri": sheets.sheet(real.images, real.labels),
                "facts": "what a perfect system would look like",
            }
        )
    for name, arrays in samples.items():
        facts = results["systems"][name]
        asked = facts["success_rate"] is not None
        summary = [f"recognised {facts['recognised']:.0%}"]
        if asked:
            summary.insert(0, f"success {facts['success_rate']:.0%}")
        else:
            summary.append("cannot be asked for a digit")
        summary.append(f"Fréchet {facts['frechet_distance']:.1f}")
        missed = ~arrays["success"] if asked else None
        uri = sheets.sheet(arrays["images"], arrays["labels"], missed)
        shown.append({"name": name, "uri": uri, "facts": ", ".join(summary)})
    return shown


def _animations(folder: Path, results: dict[str, Any]) -> list[dict[str, str]]:
    paths = {name: folder / "figures" / f"walk-{name}.gif" for name in results["systems"]}
    return [
        {"name": name, "uri": sheets.file_uri(path)}
        for name, path in paths.items()
        if path.exists()
    ]

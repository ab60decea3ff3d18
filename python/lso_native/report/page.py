"""report.html: one file with everything inside it, written from a run's folder."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib
import importlib.util
import json
import os
from importlib.resources import files
from pathlib import Path
from typing import Any

from lso_native import __version__
from lso_native.display import Link, data_uri
from lso_native.files import atomic_write_bytes
from lso_native.files.foreign import open_regular, size_of
from lso_native.study.hypotheses import answers
from lso_native.study.lock import lock
from lso_native.study.view import view_lock

from . import ablations, charts, sheets, tables
from .folder import RunFolder, read_results
from .opening import REAL, opening, words_of

_END_OF_POLICY = "form-action 'none'\">"
_NEEDED = ("jinja2", "matplotlib")


def check_installed() -> None:
    """Raise ImportError, saying what to install, where the page's libraries are missing."""
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise ImportError(
            f"report.html needs {' and '.join(missing)}: install the extra 'experiments', as in "
            "pip install 'lso_native[experiments]'"
        )


def write_report(folder: str | Path) -> Link:
    """Write ``folder``/report.html from the results.json, samples, figures and real.npz there; give its path,
    which a notebook shows as a link.

    A part that the run did not have is left out. A page of the same is left as it is. The folder may be anybody's:
    nothing is read from outside, nothing in the page can run, and what cannot be drawn is refused.

    Raises ImportError where jinja2 or matplotlib is missing, OSError where a file cannot be read, ArgumentError naming
    the one that is damaged, of another form than a run's, or a link that leads out of the folder.
    """
    check_installed()
    folder = Path(folder)
    path = folder / "report.html"
    run = RunFolder(folder, read_results(folder))
    source = _source()
    seal = f"<!-- made of {_digest(run, source)} -->\n".encode()
    if _is_ours(path, source, seal):
        return Link(path)
    page: str = _template(source).render(_said(run) | _shown(run) | _charted(run))
    with contextlib.ExitStack() as held:
        if (
            folder / "steps"
        ).is_dir():  # else another process may take what is half written for a leftover
            held.enter_context(lock(view_lock(folder)))
        atomic_write_bytes(path, page.encode() + seal)
    return Link(path)


def _source() -> str:
    """Of the page."""
    return files(__package__).joinpath("template.html.j2").read_text(encoding="utf-8")


def _digest(run: RunFolder, source: str) -> str:
    """Of all that the page is made of: where that is as it was, so is the page."""
    made_of = hashlib.blake2b(f"{__version__}{source}".encode(), digest_size=16)
    made_of.update(json.dumps(_without_seconds(run.results)).encode())
    made_of.update(run.digest().encode())
    return made_of.hexdigest()


def _is_ours(path: Path, source: str, seal: bytes) -> bool:
    """Whether ``path`` is a page with this ``seal``, which whoever made the folder may have made too: but under the
    policy of ``source``, which comes first, nothing in it runs or is fetched."""
    head = source[source.index("<!doctype") : source.index(_END_OF_POLICY)] + _END_OF_POLICY
    begins = head.encode()
    if path.is_symlink() or not path.is_file():
        return False
    with open_regular(path) as file:
        if file.read(len(begins)) != begins:
            return False
        file.seek(-min(len(seal), size_of(file)), os.SEEK_END)
        return file.read() == seal


def _without_seconds(value: Any) -> Any:
    """``value`` without what differs between two runs of the same, which the page does not show."""
    if not isinstance(value, dict):
        return value
    return {
        name: _without_seconds(each) for name, each in value.items() if not name.endswith("seconds")
    }


def _said(run: RunFolder) -> dict[str, Any]:
    """What the page says in words and tables."""
    results = run.results
    return {
        "settings": results["settings"],
        "words": words_of(results),
        "pixels": _pixels(results["settings"]),
        "environment": results["environment"],
        "notes": results["notes"],
        "opening": opening(results),
        "answers": answers(results),
        "systems": _leading(
            tables.SYSTEM_HEAD, tables.system_rows(results), "success", "recognised"
        ),
        "models": tables.model_lines(results, seconds=False),
        "quality": _leading(
            tables.QUALITY_HEAD, tables.quality_rows(results), "recognised", "Fréchet"
        ),
        "quality_note": tables.quality_note(results) if "real" in results else "",
        "own": tables.own_table(results),
        "latent": _leading(
            tables.LATENT_HEAD, tables.latent_rows(results), "walks arrive", "walks recognised"
        ),
        "ablations": (ablations.HEAD, ablations.rows(results)),
        "choices": (tables.SENSITIVITY_HEAD, tables.sensitivity_rows(results)),
        "n_swept": next((row["n"] for row in results["sweeps"]["desired_change"]), 0),
        "details": json.dumps(results["settings"], indent=2),
    }


def _shown(run: RunFolder) -> dict[str, Any]:
    """Samples and animations."""
    return {
        "sheets": _sheets(run.results, run.samples, run.real),
        "animations": [
            {"name": name, "uri": data_uri(data, "gif")} for name, data in run.walks.items()
        ],
    }


def _charted(run: RunFolder) -> dict[str, Any]:
    """The charts."""
    results, sweeps = run.results, run.results["sweeps"]
    return {
        "success": charts.success_charts(results["systems"], run.samples),
        "walks": charts.walk_charts(tables.decoders(results)),
        "irregularity": charts.irregularity_charts(results),
        "changes": charts.change_charts(sweeps["desired_change"]),
        "starts": charts.start_charts(sweeps["start"]),
        "latents": charts.latent_charts(sweeps["latent"]),
        "training": charts.training_charts(results["histories"]),
    }


@functools.cache
def _template(source: str) -> Any:
    jinja2 = importlib.import_module("jinja2")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(source)


def _pixels(settings: dict[str, Any]) -> str:
    """The size of a picture, if samples are pictures."""
    shape = settings.get("shape", [14, 14])
    return "" if shape is None else f", {shape[0]}×{shape[1]} pixels"


def _leading(head: tables.Row, rows: list[tables.Row], *names: str) -> tuple[Any, Any]:
    """The table with the columns ``names`` right after the first: on a phone those are in view. Without seconds: two
    runs that found the same have the same page."""
    first = [0, *(head.index(name) for name in names)]
    others = [i for i, name in enumerate(head) if i not in first and name not in tables.SECONDS]
    order = [*first, *others]
    return [head[i] for i in order], [[row[i] for i in order] for row in rows]


def _sheets(
    results: dict[str, Any], samples: dict[str, dict[str, Any]], real: dict[str, Any] | None
) -> list[dict[str, str]]:
    shown: list[dict[str, str]] = []
    if results["settings"].get("shape", "unsaid") is None:  # samples that are no pictures
        return shown
    if real is not None and samples:
        shown.append(
            {
                "name": REAL,
                "uri": sheets.sheet(real["images"], real["labels"]),
                "says": "Not generated: what a perfect system would look like.",
                "facts": f"{results['real']['recognised']:.0%} recognised"
                if "real" in results
                else "",
            }
        )
    noun = words_of(results)["class"]
    for name, arrays in samples.items():
        facts = results["systems"][name]
        asked = facts["success_rate"] is not None
        seen = f"{facts['recognised']:.0%} {'recognised' if asked else f'are some {noun}'}"
        summary = [f"{facts['success_rate']:.0%} success", seen] if asked else [seen]
        summary.append(f"Fréchet {facts['frechet_distance']:.1f}")
        missed = ~arrays["success"] if asked else None
        uri = sheets.sheet(arrays["images"], arrays["labels"], missed)
        says = facts.get("says", "")
        shown.append({"name": name, "uri": uri, "says": says, "facts": ", ".join(summary)})
    return shown

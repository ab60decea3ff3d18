"""What an earlier run of the same settings left in its folder is not done again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lso_native.files.native import load
from lso_native.models.base import Estimator
from lso_native.study.models import Trained
from lso_native.study.results import read_samples

# What changes no figure of a system: which others are run, and on how many threads. A system's own settings are
# compared one by one.
_FREE = frozenset(
    {
        "systems",
        "system_settings",
        "sensitivity",
        "ablations",
        "variations",
        "threads",
        "fresh",
        "data_dir",
    }
)


def carry_over(folder: Path, results: dict[str, Any], described: Mapping[str, Any]) -> None:
    """Take into ``results``, which has none yet, what ``folder`` holds of the same settings and version.

    ``described`` tells each system's settings, as results.json does. A system counts where its figures and its
    samples are there, and whole.
    """
    found = _read(folder / "results.json")
    if found is None or _key(found) != _key(results):
        return
    if "real" in found:
        results["real"] = found["real"]
    then = found["settings"]["system_settings"]
    for name, facts in found["systems"].items():
        same = name in described and then.get(name) == described[name]
        if same and read_samples(folder / "samples" / f"{name}.npz") is not None:
            results["systems"][name] = facts
    for name, facts in found["models"].items():
        if (folder / "models" / f"{name}.safetensors").is_file():
            results["models"][name] = facts
            results["histories"][name] = found["histories"].get(name, {})
    results["latent_spaces"] |= found["latent_spaces"]
    for name, rows in found["sweeps"].items():
        kept = [row for row in rows if row.get("system") in (None, *results["systems"])]
        results["sweeps"][name] = kept


def kept_model(folder: Path, results: dict[str, Any], name: str) -> Trained | None:
    """The estimator ``name`` that ``carry_over`` found figures of, if its file holds one."""
    facts = results["models"].get(name)
    if facts is None:
        return None
    try:
        estimator = load(folder / "models" / f"{name}.safetensors")
    except (OSError, ValueError):
        return None
    if not isinstance(estimator, Estimator):
        return None
    return Trained(estimator, facts["train_seconds"], facts)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    wanted = (
        "settings",
        "environment",
        "systems",
        "models",
        "latent_spaces",
        "histories",
        "sweeps",
    )
    whole = isinstance(found, dict) and all(isinstance(found.get(name), dict) for name in wanted)
    return found if whole and "system_settings" in found["settings"] else None


def _key(results: dict[str, Any]) -> tuple[Any, ...]:
    settings = {name: value for name, value in results["settings"].items() if name not in _FREE}
    environment = results["environment"]
    return settings, environment.get("lso_native"), environment.get("simd")

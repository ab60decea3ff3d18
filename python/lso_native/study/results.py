"""The files of a run: results.json, samples/NAME.npz, models/NAME.safetensors."""

from __future__ import annotations

import dataclasses
import io
import json
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import lso_native
from lso_native import _core
from lso_native._typing import Array
from lso_native.files import atomic_write_bytes
from lso_native.files.arrays import read_arrays
from lso_native.optimizers import Optimizer


def environment() -> dict[str, Any]:
    """What the figures were measured on: versions, processor and platform, no names of hosts."""
    return {
        "lso_native": lso_native.__version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "platform": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": _core.processors(),
        "simd": lso_native.simd,
    }


def write_results(folder: Path, results: dict[str, Any]) -> None:
    """Write ``folder``/results.json whole."""
    text = json.dumps(results, indent=2, allow_nan=False) + "\n"
    atomic_write_bytes(folder / "results.json", text.encode())


def rate(facts: Mapping[str, Any]) -> str:
    """How many attempts meet the target, in percent, with its interval; a dash where no class was asked for."""
    interval = facts["success_interval"]
    if interval is None:
        return "–"
    share = 100 * facts["successes"] / facts["n"]
    return f"{share:.0f}% [{100 * interval[0]:.0f}, {100 * interval[1]:.0f}]"


def write_samples(path: Path, arrays: dict[str, Array]) -> None:
    """Write ``arrays`` by name; the same samples give the same bytes."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write_bytes(path, buffer.getvalue())


def read_samples(path: Path) -> dict[str, Array] | None:
    """The arrays that ``write_samples`` wrote, None where the file is not there, cut or damaged."""
    try:
        return read_arrays(path)
    except (OSError, ValueError):
        return None


def plain(settings: Any) -> Any:
    """A settings dataclass as JSON takes it; an optimizer keeps its name."""
    if dataclasses.is_dataclass(settings) and not isinstance(settings, type):
        fields = {f.name: plain(getattr(settings, f.name)) for f in dataclasses.fields(settings)}
        named = isinstance(settings, Optimizer)
        return {"name": type(settings).__name__, **fields} if named else fields
    if isinstance(settings, dict):
        return {key: plain(value) for key, value in settings.items()}
    if isinstance(settings, (list, tuple)):
        return [plain(value) for value in settings]
    return settings if isinstance(settings, (int, float, str, bool, type(None))) else str(settings)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()

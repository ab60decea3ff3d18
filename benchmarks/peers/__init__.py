"""One module a side, all with the interface of ``base``; those that are not installed are left out."""

from __future__ import annotations

import importlib
from collections.abc import Iterable

from benchmarks.peers.base import Side

MODULES = {
    "numpy": "benchmarks.peers.numpy_side",
    "torch": "benchmarks.peers.torch_side",
    "torch-compile": "benchmarks.peers.torch_side",
    "jax": "benchmarks.peers.jax_side",
}


def load(names: Iterable[str], threads: int | None) -> tuple[list[Side], dict[str, str]]:
    """The sides of ``names`` for so many threads (None: all), and why others are missing."""
    sides: list[Side] = []
    missing: dict[str, str] = {}
    for name in names:
        if name not in MODULES:
            raise ValueError(f"peers: expected some of {', '.join(MODULES)}, got {name!r}")
        try:
            sides.append(importlib.import_module(MODULES[name]).side(name, threads))
        except ImportError as error:
            missing[name] = f"cannot be imported ({error})"
    return sides, missing

"""Where something is in a model elsewhere, and the errors that name it."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

from lso_native.errors import ArgumentError

_EXPECTED = "layers that a dense network has"
NO_STEP = "no dense layer, no activation of lso_native, and nothing that folds into one"


def needed(framework: str, install: str, what: str) -> Any:
    """The module ``framework``; ImportError that says what to ``install`` where it is missing."""
    try:
        return importlib.import_module(framework)
    except ImportError as missing:
        message = f"{what} needs {framework.split('.')[0]}: pip install '{install}'"
        raise ImportError(message) from missing


@dataclass(frozen=True)
class Place:
    """A layer elsewhere, as errors name it: ``argument``: the model's; ``path``: where in it; ``kind``: its class."""

    argument: str
    path: str
    kind: str

    def refused(self, reason: str) -> ArgumentError:
        """The error that says why the layer is not taken."""
        return ArgumentError(
            self.argument, _EXPECTED, f"layer {self.path!r} ({self.kind}): {reason}"
        )

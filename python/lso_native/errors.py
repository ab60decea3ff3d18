"""What lso_native raises beside the built-in errors."""

from __future__ import annotations

from typing import Any


class Interrupted(KeyboardInterrupt):
    """Ctrl-C stopped a native loop. ``result`` holds what it had by then."""

    def __init__(self, message: str, result: Any) -> None:
        super().__init__(message)
        self.result = result

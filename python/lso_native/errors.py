"""How Ctrl-C hands back what a native loop had."""

from __future__ import annotations

from typing import Any


def interrupted(message: str, result: Any) -> KeyboardInterrupt:
    """A KeyboardInterrupt whose ``result`` is the partial result.

    No subclass: an uncaught KeyboardInterrupt ends Python with the usual code (130), one of a subclass does not.
    """
    stop = KeyboardInterrupt(message)
    stop.result = result  # type: ignore[attr-defined]
    return stop

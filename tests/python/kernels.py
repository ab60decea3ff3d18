"""Runs cells in a real Jupyter kernel."""

from __future__ import annotations

import queue
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

LIMIT = 60  # seconds; no cell takes one unless it hangs


@dataclass
class Cell:
    """What a cell left on the page."""

    shown: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By display or place, the last state of each output, by MIME type."""
    updates: int = 0
    printed: str = ""
    error: str = ""
    """The traceback, as it is shown."""
    message: str = ""
    """The error's."""

    @property
    def outputs(self) -> list[dict[str, Any]]:
        return list(self.shown.values())

    @property
    def result(self) -> dict[str, Any]:
        """The only output."""
        assert self.error == "", self.error
        (output,) = self.outputs
        return output


class Kernel:
    """A kernel, which runs one cell after the other."""

    def __init__(self, folder: Path) -> None:
        manager = pytest.importorskip("jupyter_client.manager")
        pytest.importorskip("ipykernel")
        self._manager, self._client = manager.start_new_kernel(
            kernel_name="python3", cwd=str(folder)
        )

    def run(self, code: str, *, interrupt: str = "") -> Cell:
        """Run ``code``; ``interrupt``: press the stop button once this has been printed or shown."""
        asked = self._client.execute(code)
        cell, end = Cell(), time.monotonic() + LIMIT
        while True:
            message = self._heard(end)
            if message["parent_header"].get("msg_id") != asked:
                continue
            content = message["content"]
            if message["msg_type"] == "status" and content["execution_state"] == "idle":
                return cell
            _take(cell, message["msg_type"], content)
            if interrupt and interrupt in cell.printed + str(cell.outputs):
                self._manager.interrupt_kernel()
                interrupt = ""

    def close(self) -> None:
        """End it."""
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    def _heard(self, end: float) -> Any:
        while time.monotonic() < end:
            try:
                return self._client.get_iopub_msg(timeout=0.5)
            except queue.Empty:
                assert self._manager.is_alive()
        raise TimeoutError("the kernel has not answered")


def _take(cell: Cell, kind: str, content: dict[str, Any]) -> None:
    if kind == "stream":
        cell.printed += content["text"]
    elif kind == "error":
        cell.error, cell.message = "\n".join(content["traceback"]), content["evalue"]
    elif kind in ("display_data", "update_display_data", "execute_result"):
        name = content.get("transient", {}).get("display_id", str(len(cell.shown)))
        if kind == "update_display_data" and name not in cell.shown:
            return  # of an earlier cell
        cell.shown[name] = content["data"]
        cell.updates += kind == "update_display_data"

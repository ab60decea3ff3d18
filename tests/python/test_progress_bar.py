"""The progress of a run on a terminal."""

from __future__ import annotations

import pytest
from lso_native.commands.display import Display
from rich.console import Console


@pytest.mark.parametrize("width", [80, 120])
def test_the_bar_can_be_read_whatever_the_texts(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    display = Display()
    display.start("autoencoder of lso-2: 20 latents, 10,000 images", 400)
    display.update(400, "MSE 0.0239 (until 0.0203)")
    assert display._bars is not None
    console = Console(width=width)
    with console.capture() as captured:
        console.print(display._bars.get_renderable())
    (line,) = captured.get().splitlines()
    assert len(line) <= width
    assert line.count("━") == 14
    assert " 100% " in line
    assert "MSE 0.0239 (until 0.0203)" in line

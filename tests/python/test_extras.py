"""What an extra brings is tested where it is there: CI installs all of them, and runs what is marked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

MODULES = "aerosandbox|ipykernel|jax|keras|nbclient|neuralfoil|onnx|onnxruntime|playwright|torch|websockets"
SKIPS = re.compile(rf'importorskip\("({MODULES})\b')
FILES = sorted(Path(__file__).parent.glob("test_*.py"))


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if SKIPS.search(path.read_text(encoding="utf-8"))],
    ids=lambda path: str(path.stem),
)
def test_what_skips_without_an_extra_is_marked(path: Path) -> None:
    assert "pytest.mark.extra" in path.read_text(encoding="utf-8")

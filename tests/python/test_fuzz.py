"""What is kept for fuzzing leads to what is promised still, and fuzzing sees a bug."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from lso_native.files import native

from fuzz import watch as watching
from fuzz.board import Board, Count
from fuzz.judge import TooMuchMemory, replayed
from fuzz.target import LARGEST, Target, corpus, names, target
from fuzz.watch import Run, watch
from fuzz.work import plain


@pytest.mark.parametrize("name", names())
def test_the_corpus(name: str) -> None:
    outcomes = [replayed(target(name), data) for data in corpus(name)]
    assert "" in outcomes  # something valid is among it, of which mutation makes other things
    assert max(map(len, corpus(name))) <= LARGEST


@pytest.mark.parametrize("name", names())
def test_some_inputs(name: str, tmp_path: Path) -> None:
    board = Board(tmp_path / "board")
    plain(name, board, 0, len(corpus(name)) + 100, np.inf)
    assert board.count.inputs == len(corpus(name)) + 100
    assert board.count.kinds > 3


def test_a_planted_bug_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "read_json", lambda _, text: json.loads(text))
    board = Board(tmp_path / "board")
    with pytest.raises((AssertionError, RecursionError)):
        plain("model_file", board, 0, 5000, np.inf)
    with pytest.raises((AssertionError, RecursionError)):
        replayed(target("model_file"), board.current)
    monkeypatch.undo()
    assert "in JSON" in replayed(target("model_file"), board.current)


def test_memory_is_counted() -> None:
    kept = Target(lambda data: str(len(np.zeros(2**20 * data[0]))), memory=(2**23, 2**20))
    assert replayed(kept, b"\1")
    with pytest.raises(TooMuchMemory, match="for an input of 1"):
        replayed(kept, b"\2")


def test_the_input_of_a_crash_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    script = (
        "import sys; from pathlib import Path; from fuzz.board import Board, Count\n"
        "Board(Path(sys.argv[1])).begin(Count(7, 2, 1), b'what crashes'); sys.exit(11)"
    )
    monkeypatch.setattr(
        watching, "command", lambda _run, board, *_: [sys.executable, "-c", script, str(board)]
    )
    assert watch(Run("model_file", findings=tmp_path)) == 1
    (kept,) = tmp_path.iterdir()
    assert kept.read_bytes() == b"what crashes"
    said = capfd.readouterr().out
    assert "model_file: 7 inputs" in said
    assert f"python -m fuzz model_file --replay {kept}" in said


def test_counts_add_up() -> None:
    assert Count(2, 1, 5) + Count(3, 1, 4) == Count(5, 2, 5)

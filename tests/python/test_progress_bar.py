"""Progress: in a terminal of any width, in a pipe, of calls and of runs of many steps."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from lso_native.display import Bar, Link, Whole, duration, encodable, say
from lso_native.optimize import OptimizeProgress
from lso_native.study import FactsStep, Store, run_steps
from lso_native.study.progress import Silent
from small_run import small_study

STAGE = "judge-2: 750 other images, shifted copies of them, and noise"


class Screen(io.TextIOWrapper):
    """What a terminal gets: text of ``encoding``."""

    def __init__(self, encoding: str = "utf-8", *, terminal: bool = True) -> None:
        super().__init__(io.BytesIO(), encoding=encoding, newline="")
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal

    @property
    def written(self) -> str:
        self.flush()
        raw = self.buffer
        assert isinstance(raw, io.BytesIO)
        return raw.getvalue().decode(self.encoding)


def screen(
    monkeypatch: pytest.MonkeyPatch, *, columns: int = 80, encoding: str = "utf-8"
) -> Screen:
    """Standard error, as a terminal of so many columns."""
    made = Screen(encoding)
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stderr", made)
    return made


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("width", [20, 39, 70, 79, 200])
def test_a_bar_fits_and_says_the_share_first(width: int, *, plain: bool) -> None:
    bar = Bar(0.504, "about 2 min left", STAGE, "27% MSE 0.0239")
    text = bar.text(width, plain=plain)
    assert len(text) <= width
    assert " 50%  " in text
    assert plain == text.isascii()
    if width >= 39:
        assert "2 min left  judge-2" in text
    if width >= 70:
        assert text.startswith("######------ " if plain else "━━━━━━┄┄┄┄┄┄ ")
        assert " 27%" in text
    if width == 200:
        assert text.endswith(f"{STAGE} 27% MSE 0.0239")


def test_wide_characters_take_two_columns_and_control_characters_none() -> None:
    text = Bar(what="模型" * 30 + "\x1b[2J").text(40)
    assert 38 <= 2 * text.count("模") + 2 * text.count("型") + 1 <= 40
    assert "\x1b" not in Bar(what="a\x1b[2J\nb").text(40)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.04, "0.0 s"),
        (9.4, "9.4 s"),
        (59, "59 s"),
        (60, "1 min"),
        (99, "1 min 40 s"),
        (297, "5 min"),
        (1_800, "30 min"),
        (5_400, "1 h 30 min"),
        (7_170, "2 h 0 min"),
    ],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize("columns", [40, 80])
def test_a_terminal_gets_carriage_returns_alone(
    columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = screen(monkeypatch, columns=columns)
    with lso.Progress() as progress:
        progress.start(STAGE, 10)
        progress.finish("tells 95% of the test images, test MSE 0.0069")
    drawn = re.split("[\r\n]", seen.written)
    assert max(map(len, drawn)) < columns
    assert not [c for c in seen.written if not c.isprintable() and c not in "\r\n"]
    left = [line.rsplit("\r", 1)[-1] for line in seen.written.split("\n")]
    words = " ".join(" ".join(left).split())
    assert words == f"{STAGE}: tells 95% of the test images, test MSE 0.0069"


def test_a_terminal_of_another_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = screen(monkeypatch, encoding="cp1252")
    lso.Progress("C = −1 × E")(OptimizeProgress(5, 10))
    assert "\r######------  50%  C = - x E" in seen.written.replace("-1", "-")
    assert sys.stderr is seen


def test_what_cannot_be_encoded_is_written_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Screen("ascii", terminal=False)
    monkeypatch.setattr("sys.stdout", seen)
    say("5 − 3 ± 1 – Fréchet 模")
    assert seen.written == "5 - 3 ~ 1 - Frechet ?\n"
    assert encodable("±", Screen("utf-8")) == "±"


def test_elsewhere_a_line_is_what_is_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    starts = lso.uniform((70, 3), random_state=0)
    network = lso.Network([3, 4], random_state=0)
    lso.optimize(network, [0.5] * 4, starts=starts, max_iterations=5, callback=lso.Progress())
    told = capsys.readouterr().err
    assert re.fullmatch(r"70 of 70 starts done\n", told)


def test_a_fit_that_ends_early_says_where(capsys: pytest.CaptureFixture[str]) -> None:
    x = np.random.default_rng(0).random((40, 6))
    model = lso.Autoencoder(latent=2, epochs=50, mse=1.0, random_state=0)
    model.fit(x, callback=lso.Progress("mine"))
    assert re.fullmatch(
        r"mine: epoch 1 of 50, train loss \S+, train mse \S+\n", capsys.readouterr().err
    )


def test_one_object_may_watch_several_calls(capsys: pytest.CaptureFixture[str]) -> None:
    progress = lso.Progress()
    for done in (5, 10, 5, 7, 2, 10):
        progress(OptimizeProgress(done, 10))
    lines = [line.split(" starts")[0] for line in capsys.readouterr().err.splitlines()]
    assert lines == ["10 of 10", "7 of 10", "10 of 10"]


@dataclass(frozen=True)
class Takes(FactsStep):
    """A step that costs ``seconds`` and takes ``slower`` times as long."""

    name: str
    seconds: float
    slower: float = 1.0

    def cost(self, work: Any) -> float:  # noqa: ARG002
        return self.seconds

    def make(self, work: Any) -> dict[str, Any]:
        work.progress.start(self.name, 4)
        for quarter in range(4):
            CLOCK.now += self.seconds * self.slower / 4
            work.progress.update(quarter + 1)
        work.progress.finish("made")
        return {}


class Clock:
    now = 0.0


CLOCK = Clock()


class Wholes(Silent):
    def __init__(self) -> None:
        self.told: list[tuple[float, Whole]] = []

    def whole(self, whole: Whole) -> None:
        self.told.append((CLOCK.now, whole))


@pytest.mark.parametrize("slower", [0.5, 1.0, 4.0])
def test_the_time_left_is_that_of_the_whole(
    slower: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: CLOCK.now)
    steps = [Takes(f"{i}", seconds, slower) for i, seconds in enumerate((8, 0.1, 40, 2, 30))]
    wholes = Wholes()
    run_steps(Store(tmp_path), steps, progress=wholes, after=4.0)
    end = CLOCK.now + 4.0 * slower
    shares = [whole.share for _, whole in wholes.told]
    assert shares == sorted(shares)
    for now, whole in wholes.told:
        if whole.share >= 0.25:
            assert 0.5 < whole.left / (end - now) < 2
    assert wholes.told[-1][1][:2] == (5, 5)
    # what is there counts as done, and not as work
    again, more = Wholes(), [*steps, Takes("more", 80.0, slower)]
    run_steps(Store(tmp_path), more, progress=again)
    assert again.told[0][1][:2] == (5, 6)
    assert again.told[0][1].share == pytest.approx(80.1 / 160.1)
    assert again.told[0][1].left == pytest.approx(80.0)


def test_steps_cost_what_they_are_shown(tmp_path: Path) -> None:
    study = small_study()
    store = Store(tmp_path)
    steps = study.asked(study.names(None))
    assert all(0 < store.cost(step) < 60 for step in steps)
    judges = study.frame.panel.judges
    assert len({store.cost(judge) for judge in judges}) == len(judges)  # one learns from half


def test_a_run_tells_the_whole_before_each_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with lso.Progress() as progress:
        run_steps(Store(tmp_path), [Takes("a", 1.0), Takes("b", 3.0)], progress=progress)
        progress.over(tmp_path)
    first, *lines, total, where = capsys.readouterr().err.splitlines()
    assert first == "0 of 2 steps, about 4.0 s left"
    assert [line[:10] for line in lines] == [" 25%  a: m", "100%  b: m"]
    assert total.startswith("100%  2 of 2 steps in ")
    assert where == f"results are in {tmp_path}"


TERMINAL = """
import lso_native as lso
starts = lso.uniform((1000, 3), random_state=0)
model = lso.Network([3, 64, 4], random_state=0)
with lso.Progress("here") as progress:
    lso.optimize(model, [2.0] * 4, starts=starts, max_iterations=300, threads=1, callback=progress)
"""


def test_in_a_real_terminal() -> None:
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "40"}
    try:
        subprocess.run(
            [sys.executable, "-c", TERMINAL], stderr=theirs, env=environment, timeout=60, check=True
        )
        told = os.read(ours, 1 << 16).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    assert max(map(len, re.split("[\r\n]", told))) < 40
    assert "here: 1,000 of 1,000 starts done" in told


def test_a_link_opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = Path("a folder") / "<b>.html"
    page.parent.mkdir()
    page.write_text("x")
    link = Link(page)
    assert Path(link).read_text() == "x"
    assert str(link) == os.fspath(page)
    assert link.address == repr(link) == f"{tmp_path.as_uri()}/a%20folder/%3Cb%3E.html"
    drawn = link._repr_html_()
    assert '<a href="a%20folder/%3Cb%3E.html" target="_blank">' in drawn
    assert "&lt;b&gt;.html</a> in " in drawn
    assert '<a href="a%20folder" ' in drawn
    monkeypatch.chdir(page.parent.resolve())
    assert f'<a href="{tmp_path.as_uri()}/x.html"' in Link(tmp_path / "x.html")._repr_html_()

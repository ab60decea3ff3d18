"""Disks that are full or fail, kills and Ctrl-C at bad moments: nothing is lost. `python -m trust` tries more of it."""

from __future__ import annotations

import errno
import random
import sys
from pathlib import Path
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from interrupting import interrupt
from lso_native.study.run import run
from small_run import Listener, contents, small_study

from trust import __main__ as command
from trust.commands import TRAIN
from trust.full_disk import Disk
from trust.interrupts import Stop
from trust.kills import kill
from trust.trial import Trial

NETWORK = lso.Network([20, 30, 10], random_state=0)


def put(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> Disk:
    for place, name, function in disk.patches():
        monkeypatch.setattr(place, name, function)
    return disk


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    lso.save(lso.Network([3, 4], random_state=1), path)
    return path


def used_by_a_save(path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    with monkeypatch.context() as patch:
        disk = put(Disk(path.parent), patch)
        lso.save(NETWORK, path.with_name("other.safetensors"))
    path.with_name("other.safetensors").unlink()
    return disk


def refused(disk: Disk, path: Path, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_bytes()
    with monkeypatch.context() as patch:
        put(disk, patch)
        with pytest.raises(OSError, match=reason) as told:
            lso.save(NETWORK, path)
    assert told.value.filename == str(path)
    assert list(path.parent.iterdir()) == [path]
    assert path.read_bytes() == before


def test_a_file_that_a_full_disk_cannot_take_is_as_it_was(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = used_by_a_save(saved, monkeypatch).written
    for left in (0, 1, size // 2, size - 1):
        refused(Disk(saved.parent, left), saved, "No space left on device.*half", monkeypatch)
    put(Disk(saved.parent, size), monkeypatch)
    lso.save(NETWORK, saved)
    loaded: Any = lso.load(saved)
    np.testing.assert_array_equal(loaded.parameters, NETWORK.parameters)


def test_nor_does_a_call_that_fails_change_it(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = used_by_a_save(saved, monkeypatch).calls
    assert calls >= 3  # close, fsync, rename
    for at in range(calls):
        refused(Disk(saved.parent, at=at), saved, "Input/output error", monkeypatch)


def test_a_run_on_a_full_disk_goes_on_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def made(out: Path) -> None:
        run(small_study(), out, systems=["input-optimization"], threads=1, progress=Listener())

    with monkeypatch.context() as patch:
        disk = put(Disk(tmp_path), patch)
        made(tmp_path / "whole")
    failed = 0
    for left in (0, disk.written // 3, disk.written // 3):
        with monkeypatch.context() as patch:
            put(Disk(tmp_path, left), patch)
            try:
                made(tmp_path / "torn")
            except OSError as error:
                failed += error.errno == errno.ENOSPC
        assert not list(tmp_path.rglob(".tmp-*"))
    assert failed >= 2
    made(tmp_path / "torn")
    assert contents(tmp_path / "torn") == contents(tmp_path / "whole")


@pytest.mark.skipif(sys.platform != "linux", reason="no other tells another's processor time")
def test_a_command_that_is_killed_leaves_what_was_there(tmp_path: Path) -> None:
    trial = Trial(TRAIN, tmp_path)
    assert kill(trial, 2, random.Random(0)) >= 2
    assert trial.compared > 0
    assert trial.wrong == []


@pytest.mark.skipif(sys.platform != "linux", reason="no other tells another's processor time")
def test_calls_that_all_ended_before_are_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        command, "strike", lambda *_, **__: [Stop("a call", at=1.0, after=None, wall=0.0)]
    )
    assert command.main(["interrupts"]) == 0
    assert "0 of 1 in time" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        command.main(["--help"])
    said = capsys.readouterr().out
    assert "usage: python -m trust" in said
    assert "[--times 200]" in said


MARQUARDT = """
import lso_native as lso, numpy as np

network = lso.Network([200, 2000, 800], random_state=0)
starts = lso.uniform((640, 200), random_state=0)
print("running", flush=True)
try:
    lso.optimize(network, [2.0] * 800, starts=starts, optimizer=lso.LevenbergMarquardt(), threads=1,
                 max_iterations=10**6)
except KeyboardInterrupt as stop:
    print((stop.result.status == "interrupted").any(), np.isfinite(stop.result.latents).all())
"""


def test_ctrl_c_ends_an_iteration_of_many_residuals() -> None:
    assert interrupt(MARQUARDT) == ["True True"]

"""A run that goes on where an earlier one in the same folder ended, however that ended."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from interrupting import end
from lso_native.study.results import read_samples, write_samples
from lso_native.study.run import run
from lso_native.study.store import Store
from lso_native.study.view import View
from small_run import FEW, LSO_1, Listener, contents, results_of, small_study

ASKED = ("lso-1", "input-optimization", "vae", "gan")
LIMIT = 60  # seconds; a process that waits for ever would not end
SERVER = """
import os, sys
import small_run
from lso_native.study.run import run

small_run.small_study()  # reads the data once for all
for line in sys.stdin:
    out, *systems = line.split()
    child = os.fork()
    if not child:
        listener = small_run.Listener()
        try:
            run(small_run.small_study(), out, systems=systems, threads=1, progress=listener)
        except BaseException as error:
            listener.stages = [repr(error)] * 2
        print(out, *listener.stages, sep="|", flush=True)
        os._exit(0)
    print(child, flush=True)
"""


class Runs:
    """Runs in processes of their own, which begin at once."""

    def __init__(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-c", SERVER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parent,
        )

    def begin(self, out: Path, *systems: str) -> int:
        """Begin a run; gives its process."""
        assert self._server.stdin is not None
        self._server.stdin.write(f"{out} {' '.join(systems)}\n")
        self._server.stdin.flush()
        return int(self._line(str.isdecimal))

    def stages(self, out: Path) -> list[str]:
        """Those of the next run in ``out`` that ends."""
        return self._line(lambda line: line.startswith(f"{out}|")).split("|")[1:]

    def _line(self, wanted: Callable[[str], bool]) -> str:
        assert self._server.stdout is not None
        return next(line for line in map(str.strip, self._server.stdout) if wanted(line))

    def end(self) -> None:
        end(self._server)


@pytest.fixture(scope="module")
def runs() -> Iterator[Runs]:
    if not hasattr(os, "fork"):
        pytest.skip("no fork there")
    runs = Runs()
    yield runs
    runs.end()


def made(out: Path, *systems: str, fresh: bool = False, **changes: Any) -> list[str]:
    """The stages of a run in ``out``, up to what tells more than their names."""
    listener, study = Listener(), small_study(**changes)
    run(study, out, systems=systems or ASKED, threads=1, fresh=fresh, progress=listener)
    return [stage.split(":")[0] for stage in listener.stages]


def files(out: Path) -> dict[str, Any]:
    """Every file of a run by its place, but for the store's."""
    found = {name: each for name, each in contents(out).items() if not name.startswith("steps/")}
    assert found  # else what is compared with it says little
    return found


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole")
    made(out)
    return out


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "copy"))


class Stops(Listener):
    """Presses Ctrl-C at the first event of some kind in a stage that begins with some words."""

    def __init__(self, event: str, words: str) -> None:
        super().__init__()
        self._event, self._words = event, words

    def _heard(self, event: str) -> None:
        if event == self._event and self.stages[-1].startswith(self._words):
            raise KeyboardInterrupt

    def start(self, stage: str, total: int) -> None:
        super().start(stage, total)
        self._heard("start")

    def update(self, done: int, note: str = "") -> None:
        del done, note
        self._heard("update")

    def finish(self, note: str) -> None:
        super().finish(note)
        self._heard("finish")


def stopped(out: Path, event: str, words: str, *systems: str, **changes: Any) -> Stops:
    listener = Stops(event, words)
    with pytest.raises(KeyboardInterrupt):
        run(small_study(**changes), out, systems=systems or ASKED, threads=1, progress=listener)
    assert listener.stages[-1].startswith(words)
    return listener


def test_a_run_stopped_again_and_again_comes_to_what_a_whole_one_gives(
    whole: Path, tmp_path: Path
) -> None:
    at = [
        ("update", "judge-2"),
        ("finish", "judge-2"),
        ("start", "classifier"),
        ("update", "autoencoder of lso-1"),
        ("update", "lso-1: 20 samples"),
        ("start", "lso-1 latent space"),
        ("update", "input-optimization"),
        ("finish", "vae: 1,000 images"),
        ("update", "gan"),
        ("update", "lso-1, C = -0.1 E"),
        ("finish", "lso-1 from normal"),
    ]
    last = None
    for event, words in at:
        stages = stopped(tmp_path, event, words).stages
        assert last is None or stages[0].startswith(last)  # nothing before it is made again
        last = words
    assert made(tmp_path)[0] == "lso-1 from normal, sd 1"
    assert contents(tmp_path) == contents(whole)


def test_a_stopped_run_shows_what_it_finished(whole: Path, tmp_path: Path) -> None:
    stopped(tmp_path, "update", "input-optimization")
    assert list(results_of(tmp_path)["systems"]) == ["lso-1"]
    shown, known = files(tmp_path), files(whole)
    assert {"samples/lso-1.npz", "figures/walk-lso-1.gif", "real.npz"} <= set(shown)
    assert not [name for name in shown if "input-optimization" in name]
    assert {name for name in shown if shown[name] != known[name]} == {"results.json"}


def test_a_run_killed_again_and_again_comes_to_what_a_whole_one_gives(
    whole: Path, tmp_path: Path, runs: Runs
) -> None:
    rng, steps = random.Random(0), len(list((whole / "steps").glob("*/step.json")))
    for kill in range(1, 7):
        process, begin = runs.begin(tmp_path, *ASKED), time.monotonic()
        # Anywhere after so many steps, in the middle of another one or of a view.
        while len(list((tmp_path / "steps").glob("*/step.json"))) < kill * steps // 9:
            assert time.monotonic() < begin + LIMIT
            time.sleep(0.001)
        time.sleep(rng.uniform(0, 0.02))
        os.kill(process, signal.SIGKILL)
        assert kill > 1 or len(list((tmp_path / "steps").glob("*/step.json"))) < steps
    made(tmp_path)
    assert contents(tmp_path) == contents(whole)


def test_two_processes_share_a_folder_and_its_work(whole: Path, tmp_path: Path, runs: Runs) -> None:
    runs.begin(tmp_path, "lso-1", "vae")
    runs.begin(tmp_path, "input-optimization", "gan")
    told = [runs.stages(tmp_path) for _ in range(2)]
    assert all(told)
    stages = [stage for each in told for stage in each]
    assert len(stages) == len(set(stages))  # each was made once
    assert contents(tmp_path) == contents(whole)


DAMAGES: dict[str, Callable[[bytes], bytes] | None] = {
    "gone": None,
    "empty": lambda _: b"",
    "cut": lambda data: data[: len(data) * 9 // 10],
    "another byte": lambda data: bytes([*data[:9], data[9] ^ 1, *data[10:]]),
}


def damage(file: Path, way: str) -> None:
    change = DAMAGES[way]
    if change is None:
        file.unlink()
    else:
        file.write_bytes(change(file.read_bytes()))


@pytest.mark.parametrize("way", DAMAGES)
def test_a_damaged_file_of_the_view_is_there_again_and_nothing_is_made(
    whole: Path, copy: Path, way: str
) -> None:
    for name in files(copy):
        damage(copy / name, way)
    damage(copy / "steps" / "view.json", way)
    assert made(copy) == []
    assert contents(copy) == contents(whole)


@pytest.mark.parametrize("folder", ["samples", "models", "figures"])
def test_a_folder_of_the_view_that_is_gone_is_there_again(
    whole: Path, copy: Path, folder: str
) -> None:
    shutil.rmtree(copy / folder)
    assert made(copy) == []
    assert contents(copy) == contents(whole)


@pytest.mark.parametrize("way", DAMAGES)
def test_a_damaged_step_is_made_again_and_no_other(whole: Path, copy: Path, way: str) -> None:
    steps = copy / "steps"
    for pattern in (
        "vae-????*/model.safetensors",
        "classifier-*/facts.json",
        "input-optimization-samples-????????*/samples.npz",
        "gan-sheet-*/gan.png",
        "lso-1-samples-judged-*/step.json",
        "real-????*/samples.npz",
    ):
        file = min(steps.glob(pattern), key=lambda path: len(path.parent.name))
        damage(file, way)
    assert set(made(copy)) == {"classifier", "input-optimization", "vae"}
    assert contents(copy) == contents(whole)


def test_a_damaged_step_is_made_again_where_a_worker_has_read_it(whole: Path, copy: Path) -> None:
    model = next((copy / "steps").glob("gan-????????????????????????????????"))
    with ThreadPoolExecutor(1) as executor:
        for part in ("gan-samples-????????????????????????????????", None):
            if part:  # which the worker reads the model for
                shutil.rmtree(next((copy / "steps").glob(part)))
            else:
                damage(model / "model.safetensors", "another byte")
            run(small_study(), copy, systems=ASKED, threads=1, executor=executor)
    assert contents(copy) == contents(whole)


def test_a_file_that_somebody_put_in_a_models_place_is_not_taken_for_it(
    whole: Path, copy: Path
) -> None:
    other = (copy / "models" / "judge-2.safetensors").read_bytes()
    (copy / "models" / "judge.safetensors").write_bytes(other)
    (copy / "models" / "mine.safetensors").write_bytes(other)
    made(copy)
    assert (copy / "models" / "mine.safetensors").read_bytes() == other  # which is no file of ours
    (copy / "models" / "mine.safetensors").unlink()
    assert contents(copy) == contents(whole)


def test_a_file_that_somebody_changed_stays_when_its_system_goes(copy: Path) -> None:
    changed, other = (copy / "models" / f"{name}.safetensors" for name in ("gan", "vae"))
    changed.write_bytes(b"mine")
    made(copy, "lso-1", random_state=1)
    assert changed.read_bytes() == b"mine"
    assert not other.exists()


@pytest.mark.parametrize("change", [{"random_state": 1}, {"samples": 10}])
def test_a_run_of_other_settings_leaves_nothing_in_the_view(
    whole: Path, tmp_path: Path, change: dict[str, Any]
) -> None:
    others = ("lso-1", "gan", "lso-noisy")
    assert made(tmp_path, *others, **change)
    other = files(tmp_path)
    made(tmp_path)
    assert files(tmp_path) == files(whole)
    assert made(tmp_path, *others, **change) == []
    assert files(tmp_path) == other


class Killed(BaseException):
    """What nobody catches."""


@pytest.mark.parametrize("after", [0, 1, 5, 9])
def test_nor_does_one_that_was_killed_while_it_showed_its_files(
    whole: Path, tmp_path: Path, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, placed = View._place, []

    def some(view: View, path: str, *rest: Any) -> None:
        placed.append(path)
        if len(placed) > after:
            raise Killed
        place(view, path, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(View, "_place", some)
        patch.setattr(View, "publish_soon", lambda _: None)
        with pytest.raises(Killed):
            made(tmp_path, "lso-noisy", "vae", random_state=1)
    assert len(placed) == after + 1
    shutil.copytree(
        whole / "steps",
        tmp_path / "steps",
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns("view.json"),
    )
    assert made(tmp_path) == []
    assert files(tmp_path) == files(whole)


def test_leftovers_of_a_kill_are_swept(whole: Path, copy: Path) -> None:
    for name in ("", "samples", "models", "figures", "steps"):
        (copy / name / ".tmp-0123456789abcdef.json").write_bytes(b"half")
    (copy / "steps" / ".tmp-0123").mkdir()
    (copy / "steps" / ".tmp-0123" / "facts.json").write_bytes(b"half")
    (copy / "steps" / ".lock-0123").write_bytes(b"half")
    assert made(copy) == []
    assert contents(copy) == contents(whole)


def test_other_systems_join_those_that_are_there(whole: Path, tmp_path: Path) -> None:
    made(tmp_path, "gan", "vae")
    after = made(tmp_path, "lso-1", "input-optimization")
    assert after[:2] == ["autoencoder of lso-1", "lso-1"]
    assert contents(tmp_path) == contents(whole)


def test_nothing_is_done_twice(copy: Path, whole: Path) -> None:
    assert made(copy) == []
    only = ("input-optimization",)
    again = made(copy, *only, fresh=True)
    assert {"judge", "judge-2", "classifier", *only} <= set(again)
    assert "gan" not in again
    assert made(copy) == []
    assert contents(copy) == contents(whole)


def test_a_system_of_other_settings_keeps_what_is_the_same(copy: Path) -> None:
    bounded = replace(LSO_1, descent=replace(FEW, bounds=(0.0, 1.0)))
    assert made(copy, "lso-1", systems=(bounded,))[0] == "lso-1"  # whose autoencoder is kept
    rows = results_of(copy)["sweeps"]["start"]
    assert len(rows) == len({row["start"] for row in rows}) == 5
    assert all(row["bounds"] == [0.0, 1.0] for row in rows)
    models = {file.stem for file in (copy / "models").iterdir()}
    assert models == {"judge", "judge-2", "classifier", "lso-1"}


@pytest.mark.parametrize("text", ["", "[]", '{"settings": 3}', "not JSON"])
@pytest.mark.parametrize("name", ["results.json", "steps/view.json"])
def test_a_file_that_is_no_result_is_replaced(
    whole: Path, copy: Path, name: str, text: str
) -> None:
    (copy / name).write_text(text)
    assert made(copy) == []
    assert contents(copy) == contents(whole)


def test_a_folder_that_vanishes_is_an_error(tmp_path: Path) -> None:
    class Removes(Listener):
        def start(self, stage: str, total: int) -> None:
            super().start(stage, total)
            if stage.startswith("classifier"):
                shutil.rmtree(tmp_path / "out")

    with pytest.raises(FileNotFoundError, match="was there when the run began, and has vanished"):
        run(small_study(), tmp_path / "out", systems=ASKED, progress=Removes())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_another_version_is_refused_and_left_alone(copy: Path) -> None:
    (copy / "steps" / "format.json").write_text('{"format": "lso_native steps", "version": 2}')
    before = contents(copy)
    with pytest.raises(ValueError, match=r"out: expected a folder of steps of version 1, got .* 2"):
        made(copy)
    assert contents(copy) == before


def test_a_damaged_byte_of_samples_is_found(tmp_path: Path) -> None:
    file = tmp_path / "samples.npz"
    write_samples(file, {"images": np.random.default_rng(0).random((20, 30))})
    assert read_samples(file) is not None
    whole = file.read_bytes()
    assert read_samples(tmp_path / "none.npz") is None
    for place in range(200, len(whole) // 2, 301):  # within the compressed numbers
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert read_samples(file) is None


def test_two_studies_that_run_in_one_folder_by_turns_do_not_mix(tmp_path: Path) -> None:
    first, other = (small_study(samples=n) for n in (20, 10))
    store = Store(tmp_path / "steps")
    views = [View(study, store, tmp_path, {}) for study in (first, other)]
    for study in (first, other):
        run(study, tmp_path, systems=["input-optimization"], threads=1)
    for view, n in zip([*views, views[0]], (20, 10, 20), strict=True):
        assert view.publish()["settings"]["samples"] == n
        with np.load(tmp_path / "samples" / "input-optimization.npz") as samples:
            assert len(samples["labels"]) == n

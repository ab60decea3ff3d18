"""Steps in a store: told apart by their keys, made once, there whole or not at all."""

from __future__ import annotations

import concurrent.futures
import errno
import json
import multiprocessing
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lso_native._checks import check_threads
from lso_native.study import identity, step
from lso_native.study.lock import try_lock
from lso_native.study.progress import Silent
from lso_native.study.runner import missing, run_steps
from lso_native.study.step import Work
from lso_native.study.store import Store
from study_steps import Numbers, Total, made

PARTS = (Numbers(3, 1), Numbers(4, 2))
TOTAL = Total("both", PARTS)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "steps")


def contents(folder: Path) -> dict[str, bytes]:
    """Every file but those that say how long something took."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "seconds.json"
    }


def test_a_step_is_made_after_what_it_needs_and_once(store: Store) -> None:
    assert [each.key for each in missing(store, [TOTAL])] == [*[p.key for p in PARTS], TOTAL.key]
    facts = store.get(TOTAL)
    assert facts == {"total": float(sum(store.get(part).sum() for part in PARTS))}
    assert made(store.path.parent) == ["numbers 1", "numbers 2"]
    again = Store(store.path)
    assert again.get(TOTAL) == facts
    assert missing(again, [TOTAL]) == []
    assert len(made(store.path.parent)) == 2


def test_what_is_kept_is_what_others_see(store: Store) -> None:
    np.testing.assert_array_equal(store.get(PARTS[0]), Store(store.path).get(PARTS[0]))
    with pytest.raises(KeyError, match="numbers"):
        store.load(Numbers(99, 99))


@pytest.mark.parametrize(
    "change", [{"n": 4}, {"seed": 2}], ids=lambda change: str(next(iter(change)))
)
def test_the_key_tells_settings_apart(change: dict[str, Any]) -> None:
    first = Numbers(3, 1)
    assert replace(first, **change).key != first.key
    assert Total("t", (replace(first, **change),)).key != Total("t", (first,)).key
    assert Total("other", (first,)).key != Total("t", (first,)).key


def test_the_key_leaves_out_what_changes_nothing() -> None:
    assert Numbers(note="a").key == Numbers(note="b").key
    assert Total("t", PARTS, seconds=1.0).key == Total("t", PARTS).key


@pytest.mark.parametrize("name", ["lso_native", "numpy", "simd"])
def test_the_key_tells_versions_apart(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = Numbers().key
    now = identity.versions()
    monkeypatch.setattr(step, "versions", lambda: now | {name: "other"})
    assert Numbers().key != before


def test_settings_of_every_kind_have_an_identity() -> None:
    array = np.arange(3.0)
    told = identity.identity({"a": (1, None, True, "x", 2.5), "b": array, "c": np.float32(2)})
    assert told["a"] == [1, None, True, "x", 2.5]
    assert told["b"] != identity.identity(array.astype(np.float32))
    assert told["b"] != identity.identity(array + 1)
    assert identity.identity(np.mean)["function"].endswith("mean")
    for strange in (object(), lambda: 0, {1, 2}):
        with pytest.raises(TypeError, match="a setting of a step: expected a number"):
            identity.identity(strange)


def test_a_kind_of_its_own_has_a_key_of_its_own() -> None:
    @dataclass(frozen=True)
    class Others(Numbers):
        pass

    assert Others(3, 1).key != Numbers(3, 1).key


@pytest.mark.parametrize("kept", [0, 1, 60])
@pytest.mark.parametrize("name", ["numbers.npy", "step.json", "seconds.json"])
def test_damaged_files_are_made_again(store: Store, name: str, kept: int) -> None:
    store.get(TOTAL)
    place = store.place(PARTS[0])
    before = contents(store.path)
    (place / name).write_bytes((place / name).read_bytes()[:kept] if kept else b"")
    fresh = Store(store.path)
    damaged = not (name == "seconds.json" and kept == 60)
    assert fresh.has(PARTS[0]) != damaged
    run_steps(fresh, [TOTAL, *PARTS])
    assert contents(store.path) == before
    assert len(made(store.path.parent)) == 2 + damaged


def test_leftovers_of_a_kill_are_swept(store: Store) -> None:
    store.get(TOTAL)
    before = contents(store.path)
    (store.path / ".tmp-dead").mkdir()
    (store.path / ".tmp-dead" / "half").write_bytes(b"half")
    (store.path / ".lock-dead").write_text("half")
    with try_lock(store.path / ".lock-alive") as held:
        assert held is not None
        (store.path / ".tmp-alive").mkdir()
        Store(store.path)
        assert (store.path / ".tmp-alive").is_dir()  # someone is at it
        assert (store.path / ".lock-alive").exists()
    Store(store.path)
    assert contents(store.path) == before


@dataclass(frozen=True)
class Fails(Numbers):
    where: str = "make"
    code: int = errno.ENOSPC

    def make(self, work: Work) -> Any:
        if self.where == "make":
            raise ValueError("no numbers today")
        return super().make(work)

    def save(self, made: Any, folder: Path) -> None:
        super().save(made, folder)
        raise OSError(self.code, "No space left on device")


def test_a_full_disk_is_one_error_and_nothing_is_lost(store: Store) -> None:
    before_all = contents(store.path)
    with pytest.raises(OSError, match=r"cannot keep fails \(No space left .*finished before"):
        run_steps(store, [PARTS[0], Fails(where="save")])
    assert store.has(PARTS[0])
    assert set(contents(store.path)) - set(before_all) == {
        f"{store.place(PARTS[0]).name}/{name}" for name in ("numbers.npy", "step.json")
    }


def test_an_error_says_which_step_it_was(store: Store) -> None:
    with pytest.raises(ValueError, match="no numbers today") as raised:
        run_steps(store, [Fails()])
    assert raised.value.__notes__ == ["while making fails"]


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (None, "figures: expected a dict"),
        ({"ink": np.float32(1)}, "figure 'ink': expected a number of Python's, .*got np.float32"),
        ({"ink": float("nan")}, "figure 'ink': expected finite numbers, or None .*got nan"),
        ({"ink": {"of": [1.0, float("inf")]}}, "figure 'ink': expected finite numbers"),
    ],
    ids=["none", "numpy", "nan", "within"],
)
def test_figures_that_json_does_not_take_are_told(tmp_path: Path, told: Any, said: str) -> None:
    with pytest.raises((TypeError, ValueError), match=said):
        TOTAL.save(told, tmp_path)
    assert not (tmp_path / "facts.json").exists()


def test_a_folder_that_vanishes_is_an_error(store: Store) -> None:
    store.get(PARTS[0])
    shutil.rmtree(store.path.parent)
    with pytest.raises(OSError, match="has vanished") as raised:
        store.get(PARTS[1])
    assert raised.value.filename == str(store.path)
    assert not store.path.exists()


@pytest.mark.parametrize("text", ['{"format": "lso_native steps", "version": 99}', "{}", "no"])
def test_a_store_of_another_format_is_refused(store: Store, text: str) -> None:
    store.get(PARTS[0])
    (store.path / "format.json").write_text(text)
    before = contents(store.path)
    with pytest.raises(ValueError, match=r"out: expected a folder of steps of version 1, got .*"):
        Store(store.path)
    assert contents(store.path) == before


class Listener(Silent):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


def test_what_another_process_makes_is_waited_for(store: Store) -> None:
    listener = Listener()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        with try_lock(store._lock(PARTS[0])) as held:
            assert held is not None
            other = Store(store.path)
            ended = pool.submit(run_steps, other, [TOTAL], progress=listener)
            while not listener.notes:  # it has made all that it can
                assert not ended.done()
            assert store.has(PARTS[1])
        ended.result()
    assert "is making numbers" in listener.notes[0]
    assert store.has(TOTAL)


def test_how_far_a_step_is_others_can_read(store: Store) -> None:
    class Watching(Numbers):
        def make(self, work: Work) -> Any:
            made = super().make(work)
            work.progress.update(0)
            seen.extend(Store(store.path).running())
            return made

    seen: list[Any] = []
    store.get(Watching(7, 7))
    assert [(each.title, each.total) for each in seen] == [("watching", 7)]
    assert store.running() == []


@pytest.mark.parametrize("workers", [1, 3])
def test_over_an_executor_the_files_are_the_same(tmp_path: Path, workers: int) -> None:
    here, there = (Store(tmp_path / name / "steps") for name in ("here", "there"))
    totals = [Total(f"total {i}", tuple(Numbers(5, i + j) for j in range(3))) for i in range(6)]
    heard = []
    run_steps(here, totals)
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(workers, mp_context=context) as executor:
        run_steps(there, totals, executor=executor, on_made=lambda step: heard.append(step.key))
    assert contents(there.path) == contents(here.path)
    assert made(there.path.parent) == made(here.path.parent)
    assert len(heard) == len(set(heard)) == 6 + 8


def test_an_error_in_a_worker_says_which_step_it_was(store: Store) -> None:
    with (
        concurrent.futures.ThreadPoolExecutor(2) as executor,
        pytest.raises(ValueError, match="no numbers today") as raised,
    ):
        run_steps(store, [Fails(), *PARTS], executor=executor)
    assert raised.value.__notes__ == ["while making fails"]


def test_a_worker_that_does_not_see_the_folder_says_so(store: Store) -> None:
    from lso_native.study.runner import _make

    with pytest.raises(OSError, match="a worker does not see this folder"):
        _make(str(store.path.parent / "elsewhere"), PARTS[0], None)


def test_the_record_tells_what_a_step_is(store: Store) -> None:
    store.get(TOTAL)
    record = json.loads((store.place(TOTAL) / "step.json").read_text())
    assert record["content"]["name"] == "both"
    assert record["inputs"] == [["numbers", part.key] for part in PARTS]
    assert store.digests(TOTAL) == record["files"]
    assert store.seconds(TOTAL) >= 0


def test_a_step_that_is_forgotten_is_made_again(store: Store) -> None:
    store.get(PARTS[0])
    store.forget(PARTS[0])
    assert not store.has(PARTS[0])
    store.get(PARTS[0])
    assert len(made(store.path.parent)) == 2


@pytest.mark.parametrize("threads", [1, 3, None])
def test_the_engine_has_the_threads_of_the_run_while_a_step_is_made(
    store: Store, threads: int | None
) -> None:
    class Asking(Numbers):
        def make(self, work: Work) -> Any:
            seen.extend([check_threads(None), check_threads(2)])
            return super().make(work)

    seen: list[int] = []
    store.get(Asking(), threads=threads)
    assert seen == [threads or 0, 2]
    assert check_threads(None) == 0


def test_linear_algebra_has_one_thread_while_a_step_is_made(store: Store) -> None:
    control = pytest.importorskip("threadpoolctl")

    def threads() -> list[int]:
        found = control.threadpool_info()
        return [each["num_threads"] for each in found if each["user_api"] == "blas"]

    class Counting(Numbers):
        def make(self, work: Work) -> Any:
            seen.extend(threads())
            return super().make(work)

    seen: list[int] = []
    with control.threadpool_limits(2, user_api="blas"):
        before = threads()
        store.get(Counting())
        assert threads() == before
    assert set(seen) == {1}

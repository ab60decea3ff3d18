"""Run folders from strangers: nothing is read or written outside, and what is wrong is one error that names it."""

from __future__ import annotations

import gzip
import io
import json
import os
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from lso_native.cli import main
from lso_native.commands.shards import read_shard
from lso_native.errors import ArgumentError
from lso_native.files.arrays import read_arrays
from lso_native.files.foreign import check_folders
from lso_native.files.plain_json import read_json
from lso_native.report import read_results, write_report
from lso_native.report.folder import RunFolder
from lso_native.report.results_form import check_results
from lso_native.report.svg import chart
from lso_native.study.lock import try_lock
from lso_native.study.sealed import digest
from lso_native.study.store import Store
from lso_native.study.view import View, _read_manifest
from made_up_run import full_results, least_results, write_run
from numpy.random import default_rng
from study_steps import Numbers, Total

HUGE = 10**400


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small run, beside a file that is none of its business."""
    rng = default_rng(0)
    place = tmp_path / "run"
    write_run(place, least_results(), rng)
    (tmp_path / "outside").write_bytes(b"a secret")
    return place


def change(folder: Path, *places: Any, to: Any) -> None:
    """Put ``to`` where the keys lead in results.json."""
    results = json.loads((folder / "results.json").read_text())
    *above, last = places
    part = results
    for key in above:
        part = part[key]
    part[last] = to
    (folder / "results.json").write_text(json.dumps(results))


def refused(folder: Path, message: str) -> None:
    with pytest.raises(ArgumentError, match=message) as caught:
        write_report(folder)
    assert str(caught.value).startswith(f"{folder}{os.sep}")
    assert not (folder / "report.html").exists()


@pytest.mark.parametrize(
    ("places", "to", "message"),
    [
        (("systems",), [1], "an object of at most 200 names at systems, got"),
        (("systems", "lso-1"), 1, "an object at systems.lso-1, got 1"),
        (("systems", "lso-1", "n"), "50", "an integer from 1 .* at systems.lso-1.n, got '50'"),
        (("systems", "lso-1", "n"), 0, "systems.lso-1.n, got 0"),
        (("systems", "lso-1", "n"), True, "systems.lso-1.n, got True"),
        (("systems", "lso-1", "successes"), 51, "from 0 to 50 at systems.lso-1.successes, got 51"),
        (("systems", "lso-1", "recognised"), float("nan"), "finite numbers.*NaN"),
        (("systems", "lso-1", "recognised"), HUGE, "finite numbers"),
        (("systems", "lso-1", "frechet_distance"), 1e300, "at systems.lso-1.frechet_distance"),
        (("systems", "lso-1", "success_rate"), None, "at systems.lso-1.success_rate, got None"),
        (("systems", "lso-1", "success_interval"), [0.1], "a list of 2 to 2 at .*, got 1"),
        (("systems", "lso-1", "says"), "\x1b[2Jgone", "printable characters at systems.lso-1.says"),
        (("systems", "lso-1", "says"), "\ud800", "JSON"),
        (("systems", "../../outside"), {}, r"like \[A-Za-z.*, a name, got '../../outside'"),
        (("systems", "<script>"), {}, "got '<script>'"),
        (("systems", "/etc/passwd"), {}, "got '/etc/passwd'"),
        (("latent_spaces", "lso-1"), {}, "a value at latent_spaces.lso-1.condition, got none"),
        (("histories", "judge"), {"mse": [1, "x"]}, r"histories.judge.mse\[1\], got 'x'"),
        (("sweeps", "start"), [1], r"an object at sweeps.start\[0\], got 1"),
        (("notes",), "x", "a list of .* at notes"),
        (("settings", "samples"), "many", "at settings.samples, got 'many'"),
        (("environment", "cores"), [2], "at environment.cores"),
        (("models", "judge"), {}, "a value at models.judge.test_accuracy, got none"),
        (("own_figures",), [["a"]], r"at own_figures\[0\]"),
    ],
)
def test_what_is_wrong_in_results_is_told_by_its_place(
    folder: Path, places: tuple[Any, ...], to: Any, message: str
) -> None:
    change(folder, *places, to=to)
    refused(folder, message)


def test_a_row_that_asks_for_what_stands_elsewhere() -> None:
    results = full_results(default_rng(0))
    check_results("results", results)
    del results["systems"]["gan"]["recall"]
    with pytest.raises(ArgumentError, match=r"a value at systems\.gan\.recall, got none"):
        check_results("results", results)
    results = full_results(default_rng(0))
    results["latent_spaces"]["lso-1"]["walk_mse"]["mse"].pop()
    with pytest.raises(
        ArgumentError, match=r"rows of one length.*lso-1\.walk_mse\.mse, got \d+ of"
    ):
        check_results("results", results)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 100_000, "at most 64 deep"),
        ('{"a":' * 100 + "1" + "}" * 100, "at most 64 deep, got deeper"),
        ("[1e999]", "finite numbers.*1e999"),
        ("9" * 5_000, "finite numbers"),
        ("[-Infinity]", "finite numbers.*-Infinity"),
        ("", "JSON of finite numbers"),
        ("{", "JSON of finite numbers"),
    ],
    ids=["deep", "deeper", "beyond floats", "digits", "infinite", "empty", "cut"],
)
def test_json_is_plain(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "some.json"
    path.write_text(text)
    with pytest.raises(ArgumentError, match=rf"some\.json: expected JSON.*{message[5:]}"):
        read_json(path)


def test_json_has_an_end(tmp_path: Path) -> None:
    path = tmp_path / "some.json"
    with path.open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(ArgumentError, match=r"some\.json: expected JSON of at most 33,554,432"):
        read_json(path)


@pytest.mark.parametrize("part", ["results.json", "samples", "samples/lso-1.npz", "real.npz"])
def test_nothing_is_read_through_a_link_out_of_the_folder(folder: Path, part: str) -> None:
    elsewhere = folder.parent / "elsewhere"
    (folder / part).rename(elsewhere)
    (folder / part).symlink_to(elsewhere)
    refused(folder, "a link that leads out of it")


def test_an_animation_is_one_of_the_folder_and_a_gif(folder: Path) -> None:
    gif = folder / "figures" / "walk-lso-1.gif"
    gif.unlink()
    gif.symlink_to(folder.parent / "outside")
    refused(folder, "walk-lso-1.gif: .* a link that leads out of it")
    gif.unlink()
    gif.write_bytes(b"a secret")
    refused(folder, "walk-lso-1.gif: expected a GIF of at most .*, got 8 of another")


def arrays(n: int = 50) -> dict[str, Any]:
    return {
        "images": np.zeros((n, 196), np.float32),
        "labels": np.zeros(n, np.int64),
        "success": np.ones(n, np.bool_),
        "iterations": np.ones(n, np.int64),
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("images", np.zeros((49, 196), np.float32)),
        ("images", np.zeros((50, 195), np.float32)),
        ("images", np.zeros((50, 2**18), np.float32)),
        ("images", np.full((50, 196), np.nan)),
        ("images", np.zeros((50, 14, 14))),
        ("images", np.zeros((50, 196), "<U3")),
        ("labels", np.zeros(50)),
        ("success", np.zeros(50, np.int64)),
        ("iterations", np.full(50, -1)),
        ("iterations", np.int64(3)),
    ],
)
def test_samples_of_another_form(folder: Path, name: str, value: Any) -> None:
    np.savez_compressed(folder / "samples" / "lso-1.npz", **arrays() | {name: value})
    refused(folder, r"lso-1\.npz: expected .*(images|iterations)")


@pytest.mark.parametrize("kept", [0, 10, 1000, -1])
def test_samples_that_are_cut(folder: Path, kept: int) -> None:
    path = folder / "samples" / "lso-1.npz"
    path.write_bytes(path.read_bytes()[:kept])
    refused(folder, r"lso-1\.npz: expected whole arrays")


def npy(header: str, values: bytes) -> bytes:
    text = header.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + values


def zipped(content: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("images.npy", content)
    return buffer.getvalue()


FLOATS = "{'descr': '<f4', 'fortran_order': False, 'shape': %s, }"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x05\x06" + bytes(18) + b"more",
        npy(FLOATS % "(2,)", bytes(8)),
        zipped(b"no array"),
        zipped(npy(FLOATS % "(3,)", bytes(8))),
        zipped(npy(FLOATS % "(1099511627776,)", bytes(8))),
        zipped(npy(FLOATS % "(4294967296, 4294967296)", bytes(8))),
        zipped(npy(FLOATS % "(-2, -1)", bytes(8))),
        zipped(npy("{'descr': '<U50000000', 'fortran_order': False, 'shape': (1,), }", b"")),
        zipped(npy("{'descr': '<U0', 'fortran_order': False, 'shape': (1099511627776,), }", b"")),
        zipped(npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", bytes(8))),
        zipped(npy("-" * 9_000 + "1", b"")),
        zipped(npy(FLOATS % "(50_000_000,)", bytes(200_000_000))),
        zipped(npy(FLOATS % "(2,)", bytes(8)), zipfile.ZIP_BZIP2),
        gzip.compress(b"PK\x03\x04", mtime=0),
    ],
    ids=range(15),
)
def test_arrays_are_no_larger_than_their_file_can_hold(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "some.npz"
    path.write_bytes(data)
    tracemalloc.start()
    if data.startswith(b"PK\x05\x06"):
        assert read_arrays(path) == {}
    else:
        with pytest.raises(ArgumentError, match=r"some\.npz: expected whole arrays of NumPy's"):
            read_arrays(path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 8 * 2**20


def test_numbers_may_stand_in_named_columns_and_text_may_not(tmp_path: Path) -> None:
    path = tmp_path / "some.npz"
    np.savez(path, said=np.zeros(3, [("lift", "<f8"), ("n", "<i4")]))
    assert read_arrays(path, said="n")["said"].dtype.names == ("lift", "n")
    for columns in ([("lift", "<f8"), ("name", "<U3")], "V8"):
        np.savez(path, said=np.zeros(3, columns))
        with pytest.raises(ArgumentError, match=r"some\.npz: expected numbers said \(n\)"):
            read_arrays(path, said="n")


def test_arrays_come_back_as_they_were(tmp_path: Path) -> None:
    kept = {
        "rows": np.arange(12.0).reshape(3, 4),
        "columns": np.asfortranarray(np.arange(6).reshape(2, 3)),
        "text": np.array("told"),
        "none": np.empty((0, 5), np.float32),
        "records": np.array([(1.5, 2)], [("a", "<f8"), ("b", ">i4")]),
    }
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "some.npz", **kept)  # type: ignore[arg-type]
        found = read_arrays(tmp_path / "some.npz")
        assert found.keys() == kept.keys()
        for name, array in kept.items():
            assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)
            assert found[name].tobytes() == array.tobytes()


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ({"rows": "n 4", "labels": "n"}, ""),
        ({"rows": "n n"}, r"numbers rows \(3 3\), got float64 of shape \(3, 4\)"),
        ({"rows": "n d", "labels": "d"}, r"numbers labels \(4\), got int64 of shape \(3,\)"),
        ({"rows": "n 5"}, r"numbers rows \(3 5\)"),
        ({"rows": "n"}, r"numbers rows \(n\), got float64"),
        ({"other": "n"}, r"numbers other \(n\), got none"),
        ({"text": ""}, r"numbers text \(\), got <U4 of shape \(\)"),
    ],
)
def test_arrays_have_the_shapes_that_go_together(
    tmp_path: Path, shapes: dict[str, str], message: str
) -> None:
    kept = {"rows": np.zeros((3, 4)), "labels": np.arange(3), "text": np.array("told")}
    np.savez(tmp_path / "some.npz", **kept)  # type: ignore[arg-type]
    if message:
        with pytest.raises(ArgumentError, match=rf"some\.npz: expected {message}"):
            read_arrays(tmp_path / "some.npz", **shapes)
    else:
        assert read_arrays(tmp_path / "some.npz", **shapes).keys() == kept.keys()


def test_what_stands_in_results_is_text_on_the_page(folder: Path) -> None:
    strange = "<script>alert(1)</script> $\\frac{$ \"' sans-serif #010101"
    change(folder, "systems", "lso-1", "says", to=strange)
    change(folder, "settings", "dataset", to=strange)
    change(folder, "settings", "words", to={"class": strange, "title": strange})
    change(folder, "environment", strange, to=strange)
    change(folder, "notes", to=[strange])
    change(folder, "histories", to={strange: {strange: [1.0, 2.0], "other": [2.0, 1.0]}})
    page = write_report(folder).path.read_text(encoding="utf-8")
    assert "<script" not in page
    assert page.count("&lt;script&gt;") > 5
    assert "$\\frac{$" in page
    assert page.index("Content-Security-Policy") < page.index("&lt;script&gt;")


def test_the_text_of_a_chart_stays_as_it_is() -> None:
    name = "sans-serif A, B, 0.123456 #020202"
    with chart(name, name) as (panel, charts):
        panel.line([1, 2], [1, 2], name, 0)
    assert f">{name}</text>" in charts[0].svg


def test_a_page_that_stands_there_is_left_only_where_nothing_in_it_runs(folder: Path) -> None:
    page = write_report(folder).path
    ours = page.read_bytes()
    seal = ours[ours.rindex(b"<!--") :]
    page.write_bytes(b"<script>alert(1)</script>" + seal)
    assert write_report(folder).path.read_bytes() == ours
    page.unlink()
    (folder.parent / "other.html").write_bytes(ours)
    page.symlink_to(folder.parent / "other.html")
    write_report(folder)
    assert not page.is_symlink()


def test_results_of_another_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"results\.json"):
        read_results(tmp_path)


def test_what_is_not_drawn_is_not_looked_at(folder: Path) -> None:
    (folder / "samples" / "other.npz").symlink_to(folder.parent / "outside")
    assert set(RunFolder(folder, read_results(folder)).samples) == {"lso-1", "input-optimization"}


PART = Numbers(3, 1)
TOTAL = Total("both", (PART,))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "steps")
    store.get(TOTAL)
    return store


def test_a_record_names_files_of_its_folder_alone(store: Store, tmp_path: Path) -> None:
    for name in ("../../outside", str(tmp_path / "outside"), ".", "..", ""):
        (tmp_path / "outside").write_bytes(b"a secret")
        record = json.loads((store.place(PART) / "step.json").read_text())
        record["files"] = {name: "0"}
        (store.place(PART) / "step.json").write_text(json.dumps(record))
        assert not Store(store.path).has(PART)


@pytest.mark.parametrize("what", ["folder", "file", "record"])
def test_a_step_behind_a_link_is_made_again(store: Store, tmp_path: Path, what: str) -> None:
    place = store.place(PART)
    place = {"folder": place, "file": place / "numbers.npy", "record": place / "step.json"}[what]
    place.rename(tmp_path / "elsewhere")
    place.symlink_to(tmp_path / "elsewhere")
    before = sorted((tmp_path / "elsewhere").rglob("*"))
    again = Store(store.path)
    assert not again.has(PART)
    again.get(PART)
    assert not place.is_symlink()
    assert sorted((tmp_path / "elsewhere").rglob("*")) == before
    assert (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("text", ["1", "[]", '{"files": [], "key": 1}', "[" * 10_000, "\0"])
def test_a_record_that_is_none_is_made_again(store: Store, text: str) -> None:
    for name in ("step.json", "seconds.json"):
        (store.place(PART) / name).write_text(text)
        assert not Store(store.path).has(PART)


def signed(store: Store, step: Any, name: str, data: bytes) -> None:
    """Other content, with its digest."""
    place = store.place(step)
    (place / name).write_bytes(data)
    record = json.loads((place / "step.json").read_text())
    record["files"][name] = digest(place / name)
    (place / "step.json").write_text(json.dumps(record))


@pytest.mark.parametrize("data", [b"[1]", b"{", b'{"total": NaN}', b"\xff"])
def test_figures_that_are_none_are_refused_by_name(store: Store, data: bytes) -> None:
    signed(store, TOTAL, "facts.json", data)
    again = Store(store.path)
    assert again.has(TOTAL)
    with pytest.raises(ArgumentError, match=r"both-[0-9a-f]+.facts\.json: expected"):
        again.load(TOTAL)


def test_a_step_that_fails_to_load_is_named(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*_: object) -> None:
        raise KeyError("images")

    monkeypatch.setattr(Numbers, "load", load)
    with pytest.raises(ArgumentError, match=r"numbers.*: expected files of .*KeyError.*remove it"):
        Store(store.path).load(PART)


def test_a_lock_is_never_what_a_link_leads_to(tmp_path: Path) -> None:
    (tmp_path / "outside").write_bytes(b"a secret")
    (tmp_path / ".lock-x").symlink_to(tmp_path / "outside")
    with try_lock(tmp_path / ".lock-x") as descriptor:
        assert descriptor is not None
        os.write(descriptor, b"how far it is")
    assert (tmp_path / "outside").read_bytes() == b"a secret"


def test_leftovers_that_are_links_go_and_what_they_lead_to_stays(
    store: Store, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").touch()
    for name in (f".tmp-{PART.key}", f".lock-{PART.key}"):
        (store.path / name).symlink_to(elsewhere if "tmp" in name else elsewhere / "kept")
    Store(store.path).forget(PART)
    Store(store.path).get(PART)
    assert (elsewhere / "kept").exists()
    assert not list(store.path.glob(".*"))


def test_a_store_or_a_part_of_a_run_is_no_link_elsewhere(store: Store, tmp_path: Path) -> None:
    run = tmp_path / "run"
    (run / "samples").mkdir(parents=True)
    check_folders(run)
    for link in (run / "steps", run / "samples" / "seed-0"):
        link.symlink_to(store.path)
        with pytest.raises(ArgumentError, match=rf"{link.name}: .*a link that leads out of it"):
            check_folders(run)
        with pytest.raises(ArgumentError, match="out: expected a folder of steps, got a link"):
            Store(link)
        link.unlink()


def test_a_link_in_a_view_is_replaced_by_the_file(tmp_path: Path) -> None:
    run, source = tmp_path / "run", tmp_path / "kept.npz"
    (run / "samples").mkdir(parents=True)
    source.write_bytes(b"samples")
    view: Any = View.__new__(View)
    view._folder, view._placed = run, {}
    for content in (b"samples", b"other"):
        (tmp_path / "outside").write_bytes(content)
        (run / "samples" / "a.npz").unlink(missing_ok=True)
        (run / "samples" / "a.npz").symlink_to(tmp_path / "outside")
        view._place("samples/a.npz", source, digest(source))
        assert not (run / "samples" / "a.npz").is_symlink()
        assert (run / "samples" / "a.npz").read_bytes() == b"samples"
        assert (tmp_path / "outside").read_bytes() == content


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ('{"../outside": "x", "/etc/x": "x", "samples/../../x": "x", "samples/a.npz": "x"}', 1),
        ('{"steps/x": "x", "samples/.x": "x", "samples/a/b": "x", "real.npz": "x"}', 1),
        ("[1]", 0),
        ("[" * 10_000, 0),
    ],
)
def test_what_an_earlier_view_showed_is_of_the_view(tmp_path: Path, text: str, known: int) -> None:
    (tmp_path / "view.json").write_text(text)
    assert len(_read_manifest(tmp_path / "view.json")) == known


def altered(**arrays: Any) -> Callable[[Path], None]:
    """Writes a shard of two samples that is whole but for the ``arrays`` in place of its own."""
    whole: dict[str, Any] = {
        **dict.fromkeys(("labels", "iterations", "attempts", "calls"), np.ones(2, np.int64)),
        **dict.fromkeys(("samples", "latents", "starts", "values 0"), np.ones((2, 1), np.float32)),
        **dict.fromkeys(("success", "met 0"), np.ones(2, np.bool_)),
        "miss 0": np.zeros(2),
    }
    told = {
        "shard": {"number": 1, "count": 1},
        "run": {"lso_native": lso.__version__},
        "about": {
            "asked": "a",
            "captions": [["a", "b"]],
            "random_state": 0,
            "dataset": "d",
            "side": 1,
            "models": {},
        },
        "names": ["a"],
        "hard": [True],
        "conflict": [],
        "least": 0.0,
        "costs": {"decoded": 1, "box_calls": 0, "box_failures": 0, "conflict_cost": [0, 0]},
    }
    return lambda path: np.savez(path, told=np.array(json.dumps(told)), **(whole | arrays))


def test_a_whole_shard_is_read(tmp_path: Path) -> None:
    altered()(tmp_path / "shard.npz")
    assert read_shard(tmp_path / "shard.npz").result.samples.shape == (2, 1)


@pytest.mark.parametrize(
    "break_it",
    [
        altered(samples=np.full((2, 1), np.nan)),
        altered(latents=np.full((2, 1), np.inf)),
        altered(starts=np.full((2, 1), 1e300)),
        altered(iterations=np.array([1, -5])),
        altered(labels=np.ones(2)),
        lambda path: path.write_bytes(path.read_bytes()[:100]),
        lambda path: np.savez(path, told=np.array("[" * 10_000)),
        lambda path: np.savez(path, told=np.array(json.dumps({"run": {"lso_native": "\x1b[2J"}}))),
        lambda path: np.savez(path, told=np.array('{"run": {}}')),
        lambda path: np.savez(path, told=np.array("[1]"), samples=np.zeros(3)),
    ],
    ids=["NaN", "inf", "huge", "negative", "fractions", "cut", "deep", "escapes", "other", "list"],
)
def test_shards_are_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], break_it: Callable[[Path], None]
) -> None:
    path = tmp_path / "shard-1-of-1.npz"
    np.savez(path, told=np.array("{}"))
    break_it(path)
    assert main(["merge", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert said.startswith(
        "lso: merge: expected whole files of lso generate --shard, got a damaged"
    )
    assert said.count("\n") == 1

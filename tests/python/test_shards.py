"""``lso generate --shard`` and ``lso merge``: the bytes of a run that was not cut, and how a wrong shard is told."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lso_native.cli import main
from lso_native.generate import search, starts
from model_files import write_generator, write_models

LINE = (
    "generate --decoder autoencoder.safetensors --classifier classifier.safetensors"
    " --digit 1 --certainty .7 --attempts 1 --best-of 2 -n 50"
)
NAMES = ("samples.npz", "sheet.png", "result.json")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_models(tmp_path_factory.mktemp("models"))


@pytest.fixture(autouse=True)
def here(models: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(models)
    return models


def run(line: str, out: Path) -> Path:
    assert main([*line.split(), "--out", str(out)]) == 0
    return out


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def cut(folder: Path, count: int, line: str = LINE) -> Path:
    """All shards, the last one first."""
    for number in range(count, 0, -1):
        run(f"{line} --shard {number}/{count} --threads {1 + number % 2}", folder)
    return folder


def merged(capsys: pytest.CaptureFixture[str], out: Path, *folders: Path) -> str:
    """The one line of a merge that fails and leaves nothing."""
    capsys.readouterr()
    assert main(["merge", *map(str, folders), "--out", str(out)]) == 2
    told = capsys.readouterr().err
    assert told.startswith("lso: merge: expected ")
    assert told.count("\n") == 1
    assert not out.exists()
    return told


@pytest.mark.parametrize("count", [1, 3, 7, 50])
def test_shards_make_the_bytes_of_a_run_that_was_not_cut(
    count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Small, so that shards begin and end within blocks, and many samples are alike.
    monkeypatch.setattr(search, "_BLOCK", 16)
    monkeypatch.setattr(starts, "_BLOCK", 10)
    whole = run(LINE, tmp_path / "whole")
    assert json.loads((whole / "result.json").read_text())["found"] > 0
    shards = cut(tmp_path / "shards", count)
    assert len(files(shards)) == count
    assert files(run(f"merge {shards}", tmp_path / "merged")) == files(whole)


def test_samples_that_are_alike_are_seen_across_shards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    least = search.Search._least_distance
    monkeypatch.setattr(search.Search, "_least_distance", lambda self: 40 * least(self))
    whole = run(LINE, tmp_path / "whole")
    with np.load(whole / "samples.npz") as file:
        alike = file["met"].all(axis=1) & ~file["success"]
    assert alike.any()
    shards = cut(tmp_path / "shards", 3)
    assert files(run(f"merge {shards}", tmp_path / "merged")) == files(whole)


def test_what_cannot_be_met_is_told_once(tmp_path: Path) -> None:
    line = f"{LINE} --bounds 9,9.1"
    whole = run(line, tmp_path / "whole")
    assert json.loads((whole / "result.json").read_text())["conflict"]
    shards = cut(tmp_path / "shards", 3, line)
    assert files(run(f"merge {shards}", tmp_path / "merged")) == files(whole)


def test_workers_make_the_bytes_of_a_run_without(tmp_path: Path) -> None:
    line = LINE.replace("--attempts 1", "--attempts 3")
    assert files(run(f"{line} --workers 2", tmp_path / "workers")) == files(
        run(line, tmp_path / "whole")
    )


@pytest.fixture(scope="module")
def three(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(models)
        return cut(tmp_path_factory.mktemp("three"), 3)


def test_shards_may_lie_in_folders_of_their_own(three: Path, tmp_path: Path) -> None:
    for name in files(three):
        (tmp_path / name).mkdir()
        shutil.copy(three / name, tmp_path / name)
    folders = " ".join(str(folder) for folder in sorted(tmp_path.iterdir(), reverse=True))
    whole = run(LINE, tmp_path / "whole")
    assert files(run(f"merge {folders}", tmp_path / "merged")) == files(whole)


def test_a_missing_shard_and_one_that_is_there_twice_are_told(
    three: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = tmp_path / "one"
    one.mkdir()
    shutil.copy(three / "shard-2-of-3.npz", one)
    told = merged(capsys, tmp_path / "out", one)
    assert "expected all 3 shards, got none of 1/3, 3/3" in told
    assert "expected each shard once, got 2/3 in" in merged(capsys, tmp_path / "out", three, one)
    assert f"no such folder: {tmp_path / 'none'}" in merged(
        capsys, tmp_path / "out", three, tmp_path / "none"
    )
    one.joinpath("shard-2-of-3.npz").unlink()
    assert f"got none in {one}" in merged(capsys, tmp_path / "out", one)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (f"{LINE} --random-state 1 --shard 3/3", "random_state 0 in .*, and 1 in "),
        (f"{LINE} --bounds 0,1 --shard 3/3", "bounds None in .*, and 0,1 in "),
        (f"{LINE} --shard 3/4", "1/3 in .*, and 3/4 in "),
        (f"{LINE} --decoder vae.safetensors --shard 3/3", "decoder [0-9a-f]+ in .*, and "),
    ],
)
def test_a_shard_of_another_run_is_told(
    line: str,
    told: str,
    three: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    here: Path,
) -> None:
    write_generator("VAE", here / "vae.safetensors")
    shards = tmp_path / "shards"
    shutil.copytree(three, shards)
    (shards / "shard-3-of-3.npz").unlink()
    run(line, shards)
    message = merged(capsys, tmp_path / "out", shards)
    assert re.search(f"expected shards of one run, got {told}", message), message


def rewrite(path: Path, **run: Any) -> None:
    """Change what it says of its run."""
    with np.load(path) as file:
        arrays = dict(file)
    told = json.loads(str(arrays["told"]))
    told["run"] |= run
    np.savez(path, **arrays | {"told": np.array(json.dumps(told))})


def test_a_damaged_shard_and_one_of_another_version_are_told(
    three: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shards = tmp_path / "shards"
    shutil.copytree(three, shards)
    path = shards / "shard-2-of-3.npz"
    whole = path.read_bytes()
    for broken in (whole[:-50], b"", whole[:300] + bytes(40) + whole[340:]):
        path.write_bytes(broken)
        told = merged(capsys, tmp_path / "out", shards)
        assert "got a damaged one, to be made again: " in told
        assert str(path) in told
    path.write_bytes(whole)
    rewrite(path, lso_native="0.0.1")
    assert f"got one of 0.0.1: {path}" in merged(capsys, tmp_path / "out", shards)
    run(f"{LINE} --shard 2/3", shards)  # made again
    run(f"merge {shards}", tmp_path / "merged")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("--shard 5/4", "--shard: expected i/k with i of 1 to k, such as 2/10, got '5/4'"),
        ("--shard 0/4", "--shard: expected i/k"),
        ("--shard 2", "--shard: expected i/k"),
        ("--shard 1/51", "--shard: expected at most as many as there are samples, 50, got '1/51'"),
        ("--shard 1/2 --attempts 2", "--attempts: expected 1 beside --shard, .*, got 2"),
        ("--workers 0", "workers: expected an integer of at least 1, got 0"),
        ("--workers 1 --dask tcp://127.0.0.1:1", "workers, dask: expected one of them, got both"),
    ],
)
def test_misuse_is_told(
    options: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main([*LINE.split(), *options.split(), "--out", str(out)]) == 2
    assert re.search(told, capsys.readouterr().err)
    assert not out.exists()

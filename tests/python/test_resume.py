"""A run that goes on where an earlier one in the same folder ended."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lso_native.study.progress import Silent
from lso_native.study.reproduce import ReproduceSettings, Run, run
from lso_native.study.results import read_samples, write_samples
from lso_native.study.systems import SYSTEMS
from small_run import FEW, small_settings, use_small_systems

ASKED = ("lso-1", "input-optimization", "vae", "vae-clusters")


class Listener(Silent):
    """Keeps which stages there were."""

    def __init__(self) -> None:
        self.stages: list[str] = []

    def start(self, stage: str, total: int) -> None:
        del total
        self.stages.append(stage.split(":")[0])


@pytest.fixture(scope="module", autouse=True)
def patch() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        use_small_systems(patch)
        yield


def settings(out: Path, **changes: Any) -> ReproduceSettings:
    return small_settings(out, **{"systems": ASKED, "threads": 1, **changes})


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run(settings(tmp_path_factory.mktemp("whole")))


def stages(chosen: ReproduceSettings) -> list[str]:
    listener = Listener()
    run(chosen, progress=listener)
    return listener.stages


def without_seconds(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: without_seconds(v) for k, v in value.items() if not k.endswith("_seconds")}
    if isinstance(value, list):
        return [without_seconds(each) for each in value]
    return value


def test_a_stopped_run_goes_on_to_what_a_whole_one_gives(whole: Run, tmp_path: Path) -> None:
    def stop(_: Run, name: str) -> None:
        if name == "vae":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(settings(tmp_path), on_system=stop)
    after = stages(settings(tmp_path))
    assert after[0] == "vae-clusters"  # of the VAE that was kept
    assert all(" from " in stage or ", C = " in stage for stage in after[1:])
    results = json.loads((tmp_path / "results.json").read_text())
    assert without_seconds(results) == without_seconds(whole.results)
    assert list(results["systems"]) == list(whole.results["systems"])
    for name in ASKED:
        file = Path("samples") / f"{name}.npz"
        assert (tmp_path / file).read_bytes() == (whole.folder / file).read_bytes()


@pytest.mark.parametrize("kept", [0.0, 0.02, 0.5, 0.999])
def test_damaged_samples_are_made_again(kept: float, tmp_path: Path) -> None:
    chosen = settings(tmp_path, systems=("input-optimization",))
    run(chosen)
    file = tmp_path / "samples" / "input-optimization.npz"
    whole = file.read_bytes()
    file.write_bytes(whole[: int(kept * len(whole))])
    assert "input-optimization" in stages(chosen)
    assert file.read_bytes() == whole


def test_a_damaged_byte_of_samples_is_found(tmp_path: Path) -> None:
    file = tmp_path / "samples.npz"
    write_samples(file, {"images": np.random.default_rng(0).random((20, 30))})
    assert read_samples(file) is not None
    whole = file.read_bytes()
    assert read_samples(tmp_path / "none.npz") is None
    for place in range(200, len(whole) // 2, 301):  # within the compressed numbers
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert read_samples(file) is None


def test_other_systems_join_those_that_are_there(whole: Run, tmp_path: Path) -> None:
    run(settings(tmp_path, systems=("vae", "vae-clusters")))
    assert stages(settings(tmp_path, systems=("lso-1", "input-optimization")))[:3] == [
        "autoencoder of lso-1",
        "lso-1",
        "input-optimization",
    ]
    results = json.loads((tmp_path / "results.json").read_text())
    assert list(results["systems"]) == list(whole.results["systems"])
    assert results["settings"]["systems"] == list(whole.results["systems"])
    assert without_seconds(results["systems"]) == without_seconds(whole.results["systems"])


def test_nothing_is_done_twice(tmp_path: Path) -> None:
    chosen = settings(tmp_path, systems=("input-optimization",))
    first = stages(chosen)
    assert first[:4] == ["judge", "judge-2", "classifier", "input-optimization"]
    assert stages(chosen) == []
    assert stages(settings(tmp_path, systems=("input-optimization",), fresh=True)) == first


@pytest.mark.parametrize("change", [{"random_state": 1}, {"samples": 10}])
def test_other_settings_begin_anew(tmp_path: Path, change: dict[str, Any]) -> None:
    only = ("input-optimization",)
    run(settings(tmp_path, systems=only))
    assert stages(settings(tmp_path, systems=only, **change))[0] == "judge"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"settings": 3}', "not JSON"])
def test_a_file_that_is_no_result_begins_anew(tmp_path: Path, text: str) -> None:
    (tmp_path / "results.json").write_text(text)
    assert stages(settings(tmp_path, systems=("input-optimization",)))[0] == "judge"


def test_a_model_or_sample_that_is_gone_is_made_again(tmp_path: Path) -> None:
    chosen = settings(tmp_path, systems=("input-optimization",))
    run(chosen)
    (tmp_path / "models" / "classifier.safetensors").write_bytes(b"broken")
    (tmp_path / "samples" / "input-optimization.npz").unlink()
    assert stages(chosen)[:2] == ["classifier", "input-optimization"]


@pytest.mark.parametrize("name", ["vae", "gan", "cgan"])
def test_a_whole_generator_is_kept(tmp_path: Path, name: str) -> None:
    chosen = settings(tmp_path, systems=(name,))
    assert stages(chosen).count(name) == 2  # trained, and sampled
    sample = tmp_path / "samples" / f"{name}.npz"
    before = sample.read_bytes()
    sample.unlink()
    assert stages(chosen) == [name]  # sampled again
    assert sample.read_bytes() == before


def test_a_system_of_other_settings_is_swept_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = settings(tmp_path, systems=("lso-1",))
    run(chosen)
    bounded = replace(SYSTEMS["lso-1"], generation=replace(FEW, bounds=(0.0, 1.0)))
    monkeypatch.setitem(SYSTEMS, "lso-1", bounded)
    after = stages(chosen)
    assert after[0] == "lso-1"  # whose autoencoder is kept
    rows = json.loads((tmp_path / "results.json").read_text())["sweeps"]["start"]
    assert len(rows) == len({row["start"] for row in rows})
    assert all(row["bounds"] == [0.0, 1.0] for row in rows)

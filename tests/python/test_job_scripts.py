"""The scripts of docs/distributed.md, run as a queue runs them, with a stub of ``lso`` that says what it was asked."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from lso_native.cli import _parser

PAGE = (Path(__file__).parents[2] / "docs/distributed.md").read_text(encoding="utf-8")
SCRIPTS = re.findall(r"^```sh\n(#!/bin/bash\n.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
STUB = f"""#!/bin/sh
exec '{sys.executable}' -c 'import json, sys; print(json.dumps(sys.argv[1:]))' "$@"
"""


@pytest.fixture(autouse=True)
def stub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = tmp_path / "lso"
    command.write_text(STUB)
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)


def run(shell: list[str], script: str, **environment: str) -> list[str]:
    """The arguments that a script gives to ``lso``, which the command takes."""
    done = subprocess.run(
        [*shell, script], env=os.environ | environment, check=True, capture_output=True, text=True
    )
    arguments: list[str] = json.loads(done.stdout)
    _parser().parse_args(arguments)
    return arguments


def test_the_scripts_for_slurm() -> None:
    shards, study = SCRIPTS
    last = re.search(r"--array=1-(\d+)", shards)
    assert last is not None
    slurm = {"SLURM_ARRAY_TASK_ID": "7", "SLURM_ARRAY_TASK_MAX": last[1]}
    assert run(["bash", "-c"], shards, **slurm)[-2:] == ["--shard", f"7/{last[1]}"]
    assert run(["bash", "-c"], study, **slurm, HOME="/home/me")[-1] == "/home/me/run"
    with pytest.raises(subprocess.CalledProcessError):
        run(["bash", "-c"], shards)  # outside of an array


def test_the_job_for_kubernetes() -> None:
    job = re.search(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert job is not None
    folded = re.search(r"- >-\n(( {14}.*\n)+)", job[1])
    completions = re.search(r"completions: (\d+)", job[1])
    assert folded is not None
    assert completions is not None
    shell = re.search(r"command: \[(\w+), (-\w+)\]", job[1])
    assert shell is not None
    script = " ".join(folded[1].split())
    for index, shard in ((0, 1), (int(completions[1]) - 1, int(completions[1]))):
        asked_for = run([*shell.groups()], script, JOB_COMPLETION_INDEX=str(index))
        assert asked_for[-2:] == ["--shard", f"{shard}/{completions[1]}"]

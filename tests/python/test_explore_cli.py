"""``lso explore``: misuse told in a line, a start, and an end by Ctrl-C."""

from __future__ import annotations

import re
import signal
import sys
import urllib.request
from pathlib import Path

import lso_native as lso
import pytest

pytest.importorskip("websockets")
from exploring import LIMIT, Visitor, write_tiny
from interrupting import end, listening
from lso_native.cli import main

pytestmark = pytest.mark.extra

ENTRY = "import sys; from lso_native.cli import main; sys.exit(main(sys.argv[1:]))"


def options(folder: Path) -> list[str]:
    return [part for kind, path in write_tiny(folder).items() for part in (f"--{kind}", path)]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("--decoder missing.safetensors", "--decoder: expected a file that lso train wrote"),
        ("--decoder classifier.safetensors", "--decoder: expected an autoencoder, a VAE or a GAN"),
        ("--classifier decoder.safetensors", "--classifier: expected a classifier, got a Auto"),
        ("--regressor decoder.safetensors", "--regressor: expected a regressor"),
        ("--decoder decoder.safetensors --classifier wide.safetensors", "--classifier: expected"),
        ("--decoder decoder.safetensors", "(classifier|regressor): expected a file, got none"),
        ("--decoder decoder.safetensors --size 14", "--decoder: expected one of images of 14x14"),
        ("--port 70000", "--port: expected"),
        ("--port -1", "--port: expected"),
        ("--threads 0", "--threads: expected"),
    ],
)
def test_misuse_is_told_in_a_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    line: str,
    told: str,
) -> None:
    write_tiny(tmp_path)
    X = lso.uniform((50, 9), random_state=0)
    wide = lso.Classifier(hidden=(4,), epochs=1, random_state=0).fit(X, [0, 1] * 25)
    lso.save(wide, tmp_path / "wide.safetensors")
    monkeypatch.chdir(tmp_path)
    assert main(["explore", "--no-browser", *line.split()]) == 2
    said = capsys.readouterr().err
    assert re.search(told, said), said
    assert said.count("\n") == 1


def test_a_port_that_is_taken_is_told_before_anything_is_trained(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import socket

    monkeypatch.setattr("lso_native.commands.explore.Ready", None)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        assert main(["explore", "--no-browser", "--port", port]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"lso: --port: expected one that is free, got {port}: ")
    assert said.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT cannot be sent to one process there")
def test_it_tells_its_address_and_ends_by_ctrl_c_in_the_middle_of_a_walk(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-c", ENTRY, "explore", "--no-browser"]
    process = listening([*command, *options(tmp_path)])
    try:
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1]
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address)
        with urllib.request.urlopen(address, timeout=LIMIT) as page:
            assert page.status == 200
        with Visitor(int(address.rstrip("/").rpartition(":")[2])) as visitor:
            visitor.enter()
            ask = {"numbers": {"slant": [44, 1e-9]}}
            visitor.say(do="walk", id=1, n=40, seed=0, start="anywhere", ask=ask)
            visitor.until("walk")
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=LIMIT)
    finally:
        end(process)
    assert process.returncode == 0, errors
    assert errors == ""
    assert output.splitlines()[-1] == "ended"

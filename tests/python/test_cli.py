"""The command line: what it writes, how it tells misuse, and how it stops."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from estimator_data import patterns
from interrupting import end, listening
from lso_native.cli import main
from lso_native.study.reproduce import ReproduceSettings
from model_files import GENERATORS, write_generator, write_models
from PIL import Image
from small_run import NAMES, OPTIONS

ENTRY = "import sys; from lso_native.cli import main; sys.exit(main(sys.argv[1:]))"
LIMIT = 120  # seconds; a command that does not stop would run for hours


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_models(tmp_path_factory.mktemp("models"))


@pytest.fixture
def here(models: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(models)
    return models


WALK = "walk --decoder autoencoder.safetensors --out new"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("reproduce --samples 0", "--samples: expected an integer of at least 1, got 0"),
        ("reproduce --systems lso-9", "--systems: expected some of lso-1, .* got 'lso-9'"),
        ("reproduce --random-state -1", "--random-state: expected .*, got -1"),
        ("reproduce --threads 0", "--threads: expected .*, got 0"),
        ("reproduce --out text.safetensors", "text.safetensors: .*not a folder"),
        ("reproduce --out new --dataset mnist --data-dir nowhere", "--data-dir: .*, got nowhere"),
        ("train classifier --out taken", "--out: expected a file to write, got the folder taken"),
        ("train classifier --out text.safetensors/x", "text.safetensors: .*not a folder"),
        ("train classifier --out new/x --epochs 0", "--epochs: expected .*, got 0"),
        ("train classifier --out x --mse -1", "--mse: expected .*, got -1"),
        ("train classifier --out x --hidden 0", "--hidden: expected .*, got 0"),
        ("train classifier --out x --images 0", "--images: expected .*, got 0"),
        (
            "train classifier --out x --images 3001",
            "--images: expected an integer of at most 3000, got 3001",
        ),
        ("train autoencoder --out x --hidden 1000000000", "sizes: expected at most .* weights"),
        ("train autoencoder --out x --hidden 99999999999", "sizes: expected .* below 2..31, got 9"),
        (f"{WALK} --steps 201", "--steps: expected an integer of at most 200, got 201"),
        ("train autoencoder --out x --latent 0", "--latent: expected .*, got 0"),
        (f"{WALK} --points 1", "--points: expected .*, got 1"),
        (f"{WALK} --points 100000", "--points: expected an integer of at most 833, got 100000"),
        (f"{WALK} --steps 200 --points 51", "--points: expected an integer of at most 50, got 51"),
        (f"{WALK} --steps 200 --digits {'1,' * 50}1", "--digits: expected at most 50 .* got 51"),
        (f"{WALK} --steps 0", "--steps: expected .*, got 0"),
        (f"{WALK} --digits 3,12", "--digits: expected digits of 0 to 9, got 12"),
        (f"{WALK} --digits a", "--digits: expected numbers .*, got 'a'"),
        (f"{WALK} --decoder decoder.safetensors --digits 1", "--digits: expected a saved autoenc"),
    ],
)
def test_misuse_is_told_in_one_line(
    line: str, told: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {file: file.read_bytes() for file in here.glob("*.safetensors")}
    assert main(line.split()) == 2
    (error,) = capsys.readouterr().err.splitlines()
    assert error.startswith("lso: ")
    assert not (here / "new").exists()
    assert re.search(told, error), error
    assert "Errno" not in error
    assert {file: file.read_bytes() for file in here.glob("*.safetensors")} == before


def test_a_bare_command_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    told = capsys.readouterr().out
    assert told.startswith("usage: lso")
    assert "reproduce" in told


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"lso {lso.__version__}\n"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("paint", "paint"),
        ("reproduce --samples many", "--samples"),
        ("reproduce --dataset letters", "letters"),
        ("train diffusion --out x", "diffusion"),
        ("train", "kind"),
        ("train classifier --out x --latent 7", "--latent"),
        ("train classifier --out x --hidden 8,a", "--hidden: expected numbers with commas"),
        ("train classifier --out x --size 20", "--size"),
        ("train classifier", "--out"),
        ("train classifier --out x --optimizer marquardt", "normalized_gradient_descent"),
        ("walk", "--decoder"),
        ("generate --digit 7 --slnt 20", "--slnt 20; see lso generate --help"),
    ],
)
def test_a_line_that_does_not_parse(
    line: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(line.split())
    assert stop.value.code == 2
    (error,) = capsys.readouterr().err.splitlines()
    assert error.startswith("lso")
    assert told in error


def test_help_needs_nothing_heavy() -> None:
    script = (
        "import sys\nfrom lso_native.cli import main\n"
        "try:\n    main(['reproduce', '--help'])\n"
        "finally:\n    print(sorted({'PIL', 'rich', 'matplotlib', 'mlxtend', 'pooch', 'pandas'} "
        "& set(sys.modules)))"
    )
    output = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout
    for option in ("dataset", "data-dir", "out", "samples", "systems", "random-state", "threads"):
        assert f"--{option}" in output
    assert output.splitlines()[-1] == "[]"


def test_walk_writes_a_strip_and_an_animation(
    here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del here
    line = f"{WALK} --points 3 --steps 4 --out {tmp_path}"
    assert main(line.split()) == 0
    assert capsys.readouterr().err.startswith("12 images ...")
    with Image.open(tmp_path / "walk.png") as strip, Image.open(tmp_path / "walk.gif") as gif:
        assert strip.format == "PNG"
        assert gif.format == "GIF"


@pytest.mark.parametrize("name", GENERATORS)
def test_every_kind_of_generator_can_be_walked_through(name: str, tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    write_generator(name, file)
    assert main(f"walk --decoder {file} --steps 2 --out {tmp_path}".split()) == 0
    assert (tmp_path / "walk.gif").is_file()


def test_a_decoder_that_is_told_the_class_is_refused(
    here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del here
    file = tmp_path / "model.safetensors"
    X, y = patterns()
    lso.save(lso.ConditionalGAN(2, hidden=(4,), epochs=1, random_state=0).fit(X, y), file)
    assert main(f"walk --decoder {file}".split()) == 2
    assert f"got a ConditionalGAN in {file}" in capsys.readouterr().err


def test_a_class_asked_for_is_what_a_conditional_decoder_is_told(
    here: Path, tmp_path: Path
) -> None:
    del here
    file, out = tmp_path / "model.safetensors", tmp_path / "out"
    X, y = patterns()
    X = np.repeat(X, 17, axis=1)[:, :196]
    lso.save(lso.ConditionalGAN(2, hidden=(4,), epochs=1, random_state=0).fit(X, y), file)
    line = f"generate --decoder {file} --digit 1 --at-least ink=1 -n 2 --attempts 1 --out {out}"
    classifier = tmp_path / "classifier.safetensors"
    lso.save(lso.Classifier(hidden=(4,), epochs=1, random_state=0).fit(X, y), classifier)
    regressor = tmp_path / "regressor.safetensors"
    ink = lso.data.attributes(X)[["ink"]]
    lso.save(lso.Regressor(hidden=(4,), epochs=1, random_state=0).fit(X, ink), regressor)
    assert main(f"{line} --classifier {classifier} --regressor {regressor}".split()) == 0
    assert (out / "sheet.png").is_file()


@pytest.mark.skipif(shutil.which("sh") is None, reason="a shell closes the streams")
@pytest.mark.parametrize("closed", ["2>&-", ">&-", ">&- 2>&-", ">/dev/full", "2>/dev/full"])
def test_nobody_listens(closed: str, models: Path, tmp_path: Path) -> None:
    line = f"{WALK} --out {tmp_path}".split()
    done = subprocess.run(
        ["sh", "-c", f'exec "$0" "$@" {closed}', sys.executable, "-c", ENTRY, *line],
        cwd=models,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == 0
    assert (tmp_path / "walk.png").is_file()


@pytest.mark.skipif(shutil.which("sh") is None, reason="a shell closes the streams")
def test_an_error_goes_to_nobody_where_nobody_listens(models: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$0" "$@" 2>&-', sys.executable, "-c", ENTRY, "walk", "--decoder", "no"],
        cwd=models,
        stdout=subprocess.PIPE,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == b""


def test_train_generate_and_walk_on_digits(tmp_path: Path) -> None:
    files = {kind: tmp_path / f"{kind}.safetensors" for kind in ("autoencoder", "classifier")}
    for kind, file in files.items():
        line = f"train {kind} --out {file} --images 200 --epochs 1 --hidden 8"
        line += " --latent 3 --optimizer normalized_gradient_descent" * (kind == "autoencoder")
        assert main(line.split()) == 0
    autoencoder = lso.load(files["autoencoder"])
    assert isinstance(autoencoder, lso.Autoencoder)
    assert autoencoder.network_.sizes == (196, 8, 3, 8, 196)
    assert isinstance(autoencoder.optimizer, lso.NormalizedGradientDescent)
    classifier = lso.load(files["classifier"])
    assert isinstance(classifier, lso.Classifier)
    assert classifier.network_.sizes == (196, 8, 10)
    assert isinstance(classifier.optimizer, lso.Adam)
    both = f"--decoder {files['autoencoder']} --classifier {files['classifier']}"
    assert main(f"generate {both} --digit 7 -n 3 --out {tmp_path}".split()) == 0
    line = f"walk --decoder {files['autoencoder']} --digits 1,7 --steps 3 --out {tmp_path}"
    assert main(line.split()) == 0
    names = {file.name for file in tmp_path.iterdir()} - {file.name for file in files.values()}
    assert names == {"samples.npz", "sheet.png", "result.json", "walk.png", "walk.gif"}


def test_reproduce_writes_everything_and_prints_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    small = partial(ReproduceSettings, **OPTIONS)
    monkeypatch.setattr("lso_native.commands.reproduce.ReproduceSettings", small)
    assert main(["reproduce", "--out", str(tmp_path), "--samples", "10", "--threads", "1"]) == 0
    results = json.loads((tmp_path / "results.json").read_text())
    assert list(results["systems"]) == list(NAMES)
    for name in NAMES:
        assert (tmp_path / "samples" / f"{name}.npz").is_file()
        with Image.open(tmp_path / "figures" / f"{name}.png") as sheet:
            assert sheet.width > 10 * 56
    kinds = {file.suffix for file in (tmp_path / "figures").iterdir()}
    assert kinds == {".png", ".gif"}
    models = {file.stem for file in (tmp_path / "models").iterdir()}
    trained = {"judge", "judge-2", "classifier", "lso-1", "lso-2"}
    assert models == trained | {
        "gan",
        "cgan",
        "guided-gan",
        "vae",
        "noisy",
        "wide-vae",
        "guide-1",
        "guide-2",
        "mixture",
    }
    assert "data:image/png" in (tmp_path / "report.html").read_text()
    told = capsys.readouterr()
    for name in NAMES:
        assert name in told.out
    assert "64% [54, 73]" in told.out
    assert "lso-2 trains on 3,000 images" in told.err


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT cannot be sent to one process there")
@pytest.mark.parametrize("command", ["reproduce", "train"])
def test_ctrl_c(command: str, tmp_path: Path) -> None:
    lines = {
        "reproduce": ["reproduce", "--out", str(tmp_path)],
        "train": ["train", "autoencoder", "--epochs", "9999999", "--out", str(tmp_path / "file")],
    }
    process = listening([sys.executable, "-c", ENTRY, *lines[command]])
    try:
        assert process.stderr is not None
        told = ""
        while not re.search(r"\.\.\.|steps", told):  # the first stage has begun
            told = process.stderr.readline()
            assert told
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=LIMIT)
    finally:
        end(process)
    assert process.returncode == 130, errors
    assert errors.splitlines()[-1].startswith("lso: interrupted")
    assert output == ""
    left = {file.name for file in tmp_path.rglob("*") if file.is_file()}
    kept = {"format.json", "view.json", "results.json"}
    assert left == ({"file"} if command == "train" else kept)
    if command == "train":
        model: Any = lso.load(tmp_path / "file")
        assert model.status_ == "interrupted"
        told = f"{tmp_path / 'file'} has what was learned in {model.n_epochs_} epochs"
        assert errors.splitlines()[-1] == f"lso: interrupted; {told}"

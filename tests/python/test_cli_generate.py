"""``lso generate``: what it writes, that met is met, and how it tells misuse, misses and a stop."""

from __future__ import annotations

import dataclasses
import json
import re
import signal
import sys
import time
from pathlib import Path
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from interrupting import end, listening
from lso_native.cli import main
from lso_native.commands import ready
from lso_native.commands.generate_parser import ATTRIBUTES, SIDES
from lso_native.study.progress import Silent
from model_files import GENERATORS, SIDE, pictures, write_generator, write_models
from PIL import Image

ENTRY = "import sys; from lso_native.cli import main; sys.exit(main(sys.argv[1:]))"
LIKELY = "likelier than 0.1% of the codes"  # which generate asks for by itself
LIMIT = 120  # seconds; a command that does not stop would run for hours
GENERATE = "generate --decoder autoencoder.safetensors --out new"
SEEN = f"{GENERATE} --classifier classifier.safetensors"
READ = f"{GENERATE} --regressor regressor.safetensors"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_models(tmp_path_factory.mktemp("models"))


@pytest.fixture
def here(models: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(models)
    return models


def run(line: str, out: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """What ``lso`` wrote: samples.npz and result.json."""
    assert main([*line.split(), "--out", str(out)]) == 0
    with np.load(out / "samples.npz") as file:
        return dict(file), json.loads((out / "result.json").read_text())


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (GENERATE, "something that must be met, such as --digit, .*got nothing to ask for"),
        (f"{READ} --most slant", "got preferences alone"),
        (f"{SEEN} --digit 3", "--digit: expected one of 0, 1, 2, got 3"),
        (f"{SEEN} --digit one", "--digit: expected one of 0, 1, 2, got one"),
        (f"{SEEN} --one-of 1,5", "--one-of: expected one of 0, 1, 2, got 5"),
        (f"{SEEN} --target 1,0", "--target: expected 3 numbers, .*got 2"),
        (f"{SEEN} --target 1,0,x", "--target: expected numbers .*, got '1,0,x'"),
        (f"{SEEN} --target 1,0,inf", "--target: expected finite numbers, or nan, got '1,0,inf'"),
        (f"{SEEN} --digit 1 --mse 0", "--mse: expected .*, got 0"),
        (f"{SEEN} --one-of 1,2 --mse .1", "--mse: expected with --digit or --target"),
        (f"{SEEN} --digit 1 --certainty .5", "--certainty: expected .*, got 0.5"),
        (f"{READ} --slant 1 --certainty .9", "--certainty: expected with --digit or --one-of"),
        (f"{SEEN} --digit 1 --certainty .9 --mse .1", "--certainty: expected no --mse beside it"),
        (f"{SEEN} --digit 1 -n 0", "-n: expected .*, got 0"),
        (f"{SEEN} --digit 1 --attempts 0", "--attempts: expected .*, got 0"),
        (f"{SEEN} --digit 1 --best-of 0", "--best-of: expected .*, got 0"),
        (f"{SEEN} --digit 1 --threads 0", "--threads: expected .*, got 0"),
        (f"{SEEN} --digit 1 --random-state -1", "--random-state: expected .*, got -1"),
        (f"{SEEN} --digit 1 --max-iterations -1", "--max-iterations: expected .*, got -1"),
        (f"{SEEN} --digit 1 --desired-change -1", "--desired-change: expected --optimizer norm"),
        (
            f"{SEEN} --digit 1 --optimizer normalized_gradient_descent --desired-change 1",
            "--desired-change: expected .*, got 1",
        ),
        (f"{SEEN} --digit 1 --bounds 1", "--bounds: expected low,high, got '1'"),
        (f"{SEEN} --digit 1 --bounds 1,0", "--bounds: expected low at most high"),
        (f"{SEEN} --digit 1 --bounds nan,1", "--bounds: expected low at most high, got 'nan,1'"),
        (f"{SEEN} --digit 1 --size 14", "--size: expected 4, .*autoencoder.safetensors, got 14"),
        (f"{READ} --slant nan", "--slant: expected a finite number, got nan"),
        (f"{READ} --between slant=1", "--between: expected NAME=LOW:HIGH, got 'slant=1'"),
        (f"{READ} --between 1:2", "--between: expected NAME=LOW:HIGH, got '1:2'"),
        (f"{READ} --between slant=a:2", "--between: expected a number, got 'slant=a:2'"),
        (f"{READ} --between slant=2:1", "--between: expected LOW at most HIGH, got 'slant=2:1'"),
        (f"{READ} --between slant=1:inf", "--between: expected a finite number"),
        (f"{READ} --at-least slant", "--at-least: expected NAME=X, got 'slant'"),
        (f"{READ} --at-most beauty=1", "--at-most: expected one of slant, .*, got beauty"),
        (f"{READ} --slant 1 --most beauty", "--most: expected one of slant, .*, got beauty"),
        (f"{READ} --slant 20 --at-least slant=30", "--at-least: expected slant in .*15..25"),
        (f"{READ} --slant 1 --most ink --least ink", "--least: expected another .*got ink"),
        (f"{READ} --slant 1 --ink 2 --within 1", "--within: expected NAME=D, .*slant, ink, got 1"),
        (f"{READ} --slant 1 --within ink=1", "--within: expected one of slant, got ink"),
        (f"{READ} --slant 1 --within -1", "--within: expected .*, got -1"),
        (f"{SEEN} --digit 1 --within 1", "--within: expected something to be near to"),
        (f"{GENERATE} --keep left", "--keep: expected --image beside it"),
        (f"{GENERATE} --image image.png", "--image: expected --keep beside it"),
        (
            f"{GENERATE} --near none.png",
            "--near: expected the file of an image .*got no such file: none.png",
        ),
        (f"{GENERATE} --near large.png", "--near: .*4x4 pixels, got 5x5 pixels in large.png"),
        (f"{GENERATE} --near text.safetensors", "--near: .*got text.safetensors, which is none"),
        (
            f"{GENERATE} --keep up --image image.png",
            "--keep: .*4x4 pixels, left, .*, got no such file: up",
        ),
        (f"{GENERATE} --keep large.png --image image.png", "--keep: .*5x5 pixels in large.png"),
        (f"{GENERATE} --keep dark.png --image image.png", "--keep: expected .*white, got none"),
        (f"{GENERATE} --digit 1", "--classifier: expected a file, got none, .*4x4 pixels"),
        (f"{GENERATE} --slant 1", "--regressor: expected a file, got none, .*4x4 pixels"),
        (
            f"{SEEN} --digit 1 --decoder none",
            "--decoder: expected a file .*, got no such file: none",
        ),
        (f"{SEEN} --digit 1 --decoder text.safetensors", "text.safetensors: expected a whole"),
        (
            f"{SEEN} --digit 1 --decoder classifier.safetensors",
            "--decoder: expected a decoder of latents: .*, got a Classifier in classifier.safet",
        ),
        (
            f"{SEEN} --digit 1 --classifier autoencoder.safetensors",
            "--classifier: expected a classifier .*, got an Autoencoder in autoencoder.safetensors",
        ),
        (
            f"{READ} --slant 1 --regressor classifier.safetensors",
            "--regressor: expected a regressor, got a Classifier in classifier.safetensors",
        ),
        (
            f"{SEEN} --digit 1 --classifier other.safetensors",
            "--classifier: expected one of images of 16 pixels, .*, got 9 in other.safetensors",
        ),
        (f"{SEEN} --digit 1 --decoder oblong.safetensors --prior normal", "expected a square"),
        (f"{SEEN} --digit 1 --prior flat", "--prior: expected one of normal, uniform, got 'flat'"),
    ],
)
def test_misuse_is_told_in_one_line(
    line: str, told: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(line.split()) == 2
    (error,) = capsys.readouterr().err.splitlines()
    assert error.startswith("lso: ")
    assert re.search(told, error), error
    assert not (here / "new").exists()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (f"{SEEN} --digit 1 --target 1,0,0", "not allowed with"),
        (f"{SEEN} --digit 1 --one-of 1,2", "not allowed with"),
        (f"{READ} --slant steep", "--slant"),
        (f"{SEEN} --digit 1 --size 15", "14, 28"),
        (f"{SEEN} --digit 1 --optimizer adam", "levenberg_marquardt"),
    ],
)
def test_a_line_that_does_not_parse(
    line: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(line.split())
    assert stop.value.code == 2
    assert told in capsys.readouterr().err


def test_it_writes_samples_that_are_as_asked_a_sheet_and_counts(
    here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ask = "--target nan,.4,nan --mse .02 --slant 0 --at-most ink=3.3 --most width -n 7"
    line = f"{SEEN} --regressor regressor.safetensors {ask} --within 3"
    samples, facts = run(line, tmp_path)
    decoder: Any = lso.load(here / "decoder.safetensors")
    guide: Any = lso.load(here / "classifier.safetensors")
    images = samples["images"]
    assert images.shape == (7, SIDE**2)
    np.testing.assert_array_equal(images, decoder(samples["latents"]))
    said = lso.data.attributes(images)
    assert (np.abs(said["slant"]) <= 3).all()
    assert (said["ink"] <= 3.3).all()
    assert (np.square(guide.network_(images)[:, 1] - 0.4) <= 0.02).all()
    assert samples["success"].all()
    names = ["outputs by an MSE of 0.02", "slant in -3..3", "ink at most 3.3", "most width", LIKELY]
    assert samples["requirements"].tolist() == names
    assert samples["met"][:, :3].all()
    np.testing.assert_array_equal(samples["readings"][:, 1], said["slant"])
    np.testing.assert_array_equal(samples["misses"][:, :3], 0)
    assert samples["labels"].tolist() == [-1] * 7
    assert samples["starts"].shape == samples["latents"].shape == (7, 2)
    assert (samples["attempts"] >= 1).all()
    assert samples["iterations"].shape == (7,)
    assert (facts["n"], facts["found"], facts["conflict"]) == (7, 7, [])
    assert [one["name"] for one in facts["requirements"]] == names
    assert [one["met"] for one in facts["requirements"]] == [7, 7, 7, None, 7]
    assert facts["attempts"] == samples["attempts"].sum()
    assert facts["models"]["decoder"] == "autoencoder.safetensors"
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.format == "PNG"
    told = capsys.readouterr()
    assert "7 of 7 found" in told.out
    assert all(name in told.out for name in names)
    assert str(tmp_path) in told.out
    assert told.err.startswith("7 samples ...")


def test_what_is_not_found_is_told_by_name(
    here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del here
    line = f"{READ} --near image.png --within .6 --at-least slant=-9 -n 40 --attempts 1 --best-of 1"
    line += " --max-iterations 1"
    samples, facts = run(line, tmp_path)
    missed = ~samples["success"]
    assert 0 < missed.sum() < 40
    names = ["slant at least -9", "within 0.6 of image.png", LIKELY]
    assert samples["requirements"].tolist() == names
    n, unmet = int(missed.sum()), int((samples["readings"][:, 1] > 0.6).sum())
    assert unmet > n / 2
    assert facts["found"] == 40 - n
    told = capsys.readouterr()
    assert f"{40 - n} of 40 found" in told.out
    expected = f"lso: in the way: within 0.6 of image.png, not met by {unmet} of {n} that failed"
    assert told.err.splitlines()[-1] == expected


@pytest.mark.parametrize(
    ("line", "named", "told"),
    [
        (
            f"{SEEN} --digit 0 --near image.png --within .5",
            ["class 0", "within 0.5 of image.png"],
            "not together: class 0, within 0.5 of image.png",
        ),
        (
            f"{READ} --at-most ink=3.5 --at-least thickness=50",
            ["thickness at least 50"],
            "cannot be met, as far as was tried: thickness at least 50",
        ),
    ],
)
def test_requirements_that_cannot_be_met_are_named(
    line: str,
    named: list[str],
    told: str,
    here: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    del here
    facts = run(f"{line} -n 3 --attempts 2", tmp_path)[1]
    assert facts["conflict"] == named
    assert capsys.readouterr().err.splitlines()[-1] == f"lso: {told}"


def test_the_threads_change_nothing(here: Path, tmp_path: Path) -> None:
    del here
    line = f"{SEEN} --target nan,.4,nan -n 5 --bounds -.5,1 --random-state 3 --best-of 4"
    for threads in ("1", "2"):
        samples = run(f"{line} --threads {threads}", tmp_path / threads)[0]
        assert samples["latents"].min() >= -0.5
        assert samples["latents"].max() <= 1
    for name in ("samples.npz", "sheet.png", "result.json"):
        same = [(tmp_path / threads / name).read_bytes() for threads in ("1", "2")]
        assert same[0] == same[1]


def test_the_papers_descent_from_one_draw_each(here: Path, tmp_path: Path) -> None:
    del here
    line = f"{SEEN} --digit 2 --mse .1 --attempts 1 --best-of 1 -n 9 --bounds -9,9 --prior uniform"
    line += " --optimizer normalized_gradient_descent --desired-change -.5"
    assert main([*line.split(), "--out", str(tmp_path)]) == 0
    with np.load(tmp_path / "samples.npz") as samples:
        autoencoder: Any = lso.load("autoencoder.safetensors")
        classifier: Any = lso.load("classifier.safetensors")
        expected = lso.optimize(
            autoencoder >> classifier,
            lso.one_hot(2, 3),
            starts=samples["starts"],
            mse=0.1,
            optimizer=lso.NormalizedGradientDescent(-0.5),
            bounds=(-9, 9),
            max_iterations=200,
        )
        np.testing.assert_array_equal(samples["latents"], expected.latents)
        np.testing.assert_array_equal(samples["iterations"], expected.iterations)
        assert samples["labels"].tolist() == [2] * 9


def test_of_several_classes_each_is_labelled_by_its_own(here: Path, tmp_path: Path) -> None:
    del here
    out = ["--out", str(tmp_path)]
    assert main([*f"{SEEN} --one-of 0,2 --certainty .51 -n 4".split(), *out]) == 0
    with np.load(tmp_path / "samples.npz") as samples:
        classifier: Any = lso.load("classifier.safetensors")
        outputs = classifier.network_(samples["images"])
        assert samples["labels"].tolist() == (2 * (outputs[:, 2] > outputs[:, 0])).tolist()


@pytest.mark.parametrize("part", [*SIDES, "mask.png"])
def test_what_is_kept_is_kept(part: str, here: Path, tmp_path: Path) -> None:
    del here
    samples = run(f"{GENERATE} --image image.png --keep {part} --within .2 -n 3", tmp_path)[0]
    with Image.open("image.png") as file:
        image = np.asarray(file, float) / 255
    rows, columns = np.indices((SIDE, SIDE))
    where = {
        "left": columns < 2,
        "right": columns >= 2,
        "top": rows < 2,
        "bottom": rows >= 2,
        "mask.png": rows == columns,
    }[part]
    off = np.abs(samples["images"].reshape(-1, SIDE, SIDE) - image)[:, where].max(axis=1)
    assert (off <= 0.2).all()
    np.testing.assert_allclose(samples["readings"][:, 0], off, atol=1e-6)


def test_near_an_image(here: Path, tmp_path: Path) -> None:
    del here
    samples = run(f"{GENERATE} --near image.png -n 3", tmp_path)[0]
    with Image.open("image.png") as file:
        image = np.asarray(file, float).ravel() / 255
    away = np.linalg.norm(samples["images"] - image, axis=1)
    assert (away <= 0.2 * SIDE).all()
    np.testing.assert_allclose(samples["readings"][:, 0], away, rtol=1e-5)


@pytest.mark.parametrize("name", GENERATORS)
def test_every_kind_of_generator_is_a_decoder(name: str, here: Path, tmp_path: Path) -> None:
    del here
    file = tmp_path / "model.safetensors"
    write_generator(name, file)
    samples = run(f"{GENERATE} --decoder {file} --near image.png --within 3 -n 3", tmp_path)[0]
    loaded: Any = lso.load(file)
    np.testing.assert_array_equal(samples["images"], loaded.decoder_(samples["latents"]))


@pytest.mark.parametrize(("prior", "low"), [("uniform", 0), ("normal", -10)])
def test_a_plain_network_with_a_prior_is_a_decoder(
    prior: str, low: float, here: Path, tmp_path: Path
) -> None:
    del here
    line = f"{SEEN} --target nan,.4,nan --mse .05 --decoder decoder.safetensors --prior {prior}"
    starts = run(line, tmp_path)[0]["starts"]
    assert starts.min() >= low
    assert (starts.min() < 0) == (prior == "normal")


def test_a_regressor_of_other_numbers_has_their_last_word(here: Path, tmp_path: Path) -> None:
    del here
    X = pictures()[0]
    own = lso.Regressor(hidden=(6,), epochs=20, random_state=0).fit(X, X[:, :2])
    lso.save(own, tmp_path / "own.safetensors")
    line = f"{GENERATE} --regressor {tmp_path / 'own.safetensors'} --between y1=.3:.6 -n 3"
    samples = run(line, tmp_path)[0]
    read = own.network_(samples["images"])[:, 1]
    assert ((read >= 0.3) & (read <= 0.6)).all()
    assert main([*line.split(), "--slant", "3"]) == 2


def test_the_attributes_are_those_that_are_measured() -> None:
    assert tuple(ATTRIBUTES) == ready.NAMES


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Ready models that train for an epoch; the cache folder."""
    recipes: dict[str, Any] = {
        kind: dataclasses.replace(recipe, epochs=1, hidden=(8,))
        for kind, recipe in ready.RECIPES.items()
    }
    recipes["decoder"] = dataclasses.replace(recipes["decoder"], gaussians=1, draws=1)
    monkeypatch.setattr(ready, "RECIPES", recipes)
    monkeypatch.setenv("LSO_NATIVE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_models_that_are_not_given_are_trained_once_and_kept(
    quick: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["generate", "--digit", "7", "--slant", "9", "-n", "2", "--attempts", "1"]
    line += ["--max-iterations", "3", "--out", str(tmp_path / "out")]
    kinds = ("classifier", "decoder", "regressor")
    assert main(line) == 0
    told = capsys.readouterr().err
    assert all(f"no {kind} given: training one on mnist5k" in told for kind in kinds)
    files = {file: file.read_bytes() for file in (quick / "models").iterdir()}
    assert sorted(file.name.partition("-")[0] for file in files) == sorted(kinds)
    assert all(str(file) in told for file in files)
    first = (tmp_path / "out" / "samples.npz").read_bytes()
    assert main(line) == 0
    assert "training" not in capsys.readouterr().err
    assert (tmp_path / "out" / "samples.npz").read_bytes() == first
    damaged = next(iter(files))
    damaged.write_bytes(files[damaged][:-1])
    assert main(line) == 0
    assert capsys.readouterr().err.count(" images ...") == 1  # training begins
    assert {file: file.read_bytes() for file in (quick / "models").iterdir()} == files


def test_other_settings_are_other_files(quick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def made() -> int:
        ready.Ready("mnist5k", None, 14, None, Silent()).model("decoder")
        return len(list((quick / "models").iterdir()))

    assert (made(), made()) == (1, 1)
    recipe = ready.RECIPES["decoder"]
    changed = dataclasses.replace(recipe, hidden=(9,))
    monkeypatch.setattr(ready, "RECIPES", ready.RECIPES | {"decoder": changed})
    assert (made(), made()) == (2, 2)
    monkeypatch.setattr(lso, "__version__", "another")
    assert made() == 3


def test_a_cache_that_cannot_be_written_is_told(
    quick: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quick.write_text("a file")
    line = ["generate", "--near", "none.png", "--out", str(tmp_path / "out"), "--digit", "7"]
    image = tmp_path / "near.png"
    Image.fromarray(np.zeros((28, 28), np.uint8)).save(image)
    line[2] = str(image)
    assert main([*line, "--size", "28", "--within", "20", "-n", "1", "--attempts", "1"]) == 0
    assert "not kept: " in capsys.readouterr().err
    with np.load(tmp_path / "out" / "samples.npz") as samples:
        assert samples["images"].shape == (1, 784)


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT cannot be sent to one process there")
@pytest.mark.parametrize("found", [True, False])
def test_ctrl_c_keeps_what_was_found(found: bool, models: Path, tmp_path: Path) -> None:
    # of the first attempt a part is found, without a step; the others would take for ever
    target = "nan,.4,nan" if found else "9,9,9"
    line = ["generate", "--target", target, "--mse", ".01", "--best-of", "1", "-n", "200"]
    line += ["--decoder", str(models / "autoencoder.safetensors"), "--out", str(tmp_path / "out")]
    line += ["--classifier", str(models / "classifier.safetensors")]
    line += ["--optimizer", "normalized_gradient_descent", "--desired-change", "-1e-9"]
    process = listening([sys.executable, "-c", ENTRY, *line, "--max-iterations", "99999999"])
    try:
        assert process.stderr is not None
        assert "200 samples ..." in process.stderr.readline()
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=LIMIT)
    finally:
        end(process)
    assert process.returncode == 130, errors
    assert output == ""
    told = errors.splitlines()[-1]
    if not found:
        assert told == "lso: interrupted; nothing was written"
        assert not (tmp_path / "out").exists()
        return
    with np.load(tmp_path / "out" / "samples.npz") as samples:
        n = int(samples["success"].sum())
    assert 0 < n < 200
    assert told.startswith(f"lso: interrupted; {n} of 200 found are in {tmp_path / 'out'}: ")
    assert json.loads((tmp_path / "out" / "result.json").read_text())["interrupted"]


@pytest.mark.parametrize("command", ["generate", "train", "walk", "reproduce", "requests"])
def test_every_command_tells_its_options(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    assert stop.value.code == 0
    assert "usage" in capsys.readouterr().out

"""``lso train``: every kind of model, with its settings, of digits of either size."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from lso_native.cli import main
from lso_native.models import Estimator
from lso_native.models.settings import ESTIMATORS, setting_names
from lso_native.study.data import DigitsData
from lso_native.study.study import Study

KINDS = [
    name.replace("_", "-")
    for name, kind in ESTIMATORS.items()
    if kind.__module__.startswith("lso_native.") and issubclass(kind, Estimator)
]
FEW = "--images 200 --epochs 1 --hidden 8"


def trained(line: str, out: Path) -> Any:
    """What ``lso train`` makes of a line."""
    assert main(f"train {line} --out {out}".split()) == 0
    return lso.load(out)


def test_all_kinds_are_offered() -> None:
    known = {"autoencoder", "noisy-autoencoder", "vae", "gan", "conditional-gan", "classifier"}
    assert known | {"regressor"} <= set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [14, 28])
def test_every_kind_is_trained(
    kind: str, size: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = trained(f"{kind} {FEW} --size {size}", tmp_path / "model.safetensors")
    assert type(model) is ESTIMATORS[kind.replace("-", "_")]
    assert model.n_features_in_ == size * size
    assert tuple(model.hidden) == (8,)
    assert model.n_epochs_ == 1
    assert model.random_state == 0
    told = capsys.readouterr()
    assert told.out == f"wrote {tmp_path / 'model.safetensors'}\n"
    assert told.err.startswith(f"{kind}: ")


@pytest.mark.parametrize("kind", KINDS)
def test_its_help_tells_its_settings(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["train", kind, "--help"])
    assert stop.value.code == 0
    told = " ".join(capsys.readouterr().out.split())
    cls = ESTIMATORS[kind.replace("-", "_")]
    unsaid = {"dtype", "warm_start", "guide", "none_label", "discriminator_optimizer"}
    if issubclass(cls, lso.models.generative.GenerativeEstimator):
        unsaid |= {"optimizer"}  # there is no other
    for name in setting_names(cls):
        option = "--" + name.replace("_", "-")
        assert bool(re.search(rf"{option}\b", told)) == (name not in unsaid), option
    hidden = ",".join(map(str, cls().hidden))
    assert f"may be empty; default: {hidden}" in told
    assert f"default: {cls().optimizer.learning_rate:g}" in told
    assert "``" not in told


def test_settings_of_every_type(tmp_path: Path) -> None:
    vae = trained(
        f"vae {FEW} --latent 3 --likelihood bernoulli --kl-weight 0.5 --activation tanh "
        "--average 0 --validation-fraction 0.2 --patience 4 --threads 1 --learning-rate 0.002",
        tmp_path / "vae",
    )
    asked = {"latent": 3, "likelihood": "bernoulli", "kl_weight": 0.5, "activation": "tanh"}
    asked |= {"average": 0.0, "validation_fraction": 0.2, "patience": 4, "threads": 1}
    assert {name: getattr(vae, name) for name in asked} == asked
    assert vae.optimizer == lso.Adam(learning_rate=0.002)
    plain = trained("classifier --images 200 --epochs 2 --hidden 5,4 --mse 0.2", tmp_path / "mse")
    assert plain.network_.sizes == (196, 5, 4, 10)
    assert plain.mse == 0.2


def test_settings_that_are_not_given_are_those_of_the_kind(tmp_path: Path) -> None:
    gan = trained("gan --images 100 --epochs 1", tmp_path / "gan")
    same = lso.GAN(epochs=1, random_state=0).get_params()
    assert gan.get_params() == same


def test_a_wary_classifier(tmp_path: Path) -> None:
    trained(f"vae {FEW} --latent 2", tmp_path / "vae")
    plain = trained("classifier --images 600 --epochs 9", tmp_path / "plain")
    wary = trained("classifier --images 600 --epochs 9 --none", tmp_path / "wary")
    squared = "classifier --images 600 --epochs 9 --none --objective squared_error"
    warier = trained(squared, tmp_path / "warier")
    far = trained(f"{squared} --decoder {tmp_path / 'vae'}", tmp_path / "far")
    digits = lso.data.load()
    nothing = lso.data.junk(digits.test.images, digits.test.labels, 200, random_state=1)
    outputs = [each.decision_function(nothing).max(axis=1).mean() for each in (plain, wary, warier)]
    assert outputs[0] > 1.3 * max(outputs[1:])
    assert (plain.none_label, wary.none_label, warier.none_label) == (None, -1, -1)
    assert [each.objective for each in (wary, warier)] == ["binary_cross_entropy", "squared_error"]
    assert wary.classes_.tolist() == list(range(10))
    assert (far.network_.parameters != warier.network_.parameters).any()


def test_a_regressor_of_attributes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    few = "regressor --images 300 --epochs 4 --hidden 16"
    model = trained(few, tmp_path / "style")
    assert model.target_names_.tolist() == ["slant", "thickness"]
    test = lso.data.load().test.images
    known = lso.data.attributes(test)["slant"]
    off = np.abs(model.predict(test)[:, 0] - known).mean()
    assert f"off by {off:.3g} in slant, " in capsys.readouterr().err
    model = trained(f"{few} --attributes ink,holes,ink --copies 0", tmp_path / "few")
    assert model.target_names_.tolist() == ["ink", "holes"]
    first = lso.data.attributes(lso.data.load().train.images[:300])
    assert model.target_mean_[0] == pytest.approx(first["ink"].mean())


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("regressor --attributes weight", "--attributes: expected some of slant, .*, got weight"),
        ("regressor --copies -1", "--copies: expected an integer of at least 0, got -1"),
        ("classifier --decoder x", "--decoder: expected with --none only, got x"),
        (
            "classifier --none --decoder no",
            "--decoder: expected a file that lso train wrote, got no such file: no",
        ),
        ("classifier --learning-rate 0", "--learning-rate: expected a number above 0, got 0"),
        (
            "classifier --optimizer normalized_gradient_descent --learning-rate 1",
            "--learning-rate: expected with an optimizer that has one, got normalized_gradient",
        ),
        (
            "classifier --none --output-activation softmax --objective categorical_cross_entropy",
            "none_label: expected None with softmax",
        ),
        ("vae --kl-weight -1", "--kl-weight: expected a number of at least 0, got -1"),
        ("vae --activation relo", "--activation: expected .*, got 'relo'"),
        ("gan --latent 0", "--latent: expected an integer of at least 1, got 0"),
    ],
)
def test_misuse(line: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(f"train {line} --images 50 --epochs 1 --out {tmp_path / 'model'}".split()) == 2
    (error,) = capsys.readouterr().err.splitlines()
    assert re.match(f"lso: {told}", error), error
    assert list(tmp_path.iterdir()) == []


def test_junk_needs_a_decoder_with_its_latents(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lso.save(lso.Network([2, 196], random_state=0), tmp_path / "network")
    line = f"train classifier --none --decoder {tmp_path / 'network'} --out {tmp_path / 'model'}"
    assert main(line.split()) == 2
    assert "--decoder: expected a saved generator in" in capsys.readouterr().err


def test_a_walk_through_the_codes_of_large_digits(tmp_path: Path) -> None:
    trained(f"autoencoder {FEW} --size 28 --latent 2", tmp_path / "model")
    line = f"walk --decoder {tmp_path / 'model'} --digits 1,7 --steps 2 --out {tmp_path}"
    assert main(line.split()) == 0
    assert (tmp_path / "walk.png").is_file()


def test_reproduce_takes_large_digits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[tuple[int, int]] = []

    def asked(study: Study, *_: Any, **__: Any) -> None:
        assert isinstance(study.frame.data, DigitsData)
        found.append((study.frame.data.size, study.settings["size"]))
        raise KeyboardInterrupt

    monkeypatch.setattr("lso_native.commands.reproduce.run", asked)
    for size in (14, 28):
        assert main(["reproduce", "--size", str(size), "--out", str(tmp_path)]) == 130
    assert found == [(14, 14), (28, 28)]

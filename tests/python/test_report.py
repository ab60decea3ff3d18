"""Tables and the page of a run's results."""

from __future__ import annotations

import base64
import importlib.util
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lso_native.report import (
    charts,
    check_installed,
    sensitivity_rows,
    tables,
    text_report,
    write_report,
)
from lso_native.report.opening import opening
from lso_native.report.sheets import sheet
from lso_native.study.systems import SYSTEMS
from made_up_run import full_results, least_results, system, write_run
from numpy.random import default_rng
from PIL import Image


@pytest.fixture
def results() -> dict[str, Any]:
    return least_results()


def line_with(text: str, start: str) -> str:
    lines = [line for line in text.splitlines() if line.startswith(start)]
    assert len(lines) == 1, text
    return re.sub(r"\s+", " ", lines[0])


def test_table_has_ours_and_the_papers_figures(results: dict[str, Any]) -> None:
    text = text_report(results)
    assert line_with(text, "lso-1") == "lso-1 1,000 .0237 −1 E – 80% [67, 89] 36% 123 3.2 0.46"
    assert line_with(text, "  the paper").startswith(" the paper 1,000 .0239 – – 64% [54, 73]")
    assert (
        line_with(text, "input-optimization")
        == "input-optimization – – −1 E – 80% [67, 89] 36% 123 – 0.46"
    )


def test_classifier_and_judge_are_recorded(results: dict[str, Any]) -> None:
    text = text_report(results)
    line = line_with(text, "classifier")
    assert "94.1% of the test images, test MSE 0.0098, 900 training images, 2.0 s" in line
    line = line_with(text, "judge")
    assert line.startswith("judge, judge-2 (saw other images): 94.1%, 94.1% of the test images")
    assert line.endswith("4.0 s")


def test_figures_stand_beside_their_intervals() -> None:
    results = full_results(default_rng(0))
    facts = results["systems"]["lso-2"]
    row = dict(zip(tables.QUALITY_HEAD, tables.quality_rows(results)[2], strict=True))
    assert row["system"] == "lso-2"
    assert row["recognised"] == "36.0% ± 6.2"
    assert row["Fréchet"] == f"{facts['frechet_distance']:.2f} ± 0.03"
    assert row["near training"] == "1.2%"
    assert "means over 2 judges and 4 draws of 200 real images" in text_report(results)


def test_sensitivity_only_where_the_run_had_it(results: dict[str, Any]) -> None:
    assert sensitivity_rows(results) == []
    choice = {"desired_change": -0.1, "bounds": [0.0, 1.0], "train_mse": None}
    more = {"classifier_epochs": 60, "classifier_accuracy": 0.9, "decoder": "none"}
    results["sensitivity"] = [{"system": "lso-2", **system(), **choice, **more}]
    row = " ".join(sensitivity_rows(results)[0])
    assert "lso-2" in row
    assert "−0.1 E" in row
    assert "0..1" in row
    assert "80% [67, 89]" in row
    assert "lso-2" in text_report(results)


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, rng = tmp_path_factory.mktemp("run"), default_rng(0)
    write_run(folder, full_results(rng), rng)
    return write_report(folder).path


def headings(page: str) -> list[str]:
    return re.findall(r'<section id="(\w+)"', page)


def test_page_is_one_file_that_fetches_nothing(everything: Path) -> None:
    page = everything.read_text(encoding="utf-8")
    targets = re.findall(r'(?:src|href)="(data:image/\w+|#|[^"]*)', page)
    assert set(targets) == {"#", "data:image/png", "data:image/gif"}
    assert not re.search("https?:", page)
    assert all(name.startswith("#") for name in re.findall(r"url\(([^)]*)", page))
    assert len(page) < 6_000_000


def test_page_has_every_part_that_the_run_had(everything: Path) -> None:
    page = everything.read_text(encoding="utf-8")
    sections = headings(page)
    assert sections == [
        "questions",
        "samples",
        "systems",
        "quality",
        "success",
        "walks",
        "irregularity",
        "sensitivity",
        "training",
        "terms",
    ]
    assert re.findall(r'<li><a href="#(\w+)"', page) == [*sections, "settings"]
    assert page.count("80% [67, 89]") > 1
    assert "ρ with arrival −0.25 [−0.50, +0.12]" in page
    assert ">real images<" in page
    assert all(re.findall(r'<img alt="([^"]*)"', page))


def test_ids_are_unique_and_all_that_is_referred_to_exists(everything: Path) -> None:
    page = everything.read_text(encoding="utf-8")
    known = re.findall(r' id="([^"]*)"', page)
    assert set(re.findall(r'(?:href="|url\()#([^")]*)', page)) <= set(known)
    assert len(known) == len(set(known))


def test_a_system_stands_with_its_sentence_and_the_papers_figures(
    results: dict[str, Any], tmp_path: Path
) -> None:
    rng = default_rng(0)
    write_run(tmp_path, results, rng)
    page = write_report(tmp_path).path.read_text(encoding="utf-8")
    assert "Five latents." in page
    assert page.count("64% [54, 73]") == 1
    (tmp_path / "real.npz").unlink()
    assert ">real images<" in page
    assert ">real images<" not in write_report(tmp_path).path.read_text(encoding="utf-8")


def test_part_of_a_run_leaves_no_empty_sections(results: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text(json.dumps(results), encoding="utf-8")
    page = write_report(tmp_path).path.read_text(encoding="utf-8")
    assert headings(page) == ["systems", "terms"]
    assert "<figure" not in page
    assert "<h3" not in page
    assert "a &amp; b" in page
    assert "A &lt;fast&gt; one" in page


def test_same_run_gives_the_same_page(everything: Path) -> None:
    before = everything.read_bytes()
    rng = default_rng(0)
    write_run(everything.parent, full_results(rng), rng)
    everything.unlink()
    assert write_report(everything.parent).path.read_bytes() == before


def test_a_page_is_drawn_where_what_it_is_made_of_has_changed(
    results: dict[str, Any], tmp_path: Path
) -> None:
    write_run(tmp_path, results, default_rng(0))
    page = write_report(tmp_path).path
    first = page.stat().st_ino
    results["systems"]["lso-1"]["generate_seconds"] += 1  # which it does not show
    (tmp_path / "results.json").write_text(json.dumps(results), encoding="utf-8")
    assert write_report(tmp_path).path.stat().st_ino == first
    changes = (
        lambda: (tmp_path / "real.npz").unlink(),
        lambda: (tmp_path / "samples" / "lso-1.npz").unlink(),
        lambda: results["notes"].append("something else"),
        lambda: page.write_bytes(page.read_bytes()[:-1]),
    )
    for change in changes:
        before = page.read_bytes()
        change()
        (tmp_path / "results.json").write_text(json.dumps(results), encoding="utf-8")
        assert write_report(tmp_path).path.read_bytes() != before or change is changes[-1]
        assert page.read_bytes().endswith(b" -->\n")


@pytest.mark.parametrize("absent", ["jinja2", "matplotlib"])
def test_missing_library_is_named(absent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == absent else find(name)
    )
    with pytest.raises(
        ImportError, match=rf"needs {absent}: .*pip install 'lso_native\[experiments\]'"
    ):
        check_installed()


def test_text_needs_no_library_of_the_page() -> None:
    code = (
        "import sys; sys.modules['jinja2'] = sys.modules['matplotlib'] = None; "
        "import made_up_run as run, lso_native.report as report; "
        "print(report.text_report(run.least_results()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parent,
    )
    assert "lso-1" in done.stdout


def test_sheet_puts_each_digit_in_its_column() -> None:
    images = np.repeat(np.arange(10)[:, None] / 9, 196, axis=1)
    uri = sheet(images[::-1], np.arange(10)[::-1])
    page = Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1]))).convert("L")
    tile = page.width // 10
    middle = [page.getpixel((tile * i + tile // 2, tile // 2)) for i in range(10)]
    assert middle == [round(255 * i / 9) for i in range(10)]


def test_an_axis_keeps_the_digits_of_its_numbers() -> None:
    drawn = charts.training_charts({"lso-2": {"mse": [0.0250, 0.0225, 0.0215, 0.0205]}})
    labels = re.findall(r"<text[^>]*>([^<]*)</text>", drawn[0].svg)
    numbers = [label for label in labels if re.fullmatch(r"0\.\d+", label)]
    assert len(numbers) > 2
    assert len(set(numbers)) == len(numbers)


def test_it_opens_with_the_best_system(results: dict[str, Any]) -> None:
    systems = results["systems"]
    systems["lso-2"] = system(recognised=0.4)
    systems["lso-noisy"] = system(recognised=0.9, success_rate=0.7)
    systems["cgan"] = system(recognised=1.0)
    first = opening(results)
    assert first is not None
    assert (first.name, first.recognised, first.success) == ("lso-noisy", "90%", "70%")
    assert first.more == (
        "50 digits, one attempt each; it is the one of 3 LSO systems that is recognised most often; "
        "of lso-2, the paper's setting, 40% are recognised and 80% meet the target."
    )
    assert first.pictures == ("lso-noisy", "lso-2", "real images")
    systems["lso"] = system(n=1_000, recognised=0.8994, success_rate=1.0)
    recipe = opening(results)
    assert recipe is not None
    assert (recipe.name, recipe.recognised, recipe.success) == ("lso", "89.9%", "100.0%")
    results["systems"] = {"cgan": systems["cgan"]}
    assert opening(results) is None


def test_the_opening_stands_before_the_questions(everything: Path) -> None:
    page = everything.read_text(encoding="utf-8")
    opened = page[: page.index("<nav")]
    assert re.findall(r"<strong>([^<]*)</strong>", opened) == [
        *("36%", "80%"),
        *("lso-1", "lso-2", "real images"),
    ]
    assert opened.count("<img ") == 3


def test_every_system_has_a_sentence() -> None:
    assert all(len(each.says) > 30 and each.says.endswith(".") for each in SYSTEMS)


def test_a_system_that_cannot_be_asked_is_not_said_to_be_recognised(everything: Path) -> None:
    page = everything.read_text(encoding="utf-8")
    assert "<td>90% (any)</td>" in page
    assert "<td>90.0% ± 2.0 (any)</td>" in page
    assert "90% are some digit" in page
    assert "36% (any)" not in page


def test_a_latent_space_goes_by_its_system(results: dict[str, Any]) -> None:
    models = {
        "lso-1": "lso-1",
        "gan": "gan",
        "lso-gan": "gan",
        "lso-gan-again": "gan",
        "vae": "vae",
    }
    results["systems"] = {name: system(model=model) for name, model in models.items()}
    for name in ("gan", "vae"):
        del results["systems"][name]["desired_change"]
    results["latent_spaces"] = {"lso-1": {"of": 0}, "gan": {"of": 1}, "vae": {"of": 2}}
    named = {name: facts["of"] for name, facts in tables.decoders(results).items()}
    assert named == {"lso-1": 0, "lso-gan": 1, "vae": 2}

"""Tables of a run's results."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from lso_native.figures import strip, write_png
from lso_native.report import sensitivity_rows, text_report, text_table, write_html
from numpy import full


def system(**more: Any) -> dict[str, Any]:
    return {
        "n": 50,
        "successes": 40,
        "success_rate": 0.8,
        "success_interval": [0.67, 0.888],
        "recognised": 0.36,
        "median_iterations": 123,
        "generate_seconds": 0.456,
        "desired_change": -1.0,
        "bounds": None,
        **more,
    }


@pytest.fixture
def results() -> dict[str, Any]:
    model = {"test_accuracy": 0.9414, "test_mse": 0.0098, "train_images": 900, "train_seconds": 2.0}
    trained = {"train_images": 1_000, "train_mse": 0.02371, "train_seconds": 3.21}
    return {
        "settings": {"dataset": "mnist5k", "samples": 50, "random_state": 0},
        "environment": {"processor": "A <fast> one", "cores": 2},
        "notes": ["a & b"],
        "models": {"classifier": model, "judge": model},
        "systems": {"lso-1": system(**trained), "input-optimization": system()},
    }


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
    for name in ("classifier", "judge"):
        assert "94.1% of the test images, test MSE 0.0098" in line_with(text, name)


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


def test_columns_line_up() -> None:
    text = text_table(("name", "x"), [("a", "1"), ("long name", "1,000")])
    assert text.splitlines() == [
        "name           x",
        "---------  -----",
        "a              1",
        "long name  1,000",
    ]


def test_html_is_one_file_that_fetches_nothing(results: dict[str, Any], tmp_path: Path) -> None:
    write_png(tmp_path / "sheet.png", strip(full((3, 4), 0.5)))
    pictures = {"the <sheet>": tmp_path / "sheet.png", "absent": tmp_path / "absent.png"}
    write_html(tmp_path / "report.html", results, pictures)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.count("data:image/png;base64,") == 1
    assert re.findall(r'(?:src|href)="(?!data:)', page) == []
    assert "80% [67, 89]" in page
    assert "a &amp; b" in page
    assert "A &lt;fast&gt; one" in page
    assert "the &lt;sheet&gt;" in page
    assert "absent" not in page

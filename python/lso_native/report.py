"""Tables from the results of a run, as text and as one HTML file."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lso_native.experiments.hypotheses import answers
from lso_native.experiments.systems import PAPER
from lso_native.files import atomic_write_bytes
from lso_native.metrics import wilson_interval

Row = Sequence[str]
QUALITY_NOTE = (
    "Fréchet: distance of Gaussians fitted to the judge's features of the samples and of test images; precision,\n"
    "density: how far samples lie among real ones; recall, coverage: how far the real ones are covered; nearest\n"
    "training: median distance to the closest training image; teaches: accuracy on test images of a classifier\n"
    "trained on the samples, and on them and as many real ones"
)
NONE = "–"
LATENT_NOTE = (
    "Medians over points drawn where starts come from: condition and effective rank of the decoder's Jacobian, length\n"
    "in sample space of straight latent lines over their chord, error of decoding and encoding again. Feasible: the\n"
    "judge is sure of a digit and the sample lies in the real manifold. Along walks by Algorithm 3 with C = -E, no\n"
    "bounds: points with a squared gradient over E below a hundredth of the median, steps that raise the error, and\n"
    "the largest jump over the median one"
)
SYSTEM_HEAD = (
    "system",
    "images",
    "MSE",
    "C",
    "bounds",
    "success",
    "recognised",
    "median iterations",
    "training s",
    "generating s",
)
QUALITY_HEAD = (
    "system",
    "recognised",
    "confidence",
    "Fréchet",
    "precision",
    "recall",
    "density",
    "coverage",
    "nearest training",
    "teaches",
    "teaches beside real",
)
LATENT_HEAD = (
    "latent space of",
    "condition",
    "rank",
    "path / chord",
    "feasible",
    "round trip",
    "flat",
    "rises",
    "latent jump",
    "sample jump",
    "success",
    "recognised",
)
SENSITIVITY_HEAD = (
    "system",
    "decoder",
    "MSE",
    "classifier",
    "C",
    "bounds",
    "success",
    "recognised",
)


def rate(successes: int, n: int, interval: Sequence[float] | None) -> str:
    """A share in percent with its interval; none where no digit was asked for."""
    if interval is None:
        return NONE
    return f"{100 * successes / n:.0f}% [{100 * interval[0]:.0f}, {100 * interval[1]:.0f}]"


def system_rows(results: dict[str, Any]) -> list[Row]:
    """One row a system, and under it the paper's figures where it has some."""
    rows: list[Row] = []
    for name, facts in results["systems"].items():
        rows.append(
            (
                name,
                f"{facts['train_images']:,}" if "train_images" in facts else NONE,
                _mse(facts.get("train_mse")),
                _change(facts.get("desired_change")),
                _bounds(facts.get("bounds")),
                rate(facts["successes"], facts["n"], facts["success_interval"]),
                f"{facts['recognised']:.0%}",
                str(facts["median_iterations"]) if "desired_change" in facts else NONE,
                f"{facts['train_seconds']:.1f}" if "train_seconds" in facts else NONE,
                f"{facts['generate_seconds']:.2f}",
            )
        )
        if name in PAPER:
            paper = PAPER[name]
            successes, n = paper["successes"], paper["n"]
            rows.append(
                (
                    "  the paper",
                    f"{paper['train_images']:,}",
                    _mse(paper["train_mse"]),
                    *[NONE] * 2,
                    rate(successes, n, wilson_interval(successes, n)),
                    *[NONE] * 4,
                )
            )
    return rows


def quality_rows(results: dict[str, Any]) -> list[Row]:
    """One row a system, and first the real images': what a perfect system would come to."""
    measured = {"real images": results["real"], **results["systems"]} if "real" in results else {}
    return [
        (
            name,
            f"{facts['recognised']:.1%}",
            f"{facts['mean_confidence']:.2f}",
            f"{facts['frechet_distance']:.2f}",
            f"{facts['precision']:.2f}",
            f"{facts['recall']:.2f}",
            f"{facts['density']:.2f}",
            f"{facts['coverage']:.2f}",
            f"{facts['nearest_training']:.2f}",
            _share(facts["accuracy_score"]),
            _share(facts["accuracy_score_with_real"]),
        )
        for name, facts in measured.items()
    ]


def latent_rows(results: dict[str, Any]) -> list[Row]:
    """One row a decoder."""

    def number(value: float | None, digits: int) -> str:
        return NONE if value is None else f"{value:.{digits}f}"

    return [
        (
            name,
            number(facts["condition"], 0),
            number(facts["effective_rank"], 1),
            number(facts["path_ratio"], 2),
            _share(facts["feasible_share"]),
            number(facts.get("round_trip_error"), 2),
            _share(facts.get("flat_share")),
            _share(facts.get("rise_share")),
            number(facts.get("latent_jump_ratio"), 1),
            number(facts.get("sample_jump_ratio"), 1),
            _share(facts["walk_success_rate"]),
            _share(facts["walk_recognised"]),
        )
        for name, facts in results.get("latent_spaces", {}).items()
    ]


def sensitivity_rows(results: dict[str, Any]) -> list[Row]:
    """One row a combination of decoder, C and bounds; none where the run did not ask for it."""
    return [
        (
            row["system"],
            row["decoder"],
            _mse(row["train_mse"]),
            f"{row['classifier_epochs']} epochs, {row['classifier_accuracy']:.1%}",
            _change(row["desired_change"]),
            _bounds(row["bounds"]),
            rate(row["successes"], row["n"], row["success_interval"]),
            f"{row['recognised']:.0%}",
        )
        for row in results.get("sensitivity", [])
    ]


def model_lines(results: dict[str, Any]) -> list[str]:
    """What the classifier and the judge are worth."""
    lines = []
    for name, use in (("classifier", "guides the descent"), ("judge", "saw other images")):
        facts = results["models"].get(name)
        if facts is not None:
            lines.append(
                f"{name} ({use}): {facts['test_accuracy']:.1%} of the test images, "
                f"test MSE {facts['test_mse']:.4f}, {facts['train_images']:,} training images, "
                f"{facts['train_seconds']:.1f} s"
            )
    return lines


def text_table(head: Row, rows: Sequence[Row]) -> str:
    """Columns of plain text, the first to the left, the others to the right."""
    widths = [max(len(line[i]) for line in (head, *rows)) for i in range(len(head))]
    lines = [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in (head, tuple("-" * width for width in widths), *rows)
    ]
    return "\n".join(lines)


def text_report(results: dict[str, Any]) -> str:
    """What ``lso reproduce`` ends with."""
    parts = [text_table(SYSTEM_HEAD, system_rows(results)), "\n".join(model_lines(results))]
    if rows := quality_rows(results):
        parts.insert(1, text_table(QUALITY_HEAD, rows))
    if rows := latent_rows(results):
        parts.insert(2, text_table(LATENT_HEAD, rows))
    if rows := sensitivity_rows(results):
        parts.insert(3, text_table(SENSITIVITY_HEAD, rows))
    parts.append(
        "success: the classifier's output is within MSE .001 of the digit asked for, one attempt "
        "each, with its\n95% Wilson interval; recognised: the judge sees the digit asked for; C: "
        "the change of the error E that a\nstep asks for; bounds: of the latents or pixels"
    )
    return "\n\n".join(parts)


STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 80rem; margin: 2rem auto; padding: 0 1rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .7rem; text-align: right; border-bottom: 1px solid #8884; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
tr.paper td { color: #888; }
img { max-width: 100%; height: auto; border-radius: 6px; }
dt { font-weight: 600; margin-top: 1rem; }
dd { margin: .2rem 0 0; max-width: 60rem; }
figure { margin: 1.5rem 0; }
footer { color: #888; font-size: .9rem; margin-top: 2rem; }
"""


def write_html(path: Path, results: dict[str, Any], pictures: dict[str, Path]) -> None:
    """One file with the tables and the pictures (caption: PNG or GIF file) inside it."""
    settings, environment = results["settings"], results["environment"]
    body = [
        "<h1>Latent space optimization, reproduced</h1>",
        f"<p>{html.escape(settings['dataset'])}, {settings['samples']:,} digits a system, "
        f"random state {settings['random_state']}.</p>",
        *(f"<p>{html.escape(note)}.</p>" for note in results["notes"]),
        *_questions(results),
        "<h2>Systems</h2>",
        _html_table(SYSTEM_HEAD, system_rows(results)),
        *(f"<p>{html.escape(line)}</p>" for line in model_lines(results)),
        "<p>Success: the classifier's output is within MSE .001 of the digit asked for, one "
        "attempt each, with its 95% Wilson interval. Recognised: a judge network, trained on "
        "images that no other model saw, sees the digit asked for.</p>",
    ]
    if rows := quality_rows(results):
        note = html.escape(QUALITY_NOTE.replace("\n", " "))
        body += ["<h2>Quality</h2>", _html_table(QUALITY_HEAD, rows), f"<p>{note}.</p>"]
    if rows := latent_rows(results):
        note = html.escape(LATENT_NOTE.replace("\n", " "))
        body += ["<h2>Latent spaces</h2>", _html_table(LATENT_HEAD, rows), f"<p>{note}.</p>"]
    body += [_figure(caption, file) for caption, file in pictures.items() if file.exists()]
    if rows := sensitivity_rows(results):
        body += ["<h2>Other choices</h2>", _html_table(SENSITIVITY_HEAD, rows)]
    machine = ", ".join(f"{key} {value}" for key, value in environment.items())
    body.append(f"<footer>{html.escape(machine)}</footer>")
    page = (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>lso_native report</title>\n<style>{STYLE}</style>\n"
        + "\n".join(body)
        + "\n</html>\n"
    )
    atomic_write_bytes(path, page.encode())


def _questions(results: dict[str, Any]) -> list[str]:
    found = answers(results)
    lines = [
        f"<dt>{html.escape(each.question)}</dt>"
        f"<dd><strong>{html.escape(each.answer)}</strong> {html.escape(each.figures)}</dd>"
        for each in found
    ]
    return ["<h2>What the paper asks</h2>", "<dl>", *lines, "</dl>"] if found else []


def _html_table(head: Row, rows: Sequence[Row]) -> str:
    def line(cells: Row, tag: str) -> str:
        kind = ' class="paper"' if cells[0].startswith(" ") else ""
        return f"<tr{kind}>" + "".join(f"<{tag}>{html.escape(c)}</{tag}>" for c in cells) + "</tr>"

    lines = [line(head, "th"), *(line(row, "td") for row in rows)]
    return '<div class="scroll"><table>\n' + "\n".join(lines) + "\n</table></div>"


def _figure(caption: str, file: Path) -> str:
    data = base64.b64encode(file.read_bytes()).decode()
    text = html.escape(caption)
    kind = file.suffix.lstrip(".")
    return f'<figure><img alt="{text}" src="data:image/{kind};base64,{data}"></figure>'


def _mse(value: float | None) -> str:
    return NONE if value is None else f"{value:.4f}".removeprefix("0")


def _share(value: float | None) -> str:
    return NONE if value is None else f"{value:.1%}"


def _change(desired_change: float | None) -> str:
    if desired_change is None:
        return NONE
    return f"{desired_change:g} E".replace("-", "−")


def _bounds(bounds: Sequence[float] | None) -> str:
    return NONE if bounds is None else f"{bounds[0]:g}..{bounds[1]:g}"

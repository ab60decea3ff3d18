"""Tables from the results of a run, and the report in plain text."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from lso_native.display import text_table
from lso_native.metrics import wilson_interval
from lso_native.study.results import rate

Row = Sequence[str]
NONE = "–"
_WIDE = 110  # characters of a line of words, where a table may have any
_WORDS = (
    "success: the classifier's output is within MSE .001 of what was asked for, one attempt each, with its 95% Wilson "
    "interval; recognised: the share that the judges take for the class asked for or, (any), for some class where none "
    "can be asked for, the mean over judges; walks arrive: those by Algorithm 3 alone that meet the target; C: the "
    "change of the error E that a step asks for; bounds: of latents or pixels"
)
SECONDS = ("training s", "generating s")
SYSTEM_HEAD = (
    "system",
    "images",
    "MSE",
    "C",
    "bounds",
    "success",
    "recognised",
    "median iterations",
    *SECONDS,
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
    "near training",
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
    "walks arrive",
    "walks recognised",
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


def recognised(facts: Mapping[str, Any], digits: int, *, sure: bool = False) -> str:
    """The share in percent, where it is to be ``sure`` with half the width of its interval; of a system that cannot be
    asked for a digit it is that of any digit, and says so."""
    share = f"{facts['recognised']:.{digits}%}"
    if sure and (interval := facts.get("recognised_interval")) is not None:
        share = f"{share} ± {50 * (interval[1] - interval[0]):.{digits}f}"
    return f"{share} (any)" if facts.get("success_rate", 0) is None else share


def figure(facts: Mapping[str, Any], name: str) -> str:
    """A mean over judges and draws, and half the width of its interval."""
    interval = facts.get(f"{name}_interval")
    half = "" if interval is None else f" ± {(interval[1] - interval[0]) / 2:.2f}"
    return f"{facts[name]:.2f}{half}"


def decoders(results: dict[str, Any]) -> dict[str, Any]:
    """The figures of latent spaces, each by the name of the first system that optimizes there."""
    optimizing = {
        facts["model"]: system
        for system, facts in reversed(results["systems"].items())
        if "desired_change" in facts and facts.get("model")
    }
    return {optimizing.get(name, name): facts for name, facts in results["latent_spaces"].items()}


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
                rate(facts),
                recognised(facts, 0),
                str(facts["median_iterations"]) if "desired_change" in facts else NONE,
                f"{facts['train_seconds']:.1f}" if "train_seconds" in facts else NONE,
                f"{facts['generate_seconds']:.2f}",
            )
        )
        if paper := facts.get("paper"):
            interval = wilson_interval(paper["successes"], paper["n"])
            rows.append(
                (
                    "  the paper",
                    f"{paper['train_images']:,}",
                    _mse(paper["train_mse"]),
                    *[NONE] * 2,
                    rate({**paper, "success_interval": interval}),
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
            recognised(facts, 1, sure=True),
            figure(facts, "mean_confidence"),
            figure(facts, "frechet_distance"),
            figure(facts, "precision"),
            figure(facts, "recall"),
            figure(facts, "density"),
            figure(facts, "coverage"),
            f"{facts['nearest_training']:.2f}",
            _share(facts.get("near_training_share")),
            _share(facts["accuracy_score"]),
            _share(facts["accuracy_score_with_real"]),
        )
        for name, facts in measured.items()
    ]


def own_table(results: dict[str, Any]) -> tuple[Row, list[Row]]:
    """The figures of measures from outside the package, one row a system; none where there are none."""
    names = results.get("own_figures", [])
    systems = results["systems"].items() if names else ()
    rows: list[Row] = [
        (name, *(_shown(facts.get(each)) for each in names)) for name, facts in systems
    ]
    return ("system", *(name.replace("_", " ") for name in names)), rows


def _shown(value: Any) -> str:
    if value is None:
        return NONE
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def quality_note(results: dict[str, Any]) -> str:
    """What the figures of ``quality_rows`` are means of."""
    real = results["real"]
    if "draws" not in real:
        return ""
    beside, n = real["frechet_images"]
    judges = sum(name.startswith("judge") for name in results["models"])
    return (
        f"means over {judges} judges and {real['draws']} draws of {beside:,} real images, beside which samples are "
        f"held, with 95% intervals; real images: as many draws of {n:,} others"
    )


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
        for name, facts in decoders(results).items()
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
            rate(row),
            f"{row['recognised']:.0%}",
        )
        for row in results.get("sensitivity", [])
    ]


def model_lines(results: dict[str, Any], *, seconds: bool = True) -> list[str]:
    """What the classifier and the judges are worth, and how long they took."""
    models = results["models"]
    judges = [name for name in models if name.startswith("judge")]
    return [
        f"{', '.join(names)} ({use}): {_listed(found, 'test_accuracy', '.1%')} of the test images, "
        f"test MSE {_listed(found, 'test_mse', '.4f')}, {_listed(found, 'train_images', ',')} training images"
        + (f", {sum(facts['train_seconds'] for facts in found):.1f} s" if seconds else "")
        for names, use in ((["classifier"], "guides the descent"), (judges, "saw other images"))
        if (found := [models[name] for name in names if name in models])
    ]


def _listed(models: Sequence[Mapping[str, Any]], name: str, form: str) -> str:
    return ", ".join(f"{facts[name]:{form}}" for facts in models)


def text_report(results: dict[str, Any], width: int = 0) -> str:
    """What ``lso reproduce`` ends with: tables of at most ``width`` columns of characters; 0 for any."""
    own_head, own = own_table(results)
    tables = (
        (SYSTEM_HEAD, system_rows(results), ""),
        (QUALITY_HEAD, quality_rows(results), quality_note(results) if "real" in results else ""),
        (LATENT_HEAD, latent_rows(results), ""),
        (SENSITIVITY_HEAD, sensitivity_rows(results), ""),
        (own_head, own, ""),
    )
    parts = []
    for head, rows, note in tables:
        if rows:
            parts += [text_table(head, rows, width), *([_filled(note, width)] if note else [])]
    models = [_filled(line, width) if width else line for line in model_lines(results)]
    return "\n\n".join([*parts, "\n".join(models), _filled(_WORDS, width)])


def _filled(text: str, width: int) -> str:
    return textwrap.fill(text, width or _WIDE)


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

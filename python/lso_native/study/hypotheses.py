"""What the paper supposes or leaves open, as questions, and what a run's figures answer."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from lso_native.study import hypotheses_latent as latent
from lso_native.study.answers import (
    Answer,
    compare,
    compare_rates,
    grouped,
    take,
    verdict,
)

_THAN = {
    1: "more often than these",
    0: "as often (within chance) as these",
    -1: "less often than these",
}
_TEACH = {
    1: "better than as many real images",
    0: "as well (within chance)",
    -1: "worse than as many real images",
}
_MAKE = {1: "better", 0: "no different beyond chance", -1: "worse"}


def answers(results: dict[str, Any]) -> list[Answer]:
    """Every question that the systems of ``results`` (as in results.json) can answer."""
    asked: list[Callable[[dict[str, Any]], Answer | None]] = [
        _input_optimization,
        _against_generators,
        _through_decoders,
        latent.smaller_latent,
        latent.why_smaller,
        latent.more_than_the_sum,
        latent.irregularity,
        latent.noise,
        _sensitive,
        _teaches,
    ]
    return [answer for ask in asked if (answer := ask(results)) is not None]


def _input_optimization(results: dict[str, Any]) -> Answer | None:
    found = take(results, "lso-2", "input-optimization")
    if found is None:
        return None
    lso, plain = found
    sign = compare_rates(lso, plain, "recognised")
    why = {
        1: "its samples are recognised more often. Without the decoder the classifier is easily content",
        0: "recognised as often, within chance",
        -1: "input optimization is recognised more often",
    }[sign]
    return Answer(
        "Does optimizing a latent input give better samples than optimizing the input itself?",
        f"{verdict([sign])}: {why}.",
        f"Recognised {lso['recognised']:.1%} (lso-2) against {plain['recognised']:.1%}, "
        f"while {lso['success_rate']:.1%} and {plain['success_rate']:.1%} meet the target.",
    )


def _against_generators(results: dict[str, Any]) -> Answer | None:
    systems = results["systems"]
    measured = [name for name, facts in systems.items() if "recall" in facts]
    others = [name for name in ("cgan", "vae-clusters") if name in measured]
    if "lso-2" not in measured or not others:
        return None
    lso = systems["lso-2"]
    signs = {name: compare_rates(lso, systems[name], "recognised") for name in others}
    figures = [
        f"{name}: recognised {systems[name]['recognised']:.1%}, Fréchet {systems[name]['frechet_distance']:.2f}, "
        f"recall {systems[name]['recall']:.2f}"
        for name in ("lso-2", *others)
    ]
    return Answer(
        "Is LSO with a plain autoencoder, in the paper's setting (lso-2), as good as a GAN or a VAE?",
        f"{verdict(signs.values())}: lso-2 is recognised {grouped(signs, _THAN)}.",
        "; ".join(figures) + ".",
    )


def _through_decoders(results: dict[str, Any]) -> Answer | None:
    systems = results["systems"]
    through = [name for name in ("lso-vae", "lso-gan", "lso-noisy") if name in systems]
    if "lso-2" not in systems or not through:
        return None
    lso = systems["lso-2"]
    seen, met = (
        {name: compare_rates(systems[name], lso, rate) for name in through}
        for rate in ("recognised", "success_rate")
    )
    figures = [
        f"{name}: success {systems[name]['success_rate']:.1%}, recognised {systems[name]['recognised']:.1%}"
        for name in ("lso-2", *through)
    ]
    return Answer(
        "Does LSO gain by a VAE's decoder, a GAN's generator, or an autoencoder trained with noise?",
        f"{verdict(seen.values())}. Beside lso-2 recognised {grouped(seen)}. Success {grouped(met)}.",
        "; ".join(figures) + " (the others within bounds).",
    )


def _sensitive(results: dict[str, Any]) -> Answer | None:
    sweeps = results["sweeps"]
    rows, starts = (
        [row for row in sweeps[name] if row["system"] == "lso-2"]
        for name in ("desired_change", "start")
    )
    if len(rows) < 2 or len(starts) < 2:
        return None
    figures, spreads = [], []
    for what, each, name in (("C", rows, "desired_change"), ("The start", starts, "start")):
        low, high = (pick(each, key=lambda row: row["success_rate"]) for pick in (min, max))
        pairs = math.comb(len(each), 2)  # the two were picked for lying furthest apart
        differs = compare_rates(high, low, "success_rate", pairs=pairs) > 0
        chance = "" if differs else ", within chance"
        spreads.append(
            f"{what} takes it from {low['success_rate']:.0%} to {high['success_rate']:.0%}{chance}"
        )
        figures.append(
            f"{what}: "
            + ", ".join(
                f"{_shown(row[name])} meets the target {row['success_rate']:.1%}, recognised {row['recognised']:.1%}"
                for row in each
            )
        )
    return Answer(
        "How much do the size of the step (C) and the start change how often lso-2 meets the target?",
        ". ".join(spreads) + ".",
        "; ".join(figures)
        + f". Each row is {rows[0]['n']} starts of its own: lso-2's own setting comes near its success, not to it.",
    )


def _shown(value: float | str) -> str:
    return value if isinstance(value, str) else f"C = {value:g} E".replace("-", "−")


def _teaches(results: dict[str, Any]) -> Answer | None:
    held_out = results.get("real", {})
    real = held_out.get("accuracy_score")
    scores = {
        name: (facts["accuracy_score"], facts["accuracy_score_with_real"])
        for name, facts in results["systems"].items()
        if None not in (facts.get("accuracy_score"), facts.get("accuracy_score_with_real"))
    }
    if real is None or not scores:
        return None
    n = held_out["test_images"]
    alone, beside = (
        {name: compare(pair[i], real, n, n) for name, pair in scores.items()} for i in (0, 1)
    )
    figures = [
        f"{name} {taught:.1%} alone, {both:.1%} beside real"
        for name, (taught, both) in scores.items()
    ]
    return Answer(
        "Can generated samples stand in for training images, or add to them?",
        f"Alone they teach {grouped(alone, _TEACH)}. Added to them they make the classifier "
        f"{grouped(beside, _MAKE)}.",
        f"Accuracy on test images of a classifier taught by as many real images: {real:.1%}; by samples of "
        + "; ".join(figures)
        + f". Each is one training, judged on {n:,} test images: that another would end elsewhere is not counted.",
    )

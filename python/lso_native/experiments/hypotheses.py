"""What the paper supposes or leaves open, as questions, and what a run's figures answer."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from lso_native.experiments import hypotheses_latent as latent
from lso_native.experiments.answers import OFTEN, Answer, compare, compare_rates, take

__all__ = ["answers", "compare"]


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
    verdict = {
        1: "Yes: the decoder is what keeps samples recognisable.",
        0: "No difference beyond chance.",
        -1: "No: input optimization is recognised more often.",
    }[compare_rates(lso, plain, "recognised")]
    return Answer(
        "Does optimizing a latent input give better samples than optimizing the input itself?",
        verdict,
        f"Recognised {lso['recognised']:.1%} (lso-2) against {plain['recognised']:.1%}, "
        f"while {lso['success_rate']:.1%} and {plain['success_rate']:.1%} meet the target.",
    )


def _against_generators(results: dict[str, Any]) -> Answer | None:
    systems = results["systems"]
    others = [name for name in ("cgan", "vae-clusters") if name in systems]
    if "lso-2" not in systems or not others:
        return None
    lso = systems["lso-2"]
    signs = [compare_rates(lso, systems[name], "recognised") for name in others]
    verdict = (
        "No: they are recognised more often."
        if all(sign < 0 for sign in signs)
        else "Yes: it is recognised more often."
        if all(sign > 0 for sign in signs)
        else "It depends on what it is held against."
    )
    figures = [
        f"{name}: recognised {systems[name]['recognised']:.1%}, Fréchet {systems[name]['frechet_distance']:.2f}, "
        f"recall {systems[name]['recall']:.2f}"
        for name in ("lso-2", *others)
    ]
    return Answer(
        "Is LSO with a plain autoencoder, in the paper's setting, as good as a GAN or a VAE?",
        verdict,
        "; ".join(figures) + ".",
    )


def _through_decoders(results: dict[str, Any]) -> Answer | None:
    systems = results["systems"]
    through = [name for name in ("lso-vae", "lso-gan", "lso-noisy") if name in systems]
    if "lso-2" not in systems or not through:
        return None
    lso = systems["lso-2"]
    comparisons = [
        f"{name} meets the target {OFTEN[compare_rates(systems[name], lso, 'success_rate')]} and is recognised "
        f"{OFTEN[compare_rates(systems[name], lso, 'recognised')]}"
        for name in through
    ]
    figures = [
        f"{name}: success {systems[name]['success_rate']:.1%}, recognised {systems[name]['recognised']:.1%}"
        for name in ("lso-2", *through)
    ]
    return Answer(
        "Does LSO gain by a VAE's decoder, a GAN's generator, or an autoencoder trained with noise?",
        f"Beside lso-2, {'; '.join(comparisons)}.",
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
    figures = []
    verdicts = []
    for what, each, name in (("C", rows, "desired_change"), ("the start", starts, "start")):
        low, high = (pick(each, key=lambda row: row["success_rate"]) for pick in (min, max))
        pairs = math.comb(len(each), 2)  # the two were picked for lying furthest apart
        differs = compare_rates(high, low, "success_rate", pairs=pairs) > 0
        verdicts.append(f"{what} {'matters' if differs else 'makes no difference beyond chance'}")
        figures.append(
            f"{what}: "
            + ", ".join(
                f"{_shown(row[name])} succeeds {row['success_rate']:.1%}, recognised {row['recognised']:.1%}"
                for row in each
            )
        )
    return Answer(
        "How much do the size of the step and the start matter?",
        f"For lso-2 {' and '.join(verdicts)}.",
        "; ".join(figures) + ".",
    )


def _shown(value: float | str) -> str:
    return value if isinstance(value, str) else f"C = {value:g} E".replace("-", "−")


def _teaches(results: dict[str, Any]) -> Answer | None:
    held_out = results.get("real", {})
    real = held_out.get("accuracy_score")
    scores = {
        name: (facts["accuracy_score"], facts["accuracy_score_with_real"])
        for name, facts in results["systems"].items()
        if facts.get("accuracy_score") is not None
    }
    if real is None or not scores:
        return None
    n = held_out["test_images"]
    beside = {name: compare(both, real, n, n) for name, (_, both) in scores.items()}
    helps = [name for name, sign in beside.items() if sign > 0]
    harms = [name for name, sign in beside.items() if sign < 0]
    verdict = (
        f"Beside as many real images, samples of {', '.join(helps)} make the classifier better"
        if helps
        else "Beside real images no system's samples make the classifier better"
    )
    verdict += f", those of {', '.join(harms)} worse." if harms else "."
    figures = [
        f"{name} {alone:.1%} alone, {both:.1%} beside real"
        for name, (alone, both) in scores.items()
    ]
    return Answer(
        "Can generated samples stand in for training images, or add to them?",
        verdict,
        f"Accuracy on test images of a classifier taught by as many real images: {real:.1%}; by samples of "
        + "; ".join(figures)
        + f". Each is one training, judged on {n:,} test images: that another would end elsewhere is not counted.",
    )

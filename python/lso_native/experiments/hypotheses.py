"""What the paper supposes or leaves open, as questions, and what a run's figures answer."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

Facts = dict[str, Any]
_SIGNIFICANT = 1.96  # standard errors: 95%


class Answer(NamedTuple):
    """A question, the answer in a few words, and the figures behind it."""

    question: str
    answer: str
    figures: str


def answers(results: dict[str, Any]) -> list[Answer]:
    """Every question that the systems of ``results`` (as in results.json) can answer."""
    asked: list[Callable[[dict[str, Any]], Answer | None]] = [
        _input_optimization,
        _against_generators,
        _through_decoders,
        _smaller_latent,
        _more_than_the_sum,
        _irregularity,
    ]
    return [answer for ask in asked if (answer := ask(results)) is not None]


def compare(a: float, b: float, n_a: int, n_b: int) -> int:
    """1 where the share ``a`` of ``n_a`` is above ``b`` of ``n_b`` by more than chance (two-proportion z test, 95%),
    -1 where it is below, else 0."""
    pooled = (a * n_a + b * n_b) / (n_a + n_b)
    error = math.sqrt(max(pooled * (1 - pooled), 1e-12) * (1 / n_a + 1 / n_b))
    z = (a - b) / error
    return 0 if abs(z) < _SIGNIFICANT else int(math.copysign(1, z))


def _input_optimization(results: dict[str, Any]) -> Answer | None:
    found = _take(results, "lso-2", "input-optimization")
    if found is None:
        return None
    lso, plain = found
    verdict = {
        1: "Yes: the decoder is what keeps samples recognisable.",
        0: "No difference beyond chance.",
        -1: "No: input optimization is recognised more often.",
    }[_compare(lso, plain, "recognised")]
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
    signs = [_compare(lso, systems[name], "recognised") for name in others]
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
    through = [name for name in ("lso-vae", "lso-gan") if name in systems]
    if "lso-2" not in systems or not through:
        return None
    lso = systems["lso-2"]
    words = {1: "more often", 0: "as often (within chance)", -1: "less often"}
    told = [
        f"{name} meets the target {words[_compare(systems[name], lso, 'success_rate')]} and is recognised "
        f"{words[_compare(systems[name], lso, 'recognised')]}"
        for name in through
    ]
    figures = [
        f"{name}: success {systems[name]['success_rate']:.1%}, recognised {systems[name]['recognised']:.1%}"
        for name in ("lso-2", *through)
    ]
    return Answer(
        "Does LSO gain by a VAE's decoder or a GAN's generator?",
        f"Beside lso-2, {'; '.join(told)}.",
        "; ".join(figures) + " (lso-vae and lso-gan with gentler steps and bounds).",
    )


def _smaller_latent(results: dict[str, Any]) -> Answer | None:
    found, spaces = _take(results, "lso-1", "lso-2"), results.get("latent_spaces", {})
    if found is None or not {"lso-1", "lso-2"} <= set(spaces):
        return None
    small, large = found
    verdict = {
        -1: "Yes, it meets the target less often",
        0: "No difference beyond chance",
        1: "No, it meets the target more often",
    }[_compare(small, large, "success_rate")]
    one, two = spaces["lso-1"], spaces["lso-2"]
    return Answer(
        "Does the smaller latent do worse?",
        f"{verdict}; recognised {small['recognised']:.1%} against {large['recognised']:.1%}.",
        f"Success {small['success_rate']:.1%} (5 latents) against {large['success_rate']:.1%} (20); along the walks "
        f"{one.get('flat_share', 0):.1%} against {two.get('flat_share', 0):.1%} of points are flat, "
        f"{one.get('rise_share', 0):.1%} against {two.get('rise_share', 0):.1%} of steps raise the error, and the "
        f"largest jump is {one.get('latent_jump_ratio', 0):.1f} against {two.get('latent_jump_ratio', 0):.1f} times "
        "the median one.",
    )


def _more_than_the_sum(results: dict[str, Any]) -> Answer | None:
    spaces, classifier = results.get("latent_spaces", {}), results["models"].get("classifier")
    lso = results["systems"].get("lso-2")
    if lso is None or classifier is None or "lso-2" not in spaces:
        return None
    clear, right = spaces["lso-2"]["confident_share"], classifier["test_accuracy"]
    alone = clear * right
    verdict = {
        1: "Yes: more are recognised than both explain.",
        0: "It is what both explain, within chance.",
        -1: "No: fewer are recognised than both explain. The descent leaves where the decoder is good.",
    }[compare(lso["recognised"], alone, lso["n"], lso["n"])]
    return Answer(
        "Is the quality of LSO more than the sum of its decoder and its classifier?",
        verdict,
        f"The judge is sure of a digit in {clear:.1%} of what random latents decode to, and the classifier is right on "
        f"{right:.1%} of real images: {alone:.1%} if nothing else mattered. Recognised: {lso['recognised']:.1%}.",
    )


def _irregularity(results: dict[str, Any]) -> Answer | None:
    spaces = results.get("latent_spaces", {})
    if len(spaces) < 2:
        return None
    order = sorted(spaces, key=lambda name: spaces[name].get("flat_share", 0.0))
    shares = [spaces[name]["walk_success_rate"] for name in order]
    falling = all(a >= b for a, b in itertools.pairwise(shares))
    told = [
        f"{name}: flat {spaces[name].get('flat_share', 0):.1%}, success {spaces[name]['walk_success_rate']:.1%}"
        for name in order
    ]
    return Answer(
        "Does an irregular latent space make the descent fail?",
        "The more of its walks is flat, the less often a decoder meets the target."
        if falling
        else "The share of flat points does not order the decoders by their success.",
        "; ".join(told) + f". These are {len(order)} decoders of one run: no more than a hint.",
    )


def _take(results: dict[str, Any], *names: str) -> list[Facts] | None:
    systems = results["systems"]
    return [systems[name] for name in names] if set(names) <= set(systems) else None


def _compare(a: Facts, b: Facts, rate: str) -> int:
    return compare(a[rate], b[rate], a["n"], b["n"])

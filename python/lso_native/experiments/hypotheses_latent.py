"""The questions about latent spaces: their size, their irregularity, and noise while they are learned."""

from __future__ import annotations

from typing import Any

from lso_native.experiments.answers import OFTEN, Answer, Facts, compare, compare_rates, take


def smaller_latent(results: dict[str, Any]) -> Answer | None:
    """The paper's own two systems."""
    found, spaces = take(results, "lso-1", "lso-2"), results["latent_spaces"]
    if found is None or not {"lso-1", "lso-2"} <= set(spaces):
        return None
    small, large = found
    verdict = {
        -1: "Yes, it meets the target less often",
        0: "No difference beyond chance",
        1: "No, it meets the target more often",
    }[compare_rates(small, large, "success_rate")]
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


def why_smaller(results: dict[str, Any]) -> Answer | None:
    """The paper's two differ in images and error as well; here only the size does."""
    rows = {row["latent"]: row for row in _sizes(results, "plain")}
    if not {5, 20} <= set(rows):
        return None
    small, large = rows[5], rows[20]
    success, seen = (compare_rates(small, large, key) for key in ("success_rate", "recognised"))
    cause = (
        "the size of the latent itself matters"
        if success < 0
        else "by itself the smaller latent is no worse: the images and the training differ too"
    )
    figures = [
        f"{size} latents: test MSE {row['test_mse']:.4f}, success {row['success_rate']:.1%}, recognised "
        f"{row['recognised']:.1%}, flat {row.get('flat_share', 0):.1%}, judge sure of {row['confident_share']:.0%}"
        for size, row in sorted(rows.items())
    ]
    return Answer(
        "If it does, why? The same with equal images and equal training.",
        f"5 latents meet the target {OFTEN[success]} than 20 and are recognised {OFTEN[seen]}: {cause}.",
        f"Autoencoders of {large['train_images']:,} images, trained alike. "
        + "; ".join(figures)
        + ".",
    )


def noise(results: dict[str, Any]) -> Answer | None:
    """Noisy autoencoders beside plain ones of the same sizes."""
    plain = {row["latent"]: row for row in _sizes(results, "plain")}
    noisy = {row["latent"]: row for row in _sizes(results, "noisy")}
    both = sorted(set(plain) & set(noisy))
    if not both:
        return None
    signs = {size: compare_rates(noisy[size], plain[size], "recognised") for size in both}
    sizes = {
        word: [str(size) for size in both if OFTEN[signs[size]] == word] for word in OFTEN.values()
    }
    verdict = "; ".join(
        f"recognised {word} with {', '.join(each)} latents" for word, each in sizes.items() if each
    )
    figures = [
        f"{size}: recognised {noisy[size]['recognised']:.1%} against {plain[size]['recognised']:.1%}, success "
        f"{noisy[size]['success_rate']:.1%} against {plain[size]['success_rate']:.1%}"
        for size in both
    ]
    return Answer(
        "Does noise on the latent, while the autoencoder trains, help the descent?",
        f"Against a plain autoencoder: {verdict}.",
        f"Latents: {'; '.join(figures)}.{_whole_systems(results)}",
    )


def _whole_systems(results: dict[str, Any]) -> str:
    """What the run's own two came to, which differ in more than the noise."""
    found = take(results, "lso-noisy", "lso-2")
    if found is None:
        return ""
    noisy, plain = found
    return (
        f" lso-noisy, which differs from lso-2 in more than the noise: recognised {noisy['recognised']:.1%} against "
        f"{plain['recognised']:.1%}, success {noisy['success_rate']:.1%} against {plain['success_rate']:.1%}."
    )


def more_than_the_sum(results: dict[str, Any]) -> Answer | None:
    """Against what random latents decode to."""
    spaces, classifier = results["latent_spaces"], results["models"].get("classifier")
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


def irregularity(results: dict[str, Any]) -> Answer | None:
    """By the correlations over all decoders of the run."""
    rows = [row for row in results.get("correlations", []) if row["interval"] is not None]
    if not rows:
        return None
    named = {"walk_success_rate": "success", "walk_recognised": "recognition"}
    sure = [row for row in rows if row["interval"][0] > 0 or row["interval"][1] < 0]
    # Of some sixteen intervals of 95%, nearly one misses by chance.
    figures = [
        f"{row['figure'].replace('_', ' ')} with {named[row['with']]} {row['rho']:+.2f} "
        f"[{row['interval'][0]:+.2f}, {row['interval'][1]:+.2f}]".replace("-", "−")
        for row in sorted(sure or rows, key=lambda row: -abs(row["rho"]))
    ]
    verdict = (
        f"{len(sure)} of {len(rows)} rank correlations differ from zero; the strongest is "
        f"{figures[0].split(' [')[0]}."
        if sure
        else "None of the figures goes with success or recognition beyond chance."
    )
    return Answer(
        "Do figures of irregularity predict success and recognition?",
        verdict,
        f"Spearman's rank correlations over {rows[0]['n']} decoders of this run, with 95% intervals: "
        + "; ".join(figures)
        + ". Decoders of one kind are alike, so that these say less than as many unrelated ones would.",
    )


def _sizes(results: dict[str, Any], kind: str) -> list[Facts]:
    rows: list[Facts] = results["sweeps"]["latent"]
    return [row for row in rows if row["kind"] == kind]

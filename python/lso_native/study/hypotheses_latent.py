"""The questions about latent spaces: their size, their irregularity, and noise while they are learned."""

from __future__ import annotations

from typing import Any

from lso_native.study.answers import (
    CANNOT_TELL,
    OFTEN,
    Answer,
    Facts,
    compare,
    compare_rates,
    grouped,
    take,
    verdict,
)


def smaller_latent(results: dict[str, Any]) -> Answer | None:
    """The paper's own two systems."""
    found, spaces = take(results, "lso-1", "lso-2"), results["latent_spaces"]
    if found is None or not {"lso-1", "lso-2"} <= set(spaces):
        return None
    small, large = found
    sign = -compare_rates(small, large, "success_rate")
    rates = f"{small['success_rate']:.0%} of its samples meet the target, {large['success_rate']:.0%} of lso-2's"
    chance = f", which {large['n']:,} samples of each cannot tell from chance" if sign == 0 else ""
    one, two = spaces["lso-1"], spaces["lso-2"]
    return Answer(
        "Does the smaller latent (lso-1) do worse, as in the paper?",
        f"{verdict([sign])}: {rates}{chance}.",
        f"Recognised {small['recognised']:.1%} (5 latents) against {large['recognised']:.1%} (20); along the walks "
        f"{one.get('flat_share') or 0:.1%} against {two.get('flat_share') or 0:.1%} of points are flat, "
        f"{one.get('rise_share') or 0:.1%} against {two.get('rise_share') or 0:.1%} of steps raise the error, and the "
        f"largest jump is {one.get('latent_jump_ratio') or 0:.1f} against {two.get('latent_jump_ratio') or 0:.1f} "
        "times the median one.",
    )


def why_smaller(results: dict[str, Any]) -> Answer | None:
    """The paper's two differ in images and error as well; here only the size does."""
    rows = {row["latent"]: row for row in _sizes(results, "plain")}
    if not {5, 20} <= set(rows):
        return None
    small, large = rows[5], rows[20]
    success, seen = (compare_rates(small, large, key) for key in ("success_rate", "recognised"))
    figures = [
        f"{size} latents: test MSE {row['test_mse']:.4f}, success {row['success_rate']:.1%}, recognised "
        f"{row['recognised']:.1%}, flat {row.get('flat_share') or 0:.1%}, judge sure of {row['confident_share']:.0%}"
        for size, row in sorted(rows.items())
    ]
    return Answer(
        "And where only the size of the latent differs, with equal images and equal training?",
        f"{verdict([-success])}: 5 latents meet the target {OFTEN[success]} than 20, and are recognised {OFTEN[seen]}.",
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
    signs = {str(size): compare_rates(noisy[size], plain[size], "recognised") for size in both}
    figures = [
        f"{size}: recognised {noisy[size]['recognised']:.1%} against {plain[size]['recognised']:.1%}, success "
        f"{noisy[size]['success_rate']:.1%} against {plain[size]['success_rate']:.1%}"
        for size in both
    ]
    return Answer(
        "Does noise on the latent, while the autoencoder trains, help the descent?",
        f"{verdict(signs.values())}. Beside plain ones of as many latents recognised {grouped(signs)} latents.",
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
    sign = compare(lso["recognised"], alone, lso["n"], lso["n"])
    why = {
        1: "more are recognised than both explain",
        0: "as many are recognised as both explain, within chance",
        -1: "fewer are recognised than both explain. The descent leaves where the decoder is good",
    }[sign]
    return Answer(
        "Is the quality of LSO (lso-2) more than the sum of its decoder and its classifier?",
        f"{verdict([sign])}: {why}.",
        f"The judge is sure of a class in {clear:.1%} of what random latents decode to, and the classifier is right on "
        f"{right:.1%} of real images: {alone:.1%} if nothing else mattered. Recognised: {lso['recognised']:.1%}.",
    )


def irregularity(results: dict[str, Any]) -> Answer | None:
    """By the correlations over all decoders of the run."""
    rows = [row for row in results.get("correlations", []) if row["interval"] is not None]
    if not rows:
        return None
    named = {"walk_success_rate": "arrival", "walk_recognised": "recognition"}
    sure = [row for row in rows if row["interval"][0] > 0 or row["interval"][1] < 0]
    # Of some sixteen intervals of 95%, nearly one misses by chance.
    figures = [
        f"{row['figure'].replace('_', ' ')} with {named[row['with']]} {row['rho']:+.2f} "
        f"[{row['interval'][0]:+.2f}, {row['interval'][1]:+.2f}]".replace("-", "−")
        for row in sorted(sure or rows, key=lambda row: -abs(row["rho"]))
    ]
    answer = (
        f"In part: {len(sure)} of {len(rows)} rank correlations differ from zero; the strongest is "
        f"{figures[0].split(' [')[0]}."
        if sure
        else f"{CANNOT_TELL}: none of the figures goes with arrival or recognition beyond chance."
    )
    return Answer(
        "Do figures of irregularity predict how walks fare?",
        answer,
        f"Spearman's rank correlations over {rows[0]['n']} decoders of this run, with 95% intervals: "
        + "; ".join(figures)
        + ". Decoders of one kind are alike, so that these say less than as many unrelated ones would.",
    )


def _sizes(results: dict[str, Any], kind: str) -> list[Facts]:
    rows: list[Facts] = results["sweeps"]["latent"]
    return [row for row in rows if row["kind"] == kind]

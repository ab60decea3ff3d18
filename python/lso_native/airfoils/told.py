"""What came of the study: its figures, by the judge."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from lso_native._typing import Array, Float64Array
from lso_native.airfoils.data import real
from lso_native.airfoils.shapes import coordinates, sound
from lso_native.airfoils.steps import Designed, Designs
from lso_native.airfoils.study import CALLS, JUDGE, Study
from lso_native.airfoils.target import Target
from lso_native.study.results import environment, plain
from lso_native.study.step import Step
from lso_native.study.store import Store

__all__ = ["OURS", "arrays_of", "figures", "results_of", "within_calls"]

LSO, OURS = "lso", "latent space optimization"
_WITHIN = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1_000, 1_500, 2_000)
"""Calls a design."""


def results_of(study: Study, store: Store) -> dict[str, Any]:
    """What results.json holds of ``study``, whose steps ``store`` has."""
    targets = study.settings.targets
    return {
        "settings": plain(study.settings),
        "environment": environment(),
        "judge": plain(JUDGE),
        "learning": _learning(study, store),
        "real": {target.name: _of_real(target) for target in targets},
        "targets": {target.name: _of_target(study, store, target) for target in targets},
    }


def within_calls(results: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Of each way the share of designs that are met, the mean over targets, by the number of calls that a design may
    take: a rival has what it stopped at by then, ours what it gives where it may ask no more."""
    targets = list(results["targets"].values())
    allowed = targets[0][f"{LSO} {CALLS[-1]}"]["met_within_calls"]
    ours = {most: f"{LSO} {min(int(most), CALLS[-1])}" for most in allowed}
    shares = {OURS: {most: _mean([facts[ours[most]]["met"] for facts in targets]) for most in ours}}
    for way in targets[0]:
        if not way.startswith(LSO):
            each = [facts[way]["met_within_calls"] for facts in targets]
            shares[way] = {most: _mean([one[most] for one in each]) for most in each[0]}
    return shares


def _mean(values: list[float]) -> float:
    return float(np.mean(values))


def arrays_of(made: Designed) -> dict[str, Array]:
    """What a file of samples holds of ``made``, by name."""
    judged = JUDGE(made.heights)
    names = judged.dtype.names or ()
    return {
        **vars(made),
        "coordinates": coordinates(made.heights),
        "sound": sound(made.heights),
        **{f"judge_{name}": judged[name] for name in names},
    }


def _learning(study: Study, store: Store) -> dict[str, Any]:
    """What was asked of the simulators to learn from, and how long it took."""
    steps = [study.learned(seed) for seed in study.seeds]
    simulations = [surrogate.simulations for surrogate, _ in steps]
    every: list[Step[Any]] = [*simulations, *(each.shapes for each in simulations)]
    every += [step for pair in steps for step in pair]
    return {
        "simulations": study.settings.surrogate.draws,
        "simulators": [plain(each) for each in (simulations[0].simulator, simulations[0].second)],
        "failures": [store.load(each).failures for each in simulations],
        "seconds": float(sum(map(store.seconds, every))) / len(steps),
    }


def _of_real(target: Target) -> dict[str, int]:
    """How many of the real airfoils meet ``target``."""
    said = JUDGE(real().heights)
    return {"n": len(said), "met": int(target.met(said).sum())}


def _of_target(study: Study, store: Store, target: Target) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for calls in CALLS:
        steps = [study.lso(seed, target, calls) for seed in study.seeds]
        facts[f"{LSO} {calls}"] = figures(target, _made(store, steps))
    for rival in study.rivals:
        ways = [study.rival(seed, target, rival) for seed in study.seeds]
        facts[rival.name] = figures(target, _made(store, ways))
    return facts


def _made(store: Store, steps: Iterable[Designs]) -> list[Designed]:
    return [store.load(step) for step in steps]


def figures(target: Target, every: Sequence[Designed]) -> dict[str, Any]:
    """What the judge says of designs of several runs: shares are means over runs, and the lowest of them beside."""
    met: list[float] = []
    number, unsound, calls, found = 0, 0, 0, 0
    within: dict[int, list[float]] = {calls: [] for calls in _WITHIN}
    for made in every:
        numbers, whole = target.met(JUDGE(made.heights)), sound(made.heights)
        number += int(numbers.sum())
        unsound += int((numbers & ~whole).sum())
        found += int((numbers & whole).sum())
        met.append(float((numbers & whole).mean()))
        calls += int(made.calls.sum())
        for most, shares in within.items():
            shares.append(float((numbers & whole & (made.calls <= most)).mean()))
    return {
        "n": sum(len(made.calls) for made in every),
        "met": float(np.mean(met)),
        "met_lowest": float(np.min(met)),
        "success": float(np.mean([made.success.mean() for made in every])),
        "calls_a_design": calls / sum(len(made.calls) for made in every),
        "calls_a_met_design": calls / found if found else None,
        "met_within_calls": {str(most): float(np.mean(shares)) for most, shares in within.items()},
        "unsound_of_met": unsound / number if number else None,
        "difference": float(np.mean([difference(made.heights) for made in every])),
    }


def difference(heights: Float64Array) -> float:
    """The mean over pairs of rows of the root mean square of how far they are apart, in chords."""
    if len(heights) < 2:
        return 0.0
    between = np.sqrt(np.square(heights[:, None] - heights).mean(axis=2))
    return float(between[np.triu_indices(len(heights), 1)].mean())

"""A run's folder with made-up figures for every part of the report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from lso_native.data import Part
from lso_native.figures import write_gif

IRREGULAR = ("condition", "effective_rank", "path_ratio", "feasible_share", "flat_share")
CHANGES, SIZES = (-0.03, -0.1, -0.3, -1.0, -3.0), (2, 5, 10, 20, 64)


def part(rng: np.random.Generator, n: int) -> Part:
    images = rng.random((n, 196)).astype(np.float32)
    return Part(images, np.sort(np.arange(n) % 10).astype(np.int64))


def system(**more: Any) -> dict[str, Any]:
    return {
        "n": 50,
        "successes": 40,
        "success_rate": 0.8,
        "success_interval": [0.67, 0.888],
        "recognised": 0.36,
        "recognised_interval": [0.3, 0.425],
        "median_iterations": 123,
        "generate_seconds": 0.456,
        "desired_change": -1.0,
        "bounds": None,
        "frechet_distance": 3.0,
        **more,
    }


def quality(rng: np.random.Generator) -> dict[str, Any]:
    names = ("mean_confidence", "frechet_distance", "precision", "recall", "density", "coverage")
    more = ("nearest_training", "accuracy_score", "accuracy_score_with_real")
    figures: dict[str, Any] = {name: float(rng.random()) for name in (*names, *more)}
    for name in names:
        figures[f"{name}_interval"] = [figures[name] - 0.02, figures[name] + 0.04]
    return figures | {"near_training_share": 0.012, "frechet_images": [200, 50]}


def least_results() -> dict[str, Any]:
    model = {"test_accuracy": 0.9414, "test_mse": 0.0098, "train_images": 900, "train_seconds": 2.0}
    trained = {"train_images": 1_000, "train_mse": 0.02371, "train_seconds": 3.21}
    paper = {"train_images": 1_000, "train_mse": 0.0239, "successes": 64, "n": 100}
    return {
        "settings": {"dataset": "mnist5k", "samples": 50, "random_state": 0},
        "environment": {"processor": "A <fast> one", "cores": 2},
        "notes": ["a & b"],
        "models": {"classifier": model, "judge": model, "judge-2": model},
        "systems": {
            "lso-1": system(**trained, paper=paper, says="Five latents."),
            "input-optimization": system(),
        },
        "latent_spaces": {},
        "histories": {},
        "sweeps": {"desired_change": [], "start": [], "latent": []},
    }


def full_results(rng: np.random.Generator) -> dict[str, Any]:
    results = least_results()
    systems = {"lso-1": system(), "lso-2": system(), "input-optimization": system(), "gan": {}}
    all_met = {"successes": 50, "success_rate": 1.0, "success_interval": [0.929, 1.0]}
    systems["input-optimization"] |= all_met
    seen = {"recognised": 0.9, "recognised_interval": [0.88, 0.92]}
    systems["gan"] = system(success_rate=None, success_interval=None, **seen)
    del systems["gan"]["desired_change"]
    results["systems"] = {name: facts | quality(rng) for name, facts in systems.items()}
    results["real"] = system() | quality(rng) | {"test_images": 500, "draws": 4}
    results["latent_spaces"] = {name: latent_space(rng) for name in ("lso-1", "lso-2", "noisy")}
    results["histories"] = {
        "judge": {"mse": list(1 / np.arange(1.0, 9.0))},
        "gan": {"generator": list(rng.random(500)), "discriminator": list(rng.random(500))},
    }
    asked = ("lso-1", "lso-2")
    results["sweeps"] = {
        "desired_change": [
            system(system=name, desired_change=c, success_rate=float(rng.random()))
            for name in asked
            for c in CHANGES
        ],
        "start": [
            system(system=name, start=start, success_rate=float(rng.random()))
            for name in asked
            for start in ("uniform 0..1", "normal, sd 1", "training code")
        ],
        "latent": [
            system(
                kind=kind, latent=latent, train_images=900, train_mse=0.02, test_mse=0.1 / latent
            )
            | latent_space(rng)
            for kind in ("plain", "noisy", "vae")
            for latent in SIZES
        ],
    }
    results["correlations"] = [
        {"figure": key, "with": outcome, "rho": -0.25, "interval": [-0.5, 0.125], "n": 18}
        for key in IRREGULAR
        for outcome in ("walk_success_rate", "walk_recognised")
    ]
    return results


def latent_space(rng: np.random.Generator) -> dict[str, Any]:
    at = sorted({int(i) for i in np.geomspace(1, 1_000, 60)})
    spread = np.array([0.2, 0.5, 1.0, 2.0, 5.0])
    mse = [list(spread * float(np.exp(-i / 100)) / 10 + 1e-4) for i in at]
    walk = {"quantiles": [0.1, 0.25, 0.5, 0.75, 0.9], "iterations": at, "mse": mse}
    figures = {key: float(1 + rng.random()) for key in IRREGULAR}
    outcomes = {key: float(rng.random()) for key in ("walk_success_rate", "walk_recognised")}
    return {**figures, **outcomes, "confident_share": float(rng.random()), "walk_mse": walk}


def write_run(folder: Path, results: dict[str, Any], rng: np.random.Generator) -> None:
    """results.json, samples, real images and a walk in ``folder``."""
    (folder / "samples").mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(results), encoding="utf-8")
    for name, facts in results["systems"].items():
        made = part(rng, facts["n"])
        labels = made.labels if facts["success_rate"] is not None else np.full(facts["n"], -1)
        np.savez(
            folder / "samples" / f"{name}.npz",
            images=made.images,
            labels=labels,
            success=rng.random(facts["n"]) < 0.8,
            iterations=rng.integers(0, 300, facts["n"]),
        )
    write_gif(folder / "figures" / "walk-lso-1.gif", part(rng, 3).images)
    real = part(rng, 80)
    np.savez(folder / "real.npz", images=real.images, labels=real.labels)

"""How sensitive the descent is to C, to its start and to the size of the latent space."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from lso_native._typing import FloatArray
from lso_native.data import Digits, Part
from lso_native.metrics import wilson_interval
from lso_native.models.autoencoder import Autoencoder
from lso_native.models.base import DEFAULT_OPTIMIZER
from lso_native.models.decoding import EncoderDecoder
from lso_native.models.training import subseed
from lso_native.random import normal, permutation, uniform
from lso_native.study.generation import Generated, GenerationSettings, generate
from lso_native.study.generators import NoisySettings, VAESettings
from lso_native.study.latent_spaces import LatentSpaceSettings, measure_latent_space
from lso_native.study.models import Trained
from lso_native.study.progress import Progress
from lso_native.study.quality import Quality

Rows = list[dict[str, Any]]

PLAIN, NOISY, VARIATIONAL = "plain", "noisy", "vae"


@dataclass(frozen=True)
class SweepSettings:
    """Each from the run's seeds; decoders of every size see the same images as often."""

    samples: int = 300
    desired_changes: tuple[float, ...] = (-0.03, -0.1, -0.3, -1.0, -3.0)
    latents: tuple[int, ...] = (2, 5, 10, 20, 64)
    kinds: tuple[str, ...] = (PLAIN, NOISY, VARIATIONAL)
    images: int = 10_000
    hidden: tuple[int, ...] = (64,)
    shown: int = 200_000  # how many images a decoder sees, in whole epochs
    latent_spaces: LatentSpaceSettings = field(
        default_factory=lambda: LatentSpaceSettings(points=300, walks=300)
    )


@dataclass(frozen=True)
class Subject:
    """A system that optimizes: its setting, and its model unless it optimizes the input itself."""

    generation: GenerationSettings
    model: Any = None


@dataclass
class Sweeps:
    """Rows for results.json, the same three lists at each call; ``on_row`` hears of each new one."""

    settings: SweepSettings
    digits: Digits
    classifier: Trained
    quality: Quality
    seed: int
    threads: int | None
    progress: Progress
    on_row: Callable[[], None]
    rows: dict[str, Rows]

    def run(self, subjects: dict[str, Subject], *, sizes: bool) -> None:
        """Whatever ``rows`` lacks: C and start for ``subjects``, and the latent's size where ``sizes``."""
        for name, subject in subjects.items():
            for change in self.settings.desired_changes:
                if not self._has("desired_change", system=name, desired_change=change):
                    self._try_change(name, subject, change)
            for start, points in self._starts(subject).items():
                if not self._has("start", system=name, start=start):
                    made = self._generate(f"{name} from {start}", subject, points)
                    self._add("start", {"system": name, "start": start, **made.facts()})
        for kind in self.settings.kinds if sizes else ():
            for latent in self.settings.latents:
                if not self._has("latent", kind=kind, latent=latent):
                    self._try_size(kind, latent)

    def _try_change(self, name: str, subject: Subject, change: float) -> None:
        other = replace(subject.generation, desired_change=change)
        starts = self._usual_starts(subject.model)
        made = self._generate(
            f"{name}, C = {change:g} E", replace(subject, generation=other), starts
        )
        self._add("desired_change", {"system": name, **made.facts()})

    def _starts(self, subject: Subject) -> dict[str, FloatArray]:
        """Points (samples, latent) to start from, by what they are; none to choose where pixels are optimized."""
        if subject.model is None:
            return {}
        n, model, seed = self.settings.samples, subject.model, subseed(self.seed, "starts")
        shape = (n, model.decoder_.n_inputs)
        starts: dict[str, FloatArray] = {
            "uniform 0..1": uniform(shape, random_state=seed),
            "uniform -1..1": uniform(shape, low=-1.0, high=1.0, random_state=seed),
            "normal, sd 1": normal(shape, random_state=seed),
            "normal, sd 0.1": 0.1 * normal(shape, random_state=seed),
        }
        if isinstance(model, EncoderDecoder):
            chosen = permutation(len(self.digits.train), random_state=seed)[:n]
            starts["codes of images"] = model.transform(self.digits.train.images[chosen])
        return starts

    def _usual_starts(self, model: Any) -> FloatArray | None:
        """A draw of the latent's prior; None, for uniform in 0..1, where it has none."""
        if model is None or isinstance(model, Autoencoder):
            return None
        latents: FloatArray = model.sample_latent(self.settings.samples, random_state=self.seed)
        return latents

    def _generate(self, title: str, subject: Subject, starts: FloatArray | None) -> Generated:
        network = self.classifier.estimator.network_
        bounds = subject.generation.bounds
        if starts is not None and bounds is not None:
            starts = np.clip(starts, *bounds).astype(starts.dtype)
        return generate(
            title,
            network if subject.model is None else subject.model.decoder_ >> network,
            self.quality.panel,
            subject.generation,
            samples=self.settings.samples,
            seed=self.seed,
            threads=self.threads,
            progress=self.progress,
            starts=starts,
        )

    def _try_size(self, kind: str, latent: int) -> None:
        settings = self.settings
        part = Part(
            self.digits.train.images[: settings.images], self.digits.train.labels[: settings.images]
        )
        self.progress.start(f"{kind} autoencoder of {latent} latents", 1)
        begin = time.perf_counter()
        model = self._autoencoder(kind, latent, len(part)).fit(part.images)
        test = self.digits.test.images
        error = float(np.square(model.reconstruct(test) - test).mean(dtype=np.float64))
        facts = measure_latent_space(
            settings.latent_spaces,
            model,
            self.classifier.estimator.network_,
            self.quality.panel,
            self.quality.real,
            subseed(self.seed, "latent", latent),
        )
        facts.pop("walk_mse", None)
        n, rate = settings.latent_spaces.walks, facts["walk_success_rate"]
        successes = round(rate * n)
        self.progress.finish(f"MSE {model.mse_:.4f}, {rate:.0%} succeed")
        row = {
            "kind": kind,
            "latent": latent,
            "train_images": len(part),
            "train_mse": float(model.mse_),
            "test_mse": error,
            "train_seconds": time.perf_counter() - begin,
            "n": n,
            "successes": successes,
            "success_rate": rate,
            "success_interval": list(wilson_interval(successes, n)),
            "recognised": facts["walk_recognised"],
        }
        self._add("latent", row | facts)

    def _autoencoder(self, kind: str, latent: int, n_images: int) -> Any:
        settings = self.settings
        epochs, seed = max(1, settings.shown // n_images), subseed(self.seed, kind)
        if kind == PLAIN:
            return Autoencoder(
                latent,
                hidden=settings.hidden,
                optimizer=DEFAULT_OPTIMIZER,
                epochs=epochs,
                random_state=seed,
            )
        other = (NoisySettings if kind == NOISY else VAESettings)(latent, hidden=settings.hidden)
        return other.estimator(
            self.classifier.estimator.network_,
            epochs=epochs,
            random_state=seed,
            threads=self.threads,
        )

    def _has(self, sweep: str, **wanted: Any) -> bool:
        return any(all(row[k] == v for k, v in wanted.items()) for row in self.rows[sweep])

    def _add(self, sweep: str, row: dict[str, Any]) -> None:
        self.rows[sweep].append(row)
        self.on_row()

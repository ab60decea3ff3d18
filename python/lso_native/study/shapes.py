"""The shapes task: how far beyond its data a decoder goes, with and without weights and retraining."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lso_native._typing import Float32Array, Float64Array, FloatArray, IntArray
from lso_native.data.shapes import shapes
from lso_native.files.arrays import read_arrays
from lso_native.files.native import load, save
from lso_native.models.vae import VAE
from lso_native.network import ActivationName
from lso_native.optimizers import Adam
from lso_native.random import subseed
from lso_native.retraining import LookedUp, RetrainingProgress, weighted_retraining
from lso_native.study.progress import Progress
from lso_native.study.results import write_results
from lso_native.study.runner import run_steps
from lso_native.study.step import Step, Work
from lso_native.study.store import Store
from lso_native.training import TrainProgress

__all__ = ["ShapesSettings", "Way", "run"]


@dataclass(frozen=True)
class Squares:
    """The images, as ``lso.data.shapes`` makes them."""

    side: int = 64
    largest: int = 20
    copies: int = 10

    def load(self) -> Float32Array:
        """(n, side²)"""
        return shapes(side=self.side, largest=self.largest, copies=self.copies)


@dataclass(frozen=True)
class SquaresDecoder(Step[VAE]):
    """A variational autoencoder of the images, before anything is asked.

    Its nodes are tanh: beyond the codes they neither grow nor end at 0, as those of relu do. One layer of them: of two,
    some decoders turn all pixels over at the border of the grid. The divergence counts ten times, as in the published
    study.
    """

    seed: int
    images: Squares = Squares()
    hidden: tuple[int, ...] = (256,)
    activation: ActivationName = "tanh"
    kl_weight: float = 10.0
    epochs: int = 12
    average: float = 0.999
    name: str = "decoder"

    def cost(self, work: Work) -> float:  # noqa: ARG002
        """Its epochs'."""
        return 1.6 * self.epochs

    def make(self, work: Work) -> VAE:
        """Train it."""
        progress = work.progress
        progress.start(f"{self.name}, seed {self.seed}", self.epochs)

        def hear(told: TrainProgress) -> None:
            progress.update(told.epoch)

        vae = VAE(
            latent=2,
            hidden=self.hidden,
            activation=self.activation,
            likelihood="bernoulli",
            kl_weight=self.kl_weight,
            optimizer=Adam(learning_rate=1e-3),
            batch_size=32,
            epochs=self.epochs,
            average=self.average,
            threads=work.threads,
            random_state=subseed(self.seed, "decoder"),
        )
        vae.fit(work.data(self.images), callback=hear)
        progress.finish(f"loss {vae.history_['loss'][-1]:.1f} nats")
        return vae

    def save(self, made: VAE, folder: Path) -> None:
        """Write decoder.safetensors."""
        save(made, folder / "decoder.safetensors")

    def load(self, folder: Path) -> VAE:
        """Read it."""
        vae = load(folder / "decoder.safetensors")
        assert isinstance(vae, VAE)
        return vae


@dataclass(frozen=True)
class Way:
    """What is weighed, and how often the decoder is retrained."""

    name: str
    k: float | None
    """None: all samples count alike."""
    every: int
    """Queries between one retraining and the next."""
    epochs: float = 1.0
    """Of a retraining after the first, which all ways have."""
    published: float | None = field(default=None, compare=False)
    """The mean best area of five runs in the files of the published study, if they are there."""


WAYS = (
    Way("neither", None, 500, epochs=0.0, published=463.8),
    Way("weights alone", 1e-3, 500, epochs=0.0, published=501.4),
    Way("both, r = 50", 1e-3, 50, published=882.8),
    Way("both, r = 5", 1e-3, 5, epochs=0.3),
    Way("retraining alone, r = 50", None, 50),
)


@dataclass(frozen=True)
class Queried:
    """What was asked about in one run."""

    values: Float64Array
    """(queries,) areas."""
    best: Float64Array
    """(queries,) the largest so far."""
    rounds: IntArray
    """(queries,)"""
    images: FloatArray
    """(n, side²) the best one of each of ten equal parts of the queries."""


@dataclass(frozen=True)
class SquaresRun(Step[Queried]):
    """Queries of one way from one decoder."""

    way: Way
    decoder: SquaresDecoder
    queries: int = 500
    side: int = 50
    bound: float = 4.5
    learning_rate: float = 2e-3
    apart: float = 4.5
    """Images that differ by 20 pixels or less from a better one come last."""

    @property
    def title(self) -> str:
        """The way and the seed."""
        return f"{self.way.name}, seed {self.decoder.seed}"

    def cost(self, work: Work) -> float:  # noqa: ARG002
        """The queries', and those of retraining."""
        retrained = self.queries / self.way.every * self.way.epochs
        return 0.02 * self.queries + 3.5 * retrained

    def make(self, work: Work) -> Queried:
        """Ask."""
        progress = work.progress
        progress.start(self.title, self.queries)

        def hear(told: RetrainingProgress) -> None:
            progress.update(told.asked, f"best {told.best:g}")

        # A retraining is too short for averages of a thousand steps.
        vae = copy.copy(work.get(self.decoder)).set_params(
            threads=work.threads, average=0.0, optimizer=Adam(learning_rate=self.learning_rate)
        )
        images = work.data(self.decoder.images)
        result = weighted_retraining(
            vae,
            area,
            images,
            area(images),
            queries=self.queries,
            every=self.way.every,
            k=math.inf if self.way.k is None else self.way.k,
            epochs=self.way.epochs,
            search=LookedUp(self.side, (-self.bound, self.bound), self.apart),
            finish=np.round,
            random_state=subseed(self.decoder.seed, "queries"),
            threads=work.threads,
            callback=hear,
        )
        progress.finish(f"best {result.best_value:g}")
        tenths = np.array_split(np.arange(len(result.values)), 10)
        best = [result.samples[part[result.values[part].argmax()]] for part in tenths]
        return Queried(result.values, result.best, result.rounds, np.array(best))

    def save(self, made: Queried, folder: Path) -> None:
        """Write queried.npz."""
        np.savez_compressed(folder / "queried.npz", **vars(made))

    def load(self, folder: Path) -> Queried:
        """Read it."""
        return Queried(
            **read_arrays(folder / "queried.npz", values="q", best="q", rounds="q", images="n d")
        )


def area(images: FloatArray) -> Float64Array:
    """Pixels of images (n, side²) of 0 and 1 that are 1."""
    return np.asarray(images.sum(axis=1, dtype=np.float64))


@dataclass(frozen=True)
class ShapesSettings:
    """What is run, and where its files go."""

    out: str = "lso-shapes"
    seeds: int = 5
    random_state: int = 0
    threads: int | None = None
    ways: tuple[Way, ...] = WAYS
    images: Squares = Squares()
    queries: int = 500

    def steps(self) -> dict[str, list[SquaresRun]]:
        """By way, a run a seed; all ways of a seed begin with the same decoder."""
        seeds = range(self.random_state, self.random_state + self.seeds)
        return {
            way.name: [
                SquaresRun(way, SquaresDecoder(seed, self.images), queries=self.queries)
                for seed in seeds
            ]
            for way in self.ways
        }


def run(settings: ShapesSettings, progress: Progress, *, executor: Any = None) -> Mapping[str, Any]:
    """Make what DIR/steps lacks, and write DIR/results.json: by way the best areas, and how they came about."""
    store = Store(Path(settings.out) / "steps")
    steps = settings.steps()
    wanted = [step for runs in steps.values() for step in runs]
    run_steps(store, wanted, executor=executor, threads=settings.threads, progress=progress)
    results: dict[str, Any] = {"seeds": settings.seeds, "queries": settings.queries, "ways": {}}
    for way in settings.ways:
        made = [store.load(step) for step in steps[way.name]]
        best = [float(each.best[-1]) for each in made]
        results["ways"][way.name] = {
            "best": best,
            "mean": float(np.mean(best)),
            "published": way.published,
            "curve": np.mean(
                [_whole(each.best, settings.queries) for each in made], axis=0
            ).tolist(),
            "seconds": float(np.mean([store.seconds(step) for step in steps[way.name]])),
        }
    write_results(Path(settings.out), results)
    progress.over(Path(settings.out))
    return results


def _whole(best: Float64Array, queries: int) -> Float64Array:
    """``best`` as if nothing better had been found by the queries that were not made."""
    return np.pad(best, (0, queries - len(best)), mode="edge")

"""The study: rare requests, held-out ones, how different twenty answers are, and a box that tells no gradient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lso_native._checks import check_int
from lso_native.data import Digits, Part, load
from lso_native.data.digits import DatasetName
from lso_native.experiments.progress import Progress, Silent
from lso_native.experiments.requests.asked import Measured, Request, groups
from lso_native.experiments.requests.held import HeldOut
from lso_native.experiments.requests.looks import Looks
from lso_native.experiments.requests.models import Maker, Models, ModelSettings
from lso_native.experiments.requests.told import Reply, Told
from lso_native.experiments.requests.ways import (
    Descent,
    DescentSettings,
    Panel,
    Pool,
    cluster_draw,
    gan_draw,
)
from lso_native.experiments.results import environment, plain, write_results, write_samples
from lso_native.models.regressor import Regressor
from lso_native.models.training import subseed

_BESIDE = 4  # real images in a picture
SEVENS = Request.near(7, 20.0, 2.2)
"""For a picture: what one image in some thousand is."""


@dataclass(frozen=True)
class RequestsSettings:
    """How much is asked, of what."""

    dataset: DatasetName = "mnist5k"
    data_dir: str | None = None
    out: str = "lso-requests"
    requests: int = 50
    """A group."""
    samples: int = 20
    """A request."""
    pool: int = 100_000
    """Images of each digit that rejection may draw in all."""
    repeats: int = 1
    """Seeds, from ``random_state`` on."""
    random_state: int = 0
    threads: int | None = None
    models: ModelSettings = field(default_factory=ModelSettings)
    descent: DescentSettings = field(default_factory=DescentSettings)


def run(settings: RequestsSettings, progress: Progress | None = None) -> dict[str, Any]:
    """Train, or read from the folder of an earlier run, what is needed, ask, and write results.json and samples."""
    for name in ("requests", "samples", "pool", "repeats"):
        check_int(name, getattr(settings, name))
    folder = Path(settings.out)
    results = {"settings": plain(settings), "environment": environment(), "trials": []}
    for seed in range(settings.random_state, settings.random_state + settings.repeats):
        digits = load(settings.dataset, data_dir=settings.data_dir, random_state=seed)
        trial = Trial(settings, digits, seed, folder, progress or Silent())
        results["trials"].append(trial.run())
        write_results(folder, results)
    return results


@dataclass(frozen=True, eq=False)
class Trial:
    """All of it with one seed."""

    settings: RequestsSettings
    digits: Digits
    seed: int
    folder: Path
    progress: Progress

    def run(self) -> dict[str, Any]:
        """Figures by question."""
        known = Measured.of(self.digits.train, self.digits.judge)
        panel = Panel(self.maker("judges", self.digits.judge).judges())
        asked = groups(known, self.settings.requests, self.seed)
        maker = self.maker("all", self.digits.train)
        models = maker.models()
        look = Looks.of(known.images)
        told = self.ask_all(asked, models, models.regressor, panel, "joint")
        surrogate, calls = maker.boxed(models)
        boxed = self.ask_all(asked, models, surrogate, panel, "box")
        seen = Measured.of(self.digits.train)
        rivals = self.rivals(models, panel)
        sevens = self.ask([SEVENS], models, models.regressor, panel, "thick slanted sevens")
        return {
            "seed": self.seed,
            "panel": self.judged(panel, asked),
            "joint": {
                name: each.facts() | each.beside(rivals, seen, panel) for name, each in told.items()
            },
            "different": {name: each.different(known) for name, each in told.items()},
            "looks": {name: look.count(each.images) for name, each in told.items()}
            | {"test images": look.count(self.digits.test.images)},
            "box": {
                "training_calls": calls,
                **{name: each.facts() for name, each in boxed.items()},
            },
            "sevens": sevens.facts(),
            "held_out": {
                "both": self.held_out("both", HeldOut.both(seen), known, panel),
                "sevens and fours": self.held_out(
                    "sevens-and-fours", HeldOut.sevens_and_fours(seen), known, panel
                ),
            },
        }

    def held_out(self, name: str, held: HeldOut, known: Measured, panel: Panel) -> dict[str, Any]:
        """Models that never saw ``held``, asked for just that."""
        train = self.digits.train
        seen = Measured.of(train)
        kept = ~held.holds(seen.labels, seen.pairs)
        models = self.maker(name, Part(train.images[kept], train.labels[kept]), held).models()
        requests = held.requests(known, self.settings.requests, self.seed)
        told = self.ask(requests, models, models.regressor, panel, name)
        write_samples(
            self._samples(f"{name} nearest"),
            {"images": np.stack([known.nearest(request, _BESIDE) for request in requests])},
        )
        facts = told.facts() | told.beside(self.rivals(models, panel), seen.take(kept), panel)
        return facts | {"removed": int((~kept).sum())}

    def maker(self, name: str, part: Part, held: HeldOut | None = None) -> Maker:
        """Who trains the models ``name``, kept in a folder of their own."""
        folder = self.folder / "models" / f"seed-{self.seed}" / name
        settings = self.settings
        return Maker(
            part, held, settings.models, folder, self.seed, settings.threads, self.progress
        )

    def rivals(self, models: Models, panel: Panel) -> dict[str, Pool]:
        """What rejection chooses from."""
        draws = {"gan": gan_draw(models, self.seed), "clusters": cluster_draw(models, self.seed)}
        return {name: Pool.judged(draw, self.settings.pool, panel) for name, draw in draws.items()}

    def ask_all(
        self,
        asked: Mapping[str, Sequence[Request]],
        models: Models,
        surrogate: Regressor,
        panel: Panel,
        what: str,
    ) -> dict[str, Told]:
        """What comes of each group."""
        return {
            name: self.ask(requests, models, surrogate, panel, f"{what} {name}")
            for name, requests in asked.items()
        }

    def ask(
        self,
        requests: Sequence[Request],
        models: Models,
        surrogate: Regressor,
        panel: Panel,
        what: str,
    ) -> Told:
        """What comes of ``requests``; the samples are written too."""
        way = Descent(models, surrogate, self.settings.descent, self.settings.threads)
        self.progress.start(what, len(requests))
        replies = []
        for number, request in enumerate(requests):
            seed = subseed(self.seed, what, number)
            answer = way.answer(request, self.settings.samples, seed)
            replies.append(Reply.judged(request, answer, panel))
            self.progress.update(number + 1)
        told = Told(tuple(replies))
        self.progress.finish(f"{told.facts()['success']:.1%} met and recognised")
        write_samples(self._samples(what), told.arrays())
        return told

    def _samples(self, what: str) -> Path:
        """Where samples lie."""
        return self.folder / "samples" / f"seed-{self.seed}" / f"{what.replace(' ', '-')}.npz"

    def judged(self, panel: Panel, asked: Mapping[str, Sequence[Request]]) -> dict[str, Any]:
        """How much of real test images the panel recognises: of all, and of those that match each group."""
        test = Measured.of(self.digits.test)
        own = np.zeros(len(test.labels), np.bool_)
        for digit in panel.digits:
            rows = test.labels == digit
            own[rows] = panel.recognise(test.images[rows], digit)
        facts: dict[str, Any] = {"all": {"n": len(own), "recognised": float(own.mean())}}
        for name, requests in asked.items():
            rows = np.unique(np.concatenate([test.matching(request) for request in requests]))
            share = float(own[rows].mean()) if rows.size else None
            facts[name] = {"n": len(rows), "recognised": share}
        return facts

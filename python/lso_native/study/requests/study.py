"""The study: rare requests, held-out ones, how different twenty answers are, and a box that tells no gradient."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from lso_native._checks import check_int
from lso_native.data import Digits, Part, load
from lso_native.data.digits import DatasetName
from lso_native.files import check_writable_dir
from lso_native.files.foreign import check_folders
from lso_native.random import subseed
from lso_native.study.progress import Progress, Silent
from lso_native.study.requests.asked import Measured, Request, groups
from lso_native.study.requests.held import HeldOut
from lso_native.study.requests.looks import Looks
from lso_native.study.requests.models import Maker, Models
from lso_native.study.requests.settings import DescentSettings, ModelSettings
from lso_native.study.requests.steps import Asked, Learned, Lesson, Pooled
from lso_native.study.requests.told import Reply, Told
from lso_native.study.requests.ways import (
    Descent,
    Jury,
    Pool,
    cluster_draw,
    gan_draw,
)
from lso_native.study.results import environment, plain, write_results, write_samples
from lso_native.study.step import Step, Work
from lso_native.study.store import Store

_BESIDE = 4  # real images in a picture
T = TypeVar("T")
SEVENS = Request.near(7, 20.0, 2.2)
"""For a picture: what 1 in 200 of MNIST's 7s is like."""


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
    pool: int = 30_000
    """Images of each digit that rejection may draw in all."""
    ablations: bool = False
    """Whether the first run also leaves out one thing after the other."""
    repeats: int = 1
    """Seeds, from ``random_state`` on."""
    random_state: int = 0
    threads: int | None = None
    models: ModelSettings = field(default_factory=ModelSettings)
    descent: DescentSettings = field(default_factory=DescentSettings)


def run(settings: RequestsSettings, progress: Progress | None = None) -> dict[str, Any]:
    """Train and ask whatever the folder does not hold from an earlier run, and write results.json and samples."""
    for name in ("requests", "samples", "pool", "repeats"):
        check_int(name, getattr(settings, name))
    folder = check_writable_dir(settings.out)
    check_folders(folder)
    store = Store(folder / "steps")
    results = {"settings": plain(settings), "environment": environment(), "trials": []}
    for seed in range(settings.random_state, settings.random_state + settings.repeats):
        digits = load(settings.dataset, data_dir=settings.data_dir, random_state=seed)
        trial = Trial(settings, digits, seed, folder, store, progress or Silent())
        results["trials"].append(trial.run())
        write_results(folder, results)
    if progress is not None:
        progress.over(folder)
    return results


@dataclass(frozen=True, eq=False)
class Trial:
    """All of it with one seed."""

    settings: RequestsSettings
    digits: Digits
    seed: int
    folder: Path
    store: Store
    progress: Progress

    def run(self) -> dict[str, Any]:
        """Figures by question."""
        known = Measured.of(self.digits.train, self.digits.judge)
        jury = Jury(self.maker(self.lesson("judges"), self.digits.judge).judges())
        asked = groups(known, self.settings.requests, self.seed)
        lesson = self.lesson("all")
        maker = self.maker(lesson, self.digits.train)
        models = maker.models()
        surrogate, calls = maker.boxed(models)
        told, boxed = (
            {
                name: self.ask_and_keep(requests, lesson, each, jury, f"{what} {name}")
                for name, requests in asked.items()
            }
            for what, each in (("joint", models), ("box", replace(models, regressor=surrogate)))
        )
        seen = Measured.of(self.digits.train)
        rivals = self.rivals(lesson, models, jury)
        sevens = self.ask_and_keep([SEVENS], lesson, models, jury, "thick slanted sevens")
        return {
            "seed": self.seed,
            "jury": self.judged(jury, asked),
            "joint": {
                name: each.facts() | each.beside(rivals, seen, jury) for name, each in told.items()
            },
            "different": {name: each.different(known) for name, each in told.items()},
            "looks": self.looks(told, known),
            "box": {
                "training_calls": calls,
                **{name: each.facts() for name, each in boxed.items()},
            },
            "sevens": sevens.facts(),
            "worth": self.worth(lesson, maker, models, asked, jury),
            "held_out": {
                "both": self.held_out("both", HeldOut.both(seen), known, jury),
                "sevens and fours": self.held_out(
                    "sevens-and-fours", HeldOut.sevens_and_fours(seen), known, jury
                ),
            },
        }

    def looks(self, told: Mapping[str, Told], known: Measured) -> dict[str, Any]:
        """How many successes look otherwise than nearly all real images, and how many real ones that match do."""
        look = Looks.of(known.images)
        counts = {}
        for name, each in told.items():
            rows = [known.matching(reply.request) for reply in each.replies]
            counts[name] = look.count(each.images)
            counts[f"real images that match: {name}"] = look.count(
                known.images[np.unique(np.concatenate(rows))]
            )
        return counts | {"test images": look.count(self.digits.test.images)}

    def worth(
        self,
        lesson: Lesson,
        maker: Maker,
        models: Models,
        asked: Mapping[str, Sequence[Request]],
        jury: Jury,
    ) -> dict[str, Any]:
        """The share that succeeds of each group, with one thing after the other left out."""
        settings = self.settings
        if not settings.ablations or self.seed != settings.random_state:
            return {}
        usual = settings.descent
        variants = {
            "the descent as it is": (models, usual),
            "no aiming anew": (models, replace(usual, aims=0)),
            "aimed anew once": (models, replace(usual, aims=1)),
            "the first draw instead of the best of 32": (models, replace(usual, best_of=1)),
            "starts as the codes are spread": (models, replace(usual, spread=1.0)),
            "one classifier": (models, replace(usual, classifiers=1)),
            "a certainty of .8": (models, replace(usual, certainty=0.8)),
            "latents anywhere": (models, replace(usual, keep=None)),
            "steps of any length": (models, replace(usual, max_step=None)),
            **{name: (other, usual) for name, other in maker.plain(models).items()},
        }
        return {
            name: {
                group: self.ask(requests, lesson, *variant, jury, f"{name}: {group}").facts()
                for group, requests in asked.items()
            }
            for name, variant in variants.items()
        }

    def held_out(self, name: str, held: HeldOut, known: Measured, jury: Jury) -> dict[str, Any]:
        """Models that never saw ``held``, asked for just that."""
        train = self.digits.train
        seen = Measured.of(train)
        kept = ~held.holds(seen.labels, seen.pairs)
        lesson = self.lesson(name, held)
        models = self.maker(lesson, Part(train.images[kept], train.labels[kept])).models()
        requests = held.requests(known, self.settings.requests, self.seed)
        told = self.ask_and_keep(requests, lesson, models, jury, name)
        write_samples(
            self._samples(f"{name} nearest"),
            {"images": np.stack([known.nearest(request, _BESIDE) for request in requests])},
        )
        facts = told.facts() | told.beside(self.rivals(lesson, models, jury), seen.take(kept), jury)
        return facts | {"removed": int((~kept).sum())}

    def lesson(self, name: str, held: HeldOut | None = None) -> Lesson:
        """What the models ``name`` learn."""
        return Lesson(self.settings.dataset, name, held, self.settings.models, self.seed)

    def maker(self, lesson: Lesson, part: Part) -> Maker:
        """Who trains the models of ``lesson`` on ``part``."""

        def keep(name: str, make: Callable[[], Any]) -> Any:
            return self.get(Learned(name, lesson, make))

        settings = self.settings
        return Maker(part, lesson.held, settings.models, self.seed, settings.threads, keep)

    def get(self, step: Step[T]) -> T:
        """From the store, made where it is not there."""
        return self.store.get(step, progress=self.progress, threads=self.settings.threads)

    def rivals(self, lesson: Lesson, models: Models, jury: Jury) -> dict[str, Pool]:
        """What rejection chooses from."""
        n, spread = self.settings.pool, self.settings.descent.spread
        draws = {
            "gan": gan_draw(models, self.seed),
            "clusters": cluster_draw(models, spread, self.seed),
        }
        found = {}
        for name, draw in draws.items():
            step = Pooled(name, lesson, n, spread, partial(Pool.judged, draw, n, jury))
            found[name] = step.pool(self.get(step))
        return found

    def ask(
        self,
        requests: Sequence[Request],
        lesson: Lesson,
        models: Models,
        descent: DescentSettings,
        jury: Jury,
        what: str,
    ) -> Told:
        """What comes of ``requests``."""

        def asked(work: Work) -> Told:
            work.progress.start(what, len(requests))
            way, replies = Descent(models, descent, work.threads), []
            for number, request in enumerate(requests):
                seed = subseed(self.seed, what, number)
                answer = way.answer(request, self.settings.samples, seed)
                replies.append(Reply.judged(request, answer, jury))
                work.progress.update(number + 1)
            told = Told(tuple(replies))
            work.progress.finish(f"{told.facts()['success']:.1%} met and recognised")
            return told

        step = Asked(what, lesson, tuple(requests), self.settings.samples, descent, asked)
        return step.told(self.get(step))

    def ask_and_keep(
        self, requests: Sequence[Request], lesson: Lesson, models: Models, jury: Jury, what: str
    ) -> Told:
        """The same by the usual settings; the samples are written."""
        told = self.ask(requests, lesson, models, self.settings.descent, jury, what)
        write_samples(self._samples(what), told.arrays())
        return told

    def _samples(self, what: str) -> Path:
        """Where samples lie."""
        return self.folder / "samples" / f"seed-{self.seed}" / f"{what.replace(' ', '-')}.npz"

    def judged(self, jury: Jury, asked: Mapping[str, Sequence[Request]]) -> dict[str, Any]:
        """How much of real test images the jury recognises: of all, and of those that match each group."""
        test = Measured.of(self.digits.test)
        own = np.zeros(len(test.labels), np.bool_)
        for digit in jury.digits:
            rows = test.labels == digit
            own[rows] = jury.recognise(test.images[rows], digit)
        facts: dict[str, Any] = {"all": {"n": len(own), "recognised": float(own.mean())}}
        for name, requests in asked.items():
            rows = np.unique(np.concatenate([test.matching(request) for request in requests]))
            share = float(own[rows].mean()) if rows.size else None
            facts[name] = {"n": len(rows), "recognised": share}
        return facts

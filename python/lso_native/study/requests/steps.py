"""What the study keeps of its work: models, answers and pools, each a step in its store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from lso_native._typing import Array
from lso_native.files.native import load, save
from lso_native.study.arrays import ArraysStep
from lso_native.study.requests.asked import Request
from lso_native.study.requests.held import HeldOut
from lso_native.study.requests.settings import DescentSettings, ModelSettings
from lso_native.study.requests.told import Reply, Told
from lso_native.study.requests.ways import Answer, Pool
from lso_native.study.step import Step, Work


@dataclass(frozen=True)
class Lesson:
    """What models learned: which images, without what, how."""

    dataset: str
    part: str
    held: HeldOut | None
    settings: ModelSettings
    seed: int


@dataclass(frozen=True)
class Learned(Step[Any]):
    """A model of a lesson; ``how`` trains it."""

    name: str
    lesson: Lesson
    how: Callable[[], Any] = field(compare=False)

    def make(self, work: Work) -> Any:
        """Trained."""
        work.progress.start(f"{self.lesson.part}: {self.name}", 1)
        model = self.how()
        work.progress.finish("learned")
        return model

    def save(self, made: Any, folder: Path) -> None:
        """Write model.safetensors."""
        save(made, folder / "model.safetensors")

    def load(self, folder: Path) -> Any:
        """Read it."""
        return load(folder / "model.safetensors")


@dataclass(frozen=True)
class Asked(ArraysStep):
    """What came of requests; ``how`` asks them."""

    shapes: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"images": "r n d", "decoded": "r", "calls": "r", "met": "r n", "votes": "r j n"}
    )
    name: str
    lesson: Lesson
    requests: tuple[Request, ...]
    samples: int
    """A request."""
    descent: DescentSettings
    how: Callable[[Work], Told] = field(compare=False)

    def make(self, work: Work) -> dict[str, Array]:
        """Asked, and told of."""
        replies = self.how(work).replies
        return {
            "images": np.stack([each.answer.images for each in replies]),
            "decoded": np.array([each.answer.decoded for each in replies]),
            "calls": np.array([each.answer.calls for each in replies]),
            "met": np.stack([each.met for each in replies]),
            "votes": np.stack([each.votes for each in replies]),
        }

    def told(self, arrays: dict[str, Array]) -> Told:
        """The same from what was kept."""
        of = (arrays[name] for name in ("images", "decoded", "calls", "met", "votes"))
        return Told(
            tuple(
                Reply(request, Answer(images, int(decoded), int(calls)), met, votes)
                for request, images, decoded, calls, met, votes in zip(
                    self.requests, *of, strict=True
                )
            )
        )


@dataclass(frozen=True)
class Pooled(ArraysStep):
    """A pool to choose from; ``how`` draws it."""

    name: str
    lesson: Lesson
    size: int
    spread: float
    how: Callable[[], Pool] = field(compare=False)

    def make(self, work: Work) -> dict[str, Array]:
        """Drawn, and judged."""
        work.progress.start(f"{self.lesson.part}: {self.name}, {self.size:,} images a digit", 1)
        pool = self.how()
        work.progress.finish("drawn")
        parts: dict[str, Mapping[int, Array]] = {
            "images": pool.images,
            "pairs": pool.pairs,
            "recognised": pool.recognised,
        }
        return {
            f"{name} {digit}": values
            for name, each in parts.items()
            for digit, values in each.items()
        }

    def pool(self, arrays: dict[str, Array]) -> Pool:
        """The same from what was kept."""

        def part(name: str) -> dict[int, Any]:
            return {
                int(key.rpartition(" ")[2]): values
                for key, values in arrays.items()
                if key.startswith(name)
            }

        return Pool(part("images"), part("pairs"), part("recognised"))

"""A step: one piece of a study, told apart by what it is made of.

A study is steps, and a step is a frozen dataclass. Its fields are its settings and the steps that it needs. Whatever
changes what comes out of it is in its ``key``, so that what a folder holds under a key need never be made again.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import time
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar, cast

from lso_native._checks import shown
from lso_native.errors import ArgumentError, ArgumentTypeError
from lso_native.files.plain_json import read_json
from lso_native.study.identity import Keyed, compared, digest_of, fields_of, key_of, versions
from lso_native.study.memory import Memory
from lso_native.study.progress import Progress, Silent

__all__ = ["Facts", "FactsStep", "Source", "Step", "Work", "content", "read_facts"]

T = TypeVar("T")
S = TypeVar("S", covariant=True)
Facts = dict[str, Any]
"""Figures by their names, as JSON takes them."""


@dataclass(frozen=True)
class Step(Keyed, Generic[T]):
    """What makes one product ``T``, and how that lies on disk.

    A kind of step is a frozen dataclass derived from this. A field may be a number, a string, None, an array, a tuple,
    a mapping, a function that a module names, another frozen dataclass, or a step. ``field(compare=False)`` is for what
    changes nothing of the product, such as where data lie; it is left out of the key.

    ``make`` must give the same product each time, whatever the number of threads. What others see is what ``load``
    reads of what ``save`` wrote, never what ``make`` returned: a run that goes on gives the same bits as a whole one.

    Of a class from outside this package the text is in the key too, that of what it calls is not.
    """

    needs: ClassVar[tuple[str, ...]] = ()
    """Packages beside NumPy whose versions change the product; a dataclass among the fields may have them too."""

    @abstractmethod
    def make(self, work: Work) -> T:
        """The product; ``work`` gives those of other steps, and hears how far it is."""

    @abstractmethod
    def save(self, made: T, folder: Path) -> None:
        """Write the product as files into ``folder``, which is there and empty.

        made : the product.
        """

    @abstractmethod
    def load(self, folder: Path) -> T:
        """Read what ``save`` wrote; raises OSError or ValueError where it is not whole.

        folder : the step's own.
        """

    @property
    def title(self) -> str:
        """A few words that tell it from others of its kind: for progress, and for its folder."""
        name = getattr(self, "name", "")
        return str(name) if name else type(self).__name__.lower()

    def cost(self, work: Work) -> float:  # noqa: ARG002
        """About how many seconds it takes on one core, as measured on one of 2024: tells how much of a run is left, and
        changes nothing else. ``work.data`` may be asked; products of other steps need not be there."""
        return 0.1

    @cached_property
    def key(self) -> str:
        """32 hexadecimal digits, of the class, the settings, the keys of needed steps, and the versions of this
        package, of NumPy, of the instruction set and of ``needs``."""
        return digest_of({"step": content(self), "versions": versions()})

    @cached_property
    def inputs(self) -> tuple[Step[Any], ...]:
        """The steps that this one needs, each once."""
        found = {step.key: step for name in compared(self) for step in _steps(getattr(self, name))}
        return tuple(found.values())

    def needed(self) -> list[Step[Any]]:
        """All that this one needs, and what that needs, each once and after what it needs itself."""
        found: dict[str, Step[Any]] = {}

        def look(step: Step[Any]) -> None:
            for each in step.inputs:
                if each.key not in found:
                    look(each)
                    found[each.key] = each

        look(self)
        return list(found.values())


@dataclass(frozen=True)
class FactsStep(Step[Facts]):
    """A step whose product is figures alone."""

    def save(self, made: Facts, folder: Path) -> None:
        """Write facts.json; raises TypeError and ValueError for what JSON does not take, NaN among it."""
        if not isinstance(made, dict):
            raise ArgumentTypeError("figures", "a dict, by their names", shown(made))
        for name, figure in made.items():
            _check_figure(name, figure)
        write_json(folder / "facts.json", made)

    def load(self, folder: Path) -> Facts:
        """Read facts.json; raises ArgumentError naming it where that holds no figures by name."""
        return read_facts(folder / "facts.json")


class Source(Protocol[S]):
    """What can be told from others by ``identity`` and be loaded: a data set."""

    def load(self) -> S:
        """What it stands for."""


@dataclass
class Work:
    """Products of other steps, and who hears of progress.

    Attributes
    ----------
    folder : the store's.
    threads : of the engine, where a call of it says none; None for as many as there are processors.
    """

    folder: Path
    products: Callable[[Step[Any]], Any]
    memory: Memory
    progress: Progress = field(default_factory=Silent)
    threads: int | None = None
    _clocked: float | None = field(default=None, init=False)

    def get(self, step: Step[T]) -> T:
        """The product of ``step``, which is in the store."""
        product: T = self.products(step)
        return product

    def data(self, source: Source[T]) -> T:
        """What ``source`` loads, once a process as long as no others come between."""
        return self.once(source, source.load)

    def once(self, what: Any, make: Callable[[], T]) -> T:
        """What ``make`` gives, which ``what`` (see ``identity``) tells from others: once a process, if it is not too
        long ago. For what takes longer to work out than to hold, and is no step of its own."""
        return cast(T, self.memory.get(key_of(what), make))

    @contextlib.contextmanager
    def clock(self) -> Iterator[None]:
        """Only the bodies of this count as the step's time, where there are any."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            self._clocked = (self._clocked or 0.0) + time.perf_counter() - begin

    def seconds(self, whole: float) -> float:
        """What to keep as the step's time, which took ``whole`` seconds in all."""
        return whole if self._clocked is None else self._clocked


def content(step: Step[Any]) -> dict[str, Any]:
    """The class and the settings of ``step``, and the keys of those it needs, as JSON takes them."""
    return fields_of(step)


def write_json(path: Path, value: Any) -> None:
    """Write ``value``, the same bytes for the same value."""
    path.write_text(json.dumps(value, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def read_facts(path: Path) -> Facts:
    """The figures by name in the file ``path``; ArgumentError naming it where it holds something else."""
    facts = read_json(path)
    if not isinstance(facts, dict):
        raise ArgumentError(path, "figures by their names", shown(facts))
    return facts


def _check_figure(name: Any, figure: Any) -> None:
    try:
        json.dumps(figure, allow_nan=False)
    except TypeError:
        kinds = "a number of Python's, a string, None, a list or a dict of such"
        raise ArgumentTypeError(f"figure {name!r}", kinds, shown(figure)) from None
    except ValueError:
        finite = "finite numbers, or None where there is none"
        raise ArgumentError(f"figure {name!r}", finite, shown(figure)) from None


def _steps(value: Any) -> Iterator[Step[Any]]:
    """The steps in ``value``, and in what it holds; not those that they need in turn."""
    if isinstance(value, Step):
        yield value
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for name in compared(value):
            yield from _steps(getattr(value, name))
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _steps(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _steps(each)

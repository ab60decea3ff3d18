"""What a study is about: samples with labels, in three parts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Protocol

from lso_native.data import Digits, Part, load
from lso_native.data.digits import DatasetName

__all__ = ["DataSet", "DigitsData", "Split", "first"]


class Split(Protocol):
    """A data set, loaded; ``lso.data.Digits`` is one.

    Every part holds ``images`` (n, n_features) float32 and ``labels`` (n,) int64 of 0 to the number of classes; no two
    parts share a sample. Models learn ``train``, judges of what models make ``judge``; figures are of ``test``.
    """

    @property
    def name(self) -> str:
        """Of the data set."""

    @property
    def train(self) -> Part:
        """For models."""

    @property
    def judge(self) -> Part:
        """For judges."""

    @property
    def test(self) -> Part:
        """For figures."""


@dataclass(frozen=True)
class DataSet(ABC):
    """A data set to be loaded, told from others by its fields: a frozen dataclass derived from this.

    Where the data lie is a field with ``compare=False``; whatever changes their values is one without.
    """

    @property
    @abstractmethod
    def classes(self) -> int:
        """How many there are; labels are 0 to one less."""

    @abstractmethod
    def load(self) -> Split:
        """The same values each time, in whatever process."""

    @property
    def shape(self) -> tuple[int, int] | None:
        """Rows and columns of a sample that is a picture."""
        return None

    @property
    def is_square(self) -> bool:
        """Whether samples are pictures that sheets can show."""
        return self.shape is not None and self.shape[0] == self.shape[1]

    @property
    def sample_name(self) -> str:
        """What one is called on a page; an s makes it several."""
        return "sample"

    @property
    def class_name(self) -> str:
        """What its class is called."""
        return "class"

    @property
    def title(self) -> str:
        """What it is called."""
        return str(getattr(self, "name", type(self).__name__))


@dataclass(frozen=True)
class DigitsData(DataSet):
    """Handwritten digits, as ``lso.data.load`` gives them.

    name, size, random_state, data_dir : as of ``lso.data.load``.
    """

    name: DatasetName = "mnist5k"
    size: int = 14
    random_state: int = 0
    data_dir: str | None = field(default=None, compare=False)

    @property
    def classes(self) -> int:
        """The ten digits."""
        return 10

    @property
    def shape(self) -> tuple[int, int]:
        """A square."""
        return self.size, self.size

    @property
    def sample_name(self) -> str:
        """What an image shows ..."""
        return "digit"

    @property
    def class_name(self) -> str:
        """... which is its class."""
        return "digit"

    def load(self) -> Digits:
        """Read and shuffled; raises what ``lso.data.load`` does."""
        return load(
            self.name, size=self.size, data_dir=self.data_dir, random_state=self.random_state
        )


def first(part: Part, n: int) -> Part:
    """The first ``n`` of a part, or all where there are fewer."""
    return Part(part.images[:n], part.labels[:n])

"""What ``generate`` returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lso_native._typing import BoolArray, Float64Array, FloatArray, IntArray, StringArray
from lso_native.display import (
    NONE,
    Columns,
    Rows,
    Samples,
    Table,
    View,
    counts,
    numbered,
    share,
    typical,
)
from lso_native.requirements.base import Combination, Part


class GenerateProgress(NamedTuple):
    """How far it is.

    Attributes
    ----------
    found : samples that are as asked.
    attempt : the last one that was made, 0 at the start.
    total : samples that are wanted.
    """

    found: int
    total: int
    attempt: int

    @property
    def share(self) -> float:
        """How many are found, of 1."""
        return self.found / self.total

    def __str__(self) -> str:
        said = f"{self.found:,} of {self.total:,} samples found"
        return f"{said}, attempt {self.attempt}" if self.attempt else said


class Descended(NamedTuple):
    """Where some descents came by, from their starts to their ends.

    Attributes
    ----------
    rows : (m,) which samples they are for.
    paths : m arrays (steps + 1, latent).
    losses : m arrays (steps + 1,) of E there.
    """

    rows: IntArray
    paths: list[FloatArray]
    losses: list[Float64Array]


class RequirementResult(NamedTuple):
    """What one requirement says of each sample.

    Attributes
    ----------
    part : the requirement, its weight, and whether it had to be met.
    values : (n, k) what it looked at, in its own units; NaN where there is no such thing.
    miss : (n,) how far they are from what was asked; 0 where it is met.
    met : (n,)
    """

    part: Part
    values: Float64Array
    miss: Float64Array
    met: BoolArray

    @property
    def name(self) -> str:
        """As the requirement's."""
        return self.part.name


@dataclass(frozen=True, eq=False, repr=False)
class GenerateResult(Rows):
    """n samples and what became of each; row i is the i-th sample asked for.

    Attributes
    ----------
    requirement : what was asked.
    samples : (n, n_features); where ``success`` is False, the best of all attempts.
    success : (n,) whether every requirement that had to be met is, to the letter.
    requirements : one a requirement, in the order of ``requirement.parts``, and what keeps the latent where codes are.
    latents : (n, latent)
    starts : (n, latent) where the descent to ``latents`` began.
    iterations : (n,) steps from there; 0: the start itself was as asked.
    attempts : (n,) starts that were tried for the sample.
    decoded : samples decoded in all: those that starts were chosen from, and one an iteration.
    box_calls : samples that a box, whose word is the last, was asked about.
    calls : (n,) how often on the way to this sample, in all attempts.
    box_failures : samples of which a box had nothing to say, and which therefore do not count as met.
    conflict : where no sample could be found: the names of requirements that keep each other from being met. Each can
        be left out alone for samples to be found among the starts tried; empty where some were found.
    interrupted : whether Ctrl-C ended it.
    least : samples that are less than this apart are too much alike; of a shard, where nobody has looked yet.
    conflict_cost : of ``decoded`` and of ``box_calls``, what finding ``conflict`` took.
    """

    requirement: Combination
    samples: FloatArray
    success: BoolArray
    requirements: tuple[RequirementResult, ...]
    latents: FloatArray
    starts: FloatArray
    iterations: IntArray
    attempts: IntArray
    decoded: int
    box_calls: int
    calls: IntArray
    box_failures: int
    conflict: tuple[str, ...]
    interrupted: bool = False
    least: float = 0.0
    conflict_cost: tuple[int, int] = (0, 0)

    @property
    def met(self) -> BoolArray:
        """(n, n_requirements) which sample meets which requirement."""
        return np.stack([each.met for each in self.requirements], axis=1)

    @property
    def status(self) -> StringArray:
        """(n,) "met", or "unmet: " and the requirements that are not."""
        said = []
        for row, success in enumerate(self.success):
            unmet = [each for each in self.requirements if each.part.hard and not each.met[row]]
            # a box was not asked, and its miss is NaN, where something else was in the way
            told = [each for each in unmet if not np.isnan(each.miss[row])] or unmet
            names = ", ".join(each.name for each in told) or "as another sample"
            said.append("met" if success else f"unmet: {names}")
        return np.array(said, dtype=np.str_)

    @property
    def moved(self) -> Float64Array:
        """(n,) how far each latent is from its start."""
        return np.asarray(np.linalg.norm(self.latents.astype(np.float64) - self.starts, axis=1))

    @property
    def unmoved(self) -> int:
        """How many samples are as asked without a step."""
        return int((self.success & (self.iterations == 0)).sum())

    @property
    def spread(self) -> float:
        """Mean distance between two of the samples that are as asked, of at most 1,000 of them; NaN below two."""
        rows = self.samples[self.success][:1_000].astype(np.float64)
        if len(rows) < 2:
            return float("nan")
        squared = np.square(rows).sum(axis=1)
        between = squared[:, None] + squared - 2 * rows @ rows.T
        upper = np.triu_indices(len(rows), 1)
        return float(np.sqrt(np.maximum(between[upper], 0)).mean())

    def _columns(self) -> Columns:
        found: Columns = {
            "success": self.success,
            "status": self.status,
            "iterations": self.iterations,
            "attempts": self.attempts,
            "moved": self.moved,
        }
        names = numbered([each.name for each in self.requirements])
        for name, each in zip(names, self.requirements, strict=True):
            found |= {f"{name} met": each.met, f"{name} miss": each.miss}
            if each.values.shape[1] == 1:
                found[f"{name} value"] = each.values[:, 0]
        return found

    def _samples(self) -> Samples:
        return Samples(self.samples, missed=~self.success)

    def _view(self) -> View:
        """Counts, what is in the way, and by requirement how many meet it, its typical value and its typical miss."""
        found, n = share(self.success)
        line = f"{found} of {n} as asked ({self.requirement!r}), {self.decoded:,} decoded"
        if self.box_calls:
            line += f", {self.box_calls:,} calls of the box"
        if self.box_failures:
            line += f", {self.box_failures:,} of which failed"
        if self.conflict:
            what = "not together" if len(self.conflict) > 1 else "not to be had"
            line += f"; {what}: {', '.join(self.conflict)}"
        rows = [
            (
                each.name,
                "yes" if each.part.hard else "no",
                *share(each.met),
                typical(each.values) if each.values.shape[1] == 1 else NONE,
                typical(each.miss[~each.met]),
            )
            for each in self.requirements
        ]
        head = ("requirement", "must hold", "met", "of", "typical value", "typical miss")
        ended = counts("status", self.status, self.iterations)
        return View("GenerateResult", line, (Table(head, rows), ended, self._samples()))

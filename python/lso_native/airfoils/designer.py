"""Airfoils of which lift, lift over drag, moment and thickness are all prescribed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from lso_native._checks import check_int, resolve_seed, shown
from lso_native._typing import Array, BoolArray, FloatArray, RandomState
from lso_native.airfoils.data import real
from lso_native.airfoils.learning import (
    DecoderSettings,
    Shapes,
    Simulator,
    Surrogate,
    SurrogateSettings,
    learn_shapes,
    learn_surrogate,
)
from lso_native.airfoils.simulator import NAMES, NeuralFoil
from lso_native.airfoils.target import Target, Tolerance
from lso_native.errors import ArgumentError, ArgumentTypeError
from lso_native.generate import GenerateProgress, GenerateResult, generate
from lso_native.models.base import not_fitted
from lso_native.models.black_box import BlackBox
from lso_native.optimizers import LevenbergMarquardt
from lso_native.random import subseed
from lso_native.requirements.base import All, Combination

__all__ = ["DesignSettings", "Designer", "Models", "design", "simulate", "sought"]


# A Linear counts in units of its longest row, here that of the thinnest place; this is for the others to be heard too.
_HEARD = 1e4


@dataclass(frozen=True)
class DesignSettings:
    """How shapes are looked for.

    Attributes
    ----------
    share : of the tolerances, which the simulator must be within: the rest is for what it does not know.
    confidence : that NeuralFoil has to have in what it says, at least.
    doubt : how far two simulators may differ by what a network learned of it, in tolerances.
    apart : how far the sides must be apart, as a share of what they are on real airfoils.
    keep : the latent must be likelier than this share of the codes.
    best_of, attempts : draws for a start, and starts for a shape, as of ``lso.generate``.
    """

    share: float = 0.35
    confidence: float = 0.92
    doubt: float = 0.2
    apart: float = 0.15
    keep: float = 0.3
    best_of: int = 32
    attempts: int = 10


@dataclass(frozen=True, eq=False)
class Models:
    """All that is learned, whatever the target."""

    shapes: Shapes
    surrogate: Surrogate
    """Of what the simulator says, which has the last word."""
    doubt: Surrogate | None
    """Of how much more a second simulator says; None without one."""


def simulate(
    simulator: Callable[[FloatArray], Any], heights: FloatArray
) -> tuple[Array, BoolArray]:
    """What ``simulator`` says of ``heights`` (n, 100), a structured array (m,) of the m rows that it did not fail on,
    and which these are (n,). Raises ValueError where it lacks one of ``NAMES``, or fails on all."""
    box = BlackBox(simulator, may_fail=True, called="simulator")
    said = box.predict(heights)
    names = box.names or ()
    missing = [name for name in NAMES if name not in names]
    if missing:
        expected = f"a structured array or table with columns {', '.join(NAMES)}"
        raise ArgumentError("simulator", expected, f"no column {missing[0]!r}")
    there = np.asarray(~np.isnan(said).any(axis=1))
    if not there.any():
        raise ArgumentError("simulator", "numbers of some shapes at least", "failures on all")
    table = np.empty(int(there.sum()), [(name, float) for name in names])
    for name, column in zip(names, said[there].T, strict=True):
        table[name] = column
    return table, there


def differences(first: Array, second: Array, within: Tolerance) -> Array:
    """How much more ``second`` (n,) says than ``first`` (n,) of lift, ratio and moment, in tolerances, by name (n,)."""
    names = NAMES[:3]
    more = np.empty(len(first), [(name, float) for name in names])
    for name in names:
        more[name] = (second[name] - first[name]) / getattr(within, name)
    return more


def asked(models: Models, target: Target, settings: DesignSettings) -> Combination:
    """``target`` as a requirement."""
    share, within = settings.share, target.within
    numbers = {name: (getattr(target, name), share * getattr(within, name)) for name in NAMES}
    return sought(models, numbers, settings)


def sought(
    models: Models,
    numbers: Mapping[str, tuple[float, float]],
    settings: DesignSettings | None = None,
) -> Combination:
    """Shapes of which some ``numbers``, by name, are at most so far from a value: ``{"lift": (0.75, 0.03)}``. Raises
    ValueError for an unknown name."""
    settings = settings or DesignSettings()
    wanted: list[Combination] = [_HEARD * models.shapes.apart(settings.apart)]
    told = models.surrogate.quantities
    for name, (at, reach) in numbers.items():
        wanted.append(told.within(name, at - reach, at + reach, 0.9 * reach))
    if "confidence" in told.names:
        believed = dataclasses.replace(told, box=None)  # the network's word is enough for this
        wanted.append(believed.within("confidence", settings.confidence, np.inf))
    if models.doubt is not None:
        doubt = models.doubt.quantities
        named = dataclasses.replace(doubt, names=tuple(f"doubt of {name}" for name in doubt.names))
        wanted += [named.within(name, -settings.doubt, settings.doubt) for name in named.names]
    return All(*(part for each in wanted for part in each.parts))


def design(
    models: Models,
    target: Target,
    n: int,
    *,
    calls: int = 3,
    settings: DesignSettings | None = None,
    random_state: RandomState = None,
    threads: int | None = None,
    callback: Callable[[GenerateProgress], object] | None = None,
) -> GenerateResult:
    """``n`` airfoils that meet ``target`` by the simulator's word, which is asked about each ``calls`` times at most.

    ``success`` in the result is the simulator's word within ``settings.share`` of the tolerances.
    """
    chosen = settings or DesignSettings()
    return generate(
        models.shapes.decoder,
        asked(models, target, chosen),
        n,
        prior=models.shapes.prior,
        keep=chosen.keep,
        best_of=chosen.best_of,
        attempts=chosen.attempts,
        aims=check_int("calls", calls) - 1,
        calls=calls,
        optimizer=LevenbergMarquardt(),
        random_state=random_state,
        threads=threads,
        callback=callback,
    )


@dataclass
class Designer:
    """Learns once what airfoils look like and what a simulator says of them; then designs for any target.

    simulator : takes heights (n, 100), as ``lso_native.airfoils.shapes`` has them, and returns a structured array or
        table with the columns lift, ratio, moment and thickness; ``confidence`` besides, if there is one. It may fail
        on some.
    second : another simulator; shapes on which a network expects the two to differ are left out. None for none.

    Without settings of its own it takes some 15 seconds to learn on one core.

    Attributes
    ----------
    failures_ : draws that a simulator failed on.
    decoder, surrogate, designs : settings, of how the decoder and the networks learn and how shapes are looked for.
    random_state : seed of all that is drawn.
    threads : None for all processors. No result depends on it.
    """

    simulator: Simulator = field(default_factory=NeuralFoil)
    second: Simulator | None = field(default_factory=lambda: NeuralFoil("small"))
    decoder: DecoderSettings = field(default_factory=DecoderSettings)
    surrogate: SurrogateSettings = field(default_factory=SurrogateSettings)
    designs: DesignSettings = field(default_factory=DesignSettings)
    random_state: RandomState = None
    threads: int | None = None
    failures_: int = field(default=0, init=False)

    def fit(self) -> Self:
        """Learn from the real airfoils and from what the simulators say of draws. Raises ImportError without the extra
        ``airfoils``, ValueError where a simulator lacks a column or fails on all draws."""
        for name in ("simulator", "second"):
            given = getattr(self, name)
            if not callable(given) and not (name == "second" and given is None):
                raise ArgumentTypeError(name, "a function of heights", shown(given))
        seed = resolve_seed(self.random_state)
        shapes = learn_shapes(self.decoder, real(), subseed(seed, "shapes"), self.threads)
        drawn = shapes.draw(self.surrogate.draws, subseed(seed, "draws"))
        said, there = simulate(self.simulator, drawn)
        drawn = drawn[there]
        learned = learn_surrogate(
            self.surrogate, drawn, said, subseed(seed, "simulator"), self.threads
        )
        self.failures_ = int((~there).sum())
        doubt = None
        if self.second is not None:
            others, there = simulate(self.second, drawn)
            more = differences(said[there], others, Tolerance())
            doubt = learn_surrogate(
                self.surrogate, drawn[there], more, subseed(seed, "second"), self.threads
            )
            self.failures_ += int((~there).sum())
        self.models_ = Models(shapes, learned.checked_by(self.simulator), doubt)
        return self

    def design(
        self,
        target: Target,
        n: int = 20,
        *,
        calls: int = 3,
        random_state: RandomState = None,
        callback: Callable[[GenerateProgress], object] | None = None,
    ) -> GenerateResult:
        """``n`` airfoils that meet ``target``; the simulator is asked about each ``calls`` times at most. Raises
        NotFittedError before ``fit``.

        random_state : seed of what is drawn (>= 0), something to draw one from, or None for a new one.
        callback : called with ``GenerateProgress`` at the start and after each attempt.
        """
        if not hasattr(self, "models_"):
            raise not_fitted("Designer is not fitted: call fit first")
        if not isinstance(target, Target):
            raise ArgumentTypeError("target", "a Target", shown(target))
        return design(
            self.models_,
            target,
            n,
            calls=calls,
            settings=self.designs,
            random_state=random_state,
            threads=self.threads,
            callback=callback,
        )

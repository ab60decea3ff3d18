"""Digits: a decoder of images, a classifier, and numbers that formulas read off an image."""

from __future__ import annotations

import functools
import operator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from lso_native._typing import Array, Float32Array, FloatArray
from lso_native.data.attributes import ATTRIBUTES, attributes
from lso_native.errors import ArgumentError
from lso_native.explore.recipe import STARTS, Question
from lso_native.explore.world import Number, World
from lso_native.models.black_box import BlackBox
from lso_native.models.classifier import Classifier
from lso_native.models.decoding import EncoderDecoder
from lso_native.models.regressor import Regressor
from lso_native.network import Model
from lso_native.optimize import optimize
from lso_native.optimizers import NormalizedGradientDescent
from lso_native.problem import Branch, Problem
from lso_native.requirements import Given, Likely
from lso_native.requirements.base import Combination
from lso_native.show import show
from lso_native.terms import SquaredError

__all__ = ["Digits", "Files"]

CERTAINTY, LIKELIER = 0.99, 0.5
"""What the classifier must say of a class, and the share of the codes, of that class if one is asked for, that a latent
must be likelier than. Walks from far away end where both are just met: with less, at what fools the classifier."""
WITHIN = 0.3
"""How far a locked pixel may be from what it is locked to, in 0..1."""
_CANDIDATES, _STEPS = 64, 300


@dataclass(frozen=True)
class Files:
    """Where the models are, for whoever makes samples again."""

    decoder: str
    classifier: str
    regressor: str


@dataclass(frozen=True)
class _Slider:
    """Of an attribute of an image of 14 pixels a side."""

    unit: str
    low: float
    high: float
    step: float
    value: float
    within: float
    scales: bool = True
    """With the side of the image."""


_SLIDERS = {
    "slant": _Slider("°", -30, 45, 1, 25, 3, scales=False),
    "thickness": _Slider("px", 1, 3, 0.05, 1.8, 0.15),
    "width": _Slider("px", 1, 12, 0.1, 6, 0.6),
    "height": _Slider("px", 5, 12, 0.1, 9.5, 0.8),
    "ink": _Slider("px", 5, 50, 0.5, 20, 2, scales=False),
    "holes": _Slider("", 0, 2, 1, 0, 0.5, scales=False),
}


class Digits(World):
    """Digits by three models.

    decoder : a fitted estimator with a decoder of images; one that encodes takes drawings faster.
    classifier, regressor : of its images; the regressor of attributes.
    files : where these three are saved.
    """

    name = "digits"
    pad = ("slant", "thickness")

    def __init__(
        self, decoder: Any, classifier: Classifier, regressor: Regressor, files: Files
    ) -> None:
        self._decoder, self._classifier, self._regressor = decoder, classifier, regressor
        self.files = files
        self.side = round(self.network.n_outputs**0.5)
        self.style = BlackBox(attributes, surrogate=regressor)
        known = self.style.quantities.names
        unknown = [name for name in known if name not in ATTRIBUTES]
        if unknown:
            raise ArgumentError("regressor", f"one of {', '.join(ATTRIBUTES)}", unknown[0])
        self.labels = tuple(map(str, classifier.classes_.tolist()))
        self.numbers = tuple(self._number(name) for name in known)
        if not set(self.pad) <= set(known):
            self.pad = (known[0], known[-1])

    def _number(self, name: str) -> Number:
        at = _SLIDERS[name]
        size = self.side / 14
        factor = size**2 if name == "ink" else size if at.scales else 1.0
        scaled = (factor * each for each in (at.low, at.high, at.step, at.value, at.within))
        return Number(name, at.unit, *scaled)

    @property
    def decoder(self) -> Any:
        """The estimator."""
        return self._decoder

    @property
    def network(self) -> Model:
        """Its decoder."""
        network: Model = self._decoder.decoder_
        return network

    @cached_property
    def codes_prior(self) -> Any:
        """The decoder's own prior, else what it draws latents from."""
        known = getattr(self._decoder, "prior_", None)
        return _Drawn(self._decoder) if known is None else known

    def describe(self) -> dict[str, Any]:
        """What the page has to know."""
        return {**super().describe(), "side": self.side, "starts": self._starts}

    @property
    def _prior(self) -> Any:
        """The decoder's own, if it knows the codes of each class."""
        prior = getattr(self._decoder, "prior_", None)
        known = getattr(prior, "classes_", None)
        return prior if known is not None and set(self._classes) <= set(known.tolist()) else None

    @property
    def _starts(self) -> list[str]:
        return list(STARTS) if self._prior is not None else [s for s in STARTS if s != "class"]

    @property
    def _classes(self) -> list[Any]:
        found: list[Any] = self._classifier.classes_.tolist()
        return found

    def _class(self, label: int) -> Any:
        return self._classes[label]

    def prior(self, label: int | None) -> Any:
        """Of all codes or of a class's."""
        return None if label is None or self._prior is None else self._prior.of(self._class(label))

    def asked(self, question: Question) -> Combination:
        """The class, the numbers and the locked pixels, and that the latent is where codes are."""
        wanted: list[Combination] = []
        if question.label is not None:
            wanted.append(
                self._classifier.requires(self._class(question.label), certainty=CERTAINTY)
            )
        for name, (value, within) in question.numbers.items():
            wanted.append(self.style.near(within=within, **{name: value}))
        if question.locked is not None:
            wanted.append(Given(question.locked, WITHIN, "locked pixels"))
        if self._prior is not None:
            prior = (
                self._prior
                if question.label is None
                else self._prior.of(self._class(question.label))
            )
            wanted.append(Likely(prior, LIKELIER))
        return functools.reduce(operator.and_, wanted)

    def told(self, sample: FloatArray) -> dict[str, float]:
        """The attributes by their formulas."""
        measured = attributes(np.clip(sample, 0, 1)[None])[0]
        told = {number.name: float(measured[number.name]) for number in self.numbers}
        return {name: value for name, value in told.items() if np.isfinite(value)}

    def classes_of(self, sample: FloatArray) -> tuple[float, ...]:
        """The classifier's outputs."""
        return tuple(self._classifier.network_(sample[None])[0].tolist())

    def picture(self, samples: Array) -> Any:
        """A sheet."""
        return show(samples, most=len(samples), scale=max(1, 112 // self.side)).image

    def encode(self, image: Array) -> Float32Array:
        """The code (latent,) of an ``image`` (side²,) in 0..1: by the encoder or, where there is none, by descent on
        the squared distance from the best of 64 draws."""
        if isinstance(self._decoder, EncoderDecoder):
            code: Float32Array = self.codes.clipped(
                np.asarray(self._decoder.transform(image[None]))
            )[0]
            return code
        problem = Problem(self.network, Branch(SquaredError(image, mse=1e-6)))
        starts = self.codes.clipped(self.codes_prior.sample(_CANDIDATES, random_state=0))
        best = int(problem.evaluate(starts).loss.argmin())
        found = optimize(
            problem,
            starts=starts[best : best + 1],
            optimizer=NormalizedGradientDescent(-0.1),
            max_iterations=_STEPS,
            bounds=(self.codes.low, self.codes.high),
            threads=1,
        )
        return np.asarray(found.latents[0], np.float32)

    def lines_imports(self) -> list[str]:
        """None of its own."""
        return []

    def lines_models(self, questions: list[Question]) -> list[str]:
        """That load what ``questions`` need. Raises ValueError where a file could not be kept."""
        for path in vars(self.files).values():
            if not Path(path).is_file():
                expected = (
                    "models that are kept: name a folder that can be written to by LSO_NATIVE_CACHE"
                )
                raise ArgumentError("download", expected, f"no {path}")
        lines = [f"decoder = lso.load({self.files.decoder!r})"]
        if any(question.label is not None for question in questions):
            lines.append(f"classifier = lso.load({self.files.classifier!r})")
        if any(question.numbers for question in questions):
            lines.append(
                f"style = lso.BlackBox(lso.data.attributes, surrogate=lso.load({self.files.regressor!r}))"
            )
        return lines

    def lines_asked(self, question: Question) -> list[str]:
        """That make ``asked``."""
        lines, wanted = [], []
        if question.label is not None:
            label = self._class(question.label)
            wanted.append(f"classifier.requires({label!r}, certainty={CERTAINTY})")
        for name, (value, within) in question.numbers.items():
            wanted.append(f"style.near({name}={value!r}, within={within!r})")
        if question.locked is not None:
            places = np.flatnonzero(~np.isnan(question.locked))
            values = question.locked[places].tolist()
            lines += [
                f"given = np.full({len(question.locked)}, np.nan)",
                f"given[{places.tolist()}] = {values}",
            ]
            wanted.append(f"lso.Given(given, {WITHIN}, 'locked pixels')")
        if self._prior is not None:
            of = "" if question.label is None else f".of({self._class(question.label)!r})"
            wanted.append(f"lso.Likely(decoder.prior_{of}, {LIKELIER})")
        return [*lines, f"asked = {' & '.join(wanted)}"]

    def line_prior(self, label: int | None) -> str:
        """Of all codes or of a class's."""
        if label is None or self._prior is None:
            return "None"
        return f"decoder.prior_.of({self._class(label)!r})"

    def line_decode(self) -> str:
        """The network's."""
        return "decoder.decoder_(latents)"


class _Drawn:
    """What a decoder without a prior draws latents from."""

    def __init__(self, decoder: Any) -> None:
        self._decoder = decoder

    def sample(self, n: int, *, random_state: Any = None) -> Array:
        """(n, latent)"""
        return np.asarray(self._decoder.sample_latent(n, random_state=random_state))

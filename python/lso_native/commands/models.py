"""The decoder, classifier and regressor of ``lso generate``: from files, or ready ones."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import Any

from lso_native._checks import check_choice
from lso_native.commands.options import (
    CLASSIFIER,
    DECODER,
    PRIORS,
    REGRESSOR,
    PlainPrior,
    load_classifier,
    load_decoder,
    load_regressor,
)
from lso_native.commands.ready import LABELS, NAMES, Ready
from lso_native.data import attributes
from lso_native.display import image_side
from lso_native.errors import ArgumentError
from lso_native.models.black_box import BlackBox
from lso_native.models.regressor import Regressor
from lso_native.network import Model
from lso_native.requirements.values import Quantities, Readable
from lso_native.study.progress import Progress

_SIZES = (14, 28)  # that there are data of


class GenerateModels:
    """What the options name is read at once; what they do not is made when it is first asked for."""

    def __init__(self, arguments: argparse.Namespace, progress: Progress) -> None:
        self.files: dict[str, str] = {
            kind: path
            for kind in (DECODER, CLASSIFIER, REGRESSOR)
            if (path := getattr(arguments, kind)) is not None
        }
        """Those that the options name, by kind."""
        read: dict[str, Callable[[str], Any]] = {
            DECODER: partial(load_decoder, label=arguments.digit),
            CLASSIFIER: load_classifier,
            REGRESSOR: load_regressor,
        }
        self._read: dict[str, Any] = {kind: read[kind](path) for kind, path in self.files.items()}
        self._kind_of_prior = _kind_of_prior(arguments.prior, self._read.get(DECODER))
        self.side = self._find_side(arguments.size)
        self._ready = Ready(
            arguments.dataset, arguments.data_dir, self.side, arguments.threads, progress
        )

    def _find_side(self, size: int | None) -> int:
        """Of all images. Raises ValueError where they are of different sizes."""
        pixels = {
            kind: model[0].n_outputs if kind == DECODER else _network(model).n_inputs
            for kind, model in self._read.items()
        }
        if DECODER in pixels:
            image_side(pixels[DECODER])
        for kind, count in pixels.items():
            first = next(iter(pixels))
            if count != pixels[first]:
                expected = f"one of images of {pixels[first]} pixels, as of {self.files[first]}"
                raise ArgumentError(kind, expected, f"{count} in {self.files[kind]}")
            if size not in (None, image_side(count)):
                expected = f"{image_side(count)}, the side of images in {self.files[kind]}"
                raise ArgumentError("size", expected, size)
        return image_side(next(iter(pixels.values()))) if pixels else size or _SIZES[0]

    def check_there(self, needs: set[str]) -> None:
        """Raise ValueError for a kind that is needed, not given, and that nobody can train."""
        for kind in sorted(({DECODER} | needs) - self._read.keys()):
            if self.side not in _SIZES:
                got = f"none, and nothing to train one of images of {self.side}x{self.side} pixels"
                raise ArgumentError(kind, "a file", got)

    @cached_property
    def decoder(self) -> Any:
        """An estimator, or a network of latents."""
        if DECODER not in self._read:
            return self._ready.model(DECODER)
        network, estimator = self._read[DECODER]
        return network if estimator is None else estimator

    def prior(self, wanted: Sequence[str]) -> Any:
        """What latents are drawn from: what the option names, or what the decoder knows of the one class ``wanted``.
        None for what it knows of all."""
        if self._kind_of_prior is not None:
            network = self.decoder if isinstance(self.decoder, Model) else self.decoder.decoder_
            return PlainPrior(network.n_inputs, PRIORS[self._kind_of_prior], network.dtype.name)
        mixture = getattr(self.decoder, "prior_", None)
        known = {str(label): label for label in getattr(mixture, "classes_", ())}
        if mixture is None or len(wanted) != 1 or wanted[0] not in known:
            return None
        return mixture.of(known[wanted[0]])

    @cached_property
    def network(self) -> Model:
        """The classifier's."""
        if CLASSIFIER not in self._read:
            return _network(self._ready.model(CLASSIFIER))
        network, classifier = self._read[CLASSIFIER]
        if classifier is not None:
            self._compose(classifier)
        return _network((network, classifier))

    def _compose(self, estimator: Any) -> None:
        """Warn where what the decoder returns is not in the unit that ``estimator`` learned, as ``>>`` does."""
        _ = self.decoder >> estimator

    @property
    def labels(self) -> Sequence[Any]:
        """The classes that can be asked for, one an output."""
        if CLASSIFIER not in self._read:
            return LABELS
        network, classifier = self._read[CLASSIFIER]
        return range(network.n_outputs) if classifier is None else classifier.classes_.tolist()

    @property
    def names(self) -> tuple[str, ...]:
        """The numbers that can be read off an image."""
        return self._own.names if self._own is not None else NAMES

    @property
    def _own(self) -> Quantities | None:
        """Those of a regressor that knows other numbers than attributes."""
        if REGRESSOR not in self._read:
            return None
        quantities: Quantities = self._read[REGRESSOR].quantities
        return None if set(quantities.names) <= set(NAMES) else quantities

    @cached_property
    def readable(self) -> Readable:
        """Attributes by their formulas, which have the last word; of other numbers the regressor has it."""
        if REGRESSOR not in self._read:
            ready = self._ready.model(REGRESSOR)
            return BlackBox(attributes, surrogate=ready, names=NAMES)
        regressor: Regressor = self._read[REGRESSOR]
        self._compose(regressor)
        if self._own is not None:
            return regressor
        return BlackBox(attributes, surrogate=regressor, names=regressor.quantities.names)


def _network(model: Any) -> Model:
    """Of what was read from a file: a network and its estimator, or a regressor."""
    network: Model = model[0] if isinstance(model, tuple) else model.network_
    return network


def _kind_of_prior(named: str | None, decoder: Any) -> str | None:
    """The option; of a plain network, which does not know its latents, what the paper's decoders have."""
    if named is not None:
        return check_choice("prior", named, PRIORS)
    return "uniform" if decoder is not None and decoder[1] is None else None

"""What ``lso train`` teaches a kind of estimator, and what it then tells of it."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Any

import numpy as np

from lso_native._checks import check_int
from lso_native._typing import Array
from lso_native.commands.options import load_decoder
from lso_native.data import Digits, Part, attributes, junk, varied
from lso_native.data.attributes import ATTRIBUTES
from lso_native.errors import ArgumentError
from lso_native.models.classifier import Classifier
from lso_native.models.gan import ConditionalGAN
from lso_native.models.regressor import Regressor

NO_DIGIT = -1
JUNK_SHARE = 0.5  # as many images without a digit, for each with one


@dataclass
class Lesson:
    """Images alone."""

    arguments: argparse.Namespace
    digits: Digits
    part: Part
    """The images to learn from."""

    def given(self, settings: dict[str, Any]) -> tuple[Array, ...]:  # noqa: ARG002
        """What ``fit`` takes; may set what ``settings`` of the estimator do not say."""
        return (self.part.images,)

    def told(self, model: Any) -> str:
        """What has been learned, in a line."""
        if not hasattr(model, "mean_squared_error"):
            return f"diversity {model.diversity_:.2f} of the real images'"
        test = model.mean_squared_error(self.digits.test.images)
        return f"MSE {model.mse_:.4f}, test MSE {test:.4f}"


class Labels(Lesson):
    """Images and their digits."""

    def given(self, settings: dict[str, Any]) -> tuple[Array, ...]:  # noqa: ARG002
        """Images and labels."""
        return self.part.images, self.part.labels


class Digit(Labels):
    """Images and their digits and, if asked for, images that show none."""

    def given(self, settings: dict[str, Any]) -> tuple[Array, ...]:
        """Images and labels."""
        arguments, (images, labels) = self.arguments, super().given(settings)
        if not arguments.none:
            if arguments.decoder is not None:
                raise ArgumentError("decoder", "with --none only", arguments.decoder)
            return images, labels
        settings["none_label"] = NO_DIGIT
        settings.setdefault("objective", "binary_cross_entropy")
        decoder = None if arguments.decoder is None else _source(arguments.decoder)
        count = max(1, round(JUNK_SHARE * len(images)))
        nothing = junk(images, labels, count, decoder=decoder, random_state=arguments.random_state)
        known = np.concatenate([labels, np.full(count, NO_DIGIT)])
        return np.concatenate([images, nothing]), known

    def told(self, model: Any) -> str:
        """How many test images it tells."""
        test = self.digits.test
        return f"MSE {model.mse_:.4f}, tells {model.score(test.images, test.labels):.1%} of the test images"


class Attributes(Lesson):
    """Images, with copies in other styles, and attributes of them."""

    def given(self, settings: dict[str, Any]) -> tuple[Array, ...]:  # noqa: ARG002
        """Images and attributes."""
        arguments, images = self.arguments, self.part.images
        copies = check_int("copies", arguments.copies, minimum=0)
        seeds = np.random.SeedSequence(arguments.random_state).generate_state(copies, np.uint64)
        made = [images, *(varied(images, random_state=int(seed)) for seed in seeds)]
        shown = np.concatenate(made)
        return shown, self._asked(shown)

    def told(self, model: Any) -> str:
        """How far off it is, on average over the test images."""
        test = self.digits.test.images
        known, predicted = self._asked(test), model.predict(test)
        told = []
        for name, column in zip(model.target_names_.tolist(), predicted.T, strict=True):
            told.append(f"{np.abs(known[name] - column).mean():.3g} in {name}")
        return f"off by {', '.join(told)} on average over the test images"

    def _asked(self, images: Array) -> Array:
        names = list(dict.fromkeys(self.arguments.attributes.split(",")))
        unknown = [name for name in names if name not in ATTRIBUTES]
        if unknown:
            raise ArgumentError("attributes", f"some of {', '.join(ATTRIBUTES)}", unknown[0])
        return attributes(images)[names]


LESSONS: dict[type, type[Lesson]] = {
    Classifier: Digit,
    ConditionalGAN: Labels,
    Regressor: Attributes,
}
"""By kind of estimator; of others ``Lesson``."""


def _source(path: str) -> Any:
    """The estimator with a decoder in a file."""
    network, source = load_decoder(path)
    if source is None:
        raise ArgumentError("decoder", f"a saved generator in {path}", type(network).__name__)
    return source

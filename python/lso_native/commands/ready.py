"""Models for whoever brings none: trained once on digits, then kept in the cache folder."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

import lso_native
from lso_native._typing import Float32Array
from lso_native.commands.options import CLASSIFIER, DECODER, REGRESSOR
from lso_native.data import Digits, attributes, junk, load, varied
from lso_native.data.digits import DatasetName
from lso_native.data.download import cache_dir
from lso_native.files import check_writable_dir
from lso_native.files.native import load as load_model
from lso_native.files.native import save
from lso_native.models.base import Estimator
from lso_native.models.classifier import Classifier
from lso_native.models.mixture import Mixture
from lso_native.models.regressor import Regressor
from lso_native.models.vae import VAE
from lso_native.optimizers import Adam
from lso_native.random import subseed
from lso_native.study.attempts import NO_LABEL
from lso_native.study.judges import shifted
from lso_native.study.progress import Progress
from lso_native.study.results import plain

NAMES: tuple[str, ...] = attributes(np.zeros((1, 1))).dtype.names or ()
"""What ``attributes`` measures."""
_SEED = 0


@dataclass(frozen=True)
class Recipe(ABC):
    """How a model is made. Whatever is set here is in the name of its file."""

    kind: ClassVar[str]
    epochs: int
    hidden: tuple[int, ...]

    @abstractmethod
    def estimator(self) -> Estimator:
        """Not yet fitted."""

    @abstractmethod
    def data(self, digits: Digits, ready: Ready) -> tuple[Any, ...]:
        """What it is fitted on."""

    @abstractmethod
    def told(self, model: Any, digits: Digits) -> str:
        """How good it has become, on test images."""

    def finish(self, model: Any, digits: Digits) -> None:  # noqa: B027 - most are finished
        """What there is to do after ``fit``."""


@dataclass(frozen=True)
class DecoderRecipe(Recipe):
    """A variational autoencoder of the training images, whose prior knows where the codes of each digit are."""

    kind = DECODER
    epochs: int = 100
    hidden: tuple[int, ...] = (256,)
    latent: int = 20
    gaussians: int = 10
    """Of the prior, a digit."""
    draws: int = 5
    """Of each image's code, which the prior is fitted to."""

    def estimator(self) -> VAE:
        """Not yet fitted."""
        return VAE(self.latent, hidden=self.hidden, epochs=self.epochs, random_state=_SEED)

    def data(self, digits: Digits, ready: Ready) -> tuple[Float32Array]:  # noqa: ARG002
        """The training images."""
        return (digits.train.images,)

    def finish(self, model: VAE, digits: Digits) -> None:
        """Fit the prior."""
        seeds = [subseed(_SEED, "codes", i) for i in range(self.draws)]
        codes = [model.sample_posterior(digits.train.images, random_state=seed) for seed in seeds]
        prior = Mixture(self.gaussians, random_state=_SEED)
        labels = np.tile(digits.train.labels, self.draws)
        model.prior_ = prior.fit(np.concatenate(codes).astype(np.float64), labels)

    def told(self, model: VAE, digits: Digits) -> str:
        """The error of encoding and decoding."""
        return f"test MSE {model.mean_squared_error(digits.test.images):.4f}"


@dataclass(frozen=True)
class ClassifierRecipe(Recipe):
    """A classifier that has also seen digits moved by a pixel, and images of none."""

    kind = CLASSIFIER
    epochs: int = 8
    hidden: tuple[int, ...] = (256, 256)
    learning_rate: float = 1e-3
    junk: float = 0.3
    """Images of no digit, as a share of the others."""

    def estimator(self) -> Classifier:
        """Not yet fitted."""
        return Classifier(
            hidden=self.hidden,
            activation="relu",
            bias="standard",
            objective="binary_cross_entropy",
            none_label=NO_LABEL,
            optimizer=Adam(self.learning_rate),
            batch_size=200,
            epochs=self.epochs,
            random_state=_SEED,
        )

    def data(self, digits: Digits, ready: Ready) -> tuple[Any, ...]:
        """Images and labels."""
        size = digits.size, digits.size
        images, labels = shifted(digits.train.images, size), np.tile(digits.train.labels, 9)
        n, decoder = round(self.junk * len(images)), ready.model(DECODER)
        nothing = junk(images, labels, n, decoder=decoder, random_state=_SEED)
        none = np.full(n, NO_LABEL)
        return np.concatenate([images, nothing]), np.concatenate([labels, none])

    def told(self, model: Classifier, digits: Digits) -> str:
        """The share that it tells."""
        return f"tells {model.score(digits.test.images, digits.test.labels):.1%} of the test images"


@dataclass(frozen=True)
class RegressorRecipe(Recipe):
    """A regressor of the attributes, of training images, varied copies and what the ready decoder makes."""

    kind = REGRESSOR
    epochs: int = 40
    hidden: tuple[int, ...] = (128, 128)
    learning_rate: float = 1e-3
    drawn: float = 1.0
    """Decoded draws, as a share of the images."""

    def estimator(self) -> Regressor:
        """Not yet fitted."""
        return Regressor(
            hidden=self.hidden,
            activation="tanh",
            optimizer=Adam(self.learning_rate),
            batch_size=50,
            epochs=self.epochs,
            random_state=_SEED,
        )

    def data(self, digits: Digits, ready: Ready) -> tuple[Any, ...]:
        """Images and their attributes."""
        images = digits.train.images
        decoder, seed = ready.model(DECODER), subseed(_SEED, "regressor")
        decoded = decoder.sample(round(self.drawn * len(images)), random_state=seed)
        shown = np.concatenate([images, varied(images, random_state=_SEED), decoded])
        shown = shown[shown.any(axis=1)]  # one without ink has no slant
        return shown, attributes(shown)

    def told(self, model: Regressor, digits: Digits) -> str:
        """How much of the attributes it explains."""
        score = model.score(digits.test.images, attributes(digits.test.images))
        return f"explains {score:.0%} of the test images' attributes"


RECIPES: dict[str, Recipe] = {
    recipe.kind: recipe for recipe in (DecoderRecipe(), ClassifierRecipe(), RegressorRecipe())
}
LABELS = range(10)
"""Of the ready classifier's outputs."""


@dataclass
class Ready:
    """Models for images of ``size`` pixels a side, trained on a data set: those in the cache, else made now."""

    dataset: DatasetName
    data_dir: str | None
    size: int
    threads: int | None
    progress: Progress
    _made: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def digits(self) -> Digits:
        """Read when first asked for."""
        return load(self.dataset, size=self.size, data_dir=self.data_dir, random_state=_SEED)

    def model(self, kind: str) -> Any:
        """What came of the recipe for ``kind``."""
        if kind not in self._made:
            recipe = RECIPES[kind]
            path = self.path(kind)
            kept = _kept(path, type(recipe.estimator()))
            self._made[kind] = self._make(recipe, path) if kept is None else kept
        return self._made[kind]

    def path(self, kind: str) -> Path:
        """Where the model is kept, if it could be."""
        recipe = RECIPES[kind]
        settings = [lso_native.__version__, self.dataset, self.size, recipe.kind, plain(recipe)]
        key = hashlib.sha256(json.dumps(settings).encode()).hexdigest()[:12]
        name = f"{recipe.kind}-{self.dataset}-{self.size}-{key}.safetensors"
        return cache_dir() / "models" / name

    def _make(self, recipe: Recipe, path: Path) -> Any:
        data = recipe.data(self.digits, self)
        model: Any = recipe.estimator().set_params(threads=self.threads)
        what = f"no {recipe.kind} given: training one on {self.digits.name}"
        self.progress.start(f"{what}, {len(data[0]):,} images", recipe.epochs)
        model.fit(*data, callback=lambda epoch: self.progress.update(epoch.epoch))
        recipe.finish(model, self.digits)
        model.set_params(threads=None)
        try:
            check_writable_dir(path.parent)
            save(model, path)
            where = f"kept as {path}"
        except OSError as error:
            where = f"not kept: {error.strerror}"
        self.progress.finish(f"{recipe.told(model, self.digits)}; {where}")
        return model


def _kept(path: Path, kind: type) -> Any:
    """The model in the cache; None where there is none, or no whole one."""
    try:
        model = load_model(path)
    except (OSError, ValueError):
        return None
    return model if isinstance(model, kind) else None

"""Generative adversarial networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from lso_native._validation import check_int, check_number
from lso_native.generative import Array, Callback, GenerativeEstimator, subseed
from lso_native.guide import Guide
from lso_native.learner import Learner
from lso_native.network import ActivationName, Network
from lso_native.optimizers import Adam
from lso_native.random import normal, permutation

__all__ = ["GAN", "ConditionalGAN"]

# A generator whose samples vary less than this share of the real ones' variance has collapsed.
_COLLAPSED = 0.1
_PENALTY_STEP = 1e-2


class _Adversarial(GenerativeEstimator):
    """What the two GANs share."""

    latent: int
    discriminator_hidden: Sequence[int]
    discriminator_optimizer: Adam | None
    gradient_penalty: float
    penalty_every: int
    guide: Guide | None

    _networks = ("decoder_", "discriminator_")
    _figures = ("diversity_",)

    discriminator_: Network
    diversity_: float
    classes_: Array

    def __init__(
        self,
        latent: int = 20,
        *,
        hidden: Sequence[int] = (256, 256),
        discriminator_hidden: Sequence[int] = (256, 256),
        activation: ActivationName = "leaky_relu",
        optimizer: Adam = Adam(learning_rate=5e-4, beta1=0.5),  # noqa: B008 - frozen
        discriminator_optimizer: Adam | None = None,
        gradient_penalty: float = 1.0,
        penalty_every: int = 4,
        guide: Guide | None = None,
        batch_size: int = 64,
        epochs: int = 50,
        average: float = 0.999,
        threads: int | None = None,
        dtype: npt.DTypeLike = "float32",
        random_state: int | None = None,
    ) -> None:
        self.latent = latent
        self.hidden = hidden
        self.discriminator_hidden = discriminator_hidden
        self.activation = activation
        self.optimizer = optimizer
        self.discriminator_optimizer = discriminator_optimizer
        self.gradient_penalty = gradient_penalty
        self.penalty_every = penalty_every
        self.guide = guide
        self.batch_size = batch_size
        self.epochs = epochs
        self.average = average
        self.threads = threads
        self.dtype = dtype
        self.random_state = random_state

    @property
    def generator_(self) -> Network:
        """The decoder."""
        self._check_fitted()
        return self.decoder_

    def _fit(self, X: npt.ArrayLike, y: Array | None, callback: Callback | None) -> None:
        latent = check_int("latent", self.latent)
        check_number("gradient_penalty", self.gradient_penalty, minimum=0.0)
        check_int("penalty_every", self.penalty_every)
        samples, seed = self._check_fit(X)
        classes, labels = (None, None) if y is None else _check_labels(y, len(samples))
        n_classes = 0 if classes is None else len(classes)
        width = samples.shape[1]
        sizes = [latent + n_classes, *self._check_sizes("hidden"), width]
        judging = [width + n_classes, *self._check_sizes("discriminator_hidden"), 1]
        run = _Training(
            self,
            self._learner(self._network(sizes, "sigmoid", subseed(seed, "generator"))),
            self._learner(
                self._network(judging, "linear", subseed(seed, "discriminator")),
                self.discriminator_optimizer,
            ),
            latent,
            np.eye(n_classes, dtype=samples.dtype),
            labels,
            classes,
        )
        self._train(run, samples, seed, callback, labels)

    def _take(self, run: _Training, samples: Array) -> None:
        self.decoder_ = run.generator.averaged
        self.discriminator_ = run.discriminator.network
        self.diversity_ = run.diversity(samples)
        self.n_features_in_ = samples.shape[1]
        if run.classes is not None:
            self.classes_ = run.classes

    def sample_latent(self, n: int, *, random_state: int | None = None) -> Array:
        """Return ``n`` latents (n, latent) drawn from N(0, 1)."""
        self._check_fitted()
        shape = (check_int("n", n), self.latent)
        return normal(shape, random_state=random_state, dtype=self.decoder_.dtype.name)


_PARAMETERS = """
    Parameters (checked by ``fit``):
      latent: how many inputs of noise, N(0, 1). hidden, discriminator_hidden: sizes of the hidden layers.
      activation: of the hidden layers. The generator's outputs are sigmoids.
      optimizer: ``Adam``, of the generator; of the discriminator too, unless ``discriminator_optimizer`` is given.
      gradient_penalty: weight g of (g / 2) |dD/dx|² at real samples, R1 (Mescheder et al. 2018, arXiv:1801.04406,
        eq. 9), every ``penalty_every`` steps with so many times the weight; 0 for none.
      guide: also gives the generator a gradient while it trains: a function of samples and labels that returns an
        error and its derivatives by the samples, such as ``ClassifierGuide(classifier.network_)``.
      batch_size, epochs: samples a step, and passes over the samples.
      average: share of the generator's averaged parameters that a step keeps; what is learned are the averages.
      threads: None for all processors. dtype: "float32" or "float64".
      random_state: seed (>= 0) of parameters, order and noise; None for a new one at each fit.

    After ``fit`` it has ``generator_``, also called ``decoder_``; ``discriminator_``; ``diversity_``, the variance of
    generated samples, within classes where there are some, as a share of the real ones'; ``status_`` ("max_epochs",
    "collapsed": diversity below .1, "diverged": a loss or step was not finite, "interrupted", "stopped" by the
    callback; the second and third warn, and say what to change); ``n_epochs_`` and ``history_``, arrays by epoch:
    discriminator and generator loss, squared norm of dD/dx at real samples where it was taken, and the guide's error.
"""


class GAN(_Adversarial):  # noqa: D101
    __doc__ = f"""A generative adversarial network with the non-saturating loss (Goodfellow et al. 2014,
    arXiv:1406.2661, section 3).
{_PARAMETERS}"""

    def fit(
        self,
        X: npt.ArrayLike,
        y: object = None,  # noqa: ARG002
        *,
        callback: Callback | None = None,
    ) -> Self:
        """Train on ``X`` (n_samples, n_features), in 0..1, and return self. ``y`` is ignored.

        ``callback`` is called after each epoch with a ``GenerativeProgress``; a true value stops. Ctrl-C raises
        ``KeyboardInterrupt``; what was learned by then is kept.

        Raises ValueError or TypeError where a parameter or an argument is not what is described above.
        """
        self._fit(X, None, callback)
        return self

    def sample(self, n: int, *, random_state: int | None = None) -> Array:
        """Return ``n`` samples (n, n_features)."""
        latents = self.sample_latent(n, random_state=random_state)
        return self.generator_(latents, threads=self.threads)


class ConditionalGAN(_Adversarial):  # noqa: D101
    __doc__ = f"""A GAN whose networks are also told the class, as one input a class (Mirza and Osindero 2014,
    arXiv:1411.1784). ``classes_`` has their labels in order.
{_PARAMETERS}"""

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike, *, callback: Callback | None = None) -> Self:
        """Train on ``X`` (n_samples, n_features), in 0..1, with labels ``y`` (n_samples,), and return self.

        Otherwise as ``GAN.fit``.
        """
        self._fit(X, np.asarray(y), callback)
        return self

    def sample(self, labels: npt.ArrayLike, *, random_state: int | None = None) -> Array:
        """Return one sample of each label asked for: ``labels`` (n,) -> (n, n_features)."""
        self._check_fitted()
        asked = np.asarray(labels)
        if asked.ndim != 1 or not asked.size or not np.isin(asked, self.classes_).all():
            raise ValueError(f"labels: expected labels (n,) among {self.classes_}, got {asked}")
        noise = self.sample_latent(len(asked), random_state=random_state)
        told = np.eye(len(self.classes_), dtype=noise.dtype)[np.searchsorted(self.classes_, asked)]
        return self.generator_(np.concatenate([noise, told], axis=1), threads=self.threads)


@dataclass
class _Training:
    """The two networks under training, and what a minibatch does to them."""

    model: _Adversarial
    generator: Learner
    discriminator: Learner
    latent: int
    told: Array  # (n_classes, n_classes): a row is what the networks are told of a class
    labels: Array | None
    classes: Array | None
    steps: int = 0
    gradient_norm: float = float("nan")
    names: tuple[str, ...] = ("discriminator", "generator", "gradient_norm", "guide")

    def draw(self, n: int, seed: int) -> Array:
        """The noise of an epoch (n, latent)."""
        return normal((n, self.latent), random_state=seed, dtype=np.dtype(self.model.dtype).name)

    def step(self, x: Array, labels: Any, noise: Array) -> tuple[float, ...] | None:
        """One minibatch: a step of the discriminator, then one of the generator through it, frozen."""
        n = len(x)
        told = self.told[labels] if labels is not None else np.empty((n, 0), x.dtype)
        made = self.generator.forward(np.concatenate([noise, told], axis=1))
        if not np.isfinite(made).all():
            return None
        shown = np.concatenate([made, told], axis=1)
        judged = self._judge(np.concatenate([x, told], axis=1), shown)
        if judged is None:
            return None
        logits = self.discriminator.forward(shown)
        if not np.isfinite(logits).all():
            return None
        generator_loss = float(_softplus(-logits).mean(dtype=np.float64))
        gradient = self.discriminator.backward(-_sigmoid(-logits) / n, learn=False)
        gradient = gradient[:, : x.shape[1]]
        error = 0.0
        if self.model.guide is not None:
            error, guided = self.model.guide(made, labels)
            gradient = gradient + np.asarray(guided, dtype=made.dtype)
        if not np.isfinite(error) or not np.isfinite(gradient).all():
            return None
        self.generator.learn(gradient)
        if not self.generator.step():
            return None
        return judged, generator_loss, self.gradient_norm, error

    def _judge(self, real: Array, made: Array) -> float | None:
        """One step of the discriminator: its loss."""
        n = len(real)
        logits = self.discriminator.forward(np.concatenate([real, made]))
        if not np.isfinite(logits).all():
            return None
        loss = float(_softplus(np.concatenate([-logits[:n], logits[n:]])).sum(dtype=np.float64) / n)
        gradient = np.concatenate([-_sigmoid(-logits[:n]), _sigmoid(logits[n:])]) / n
        self.discriminator.learn(gradient)
        every = self.model.penalty_every
        due = self.model.gradient_penalty > 0 and self.steps % every == 0
        if due and not self._penalize(real, self.model.gradient_penalty * every):
            return None
        self.steps += 1
        return loss if self.discriminator.step() else None

    def _penalize(self, real: Array, weight: float) -> bool:
        """R1's gradient by the parameters: that of (v . dD/dx), v = dD/dx held, as a difference along v. False where
        it is not finite."""
        n = len(real)
        features = real.shape[1] - len(self.told)
        self.discriminator.forward(real)
        slope = self.discriminator.backward(np.ones((n, 1), real.dtype), learn=False)
        slope[:, features:] = 0  # the class is no part of the sample
        norm = np.sqrt(np.square(slope).sum(axis=1, keepdims=True))
        self.gradient_norm = float(np.square(norm).mean(dtype=np.float64))
        if not np.isfinite(self.gradient_norm):
            return False
        along = np.divide(slope, norm, out=np.zeros_like(slope), where=norm > 0) * _PENALTY_STEP
        self.discriminator.forward(np.concatenate([real + along, real - along]))
        share = norm * (weight / (2 * _PENALTY_STEP * n))
        self.discriminator.learn(np.concatenate([share, -share]).astype(real.dtype))
        return True

    def diversity(self, samples: Array) -> float:
        """Variance of generated samples over that of the real ones, within classes where there are some."""
        chosen = permutation(len(samples), random_state=0)[:512]
        labels = None if self.labels is None else self.labels[chosen]
        noise = self.draw(2 * len(chosen), 0)
        told = np.empty((len(chosen), 0), noise.dtype) if labels is None else self.told[labels]
        network = self.generator.averaged
        first, second = (
            network(np.concatenate([part, told], axis=1)) for part in np.split(noise, 2)
        )
        made = float(np.square(first - second).sum(axis=1).mean(dtype=np.float64)) / 2
        return made / max(_variance_within(samples, self.labels), 1e-12)

    def check(self) -> str | None:
        """Whether all noise gives the same sample."""
        return "collapsed" if self.model.diversity_ < _COLLAPSED else None


def _check_labels(y: Array, n_samples: int) -> tuple[Array, Array]:
    """The classes among the labels ``y`` in order, and each sample's number there."""
    if y.shape != (n_samples,):
        raise ValueError(f"y: expected one label a sample, shape ({n_samples},), got {y.shape}")
    classes, numbers = np.unique(y, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(f"y: expected at least 2 classes, got {len(classes)}")
    return classes, numbers


def _variance_within(samples: Array, labels: Array | None) -> float:
    if labels is None:
        return float(samples.var(axis=0, dtype=np.float64).sum())
    shares = np.bincount(labels) / len(labels)
    each = [samples[labels == c].var(axis=0, dtype=np.float64).sum() for c in range(len(shares))]
    return float(np.dot(shares, each))


def _softplus(x: Array) -> Array:
    return np.asarray(np.logaddexp(x, x.dtype.type(0)))


def _sigmoid(x: Array) -> Array:
    return np.asarray(np.exp(-np.logaddexp(-x, x.dtype.type(0))), dtype=x.dtype)

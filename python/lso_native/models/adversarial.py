"""How a generator and a discriminator train each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lso_native.learner import Learner
from lso_native.models.generative import Array
from lso_native.models.guide import Guide
from lso_native.random import normal, permutation

# A generator whose samples vary less than this share of the real ones' variance has collapsed.
_COLLAPSED = 0.1
_PENALTY_STEP = 1e-2


@dataclass
class AdversarialTraining:
    """A generator and a discriminator under training, and what a minibatch does to them."""

    generator: Learner
    discriminator: Learner
    latent: int
    told: Array  # (n_classes, n_classes): a row is what the networks are told of a class
    labels: Array | None
    gradient_penalty: float
    penalty_every: int
    guide: Guide | None
    steps: int = 0
    gradient_norm: float = float("nan")
    diversity: float = float("nan")
    names: tuple[str, ...] = ("discriminator", "generator", "gradient_norm", "guide")

    def draw(self, n: int, seed: int) -> Array:
        """The noise of an epoch (n, latent)."""
        return normal((n, self.latent), random_state=seed, dtype=self.told.dtype.name)

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
        if self.guide is not None:
            error, guided = self.guide(made, labels)
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
        due = self.gradient_penalty > 0 and self.steps % self.penalty_every == 0
        if due and not self._penalize(real, self.gradient_penalty * self.penalty_every):
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

    def measure(self, samples: Array) -> float:
        """The diversity: variance of generated samples over that of the real ones, within classes if there are any."""
        chosen = permutation(len(samples), random_state=0)[:512]
        labels = None if self.labels is None else self.labels[chosen]
        noise = self.draw(2 * len(chosen), 0)
        told = np.empty((len(chosen), 0), noise.dtype) if labels is None else self.told[labels]
        network = self.generator.averaged
        first, second = (
            network(np.concatenate([part, told], axis=1)) for part in np.split(noise, 2)
        )
        made = float(np.square(first - second).sum(axis=1).mean(dtype=np.float64)) / 2
        self.diversity = made / max(_variance_within(samples, self.labels), 1e-12)
        return self.diversity

    def check(self) -> str | None:
        """Whether all noise gives the same sample."""
        return "collapsed" if self.diversity < _COLLAPSED else None


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

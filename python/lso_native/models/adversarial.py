"""How a generator and a discriminator train each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lso_native._typing import Array
from lso_native.learner import Learner
from lso_native.models.dataset import Dataset
from lso_native.models.generative import finite
from lso_native.models.guide import Guide
from lso_native.models.training import Batch, MinibatchTraining
from lso_native.network import Network
from lso_native.random import normal, permutation

_PENALTY_STEP = 1e-2
_MEASURED = 512  # samples that a diversity or a distance is taken of, at most


@dataclass
class AdversarialTraining(MinibatchTraining):
    """A generator and a discriminator under training, and what a minibatch does to them."""

    generator: Learner
    discriminator: Learner
    latent: int
    conditions: Array
    """(n_classes, n_classes): a row is what the networks take for a class."""
    gradient_penalty: float
    penalty_every: int
    guide: Guide | None
    steps: int = 0
    gradient_norm: float = float("nan")
    names: ClassVar[tuple[str, ...]] = ("discriminator", "generator", "gradient_norm", "guide")

    def draw(self, n: int, seed: int) -> Array:
        """The noise of an epoch (n, latent)."""
        return normal((n, self.latent), random_state=seed, dtype=self.conditions.dtype.name)

    def networks(self) -> tuple[Network, ...]:
        """The averaged generator, and the discriminator."""
        return self.generator.averaged, self.discriminator.network

    def step(self, batch: Batch) -> tuple[float, ...] | None:
        """One minibatch: a step of the discriminator, then one of the generator through it, frozen."""
        condition = self._condition(batch)
        made = self.generator.forward(np.concatenate([batch.noise, condition], axis=1))
        if not finite(made):
            return None
        shown = np.concatenate([made, condition], axis=1)
        judged = self._judge(batch, np.concatenate([batch.x, condition], axis=1), shown)
        if judged is None:
            return None
        logits = self.discriminator.forward(shown)
        if not finite(logits):
            return None
        weighted = _fake_weights(batch)
        loss = float(weighted(_softplus(-logits)).mean(dtype=np.float64))
        gradient = self.discriminator.backward(
            weighted(-_sigmoid(-logits)) / len(batch), learn=False
        )
        gradient, error = self._guided(gradient[:, : batch.x.shape[1]], made, batch)
        if not np.isfinite(error) or not finite(gradient):
            return None
        self.generator.learn(gradient)
        if not self.generator.step():
            return None
        return judged, loss, self.gradient_norm, error

    def validation_loss(self, batch: Batch) -> float:
        """The energy distance between held-out samples and as many that are made, of the same classes (Szekely and
        Rizzo 2013, doi:10.1016/j.jspi.2013.03.018, section 2), of at most 512 of them."""
        few = batch.take(permutation(len(batch), random_state=0)[:_MEASURED])
        condition = self._condition(few)
        made = self.generator.averaged(np.concatenate([few.noise, condition], axis=1))
        each = np.full((len(few), 1), 1 / len(few))
        real, fake = few.weighted(each), few.weighted(each) if few.labels is not None else each
        x, y = (np.concatenate([part, condition], axis=1) for part in (few.x, made))
        between = real.T @ _distances(x, y) @ fake
        within = real.T @ _distances(x, x) @ real + fake.T @ _distances(y, y) @ fake
        return float((2 * between - within).item())

    def diversity(self, data: Dataset) -> float:
        """Variance of generated samples over that of the real ones, within classes if there are any."""
        chosen = permutation(len(data), random_state=0)[:_MEASURED]
        noise = self.draw(2 * len(chosen), 0)
        labels = None if data.y is None else data.y[chosen]
        condition = self._condition(Batch(data.x[chosen], noise, labels))
        first, second = (
            self.learned[0](np.concatenate([part, condition], axis=1))
            for part in np.split(noise, 2)
        )
        made = float(np.square(first - second).sum(axis=1).mean(dtype=np.float64)) / 2
        return made / max(_variance_within(data), 1e-12)

    def _condition(self, batch: Batch) -> Array:
        if batch.labels is None:
            return np.empty((len(batch), 0), batch.x.dtype)
        rows: Array = self.conditions[batch.labels]
        return rows

    def _guided(self, gradient: Array, made: Array, batch: Batch) -> tuple[Array, float]:
        """The gradient by the samples with the guide's beside it, and the guide's error."""
        if self.guide is None:
            return gradient, 0.0
        error, guided = self.guide(made, batch.labels)
        return gradient + batch.weighted(np.asarray(guided, dtype=made.dtype)), error

    def _judge(self, batch: Batch, real: Array, made: Array) -> float | None:
        """One step of the discriminator: its loss."""
        n = len(real)
        logits = self.discriminator.forward(np.concatenate([real, made]))
        if not finite(logits):
            return None
        weighted = _fake_weights(batch)
        losses = [batch.weighted(_softplus(-logits[:n])), weighted(_softplus(logits[n:]))]
        loss = float(np.concatenate(losses).sum(dtype=np.float64) / n)
        slopes = [batch.weighted(-_sigmoid(-logits[:n])), weighted(_sigmoid(logits[n:]))]
        self.discriminator.learn(np.concatenate(slopes) / n)
        due = self.gradient_penalty > 0 and self.steps % self.penalty_every == 0
        if due and not self._penalize(batch, real):
            return None
        self.steps += 1
        return loss if self.discriminator.step() else None

    def _penalize(self, batch: Batch, real: Array) -> bool:
        """R1's gradient by the parameters: that of (v . dD/dx), v = dD/dx held, as a difference along v. False where
        it is not finite."""
        n = len(real)
        weight = self.gradient_penalty * self.penalty_every
        self.discriminator.forward(real)
        slope = self.discriminator.backward(np.ones((n, 1), real.dtype), learn=False)
        slope[:, batch.x.shape[1] :] = 0  # the class is no part of the sample
        norm = np.sqrt(np.square(slope).sum(axis=1, keepdims=True))
        self.gradient_norm = batch.mean(np.square(norm))
        if not np.isfinite(self.gradient_norm):
            return False
        along = np.divide(slope, norm, out=np.zeros_like(slope), where=norm > 0) * _PENALTY_STEP
        share = batch.weighted(norm) * (weight / (2 * _PENALTY_STEP * n))
        both = np.concatenate([share, -share]).astype(real.dtype)
        if not finite(both):
            return False
        self.discriminator.forward(np.concatenate([real + along, real - along]))
        self.discriminator.learn(both)
        return True


def _fake_weights(batch: Batch) -> Callable[[Array], Array]:
    """What is made is of the classes of the real samples, and then counts as much as these."""
    return batch.weighted if batch.labels is not None else lambda rows: rows


def _distances(x: Array, y: Array) -> Array:
    """Euclidean, (len(x), len(y)), in float64."""
    x, y = x.astype(np.float64), y.astype(np.float64)
    squared = np.square(x).sum(axis=1)[:, None] + np.square(y).sum(axis=1) - 2 * (x @ y.T)
    return np.asarray(np.sqrt(np.maximum(squared, 0)))


def _variance_within(data: Dataset) -> float:
    """The variance of the samples, by their weights, summed over features, within classes if there are any."""
    if data.y is None:
        return _variance(data)
    shares = data.mean(np.eye(data.y.max() + 1)[data.y])
    each = [_variance(data.take(np.flatnonzero(data.y == c))) for c in np.flatnonzero(shares)]
    return float(np.dot(shares[shares > 0], each))


def _variance(data: Dataset) -> float:
    if data.weight is None:
        return float(data.x.var(axis=0, dtype=np.float64).sum())
    return float(data.mean(np.square(data.x - data.mean(data.x))).sum())


def _softplus(x: Array) -> Array:
    return np.asarray(np.logaddexp(x, x.dtype.type(0)))


def _sigmoid(x: Array) -> Array:
    return np.asarray(np.exp(-np.logaddexp(-x, x.dtype.type(0))), dtype=x.dtype)

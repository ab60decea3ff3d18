"""The engine in float64, which its own tests hold to the paper's algorithms: what every side must agree with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import lso_native as lso
import numpy as np
from lso_native._typing import Float64Array, IntArray

from benchmarks.lessons import LOG_VARIANCES, PENALTY_STEP, GanLesson, Lesson, VaeLesson, draws
from benchmarks.peers.ours import Ours
from benchmarks.problems import Descent, Training


def descend(problem: Descent, iterations: int) -> tuple[Float64Array, Float64Array]:
    """The points (n, n_inputs) after so many iterations, and the best point of each start."""
    x = problem.starts.astype(np.float64)
    best, lowest = x, np.full(len(x), np.inf)
    for step in range(iterations + 1):
        error, gradient = differentiate(problem, x)
        best = np.where((error < lowest)[:, None], x, best)
        lowest = np.minimum(error, lowest)
        if step < iterations:
            scale = problem.change * error / np.square(gradient).sum(axis=1)
            x = x + gradient * scale[:, None]
    return x, best


def differentiate(problem: Descent, x: Float64Array) -> tuple[Float64Array, Float64Array]:
    """The errors (n,) at ``x``, and their derivatives (n, n_inputs)."""
    trunk = problem.trunk.astype("float64")
    sample, error = trunk(x), np.zeros(len(x))
    gradient = np.zeros_like(sample)
    for branch in problem.branches:
        head = branch.head.astype("float64")
        y = head(sample)
        high = branch.low if branch.high is None else branch.high
        miss = y - np.clip(y, branch.low, high)
        error += np.square(miss).sum(axis=1)
        gradient += head.input_gradient(sample, 2 * miss)
    return error, np.asarray(trunk.input_gradient(x, gradient), np.float64)


def train(problem: Training, epochs: int) -> Float64Array:
    """The flat parameters after so many passes over the minibatches."""
    wide = replace(problem, network=problem.network.astype("float64"))
    return np.asarray(Ours(1).train(wide, epochs, shuffle=False).model.parts[0].parameters)


def learn_vae(lesson: VaeLesson) -> Float64Array:
    """The flat parameters after an epoch (Kingma and Welling 2014, Algorithm 1), noise and order as ours has them."""
    settings = lesson.estimator
    encoder, decoder = _learners(settings, lesson.encoder, lesson.decoder)
    for rows, noise in _minibatches(lesson):
        x, n = lesson.x[rows].astype(np.float64), len(rows)
        codes = encoder.forward(x)
        mean, raw = np.split(codes, 2, axis=1)
        log_variance = np.clip(raw, *LOG_VARIANCES)
        deviation = np.exp(log_variance / 2)
        miss = decoder.forward(mean + deviation * noise) - x
        dz = decoder.backward(miss / np.square(miss).mean() / n)
        weight = settings.kl_weight / n
        dlog = 0.5 * (dz * deviation * noise + weight * (deviation**2 - 1))
        encoder.learn(np.hstack([dz + weight * mean, np.where(raw == log_variance, dlog, 0)]))
        encoder.step()
        decoder.step()
    return _flat(encoder.averaged, decoder.averaged)


def learn_gan(lesson: GanLesson) -> Float64Array:
    """The flat parameters after an epoch (Goodfellow et al. 2014, section 3, with the penalty of Mescheder et al. 2018
    as a difference along its gradient), noise and order as ours has them."""
    settings = lesson.estimator
    generator, discriminator = _learners(settings, lesson.generator, lesson.discriminator)
    width = lesson.x.shape[1]
    for step, (rows, noise) in enumerate(_minibatches(lesson)):
        x, given = (a[rows].astype(np.float64) for a in (lesson.x, lesson.conditions))
        real, n = np.hstack([x, given]), len(rows)
        shown = np.hstack([generator.forward(np.hstack([noise, given])), given])
        logits = discriminator.forward(np.concatenate([real, shown]))
        discriminator.learn((_sigmoid(logits) - np.repeat([[1.0], [0.0]], n, axis=0)) / n)
        if step % settings.penalty_every == 0:
            _penalize(discriminator, real, width, settings)
        discriminator.step()
        logits = discriminator.forward(shown)
        back = discriminator.backward((_sigmoid(logits) - 1) / n, learn=False)
        generator.learn(back[:, :width])
        generator.step()
    return _flat(generator.averaged, discriminator.network)


def _penalize(discriminator: lso.Learner, real: Any, width: int, settings: Any) -> None:
    discriminator.forward(real)
    slope = discriminator.backward(np.ones((len(real), 1)), learn=False)
    slope[:, width:] = 0  # the class is no part of the sample
    norm = np.linalg.norm(slope, axis=1, keepdims=True)
    along = slope / norm * PENALTY_STEP
    weight = settings.gradient_penalty * settings.penalty_every
    share = norm * weight / (2 * PENALTY_STEP * len(real))
    discriminator.forward(np.concatenate([real + along, real - along]))
    discriminator.learn(np.concatenate([share, -share]))


def _learners(settings: Any, *networks: lso.Network) -> list[lso.Learner]:
    options: dict[str, Any] = {"optimizer": settings.optimizer, "average": settings.average}
    return [lso.Learner(network.astype("float64"), **options) for network in networks]


def _minibatches(lesson: Lesson) -> Iterator[tuple[IntArray, Float64Array]]:
    order, noise = draws(lesson)
    for rows in np.split(order, len(order) // lesson.estimator.batch_size):
        yield rows, noise[rows].astype(np.float64)


def _sigmoid(z: Any) -> Any:
    return np.exp(-np.logaddexp(-z, 0))


def _flat(*networks: lso.Network) -> Float64Array:
    return np.concatenate([np.asarray(network.parameters, np.float64) for network in networks])

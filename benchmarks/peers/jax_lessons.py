"""JAX on networks that train each other: an epoch under ``jit``, by ``scan`` over its minibatches."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from lso_native._typing import Float32Array, IntArray

from benchmarks.lessons import LOG_VARIANCES, PENALTY_STEP, GanLesson, VaeLesson
from benchmarks.peers.jax_parts import Net, adam, flat, moments_of
from benchmarks.problems import layers_of

Step = Callable[[Any, tuple[Any, ...]], tuple[Any, Any]]
"""(state, minibatch) -> state and loss."""


class JaxStudent:
    """Epochs of a step."""

    def __init__(
        self, begin: Any, step: Step, data: tuple[Any, ...], batch: int, latent: int
    ) -> None:
        self._begin, self._data = begin, tuple(map(jnp.asarray, data))
        self._n, self._keys = len(data[0]), jax.random.key(3, impl="rbg")

        def follow(state: Any, data: Any, order: Any, noise: Any) -> Any:
            rows = [part[order].reshape(-1, batch, part.shape[1]) for part in (*data, noise)]
            state, losses = lax.scan(step, state, tuple(rows))
            return state, losses.mean()

        def epoch(state: Any, data: Any, order: Any, key: Any) -> Any:
            return follow(state, data, order, jax.random.normal(key, (self._n, latent)))

        self._follow = jax.jit(follow, donate_argnums=0)
        self._epoch = jax.jit(epoch, donate_argnums=0)
        self.reset()

    def reset(self) -> None:
        """Back to the initial parameters."""
        self._state = jax.tree.map(jnp.array, self._begin)

    def follow(self, order: IntArray, noise: Float32Array) -> None:
        """An epoch as it is told."""
        self._state, _ = self._follow(self._state, self._data, order, noise)

    def epochs(self, count: int) -> None:
        """Order by NumPy, which is faster at it, noise under ``jit``."""
        random = np.random.default_rng(3)
        for number in range(count):
            order = random.permutation(self._n).astype(np.int32)
            key = jax.random.fold_in(self._keys, number)
            self._state, loss = self._epoch(self._state, self._data, order, key)
            float(loss)

    def parameters(self) -> Float32Array:
        """Flat: the state's first part holds what is averaged, its second what is not."""
        averaged, plain = self._state[:2]
        return np.asarray(flat([_unbiased(*each) for each in averaged] + list(plain)))


def vae(lesson: VaeLesson) -> JaxStudent:
    """Kingma and Welling 2014, Algorithm 1."""
    settings, nets = lesson.estimator, [Net(layers_of(n)) for n in (lesson.encoder, lesson.decoder)]

    def loss(values: Any, x: Any, noise: Any) -> Any:
        mean, raw = jnp.split(nets[0](values[0], x), 2, axis=1)
        log_variance = jnp.clip(raw, *LOG_VARIANCES)
        deviation = jnp.exp(log_variance / 2)
        y = nets[1](values[1], mean + deviation * noise)
        mse = jnp.square(y - x).mean()
        divergence = 0.5 * (mean**2 + deviation**2 - 1 - log_variance).sum() / len(x)
        return 0.5 * x.shape[1] * (jnp.log(2 * math.pi * mse) + 1) + settings.kl_weight * divergence

    def step(state: Any, batch: Any) -> Any:
        averaged, _, values, moments = state
        value, gradient = jax.value_and_grad(loss)(values, *batch)
        values, moments = adam(settings.optimizer, values, moments, gradient)
        return ([_average(averaged[0], values, settings.average)], (), values, moments), value

    values = [net.values for net in nets]
    begin = ([_no_average(values)], (), values, moments_of(values))
    return JaxStudent(begin, step, (lesson.x,), settings.batch_size, settings.latent)


def gan(lesson: GanLesson) -> JaxStudent:
    """Goodfellow et al. 2014, section 3, with the penalty as the reference takes it."""
    settings = lesson.estimator
    generator, discriminator = (Net(layers_of(n)) for n in (lesson.generator, lesson.discriminator))
    weight = settings.gradient_penalty * settings.penalty_every

    def judge(values: Any, both: Any) -> Any:
        real, fake = jnp.split(discriminator(values, both)[:, 0], 2)
        return (jax.nn.softplus(-real) + jax.nn.softplus(fake)).mean()

    def penalty(values: Any, real: Any, width: int) -> Any:
        slope = jax.grad(lambda r: discriminator(values, r).sum())(real).at[:, width:].set(0)
        norm = jnp.linalg.norm(slope, axis=1, keepdims=True)
        both = jnp.concatenate(
            [real + slope / norm * PENALTY_STEP, real - slope / norm * PENALTY_STEP]
        )

        def along(v: Any) -> Any:
            up, down = jnp.split(discriminator(v, both), 2)
            return (norm * weight / (2 * PENALTY_STEP) * (up - down)).mean()

        return jax.grad(along)(values)

    def step(state: Any, batch: Any) -> Any:
        (average,), (judging,), values, moments, judging_moments = state
        x, given, noise = batch
        real = jnp.concatenate([x, given], axis=1)
        made, back = jax.vjp(
            lambda v: generator(v, jnp.concatenate([noise, given], axis=1)), values
        )
        both = jnp.concatenate([real, jnp.concatenate([made, given], axis=1)])
        value, gradient = jax.value_and_grad(judge)(judging, both)
        due = judging_moments[2] % settings.penalty_every == 0
        gradient = lax.cond(
            due,
            lambda: jax.tree.map(jnp.add, gradient, penalty(judging, real, x.shape[1])),
            lambda: gradient,
        )
        judging, judging_moments = adam(settings.optimizer, judging, judging_moments, gradient)

        def fooled(y: Any) -> Any:
            shown = jnp.concatenate([y, given], axis=1)
            return jax.nn.softplus(-discriminator(judging, shown)).mean()

        loss, by_made = jax.value_and_grad(fooled)(made)
        values, moments = adam(settings.optimizer, values, moments, back(by_made)[0])
        average = _average(average, values, settings.average)
        return ([average], [judging], values, moments, judging_moments), value + loss

    first, second = generator.values, discriminator.values
    begin = ([_no_average(first)], [second], first, moments_of(first), moments_of(second))
    data = (lesson.x, lesson.conditions)
    return JaxStudent(begin, step, data, settings.batch_size, settings.latent)


def _no_average(values: Any) -> Any:
    return jax.tree.map(jnp.zeros_like, values), jnp.float32(0)


def _average(before: Any, values: Any, keep: float) -> Any:
    """The moving average, and the weight of what it holds."""
    average, weight = before
    average = jax.tree.map(lambda a, v: keep * a + (1 - keep) * v, average, values)
    return average, keep * weight + (1 - keep)


def _unbiased(average: Any, weight: Any) -> Any:
    return jax.tree.map(lambda a: a / weight, average)

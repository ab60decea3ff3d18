"""PyTorch on networks that train each other."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from lso_native._typing import Float32Array, IntArray
from torch.nn import functional

from benchmarks.lessons import LOG_VARIANCES, PENALTY_STEP, GanLesson, VaeLesson
from benchmarks.peers.torch_parts import Net, Wrap, adam, flat, minibatches
from benchmarks.problems import layers_of


class Average:
    """An exponential moving average of parameters."""

    def __init__(self, values: list[Any], keep: float) -> None:
        self._values, self._keep, self._weight = values, keep, 0.0
        self._sums = [torch.zeros_like(value) for value in values]

    def add(self) -> None:
        """What they are now."""
        with torch.no_grad():
            torch._foreach_lerp_(self._sums, self._values, 1 - self._keep)
        self._weight = self._keep * self._weight + 1 - self._keep

    def values(self) -> list[Any]:
        """The average."""
        return [each / self._weight for each in self._sums]


class TorchStudent:
    """Epochs of steps that a subclass makes."""

    def __init__(self, settings: Any, nets: list[Net], *parts: Float32Array) -> None:
        self._settings, self._nets = settings, nets
        self._parts = [torch.from_numpy(part) for part in parts]
        self._random = torch.Generator()
        self.reset()

    def reset(self) -> None:
        """Back to the initial parameters."""
        self._random.manual_seed(3)
        for net in self._nets:
            net.reset()
        self._begin()

    def follow(self, order: IntArray, noise: Float32Array) -> None:
        """An epoch as it is told."""
        for rows in torch.from_numpy(order).split(self._settings.batch_size):
            self._step(*(part[rows] for part in (*self._parts, torch.from_numpy(noise))))

    def epochs(self, count: int) -> None:
        """Order and noise by PyTorch."""
        n, settings = len(self._parts[0]), self._settings
        for _ in range(count):
            noise = torch.randn(n, settings.latent, generator=self._random)
            losses = [
                self._step(*rows)
                for rows in minibatches(n, settings.batch_size, self._random, *self._parts, noise)
            ]
            float(torch.stack(losses).mean())

    def parameters(self) -> Float32Array:
        """Flat."""
        return flat(self._learned())

    _begin: Callable[[], None]
    _step: Callable[..., Any]
    _learned: Callable[[], list[Any]]


class VaeStudent(TorchStudent):
    """Kingma and Welling 2014, Algorithm 1."""

    def __init__(self, lesson: VaeLesson, wrap: Wrap) -> None:
        encoder, decoder = (
            Net(layers_of(n), trained=True) for n in (lesson.encoder, lesson.decoder)
        )
        self._values = [*encoder.values, *decoder.values]
        weight = lesson.estimator.kl_weight

        def loss(x: Any, noise: Any) -> Any:
            mean, raw = encoder(x).chunk(2, 1)
            log_variance = raw.clamp(*LOG_VARIANCES)
            deviation = (log_variance / 2).exp()
            mse = functional.mse_loss(decoder(mean + deviation * noise), x)
            divergence = (
                0.5 * (mean.square() + deviation.square() - 1 - log_variance).sum() / len(x)
            )
            return 0.5 * x.shape[1] * ((2 * math.pi * mse).log() + 1) + weight * divergence

        self._loss = wrap(loss)
        super().__init__(lesson.estimator, [encoder, decoder], lesson.x)

    def _begin(self) -> None:
        self._adam = adam(self._settings.optimizer, self._values)
        self._average = Average(self._values, self._settings.average)

    def _step(self, x: Any, noise: Any) -> Any:
        self._adam.zero_grad(set_to_none=True)
        loss = self._loss(x, noise)
        loss.backward()
        self._adam.step()
        self._average.add()
        return loss.detach()

    def _learned(self) -> list[Any]:
        return self._average.values()


class GanStudent(TorchStudent):
    """Goodfellow et al. 2014, section 3, with the penalty as the reference takes it."""

    def __init__(self, lesson: GanLesson, wrap: Wrap) -> None:
        settings = lesson.estimator
        nets = [Net(layers_of(n), trained=True) for n in (lesson.generator, lesson.discriminator)]
        self._generator, self._discriminator = nets
        discriminator = self._discriminator
        self._weight = settings.gradient_penalty * settings.penalty_every

        def judge(real: Any, shown: Any) -> Any:
            on_real, on_fake = discriminator(torch.cat([real, shown])).chunk(2)
            return (functional.softplus(-on_real) + functional.softplus(on_fake)).mean()

        def along(both: Any, norm: Any) -> Any:
            up, down = discriminator(both).chunk(2)
            return (norm * (self._weight / (2 * PENALTY_STEP)) * (up - down)).mean()

        def fooled(shown: Any) -> Any:
            return functional.softplus(-discriminator(shown)).mean()

        functions = (self._generator, judge, along, fooled, lambda x: discriminator(x).sum())
        self._make, self._judge, self._along, self._fooled, self._sum = map(wrap, functions)
        super().__init__(settings, nets, lesson.x, lesson.conditions)

    def _begin(self) -> None:
        self._optimizers = [adam(self._settings.optimizer, net.values) for net in self._nets]
        self._average = Average(self._generator.values, self._settings.average)
        self._steps = 0

    def _step(self, x: Any, given: Any, noise: Any) -> Any:
        of_generator, of_discriminator = self._optimizers
        for optimizer in self._optimizers:
            optimizer.zero_grad(set_to_none=True)
        real = torch.cat([x, given], 1)
        shown = torch.cat([self._make(torch.cat([noise, given], 1)), given], 1)
        judged = self._judge(real, shown.detach())
        judged.backward()
        if self._steps % self._settings.penalty_every == 0:
            self._penalty(real, x.shape[1]).backward()
        self._steps += 1
        of_discriminator.step()
        loss = self._fooled(shown)
        loss.backward(inputs=self._generator.values)
        of_generator.step()
        self._average.add()
        return (judged + loss).detach()

    def _penalty(self, real: Any, width: int) -> Any:
        held = real.detach().requires_grad_(True)
        (slope,) = torch.autograd.grad(self._sum(held), held)
        slope[:, width:] = 0
        norm = slope.norm(dim=1, keepdim=True)
        along = slope / norm * PENALTY_STEP
        return self._along(torch.cat([real + along, real - along]), norm)

    def _learned(self) -> list[Any]:
        return [*self._average.values(), *self._discriminator.values]

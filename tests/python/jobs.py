"""What users do with networks, each job to arrays that depend on nothing but the job: not on the number of threads."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lso_native as lso
import numpy as np
from lso_native._typing import Array

N = 300


def networks(dtype: str) -> tuple[lso.Network, lso.Network]:
    """A decoder wide enough for training to be worth threads, and a predictor."""
    decoder = lso.Network([5, 450, 40], activation=["tanh", "sigmoid"], dtype=dtype, random_state=1)
    predictor = lso.Network(
        [40, 24, 3], activation=["silu", "softmax"], dtype=dtype, random_state=2
    )
    return decoder, predictor


def halved(values: Any) -> tuple[Any, Callable[[Any], Any]]:
    return values / 2, lambda gradient: gradient / 2


def small(values: Any) -> tuple[Any, Any]:
    return np.square(values).sum(axis=1), 2 * values


class Shared:
    """The networks, starts and estimator that all jobs work with."""

    def __init__(self, dtype: str) -> None:
        self.dtype = dtype
        self.decoder, self.predictor = networks(dtype)
        self.model = self.decoder >> self.predictor
        function = lso.Differentiable(halved, n_inputs=40, n_outputs=40, dtype=dtype)
        self.with_function = self.decoder >> function >> self.predictor
        self.starts = lso.normal((N, 5), random_state=3, dtype=dtype)
        self.targets = self.model(lso.normal((N, 5), random_state=4, dtype=dtype))
        self.problem = lso.Problem(
            self.decoder,
            lso.Branch(lso.Interval(self.targets - 0.01, self.targets + 0.01), head=self.predictor),
            latent=[lso.prefer(lso.Ball(2.0), 0.1)],
        )
        self.samples = self.decoder(self.starts)
        self.classifier = lso.Classifier(hidden=(8,), epochs=2, dtype=dtype, random_state=0)
        self.classifier.fit(self.samples, np.arange(N) % 3)

    def forward(self, threads: int) -> list[Array]:
        return [self.model(self.starts, threads=threads)]

    def backprop(self, _: int) -> list[Array]:
        return [*self.model.backprop(self.starts, self.targets).parameters]

    def compose(self, _: int) -> list[Array]:
        made = self.decoder >> self.predictor
        gradient = self.with_function.input_gradient(self.starts, self.targets)
        return [*made.seams(self.starts), *made.nodes(self.starts), gradient]

    def optimize(
        self, threads: int, asked: Any, *target: Any, optimizer: Any = None
    ) -> list[Array]:
        found = lso.optimize(
            asked,
            *target,
            starts=self.starts,
            optimizer=optimizer,
            max_iterations=8,
            threads=threads,
        )
        return [found.latents, found.loss, found.iterations]

    def evaluate(self, threads: int) -> list[Array]:
        found = self.problem.evaluate(self.starts, threads=threads)
        return [found.loss, found.gradient, found.samples, found.met]

    def train(self, threads: int, optimizer: Any, batch_size: int) -> list[Array]:
        found = lso.train(
            self.model,
            self.starts,
            self.targets,
            optimizer=optimizer,
            batch_size=batch_size,
            epochs=2,
            random_state=0,
            threads=threads,
        )
        parts = [part.parameters for part in found.model.parts]
        return [*parts, *found.history.values()]

    def learn(self, threads: int) -> list[Array]:
        learner = lso.Learner(self.decoder, average=0.5, threads=threads)
        made = []
        for _ in range(2):
            made.append(learner.forward(self.starts))
            made.append(learner.backward(made[-1]))
            learner.step()
        return [*made, learner.network.parameters, learner.averaged.parameters]

    def fit(self, threads: int) -> list[Array]:
        vae = lso.VAE(2, hidden=(16,), epochs=2, dtype=self.dtype, random_state=0, threads=threads)
        return [vae.fit(self.samples).decoder_.parameters]

    def predict(self, _: int) -> list[Array]:
        return [self.classifier.predict_proba(self.samples)]

    def save_and_load(self, _: int) -> list[Array]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "classifier.safetensors")
            lso.save(self.classifier, path)
            written = np.frombuffer(path.read_bytes(), np.uint8)
            read = lso.load(path)
            assert isinstance(read, lso.Classifier)
            return [written, read.predict_proba(self.samples)]

    def draw(self, _: int) -> list[Array]:
        return [
            lso.normal((N, 5), random_state=5, dtype=self.dtype),
            lso.uniform((N, 5), random_state=6, dtype=self.dtype),
            lso.permutation(N, random_state=7),
        ]


GENTLE = lso.NormalizedGradientDescent(-0.1)
JOBS: dict[str, Callable[[Shared, int], list[Array]]] = {
    "forward": Shared.forward,
    "backprop": Shared.backprop,
    "compose": Shared.compose,
    "optimize": lambda s, threads: s.optimize(threads, s.model, s.targets, optimizer=GENTLE),
    "optimize, Levenberg-Marquardt": lambda s, threads: s.optimize(
        threads, s.model, s.targets, optimizer=lso.LevenbergMarquardt()
    ),
    "optimize a problem": lambda s, threads: s.optimize(threads, s.problem),
    "optimize through a function": lambda s, threads: s.optimize(
        threads, s.with_function, s.targets
    ),
    "optimize a term in Python": lambda s, threads: s.optimize(
        threads, s.decoder, lso.Function(small)
    ),
    "evaluate": Shared.evaluate,
    "train, Adam": lambda s, threads: s.train(threads, lso.Adam(), N),
    "train, Algorithm 3": lambda s, threads: s.train(threads, GENTLE, N),
    "train, sample by sample": lambda s, threads: s.train(threads, GENTLE, 1),
    "learn": Shared.learn,
    "fit": Shared.fit,
    "predict": Shared.predict,
    "save and load": Shared.save_and_load,
    "draw": Shared.draw,
}

"""What an iteration costs through models of PyTorch: lso_native's loop beside the same loop by hand.

``python -m benchmarks.foreign`` alternates both in one process, on one thread, and prints the medians of an iteration's
time and of its ratio to that by hand in the same round.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import Any

import lso_native as lso
import numpy as np
import torch
from lso_native._typing import FloatArray
from torch import nn

ROUNDS = 9
CHANGE = -0.1
POSITIONS, SYMBOLS = 72, 108  # of a molecule's line
SIZES = (1024, 1000, 1000, 2000, POSITIONS * SYMBOLS)  # of its decoder


def convolutional() -> tuple[nn.Module, nn.Module]:
    """A decoder from 20 latents to images of 28 x 28, and a classifier of them."""
    decoder = nn.Sequential(
        *(nn.Linear(20, 32 * 7 * 7), nn.ReLU(), nn.Unflatten(1, (32, 7, 7))),
        *(nn.ConvTranspose2d(32, 16, 4, stride=2, padding=1), nn.ReLU()),
        *(nn.ConvTranspose2d(16, 1, 4, stride=2, padding=1), nn.Sigmoid(), nn.Flatten()),
    )
    classifier = nn.Sequential(
        *(nn.Unflatten(1, (1, 28, 28)), nn.Conv2d(1, 16, 3, stride=2), nn.ReLU()),
        *(nn.Conv2d(16, 32, 3, stride=2), nn.ReLU(), nn.Flatten()),
        *(nn.Linear(32 * 6 * 6, 10), nn.Sigmoid()),
    )
    return decoder, classifier


def molecules() -> tuple[nn.Module, nn.Module]:
    """A dense decoder of molecules as logarithms of probabilities, of each symbol at each position, and a predictor of
    one number, of the sizes of LIMO (Eckmann and others 2022)."""
    layers: list[nn.Module] = []
    for n_in, n_out in pairwise(SIZES):
        layers += [nn.Linear(n_in, n_out), nn.ReLU()]
    groups = nn.Unflatten(1, (POSITIONS, SYMBOLS)), nn.LogSoftmax(dim=2), nn.Flatten()
    predictor = nn.Sequential(
        *(nn.Linear(SIZES[-1], 1000), nn.ReLU(), nn.Linear(1000, 1000), nn.ReLU()),
        nn.Linear(1000, 1),
    )
    return nn.Sequential(*layers[:-1], *groups), predictor


def converted(decoder: nn.Module, predictor: nn.Module) -> lso.Model:
    """The molecules' models as networks of the engine."""

    def network(module: nn.Module, output: str) -> lso.Network:
        linear = [layer for layer in module.modules() if isinstance(layer, nn.Linear)]
        sizes = [linear[0].in_features, *(layer.out_features for layer in linear)]
        kinds = [*["relu"] * (len(linear) - 1), output]
        pairs = ((layer.weight, layer.bias) for layer in linear)
        flat = [value.detach().numpy().ravel() for pair in pairs for value in pair]
        empty = lso.Network(sizes, activation=kinds, bias="standard")
        return empty.replace(np.concatenate(flat))

    return network(decoder, f"log_softmax({SYMBOLS})") >> network(predictor, "linear")


def by_hand(
    decoder: nn.Module, predictor: nn.Module, target: FloatArray, starts: FloatArray, steps: int
) -> torch.Tensor:
    """Algorithm 3 over all starts as one batch, the best point of each kept."""
    z, wanted = torch.from_numpy(starts), torch.from_numpy(target)
    best, lowest = z.clone(), torch.full((len(z),), torch.inf)
    for _ in range(steps + 1):
        z = z.detach().requires_grad_()
        loss = (predictor(decoder(z)) - wanted).square().sum(dim=1)
        (gradient,) = torch.autograd.grad(loss.sum(), z)
        with torch.no_grad():
            better = loss < lowest
            best, lowest = torch.where(better[:, None], z, best), torch.where(better, loss, lowest)
            z = z + gradient * (CHANGE * loss / gradient.square().sum(dim=1))[:, None]
    return best.detach()


def by_lso(model: lso.Model, target: FloatArray, starts: FloatArray, steps: int) -> FloatArray:
    """The same by ``optimize``, of which no start is done before the last step."""
    descent = lso.NormalizedGradientDescent(CHANGE)
    asked = lso.SquaredError(target, squared_error=1e-30)
    options: dict[str, Any] = {"optimizer": descent, "max_iterations": steps, "threads": 1}
    result = lso.optimize(model, asked, starts=starts, **options)
    assert (result.iterations == steps).all(), "a start was done before"
    return result.latents


def seconds(ways: dict[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """Of the processor, for each way in each round, one way after the other."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():
        way()
    for _ in range(rounds):
        for name, way in ways.items():
            began = time.process_time()
            way()
            taken[name].append(time.process_time() - began)
    return taken


def rows(quick: bool, models_of: str | None) -> Iterator[str]:
    """A line for each model, number of starts and way."""
    decoder, classifier = (part.eval() for part in convolutional())
    digits = lso.torch_model(decoder, n_inputs=20) >> lso.torch_model(classifier, n_inputs=784)
    generator, predictor = (part.eval() for part in molecules())
    dense = lso.torch_model(generator, n_inputs=1024) >> lso.torch_model(
        predictor, n_inputs=SIZES[-1]
    )
    one_hot = lso.one_hot(7, 10).astype(np.float32)
    line = np.ones(1, np.float32)
    cases: list[Any] = [
        ("convolutions", decoder, classifier, {"lso": digits}, one_hot, n, steps)
        for n, steps in (((100, 5), (1, 5)) if quick else ((1000, 10), (100, 30), (1, 30)))
    ]
    both = {"lso": dense, "converted": converted(generator, predictor)}
    cases.append(("molecules", generator, predictor, both, line, 20 if quick else 1000, 2))
    for name, front, back, models, target, n, steps in cases:
        if models_of not in (None, name):
            continue
        starts = lso.normal((n, next(iter(models.values())).n_inputs), random_state=0)
        given = target, starts, steps
        with torch.no_grad():
            known = back(front(torch.from_numpy(starts))).numpy()
        ways: dict[str, Callable[[], Any]] = {"by hand": partial(by_hand, front, back, *given)}
        for way, model in models.items():
            ways[way] = partial(by_lso, model, *given)
            off = np.abs(model(starts) - known).max() / np.abs(known).max()
            assert off < 1e-5, f"{way} says something else, by {off:g}"
        found = seconds(ways, 2 if quick else ROUNDS)
        for way, each in found.items():
            ratios = (ours / theirs for ours, theirs in zip(each, found["by hand"], strict=True))
            took = 1e3 * statistics.median(each) / (steps + 1)
            times = f"{statistics.median(ratios):.2f} times"
            yield f"{name:12}  {n:5} starts  {way:9}  {took:9.3f} ms  {times}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.foreign", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer starts and rounds")
    parser.add_argument("--models", choices=("convolutions", "molecules"), help="both by default")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    for row in rows(options.quick, options.models):
        print(row, flush=True)

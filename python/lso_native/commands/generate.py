"""``lso generate``."""

from __future__ import annotations

import argparse
import dataclasses
from typing import get_args

import numpy as np

import lso_native
from lso_native._checks import check_int, check_threads, resolve_seed, shown
from lso_native._typing import IntArray
from lso_native.commands.asks import Ask, OfClass
from lso_native.commands.models import GenerateModels
from lso_native.commands.options import numbers, workers_of
from lso_native.commands.question import read_question
from lso_native.commands.shards import shard_of, write_shard
from lso_native.commands.written import FILES, About, count, tell, write
from lso_native.display import Progress, say
from lso_native.errors import ArgumentError
from lso_native.files import check_writable_dir
from lso_native.generate import GenerateProgress, GenerateResult
from lso_native.optimizers import InputOptimizer, NormalizedGradientDescent
from lso_native.requirements.base import All, Combination


def generate(arguments: argparse.Namespace) -> None:
    """Generate what is asked for; write samples, a sheet and counts, and say what is in the way of the missing ones."""
    check_writable_dir(arguments.out, create=False)  # before the work, which may be long
    for option in ("n", "attempts", "best_of"):
        check_int(option, getattr(arguments, option))
    check_int("max_iterations", arguments.max_iterations, minimum=0)
    check_threads(arguments.threads)
    resolve_seed(arguments.random_state)
    optimizer, bounds = _optimizer(arguments), _bounds(arguments.bounds)
    asks = read_question(arguments)
    shard = shard_of(arguments)
    with Progress() as display, workers_of(arguments) as executor:
        models = GenerateModels(arguments, display)
        models.check_there({ask.needs for ask in asks if ask.needs})
        for ask in asks:
            ask.check(models)
        decoder, asked = models.decoder, _combined(asks, models)
        total = len(range(arguments.n)[shard.rows(arguments.n)]) if shard else arguments.n
        display.start(f"{total:,} samples", total)

        def hear(state: GenerateProgress) -> None:
            display.update(state.found, f"attempt {state.attempt}" if state.attempt else "")

        try:
            result = lso_native.generate(
                decoder,
                asked,
                arguments.n,
                attempts=arguments.attempts,
                best_of=arguments.best_of,
                prior=models.prior([name for ask in asks for name in ask.classes]),
                bounds=bounds,
                optimizer=optimizer,
                max_iterations=arguments.max_iterations,
                random_state=arguments.random_state,
                threads=arguments.threads,
                callback=hear,
                executor=executor,
                shard=None if shard is None else (shard.number, shard.count),
            )
        except (Exception, KeyboardInterrupt) as stop:
            partial = getattr(stop, "result", None)
            if isinstance(partial, GenerateResult) and partial.success.any() and not shard:
                about = _about(arguments, asks, models, partial)
                folder = write(arguments.out, about, _labels(asks, models, partial), partial)
                arguments.kept = f"; {count(partial)} are in {folder}: {FILES}"
            raise
        display.finish(count(result))
    about, labels = _about(arguments, asks, models, result), _labels(asks, models, result)
    if shard:
        path = write_shard(shard, arguments, models, about, labels, result)
        say(f"{count(result)}\nwrote {path}, for lso merge")
    else:
        tell(write(arguments.out, about, labels, result), result)


def _about(
    arguments: argparse.Namespace, asks: list[Ask], models: GenerateModels, result: GenerateResult
) -> About:
    return About(
        asked=repr(result.requirement),
        captions=tuple((ask.caption, ask.hard) for ask in asks),
        random_state=arguments.random_state,
        dataset=arguments.dataset,
        side=models.side,
        models=models.files,
    )


def _combined(asks: list[Ask], models: GenerateModels) -> Combination:
    """All of it, the preferences last."""
    parts = [
        dataclasses.replace(part, hard=ask.hard)
        for ask in asks
        for part in ask.requirement(models).parts
    ]
    return All(*parts)


def _optimizer(arguments: argparse.Namespace) -> InputOptimizer | None:
    change, name = arguments.desired_change, arguments.optimizer
    if change is not None:
        if name != NormalizedGradientDescent.option():
            expected = f"--optimizer {NormalizedGradientDescent.option()} beside it"
            raise ArgumentError("desired_change", expected, name or "none")
        return NormalizedGradientDescent(change)
    kinds = {kind.option(): kind for kind in get_args(InputOptimizer)}
    return None if name is None else kinds[name]()


def _bounds(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    values = numbers("bounds", text, float)
    if len(values) != 2:
        raise ArgumentError("bounds", "low,high", shown(text))
    if not values[0] <= values[1]:
        raise ArgumentError("bounds", "low at most high", shown(text))
    return values[0], values[1]


def _labels(asks: list[Ask], models: GenerateModels, result: GenerateResult) -> IntArray:
    """(n,) the class asked for, of several the one that each is most; -1 where none was, or none that is a number."""
    labels = np.full(len(result.success), -1, np.int64)
    for ask in asks:
        if isinstance(ask, OfClass) and all(name.lstrip("-").isdigit() for name in ask.wanted):
            outputs = models.network(result.samples)[:, ask.places(models)]
            labels = np.array([int(name) for name in ask.classes])[outputs.argmax(axis=1)]
    return labels

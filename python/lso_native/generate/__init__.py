"""Samples that are as asked: what a user reaches for first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import ArrayLike

from lso_native._checks import check_callback, check_int, check_number, check_threads, resolve_seed
from lso_native._typing import RandomState
from lso_native.distributed import as_executor
from lso_native.errors import ArgumentError, briefly
from lso_native.generate.descent import Descent
from lso_native.generate.plan import Plan
from lso_native.generate.result import (
    Descended,
    GenerateProgress,
    GenerateResult,
    RequirementResult,
)
from lso_native.generate.search import Search
from lso_native.generate.starts import Draws, box_of, decoder_of, drawing, prior_of
from lso_native.optimizers import (
    InputOptimizer,
    LevenbergMarquardt,
    NormalizedGradientDescent,
    check_optimizer,
)
from lso_native.requirements.base import Combination, Part, check_requirement
from lso_native.requirements.latent import Likely

__all__ = ["Descended", "GenerateProgress", "GenerateResult", "RequirementResult", "generate"]

_MANY = 64  # residuals


@briefly
def generate(
    decoder: Any,
    requirement: Combination,
    n: int = 1,
    *,
    attempts: int = 10,
    best_of: int = 64,
    prior: Any = None,
    keep: float | None = 0.001,
    bounds: tuple[ArrayLike, ArrayLike] | None = None,
    optimizer: InputOptimizer | None = None,
    max_iterations: int = 200,
    aims: int = 3,
    rises: int = 20,
    calls: int | None = None,
    different: float = 0.01,
    random_state: RandomState = None,
    threads: int | None = None,
    callback: Callable[[GenerateProgress], object] | None = None,
    watch: Callable[[Descended], object] | None = None,
    executor: Any = None,
    shard: tuple[int, int] | None = None,
) -> GenerateResult:
    """``n`` different samples of ``decoder`` that are as asked: draw latents, descend, check, try again what failed.

    Each attempt draws ``best_of`` latents for each sample that is still missing, descends from the one that is least
    wrong until all requirements are met, and, where a box has the last word, asks it and aims anew. A sample that is
    too much like an earlier one counts as failed; a preference weighs a tenth with each attempt. Where no sample can be
    found, ``conflict`` in the result tells which requirements keep each other from being met. ``lso.optimize`` is the
    paper's algorithm alone.

    Parameters
    ----------
    decoder : a fitted estimator with ``decoder_``, or a network of latents with a ``prior``.
    requirement : as ``classifier.requires(7) & style.between(slant=(15, 25))`` (docs/requirements/).
    attempts : starts tried for a sample, at most; 1 for one attempt each.
    best_of : draws for each start; 1 takes the first as it is.
    prior : what latents are drawn from, a Mixture or anything with ``sample(n, random_state=...)``. None: the decoder's
        own ``prior_`` or, if it has none, ``sample_latent``.
    keep : the latent must be likelier under the prior than this share of the codes that it was fitted to, which is told
        as the last requirement; None for no such, nor where the prior is no Mixture.
    bounds : (low, high), scalars or (latent,), that latents never leave. None: half as far again from the middle of the
        decoder's ``latent_range_`` as its ends, if it has one.
    optimizer : None for LevenbergMarquardt where residuals are few, else Algorithm 3 with C = -.1 E.
    max_iterations : steps of one descent.
    aims : how often an attempt is aimed anew after a box has spoken.
    rises : how often more is asked of what is to be as much as possible, a quarter of its spread each time.
    calls : how often a box may be asked about a sample, in all attempts, and then only where its surrogate takes the
        sample for met; a conflict is not looked for then, since that asks too. None: as often as it takes, and once at
        least.
    different : the least distance between two samples, as a share of the mean distance between draws.
    random_state : seed. The samples depend on it, not on threads.
    callback : called with GenerateProgress at the start and after each attempt.
    watch : called with Descended after each descent, whose every point is kept for it. What it raises goes up, with the
        samples found so far.
    executor : what runs the descents, as in ``lso.optimize``; drawing, checking and boxes stay here. The samples do not
        depend on it.
    shard : (i, k), only the i-th of k parts of the n samples, from (1, k) to (k, k), with ``attempts=1``: the same rows
        as of the whole, except that nobody has looked whether they are like those of another part, or each other.

    Raises ValueError or TypeError naming a bad argument; what a box raises goes up, with the samples found so far in
    its attribute ``result``, as those of KeyboardInterrupt after Ctrl-C.
    """
    network = decoder_of(decoder)
    asked = check_requirement("requirement", requirement)
    check_callback("callback", callback, "GenerateProgress")
    check_callback("watch", watch, "Descended")
    check_threads(threads)
    known = prior_of(prior, decoder)
    plan = Plan(network, (*asked.parts, *_kept(known, keep)))
    starts = Draws(drawing(known, decoder), check_int("best_of", best_of), threads)
    plan.check_reach(starts.drawn(1, 0, network))
    chosen = _default_optimizer(plan, starts) if optimizer is None else optimizer
    check_optimizer(chosen, chosen, InputOptimizer)
    search = Search(
        asked=asked,
        plan=plan,
        starts=starts,
        descent=Descent(
            chosen,
            check_int("max_iterations", max_iterations, minimum=0),
            box_of(decoder) if bounds is None else bounds,
            check_int("aims", aims, minimum=0),
            check_int("rises", rises, minimum=0),
            threads,
            None if calls is None else check_int("calls", calls),
            None if executor is None else as_executor(executor),
        ),
        attempts=check_int("attempts", attempts),
        different=check_number("different", different, minimum=0.0, below=1.0),
        seed=resolve_seed(random_state),
        callback=callback,
        watch=watch,
    )
    n = check_int("n", n)
    return search.run(n, None if shard is None else _part(shard, n, attempts))


def _part(shard: Any, n: int, attempts: int) -> range:
    """The rows of ``shard``."""
    number, count = shard
    if not 1 <= check_int("shard", number) <= check_int("shard", count) <= n:
        expected = f"(i, k) with i of 1 to k, and k at most n, here {n}"
        raise ArgumentError("shard", expected, f"({number}, {count})")
    if attempts != 1:
        expected = "1 for a shard, since later ones depend on all samples"
        raise ArgumentError("attempts", expected, attempts)
    return range((number - 1) * n // count, number * n // count)


def _kept(prior: Any, keep: float | None) -> tuple[Part, ...]:
    """The requirement that keeps the latent where codes are."""
    share = None if keep is None else check_number("keep", keep, above=0.0, below=1.0)
    return () if share is None or not hasattr(prior, "quantile") else (Part(Likely(prior, share)),)


def _default_optimizer(plan: Plan, starts: Draws) -> InputOptimizer:
    """Levenberg-Marquardt where residuals are few, which it needs a pass of each of."""
    counts = (
        plan.problem(starts.drawn(1, 0, plan.decoder)).native(1).residuals()
    )  # 0 where a term is no sum of squares
    few = 0 not in counts and sum(counts) <= _MANY
    return LevenbergMarquardt() if few else NormalizedGradientDescent(-0.1)

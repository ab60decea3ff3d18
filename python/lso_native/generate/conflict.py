"""Why nothing was found: requirements that keep each other from being met."""

from __future__ import annotations

from collections.abc import Callable

from lso_native.requirements.base import Part


def conflict(
    parts: tuple[Part, ...], feasible: Callable[[tuple[Part, ...]], bool]
) -> tuple[Part, ...]:
    """Of hard ``parts`` that are not ``feasible`` together, some of which each is needed for that.

    The deletion filter (Chinneck and Dravnieks 1991): leave out one after the other, for good where the others are
    still infeasible. As many questions as parts.
    """
    kept = list(parts)
    for part in parts:
        rest = tuple(each for each in kept if each is not part)
        if rest and not feasible(rest):
            kept.remove(part)
    return tuple(kept)

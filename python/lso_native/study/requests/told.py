"""What came of requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lso_native._typing import Array, BoolArray, FloatArray
from lso_native.metrics.rates import Rate
from lso_native.study.requests.asked import Measured, Request
from lso_native.study.requests.ways import Answer, Jury, Pool, retrieved, spread

_MOST = 500  # real images whose distances are looked at


@dataclass(frozen=True, eq=False)
class Reply:
    """An answer of n images, and what formulas and judges say of it."""

    request: Request
    answer: Answer
    met: BoolArray
    """(n,) as asked, by the formulas"""
    votes: BoolArray
    """(n_judges, n)"""

    @classmethod
    def judged(cls, request: Request, answer: Answer, jury: Jury) -> Reply:
        """As formulas and ``jury`` say."""
        met = answer.met(request)
        return cls(request, answer, met, jury.votes(answer.images, request.digit))

    @property
    def success(self) -> BoolArray:
        """(n,) met, and recognised by most judges."""
        return np.asarray(self.met & (2 * self.votes.sum(axis=0) > len(self.votes)))


@dataclass(frozen=True)
class Told:
    """Replies of n images each."""

    replies: tuple[Reply, ...]

    @property
    def n(self) -> int:
        """Images in all."""
        return sum(len(each.met) for each in self.replies)

    @property
    def success(self) -> BoolArray:
        """(n,)"""
        return np.concatenate([each.success for each in self.replies])

    @property
    def images(self) -> FloatArray:
        """(n_successes, n_pixels)"""
        found = [each.answer.images[each.success] for each in self.replies]
        return np.concatenate(found)

    def facts(self) -> dict[str, Any]:
        """Shares of the images, and what one costs."""
        met = np.concatenate([each.met for each in self.replies])
        votes = np.concatenate([each.votes for each in self.replies], axis=1)
        rate = Rate.of(self.success)
        return {
            "requests": len(self.replies),
            "n": self.n,
            "met": float(met.mean()),
            "success": rate.share,
            "interval": list(rate.interval),
            "by_judge": [float((met & vote).mean()) for vote in votes],
            "decoded": sum(each.answer.decoded for each in self.replies) / self.n,
            "box_calls": sum(each.answer.calls for each in self.replies) / self.n,
        }

    def beside(self, rivals: Mapping[str, Pool], seen: Measured, jury: Jury) -> dict[str, Any]:
        """What rejection finds among as many decoded images as each answer took, and how many times as many it takes
        to find as much; and what there is among the images ``seen`` in training."""
        requests = [each.request for each in self.replies]
        per, decoded = len(self.replies[0].met), sum(each.answer.decoded for each in self.replies)
        facts: dict[str, Any] = {}
        for name, pool in rivals.items():
            found = sum(pool.found(each.request, per, each.answer.decoded) for each in self.replies)
            needed = pool.needed(requests, per, int(self.success.sum()))
            facts[name] = {
                "success": found / self.n,
                "times": None if needed is None else needed * len(requests) / decoded,
                "more_than": pool.size * len(requests) / decoded,
            }
        there = sum(retrieved(seen, request, per, jury) for request in requests)
        return facts | {"retrieval": there / self.n}

    def different(self, known: Measured) -> dict[str, Any]:
        """How far the successes of a request are apart, beside the real images that are as asked, over requests that
        as many of these match as were asked for."""
        shares = []
        for each in self.replies:
            rows = known.matching(each.request)
            if len(rows) >= len(each.met) and each.success.sum() > 1:
                real = known.images[rows[:_MOST]]
                shares.append(spread(each.answer.images[each.success]) / spread(real))
        if not shares:
            return {"requests": 0, "share": None, "least": None}
        return {
            "requests": len(shares),
            "share": float(np.mean(shares)),
            "least": float(np.min(shares)),
        }

    def arrays(self) -> dict[str, Array]:
        """Images, what was asked of each, and whether it succeeded."""
        asked = [
            (each.request.digit, *each.request.slant, *each.request.thickness)
            for each in self.replies
        ]
        return {
            "images": np.stack([each.answer.images for each in self.replies]),
            "success": np.stack([each.success for each in self.replies]),
            "asked": np.array(asked),
        }

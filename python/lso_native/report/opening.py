"""What the page opens with: the best system, in a line and a picture."""

from __future__ import annotations

from typing import Any, NamedTuple

Facts = dict[str, Any]
_WORDS = {
    "title": "Latent space optimization, reproduced",
    "sample": "digit",
    "class": "digit",
}  # of a run that an earlier version wrote
RECIPE, PAPERS, REAL = "lso", "lso-2", "real images"
_MANY = 1_000  # digits, of which a tenth of a percent is one


class Opening(NamedTuple):
    """The line of result."""

    name: str
    """Of the system."""
    recognised: str
    success: str
    more: str
    """How many they are, and what stands beside them."""

    @property
    def pictures(self) -> tuple[str, ...]:
        """The names of what is shown first."""
        return tuple(dict.fromkeys((self.name, PAPERS, REAL)))


def opening(results: dict[str, Any]) -> Opening | None:
    """The project's own recipe or, in a run without it, the LSO system that is recognised most often; None in a run
    without any."""
    systems: dict[str, Facts] = results["systems"]
    through = [name for name in systems if name == RECIPE or name.startswith(f"{RECIPE}-")]
    if not through:
        return None
    best = (
        RECIPE if RECIPE in systems else max(through, key=lambda name: systems[name]["recognised"])
    )
    facts = systems[best]
    beside = []
    if best != RECIPE and len(through) > 1:
        beside.append(f"it is the one of {len(through)} LSO systems that is recognised most often")
    if PAPERS in systems and best != PAPERS:
        papers = systems[PAPERS]
        beside.append(
            f"of {PAPERS}, the paper's setting, {_share(papers, 'recognised')} are recognised and "
            f"{_share(papers, 'success_rate')} meet the target"
        )
    if "real" in results:
        beside.append(f"of real images {_share(results['real'], 'recognised')} are recognised")
    recognised, success = (_share(facts, rate) for rate in ("recognised", "success_rate"))
    said = f"{facts['n']:,} {words_of(results)['sample']}s, one attempt each"
    return Opening(best, recognised, success, "; ".join([said, *beside]) + ".")


def words_of(results: dict[str, Any]) -> dict[str, str]:
    """What the page is called, and a sample and its class."""
    return {**_WORDS, **results["settings"].get("words", {})}


def _share(facts: Facts, rate: str) -> str:
    return f"{facts[rate]:.{1 if facts['n'] >= _MANY else 0}%}"

"""The study's tables, as Markdown."""

from __future__ import annotations

from typing import Any

__all__ = ["airfoils_report"]


def airfoils_report(results: dict[str, Any]) -> str:
    """Both tables of ``results``: how many designs meet each target, and what each way needs."""
    targets: dict[str, Any] = results["targets"]
    lines = [
        "# Airfoils with lift, lift over drag, moment and thickness prescribed",
        "",
        "| target | met in one call | in two | in three | calls a design | calls a met design | crossing or wiggling "
        "| real airfoils that meet it |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, facts in targets.items():
        known = results["real"][name]
        last = facts["lso 3"]
        cells = [
            name,
            *(_share(facts[f"lso {calls}"]) for calls in (1, 2, 3)),
            f"{last['calls_a_design']:.2f}",
            _calls(last["calls_a_met_design"]),
            _percent(last["unsound_of_met"]),
            f"{known['met']} of {known['n']:,}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    ways = [way for way in next(iter(targets.values())) if way != "lso 1" and way != "lso 2"]
    lines += [
        "",
        "Calls a met design, and the share that is met within three calls a design:",
        "",
        f"| way | {' | '.join(targets)} |",
        f"| --- |{' ---: |' * len(targets)}",
    ]
    for way in ways:
        shown = "**lso**" if way == "lso 3" else way
        cells = [
            f"{_calls(facts[way]['calls_a_met_design'])} · {_percent(facts[way]['met_within_calls']['3'])}"
            for facts in targets.values()
        ]
        lines.append(f"| {shown} | {' | '.join(cells)} |")
    learning = results["learning"]
    lines += [
        "",
        f"To learn from, the two simulators were asked about {learning['simulations']:,} draws each, once for all "
        f"targets ({learning['seconds']:.0f} s).",
        "",
    ]
    return "\n".join(lines)


def _share(facts: dict[str, Any]) -> str:
    """The mean over runs and, where they differ, the lowest."""
    mean, lowest = _percent(facts["met"]), _percent(facts["met_lowest"])
    return mean if mean == lowest else f"{mean} (≥ {lowest})"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f}%".replace(".0%", "%")


def _calls(number: float | None) -> str:
    if number is None:
        return "never"
    return (
        f"{number:,.0f}" if number >= 100 else f"{number:.2g}" if number >= 10 else f"{number:.2f}"
    )

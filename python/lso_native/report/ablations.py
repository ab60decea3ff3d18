"""What each part of the recipe is worth, as a table."""

from __future__ import annotations

from typing import Any

HEAD = (
    "system",
    "what is changed",
    "success",
    "recognised",
    "Fréchet",
    "precision",
    "recall",
    "density",
    "coverage",
    "unmoved",
    "median move",
    "longest move",
)


def rows(results: dict[str, Any]) -> list[tuple[str, ...]]:
    """One a change; none where the run did not ask for them."""
    shares = ("precision", "recall", "density", "coverage")
    return [
        (
            row["system"],
            row["what"],
            f"{row['success_rate']:.1%}",
            f"{row['recognised']:.1%}",
            f"{row['frechet_distance']:.2f}",
            *(f"{row[name]:.2f}" for name in shares),
            f"{row['unmoved']:.0%}",
            f"{row['median_move']:.2f}",
            f"{row['longest_move']:.1f}",
        )
        for row in results.get("ablations", [])
    ]

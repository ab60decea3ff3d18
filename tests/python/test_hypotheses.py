"""Questions answered from the figures of a run."""

from __future__ import annotations

from typing import Any

import pytest
from lso_native.experiments.hypotheses import answers, compare


def system(success: float | None, recognised: float, **more: float) -> dict[str, Any]:
    facts = {"success_rate": success, "recognised": recognised, "n": 1000}
    return {**facts, "frechet_distance": 3.0, "recall": 0.5, **more}


def space(success: float, flat: float) -> dict[str, float]:
    shares = {"flat_share": flat, "rise_share": 0.2, "latent_jump_ratio": 9.0}
    return {"walk_success_rate": success, "confident_share": 0.8, **shares}


@pytest.fixture
def results() -> dict[str, Any]:
    return {
        "models": {"classifier": {"test_accuracy": 0.95}},
        "systems": {
            "lso-1": system(0.6, 0.66),
            "lso-2": system(0.8, 0.7),
            "input-optimization": system(1.0, 0.0),
            "gan": system(None, 0.98),
            "cgan": system(0.7, 0.98),
            "vae-clusters": system(0.6, 0.97),
            "lso-vae": system(1.0, 0.71),
        },
        "latent_spaces": {"lso-1": space(0.6, 0.3), "lso-2": space(0.8, 0.1)},
    }


def answer_to(results: dict[str, Any], part: str) -> tuple[str, str]:
    found = [each for each in answers(results) if part in each.question]
    assert len(found) == 1
    return found[0].answer, found[0].figures


@pytest.mark.parametrize(
    ("a", "b", "n", "sign"),
    [
        (0.5, 0.5, 100, 0),
        (0.6, 0.5, 100, 0),  # z = 1.42
        (0.65, 0.5, 100, 1),  # z = 2.15
        (0.6, 0.5, 1000, 1),
        (0.5, 0.6, 1000, -1),
        (1.0, 1.0, 10, 0),
        (1.0, 0.0, 10, 1),
    ],
)
def test_shares_differ_where_chance_does_not_explain_it(
    a: float, b: float, n: int, sign: int
) -> None:
    assert compare(a, b, n, n) == sign


def test_every_question_is_answered_from_the_figures(results: dict[str, Any]) -> None:
    assert len(answers(results)) == 6
    answer, figures = answer_to(results, "optimizing the input itself")
    assert answer.startswith("Yes")
    assert "70.0% (lso-2) against 0.0%" in figures
    assert answer_to(results, "as good as a GAN")[0] == "No: they are recognised more often."
    answer, _ = answer_to(results, "VAE's decoder")
    assert (
        "lso-vae meets the target more often and is recognised as often (within chance)" in answer
    )
    assert answer_to(results, "smaller latent")[0].startswith("Yes")
    assert answer_to(results, "more than the sum")[0].startswith("No")  # .8 * .95 is above .7
    assert answer_to(results, "irregular latent")[0].startswith("The more of its walks is flat")


def test_answers_turn_with_the_figures(results: dict[str, Any]) -> None:
    systems, spaces = results["systems"], results["latent_spaces"]
    systems["lso-1"]["success_rate"] = 0.81
    systems["lso-2"]["recognised"] = 0.99
    systems["input-optimization"]["recognised"] = 0.99
    spaces["lso-1"]["walk_success_rate"] = 0.9
    assert answer_to(results, "optimizing the input itself")[0].startswith("No difference")
    assert answer_to(results, "smaller latent")[0].startswith("No difference")
    assert answer_to(results, "as good as a GAN")[0].startswith("It depends")
    assert answer_to(results, "more than the sum")[0].startswith("Yes")
    assert answer_to(results, "irregular latent")[0].startswith("The share of flat points does not")


def test_what_was_not_run_is_not_answered(results: dict[str, Any]) -> None:
    results["systems"] = {"gan": results["systems"]["gan"]}
    results["latent_spaces"] = {}
    assert answers(results) == []

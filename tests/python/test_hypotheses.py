"""Questions answered from the figures of a run."""

from __future__ import annotations

from typing import Any

import pytest
from lso_native.study.answers import compare, grouped, verdict
from lso_native.study.hypotheses import answers


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
        "sweeps": {"desired_change": [], "start": [], "latent": []},
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
    assert len(answers(results)) == 5
    answer, figures = answer_to(results, "optimizing the input itself")
    assert answer.startswith("Yes")
    assert "70.0% (lso-2) against 0.0%" in figures
    answer, _ = answer_to(results, "as good as a GAN")
    assert answer == "No: lso-2 is recognised less often than these: cgan, vae-clusters."
    answer, _ = answer_to(results, "VAE's decoder")
    assert answer.startswith("Cannot tell. Beside lso-2 recognised as often (within chance)")
    assert answer.endswith("Success more often: lso-vae.")
    assert answer_to(results, "smaller latent")[0].startswith("Yes")
    assert answer_to(results, "more than the sum")[0].startswith("No")  # .8 * .95 is above .7


def test_answers_turn_with_the_figures(results: dict[str, Any]) -> None:
    systems = results["systems"]
    systems["lso-1"]["success_rate"] = 0.81
    systems["lso-2"]["recognised"] = 0.99
    systems["input-optimization"]["recognised"] = 0.99
    assert answer_to(results, "optimizing the input itself")[0].startswith("Cannot tell")
    smaller, _ = answer_to(results, "smaller latent")
    assert smaller.startswith("Cannot tell: 81% of its samples meet the target, 80% of lso-2's")
    assert answer_to(results, "as good as a GAN")[0].startswith("In part")
    assert answer_to(results, "more than the sum")[0].startswith("Yes")


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_where_nothing_differs_no_answer_says_that_something_does(
    results: dict[str, Any], share: float
) -> None:
    for facts in results["systems"].values():
        facts |= {"success_rate": share, "recognised": share}
    results["latent_spaces"]["lso-2"]["confident_share"] = share / 0.95
    rows = [size(kind, n, share, share) for kind in ("plain", "noisy") for n in (5, 20)]
    results["sweeps"]["latent"] = rows
    given = [each.answer for each in answers(results)]
    assert len(given) == 7
    assert all(answer.startswith("Cannot tell") for answer in given)


def test_the_first_word_is_what_the_comparisons_say() -> None:
    said = {
        (1, 1): "Yes",
        (0, 0): "Cannot tell",
        (-1, -1): "No",
        (1, 0): "In part",
        (-1, 0): "No",
        (1, -1): "It depends",
        (1, 0, -1): "It depends",
    }
    assert {signs: verdict(signs) for signs in said} == said
    signs = {"a": 1, "b": 0, "c": 1}
    assert grouped(signs) == "more often: a, c; as often (within chance): b"


def test_what_was_not_run_is_not_answered(results: dict[str, Any]) -> None:
    results["systems"] = {"gan": results["systems"]["gan"]}
    results["latent_spaces"] = {}
    assert answers(results) == []


def correlation(figure: str, rho: float, low: float, high: float) -> dict[str, Any]:
    return {
        "figure": figure,
        "with": "walk_success_rate",
        "rho": rho,
        "interval": [low, high],
        "n": 9,
    }


def test_irregularity_predicts_where_an_interval_leaves_out_zero(results: dict[str, Any]) -> None:
    weak = correlation("condition", 0.2, -0.4, 0.7)
    results["correlations"] = [weak]
    assert answer_to(results, "irregularity predict")[0].startswith("Cannot tell: none of")
    results["correlations"] = [weak, correlation("flat_share", -0.8, -0.95, -0.4)]
    answer, figures = answer_to(results, "irregularity predict")
    assert answer.startswith(
        "In part: 1 of 2 rank correlations differ from zero; the strongest is flat share"
    )
    assert "−0.80 [−0.95, −0.40]" in figures
    assert "condition" not in figures


def size(kind: str, latent: int, success: float, recognised: float) -> dict[str, Any]:
    row = {
        "kind": kind,
        "latent": latent,
        "train_images": 9,
        "test_mse": 0.01,
        "confident_share": 0.5,
    }
    return {**row, "n": 300, "success_rate": success, "recognised": recognised}


@pytest.mark.parametrize(
    ("success", "first"), [(0.5, "Yes: "), (0.79, "Cannot tell: "), (0.95, "No: ")]
)
def test_equal_training_tells_whether_the_size_is_the_cause(
    results: dict[str, Any], success: float, first: str
) -> None:
    rows = [size("plain", 5, success, 0.7), size("plain", 20, 0.8, 0.7)]
    results["sweeps"]["latent"] = rows
    answer, figures = answer_to(results, "equal training")
    assert answer.startswith(first)
    assert "recognised as often (within chance)" in answer
    assert "20 latents: test MSE 0.0100" in figures


def test_noise_is_held_against_plain_ones_of_the_same_size(results: dict[str, Any]) -> None:
    results["sweeps"] |= {
        "latent": [
            *(size("plain", latent, 0.8, 0.5) for latent in (5, 20, 64)),
            size("noisy", 5, 0.8, 0.5),
            size("noisy", 20, 0.8, 0.9),
        ]
    }
    answer, figures = answer_to(results, "noise on the latent")
    assert answer.startswith("In part. ")
    assert answer.endswith("more often: 20; as often (within chance): 5 latents.")
    assert "64" not in figures
    assert "lso-noisy" not in figures
    results["systems"]["lso-noisy"] = system(0.99, 0.93)
    assert "recognised 93.0% against 70.0%" in answer_to(results, "noise on the latent")[1]


def test_a_sweep_whose_ends_differ_matters(results: dict[str, Any]) -> None:
    def row(success: float, **more: Any) -> dict[str, Any]:
        return {"system": "lso-2", "n": 300, "success_rate": success, "recognised": 0.5, **more}

    results["sweeps"] |= {
        "desired_change": [row(0.9, desired_change=-0.1), row(0.5, desired_change=-1.0)],
        "start": [row(0.8, start="uniform 0..1"), row(0.81, start="normal, sd 1")],
    }
    answer, figures = answer_to(results, "size of the step")
    assert (
        answer == "C takes it from 50% to 90%. The start takes it from 80% to 81%, within chance."
    )
    assert "C = −0.1 E meets the target 90.0%" in figures


def test_the_furthest_of_many_are_no_two_of_two() -> None:
    assert compare(0.87, 0.80, 300, 300) == 1  # z = 2.3
    assert compare(0.87, 0.80, 300, 300, pairs=10) == 0
    assert compare(0.90, 0.80, 300, 300, pairs=10) == 1  # z = 3.4


def test_generated_data_is_held_against_real(results: dict[str, Any]) -> None:
    for facts in results["systems"].values():
        facts["accuracy_score"] = facts["accuracy_score_with_real"] = None
    results["real"] = {"accuracy_score": 0.90, "test_images": 10_000}
    results["systems"]["cgan"] |= {"accuracy_score": 0.89, "accuracy_score_with_real": 0.92}
    results["systems"]["lso-1"] |= {"accuracy_score": 0.6, "accuracy_score_with_real": 0.88}
    answer, figures = answer_to(results, "stand in for training images")
    assert answer.startswith("Alone they teach worse than as many real images: lso-1, cgan. Added")
    assert answer.endswith("they make the classifier better: cgan; worse: lso-1.")
    assert "cgan 89.0% alone, 92.0% beside real" in figures
    results["real"]["test_images"] = 100  # on which two points are chance
    answer, _ = answer_to(results, "stand in for training images")
    assert answer.endswith("they make the classifier no different beyond chance: lso-1, cgan.")

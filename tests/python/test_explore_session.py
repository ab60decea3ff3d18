"""What a visitor of ``lso explore`` says and hears: looks, walks, what is kept, and messages that are refused."""

from __future__ import annotations

import io
import json
import runpy
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lso_native as lso
import numpy as np
import pytest

pytest.importorskip("websockets")
from checks import assert_same_bits
from exploring import LIMIT, PIXELS, QUESTION, Heard, Visitor, served, tiny, tiny_models
from lso_native.explore import Digits, Question, Recipe, Usual
from lso_native.explore.messages import LARGEST_MESSAGE
from lso_native.explore.shelf import Book
from lso_native.study.progress import Progress
from PIL import Image
from websockets.exceptions import ConnectionClosed

pytestmark = pytest.mark.extra


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Digits:
    return tiny(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def port(world: Digits) -> Iterator[int]:
    with served(world) as port:
        yield port


@pytest.fixture
def visitor(port: int) -> Iterator[Visitor]:
    with Visitor(port) as visitor:
        visitor.enter()
        yield visitor


LOOK: dict[str, Any] = {"do": "look", "latent": [0.3, 0.4], "ask": QUESTION}
WALK: dict[str, Any] = {
    "do": "walk",
    "id": 1,
    "n": 2,
    "seed": 0,
    "start": "anywhere",
    "ask": QUESTION,
}


def but(message: dict[str, Any], **other: Any) -> str:
    return json.dumps({**message, **other})


def asking(**question: Any) -> str:
    return but(LOOK, ask={**QUESTION, **question})


REFUSED = [
    ("", "message: expected JSON"),
    ("{", "message: expected JSON"),
    (b"{}", "message: expected text, got bytes"),
    ("[]", "message: expected an object, got list"),
    ("[" * 30_000, "message: expected JSON"),
    ("9" * 10_000, "message: expected"),
    ("{}", "do: expected one of enter, look"),
    ('{"do": "__class__"}', "do: expected one of enter"),
    ('{"do": ["look"]}', "do: expected one of enter"),
    ('{"do": "enter", "world": "mars"}', "world: expected one of digits"),
    ('{"do": "enter", "world": "digits", "extra": 1}', "extra: expected nothing of that name"),
    ('{"do": "stop", "when": 1}', "when: expected nothing of that name"),
    ('{"do": "look", "latent": [NaN, 0], "ask": {}}', "message: expected JSON, got NaN is no number"),
    ('{"do": "look", "latent": [1e999, 0], "ask": {}}', "latent: expected a finite number"),
    (but(LOOK, latent=[0]), "latent: expected a list of 2 numbers, got 1"),
    (but(LOOK, latent="00"), "latent: expected a list of 2 numbers"),
    (but(LOOK, latent=[0, None]), "latent: expected a number"),
    (but(LOOK, latent=[0, True]), "latent: expected a number"),
    (but(LOOK, latent=[0, 1e9]), "latent: expected numbers in"),
    (but(LOOK, latent=[0, 10**400]), "latent: expected"),
    (but(LOOK, latent=None), "latent: expected a list of 2 numbers"),
    (but(LOOK, drawn=[2.0] * PIXELS), "drawn: expected numbers in 0..1"),
    (but(LOOK, drawn=[0.5]), "drawn: expected a list of 16 numbers"),
    (but(LOOK, follow="yes"), "follow: expected True or False"),
    (but(LOOK, ask=None), "ask: expected an object"),
    (but(LOOK, ask={"secret": 1}), "ask: expected an object"),
    (asking(label=3), "label: expected"),
    (asking(label=-1), "label: expected"),
    (asking(label="1"), "label: expected"),
    (asking(numbers={"beauty": [1, 1]}), "numbers: expected values of"),
    (asking(numbers={"slant": 1}), "slant: expected a list of 2 numbers"),
    (asking(numbers={"slant": [1, 0]}), "slant, how near: expected a number above 0"),
    (asking(numbers=[1]), "numbers: expected values of"),
    (asking(locked=[0.5]), "locked: expected a list of 16 numbers"),
    (asking(locked=[2] + [None] * (PIXELS - 1)), "locked: expected numbers in 0..1"),
    (but(WALK, id=None), "id: expected a whole number"),
    (but(WALK, n=0), "n: expected"),
    (but(WALK, n=10_000), "n: expected"),
    (but(WALK, n=2.5), "n: expected"),
    (but(WALK, seed=-1), "seed: expected"),
    (but(WALK, start="moon"), "start: expected one of class, anywhere, hand"),
    (but(WALK, start="hand"), "latent: expected a list of 2 numbers"),
    (but(WALK, ask={}), "ask: expected a digit, a number or locked pixels to ask for"),
    ('{"do": "keep", "walk": 99, "row": 0}', "walk: expected one of the latest"),
    ('{"do": "keep", "latent": []}', "latent: expected a list of 2 numbers"),
    ('{"do": "drop", "item": "all"}', "item: expected"),
    ('{"do": "download", "what": "/etc/passwd"}', "what: expected one of png, npz, lines"),
    ('{"do": "download", "what": "png"}', "download: expected something that is kept"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "told"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_not_as_expected_is_refused_in_a_line(
    visitor: Visitor, text: str | bytes, told: str
) -> None:
    visitor.say(text)
    answer = visitor.hear().header
    assert answer["is"] == "error"
    assert answer["text"].startswith(told), answer["text"]
    assert "\n" not in answer["text"]
    assert visitor.ask("look", **LOOK, id=5).header["id"] == 5  # and nothing else has happened


def test_nothing_can_be_asked_before_entering(port: int) -> None:
    with Visitor(port) as visitor:
        visitor.say(**LOOK)
        assert "enter first" in visitor.hear().header["text"]


def test_a_message_that_is_too_large_ends_the_session_alone(port: int, visitor: Visitor) -> None:
    with Visitor(port) as other:
        other.say(but(LOOK, more="x" * LARGEST_MESSAGE))
        with pytest.raises(ConnectionClosed) as closed:
            other.hear()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009
    visitor.ask("look", **LOOK)


def test_a_look_is_what_the_decoder_makes_and_the_requirements_read(visitor: Visitor) -> None:
    models = tiny_models()
    frame = visitor.ask("look", **LOOK, id=3, map=True)
    latent = np.array([[0.3, 0.4]], "float32")
    sample = models["decoder"].decoder_(latent)
    assert_same_bits(frame.numbers[: 2 + PIXELS], np.concatenate([latent, sample], axis=1)[0])
    measured = lso.data.attributes(sample)[0]
    assert frame.header["numbers"]["width"] == measured["width"]
    np.testing.assert_array_equal(frame.header["classes"], models["classifier"].network_(sample)[0])
    readings = {each["name"]: each for each in frame.header["readings"]}
    assert list(readings) == ["class 0", "width in 2.8..3", "likelier than 50% of the codes"]
    assert readings["width in 2.8..3"]["value"] == measured["width"]
    assert readings["width in 2.8..3"]["met"] == (2.8 <= measured["width"] <= 3)
    assert readings["class 0"]["value"] == frame.header["classes"][0]
    assert len(frame.numbers) == 2 + PIXELS + 81 * PIXELS


def test_the_map_is_the_plane_of_the_two_widest_directions(world: Digits) -> None:
    codes, latent = world.codes, np.array([0.3, 0.4])
    np.testing.assert_allclose(codes.directions @ codes.directions.T, np.eye(2), atol=1e-12)
    drawn = world.codes_prior.sample(4_096, random_state=0) - codes.center
    spread = (drawn @ codes.directions.T).std(axis=0)
    assert spread[0] >= spread[1]
    turned = np.stack([np.cos(np.linspace(0, 3, 50)), np.sin(np.linspace(0, 3, 50))])
    assert (drawn @ turned).std(axis=0).max() <= spread[0] * (1 + 1e-3)
    plane = codes.plane(latent, 9)
    top_right = codes.center + codes.reach @ codes.directions
    np.testing.assert_allclose(plane[8], top_right, atol=1e-5)
    np.testing.assert_allclose(plane[40], codes.center, atol=1e-5)


def test_what_follows_meets_what_is_asked(visitor: Visitor) -> None:
    first = visitor.ask("look", **LOOK)
    then = visitor.ask("look", **LOOK, follow=True)
    assert not all(each["met"] for each in first.header["readings"])
    assert all(each["met"] for each in then.header["readings"])
    assert (first.numbers[:2] != then.numbers[:2]).any()


def test_a_locked_pixel_stays(visitor: Visitor) -> None:
    locked: list[float | None] = [None] * PIXELS
    locked[5], locked[0] = 0.75, 0.05
    question: dict[str, Any] = {"label": None, "numbers": {}, "locked": locked}
    _, found = visitor.walk(4, ask=question, n=8)
    samples = found.numbers[8 * 2 :].reshape(8, PIXELS)[found.header["success"]]
    assert len(samples) >= 4
    assert np.abs(samples[:, 5] - 0.75).max() <= 0.3 + 1e-6
    assert np.abs(samples[:, 0] - 0.05).max() <= 0.3 + 1e-6


def test_a_drawing_is_encoded(visitor: Visitor, world: Digits) -> None:
    X = world.network(np.array([[0.8, 0.2]], "float32"))[0]
    message = {key: value for key, value in LOOK.items() if key != "latent"}
    frame = visitor.ask("look", **message, drawn=X.tolist())
    assert_same_bits(frame.numbers[:2], tiny_models()["decoder"].transform(X[None])[0])


def test_a_drawing_finds_its_code_without_an_encoder(world: Digits) -> None:
    class Bare:
        """A decoder that cannot encode."""

        def __init__(self) -> None:
            self.decoder_ = tiny_models()["decoder"].decoder_

        def sample_latent(self, n: int, *, random_state: Any = None) -> Any:
            return lso.uniform((n, 2), random_state=random_state)

    models = {**tiny_models(), "decoder": Bare()}
    bare = Digits(**models, files=world.files)
    X = world.network(np.array([[0.8, 0.2]], "float32"))[0]
    np.testing.assert_allclose(world.network(bare.encode(X)[None])[0], X, atol=0.02)
    assert "class" not in bare.describe()["starts"]


def test_walks_come_by_what_they_find(visitor: Visitor, world: Digits) -> None:
    frames, found = visitor.walk(7, seed=3)
    assert found.header["id"] == 7
    assert len(frames) == len([frame for frame in frames if frame.header["id"] == 7]) >= 1
    last: dict[int, Any] = {}
    for frame in frames:
        lengths = frame.header["lengths"]
        total = sum(lengths)
        errors, samples = frame.numbers[:total], frame.numbers[total:].reshape(total, PIXELS)
        ends = np.cumsum(lengths)
        for row, end, length in zip(frame.header["rows"], ends, lengths, strict=True):
            last[row] = samples[end - 1]
            assert errors[end - length : end].min() >= 0
    assert sorted(last) == list(range(6))
    latents, samples = found.numbers[:12].reshape(6, 2), found.numbers[12:].reshape(6, PIXELS)
    assert_same_bits(world.network(latents), samples)
    assert any(found.header["success"])
    for row, success in enumerate(found.header["success"]):
        if success:
            assert_same_bits(last[row], samples[row])


def download(visitor: Visitor, what: str) -> Heard:
    return visitor.ask("file", do="download", what=what)


@pytest.mark.parametrize("start", ["anywhere", "class", "hand"])
def test_the_lines_make_what_was_kept_again_bit_for_bit(
    visitor: Visitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: str
) -> None:
    locked: list[float | None] = [None] * PIXELS
    locked[5] = 0.75
    more: dict[str, Any] = {"start": start} | (
        {"latent": [0.123456789, 0.4]} if start == "hand" else {}
    )
    visitor.walk(1, seed=11, **more)
    visitor.walk(2, seed=12, ask={"label": None, "numbers": {}, "locked": locked}, **more)
    for walk, row in ((1, 2), (2, 0), (1, 4)):
        visitor.ask("kept", do="keep", walk=walk, row=row)
    by_hand = visitor.ask("kept", do="keep", latent=[0.1, 1 / 3])
    assert by_hand.header["item"] == 4
    (tmp_path / "kept.npz").write_bytes(download(visitor, "npz").body)
    lines = download(visitor, "lines").body.decode()
    (tmp_path / "again.py").write_text(lines)
    monkeypatch.chdir(tmp_path)
    runpy.run_path("again.py")
    with np.load("kept.npz") as kept, np.load("again.npz") as again:
        assert_same_bits(again["samples"], kept["samples"])
        assert_same_bits(tiny_models()["decoder"].decoder_(kept["latents"]), kept["samples"])
    (tmp_path / "kept.png").write_bytes(download(visitor, "png").body)
    with Image.open(tmp_path / "kept.png") as picture:
        assert picture.width > picture.height > 100


def test_walks_of_a_class_begin_at_its_usual_codes(world: Digits) -> None:
    question = Question(label=1)
    starts = world.decoder.prior_.of(1).sample(400, random_state=5)
    usual = Usual(world.decoder.prior_.of(1)).sample(400, random_state=5)
    assert usual.std() < starts.std()
    paths: list[Any] = []
    found = Recipe(world, question, 6, 5, "class").run(lambda each: paths.extend(each.paths))
    assert found.success.all()
    of_class = world.decoder.prior_.of(1)
    others = [world.decoder.prior_.of(label) for label in (0, 2)]
    for path in paths:
        start = path[:1].astype(float)
        assert all(of_class.log_density(start) > each.log_density(start) for each in others)
        assert np.linalg.norm(np.diff(path, axis=0), axis=1).max(initial=0) <= 0.1 + 1e-6


def test_where_no_class_is_asked_for_walks_begin_anywhere(world: Digits) -> None:
    question = Question(numbers={"width": (2.9, 0.1)})
    both = [Recipe(world, question, 6, 5, start) for start in ("class", "anywhere")]
    assert both[0].lines([0], "samples") == both[1].lines([0], "samples")
    assert_same_bits(both[0].run().samples, both[1].run().samples)


def test_one_question_takes_ten_lines(visitor: Visitor) -> None:
    visitor.walk(1)
    visitor.ask("kept", do="keep", walk=1, row=0)
    lines = download(visitor, "lines").body.decode().splitlines()
    code = [line for line in lines if line and not line.startswith(("#", " "))]
    assert len(code) <= 10
    assert "random_state=0" in "\n".join(lines)


def test_lines_are_refused_where_the_models_could_not_be_kept(tmp_path: Path) -> None:
    world = tiny(tmp_path)
    lost = tmp_path / "classifier.safetensors"
    with served(world) as port, Visitor(port) as visitor:
        visitor.enter()
        visitor.ask("kept", do="keep", latent=[0, 0])
        assert "lso.load" in download(visitor, "lines").body.decode()
        lost.unlink()
        visitor.say(do="download", what="lines")
        assert visitor.hear().header["text"].startswith("download: expected models that are kept")
        download(visitor, "npz")


def test_what_is_dropped_is_in_no_file(visitor: Visitor) -> None:
    for latent in ([0, 0], [1, 1]):
        visitor.ask("kept", do="keep", latent=latent)
    visitor.say(do="drop", item=1)
    with np.load(io.BytesIO(download(visitor, "npz").body)) as kept:
        np.testing.assert_array_equal(kept["latents"], [[1, 1]])


def test_a_walk_that_is_replaced_or_stopped_ends(visitor: Visitor) -> None:
    for number in (1, 2, 3):
        visitor.say(**{**WALK, "id": number, "n": 40})
    visitor.say(do="stop")
    ended = {}
    while 3 not in ended:
        header = visitor.hear().header
        if header["is"] in ("found", "stopped"):
            ended[header["id"]] = header["is"]
        assert header["is"] in ("walk", "found", "stopped")
    visitor.ask("look", **LOOK)


def test_a_hundred_sessions_at_once_do_not_mix(port: int) -> None:
    visitors = [Visitor(port) for _ in range(100)]
    try:
        for each in visitors:
            each.say(do="enter", world="digits")
        for each in visitors:
            each.until("world")
        for number, each in enumerate(visitors):
            each.say(**{**WALK, "id": number + 1, "seed": number % 5, "ask": {"label": number % 3}})
            each.say(**{**LOOK, "latent": [number / 100, 0.5]}, id=number + 1_000)
        found: list[dict[str, Heard]] = []
        for each in visitors:
            answers: dict[str, Heard] = {}
            while not {"look", "found"} <= answers.keys():
                frame = each.hear()
                answers[frame.header["is"]] = frame
            found.append(answers)
        for number, answers in enumerate(found):
            assert answers["look"].header["id"] == number + 1_000
            latent = np.array([number / 100, 0.5], "float32")
            assert_same_bits(answers["look"].numbers[:2], latent)
            assert answers["found"].header["id"] == number + 1
            alike = found[number % 15]["found"]  # of the same seed and class
            assert answers["found"].body == alike.body
            labels = answers["found"].numbers[4:].reshape(2, PIXELS)
            assert any(answers["found"].header["success"])
            said = tiny_models()["classifier"].network_(labels).argmax(axis=1)
            assert (said[answers["found"].header["success"]] == number % 3).all()
    finally:
        for each in visitors:
            each.__exit__()


def test_a_session_that_sends_too_fast_waits(world: Digits) -> None:
    with served(world, most_messages=50) as slow, Visitor(slow) as visitor:
        visitor.enter()
        for number in range(150):
            visitor.say(do="drop", item=number + 1)
        assert visitor.ask("look", **LOOK, id=9).header["id"] == 9


def test_a_world_that_is_being_made_is_waited_for_and_keeps_nobody_from_ending(
    world: Digits,
) -> None:
    begun, never = threading.Event(), threading.Event()

    def make(progress: Progress) -> Digits:
        progress.start("learning", 3)
        progress.update(1, "a step")
        begun.set()
        never.wait()
        return world

    with served(world, more={"slow": Book("Slow", make)}) as port, Visitor(port) as visitor:
        visitor.say(do="enter", world="slow")
        assert begun.wait(LIMIT)
        told = [visitor.hear().header["text"] for _ in range(3)]
        assert told[-1] == "learning: 2 of 3, a step"
        visitor.say(**LOOK)
        assert "enter first" in visitor.hear_but("waiting").header["text"]
        visitor.enter("digits")  # in the meantime
        visitor.ask("look", **LOOK)
    never.set()


def test_a_world_that_fails_is_tried_again(world: Digits) -> None:
    tried: list[int] = []

    def make(_: Progress) -> Digits:
        tried.append(1)
        if len(tried) == 1:
            raise ImportError("airfoils need a package: install it")
        return world

    with served(more={"frail": Book("Frail", make)}) as port, Visitor(port) as visitor:
        visitor.say(do="enter", world="frail")
        error = visitor.hear_but("waiting").header
        assert (error["is"], error["text"]) == ("error", "airfoils need a package: install it")
        assert visitor.enter("frail")["world"] == "digits"

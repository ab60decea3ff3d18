"""Copies of images that are changed, and images that show nothing."""

from __future__ import annotations

import math
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from drawn import drawn, either, ring, sheared
from lso_native.data import attributes, junk, varied
from lso_native.data.draws import Draws
from lso_native.data.junk import _Scrap

N = 400
RING = np.repeat(drawn(either(ring(2, 4, (14, 13)), sheared(2, 12, 0, (17, 14)))), N, axis=0)
BAR = np.zeros((28, 28))
BAR[9:19, 12:16] = 1
BARS = np.repeat(BAR.reshape(1, -1), N, axis=0)


def centres(images: Any) -> Any:
    """(n, 2), x and y."""
    pixels = images.reshape(len(images), 28, 28)
    at = np.arange(28)
    sums = np.stack([pixels.sum(axis=1) @ at, pixels.sum(axis=2) @ at], axis=1)
    return sums / images.sum(axis=1)[:, None]


def assert_fills(values: Any, low: float, high: float) -> None:
    """They are in low..high, and come close to either end and to the middle."""
    assert low - 1e-9 <= values.min() < low + 0.05 * (high - low)
    assert high - 0.05 * (high - low) < values.max() <= high + 1e-9
    assert abs(np.mean(values) - (low + high) / 2) < 0.1 * (high - low)


def test_a_copy_is_sheared_by_up_to_the_slant() -> None:
    made = varied(RING, slant=40, stroke=0, shift=0, random_state=0)
    np.testing.assert_allclose(made.sum(axis=1), RING.sum(axis=1))
    slants = np.radians([attributes(images)["slant"] for images in (RING, made)])
    added = np.tan(slants[1]) - np.tan(slants[0])
    assert_fills(np.degrees(np.arctan(added)), -40, 40)
    np.testing.assert_allclose(centres(made)[:, 1], centres(RING)[:, 1])
    middle = varied(BARS, slant=40, stroke=0, shift=0, random_state=0)  # about which it is sheared
    np.testing.assert_allclose(centres(middle), centres(BARS).tolist())


def test_a_copy_is_moved_by_up_to_the_shift() -> None:
    made = varied(RING, slant=0, stroke=0, shift=2.5, random_state=0)
    np.testing.assert_allclose(made.sum(axis=1), RING.sum(axis=1))
    moves = centres(made) - centres(RING)
    for axis in (0, 1):
        assert_fills(moves[:, axis], -2.5, 2.5)
    assert abs(np.corrcoef(moves.T)[0, 1]) < 0.15
    before, after = (attributes(images)["slant"] for images in (RING, made))
    assert np.abs(after - before).max() < 0.2  # what is between two rows is spread over both


@pytest.mark.parametrize("stroke", [0.5, 1, 1.5])
def test_a_copy_is_drawn_with_another_pen(stroke: float) -> None:
    made = varied(BARS, slant=0, shift=0, stroke=stroke, random_state=0)
    ink, whole = made.sum(axis=1), 40.0
    # A pixel more on each side of 10 x 4 is 28 more, but for the corners; one less leaves 8 x 2.
    if stroke <= 1:
        assert_fills(np.where(ink > whole, (ink - whole) / 28, (ink - whole) / 24), -stroke, stroke)
    else:
        assert whole + 28 < ink.max() <= whole + 28 + 36 / 2
        assert whole - 24 > ink.min() >= 8
    thickness = attributes(made)["thickness"]
    assert np.corrcoef(ink, thickness)[0, 1] > 0.97
    np.testing.assert_allclose(centres(made), centres(BARS).tolist())


def test_thin_strokes_do_not_get_pale() -> None:
    line = np.zeros((28, 28))
    line[9:19, 12:15] = [0.2, 0.8, 0.2]
    made = varied([line.ravel()] * N, slant=0, shift=0, stroke=0.9, random_state=0)
    thinned = made.sum(axis=1) < 12
    assert 0.4 < thinned.mean() < 0.6
    np.testing.assert_allclose(made.max(axis=1), 0.8)


def test_nothing_changes_by_nothing() -> None:
    for dtype in (np.float32, np.float64):
        images: Any = lso.data.load().train.images[:50].astype(dtype)
        made: Any = varied(images, slant=0, stroke=0, shift=0, random_state=0)
        assert made.dtype == dtype
        np.testing.assert_allclose(made, images, atol=1e-7)


def test_ink_leaves_over_the_border_and_none_comes_in() -> None:
    made = varied(np.ones((N, 16)), slant=0, stroke=0, shift=4, random_state=0)
    assert made.sum(axis=1).max() <= 16
    assert made.sum(axis=1).min() < 3


def test_copies_have_styles_that_digits_rarely_have() -> None:
    images = lso.data.load().train.images
    before, after = attributes(images), attributes(varied(images, random_state=0))
    for name in ("slant", "thickness"):
        rare = np.percentile(before[name], [1, 99])
        beyond = [
            ((each[name] < rare[0]) | (each[name] > rare[1])).mean() for each in (before, after)
        ]
        print(beyond)
        assert beyond[1] > 3 * beyond[0], name


@pytest.mark.parametrize("make", ["varied", "junk"])
def test_a_seed_makes_the_same_images(make: str) -> None:
    part = lso.data.load().train
    makers: dict[str, Any] = {
        "varied": lambda seed: varied(part.images[:30], random_state=seed),
        "junk": lambda seed: junk(part.images, part.labels, 30, random_state=seed),
    }
    one, same, other = (makers[make](seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any(axis=1).mean() > 0.9
    assert one.min() >= 0
    assert one.max() <= 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"slant": 90}, "slant: expected a number below 90"),
        ({"slant": -1}, "slant: expected a number of at least 0"),
        ({"stroke": -0.1}, "stroke: expected a number of at least 0"),
        ({"shift": "1"}, "shift: expected a number"),
        ({"images": np.zeros((1, 3))}, "images: expected shape"),
    ],
)
def test_misuse_of_varied(options: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=f"^{message}"):
        varied(**{"images": np.zeros((2, 16)), **options})


# Junk. Images of one grey a label: what is made of them tells where it comes from.

GREYS = np.repeat([[0.2], [0.2], [0.5], [0.9]], 100, axis=1)
LABELS = [0, 0, 1, 2]


def of_kind(kind: str, images: Any = GREYS, labels: Any = LABELS) -> Any:
    """Images (N, side, side) of one kind."""
    side = math.isqrt(images.shape[1])
    scrap = _Scrap(images.reshape(-1, side, side), np.array(labels), Draws(0))
    return getattr(scrap, kind)(N).reshape(N, side, side)


def test_halves_are_of_two_labels_on_either_side_of_a_cut() -> None:
    made = of_kind("halves")
    upright = (made == made[:, :1]).all(axis=(1, 2)) | (made[:, :, :1] == made).all(axis=(1, 2))
    assert upright.all()  # all rows alike, or all columns
    first, second = made[:, 0, 0], made[:, -1, -1]
    assert (first != second).all()
    shares = (made == first[:, None, None]).mean(axis=(1, 2))
    assert set(shares.round(2).tolist()) == {0.4, 0.5, 0.6, 0.7}
    by_rows = (made == made[:, :, :1]).all(axis=(1, 2))
    assert 0.4 < by_rows.mean() < 0.6
    # Each of the 2 * 5 ordered pairs of images with other labels is as likely.
    assert abs((first == 0.9).mean() - 0.25) < 0.07
    assert abs((second[first == 0.9] == 0.2).mean() - 2 / 3) < 0.15


def test_averages_are_of_two_labels() -> None:
    made = of_kind("averages").reshape(N, -1)
    assert (made == made[:, :1]).all()
    greys = made[:, 0]
    for low, high in ((0.2, 0.5), (0.2, 0.9), (0.5, 0.9)):
        third = (high - low) / 3
        assert ((greys > low + third) & (greys < high - third)).any()
    assert greys.min() >= 0.3
    assert greys.max() <= 0.5 + 0.4 * 2 / 3


def test_scrambled_ones_are_bands_in_another_order() -> None:
    image = np.arange(100.0).reshape(1, 100) / 100
    made = of_kind("scrambled", image, [0])
    np.testing.assert_array_equal(np.sort(made.reshape(N, -1), axis=1), np.repeat(image, N, axis=0))
    rows, columns = np.floor(10 * made[:, :, 0] + 1e-9), np.round(100 * made[:, 0] % 10) % 10
    for order in (rows, columns):
        assert (order != np.arange(10)).any(axis=1).all()
        assert (np.diff(order, axis=1) == 1).sum(axis=1).min() >= 6  # four bands, three gaps
    assert len(np.unique(rows, axis=0)) == 23


def test_strewn_pixels_are_those_of_an_image() -> None:
    image = lso.uniform((1, 100), random_state=0, dtype="float64")
    made = of_kind("strewn", image, [0]).reshape(N, -1)
    np.testing.assert_array_equal(np.sort(made, axis=1), np.repeat(np.sort(image), N, axis=0))
    assert np.abs(made.mean(axis=0) - 0.5).max() < 0.1


def test_noise_and_blots() -> None:
    noise, blots = of_kind("noise"), of_kind("blots")
    clipped = np.isin(noise, (0, 1)).mean(axis=(1, 2))
    assert clipped.min() < 0.1 < 0.8 < clipped.max() < 0.97
    assert (blots.min(axis=(1, 2)) == 0).all()
    assert (blots.max(axis=(1, 2)) == 1).all()
    assert abs(np.corrcoef(noise[:, :, 1:].ravel(), noise[:, :, :-1].ravel())[0, 1]) < 0.1
    for other in (
        (blots[:, 1:].ravel(), blots[:, :-1].ravel()),
        (blots[:, :, 1:].ravel(), blots[:, :, :-1].ravel()),
    ):
        assert np.corrcoef(*other)[0, 1] > 0.7


class Line:
    """A decoder whose samples tell their latents."""

    decoder_ = lso.Network([2, 100], activation="linear", random_state=0)

    def sample_latent(self, n: int, *, random_state: Any = None) -> Any:
        return 5 + 0.01 * lso.normal((n, 2), random_state=random_state)


def test_a_share_is_decoded_from_far_off() -> None:
    seen = []

    class Spy(Line):
        @property
        def decoder_(self) -> Any:  # type: ignore[override]
            return self

        n_inputs, n_outputs, dtype = 2, 100, np.dtype(np.float32)

        def __call__(self, latents: Any) -> Any:
            seen.append(latents)
            return np.full((len(latents), 100), 1.5)

    made = junk(GREYS, LABELS, 700, decoder=Spy(), random_state=0)
    (latents,) = seen
    assert latents.shape == (100, 2)
    np.testing.assert_allclose(latents.mean(axis=0), 5, atol=0.01)
    np.testing.assert_allclose(latents.std(axis=0), 0.03, atol=0.006)
    assert (made == 1).all(axis=1).sum() == 100


def test_every_kind_has_its_share_in_random_order() -> None:
    plain = junk(GREYS, LABELS, 602, random_state=0)
    assert plain.shape == (602, 100)
    assert plain.dtype == np.float32
    # Averages alone are of one grey that no image has.
    known = np.isin(plain[:, 0], GREYS.astype(np.float32))
    flat = (plain == plain[:, :1]).all(axis=1) & ~known
    assert flat.sum() in (100, 101)
    assert abs(np.flatnonzero(flat).mean() - 300) < 60
    assert junk(GREYS, LABELS, 1, random_state=0).shape == (1, 100)


@pytest.mark.parametrize("side", [1, 2, 3, 28])
def test_junk_of_any_side(side: int) -> None:
    images = lso.uniform((6, side * side), random_state=0)
    made = junk(images, [0, 1] * 3, 60, random_state=0)
    assert made.shape == (60, side * side)
    assert np.isfinite(made).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels": [1] * 4}, "labels: expected at least 2 different ones, got 1 alone"),
        ({"labels": [1, 2]}, r"labels: expected labels of shape \(4,\)"),
        ({"n": 0}, "n: expected an integer of at least 1"),
        ({"images": GREYS[:, :99]}, "images: expected shape"),
        ({"decoder": 3}, "decoder: expected an object with decoder_ and sample_latent, got int"),
        (
            {"decoder": Line(), "images": GREYS[:, :81]},
            "decoder: expected one of 2 latents to 81 pixels, got 2 to 100",
        ),
    ],
)
def test_misuse_of_junk(options: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=f"^{message}"):
        junk(**{"images": GREYS, "labels": LABELS, "n": 70, **options})


def test_a_classifier_refuses_junk_that_it_has_not_seen() -> None:
    part = lso.data.load().train
    images, labels = part.images[:1500], part.labels[:1500]
    nothing = junk(images, labels, 700, random_state=0)
    model = lso.Classifier(
        none_label=-1, objective="binary_cross_entropy", epochs=20, random_state=0
    ).fit(np.concatenate([images, nothing]), [*labels, *[-1] * 700])
    other = junk(part.images[1500:], part.labels[1500:], 300, random_state=1)
    assert model.score(other, [-1] * 300) > 0.8
    assert model.score(part.images[1500:], part.labels[1500:]) > 0.85

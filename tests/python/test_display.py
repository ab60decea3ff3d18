"""How results, digits, networks and estimators show themselves: as text, as HTML, as a picture."""

from __future__ import annotations

import dataclasses
import io
import subprocess
import sys
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from asking import DECODER, READ, Normal, is_class
from elements import Elements
from lso_native.data import Digits, Part
from lso_native.display import Curves, Samples, Table, View, image_shape, miss, text_table, thinned
from lso_native.display.sheet import FAIL, tile
from PIL import Image, ImageColor


def problem() -> lso.Problem:
    decoder = lso.Network([3, 8, 64], random_state=0)
    heads = [lso.Network([64, 4, n], random_state=n) for n in (3, 1)]
    return lso.Problem(
        decoder,
        lso.Branch(lso.SquaredError([1, 0, 0], mse=0.3), head=heads[0]),
        lso.Branch(lso.Interval(-1e9, 1e9), head=heads[1]),
        lso.Branch(lso.prefer(lso.Interval(2.0, 3.0))),
        latent=[lso.prefer(lso.Ball(100.0))],
    )


@pytest.fixture(scope="module")
def result() -> lso.OptimizeResult:
    starts = lso.normal((40, 3), random_state=0)
    return lso.optimize(problem(), starts=starts, max_iterations=3)


def digits() -> Digits:
    labels = np.arange(60) % 10
    images = np.repeat(labels[:, None] / 9, 196, axis=1).astype(np.float32)
    part = Part(images, labels)
    return Digits("<b>", 14, part, part, part)


def opened(data: bytes | None) -> Image.Image:
    assert data is not None
    with Image.open(io.BytesIO(data)) as read:
        assert read.format == "PNG"
        return read.convert("RGB")


def test_columns_line_up() -> None:
    text = text_table(("name", "x"), [("a", "1"), ("long name", "1,000")])
    assert text.splitlines() == [
        "name           x",
        "---------  -----",
        "a              1",
        "long name  1,000",
    ]


def test_a_result_prints_how_many_met_what(result: lso.OptimizeResult) -> None:
    result = dataclasses.replace(result, iterations=np.arange(40))
    lines = {line.split("  ")[0]: line.split() for line in str(result).splitlines() if line}
    n = int(result.success.sum())
    assert str(result).startswith(f"OptimizeResult: {n} of 40 succeeded, median iterations ")
    first, inside, sample, ball = result.terms
    assert lines["SquaredError"][1:] == [
        *(["outputs", "of", "head", "1", "yes"]),
        *(str(int(first.met.sum())), "40"),
        *(["–"] if first.met.all() else miss(~first.met, first.loss, first.mse).split()),
    ]
    assert lines["Interval 1"][2:] == ["outputs", "of", "head", "2", "yes", "40", "40", "–"]
    rms = float(np.median(np.sqrt(sample.mse)))
    assert lines["Interval 2"][2:] == ["sample", "no", "0", "40", "rms", f"{rms:.3g}"]
    assert lines["Ball"][1:] == ["latent", "no", "40", "40", "–"]
    assert ball.met.all()
    assert inside.met.all()
    for status, count in zip(*np.unique(result.status, return_counts=True), strict=True):
        steps = result.iterations[result.status == status]
        spread = f"{count} {np.median(steps):g} {steps.min()} to {steps.max()}"
        assert lines[str(status)][1:] == spread.split()


def test_a_miss_is_told_in_the_units_that_there_are() -> None:
    missed = np.array([True, True, True, False])
    loss, mse = np.array([4.0, 5.0, 6.0, 100.0]), np.array([1.0, 4.0, 9.0, 1e4])
    nothing = np.full(4, np.nan)
    assert miss(missed, loss, mse) == "rms 2"
    assert miss(missed, loss, nothing) == "E 5"
    assert miss(~missed, loss, mse) == "rms 100"
    assert miss(missed & False, loss, mse) == miss(missed, nothing, nothing) == "–"


def test_the_columns_of_a_result(result: lso.OptimizeResult) -> None:
    columns = result.columns(latents=True)
    assert all(len(column) == 40 for column in columns.values())
    assert (columns["loss"] == result.loss).all()
    assert (columns["Interval 2 met"] == result.terms[2].met).all()
    assert (columns["Ball loss"] == result.terms[3].loss).all()
    assert (columns["latent 2"] == result.latents[:, 2]).all()
    assert "latent 0" not in result.columns()


def test_a_frame_has_a_row_a_start(result: lso.OptimizeResult) -> None:
    pytest.importorskip("pandas")
    frame = result.to_frame(latents=True)
    assert list(frame) == list(result.columns(latents=True))
    assert frame.shape == (40, 4 + 2 * 4 + 3)
    assert (frame["status"] == result.status).all()


def test_a_frame_without_pandas_says_what_to_do(
    result: lso.OptimizeResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="to_frame needs pandas: pip install pandas"):
        result.to_frame()


def test_a_result_in_a_notebook(result: lso.OptimizeResult) -> None:
    page = Elements(result._repr_html_())
    assert page.seen.count("table") == 2
    assert page.seen.count("img") == 1  # its samples are 8x8
    assert "Interval 2" in page.cells
    # Three rows of ten tiles of 8 * 7 pixels, and a line that says how many there are.
    assert opened(result._repr_png_()).width == 10 * 62 + 6
    assert "30 of 40 samples" in result._repr_html_()


def test_what_was_generated_is_told_by_requirement() -> None:
    asked = is_class(0) & READ.between(a=(0.0, 0.1)) + 1e-9 * READ.between(a=(50.0, 60.0))
    found = lso.generate(DECODER, asked, 6, prior=Normal(), random_state=0)
    lines = {line.split("  ")[0]: line.split("  ")[1:] for line in str(found).splitlines() if line}
    assert str(found).startswith("GenerateResult: 6 of 6 as asked (class 0 & ")
    first, inside, never = found.requirements
    cells = [cell.strip() for cell in lines[first.name] if cell]
    assert cells == ["yes", "6", "6", f"{np.median(first.values):.3g}", "–"]
    cells = [cell.strip() for cell in lines[never.name] if cell]
    assert cells == ["no", "0", "6", *(f"{np.median(x):.3g}" for x in (never.values, never.miss))]
    columns = found.columns(latents=True)
    assert (columns[f"{inside.name} value"] == inside.values[:, 0]).all()
    assert (columns[f"{never.name} miss"] == never.miss).all()
    assert (columns["latent 3"] == found.latents[:, 3]).all()
    assert len(found.columns()) == 5 + 3 * 3
    twice = lso.generate(DECODER, is_class(0) & is_class(0), 2, prior=Normal(), random_state=0)
    assert {"class 0 1 met", "class 0 2 met"} <= set(twice.columns())
    Elements(found._repr_html_())


def test_a_single_network_shows_its_inputs() -> None:
    network = lso.Network([3, 2], random_state=0)
    result = lso.optimize(network, [0.5, 0.5], starts=lso.normal((9, 3), random_state=0))
    page = Elements(result._repr_html_())
    assert "img" not in page.seen
    assert f"{result.latents[5, 2]:.3g}" in page.cells
    assert "6 of 9 inputs" in str(result)
    assert result._repr_png_() is None


def test_digits_show_a_row_a_digit() -> None:
    shown = opened(digits().test._repr_png_())
    # Names at the left, then tiles of 56 pixels, 6 apart, 6 of each digit.
    left = shown.width - 6 - 6 * 62
    for digit in (0, 4, 9):
        at = shown.getpixel((left + 6 + 28 + 62 * 5, 6 + 28 + 62 * digit))
        assert at == (round(255 * digit / 9),) * 3
    page = Elements(digits()._repr_html_())
    assert page.cells.count("60") == 3
    assert page.cells.count("6") == 30


def test_networks_show_their_layers() -> None:
    network = lso.Network([3, 8, 64], activation=["tanh", "softmax"], random_state=0)
    assert Elements(network._repr_html_()).cells == [
        *("layer", "nodes", "activation", "parameters"),
        *("0", "3", "input", "3"),
        *("1", "8", "tanh", "32"),
        *("2", "64", "softmax", "512"),
    ]
    both = network >> lso.Network([64, 2], random_state=0)
    page = Elements(both._repr_html_())
    assert page.cells[-5:] == ["2", "1", "2", "sigmoid", "128"]
    assert f"{both.n_parameters:,} parameters" in both._repr_html_()


def test_estimators_show_what_was_set_and_what_was_learned() -> None:
    samples = lso.uniform((50, 64), random_state=0)
    model = lso.Autoencoder(latent=3, hidden=(5,), epochs=4, random_state=0)
    asked = [
        "setting",
        "value",
        "latent",
        "3",
        "hidden",
        "(5,)",
        "epochs",
        "4",
        "random_state",
        "0",
    ]
    assert Elements(model._repr_html_()).cells == asked
    assert "not fitted" in model._repr_html_()
    model.fit(samples)
    page = Elements(model._repr_html_())
    assert page.cells[: len(asked)] == asked
    assert f"{model.mse_:.4g}" in page.cells
    assert repr(model.decoder_) in page.cells
    assert page.seen.count("polyline") == 1
    assert page.seen.count("img") == 1
    opened(model._repr_png_())


def test_a_conditional_gan_shows_each_class() -> None:
    samples, labels = lso.uniform((60, 64), random_state=0), np.repeat(["a<", "b"], 30)
    gan = lso.ConditionalGAN(latent=2, hidden=(4,), epochs=1, random_state=0)
    html = gan.fit(samples, labels)._repr_html_()
    assert "a&lt;" in html
    assert Elements(html).seen.count("img") == 1


def test_training_shows_its_losses() -> None:
    x = lso.uniform((30, 4), random_state=0)
    network = lso.Network([4, 2, 4], random_state=0)
    done = lso.train(network, x, x, epochs=5, validation=(x, x), random_state=0)
    page = Elements(done._repr_html_())
    assert page.seen.count("polyline") == 2
    assert f"{done.history['validation_mse'][-1]:.4g}" in page.cells
    assert "max_epochs after 5 epochs" in done._repr_html_()


def test_names_are_escaped() -> None:
    view = View("<i>", "a & b", (Table(("<u>",), [("<s>",)], note="<q>"), Curves({"<w>": [1, 2]})))
    page = Elements(view.html())
    assert not {"i", "u", "s", "q", "w"} & set(page.seen)
    assert page.cells == ["<u>", "<s>"]
    assert "a &amp; b" in view.html()
    assert "&lt;w&gt;" in view.html()
    assert "&lt;b&gt;" in digits()._repr_html_()


def test_curves_go_through_their_points() -> None:
    drawn = Curves({"loss": [4.0, np.nan, 2.0, 3.0, np.inf], "one": [1.0], "none": []}).html()
    (line,) = [part for part in drawn.split("<") if part.startswith("polyline")]
    points = [tuple(map(float, point.split(","))) for point in line.split('"')[1].split()]
    xs, ys = zip(*points, strict=True)
    assert len(points) == 3
    assert xs[1] - xs[0] == pytest.approx(2 * (xs[2] - xs[1]), abs=0.2)
    assert ys[2] == pytest.approx((ys[0] + ys[1]) / 2, abs=0.1)
    assert ys[0] < ys[1]  # up is less
    assert "log scale" not in drawn
    assert "log scale" in Curves({"loss": [100.0, 1.0, 0.1]}).html()
    assert "log scale" not in Curves({"loss": [100.0, 1.0, -0.1]}).html()
    for flat in ([2.0, 2.0], [0.0, 0.0, 0.0]):
        assert "nan" not in Curves({"flat": flat}).html()


def test_thinned_keeps_both_ends() -> None:
    at, values = thinned(np.arange(1000.0), most=7)
    assert (at[0], at[-1], values[-1]) == (1, 1000, 999)
    assert len(at) <= 8
    assert (values == at - 1).all()


@pytest.mark.parametrize(
    ("samples", "shape"),
    [
        (np.zeros((2, 64)), (8, 8)),
        (np.full((2, 196), np.nan), (14, 14)),
        (np.zeros((2, 49)), None),
        (np.zeros((2, 65)), None),
        (np.full((2, 64), 1.1), None),
        (np.full((2, 64), -0.1), None),
        (np.zeros((2, 0)), None),
    ],
)
def test_what_looks_like_images(samples: Any, shape: tuple[int, int] | None) -> None:
    assert image_shape(samples) == shape


def test_a_later_sample_that_is_no_image_makes_a_table() -> None:
    samples = np.zeros((3, 64))
    assert Samples(samples).png() is not None
    samples[2, 5] = 7.0
    assert Samples(samples).png() is None
    assert "7" in Elements(Samples(samples).html()).cells


def test_a_tile_cuts_values_and_marks_what_is_none() -> None:
    drawn = tile(np.array([-1.0, 2.0, np.nan, 0.5, np.inf, -np.inf]), (2, 3), (6, 4)).convert("RGB")
    at = [drawn.getpixel((2 * column, 2 * row)) for row in range(2) for column in range(3)]
    assert at[:2] == [(0, 0, 0), (255, 255, 255)]
    assert at[2] == ImageColor.getrgb(FAIL)
    assert at[3:] == [(128, 128, 128), (255, 255, 255), (0, 0, 0)]


def missing(n: int, width: int, value: float) -> Samples:
    return Samples(np.full((n, width), value), missed=np.arange(n) % 2 == 0)


@pytest.mark.parametrize("n", [0, 1, 10_000])
@pytest.mark.parametrize("width", [0, 1, 7, 196, 784])
@pytest.mark.parametrize("value", [0.5, np.nan, np.inf, -1e30])
def test_odd_samples_show_themselves(n: int, width: int, value: float) -> None:
    samples = missing(n, width, value)
    Elements(samples.html())
    samples.text()
    data = samples.png()
    if data is not None:
        assert opened(data).height < 400
    if n == 10_000:
        assert "of 10,000 samples" in samples.html()


def test_an_odd_result_shows_itself(result: lso.OptimizeResult) -> None:
    rows = {
        name: getattr(result, name)[:0]
        for name in (
            "success",
            "status",
            "latents",
            "loss",
            "iterations",
            "starts",
            "trunk_outputs",
        )
    }
    terms = tuple(
        term._replace(met=term.met[:0], loss=term.loss[:0], mse=term.mse[:0])
        for term in result.terms
    )
    none = dataclasses.replace(result, terms=terms, **rows)
    assert str(none).startswith("OptimizeResult: 0 of 0 succeeded\n")
    Elements(none._repr_html_())
    assert none._repr_png_() is None
    lost = np.full(40, np.nan)
    unknown = dataclasses.replace(
        result,
        loss=lost,
        trunk_outputs=np.full_like(result.trunk_outputs, np.nan),
        terms=tuple(
            term._replace(met=term.met & False, loss=lost, mse=lost) for term in result.terms
        ),
    )
    assert "nan" not in str(unknown)
    opened(unknown._repr_png_())


def test_a_display_needs_the_core_alone() -> None:
    code = (
        "import sys\n"
        "for name in ('matplotlib', 'pandas', 'sklearn', 'IPython', 'jinja2', 'mlxtend'): sys.modules[name] = None\n"
        "import lso_native as lso\n"
        "x = lso.uniform((20, 64), random_state=0)\n"
        "model = lso.Autoencoder(latent=2, epochs=2, random_state=0).fit(x)\n"
        "head = lso.Network([64, 2], random_state=0)\n"
        "found = lso.optimize(model >> head, [1, 0], starts=model.sample_latent(5, random_state=0))\n"
        "for each in (model, head, model >> head, found): print(each, len(each._repr_html_()))\n"
        "print(lso.show(found))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Picture(5 of 5 samples" in done.stdout

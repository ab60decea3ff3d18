"""The page of ``lso explore`` in a real browser: asked, walked, dragged, painted, drawn on, kept and downloaded."""

from __future__ import annotations

import re
import runpy
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("websockets")
from exploring import served, tiny
from lso_native.explore import World
from lso_native.explore.shelf import Book
from lso_native.study.progress import Progress
from PIL import Image

sync_api = pytest.importorskip("playwright.sync_api")
BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
pytestmark = [
    pytest.mark.extra,
    pytest.mark.skipif(BROWSER is None, reason="needs Chromium"),
]
PHONE, DESK = 390, 1280
READABLE = 4.5  # contrast of text, WCAG 2.2, 1.4.3
DRAG = """async () => {
  const pad = document.getElementById("pad"), box = pad.getBoundingClientRect(), times = [];
  const fire = (kind, x, y) => pad.dispatchEvent(new PointerEvent(kind,
    {bubbles: true, pointerId: 1, clientX: box.left + x * box.width, clientY: box.top + y * box.height}));
  pad.setPointerCapture = () => {};
  fire("pointerdown", .2, .5);
  for (let i = 0; i < 60; i++) {
    const before = document.body.dataset.look, begin = performance.now();
    fire("pointermove", .2 + .01 * i, .5 + .2 * Math.sin(i / 5));
    while (document.body.dataset.look === before) await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    times.push(performance.now() - begin);
  }
  fire("pointerup", .8, .5);
  return times;
}"""
CONTRAST = """() => {
  const light = colour => {
    const [r, g, b] = colour.match(/[0-9.]+/g).slice(0, 3).map(Number)
      .map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const behind = node => {
    for (; node; node = node.parentElement) {
      const colour = getComputedStyle(node).backgroundColor;
      if (!/, 0\\)$/.test(colour)) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const kinds = "h1,h2,h3,p,label,legend,span,output,button:enabled,li,figcaption,summary";
  const texts = [...document.querySelectorAll(kinds)]
    .filter(node => node.checkVisibility({checkVisibilityCSS: true}) &&
      [...node.childNodes].some(child => child.nodeType === 3 && child.data.trim()));
  const found = texts.map(node => {
    const [low, high] = [light(getComputedStyle(node).color), light(behind(node))].sort((a, b) => a - b);
    return [(high + .05) / (low + .05), node.textContent];
  });
  return found.sort((a, b) => a[0] - b[0])[0];
}"""
NAMELESS = """() => [...document.querySelectorAll("button,input,select,canvas[role],[tabindex]")]
  .filter(node => node.checkVisibility())
  .filter(node => !(node.getAttribute("aria-label") || node.textContent.trim() || node.labels?.length))
  .map(node => node.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        # Debian's Chromium has no sandbox for root
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with served(tiny(tmp_path_factory.mktemp("models"))) as port:
        yield port


def opened(browser: Any, port: int, width: int = DESK, **options: Any) -> Any:
    """The page, and in its ``faults`` whatever went wrong there. Nobody waits for motion unless told otherwise."""
    options = {"reduced_motion": "reduce", **options}
    context = browser.new_context(viewport={"width": width, "height": 900}, **options)
    page = context.new_page()
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("console", lambda said: page.faults.append(said.text) if said.type == "error" else None)
    page.on("request", lambda request: page.faults.append(request.url) if f"127.0.0.1:{port}" not in request.url
            and not request.url.startswith("blob:") else None)  # fmt: skip
    page.goto(f"http://127.0.0.1:{port}/")
    page.wait_for_selector("#main:not([hidden])")
    page.wait_for_selector("body[data-look]")
    return page


@pytest.fixture
def page(browser: Any, port: int) -> Iterator[Any]:
    page = opened(browser, port)
    yield page
    assert page.faults == []
    page.context.close()


def ask(page: Any, digit: str) -> None:
    """For a digit and nothing else."""
    for check in page.locator("#numbers input[type=checkbox]:checked").all():
        check.uncheck()
    page.locator("#labels label", has_text=digit).click()


def find(page: Any) -> str:
    """Press the button; what the page says at the end."""
    page.click("#find")
    page.wait_for_selector("#find[aria-pressed=false]")
    return str(page.inner_text("#walks-line"))


def look(page: Any) -> int:
    return int(page.evaluate("document.body.dataset.look"))


def after(page: Any, act: Any) -> None:
    """Wait for the look that ``act`` leads to."""
    before = look(page)
    act()
    page.wait_for_selector(f"body:not([data-look='{before}'])")
    page.wait_for_timeout(50)


def pixels(page: Any, canvas: str = "#picture") -> Any:
    script = "c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]"
    return np.array(page.eval_on_selector(canvas, script))


def latent(page: Any) -> list[float]:
    return [
        float(each)
        for each in page.eval_on_selector_all(
            "#sliders input", "all => all.map(each => each.value)"
        )
    ]


def stroke(page: Any, *points: tuple[float, float]) -> None:
    """Draw by the mouse through shares of the canvas."""
    page.locator("#paint").scroll_into_view_if_needed()
    box = page.locator("#paint").bounding_box()
    for place, (x, y) in enumerate(points):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=4)
        if not place:
            page.mouse.down()
    page.mouse.up()


def test_walks_are_watched_and_what_is_kept_comes_as_files(page: Any, tmp_path: Path) -> None:
    ask(page, "0")
    said = find(page)
    found = re.match(r"(\d+) of 20 are as asked\.", said)
    assert found is not None, said
    assert int(found[1]) == page.locator(".tile.met").count() >= 10
    assert "fell until all was met" in page.get_attribute("#chart", "aria-label")
    assert pixels(page, "#chart").any()
    assert page.input_value("#seed") == "1"  # the next twenty are others
    for row in (3, 7):
        page.locator(".tile.met .keep").nth(row).click()
    after(page, page.locator(".tile.met .take").first.click)
    assert "met" in page.get_attribute("#verdict", "class")
    page.click("#keep-hand")
    page.wait_for_selector("#tray li:nth-child(3)")
    files = {}
    for what in ("png", "npz", "lines"):
        with page.expect_download() as download:
            page.click(f"[data-what={what}]")
        name = download.value.suggested_filename
        files[what] = tmp_path / name
        download.value.save_as(files[what])
    assert [path.name for path in files.values()] == ["digits.png", "digits.npz", "again.py"]
    with Image.open(files["png"]) as picture:
        assert picture.format == "PNG"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        runpy.run_path("again.py")
    with np.load(files["npz"]) as kept, np.load(tmp_path / "again.npz") as again:
        assert len(kept["samples"]) == 3
        assert kept["samples"].tobytes() == again["samples"].tobytes()
    page.click("#tray li:nth-child(1) button")
    assert page.inner_text("#kept-line").startswith("2 kept")


def test_the_error_falls_while_one_watches(browser: Any, port: int) -> None:
    page = opened(browser, port, reduced_motion="no-preference")
    ask(page, "0")
    assert page.input_value("#start") == "class"
    page.select_option("#start", "anywhere")
    page.click("#find")
    shown = [page.evaluate("document.querySelectorAll('.tile.met, .tile.missed').length")]
    for _ in range(100):
        page.wait_for_timeout(30)
        shown.append(page.evaluate("document.querySelectorAll('.tile.met, .tile.missed').length"))
        if shown[-1] == 20:
            break
    assert shown[0] < 20 == shown[-1]
    assert len(set(shown)) > 2  # not all at once
    page.context.close()


def test_whoever_wants_no_motion_sees_the_end_at_once(browser: Any, port: int) -> None:
    page = opened(browser, port)
    ask(page, "0")
    page.click("#find")
    page.wait_for_selector("#find[aria-pressed=false]")
    assert page.locator(".tile.met, .tile.missed").count() == 20
    page.context.close()


def test_dragging_the_pad_changes_sample_and_readings(
    page: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    picture, told, at = pixels(page), page.inner_text(".readings"), latent(page)
    times = np.array(page.evaluate(DRAG))
    assert (pixels(page) != picture).any()
    assert page.inner_text(".readings") != told
    assert latent(page) != at
    with capsys.disabled():
        print(
            f"\n  from a drag to the picture: median {np.median(times):.0f} ms, most {times.max():.0f} ms",
            end="",
        )
    assert np.median(times) < 2_000  # of a machine that does other things too


def test_the_pad_goes_by_keys(page: Any) -> None:
    page.focus("#pad")
    said = page.get_attribute("#pad", "aria-label")
    before = latent(page)
    after(page, lambda: page.keyboard.press("ArrowRight"))
    after(page, lambda: page.keyboard.press("Shift+ArrowUp"))
    assert latent(page) != before
    assert page.get_attribute("#pad", "aria-label") != said
    outline = page.eval_on_selector("#pad", "pad => getComputedStyle(pad).outlineWidth")
    assert float(outline.removesuffix("px")) >= 2


def test_the_pad_of_two_numbers_asks_for_them(page: Any) -> None:
    page.get_by_text("slant × thickness").click()
    page.focus("#pad")
    after(page, lambda: page.keyboard.press("Shift+ArrowRight"))
    assert page.locator(".number.asked").count() >= 2


def test_a_slider_moves_one_latent(page: Any) -> None:
    before = latent(page)
    page.focus("#sliders label:nth-child(2) input")
    after(page, lambda: page.keyboard.press("ArrowRight"))
    now = latent(page)
    assert now[1] > before[1]
    assert now[0] == pytest.approx(before[0], abs=1e-4)


def test_what_is_asked_leads_the_sample_in_hand(page: Any) -> None:
    ask(page, "2")
    picture = pixels(page)
    after(page, lambda: ask(page, "0"))
    assert "class 0" in page.inner_text(".readings")
    assert "met" in page.get_attribute("#verdict", "class")
    led = pixels(page)
    assert (led != picture).any()
    page.uncheck("#follow")
    after(page, lambda: ask(page, "1"))
    assert "missed" in page.get_attribute("#verdict", "class")
    assert (pixels(page) == led).all()


def test_pixels_are_locked_by_painting_and_by_keys(page: Any) -> None:
    page.get_by_text("Lock pixels").click()
    page.get_by_role("button", name="blank", exact=True).click()
    after(page, lambda: stroke(page, (0.1, 0.1), (0.9, 0.1)))
    assert page.inner_text("#locked-count") == "4 pixels are locked."
    assert "locked pixels" in page.inner_text(".readings")
    page.focus("#paint")
    page.keyboard.press("ArrowDown")
    after(page, lambda: page.keyboard.press("Space"))
    assert page.inner_text("#locked-count") == "5 pixels are locked."
    assert "locked to 0" in page.get_attribute("#paint", "aria-label")
    ask(page, "any")
    assert re.match(r"\d+ of 20", find(page))
    page.locator(".tile.met .keep").first.click()
    page.click("#unlock")
    assert page.is_hidden("#locked-line")


def test_a_drawing_is_where_walks_begin(page: Any) -> None:
    page.get_by_text("Draw", exact=True).click()
    before = latent(page)
    after(page, lambda: stroke(page, (0.2, 0.3), (0.5, 0.3), (0.5, 0.6)))
    assert latent(page) != before
    assert page.input_value("#start") == "hand"
    assert pixels(page, "#inset").any()
    page.uncheck("#follow")
    ask(page, "0")
    drawn = latent(page)
    page.get_by_role("button", name="Done").click()
    assert re.match(r"\d+ of 20", find(page))
    assert latent(page) == drawn


def test_an_error_is_told_and_the_page_goes_on(page: Any) -> None:
    ask(page, "any")
    page.click("#find")
    page.wait_for_selector("#news.bad")
    assert "to ask for, got nothing" in page.inner_text("#news")
    page.wait_for_selector("#find[aria-pressed=false]")


def test_a_world_that_cannot_be_made_says_why_once(browser: Any, tmp_path: Path) -> None:
    def make(_: Progress) -> World:
        raise ImportError("it needs a package: install it")

    with served(tiny(tmp_path), more={"frail": Book("Frail", make)}) as port:
        page = opened(browser, port)
        page.get_by_text("Frail").click()
        page.wait_for_selector("#waiting.failed")
        assert page.inner_text("#waiting") == "it needs a package: install it"
        assert page.is_hidden(".spin")
        assert page.inner_text("#news") == ""
        page.get_by_text("digits").click()
        page.wait_for_selector("#main:not([hidden])")
        page.context.close()


def test_a_server_that_ends_is_told_and_nothing_can_be_pressed(
    browser: Any, tmp_path: Path
) -> None:
    with served(tiny(tmp_path)) as port:
        page = opened(browser, port)
    page.wait_for_selector("#news.bad")
    assert page.inner_text("#news").startswith("The server has ended")
    assert page.is_disabled("#find")
    page.context.close()


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_can_be_read_and_everything_has_a_name(
    browser: Any, port: int, scheme: str, width: int
) -> None:
    page = opened(browser, port, width, color_scheme=scheme)
    ask(page, "0")
    find(page)
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    contrast, text = page.evaluate(CONTRAST)
    assert contrast >= READABLE, text
    assert page.evaluate(NAMELESS) == []
    assert page.locator("[aria-live]").count() >= 3
    assert page.faults == []
    page.context.close()


def test_all_can_be_reached_by_keys(page: Any) -> None:
    reached = set()
    page.evaluate("document.activeElement.blur()")
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "document.activeElement.id || document.activeElement.name || document.activeElement.type"
            )
        )
    assert {
        "world",
        "label",
        "start",
        "seed",
        "find",
        "follow",
        "mode",
        "keep-hand",
        "pad",
        "range",
    } <= reached

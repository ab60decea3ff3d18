"""report.html in a real browser: light and dark, wide and on a phone."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from lso_native.report import write_report
from made_up_run import full_results, write_run
from numpy.random import default_rng

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="needs Chromium")
SCHEMES = {"dark": 0, "light": 1}
PHONE, DESK = 390, 1200
READABLE = 4.5  # contrast of text, WCAG 2.2, 1.4.3
SEEN = 3.0  # contrast of lines and points, 1.4.11

MEASURE = """
<script>
addEventListener("load", () => {
  const page = frames[0].document, view = frames[0];
  const images = [...page.images];
  const drawn = image => {
    const pen = Object.assign(document.createElement("canvas"), {width: 4, height: 4}).getContext("2d");
    try { pen.drawImage(image, 0, 0, 4, 4); } catch { return false; }
    return pen.getImageData(0, 0, 4, 4).data[3] > 127;  // between its tiles a sheet is transparent
  };
  const parts = colour => colour.match(/[0-9.]+/g).slice(0, 3).map(Number);
  const light = colour => {
    const [r, g, b] = parts(colour).map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const behind = node => {
    for (; node; node = node.parentElement) {
      const colour = view.getComputedStyle(node).backgroundColor;
      if (!/, 0\\)$/.test(colour)) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const contrast = (node, colour) => {
    const [low, high] = [light(colour), light(behind(node))].sort((a, b) => a - b);
    return (high + .05) / (low + .05);
  };
  const texts = [...page.querySelectorAll("h1,h2,h3,p,dt,dd,th,td,a,figcaption,summary,pre,svg text")];
  const inked = node => view.getComputedStyle(node)[node.closest("svg") ? "fill" : "color"];
  const lines = [...page.querySelectorAll("svg path")]
    .filter(node => /--series/.test(node.getAttribute("style")) && !/opacity/.test(node.getAttribute("style")));
  const found = {
    dark: view.matchMedia("(prefers-color-scheme: dark)").matches,
    ground: light(view.getComputedStyle(page.body).backgroundColor),
    width: view.innerWidth,
    content: page.documentElement.scrollWidth,
    pictures: images.length,
    broken: images.filter(image => !drawn(image)).map(image => image.alt),
    fetched: view.performance.getEntriesByType("resource").map(each => each.name).filter(n => !/^data:/.test(n)),
    text: Math.min(...texts.map(node => contrast(node, inked(node)))),
    lines: Math.min(...lines.map(node => {
      const style = view.getComputedStyle(node);
      return contrast(node, style.stroke == "none" ? style.fill : style.stroke);
    })),
    smallest: Math.min(...[...page.querySelectorAll("svg text")].map(node => node.getBoundingClientRect().height)),
    charts: page.querySelectorAll("svg[role=img]").length,
    results: Math.max(...[...page.querySelectorAll(".result strong")].map(node => node.getBoundingClientRect().bottom)),
    rates: Math.max(...[...page.querySelectorAll("section tr:has(td + td + td)")]
      .map(row => row.cells[2].getBoundingClientRect().right)),
    cut: [...page.querySelectorAll("svg")].flatMap(svg => {
      const box = svg.getBoundingClientRect();
      return [...svg.querySelectorAll("text")].filter(node => {
        const own = node.getBoundingClientRect();
        return own.left < box.left - 2 || own.right > box.right + 2;
      }).map(node => node.textContent);
    }),
  };
  document.body.textContent = "MEASURED" + JSON.stringify(found) + "END";
});
</script>
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder, rng = tmp_path_factory.mktemp("run"), default_rng(0)
    write_run(folder, full_results(rng), rng)
    return write_report(folder).path.read_text(encoding="utf-8")


def measured(page: str, folder: Path, scheme: str, width: int) -> dict[str, Any]:
    """What the browser makes of ``page`` in a frame ``width`` pixels wide; its own window cannot be so narrow."""
    frame = f'<iframe width="{width}" height="800" style="border: 0" srcdoc="{html.escape(page)}">'
    harness = folder / "harness.html"
    harness.write_text(f"<!doctype html><body>{frame}</iframe>{MEASURE}", encoding="utf-8")
    command = [
        str(BROWSER),
        *("--headless=new", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=20000"),
        f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}",
        f"--user-data-dir={folder / 'profile'}",
        "--dump-dom",
        harness.as_uri(),
    ]
    # A sanitizer that is loaded into Python must not be loaded into the browser too: that hangs.
    own = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True, env=own)
    told = re.search(r"MEASURED(\{.*\})END", done.stdout)
    assert told is not None, done.stderr[-2_000:]
    found: dict[str, Any] = json.loads(html.unescape(told[1]))
    return found


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_page_is_readable(page: str, tmp_path: Path, scheme: str, width: int) -> None:
    found = measured(page, tmp_path, scheme, width)
    assert found["dark"] == (scheme == "dark")
    assert (found["ground"] < 0.1) == (scheme == "dark")
    assert found["content"] <= found["width"] == width
    assert found["pictures"] == page.count("<img ")
    assert found["charts"] == page.count('<figure class="chart">') > 0
    assert found["broken"] == []
    assert found["fetched"] == []
    assert found["text"] >= READABLE
    assert found["lines"] >= SEEN
    assert found["smallest"] >= 9  # pixels from the top to the bottom of a line
    assert found["cut"] == []
    assert 0 < found["results"] < 800
    assert 0 < found["rates"] <= width  # success and recognised, without scrolling

"""How long it takes from a drag to the picture, on the page of ``lso explore`` in headless Chromium.

    lso explore --no-browser --port 8765 &
    python tools/measure_explore.py http://127.0.0.1:8765/

Needs playwright and a Chromium. A time begins with the pointer's event and ends when picture and readings are drawn;
the screen shows them with its next frame.
"""

from __future__ import annotations

import shutil
import sys

import numpy as np
from playwright.sync_api import Page, sync_playwright

DRAGS = 300
DRAG = """async n => {
  const pad = document.getElementById("pad"), box = pad.getBoundingClientRect(), times = [];
  const fire = (kind, x, y) => pad.dispatchEvent(new PointerEvent(kind,
    {bubbles: true, pointerId: 1, clientX: box.left + x * box.width, clientY: box.top + y * box.height}));
  const drawn = () => new Promise(done => new MutationObserver((_, observer) => { observer.disconnect(); done(); })
    .observe(document.body, {attributes: true, attributeFilter: ["data-look"]}));
  pad.setPointerCapture = () => {};
  fire("pointerdown", .5, .5);
  for (let i = 0; i < n; i++) {
    await new Promise(requestAnimationFrame);
    const begin = performance.now(), there = drawn();
    fire("pointermove", .5 + .2 * Math.cos(i / 20), .5 + .2 * Math.sin(i / 20));
    await there;
    times.push(performance.now() - begin);
  }
  fire("pointerup", .5, .5);
  return times;
}"""


def measure(page: Page, what: str) -> None:
    """Print how long drags take."""
    page.wait_for_timeout(1_000)
    times = np.array(page.evaluate(DRAG, DRAGS))
    low, middle, high = np.quantile(times, [0.5, 0.95, 0.99])
    print(
        f"{what}: median {low:.1f} ms, 95% {middle:.1f} ms, 99% {high:.1f} ms, most {times.max():.1f} ms"
    )


def main(address: str) -> None:
    """Measure the pads of both worlds at ``address``."""
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(address)
        page.wait_for_selector("body[data-look]")
        measure(page, "digits, latent")
        page.locator("#pads label").nth(1).click()
        measure(page, "digits, slant and thickness asked, the sample follows")
        page.locator("#worlds label").nth(1).click()
        page.wait_for_selector("body.wing", timeout=120_000)
        measure(page, "airfoils, lift and thickness asked, section and polar follow")
        page.locator("#pads label").nth(0).click()
        measure(page, "airfoils, latent")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])

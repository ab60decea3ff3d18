"""No link is dead: those of the documents in the repository, and that the site's checker sees one that is."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    path
    for folder in (".", "docs", "examples", "benchmarks", "fuzz")
    for path in sorted((ROOT / folder).glob("*.md" if folder == "." else "**/*.md"))
]
dead = runpy.run_path(str(ROOT / "tools/check_links.py"))["dead"]
SITE_ALONE = {"gallery/index", "api/index"}  # pages that the build makes or that are no Markdown


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_links_of_a_document_lead_to_files(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    inside = [link.partition("#")[0] for link in links if not re.match(r"\w+:|#", link)]
    gone = [each for each in inside if not (page.parent / each).exists()]
    assert set(gone) <= SITE_ALONE


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_commands_of_a_document_are_there(page: Path) -> None:
    text = page.read_text("utf-8")
    scripts = re.findall(r"\bpython ([\w./-]+/[\w-]+\.py)\b", text)
    modules = re.findall(r"\bpython -m ((?:fuzz|trust|benchmarks|tools)[\w.]*)", text)
    places = [each.rstrip(".").replace(".", "/") for each in modules]
    gone = [each for each in scripts if not (ROOT / each).exists()]
    gone += [
        each
        for each in places
        if not (ROOT / f"{each}.py").exists() and not (ROOT / each / "__main__.py").exists()
    ]
    assert not gone


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "b").mkdir()
    (tmp_path / "a.html").write_text(
        '<p id="here"></p><a href="b/c.html#there">x</a><img src="p.png">'
    )
    (tmp_path / "b/c.html").write_text(
        '<h1 id="there"></h1><a href="../a.html#here"></a><a href="#there">'
    )
    (tmp_path / "p.png").touch()
    return tmp_path


def test_links_that_lead_somewhere(site: Path) -> None:
    assert dead(site) == ([], 4, set())


@pytest.mark.parametrize(
    "link", ["d.html", "a.html#there", "#gone", "b", "/a.html", "../a.html", "p.png#x"]
)
def test_a_dead_link_is_seen(site: Path, link: str) -> None:
    (site / "e.html").write_text(f'<a href="{link}">x</a>')
    lost, _, _ = dead(site)
    assert lost == [f"e.html: {link}"]


def test_links_to_elsewhere_are_told(site: Path) -> None:
    (site / "e.html").write_text(
        '<a href="https://example.org/x#y"><a href="//cdn.example.org/a.js">'
    )
    lost, alive, outside = dead(site)
    assert (lost, alive) == ([], 4)
    assert outside == {"https://example.org/x#y", "//cdn.example.org/a.js"}

"""Check that every link inside a built site leads somewhere: `python tools/check_links.py build/docs`.

Each href and src must name a file of the site and, after a #, something in it. Links to elsewhere are counted and, with
--list, listed: none is opened.
"""

import argparse
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


@dataclass
class Page(HTMLParser):
    """What a page links to and what can be linked to in it."""

    links: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One element."""
        for name, value in attrs:
            if name == "id" or (tag == "a" and name == "name"):
                self.anchors.add(value or "")
            elif name in ("href", "src") and value:
                self.links.append(value)
            elif name == "srcset" and value:
                self.links.extend(each.split()[0] for each in value.split(","))


def read(path: Path) -> Page:
    """The links and anchors of a file."""
    page = Page()
    page.feed(path.read_text("utf-8"))
    return page


def dead(site: Path) -> tuple[list[str], int, set[str]]:
    """The links that lead nowhere, how many lead somewhere, and where links leave the site."""
    pages = {path.resolve(): read(path) for path in sorted(site.rglob("*.html"))}
    lost, alive, outside = [], 0, set()
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme in ("data", "mailto", "javascript"):
                continue
            if parts.scheme or parts.netloc:
                outside.add(link)
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchor = unquote(parts.fragment)
            known = pages[target].anchors if target in pages else set()
            if not target.is_file() or (anchor and anchor not in known):
                lost.append(f"{path.relative_to(site.resolve())}: {link}")
            else:
                alive += 1
    return lost, alive, outside


def main() -> int:
    """Print what was found; 1 where a link is dead."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("site", type=Path)
    parser.add_argument("--list", action="store_true", help="list the links to elsewhere")
    arguments = parser.parse_args()
    lost, alive, outside = dead(arguments.site)
    pages = len(list(arguments.site.rglob("*.html")))
    print(f"{pages} pages, {alive} links inside, {len(lost)} dead; {len(outside)} places elsewhere")
    print(*(f"dead: {each}" for each in lost), sep="\n", end="\n" if lost else "")
    if arguments.list:
        print(*sorted(outside), sep="\n")
    return 1 if lost or not alive else 0


if __name__ == "__main__":
    sys.exit(main())

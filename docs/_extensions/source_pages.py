"""A page for each source file that a document links to: such links hold on the site as they do in the repository.

Where the link's text is a name, as in [`backward_nodes`](../cpp/src/passes.cpp), the site goes to the line that
defines it, and a name that is not in the file is a warning.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from docutils import nodes
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename
from pygments.util import ClassNotFound
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

ROOT = Path(__file__).parents[2]
LINKED = "linked_sources"  # in the metadata of a document
LOGGER = logging.getLogger(__name__)


def page_name(path: str) -> str:
    """Of a file, given from the root of the repository: an example has its page in the gallery."""
    example = re.fullmatch(r"examples/(\w+)\.py", path)
    return f"gallery/{example[1]}" if example else f"source/{path}"


def line_of(name: str, text: str) -> int | None:
    """Where ``name`` is defined in ``text``, by the look of it: Python's def and class, or C++'s signatures."""
    word = re.escape(re.split(r"\.|::", name.removesuffix("()"))[-1])
    looks = [
        rf"^\s*(?:def|class|struct|enum class)\s+{word}\b",
        rf"^{word}\s*[:=]",
        rf"^\w.*\b{word}\(",
        rf"\b{word}\b",
    ]
    found = (re.search(look, text, re.MULTILINE) for look in looks)
    return next((text.count("\n", 0, each.end()) + 1 for each in found if each), None)


class SourceLinks(SphinxTransform):
    """Links to files outside docs/ become links to their pages."""

    default_priority = 5

    def apply(self, **_: Any) -> None:
        """Of one document."""
        for node in list(self.document.findall(addnodes.download_reference)):
            written = unquote(node["reftarget"])
            file = (Path(self.env.doc2path(self.env.docname)).parent / written).resolve()
            if not file.is_file() or file.is_relative_to(ROOT / "docs"):
                continue  # a download, or a warning of Sphinx's
            path = file.relative_to(ROOT).as_posix()
            self.env.metadata[self.env.docname].setdefault(LINKED, []).append(path)
            uri = self.app.builder.get_relative_uri(self.env.docname, page_name(path))
            name = node.astext()
            if isinstance(node.next_node(), nodes.literal) and "/" not in name:
                line = line_of(name, file.read_text("utf-8"))
                if line is None:
                    LOGGER.warning("%s does not define %s", path, name, location=node)
                uri += f"#L{line}"
            node.replace_self(nodes.reference("", "", *node.children, refuri=uri, internal=True))


def highlighted(path: str) -> str:
    """The file as HTML, with an anchor L1, L2, ... at each line, as GitHub names them."""
    try:
        lexer = get_lexer_for_filename(path.replace(".inl", ".cpp"))
    except ClassNotFound:
        lexer = get_lexer_by_name("text")
    form = HtmlFormatter(linenos="inline", lineanchors="L", anchorlinenos=True)
    html = highlight((ROOT / path).read_text("utf-8"), lexer, form)
    return re.sub(r'<a id="L-(\d+)" name="[^"]*"', r'<a id="L\1"', html).replace("#L-", "#L")


def pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """The pages, for Sphinx to write."""
    linked = {path for each in app.env.metadata.values() for path in each.get(LINKED, ())}
    for path in sorted(path for path in linked if page_name(path).startswith("source/")):
        body = f"<h1>{path}</h1>\n{highlighted(path)}"
        yield page_name(path), {"title": path, "body": body}, "page.html"


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.add_transform(SourceLinks)
    app.connect("html-collect-pages", pages)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

"""A page for each source file that a document links to, so that such links hold on the site as they do in the repository.

Where the link's text is a name, as in [`backward_nodes`](../cpp/src/passes.cpp), the site goes to the line that defines it.
"""

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from docutils import nodes
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_for_filename
from pygments.util import ClassNotFound
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

ROOT = Path(__file__).parents[2]
LOGGER = logging.getLogger(__name__)


def page_name(path: str) -> str:
    """Of a file, given from the root of the repository."""
    return f"source/{path}"


def line_of(name: str, text: str) -> int | None:
    """Where ``name`` is defined in ``text``, by the look of it: Python's def and class, or C++'s signatures."""
    word = re.escape(name.removesuffix("()").split(".")[-1].split("::")[-1])
    looks = [
        rf"^\s*(?:def|class|struct|enum class)\s+{word}\b",
        rf"^{word}\s*[:=]",
        rf"^\S.*\b{word}\(",
        rf"^.*\b{word}\b",
    ]
    found = (re.search(look, text, re.MULTILINE) for look in looks)
    return next((text.count("\n", 0, each.end()) + 1 for each in found if each), None)


class SourceLinks(SphinxTransform):
    """Links to files outside docs/ become links to their pages."""

    default_priority = 5

    def apply(self, **kwargs: Any) -> None:
        """Of one document."""
        for node in list(self.document.findall(addnodes.download_reference)):
            written = unquote(node["reftarget"])
            file = (Path(self.env.doc2path(self.env.docname)).parent / written).resolve()
            if not (file.is_file() and file.is_relative_to(ROOT)):
                continue
            path = file.relative_to(ROOT).as_posix()
            self.env.linked_sources.setdefault(self.env.docname, set()).add(path)
            uri = self.app.builder.get_relative_uri(self.env.docname, page_name(path))
            text = node.astext()
            if node.children and isinstance(node.children[0], nodes.literal) and "/" not in text:
                line = line_of(text, file.read_text("utf-8"))
                if line is None:
                    LOGGER.warning("%s does not define %s", path, text, location=node)
                uri += f"#L{line}"
            node.replace_self(nodes.reference("", "", *node.children, refuri=uri, internal=True))


def begin(app: Sphinx, env: BuildEnvironment, *_: Any) -> None:
    """Which files are linked is kept by document."""
    if not hasattr(env, "linked_sources"):
        env.linked_sources = {}


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """A document that is read again names its files anew."""
    env.linked_sources.pop(docname, None)


def merge(app: Sphinx, env: BuildEnvironment, docnames: Any, other: BuildEnvironment) -> None:
    """What a process that read some documents found."""
    env.linked_sources.update(other.linked_sources)


def pages(app: Sphinx) -> Any:
    """The pages, each with a number at every line to link to."""
    for path in sorted(set().union(*app.env.linked_sources.values())):
        text = (ROOT / path).read_text("utf-8")
        try:
            lexer = get_lexer_for_filename(path if not path.endswith(".inl") else "a.cpp")
        except ClassNotFound:
            lexer = get_lexer_for_filename("a.txt")
        formatter = HtmlFormatter(
            linenos="inline", lineanchors="L", anchorlinenos=True, cssclass="highlight"
        )
        body = highlight(text, lexer, formatter).replace('name="L-', 'id="L').replace("#L-", "#L")
        yield page_name(path), {"title": path, "body": f"<h1>{path}</h1>{body}"}, "page.html"


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.add_transform(SourceLinks)
    app.connect("env-before-read-docs", begin)
    app.connect("env-purge-doc", lambda app, env, name: begin(app, env) or forget(app, env, name))
    app.connect("env-merge-info", merge)
    app.connect("html-collect-pages", pages)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

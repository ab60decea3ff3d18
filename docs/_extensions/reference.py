"""The API reference: how docstrings read, and links from names to their pages.

A docstring lists arguments as ``name : text`` or ``name: text``, fields below "Attributes", and what a fit leaves below
"After ``fit``". These become lists of fields, with the types of the signature.
"""

import contextlib
import importlib
import inspect
import re
from collections.abc import Collection
from functools import cache
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.ext.autosummary import autosummary_toc
from sphinx.transforms import SphinxTransform

MODULES = [
    "lso_native",
    *(f"lso_native.{name}" for name in ("data", "metrics", "irregularity", "requirements")),
    *(f"lso_native.{name}" for name in ("retraining", "models", "display", "distributed")),
    *(f"lso_native.{name}" for name in ("study", "report", "airfoils", "errors")),
]
ENTRY = re.compile(r"( *)(\w+(?:, \w+)*)( ?): (\S.*)")
KEPT = re.compile(
    r"(``.*?``|`[^`]*`|(?<!\w)\*{1,2}\w[^*\n]*\*{1,2}(?!\w)|^ *>>>.*?(?:\n\n|\Z))",
    re.DOTALL | re.MULTILINE,
)
HEAD = re.compile(r"(Parameters|Attributes|After ``fit``)(| .*:)")
KINDS = {"Parameters": "param", "Attributes": "ivar", "After ``fit``": "ivar"}


@cache
def public() -> dict[str, str]:
    """The page's name of each public object, by the names that it goes under: where it is offered, where defined."""
    found: dict[str, str] = {}
    for module in MODULES:
        loaded = importlib.import_module(module)
        for name in loaded.__all__:
            thing, full = getattr(loaded, name), f"{module}.{name}"
            if callable(thing):
                page = found.setdefault(f"{thing.__module__}.{thing.__qualname__}", full)
                found.setdefault(full, page)
    return found


def page_of(name: str) -> str | None:
    """Where `Network`, `Network.backprop` or `data.load` is described."""
    page = public().get(f"lso_native.{name}")
    if page or "." not in name:
        return page
    above, _, member = name.rpartition(".")
    owner = page_of(above)
    module, _, thing = (owner or "").rpartition(".")
    known = owner and hasattr(getattr(importlib.import_module(module), thing), member)
    return f"{owner}.{member}" if known else None


def fields(lines: list[str], arguments: Collection[str]) -> tuple[list[str], list[str]]:
    """What a docstring says, and its ``arguments`` and attributes as fields."""
    text: list[str] = []
    listed: list[str] = []
    here: list[str] = text  # where the entry that is being read goes, and in how many lines
    last, kind, indent = 0, "param", 0
    for line in lines:
        entry = ENTRY.fullmatch(line)
        depth = len(line) - len(line.lstrip())
        if head := HEAD.fullmatch(line):
            kind, indent = KINDS[head[1]], 2 * line.endswith(":")
        elif line and set(line) == {"-"}:
            pass
        elif entry and depth == indent and (indent or entry[2].islower()):
            names = entry[2].split(", ")
            if indent or entry[3] or set(names) <= set(arguments):
                here, last = listed, len(names)
                listed += [f":{kind} {name}: {entry[4]}" for name in names]
            else:
                here, last = text, 1
                text += ["", f"- **{entry[2]}**: {entry[4]}"]
        elif last and line and depth > indent:
            here[-last:] = [f"{each} {line.strip()}" for each in here[-last:]]
        else:
            text += ["", line] if last else [line]
            last = 0
            if line:
                kind, indent = "param", 0
    return text, listed


def escaped(text: str) -> str:
    """Plain text in which reStructuredText would see more than is meant: |, * and names that end in _."""
    parts = KEPT.split(text)
    parts[::2] = [re.sub(r"([*|]|(?<=\w)_(?!\w))", r"\\\1", part) for part in parts[::2]]
    return "".join(parts)


def name_of(field: str) -> str:
    """The argument that ``:param NAME: text`` is about."""
    return field.split()[1].rstrip(":")


def typed(listed: list[str], signature: inspect.Signature, *, bare: bool) -> list[str]:
    """Fields with the types of the arguments; if ``bare``, those of which nothing is said have a type at least."""
    types = {
        name: re.sub(r"\bnpt?\.", "", each.annotation)
        for name, each in signature.parameters.items()
        if isinstance(each.annotation, str)
    }
    said = set(map(name_of, listed))
    if bare:
        listed = [*listed, *(f":param {name}:" for name in types if name not in said)]
    for i, field in enumerate(listed):
        name = name_of(field)
        if name in types:
            head, _, text = field.partition(f" {name}:")
            listed[i] = f"{head} {name}: (``{types[name]}``){text}"
    order = list(signature.parameters)
    return sorted(listed, key=lambda field: [*order, name_of(field)].index(name_of(field)))


def read(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:  # noqa: ARG001
    """What autodoc asks of each docstring."""
    signature = inspect.Signature()
    if what in ("class", "function", "method"):
        with contextlib.suppress(TypeError, ValueError):
            signature = inspect.signature(thing)
    text, listed = fields(lines, signature.parameters)
    listed = typed(listed, signature, bare=what != "class")
    returned = signature.return_annotation
    if what != "class" and isinstance(returned, str) and returned != "None":
        listed.append(f":returns: ``{returned}``")
    lines[:] = [*escaped("\n".join(text)).split("\n"), "", *map(escaped, listed), ""]


def skip(app: Sphinx, what: str, name: str, thing: Any, skipped: bool, options: Any) -> bool | None:  # noqa: ARG001
    """The fields of a NamedTuple, which the class describes."""
    said = getattr(thing, "__doc__", None) or ""
    return True if said.startswith("Alias for field number") else None


class NoPageInTheSidebar(SphinxTransform):
    """The pages of single names are found from the tables: a sidebar of hundreds helps nobody, and takes minutes."""

    default_priority = 6

    def apply(self, **_: Any) -> None:
        """Of one document."""
        for node in list(self.document.findall(autosummary_toc)):
            node.parent.remove(node)


class NameLinks(SphinxTransform):
    """`lso.generate` and `Network` in a text lead to their pages."""

    default_priority = 6

    def apply(self, **_: Any) -> None:
        """Of one document."""
        for node in list(self.document.findall(nodes.literal)):
            said = re.fullmatch(r"(lso\.)?([A-Za-z]\w*(?:\.\w+)*)(?:\(.*\))?", node.astext())
            if said is None or not (said[1] or said[2][0].isupper()):
                continue
            page = page_of(said[2])
            if page and not isinstance(
                node.parent, nodes.reference | nodes.title | addnodes.pending_xref
            ):
                link = addnodes.pending_xref(
                    "",
                    refdomain="py",
                    reftype="obj",
                    reftarget=page,
                    refdoc=self.env.docname,
                    maybe=True,
                )
                node.replace_self(link)
                link += node


def where_offered(
    app: Sphinx,
    env: BuildEnvironment,
    node: addnodes.pending_xref,
    content: nodes.Element,
) -> nodes.Element | None:
    """A name of where a thing is defined, as in types, leads to where it is offered."""
    target = node.get("reftarget", "")
    candidates = [target, f"lso_native.{target}"]
    page = next((public()[name] for name in candidates if name in public()), None)
    found = env.domains.python_domain.objects.get(page) if page else None
    if page is None or found is None:
        return (
            content if node.get("maybe") else None
        )  # a field, which the page of its class describes
    uri = app.builder.get_relative_uri(node["refdoc"], found.docname)
    link = nodes.reference("", "", refuri=f"{uri}#{found.node_id}", internal=True)
    link += content
    return link


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.add_transform(NoPageInTheSidebar)
    app.add_transform(NameLinks)
    app.connect("autodoc-process-docstring", read)
    app.connect("autodoc-skip-member", skip)
    app.connect("missing-reference", where_offered)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

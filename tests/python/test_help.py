"""`help()` says what the reference says: every public name has its page, and its docstring names all that it takes."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lso_native as lso
import pytest

ROOT = Path(__file__).parents[2]
LATER = (
    "lso_native.study",
    "lso_native.report",
    "lso_native.display",
)  # for who extends the package


def listed() -> dict[str, Any]:
    """What the pages of the reference name, by its full name."""
    found = {}
    for page in sorted((ROOT / "docs/api").glob("*.rst")):
        module = ""
        for line in page.read_text("utf-8").splitlines():
            if said := re.fullmatch(r"\.\. currentmodule:: (\S+)", line):
                module = said[1]
            elif module and re.fullmatch(r"   [A-Za-z]\w*", line):
                found[f"{module}.{line.strip()}"] = getattr(
                    importlib.import_module(module), line.strip()
                )
    return found


LISTED = listed()


def routines(name: str, thing: Any) -> Iterator[tuple[str, Any, str]]:
    """What can be called: its name, itself and what is said of it, here and where it is inherited from."""
    if not inspect.isclass(thing):
        yield name, thing, inspect.getdoc(thing) or ""
        return
    for member in dir(thing):
        found = inspect.getattr_static(thing, member)
        routine = getattr(found, "__func__", found)
        ours = inspect.isfunction(routine) and routine.__module__.startswith("lso_native")
        if ours and not member.startswith("_"):
            above = [vars(base)[member] for base in thing.__mro__ if member in vars(base)]
            docs = [inspect.getdoc(getattr(each, "__func__", each)) or "" for each in above]
            yield f"{name}.{member}", routine, "\n".join(docs)


def made_by_users(thing: Any) -> bool:
    """Not an interface, nor an error."""
    protocol = getattr(thing, "_is_protocol", False) or inspect.isabstract(thing)
    return inspect.isclass(thing) and not protocol and not issubclass(thing, BaseException)


def unsaid(routine: Any, said: str) -> list[str]:
    """The parameters that no word of a docstring is about."""
    names = [name for name in inspect.signature(routine).parameters if name not in ("self", "cls")]
    return [
        name for name in names if name[0] != "_" and not re.search(rf"(?<![\w.]){name}(?!\w)", said)
    ]


def raised(routine: Any) -> bool:
    """Whether it raises by itself."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(routine)))
    return any(isinstance(node, ast.Raise) and node.exc for node in ast.walk(tree))


def test_everything_public_has_a_page() -> None:
    modules = {name for name in lso.__all__ if inspect.ismodule(getattr(lso, name))}
    assert set(lso.__all__) - modules - {"simd"} <= {name.rpartition(".")[2] for name in LISTED}
    for module in modules:
        offered = {f"lso_native.{module}.{name}" for name in getattr(lso, module).__all__}
        assert offered <= set(LISTED)


@pytest.mark.parametrize("name", LISTED)
def test_all_is_documented(name: str) -> None:
    thing = LISTED[name]
    assert inspect.getdoc(thing)
    undocumented = [
        member
        for member in dir(thing) if inspect.isclass(thing) and member[0] != "_"
        if isinstance(inspect.getattr_static(thing, member), property)
        if not inspect.getdoc(inspect.getattr_static(thing, member))
    ]  # fmt: skip
    assert undocumented == []


@pytest.mark.parametrize("name", [name for name in LISTED if not name.startswith(LATER)])
def test_docstrings_name_every_argument_and_error(name: str) -> None:
    thing = LISTED[name]
    if made_by_users(thing):
        assert unsaid(thing, inspect.getdoc(thing) or "") == []
    for full, routine, said in routines(name, thing):
        assert said, full
        assert (full, unsaid(routine, said)) == (full, [])
        assert not raised(routine) or re.search(r"[Rr]aise|Error", said), full


def thin(alpha: float, *, beta: float, **rest: float) -> None:
    """What alpha and beta_1 are."""
    raise ValueError(alpha, beta, rest)


def test_a_thin_docstring_is_seen() -> None:
    assert unsaid(thin, thin.__doc__ or "") == ["beta", "rest"]
    assert raised(thin)

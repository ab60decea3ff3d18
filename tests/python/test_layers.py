"""Code depends downwards only: docs/architecture.md says it, here it is checked."""

from __future__ import annotations

import ast
import graphlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "python" / "lso_native"

# From the ground up. A module may import its own floor, if that makes no circle, and whatever lies below.
FLOORS = (
    {"_core", "_typing", "_checks", "_atomic", "errors", "_architecture", "display", "interop"},
    {"distributed"},
    {
        "network",
        "exchange",
        "differentiable",
        "foreign",
        "terms",
        "problem",
        "optimizers",
        "outcome",
        "optimize",
        "cut",
        "training",
        "learner",
        "random",
    },
    {"requirements"},
    {"models", "files", "data", "metrics", "irregularity", "show"},
    {"generate", "figures"},
    {"retraining"},
    {"study"},
    {"report", "airfoils", "explore"},
    {"cli", "commands"},
)
FLOOR_OF = {module: floor for floor, modules in enumerate(FLOORS) for module in modules}


def imported(path: Path, root: Path) -> Iterator[str]:
    """The modules of ``root``'s package that a file names, as far as they are files: dotted, without the package."""
    package = root.name
    here = [package, *path.relative_to(root).parent.parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            named = [[alias.name] for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = here[: len(here) + 1 - node.level] if node.level else []
            base = [*above, *([node.module] if node.module else [])]
            named = [[*base, alias.name] for alias in node.names]
        else:
            continue
        for parts in named:
            first, *rest = ".".join(parts).split(".")
            if first == package and (module := _module(root, rest)):
                yield module


def _module(root: Path, parts: list[str]) -> str:
    """The longest beginning of ``parts`` that is a module."""
    while parts:
        path = root.joinpath(*parts)
        if path.is_dir() or path.with_suffix(".py").is_file() or path.with_suffix(".pyi").is_file():
            break
        parts = parts[:-1]
    return ".".join(parts)


def name_of(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def sources(root: Path) -> list[Path]:
    return sorted(root.rglob("*.py"))


def test_nobody_imports_upwards() -> None:
    above = {}
    for path in sources(PACKAGE):
        name = name_of(path, PACKAGE)
        # The package itself offers what is below the study.
        floor = FLOOR_OF[name.partition(".")[0]] if name else FLOOR_OF["study"] - 1
        used = {m for m in imported(path, PACKAGE) if FLOOR_OF[m.partition(".")[0]] > floor}
        if used:
            above[name] = used
    assert above == {}


@pytest.mark.parametrize("root", [PACKAGE, ROOT / "benchmarks"], ids=lambda root: str(root.name))
def test_no_circle(root: Path) -> None:
    graph: dict[str, set[str]] = {}
    for path in sources(root):
        name = name_of(path, root)
        graph[name] = set(imported(path, root)) - {name}
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError, which tells the circle


def includes(folder: str) -> dict[str, list[str]]:
    """What each file of ``folder`` includes, in its brackets or quotes."""
    pattern = re.compile(r'^#\s*include\s*([<"].*[>"])', re.MULTILINE)
    files = [path for path in sorted((ROOT / folder).rglob("*")) if path.is_file()]
    return {path.name: pattern.findall(path.read_text(encoding="utf-8")) for path in files}


def test_the_engine_knows_no_python() -> None:
    for name, included in includes("cpp").items():
        assert not [each for each in included if re.search("pybind11|Python.h|bind", each)], name


def test_public_headers_include_public_headers_alone() -> None:
    public = ROOT / "cpp/include"
    for name, included in includes("cpp/include").items():
        own = [each.strip('"') for each in included if each.startswith('"')]
        assert not [each for each in own if not (public / each).is_file()], name

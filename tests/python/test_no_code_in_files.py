"""No file is unpickled, and no text run, whatever a file says: docs/security.md says it, here it is checked."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "python" / "lso_native"

# These send work between a program's own processes and machines, and read no file.
BETWEEN_PROCESSES = {
    "cut.py",
    "distributed/cluster.py",
    "distributed/local.py",
    "distributed/serving.py",
    "distributed/shared.py",
}
MODULES = {
    "pickle",
    "cPickle",
    "_pickle",
    "cloudpickle",
    "dill",
    "marshal",
    "shelve",
    "joblib.load",
}
CALLS = {"eval", "exec", "compile", "__import__", "execfile"}


def faults(source: str) -> Iterator[str]:
    """What of a module's text would let a file say what is run."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                found = [alias.name for alias in names]
            case ast.ImportFrom(module=module, names=names):
                found = [module or "", *(f"{module}.{alias.name}" for alias in names)]
            case ast.Call(
                func=ast.Attribute(attr="import_module"), args=[ast.Constant(value=name)]
            ):
                found = [str(name)]
            case ast.Call(func=ast.Name(id=name)) if name in CALLS:
                yield name
                continue
            case ast.keyword(arg="allow_pickle" | "weights_only" as argument, value=value):
                safe = argument == "weights_only"
                if not (isinstance(value, ast.Constant) and value.value is safe):
                    yield argument
                continue
            case ast.Call(func=ast.Attribute(value=ast.Name(id="torch" | "joblib"), attr="load")):
                yield "load"
                continue
            case _:
                continue
        yield from (name for name in found if name in MODULES or name.split(".")[0] in MODULES)


def test_no_module_unpickles_or_runs_what_it_reads() -> None:
    found = {
        path.relative_to(PACKAGE).as_posix(): sorted({*faults(path.read_text(encoding="utf-8"))})
        for path in sorted(PACKAGE.rglob("*.py"))
    }
    assert len(found) > 100
    assert {name for name, what in found.items() if what} == BETWEEN_PROCESSES


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "import os, marshal as m",
        "from pickle import loads",
        "from shelve import open",
        "from joblib import load",
        "importlib.import_module('cloudpickle')",
        "def f():\n    return eval('1')",
        "exec(text)",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=trusted)",
        "torch.load(path)",
        "read(path, weights_only=False)",
    ],
)
def test_it_would_be_seen(source: str) -> None:
    assert [*faults(source)]
    assert not [*faults("np.load(path, allow_pickle=False)\nre.compile('a')\nimport json")]

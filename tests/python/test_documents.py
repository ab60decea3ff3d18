"""What the documents show runs: Python blocks, examples and docstrings."""

from __future__ import annotations

import ast
import doctest
import importlib.util
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import lso_native as lso
import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md"))]
NOTEBOOKS = sorted(ROOT.glob("docs/notebooks/*.ipynb"))
EXAMPLES = sorted(ROOT.glob("examples/*.py"))
PICTURES = ROOT / "docs/images/requirements"
# pages and examples of an extra, and the modules that they take
NEEDS = {
    "airfoils": ("neuralfoil",),
    "any_model": ("jax", "torch"),
    "interop": ("keras", "onnx", "sklearn", "torch"),
    "pytorch": ("torch",),
    "torch_decoder": ("torch",),
}
LARGEST_PICTURE = 60_000  # bytes


def blocks(page: Path) -> list[str]:
    """The Python blocks of a page, each moved down to where it stands there, so that an error names its line."""
    text = page.read_text(encoding="utf-8")
    fenced = re.finditer(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return ["\n" * text.count("\n", 0, block.start(1)) + block[1] for block in fenced]


def shown() -> dict[Path, Path]:
    """The pages that begin with an example and the picture it makes, and that example."""
    named = {
        page: re.findall(r"\(\.\./images/requirements/(\w+)\.png\)", page.read_text("utf-8"))
        for page in ROOT.glob("docs/requirements/*.md")
    }
    return {page: ROOT / f"examples/{name}.py" for page, names in named.items() for name in names}


SHOWN = shown()


def of(paths: Iterable[Path]) -> list[Any]:
    """A parameter each, marked where it takes an extra."""
    marks = {True: [pytest.mark.extra], False: []}
    return [
        pytest.param(path, id=str(path.relative_to(ROOT)), marks=marks[path.stem in NEEDS])
        for path in paths
    ]


def skip_without_extra(path: Path) -> None:
    """Where what it takes is missing."""
    for module in NEEDS.get(path.stem, ()):
        if importlib.util.find_spec(module) is None:  # Keras would choose a backend on import
            pytest.skip(f"without {module}")


def assert_made_what_it_promises(example: Path, folder: Path) -> None:
    """Its docstring does, files or a folder."""
    said = ast.get_docstring(ast.parse(example.read_text(encoding="utf-8"))) or ""
    promised = re.findall(
        r"\b[\w-]+\.(?:png|gif|npz|safetensors|csv)\b|(?<=in the folder )\w+", said
    )
    assert {made.name for made in folder.iterdir()} == set(promised)


@pytest.mark.parametrize("page", of(page for page in PAGES if blocks(page)))
def test_the_blocks_of_a_page_run_one_after_the_other(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    skip_without_extra(page)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for block in blocks(page):
        exec(compile(block, str(page), "exec"), names)
    if page in SHOWN:
        assert_made_what_it_promises(SHOWN[page], tmp_path)


def test_every_page_of_requirements_has_a_picture() -> None:
    pages = {path for path in ROOT.glob("docs/requirements/*.md") if path.name != "README.md"}
    assert set(SHOWN) == pages
    assert {path.name for path in PICTURES.iterdir()} == {
        f"{example.stem}.png" for example in SHOWN.values()
    }


@pytest.mark.parametrize("page", SHOWN, ids=lambda page: str(page.stem))
def test_a_page_begins_with_the_example_that_makes_its_picture(page: Path) -> None:
    example = SHOWN[page]
    _, _, body = example.read_text("utf-8").split('"""', 2)
    assert blocks(page)[0].strip() == body.strip()
    assert f"(../../examples/{example.name})" in page.read_text("utf-8")
    assert (PICTURES / f"{example.stem}.png").stat().st_size < LARGEST_PICTURE


def test_examples_are_listed() -> None:
    listed = re.findall(r"\]\((\w+\.py)\)", (ROOT / "examples/README.md").read_text("utf-8"))
    assert sorted(listed) == [path.name for path in EXAMPLES]


# those of SHOWN run with their pages
@pytest.mark.parametrize("path", of(path for path in EXAMPLES if path not in SHOWN.values()))
def test_an_example_runs(path: Path, tmp_path: Path) -> None:
    skip_without_extra(path)
    subprocess.run([sys.executable, str(path)], cwd=tmp_path, check=True)
    assert_made_what_it_promises(path, tmp_path)


@pytest.mark.extra
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: str(path.stem))
# of the kernel's own, when its sockets close
@pytest.mark.filterwarnings("ignore:.*:ResourceWarning", "ignore:.*:DeprecationWarning")
def test_a_notebook_runs_in_a_kernel(path: Path, tmp_path: Path) -> None:
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("pandas")
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in cells)
    where = {"metadata": {"path": str(tmp_path)}}
    nbclient.NotebookClient(notebook, timeout=120, resources=where).execute()
    assert all(cell.execution_count for cell in cells)
    assert any("text/html" in output.get("data", {}) for cell in cells for output in cell.outputs)


def docstrings() -> list[doctest.DocTest]:
    names = [module.name for module in pkgutil.walk_packages(lso.__path__, "lso_native.")]
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = [finder.find(importlib.import_module(name)) for name in ("lso_native", *names)]
    return [each for tests in found for each in tests if each.examples]


@pytest.mark.parametrize("examples", docstrings(), ids=lambda each: str(each.name))
def test_the_examples_of_a_docstring(examples: doctest.DocTest) -> None:
    said: list[str] = []
    result = doctest.DocTestRunner().run(examples, out=said.append)
    assert result.failed == 0, "".join(said)

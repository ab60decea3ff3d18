"""The gallery: what sphinx-gallery needs to know of examples/, which are plain programs that write files.

They are run in a folder of their own, with their names as titles; what they write is shown. A picture of a page that
an example makes is the one just made.
"""

import csv
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from docutils import nodes
from PIL import Image, ImageDraw
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx_gallery.scrapers import figure_rst

ROOT = Path(__file__).parents[2]
RUN_IN = ROOT / "build/examples"
MODULE_OF = {"airfoils": "neuralfoil"}  # by which an extra is known to be there
HEADER = """\
Gallery
=======

Programs that run by themselves, from the folder ``examples/``. They were run as this site was built: what they print
and the pictures are of that run. One that needs an extra which was not there is shown as it stands.
"""


def order() -> list[str]:
    """The examples' files, as their own list has them."""
    return re.findall(r"\]\((\w+\.py)\)", (ROOT / "examples/README.md").read_text("utf-8"))


def place(name: str) -> int:
    """Of an example in the gallery."""
    return order().index(Path(name).name)


def runs(name: str) -> bool:
    """Whether what an example imports is there, and what the extras take that it says it needs."""
    said = (ROOT / "examples" / name).read_text("utf-8")
    extras = [MODULE_OF[extra] for extra in re.findall(r"needs the extra (\w+)", said)]
    return all(
        map(find_spec, [*extras, *re.findall(r"^(?:import|from) (\w+)", said, re.MULTILINE)])
    )


def copy() -> None:
    """The examples, each below a title, into an otherwise empty folder."""
    RUN_IN.mkdir(parents=True, exist_ok=True)
    for left in RUN_IN.iterdir():
        if left.is_file():
            left.unlink()
    (RUN_IN / "GALLERY_HEADER.rst").write_text(HEADER, "utf-8")
    for name in order():
        title = name.removesuffix(".py").replace("_", " ").capitalize()
        text = (ROOT / "examples" / name).read_text("utf-8")
        titled = text.replace('"""', f'"""\n{title}\n{"=" * len(title)}\n\n', 1)
        (RUN_IN / name).write_text(titled, "utf-8")


def made(block: Any, variables: dict[str, Any], settings: dict[str, Any]) -> str:  # noqa: ARG001
    """What an example wrote: its pictures, and the beginning of its tables (a scraper of sphinx-gallery)."""
    name = Path(variables["src_file"]).stem
    paths = variables["image_path_iterator"]
    pictures = []
    for path in [*RUN_IN.glob("*.png"), *sorted((RUN_IN / name).glob("figures/*.png"))]:
        pictures.append(paths.next())
        path.replace(pictures[-1])
    tables = ""
    for path in RUN_IN.glob("*.csv"):
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))[:8]
        path.unlink()
        drawn(rows).save(paths.next())  # the thumbnail
        tables += table(rows)
    return figure_rst(pictures, settings["src_dir"]) + tables


def table(rows: list[list[str]]) -> str:
    """Rows, the names of the columns first, as reStructuredText."""
    lines = [", ".join(f'"{cell}"' for cell in row) for row in rows]
    return "\n.. csv-table::\n   :header-rows: 1\n\n" + "".join(f"   {line}\n" for line in lines)


def drawn(rows: list[list[str]]) -> Image.Image:
    """The upper left corner of a table as a picture."""
    picture = Image.new("RGB", (400, 280), "white")
    pen = ImageDraw.Draw(picture)
    for y, row in enumerate(rows):
        for x, cell in enumerate(row[:4]):
            pen.text((10 + 100 * x, 10 + 34 * y), cell[:10], "black", font_size=18)
    return picture


class FreshPictures(SphinxTransform):
    """Pictures of pages become those that the gallery has just made."""

    default_priority = 5

    def apply(self, **_: Any) -> None:
        """Of one document."""
        for node in self.document.findall(nodes.image):
            fresh = f"gallery/images/sphx_glr_{Path(node['uri']).stem}_001.png"
            if node["uri"].endswith(".png") and (Path(self.app.srcdir) / fresh).is_file():
                node["uri"] = f"/{fresh}"


SETTINGS = {
    "examples_dirs": [str(RUN_IN)],
    "gallery_dirs": ["gallery"],
    "filename_pattern": "/(" + "|".join(name for name in order() if runs(name)) + ")$",
    "within_subsection_order": "examples_gallery.place",
    "image_scrapers": "examples_gallery.made",
    "reset_modules": (),
    "capture_repr": (),
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_signature": False,
    "write_computation_times": False,
    "copyfile_regex": "",
}


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    copy()
    app.setup_extension("sphinx_gallery.gen_gallery")
    app.add_transform(FreshPictures)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

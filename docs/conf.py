"""The site, from the pages of this folder: `nox -s docs` builds and checks it."""

import sys
from pathlib import Path

import lso_native

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))
import examples_gallery

project = "lso_native"
author = "the lso_native authors"
copyright = author  # noqa: A001 - Sphinx's own name for it
release = version = lso_native.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "reference",
    "source_pages",
    "examples_gallery",
]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
nitpicky = True
default_role = "code"
templates_path = ["_templates"]
exclude_patterns = ["_templates"]

autodoc_class_signature = "mixed"
autodoc_member_order = "bysource"
autodoc_typehints = "none"
autosummary_imported_members = True
nitpick_ignore_regex = [
    ("py:.*", r"(?!lso_native\.).*"),
    ("py:.*", r"lso_native\.\w+\..*"),
]  # not offered

myst_heading_anchors = 4  # links to headings work as they do on GitHub
myst_enable_extensions = ["colon_fence", "deflist"]

sphinx_gallery_conf = examples_gallery.SETTINGS

html_theme = "furo"
pygments_dark_style = "github-dark"
html_title = "lso_native"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}

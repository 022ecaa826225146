"""Configuration of Sphinx for the site; see build.py."""

import os
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
METADATA = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

project = "Shield AI"
author = "Shield AI"
version = release = METADATA["version"]
language = "en"

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
nitpicky = True
myst_heading_anchors = 4
smartquotes = False  # it would make a dash of the -- of options

html_theme = "furo"
html_theme_options = {"top_of_page_buttons": []}  # the pages of rules have no source file
html_title = f"Shield AI {version}"
html_logo = "static/logo.svg"
html_favicon = "static/logo.svg"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_use_index = False
html_baseurl = os.environ.get("READTHEDOCS_CANONICAL_URL", "")

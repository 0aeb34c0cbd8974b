"""Sphinx: how the documentation becomes pages. `cargo xtask docs-build` runs it, with each warning as an error."""

import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))
FACTS = tomllib.loads((HERE.parent / "dds.toml").read_text(encoding="utf-8"))

project = FACTS["project"]["title"]
author = f"The {project} contributors"
project_copyright = author
html_title = project

extensions = ["myst_parser", "diagrams"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build", ".venv", "node_modules"]
# A shell's page may not be there (yet); the list of pages then has one less.
suppress_warnings = ["toc.empty_glob"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_fence_as_directive = ["mermaid"]
myst_heading_anchors = 4
myst_links_external_new_tab = False

html_theme = "furo"
html_static_path = ["_static", "node_modules/@mermaid-js/tiny/dist/mermaid.tiny.js"]
html_css_files = ["docs.css"]
html_favicon = "../shells/brand/icon.svg"
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
pygments_style = "tango"
pygments_dark_style = "monokai"

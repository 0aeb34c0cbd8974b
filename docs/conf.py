"""Sphinx: how the documentation becomes pages. `cargo xtask docs-build` runs it, with each warning as an error."""

import logging
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

extensions = ["myst_parser", "diagrams", "accessible", "sphinx_copybutton"]
# Blocks that a test runs have prompts, which nobody wants to copy; what programs say is not to be copied at all.
copybutton_prompt_text = "$ "
copybutton_selector = "div.highlight:not(.highlight-text *) pre"
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build", ".venv", "node_modules"]
# A project that drops a shell drops its page, too. Sphinx gives this warning no type that could be named here instead.
logging.getLogger("sphinx.sphinx.directives.other").addFilter(
    lambda record: getattr(record, "subtype", None) != "empty_glob"
)

myst_enable_extensions = ["colon_fence", "deflist"]
myst_fence_as_directive = ["mermaid"]
myst_heading_anchors = 4
myst_links_external_new_tab = False

# The fonts of each system: nothing to load.
FONTS = {
    "font-stack": 'system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif',
    "font-stack--monospace": 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
}

html_theme = "furo"
html_static_path = ["_static", "node_modules/@mermaid-js/tiny/dist/mermaid.tiny.js"]
html_css_files = ["docs.css"]
html_theme_options = {
    "light_css_variables": {
        "color-brand-primary": "#0a544e",
        "color-brand-content": "#0b6a63",
        "color-brand-visited": "#4a5f5d",
        **FONTS,
    },
    "dark_css_variables": {
        "color-brand-primary": "#4fc0bc",
        "color-brand-content": "#4fc0bc",
        "color-brand-visited": "#8fb5b1",
    },
}
html_logo = "../shells/brand/icon.svg"
html_favicon = "../shells/brand/icon.svg"
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
pygments_style = "github-light"
pygments_dark_style = "github-dark"

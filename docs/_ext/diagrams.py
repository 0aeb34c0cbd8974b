"""Diagrams: a fence of the language `mermaid` becomes a drawing, made in the page by the program beside it.

The text of a diagram stays in the page, so that a reader without JavaScript has at least that. The scripts are plain
ones, not modules, because a browser loads no module from a file. Only pages with a diagram load them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

SCRIPTS = ("mermaid.tiny.js", "diagrams.js")


class diagram(nodes.General, nodes.Element):  # noqa: N801 - docutils names its nodes like that
    """A drawing."""


class Diagram(SphinxDirective):
    """The directive, and so the fence."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """One node with the diagram's text."""
        text = "\n".join(self.content)
        if "accTitle:" not in text:
            raise self.error("a diagram needs a line `accTitle: …`, which is read aloud in its place")
        return [diagram(text=text)]


def visit(translator: HTML5Translator, node: diagram) -> None:
    """The text, for the script to find."""
    translator.body.append(f'<pre class="diagram">{translator.encode(node["text"])}</pre>\n')
    raise nodes.SkipNode


def add_scripts(
    app: Sphinx, _page: str, _template: str, _context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Only where there is something to draw."""
    if doctree is not None and next(doctree.findall(diagram), None) is not None:
        for script in SCRIPTS:
            app.add_js_file(script, loading_method="defer")


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.add_node(diagram, html=(visit, None))
    app.add_directive("mermaid", Diagram)
    app.connect("html-page-context", add_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

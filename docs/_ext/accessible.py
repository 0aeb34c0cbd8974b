"""What the theme leaves out for people who listen to a page or use a keyboard; a test has axe look at the pages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

# As the theme writes it, and as it should be.
MENDED = {
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="All pages">',
    '<aside class="toc-drawer">': '<aside class="toc-drawer" aria-label="This page">',
    '<aside class="toc-drawer no-toc">': '<aside class="toc-drawer no-toc" aria-label="This page">',
    # A table whose rows have names has nothing to say above them.
    '<th class="head"><p></p></th>': '<td class="head"></td>',
    # Long lines are scrolled sideways, by keyboard as well.
    '<div class="highlight"><pre>': '<div class="highlight"><pre tabindex="0">',
}


def mend(app: Sphinx, failure: Exception | None) -> None:
    """Mend the pages that were written."""
    if failure is not None or app.builder.format != "html":
        return
    for page in Path(app.outdir).rglob("*.html"):
        before = after = page.read_text(encoding="utf-8")
        for written, wanted in MENDED.items():
            after = after.replace(written, wanted)
        if after != before:
            page.write_text(after, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Have Sphinx call it at the end."""
    app.connect("build-finished", mend)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

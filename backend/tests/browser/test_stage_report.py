"""The page of `packaged-stage --report`: for everybody, by keyboard too, and whatever files are called."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from support.packaged import BACKEND
from support.watch import OpenPage

TEMPLATE = BACKEND.parent / "xtask/resources/stage_report.html"
HOSTILE = "</script><img src=x onerror=alert(1)>"


def node(name: str, size: int, *parts: dict[str, object]) -> dict[str, object]:
    return {"name": name, "bytes": size, "files": max(len(parts), 1), "parts": list(parts)}


DATA = {
    "title": "Ponies",
    "host": "linux-x64",
    "python": {"version": "3.14.2", "source": "uv"},
    "digest": "0123456789abcdef" * 4,
    "tree": node(
        "Ponies",
        900,
        node("Python", 600, node("lib", 600, node("json", 400), node("a" * 120, 200))),
        node("Packages", 300, node("Django", 200), node(HOSTILE, 100)),
    ),
    "pruned": [{"layer": "Python", "what": "tk (Tk)", "files": 1200, "bytes": 3_000_000}],
    "leftOut": [{"path": f"src/{HOSTILE}", "because": "**/.env*", "files": 1, "bytes": 9}],
    "parts": [{"name": HOSTILE, "version": "1", "licence": None, "texts": 0, "files": 1, "bytes": 100}],
    "biggest": [{"path": "python/" + "deep/" * 40 + "file", "bytes": 400}],
    "former": {
        "bytes": 1000,
        "files": 4,
        "changed": 1,
        "distributions": [{"name": "django", "before": "5.2", "now": "6.0"}],
        "biggest": [{"name": "gone.py", "before": 100, "now": None}],
    },
}

type OpenReport = Callable[..., Page]


@pytest.fixture
def open_report(open_page: OpenPage, tmp_path: Path) -> OpenReport:
    def open_report(data: object = DATA, **options: object) -> Page:
        text = json.dumps(data).replace("<", "\\u003c")
        page = TEMPLATE.read_text(encoding="utf-8").replace('{"for":"ddstask"}', text)
        (tmp_path / "report.html").write_text(page, encoding="utf-8")
        return open_page((tmp_path / "report.html").as_uri(), **options)

    return open_report


@pytest.mark.parametrize("former", [DATA["former"], None])
def test_everybody_can_use_it_in_any_light_and_at_any_width(open_report: OpenReport, former: object) -> None:
    page = open_report(DATA | {"former": former})
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        results = Axe().run(page)
        assert results.violations_count == 0, f"{scheme}: {results.generate_report()}"
    for width in (360, 1600):
        page.set_viewport_size({"width": width, "height": 760})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_names_are_names(open_report: OpenReport) -> None:
    page = open_report()
    expect(page.get_by_role("heading", level=1)).to_have_text("What Ponies ships")
    assert page.locator("img").count() == 0
    expect(page.get_by_role("rowheader", name=f"{HOSTILE} 1")).to_be_visible()


def test_keys_go_everywhere(open_report: OpenReport) -> None:
    page = open_report()
    expect(page.locator("body")).to_be_focused()
    told, way = page.get_by_role("status"), page.get_by_role("navigation")
    page.get_by_role("button", name="Python, 600 B").focus()
    expect(told).to_have_text("Python: 600 B, 1 file, 66.7 % of all")
    page.keyboard.press("ArrowRight")
    expect(told).to_have_text("Packages: 300 B, 2 files, 33.3 % of all")
    page.keyboard.press("Enter")
    expect(way.get_by_role("listitem")).to_have_text(["Ponies", "Packages"])
    expect(page.get_by_role("button", name="Django, 200 B")).to_be_focused()
    expect(page.get_by_role("region", name="In Packages").get_by_role("row")).to_have_count(3)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Packages, 300 B, 2 files, go in")).to_be_focused()
    expect(way.get_by_role("listitem")).to_have_text(["Ponies"])


def test_the_table_goes_in_as_well(open_report: OpenReport) -> None:
    page = open_report()
    page.get_by_role("region", name="In Ponies").get_by_role("button", name="Python").click()
    page.get_by_role("region", name="In Python").get_by_role("button", name="lib").click()
    page.get_by_role("navigation").get_by_role("button", name="Ponies").click()
    expect(page.get_by_role("region", name="In Ponies")).to_be_visible()

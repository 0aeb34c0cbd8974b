"""Rules for what is drawn: the agreed colours only, one winged horse, and nothing from another host."""

import re
from pathlib import Path

import pytest

from support.packaged import BACKEND

SOURCES = BACKEND / "src"
BRAND = BACKEND.parent / "shells" / "brand"

COLOURS = {
    "teal-deep": "#108D82",
    "teal-bright": "#4FC0BC",
    "teal-dark": "#0A544E",
    "dark": "#222121",
    "accent": "#D4790A",
    "accent-hover": "#B86808",
    "danger": "#C24B5A",
    "danger-hover": "#A8404E",
    "bg-page": "#F2F4F3",
    "bg-card": "#FFFFFF",
    "text": "#222121",
    "text-muted": "#5A6B6A",
    "border": "#D4DDDB",
}

DRAWN = sorted(
    path
    for app in ("desktop_django_starter", "example_app", "tasks_demo")
    for path in (SOURCES / app).rglob("*")
    if path.suffix in {".css", ".svg", ".html", ".js"}
) + sorted(BRAND.glob("*.svg"))


def without_comments(path: Path) -> str:
    return re.sub(r"/\*.*?\*/|<!--.*?-->|\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.S)


def test_the_tokens_have_the_agreed_values() -> None:
    tokens = (SOURCES / "desktop_django_starter/static/css/tokens.css").read_text(encoding="utf-8")
    light = tokens.partition("@media")[0]
    assert {name: re.search(rf"--{name}: (#\w+);", light)[1] for name in COLOURS} == COLOURS


@pytest.mark.parametrize("path", DRAWN, ids=lambda path: path.name)
def test_no_other_colour_and_no_other_host(path: Path) -> None:
    text = without_comments(path)
    if path.suffix != ".js":
        assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b", text)) <= set(COLOURS.values())
        assert not re.search(r"\b(rgba?|hsla?|hwb|lab|lch|oklab|oklch)\(", text)
    assert set(re.findall(r"[a-z]+://[^\s\"')]+", text)) <= {"http://www.w3.org/2000/svg"}


def horse(path: Path) -> str:
    """The longest path in a drawing, which is the horse wherever there is one."""
    return max(re.findall(r'\bd="([^"]+)"', path.read_text(encoding="utf-8")), key=len)


def test_there_is_one_winged_horse() -> None:
    project = SOURCES / "desktop_django_starter"
    places = [
        BRAND / "winged-horse.svg",
        BRAND / "icon.svg",
        project / "static/img/icon.svg",
        project / "templates/splash.html",
        project / "templates/includes/winged_horse.svg",
    ]
    assert len({horse(place) for place in places}) == 1


def test_the_design_guide_has_the_colours_that_there_are() -> None:
    tokens = (SOURCES / "desktop_django_starter/static/css/tokens.css").read_text(encoding="utf-8")
    # Further names, for what the colours are used for, are no further colours.
    tokens, _, _ = tokens.partition("/* What the colours are for. */")
    colours = re.findall(r"^\s*([\w-]+): (#\w+);$", tokens, re.MULTILINE)
    assert len(colours) > 10
    guide = (BACKEND.parent / "docs/design.md").read_text(encoding="utf-8").splitlines()
    missing = [pair for pair in colours if not any(all(f"`{word}`" in line for word in pair) for line in guide)]
    assert not missing

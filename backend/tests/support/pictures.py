"""Takes the pictures of the documentation anew: `uv run python tests/support/pictures.py`, in the folder `backend`.

They show what is in the sources at this moment, in both colour schemes, in the size of the desktop window.
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.app import App, find_chromium, launch, start
from support.packaged import BACKEND

FOLDER = BACKEND.parent / "docs" / "images"
WINDOW = {"width": 1100, "height": 760}


def fill(app: App) -> None:
    """The first ponies, and routines in each state that lasts."""
    app.empty()
    app.add_pony("Captain Thistle", "Brushed, braided and very aware of it. Bows to photographers only.", "done")
    app.add_pony("Marzipan", "Believes that every closed gate is a riddle with an apple behind it.", "backlog")
    app.add_pony("Nimbus", "Takes off before the count of three. Lands politely, mostly on clover.", "active")
    app.add_routine("Air the saddle blankets", "FAILED", "Abandoned - app restarted")
    app.add_routine("Count the clouds", "FAILED", "A pony ate the checklist.")
    app.add_routine("Brush the wings", "DONE", "Done, with a carrot to spare.")


def open_dialog(page: Page) -> None:
    page.get_by_role("link", name="Release Marzipan").click()


def start_routine(page: Page) -> None:
    page.get_by_role("button", name="Start Routine").click()
    page.locator("[data-status=RUNNING] > .pulse").wait_for()


def take(browser: Browser, app: App) -> None:
    """All pictures, each in both colour schemes."""
    fill(app)
    page = browser.new_page(base_url=app.url, viewport=WINDOW, locale="en-GB", timezone_id="UTC")
    for name, address, step in (
        ("stable", "/", None),
        ("release", "/", open_dialog),
        ("splash", "/splash/", None),
        ("routines", "/tasks/", start_routine),
    ):
        page.goto(address)
        if step:
            step(page)
        page.mouse.move(0, 0)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=FOLDER / f"{name}-{scheme}.png")


def main() -> None:
    """Start the app and the browser, and take the pictures."""
    chromium = find_chromium()
    if chromium is None:
        sys.exit("No Chromium found: run `apt-get install chromium`, or set DDS_CHROMIUM to its program.")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        start(Path(folder), routine_seconds=30) as app,
        sync_playwright() as playwright,
        launch(playwright, chromium) as browser,
    ):
        take(browser, app)


if __name__ == "__main__":
    main()

"""Stable Routines in a real browser, with the real queue and a real worker behind it."""

import re

import pytest
from playwright.sync_api import Page, expect

from support.app import App
from support.watch import OpenPage, Watch

# The page asks every two seconds. The tests turn the page's clock forward instead of waiting for it.
INTERVAL_MS = 2000
ROUTINE_MS = 500  # as in support/app_process.py, and some time for the worker to notice
PATIENCE_MS = 300


def let_it_finish(page: Page) -> None:
    """Wait until a routine must have ended, then for the page to ask."""
    page.wait_for_timeout(ROUTINE_MS + PATIENCE_MS)
    page.clock.run_for(INTERVAL_MS)


def watch_polling(page: Page) -> list[str]:
    """A list that grows with each question for the status."""
    asked: list[str] = []
    page.on("request", lambda request: request.url.endswith("/tasks/status/") and asked.append(request.url))
    return asked


def test_a_page_at_rest_asks_nothing(app: App, open_page: OpenPage) -> None:
    app.add_routine("Sweep", "DONE")
    page = open_page("/")
    page.clock.install()
    asked = watch_polling(page)
    page.get_by_role("link", name="Stable Routines").click()
    expect(page.get_by_role("listitem")).to_have_count(1)
    page.clock.run_for(10 * INTERVAL_MS)
    assert asked == []


@pytest.mark.parametrize(("fail", "end"), [(False, "Done"), (True, "Failed")])
def test_a_routine_from_start_to_end(app: App, open_page: OpenPage, fail: bool, end: str) -> None:
    app.let_routines_fail(fail)
    page = open_page("/tasks/")
    page.clock.install()
    page.reload()
    asked = watch_polling(page)
    expect(page.get_by_text("No routines underway.")).to_be_visible()
    start = page.get_by_role("button", name="Start Routine")
    start.press("Enter")

    row = page.get_by_role("listitem")
    expect(row.locator(".badge")).to_have_text(re.compile("Waiting|Underway"))
    expect(page.get_by_text("No routines underway.")).to_be_hidden()
    expect(start).to_be_focused()
    let_it_finish(page)
    expect(row.locator(".badge")).to_have_text(end)
    took = re.search("took ([0-9.]+)\u00a0s", row.inner_text())
    assert took and float(took[1]) >= ROUTINE_MS / 1000
    expect(page.locator("#news")).to_contain_text(f": {end}.")
    expect(page.get_by_text("1 routine", exact=True)).to_be_visible()

    so_far = len(asked)
    page.clock.run_for(10 * INTERVAL_MS)
    assert len(asked) == so_far, "it goes on asking though nothing is underway"


def test_a_page_opened_while_a_routine_is_underway_follows_it(open_page: OpenPage) -> None:
    page = open_page("/tasks/")
    page.clock.install()
    page.get_by_role("button", name="Start Routine").click()
    expect(page.get_by_role("listitem")).to_have_count(1)
    page.reload()
    let_it_finish(page)
    expect(page.locator(".badge")).to_have_text("Done")


def test_clear(app: App, open_page: OpenPage) -> None:
    app.add_routine("Sweep", "DONE")
    app.add_routine("Braid", "FAILED", "A pony ate the ribbon.")
    page = open_page("/tasks/")
    page.get_by_role("button", name="Clear Routines").click()
    expect(page.get_by_text("No routines underway.")).to_be_visible()
    expect(page.get_by_role("button", name="Clear Routines")).to_be_hidden()
    expect(page.get_by_role("button", name="Start Routine")).to_be_focused()
    expect(page.locator("#news")).to_have_text("All routines cleared.")


def test_a_server_that_is_away_for_a_moment(open_page: OpenPage, watch: Watch) -> None:
    watch.expect("ERR_FAILED")
    page = open_page("/tasks/")
    page.clock.install()
    page.reload()
    page.route("**/tasks/status/", lambda route: route.abort())
    page.get_by_role("button", name="Start Routine").click()
    trouble = page.get_by_role("alert")
    expect(trouble).to_have_text("The stable does not answer. Trying again…")
    page.unroute("**/tasks/status/")
    let_it_finish(page)
    expect(page.locator(".badge")).to_have_text("Done")
    expect(trouble).to_be_hidden()


def test_a_start_that_does_not_arrive(open_page: OpenPage, watch: Watch) -> None:
    watch.expect("ERR_FAILED")
    page = open_page("/tasks/")
    page.route("**/tasks/run/", lambda route: route.abort())
    page.get_by_role("button", name="Start Routine").click()
    expect(page.get_by_role("alert")).to_have_text("That did not reach the stable. Please try again.")
    expect(page.get_by_role("button", name="Start Routine")).to_be_visible()


def test_without_javascript(open_page: OpenPage) -> None:
    page = open_page("/tasks/", java_script_enabled=False)
    page.get_by_role("button", name="Start Routine").click()
    expect(page.get_by_role("listitem")).to_have_count(1)
    page.wait_for_timeout(ROUTINE_MS + PATIENCE_MS)
    page.get_by_role("link", name="Look Again").click()
    expect(page.locator(".badge")).to_have_text("Done")
    page.get_by_role("button", name="Clear Routines").click()
    expect(page.get_by_text("No routines underway.")).to_be_visible()

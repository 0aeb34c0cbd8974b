"""Fixtures for tests with a real browser.

Every test here fails if a page asks for anything on another host, breaks the content security policy, or writes
an error to the console.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from support.app import App, find_chromium, launch, start
from support.watch import OpenPage, Watch


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever lies in this folder needs a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> str:
    found = find_chromium()
    if found is None:
        pytest.skip("no Chromium found: run `apt-get install chromium`, or set DDS_CHROMIUM to its program")
    return found


# For a module and not for the session: while Playwright runs, Django refuses to talk to a database in this thread.
@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright, launch(playwright, chromium) as browser:
        yield browser


@pytest.fixture(scope="session")
def running_app(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:  # noqa: ARG001 - skip first
    with start(tmp_path_factory.mktemp("app")) as app:
        yield app


@pytest.fixture
def app(running_app: App) -> App:
    running_app.empty()
    return running_app


@pytest.fixture
def watch(app: App) -> Watch:
    return Watch(app.url)


@pytest.fixture
def open_page(app: App, browser: Browser, watch: Watch) -> Iterator[OpenPage]:
    """Open an address in a fresh context; keyword arguments are those of a Playwright context."""
    contexts: list[BrowserContext] = []

    def open_page(address: str = "/", **options: object) -> Page:
        context = browser.new_context(base_url=app.url, **{"locale": "en-GB", "timezone_id": "UTC"} | options)
        contexts.append(context)
        context.on("request", watch.on_request)
        context.on("console", watch.on_console)
        context.on("weberror", watch.on_error)
        context.set_default_timeout(8_000)
        page = context.new_page()
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert watch.complaints == []

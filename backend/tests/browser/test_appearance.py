"""How pages look and whether everybody can use them: contrast, names and roles, narrow windows, motion."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.template.loader import render_to_string
from playwright.sync_api import Page, expect

from support.app import App
from support.packaged import BACKEND
from support.watch import OpenPage, Watch

AXE = Axe()

type Step = Callable[[Page], None]


def fill_the_stable(app: App) -> None:
    app.add_pony(
        "Sir Reginald of Upper Cloudbury, Keeper of the Seven Windmills " * 3, "Very talkative. " * 125, "done"
    )
    app.add_pony("W" * 200, "x" * 2000)
    app.add_pony("Pippin", status="active")
    for status in ("DONE", "FAILED"):
        app.add_routine(f"Sweep the {'very ' * 30}long runway", status, "A pony ate the broom. " * 10)


def start_a_routine(page: Page) -> None:
    page.get_by_role("button", name="Start Routine").click()
    expect(page.get_by_role("listitem")).to_have_count(3)


def send_an_empty_card(page: Page) -> None:
    page.get_by_role("button", name="Save Pony").click()


def open_the_dialog(page: Page) -> None:
    page.get_by_role("link", name="Release Pippin").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def save_an_old_card(page: Page) -> None:
    page.get_by_label("Name").fill("Pippin")
    page.get_by_label("Personality").fill("Jumps fences.")
    page.context.clear_cookies()
    page.get_by_role("button", name="Save Pony").click()
    expect(page.get_by_role("alert")).to_be_visible()


def ask_on_a_page_of_its_own(page: Page) -> None:
    page.goto(page.get_by_role("link", name="Release Pippin").get_attribute("href") or "")


def change_a_card(page: Page) -> None:
    page.get_by_role("link", name="Edit Pippin").click()
    expect(page.get_by_label("Name")).to_have_value("Pippin")


def save_a_card(page: Page) -> None:
    change_a_card(page)
    page.get_by_role("button", name="Save Pony").click()
    expect(page.get_by_role("status")).to_have_text("The card of Pippin was changed.")


def go_wrong(page: Page) -> None:
    error_page = render_to_string("500.html", {"log": "/home/me/logs/desktop.log"})
    page.route("**/broken/", lambda route: route.fulfill(body=error_page, content_type="text/html"))
    page.goto("/broken/")


def nothing(_page: Page) -> None:
    pass


# Each view: is the stable full, which page, what happens there.
VIEWS: dict[str, tuple[bool, str, Step]] = {
    "list": (True, "/", nothing),
    "empty list": (False, "/", nothing),
    "dialog": (True, "/", open_the_dialog),
    "question of its own": (True, "/", ask_on_a_page_of_its_own),
    "card to change": (True, "/", change_a_card),
    "saved card": (True, "/", save_a_card),
    "new card": (False, "/items/new/", nothing),
    "card with mistakes": (False, "/items/new/", send_an_empty_card),
    "card that has grown old": (False, "/items/new/", save_an_old_card),
    "many ponies": (True, "/?page=2", nothing),
    "found ponies": (True, "/?q=pippin", nothing),
    "found nothing": (True, "/?q=zebra", nothing),
    "routines": (True, "/tasks/", start_a_routine),
    "no routines": (False, "/tasks/", nothing),
    "splash": (False, "/splash/", nothing),
    "not found": (False, "/nowhere/", nothing),
    "gone wrong": (False, "/", go_wrong),
}


ERRORS = {"not found": "404", "card that has grown old": "403"}


@pytest.mark.parametrize("view", VIEWS)
def test_everybody_can_use_it_in_any_light_and_at_any_width(
    app: App, open_page: OpenPage, watch: Watch, view: str
) -> None:
    full, address, step = VIEWS[view]
    if full:
        fill_the_stable(app)
    if view == "many ponies":
        for number in range(30):
            app.add_pony(f"Pony {number}")
    if view in ERRORS:
        watch.expect(ERRORS[view])
    page = open_page(address, reduced_motion="reduce")
    step(page)
    for width in (360, 1600):
        page.set_viewport_size({"width": width, "height": 760})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            results = AXE.run(page)
            assert results.violations_count == 0, f"{width} px, {scheme}: {results.generate_report()}"


def test_dark_and_light_differ(open_page: OpenPage) -> None:
    grounds = {
        open_page("/", color_scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    }
    assert len(grounds) == 2


def test_chosen_colours_leave_every_mark_visible(app: App, open_page: OpenPage) -> None:
    fill_the_stable(app)

    def style(page: Page, selector: str, name: str) -> str:
        return page.locator(selector).first.evaluate(f"element => getComputedStyle(element).{name}")

    page = open_page("/", forced_colors="active")
    here, other = ".top-bar nav a[aria-current]", ".top-bar nav a:not([aria-current])"
    assert style(page, here, "borderBottomColor") != style(page, other, "borderBottomColor")
    assert style(page, ".page-header", "backgroundImage") == "none"
    for selector in (".badge", ".avatar"):
        assert style(page, selector, "borderBottomWidth") == "1px"
    page.goto("/tasks/")
    ground = style(page, "body", "backgroundColor")
    assert style(page, "[data-status=DONE] > .pulse", "backgroundColor") != ground


def test_the_error_page_opens_the_folder_of_the_log_where_a_shell_can(open_page: OpenPage) -> None:
    page = open_page("/")
    error_page = render_to_string("500.html", {"log": "/home/me/logs/desktop.log"})
    page.route("**/broken/", lambda route: route.fulfill(body=error_page, content_type="text/html"))
    page.goto("/broken/")
    expect(page.get_by_text("/home/me/logs/desktop.log")).to_be_visible()
    button = page.get_by_role("button", name="Open Its Folder")
    expect(button).to_be_hidden()
    page.add_init_script("window.desktop = { openAppDataDirectory: async () => void (document.title = 'opened') }")
    page.goto("/broken/")
    button.click()
    expect(page).to_have_title("opened")
    assert AXE.run(page).violations_count == 0


@pytest.mark.parametrize(("motion", "moves"), [("no-preference", True), ("reduce", False)])
def test_rings_keep_still_for_those_who_ask(open_page: OpenPage, motion: str, moves: bool) -> None:
    page = open_page("/tasks/", reduced_motion=motion)
    running = {"id": 1, "label": "Sweep", "status": "RUNNING", "result": "", "duration": None}
    answer = {"tasks": [running | {"created_at": "2026-07-01T12:00:00Z", "completed_at": None}]}
    page.route("**/tasks/status/", lambda route: route.fulfill(json=answer))
    page.get_by_role("button", name="Start Routine").click()
    ring = page.locator("[data-status=RUNNING] > .pulse")
    expect(ring).to_be_visible()
    name = ring.evaluate("element => getComputedStyle(element, '::before').animationName")
    assert (name != "none") == moves


def test_the_footer_stays_at_the_bottom_of_a_short_page(open_page: OpenPage) -> None:
    page = open_page("/", viewport={"width": 1100, "height": 900})
    box = page.get_by_role("contentinfo").bounding_box()
    assert box["y"] + box["height"] == 900


def test_splash_from_disk_takes_the_phase_that_a_shell_sets(open_page: OpenPage) -> None:
    file = BACKEND / "src/desktop_django_starter/templates/splash.html"
    page = open_page(file.as_uri())
    phase = page.get_by_role("status")
    expect(page.get_by_role("heading", name="Saddling up…")).to_be_visible()
    expect(phase).to_have_text("Opening the stable doors", use_inner_text=True)
    page.evaluate("document.getElementById('splash-phase').dataset.phase = 'migrate'")
    expect(phase).to_have_text("Making room for what is new", use_inner_text=True)
    page.evaluate("document.getElementById('splash-phase').dataset.phase = 'unheard-of'")
    expect(phase).to_have_text("", use_inner_text=True)
    page.evaluate("document.getElementById('splash-phase').textContent = 'In our own words'")
    expect(phase).to_have_text("In our own words", use_inner_text=True)


def test_the_watch_over_these_tests_is_awake(open_page: OpenPage, watch: Watch) -> None:
    page = open_page("/")
    with page.expect_console_message():
        page.evaluate("document.body.append(Object.assign(new Image(), {src: 'https://elsewhere.example/'}))")
    assert any("Content Security Policy" in complaint for complaint in watch.complaints)
    watch.complaints.clear()

"""My Ponies in a real browser: by keyboard, in the dialog, and without JavaScript."""

import re

import pytest
from playwright.sync_api import Dialog, Locator, Page, Route, expect

from support.app import App
from support.watch import OpenPage, Watch


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until the target has the focus."""
    for _ in range(30):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"Tab does not lead to {target}")


def test_a_whole_round_by_keyboard(open_page: OpenPage) -> None:
    page = open_page("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()

    tab_to(page, page.get_by_role("link", name="New Pony"))
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("Pippin")
    page.keyboard.press("Tab")
    page.keyboard.type("Jumps fences for fun.")
    page.keyboard.press("Tab")
    page.keyboard.type("Gal")
    tab_to(page, page.get_by_role("button", name="Save Pony"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Pippin joined the stable.")
    expect(page.get_by_role("status")).to_be_focused()
    expect(page.get_by_role("listitem")).to_contain_text(["Galloping"])

    tab_to(page, page.get_by_role("link", name="Edit Pippin"))
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.type(" the Bold")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("The card of Pippin the Bold was changed.")
    # With its script, which opens the dialog.
    page.wait_for_load_state()

    tab_to(page, page.get_by_role("link", name="Release Pippin the Bold"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Release Pippin the Bold?")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The stable is empty right now.")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/$"))


@pytest.mark.parametrize("way_out", ["Cancel", "Escape", "outside"])
def test_a_dialog_left_changes_nothing_and_gives_the_focus_back(app: App, open_page: OpenPage, way_out: str) -> None:
    app.add_pony("Pippin")
    app.add_pony("Juno")
    page = open_page("/")
    release = page.get_by_role("link", name="Release Juno")
    release.click()
    dialog = page.get_by_role("dialog", name="Release Juno?")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("This cannot be undone.")
    match way_out:
        case "Cancel":
            page.get_by_role("button", name="Cancel").click()
        case "Escape":
            page.keyboard.press("Escape")
        case "outside":
            page.mouse.click(5, 400)
    expect(dialog).to_be_hidden()
    expect(release).to_be_focused()
    page.reload()
    expect(page.get_by_role("listitem")).to_have_count(2)


def test_the_dialog_releases_the_pony_that_it_names(app: App, open_page: OpenPage) -> None:
    app.add_pony("Pippin")
    app.add_pony("Juno")
    page = open_page("/")
    page.get_by_role("link", name="Release Juno").click()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("link", name="Release Pippin").click()
    page.get_by_role("dialog", name="Release Pippin?").get_by_role("button", name="Release Pony").click()
    expect(page.get_by_role("status")).to_have_text("Pippin was released.")
    expect(page.get_by_role("listitem")).to_contain_text(["Juno"])


def test_release_all(app: App, open_page: OpenPage) -> None:
    for name in ("Pippin", "Juno", "Moss"):
        app.add_pony(name)
    page = open_page("/")
    page.get_by_role("button", name="Release All Ponies").click()
    dialog = page.get_by_role("dialog", name="Release all ponies?")
    expect(dialog).to_contain_text("All 3 ponies will fly off for good.")
    dialog.get_by_role("button", name="Release All Ponies").click()
    expect(page.get_by_role("status")).to_have_text("All ponies were released.")
    expect(page.get_by_text("The stable is empty right now.")).to_be_visible()


def test_mistakes_are_named_before_anything_is_sent(open_page: OpenPage) -> None:
    page = open_page("/items/new/")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    name, personality = page.get_by_label("Name"), page.get_by_label("Personality")
    personality.fill("   ")
    page.get_by_role("button", name="Save Pony").click()

    expect(name).to_be_focused()
    for control, sentence in (
        (name, "Your pony needs a name."),
        (personality, "Do you know nothing about your pony?"),
    ):
        expect(control).to_have_attribute("aria-invalid", "true")
        expect(control).to_have_accessible_description(sentence)
        expect(page.get_by_text(sentence)).to_be_visible()
    assert "POST" not in sent

    name.fill("Pippin")
    expect(name).not_to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("Your pony needs a name.")).to_be_hidden()
    personality.fill("Jumps fences.")
    page.get_by_role("button", name="Save Pony").click()
    expect(page.get_by_role("status")).to_have_text("Pippin joined the stable.")


def test_coming_back_to_a_sent_form_finds_it_usable(open_page: OpenPage) -> None:
    page = open_page("/items/new/")
    page.get_by_label("Name").fill("Pippin")
    page.get_by_label("Personality").fill("Jumps fences.")
    page.get_by_role("button", name="Save Pony").click()
    page.wait_for_url("**/")
    page.go_back()
    expect(page.get_by_role("button", name="Save Pony")).to_be_enabled()


@pytest.mark.parametrize("way", ["link", "reload"])
def test_what_was_typed_is_not_left_without_a_question(open_page: OpenPage, way: str) -> None:
    page = open_page("/items/new/")
    page.get_by_role("link", name="Cancel").click()
    page.wait_for_url("**/")
    page.get_by_role("link", name="New Pony").click()
    # With its script, which asks.
    page.wait_for_url("**/items/new/")
    page.get_by_label("Name").fill("Pippin")
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.once("dialog", stay)
    if way == "link":
        page.get_by_role("link", name="Cancel").click()
    else:
        with page.expect_event("dialog"):
            # The page stays, so nobody may wait for it to come again.
            page.evaluate("void setTimeout(() => location.reload())")
    expect(page.get_by_label("Name")).to_have_value("Pippin")
    assert asked == ["confirm" if way == "link" else "beforeunload"]

    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("link", name="New Pony")).to_be_visible()


def test_what_was_typed_before_the_script_came_is_not_left_without_a_question(open_page: OpenPage) -> None:
    page = open_page("/")

    def type_first(route: Route) -> None:
        page.get_by_label("Name").fill("Pippin")
        route.continue_()

    page.route("**/card.js", type_first)
    page.get_by_role("link", name="New Pony").click()
    # Not before all scripts are there.
    page.wait_for_url("**/items/new/")
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.once("dialog", leave)
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("link", name="New Pony")).to_be_visible()
    assert asked == ["confirm"]


def test_a_card_that_has_grown_old_is_saved_the_second_time(open_page: OpenPage, watch: Watch) -> None:
    page = open_page("/items/new/")
    page.get_by_label("Name").fill("Pippin")
    page.get_by_label("Personality").fill("Typed for hours.")
    page.context.clear_cookies()
    watch.expect("403")
    page.get_by_role("button", name="Save Pony").click()
    expect(page.get_by_role("alert")).to_contain_text("nothing was saved")
    expect(page.get_by_label("Personality")).to_have_value("Typed for hours.")
    page.get_by_role("button", name="Save Pony").click()
    expect(page.get_by_role("status")).to_have_text("Pippin joined the stable.")


def test_two_hundred_ponies_are_found_by_page_and_by_word(app: App, open_page: OpenPage) -> None:
    for number in range(200):
        app.add_pony(f"Pony {number:03}")
    page = open_page("/")
    expect(page.get_by_role("listitem")).to_have_count(25)
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_text("Page 2 of 8")).to_be_visible()
    page.get_by_role("searchbox").fill("pony 123")
    page.keyboard.press("Enter")
    expect(page.get_by_role("listitem")).to_contain_text(["Pony 123"])
    page.get_by_role("link", name="show all").click()
    expect(page.get_by_text("200 ponies in the stable")).to_be_visible()


def test_line_breaks_of_notes_are_kept(app: App, open_page: OpenPage) -> None:
    app.add_pony("Pippin", "Jumps fences.\nBites.")
    expect(open_page("/").locator(".row-notes")).to_have_text("Jumps fences.\nBites.", use_inner_text=True)


def test_release_all_is_not_beside_new_pony(app: App, open_page: OpenPage) -> None:
    app.add_pony("Pippin")
    page = open_page("/")
    new = page.get_by_role("link", name="New Pony").bounding_box()
    release = page.get_by_role("button", name="Release All Ponies").bounding_box()
    row = page.get_by_role("listitem").bounding_box()
    assert new["y"] < row["y"] < release["y"]


def test_without_javascript(app: App, open_page: OpenPage) -> None:
    app.add_pony("Pippin")
    app.add_pony("Juno")
    page = open_page("/", java_script_enabled=False)

    page.get_by_role("link", name="New Pony").click()
    page.get_by_label("Name").fill("  ")
    page.get_by_label("Personality").fill("Jumps fences.")
    page.get_by_role("button", name="Save Pony").click()
    expect(page.get_by_text("Your pony needs a name.")).to_be_visible()
    page.get_by_role("link", name="Cancel").click()

    page.get_by_role("link", name="Release Pippin").click()
    expect(page.get_by_role("heading", name="Release Pony")).to_be_visible()
    page.get_by_role("button", name="Release Pony").click()
    expect(page.get_by_text("Pippin was released.")).to_be_visible()

    expect(page.get_by_role("button", name="Release All Ponies")).to_be_hidden()
    page.get_by_text("Release All Ponies").last.click()
    page.get_by_role("button", name="Release", exact=True).click()
    expect(page.get_by_text("All ponies were released.")).to_be_visible()


def test_times_are_shown_as_the_reader_writes_them(app: App, open_page: OpenPage) -> None:
    app.add_pony("Pippin")
    app.execute("UPDATE example_app_item SET updated_at = ?", ("2026-07-01 12:00:00",))
    page = open_page("/", locale="de-DE", timezone_id="Asia/Tokyo")
    expect(page.locator("time")).to_have_text("01.07.2026, 21:00")
    without_script = open_page("/", java_script_enabled=False)
    expect(without_script.locator("time")).to_have_text("1 Jul 2026, 12:00 UTC")

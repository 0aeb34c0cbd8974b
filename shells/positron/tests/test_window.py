"""The program with Toga's stand-in for a toolkit: what it does when, without anything to be seen."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import toga
from desktop_runtime.embedded import Stopped
from desktop_runtime.faults import LaunchError
from desktop_runtime.lock import AlreadyRunning
from toga_dummy.utils import EventLog

from desktop_django_starter_positron import facts, window
from desktop_django_starter_positron.backend import Pages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DIALOG = window.FailureDialog.__name__
ADDRESS = "http://127.0.0.1:4000/desktop-auth/bootstrap/?token=t&next=%2F"


class FakeBackend:
    """Notes what is asked of it."""

    def __init__(self) -> None:
        self.pages = Pages()
        self.data_folder = Path("/data")
        self.log_path: str | None = "/data/logs/desktop.log"
        self.on_phase: Callable[[str], None] = lambda _phase: None
        self.stopped_on: list[threading.Thread] = []

    def stop(self) -> None:
        """Note the thread."""
        self.stopped_on.append(threading.current_thread())


class FakeSmoke:
    """Notes the outcome instead of ending the process."""

    def __init__(self) -> None:
        self.seen = ""
        self.outcome: list[tuple[Any, ...]] = []

    def passed(self, page: str) -> None:
        """The page has come."""
        self.outcome.append(("passed", page))

    def failed(self, why: str, code: int = 1) -> None:
        """It has not."""
        self.outcome.append(("failed", why, code))


class Program:
    """A shell around a fake backend, with its main loop under control."""

    def __init__(self, smoke: FakeSmoke | None = None) -> None:
        self.backend = FakeBackend()
        self.starting: Future[str] = Future()
        self.complaints: list[str] = []
        EventLog.reset()
        self.shell = window.Shell(
            facts.read(),
            self.backend,
            self.starting,
            smoke,
            self.complaints.append,  # type: ignore[arg-type]
        )

    def run_until(self, condition: Callable[[], object]) -> None:
        """Let the main loop run until something is so."""

        async def wait() -> None:
            while not condition():
                await asyncio.sleep(0.005)

        self.shell.loop.run_until_complete(asyncio.wait_for(wait(), 10))

    def did(self, action: str) -> dict[str, Any] | None:
        """The details of an action of the toolkit, if it was asked for."""
        found = [entry for entry in EventLog._log if "action" in entry.context and entry.context["action"] == action]
        return dict(found[-1].context) if found else None


@pytest.fixture
def exits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Codes with which the process would have ended at once."""
    codes: list[int] = []
    monkeypatch.setattr(os, "_exit", codes.append)
    return codes


@pytest.fixture
def make(exits: list[int], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Program]]:
    """Makes programs, and takes their signal handlers away at the end."""
    assert not exits
    monkeypatch.setattr(window, "LOOK_EVERY_SECS", 0.001)
    made: list[Program] = []

    def make(smoke: FakeSmoke | None = None) -> Program:
        made.append(Program(smoke))
        return made[-1]

    yield make
    for program in made:
        program.shell.loop.close()


def test_the_splash_is_shown_until_the_app_has_an_address(
    make: Callable[..., Program], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    splash = tmp_path / "splash.html"
    splash.write_text('<p id="splash-phase"></p>', encoding="utf-8")
    monkeypatch.setattr(facts.Facts, "splash", splash)
    program = make()
    shown = [entry.context["content"] for entry in EventLog._log if "root_url" in entry.context]
    assert ["splash-phase" in page for page in shown] == [True]
    program.backend.on_phase("migrate")
    program.run_until(lambda: program.did("evaluate_javascript"))
    assert '"migrate"' in (program.did("evaluate_javascript") or {})["javascript"]
    assert program.shell.web.url is None
    program.starting.set_result(ADDRESS)
    program.run_until(lambda: program.shell.web.url == ADDRESS)


def test_a_failure_is_told_with_the_log_and_ends_the_program(make: Callable[..., Program], exits: list[int]) -> None:
    program = make()
    program.shell.window._impl.dialog_responses[DIALOG] = [None]
    program.starting.set_exception(LaunchError("The data is damaged", "It can't be read."))
    program.run_until(lambda: exits)
    assert program.did(f"create {DIALOG}") == {
        "action": f"create {DIALOG}",
        "title": "The data is damaged",
        "message": "It can't be read.\n\nThe log: /data/logs/desktop.log",
    }
    assert program.complaints == ["The data is damaged: It can't be read.\n\nThe log: /data/logs/desktop.log"]
    assert exits == [1]


def test_what_nobody_expected_is_told_like_it(make: Callable[..., Program], exits: list[int]) -> None:
    program = make()
    program.backend.log_path = None
    program.shell.window._impl.dialog_responses[DIALOG] = [None]
    program.starting.set_exception(ZeroDivisionError("oh"))
    program.run_until(lambda: exits)
    assert program.complaints == ["The app could not be started: ZeroDivisionError('oh')."]
    assert exits == [1]


def test_a_second_program_says_so_and_does_not_wait_to_be_read(
    make: Callable[..., Program], exits: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window, "NOTICE_SECS", 0.05)
    program = make()

    async def nobody_clicks(_dialog: Any) -> None:
        await asyncio.sleep(5)

    monkeypatch.setattr(program.shell.window, "dialog", nobody_clicks)
    program.starting.set_exception(AlreadyRunning(4711))
    program.run_until(lambda: exits)
    assert program.complaints == ["already running as process 4711"]
    assert "is already running" in (program.did("create InfoDialog") or {"title": ""})["title"]
    assert exits == [3]


def test_without_a_web_view_it_says_so_and_ends(exits: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: Any, **_kwargs: Any) -> None:
        raise RuntimeError("no WebKit here")

    class Ended(BaseException):
        """Stands for the end of the process."""

    def end(code: int) -> None:
        exits.append(code)
        raise Ended

    monkeypatch.setattr(os, "_exit", end)
    monkeypatch.setattr(window.toga, "WebView", refuse)
    backend, complaints = FakeBackend(), list[str]()
    with pytest.raises(Ended):
        window.Shell(facts.read(), backend, Future(), None, complaints.append)  # type: ignore[arg-type]
    asyncio.get_event_loop_policy().get_event_loop().close()
    assert exits == [1]
    assert "no WebKit here" in complaints[0]
    assert backend.stopped_on


def test_to_quit_hides_the_window_and_stops_the_app_beside_the_main_loop(
    make: Callable[..., Program], exits: list[int]
) -> None:
    program = make()
    program.starting.set_result(ADDRESS)
    program.run_until(lambda: program.shell.web.url)
    program.shell.request_exit()
    program.run_until(lambda: program.did("exit"))
    assert not program.shell.window.visible
    assert program.backend.stopped_on[0] is not threading.main_thread()
    assert exits == []


def test_the_menu_has_no_line_that_cannot_be_chosen(
    make: Callable[..., Program], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_standard_commands = toga.App._create_standard_commands

    def as_on_linux(app: toga.App) -> None:
        make_standard_commands(app)
        app.commands.add(toga.Command(None, "Visit homepage", id=toga.Command.VISIT_HOMEPAGE))

    monkeypatch.setattr(toga.App, "_create_standard_commands", as_on_linux)
    commands = [command for command in make().shell.commands if isinstance(command, toga.Command)]
    assert len(commands) > 12
    assert [command.text for command in commands if not command.enabled] == []


def test_find_in_page_is_a_bar_that_the_splash_has_not(make: Callable[..., Program]) -> None:
    program = make()
    content = program.shell.window.content
    assert isinstance(content, toga.Box)
    command = next(command for command in program.shell.commands if getattr(command, "text", "") == "Find…")
    assert isinstance(command, toga.Command)
    command.action()
    assert content.children == [program.shell.web]
    program.starting.set_result(ADDRESS)
    program.run_until(lambda: program.shell.web.url)
    command.action()
    command.action()
    bar, web = content.children
    assert web is program.shell.web
    text, previous, _following, close = bar.children
    assert isinstance(text, toga.TextInput)
    assert isinstance(previous, toga.Button)
    assert isinstance(close, toga.Button)

    def asked() -> str:
        found = program.did("evaluate_javascript")
        return str(found and found["javascript"])

    text.value = 'a "pony"'
    # A longer word is looked for where the shorter one was.
    assert asked().startswith("getSelection().rangeCount && getSelection().collapseToStart(); ")
    assert asked().endswith('window.find("a \\"pony\\"", false, false, true)')
    previous.on_press()
    assert asked() == 'window.find("a \\"pony\\"", false, true, true)'
    close.on_press()
    assert content.children == [web]


def test_to_quit_during_the_start_is_no_failure(make: Callable[..., Program], exits: list[int]) -> None:
    program = make()
    program.shell.request_exit()
    program.starting.set_exception(Stopped())
    program.run_until(lambda: program.did("exit"))
    assert program.complaints == []
    assert exits == []


def load(program: Program, *pages: tuple[str, str, int]) -> None:
    """The web view says that it has loaded something, and these pages when it is asked."""
    answers = list(pages)

    def answer() -> bool:
        result = getattr(program.shell.web._impl, "_js_result", None)
        if result is not None and not result.future.done() and answers:
            result.set_result(json.dumps(answers.pop(0)))
        return not answers

    program.shell.web._impl.simulate_page_loaded()
    program.run_until(answer)


def test_a_smoke_test_passes_with_the_apps_own_page(make: Callable[..., Program], exits: list[int]) -> None:
    smoke = FakeSmoke()
    program = make(smoke)
    program.shell.web._impl.simulate_page_loaded()
    program.starting.set_result(ADDRESS)
    program.run_until(lambda: program.shell.web.url)
    assert smoke.outcome == [], "the splash is no page of the app"
    program.backend.pages.statuses["/"] = 200
    load(
        program,
        ("about:blank", "", 0),
        ("http://127.0.0.1:4000/", "Ponies", 0),
        ("http://127.0.0.1:4000/", "Ponies", 7),
    )
    program.run_until(lambda: program.did("exit"))
    assert smoke.outcome == [("passed", "http://127.0.0.1:4000/ status 200 “Ponies”")]
    assert exits == []


def test_a_smoke_test_fails_with_an_error_page(make: Callable[..., Program]) -> None:
    smoke = FakeSmoke()
    program = make(smoke)
    program.starting.set_result(ADDRESS)
    program.run_until(lambda: program.shell.web.url)
    program.backend.pages.statuses["/"] = 500
    load(program, ("http://127.0.0.1:4000/", "Server Error", 20))
    program.run_until(lambda: smoke.outcome)
    assert smoke.outcome == [("failed", "http://127.0.0.1:4000/ status 500 “Server Error”", 1)]


def test_a_smoke_test_that_is_closed_before_the_page_has_come_has_not_passed(
    make: Callable[..., Program], exits: list[int]
) -> None:
    smoke = FakeSmoke()
    program = make(smoke)
    program.shell.request_exit()
    program.run_until(lambda: exits)
    assert smoke.outcome == []
    assert exits == [1]

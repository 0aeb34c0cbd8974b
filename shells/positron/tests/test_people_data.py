"""What the menu offers for a person's data, with Toga's stand-in for a toolkit and one for the runtime."""

from __future__ import annotations

import asyncio
import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from desktop_runtime.faults import LaunchError

from desktop_django_starter_positron import people_data
from test_window import ADDRESS, Program, exits, make

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["exits", "make"]

ANSWERS: dict[str, dict[str, Any]] = {
    "list": {"needed": {"databases": 2_000_000, "media": 30_000_000}, "free": 5_000_000_000},
    "backup": {"file": "/stick/mine.zip", "bytes": 1_234_567},
    "export": {"file": "/stick/data.zip", "bytes": 99},
    "restore": {"restart": True},
    "support": {"summary": "Django: 6", "contents": [{"name": "summary.txt", "bytes": 900}], "file": "/s", "bytes": 9},
}
SAVE, SURE, ASK, TELL = "SaveFileDialog", "ConfirmDialog", "QuestionDialog", "InfoDialog"
REFUSED = people_data.FailureDialog.__name__


@pytest.fixture
def program(make: Callable[..., Program]) -> Program:
    """A program at its first page."""
    program = make()
    program.asked = []

    def ask(verb: str, tell: Callable[[int, int], None], **options: Any) -> dict[str, Any]:
        program.asked.append((verb, options))
        tell(42, 100)
        if isinstance(answer := ANSWERS[verb], Exception):
            raise answer
        return answer

    program.backend.ask = ask
    program.starting.set_result(ADDRESS)
    program.run_until(lambda: program.shell.web.url == ADDRESS)
    return program


def choose(program: Program, text: str, **answers: Any) -> None:
    """Choose an item of the menu, and answer the dialogs that come."""
    responses = program.shell.window._impl.dialog_responses
    responses.clear()
    responses.update({name: [answer] for name, answer in answers.items()})
    command = next(command for command in program.shell.commands if getattr(command, "text", "") == text)
    program.shell.loop.run_until_complete(command.action())


def test_a_backup_goes_where_it_is_wanted_with_the_files_if_wanted(program: Program) -> None:
    choose(program, "Back Up…", QuestionDialog=True, SaveFileDialog=Path("/stick/mine.zip"), InfoDialog=None)
    assert program.asked == [("list", {}), ("backup", {"to": "/stick/mine.zip", "media": True})]
    question = program.did(f"create {ASK}") or {}
    assert "up to 30 MB, without them 2 MB. 5,000 MB are free" in question["message"]
    today = datetime.datetime.now().astimezone().date()
    suggested = (program.did(f"create {SAVE}") or {})["filename"]
    assert suggested == f"{program.shell.formal_name} backup {today}.zip"
    told = program.did(f"create {TELL}") or {}
    assert (told["title"], told["message"]) == ("The backup is saved", "/stick/mine.zip, 1 MB")


def test_the_window_says_how_far_it_is(program: Program) -> None:
    program.shell.entitle("Ponies")
    choose(program, "Export…", SaveFileDialog=Path("/stick/data.zip"), InfoDialog=None)
    assert program.shell.window.title == "Ponies"
    program.shell.show_progress("exporting 42 %")
    assert program.shell.window.title == "Ponies \N{EN DASH} exporting 42 %"
    program.shell.entitle("Routines")
    assert program.shell.window.title == "Routines \N{EN DASH} exporting 42 %", "also on another page"


def test_who_cancels_has_changed_nothing(program: Program) -> None:
    choose(program, "Export…", SaveFileDialog=None)
    choose(program, "Restore…", OpenFileDialog=None)
    choose(program, "Restore…", OpenFileDialog=Path("/stick/mine.zip"), ConfirmDialog=False)
    sure = program.did(f"create {SURE}") or {}
    assert "what they were in mine.zip. What is there now is kept as a backup first." in sure["message"]
    assert program.asked == []


def test_a_restore_starts_the_program_again(
    program: Program, exits: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    again: list[bool] = []
    monkeypatch.setattr("desktop_django_starter_positron.window.start_again", lambda: again.append(True))
    choose(program, "Restore…", OpenFileDialog=Path("/stick/mine.zip"), ConfirmDialog=True)
    assert program.asked == [("restore", {"backup": "/stick/mine.zip"})]
    program.run_until(lambda: again)
    assert program.backend.stopped_on, "the data are not in use any more"
    assert not exits


def test_a_support_file_is_shown_before_it_is_saved(program: Program) -> None:
    choose(program, "Save Support File…", ConfirmDialog=False)
    assert program.asked == [("support", {})]
    shown = (program.did(f"create {SURE}") or {})["message"]
    assert "summary.txt (1 kB)" in shown
    assert "Django: 6" in shown
    choose(program, "Save Support File…", ConfirmDialog=True, SaveFileDialog=Path("/stick/s.zip"), InfoDialog=None)
    assert program.asked[-1] == ("support", {"to": "/stick/s.zip"})


@pytest.mark.parametrize("error", [LaunchError("There is no room", "Make some."), RuntimeError("oh")])
def test_what_is_refused_is_told_with_a_next_step(
    program: Program, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ANSWERS, "export", error)  # type: ignore[arg-type]
    choose(program, "Export…", SaveFileDialog=Path("/stick/data.zip"), **{REFUSED: None})
    told = program.did(f"create {REFUSED}") or {}
    assert told["title"] in ("There is no room", "This did not work")
    assert told["message"].endswith("Nothing was changed.\n\nThe log: /data/logs/desktop.log")


def test_there_is_nothing_to_choose_before_the_app_is_there(make: Callable[..., Program]) -> None:
    program = make()
    choose(program, "Back Up…")
    assert program.did(f"create {SAVE}") is None


def test_one_thing_at_a_time(program: Program) -> None:
    people = people_data.PeopleData(program.shell.window, program.backend, "", lambda _: None, lambda: None)  # type: ignore[arg-type]
    began: list[int] = []

    async def act() -> None:
        began.append(1)
        await asyncio.sleep(0.05)

    async def both() -> None:
        await asyncio.gather(people.attempt(act), people.attempt(act))

    program.shell.loop.run_until_complete(both())
    assert began == [1]

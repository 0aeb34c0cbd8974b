"""Where the window is, from one start to the next."""

from __future__ import annotations

import json
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from toga import Position, Size
from toga.constants import WindowState

from desktop_django_starter_positron import place
from programs import Machine, end, wait_until

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

PAGE = "All Plants"
# The second one is to the left of the first.
SCREENS: Any = [
    SimpleNamespace(origin=Position(1000, 0), size=Size(1400, 1000)),
    SimpleNamespace(origin=Position(0, 0), size=Size(1000, 800)),
]
KEPT = {"x": 200, "y": 100, "width": 900, "height": 700, "isMaximized": False}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, ((900, 700), (200, 100), False)),
        ({"isMaximized": True}, ((900, 700), (200, 100), True)),
        ({"x": -900, "width": 500}, ((500, 700), (-900, 100), False)),
        ({"x": 9000}, (place.SIZE, None, False)),
        ({"y": -1}, (place.SIZE, None, False)),
        ({"y": 950}, (place.SIZE, None, False)),
        ({"x": -900, "width": 70, "y": 790}, (place.SIZE, None, False)),
        ({"x": "left"}, (place.SIZE, None, False)),
        ({"width": None}, (place.SIZE, None, False)),
    ],
)
def test_a_place_is_taken_when_it_is_on_a_screen(change: dict[str, object], expected: object, tmp_path: Path) -> None:
    (tmp_path / place.FILE_NAME).write_text(json.dumps(KEPT | change), encoding="utf-8")
    assert place.restored(tmp_path, SCREENS) == expected


@pytest.mark.parametrize("text", ["", "[]", "7", "{}", "\x00"])
def test_a_file_that_says_nothing_is_no_failure(text: str, tmp_path: Path) -> None:
    assert place.restored(tmp_path, SCREENS) == place.Place()
    (tmp_path / place.FILE_NAME).write_text(text, encoding="utf-8")
    assert place.restored(tmp_path, SCREENS) == place.Place()


def window(**changes: object) -> Any:
    """One that is somewhere."""
    usual = {"visible": True, "state": WindowState.NORMAL, "size": Size(900, 700), "position": Position(200, 100)}
    return SimpleNamespace(**usual | changes)


def test_what_is_kept_is_what_the_electron_shell_reads(tmp_path: Path) -> None:
    place.keep(window(), tmp_path, place.Place())
    assert json.loads((tmp_path / "window.json").read_text(encoding="utf-8")) == KEPT


def test_a_maximized_window_keeps_the_place_that_it_had_before(tmp_path: Path) -> None:
    before = place.Place((900, 700), (200, 100))
    place.keep(window(state=WindowState.MAXIMIZED, size=Size(1400, 1000)), tmp_path, before)
    assert place.restored(tmp_path, SCREENS) == before._replace(is_maximized=True)


@pytest.mark.parametrize("change", [{"visible": False}, {"state": WindowState.MINIMIZED}])
def test_a_window_that_is_nowhere_keeps_none(change: dict[str, object], tmp_path: Path) -> None:
    place.keep(window(**change), tmp_path, place.Place())
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_to_keeps_no_window_open(tmp_path: Path) -> None:
    place.keep(window(), tmp_path / "gone", place.Place())


def start(machine: Machine) -> subprocess.Popen[str]:
    """The program, with its page."""
    process = machine.start()
    wait_until(lambda: PAGE in machine.titles(), "the page is there")
    return process


@pytest.mark.window
@pytest.mark.usefixtures("manager")
def test_the_window_comes_back_where_it_was(machine: Machine) -> None:
    process = start(machine)
    machine.manage("-r", PAGE, "-e", "0,150,90,900,700")
    wait_until(lambda: machine.place(PAGE)[2:] == (900, 700), "it has moved")
    time.sleep(0.5)
    there = machine.place(PAGE)
    assert end(process, process.terminate) == 0

    process = start(machine)
    wait_until(lambda: machine.place(PAGE) == there, f"it is at {there} again")
    machine.manage("-r", PAGE, "-b", "add,maximized_vert,maximized_horz")
    wait_until(lambda: machine.place(PAGE)[2] > 1200, "it is maximized")
    assert end(process, process.terminate) == 0

    process = start(machine)
    wait_until(lambda: machine.place(PAGE)[2] > 1200, "it is maximized again")
    machine.manage("-r", PAGE, "-b", "remove,maximized_vert,maximized_horz")
    wait_until(lambda: machine.place(PAGE)[2:] == (900, 700), "its size is the one from before")
    assert end(process, process.terminate) == 0


@pytest.mark.window
@pytest.mark.usefixtures("manager")
@pytest.mark.parametrize("how", ["minimized", "fullscreen"])
def test_a_window_that_cannot_be_hidden_ends_as_well(machine: Machine, how: str) -> None:
    process = start(machine)
    if how == "minimized":
        machine.minimize()
        wait_until(lambda: PAGE not in machine.titles(), "it is minimized")
    else:
        machine.manage("-r", PAGE, "-b", "add,fullscreen")
        wait_until(lambda: machine.place(PAGE)[3] > 850, "it fills the screen")
    time.sleep(0.5)
    assert end(process, process.terminate) == 0
    assert machine.log.rstrip().endswith("stopped")

"""Forms in the real window: a file is sent; unsaved text is left when the person says so, and then only."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from programs import Machine, end, wait_until

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

pytestmark = pytest.mark.window

UNSAVED = """
document.title = "Half a plant";
addEventListener("beforeunload", (event) => event.preventDefault());
"""


def start(machine: Machine, tmp_path: Path) -> subprocess.Popen[str]:
    """The program, with a page that has something unsaved."""
    script = machine.folder / "src" / "meadow" / "static" / "meadow" / "page.js"
    script.write_text(script.read_text(encoding="utf-8") + UNSAVED, encoding="utf-8")
    process = machine.start(HOME=str(tmp_path))
    wait_until(lambda: "Half a plant" in machine.titles(), "the page is there")
    return process


def test_unsaved_text_is_left_when_the_person_says_so(machine: Machine, tmp_path: Path) -> None:
    process = start(machine, tmp_path)
    machine.press("ctrl+q")
    machine.answer("Escape")
    assert process.poll() is None
    machine.press("ctrl+q")
    # From Cancel, which has the focus.
    assert end(process, lambda: machine.answer("Tab", "Return")) == 0


def test_a_signal_asks_nothing_and_is_heard_during_the_question(machine: Machine, tmp_path: Path) -> None:
    process = start(machine, tmp_path)
    machine.press("ctrl+q")
    wait_until(lambda: len(machine.windows()) > 1, "the question is there")
    assert end(process, process.terminate) == 0


CHOOSE, SEND, NOTHING = (400, 150), (400, 470), (1000, 470)


def test_a_file_that_is_chosen_is_sent_byte_for_byte(machine: Machine, tmp_path: Path) -> None:
    with (machine.folder / "src" / "meadow" / "urls.py").open("a", encoding="utf-8") as file:
        file.write('\nurlpatterns = [path("", views.photo), *urlpatterns]\n')
    chosen = tmp_path / "plant.bin"
    chosen.write_bytes(os.urandom(3_000_000))
    process = machine.start(HOME=str(tmp_path))
    wait_until(lambda: any("A Photo" in title for title in machine.titles()), "the form is there")
    time.sleep(1)
    known, window = machine.titles(), machine.window()
    machine.click(*CHOOSE)
    wait_until(lambda: len(machine.windows()) > 1, "it is asked which")
    (dialog,) = set(machine.titles()) - set(known)
    machine.answer_file(dialog, chosen)
    time.sleep(0.5)
    # The dialog's list of names is still there, and takes the first click.
    machine.click(*NOTHING, window)
    time.sleep(0.5)
    machine.click(*SEND, window)
    wait_until(lambda: any("The Hedge" in title for title in machine.titles()), "it is sent")
    assert (machine.data / "media" / "plant.bin").read_bytes() == chosen.read_bytes()
    assert end(process, process.terminate) == 0

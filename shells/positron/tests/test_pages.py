"""Pages in the real window: what people are used to, a file that is sent, unsaved text."""

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING

import pytest

from programs import Machine, append, end, listen, record_opening, wait_until

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

pytestmark = pytest.mark.window

UNSAVED = """
document.title = "Half a plant";
addEventListener("beforeunload", (event) => event.preventDefault());
"""


def start(machine: Machine) -> subprocess.Popen[str]:
    """The program, with a page that has something unsaved."""
    append(machine, "static/meadow/page.js", UNSAVED)
    process = machine.start()
    wait_until(lambda: "Half a plant" in machine.titles(), "the page is there")
    return process


def test_unsaved_text_is_left_when_the_person_says_so(machine: Machine) -> None:
    process = start(machine)
    machine.press("ctrl+q")
    machine.answer("Escape")
    assert process.poll() is None
    machine.press("ctrl+q")
    # From Cancel, which has the focus.
    assert end(process, lambda: machine.answer("Tab", "Return")) == 0


def test_a_signal_asks_nothing_and_is_heard_during_the_question(machine: Machine) -> None:
    process = start(machine)
    machine.press("ctrl+q")
    wait_until(lambda: len(machine.windows()) > 1, "the question is there")
    assert end(process, process.terminate) == 0


CHOOSE, SEND, NOTHING = (400, 150), (400, 470), (1000, 470)


def test_a_file_that_is_chosen_is_sent_byte_for_byte(machine: Machine, tmp_path: Path) -> None:
    append(machine, "urls.py", 'urlpatterns = [path("", views.photo), *urlpatterns]')
    chosen = tmp_path / "plant.bin"
    chosen.write_bytes(os.urandom(3_000_000))
    process = machine.start()
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


# Tells its width, as often as that changes, and what is written into the notes.
TELLER = """
const tell = (what) => fetch(`/told/?${what}`);
tell(`width=${innerWidth}`);
addEventListener("resize", () => tell(`width=${innerWidth}`));
document.title = "A form";
document.forms.card.title.focus();
document.forms.card.notes.addEventListener("input", ({ target }) => tell(`notes=${target.value}`));
"""


def test_zoom_reload_copy_and_paste_a_right_click_print_about_and_the_data_folder(
    machine: Machine, tmp_path: Path
) -> None:
    append(machine, "static/meadow/page.js", TELLER)
    append(machine, "urls.py", 'urlpatterns = [path("", views.new_plant), *urlpatterns]')
    listen(machine, "request.META['QUERY_STRING']")
    outside = record_opening(tmp_path)
    process = machine.start(PATH=f"{tmp_path}:{os.environ['PATH']}")
    wait_until(lambda: "A form" in machine.titles(), "the page is there")

    def widths() -> list[int]:
        return [int(width) for width in re.findall(r"told width=(\d+)", machine.log)]

    wait_until(widths, "the first width is told")
    machine.press("ctrl+equal")
    wait_until(lambda: widths()[-1] < widths()[0], "it is larger")
    machine.press("ctrl+minus", "ctrl+minus")
    wait_until(lambda: widths()[-1] > widths()[0], "it is smaller")
    machine.press("ctrl+0")
    wait_until(lambda: widths()[-1] == widths()[0], "it is as before")
    before = len(widths())
    machine.press("ctrl+r")
    wait_until(lambda: len(widths()) > before, "the page is loaded anew")

    time.sleep(1)
    machine.press("C", "l", "o", "ctrl+a", "ctrl+c", "Tab", "ctrl+v")
    wait_until(lambda: "told notes=Clo" in machine.log, "it is copied")

    machine.click(*SEND, button=3)
    wait_until(lambda: len(machine.windows()) > 1, "it offers something")
    machine.press_on("Escape")
    wait_until(lambda: len(machine.windows()) == 1, "it has gone")

    machine.choose("Left", "Up", "Up", "Up", "Up")
    wait_until(outside, "the folder is open")
    assert outside() == [str(machine.data)]
    machine.choose("Left", "Up")
    wait_until(lambda: any(title.startswith("About ") for title in machine.titles()), "About is there")
    machine.answer("Escape")
    machine.press("ctrl+p")
    wait_until(lambda: "Print" in machine.titles(), "it is asked how to print")
    machine.answer("Escape")
    assert end(process, process.terminate) == 0

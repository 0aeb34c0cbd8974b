"""Unsaved text in the real window: it is left when the person says so, and then only."""

from __future__ import annotations

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

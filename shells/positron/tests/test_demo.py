"""The demo in the shell. It goes with the demo; all other tests pass without."""

from __future__ import annotations

import shutil
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from programs import SHELL, end, wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from programs import Machine

pytestmark = pytest.mark.window

# Places in the window, which has no frame without a window manager.
ROUTINES = (1085, 52)
START_ROUTINE = (1020, 240)


def test_a_routine_that_is_started_on_its_page_comes_to_its_end(machine: Machine) -> None:
    machine.folder = SHELL / "src"
    process = machine.start()

    def start_one() -> list[object]:
        machine.click(*ROUTINES)
        time.sleep(1)
        machine.click(*START_ROUTINE)
        time.sleep(1)
        return machine.rows("SELECT id FROM tasks_demo_simulatedtask")

    wait_until(start_one, "the button was there to be clicked")
    finished = "SELECT result FROM tasks_demo_simulatedtask WHERE status IN ('DONE', 'FAILED')"
    wait_until(lambda: machine.rows(finished), "the routine ends")
    assert machine.rows(finished)[0], "it says how"
    assert end(process, process.terminate) == 0


@pytest.mark.usefixtures("display")
def test_its_pictures_are_taken_from_the_real_window(tmp_path: Path) -> None:
    needed = ("node", "openbox", "wmctrl", "import")
    if absent := [program for program in needed if shutil.which(program) is None]:
        pytest.skip(f"needs {' and '.join(absent)} (apt-get install nodejs openbox wmctrl imagemagick)")
    script = SHELL.parent / "pictures.js"
    subprocess.run(["node", script, "--to", tmp_path / "made", "positron"], check=True)
    shown = {picture.name for picture in (SHELL.parents[1] / "docs" / "images").glob("positron-*")}
    assert {picture.name for picture in (tmp_path / "made").iterdir()} == shown

"""The demo in the shell. It goes with the demo; all other tests pass without."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from programs import SHELL, end, wait_until

if TYPE_CHECKING:
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
